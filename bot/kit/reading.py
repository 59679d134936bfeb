"""Reads the records and pages of a search; records to show individually are validated with their typed models first."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import TypeVar

import msgspec

from bot.kit.ask import Ask
from bot.payer.budget import Gap
from bot.payer.chains import batches
from bot.payer.search import Search, any_of, given
from bot.records.bundle import Entry, Page
from bot.records.decode import Unreadable, without_faults
from bot.records.joined import Directory
from bot.records.shapes import Key, RawJson, Record

MOST, MOST_BROUGHT = 40, 1_000
"""The most rows on a page that are parsed strictly, at about half a millisecond each; the most resources read by id."""


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


Ways = Sequence[tuple[str, str]]
"""Search parameters for one area, each of which finds rows that the others miss."""


class ReadDirectory(Directory, kw_only=True):
    """The resources of the directory that a question has read so far."""

    ask: Ask

    async def pages(self, search: Search, most: int = 0) -> None:
        """Add the resources of the first `most` pages of a search; 0 for all pages."""
        pages = 0
        async for page in given(self.ask.search(search)):
            self.add(page.entries)
            pages += 1
            if pages == most:
                return

    async def rows(self, search: Search, includes: Sequence[str] = (), *, optional: bool = False) -> None:
        """Add the rows of a search and its includes; unreadable rows are reported as a gap.

        An `optional` search adds nothing if the server rejects the search or lacks its type.
        """
        before = self.unreadable
        pages = self.ask.search(search.where(*(("_include", f"{search.type}:{name}") for name in includes)))
        async for page in given(pages) if optional else pages:
            self.add(page.entries)
        if self.unreadable > before:
            self.ask.report.gaps.append(Gap("unreadable", search.type, self.unreadable - before))

    async def around(self, search: Search, includes: Sequence[str], ways: Ways, *, optional: bool = False) -> None:
        """Add the rows of a search, repeated for each of the `ways` to search by place; one search if there are none.

        The ways run one after another: a chained search that the server rejects the first time is not tried again.
        """
        for number, way in enumerate([(way,) for way in ways] or [()]):
            await self.rows(search.where(*way), includes, optional=optional or number > 0)

    async def by(
        self, search: Search, name: str, keys: Iterable[Key], includes: Sequence[str] = (), *, optional: bool = True
    ) -> None:
        """Add the rows of a search whose parameter `name` refers to one of the resources `keys`."""
        for batch in batches([f"{key.type}/{key.id}" for key in keys]):
            await self.rows(search.where((name, any_of(batch))), includes, optional=optional)

    async def by_id(self, type_: str, ids: Sequence[str]) -> None:
        """Add the resources with these ids."""
        searches = [Search(type_, (("_id", any_of(batch)),)) for batch in batches(ids[:MOST_BROUGHT])]
        await asyncio.gather(*map(self.pages, searches))
