"""Reads the records and pages of a search; records to show individually are validated with their typed models first."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import TypeVar

import msgspec

from bot.kit.ask import Ask
from bot.payer.budget import Gap
from bot.payer.search import Search, given
from bot.records.bundle import Entry, Page
from bot.records.decode import Unreadable, without_faults
from bot.records.joined import Directory
from bot.records.shapes import RawJson, Record

MOST = 40
"""The maximum number of rows on a page that are parsed strictly, at about half a millisecond each."""


async def strict(ask: Ask, entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """Return the entries without the elements that the typed models reject; the report counts rejected elements.

    Pages with more than `MOST` entries are returned unchecked. The check runs in a thread.
    """
    rows = tuple(entries)
    if not rows or len(rows) > MOST:
        return rows
    checked = await asyncio.to_thread(lambda: [without_faults(entry.raw, entry.type) for entry in rows])
    lost: Counter[str] = Counter()
    for entry, (_, faults) in zip(rows, checked, strict=True):
        lost[entry.type] += len(faults)
    ask.report.gaps += [Gap("unreadable", kind, count) for kind, count in lost.items() if count]
    return tuple(msgspec.structs.replace(entry, raw=raw) for entry, (raw, _) in zip(rows, checked, strict=True))


R = TypeVar("R", bound=Record)
Reader = Callable[[RawJson, tuple[str, ...]], R]


async def records(
    ask: Ask, search: Search, read: Reader[R], *, optional: bool = False, shown: bool = False, spare: Sequence[str] = ()
) -> tuple[R, ...]:
    """Return all records that a search finds, in the server's order.

    Args:
        ask: The question, whose limits and report are used.
        search: The search.
        read: Makes a record of a resource and its security labels.
        optional: Return no records, instead of an error, if the server rejects the resource type.
        shown: The records are shown individually, so their typed models validate the records first.
        spare: Search parameters that only find records that are coded as the FHIR guide requires. A search without a
            result is repeated without these parameters, and the caller checks the results.
    """
    pages = ask.search(search)
    found = await records_of(ask, given(pages) if optional else pages, search.type, read, shown=shown)
    if found or not any(map(search.has, spare)):
        return found
    return await records(ask, search.without(*spare), read, optional=optional, shown=shown)


async def records_of(
    ask: Ask, pages: AsyncIterator[Page], resource_type: str, read: Reader[R], *, shown: bool = False
) -> tuple[R, ...]:
    """Return the records of one resource type on the pages, each once; included resources count like matches."""
    found: dict[str, R] = {}
    async for page in pages:
        rows: Sequence[Entry] = [entry for entry in page.entries if entry.type == resource_type]
        for record in read_entries(ask, await strict(ask, rows) if shown else rows, resource_type, read):
            found.setdefault(record.id or f"?{len(found)}", record)
    return tuple(found.values())


def read_entries(ask: Ask, entries: Iterable[Entry], resource_type: str, read: Reader[R]) -> Sequence[R]:
    """Return the readable entries as records; the report counts unreadable entries and elements."""
    found: list[R] = []
    lost = 0
    for entry in entries:
        try:
            record = read(entry.raw, entry.labels)
        except Unreadable:
            lost += 1
            continue
        lost += len(record.dropped)
        found.append(record)
    if lost:
        ask.report.gaps.append(Gap("unreadable", resource_type, lost))
    return found


async def read_pages(ask: Ask, directory: Directory, search: Search, most: int = 0) -> None:
    """Add the resources of the first `most` pages of a search to the directory; 0 for all pages."""
    pages = 0
    async for page in given(ask.search(search)):
        directory.add(page.entries)
        pages += 1
        if pages == most:
            return
