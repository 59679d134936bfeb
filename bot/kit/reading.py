"""Records that are shown one by one, read through their typed model before anything is taken from them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import Protocol, TypeVar

import msgspec

from bot.kit.ask import Ask
from bot.payer.budget import Gap
from bot.payer.search import Search, given
from bot.records.bundle import Entry, Page
from bot.records.decode import Unreadable
from bot.records.typed import without_faults

MOST = 40
"""The most rows of a page that are read strictly, at about half a millisecond each; a longer page is not."""


async def strict(ask: Ask, entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """The entries without the elements that their models refuse, each counted in the report; in a thread.

    A resource of which too much is refused is kept unchanged for the slim reading, and told.
    """
    rows = tuple(entries)
    if not rows or len(rows) > MOST:
        return rows
    checked = await asyncio.to_thread(lambda: [_checked(entry) for entry in rows])
    for kind in dict.fromkeys(entry.type for entry in rows):
        lost = sum(faults for entry, faults in checked if entry.type == kind)
        if lost:
            ask.report.gaps.append(Gap("unreadable", kind, lost))
    return tuple(entry for entry, _ in checked)


def _checked(entry: Entry) -> tuple[Entry, int]:
    raw, lost = without_faults(entry.raw, entry.type)
    return msgspec.structs.replace(entry, raw=raw), len(lost)


class Record(Protocol):
    """A slim record: its id, its sensitivity labels, and the elements that could not be read."""

    @property
    def id(self) -> str:
        """The resource's id."""
        ...

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that ask for the shield."""
        ...

    @property
    def dropped(self) -> tuple[str, ...]:
        """The places that could not be read."""
        ...


R = TypeVar("R", bound=Record)
Reader = Callable[[bytes | msgspec.Raw, tuple[str, ...]], R]


async def records(
    ask: Ask,
    search: Search,
    read: Reader[R],
    *,
    optional: bool = False,
    shown: bool = False,
    spare: Sequence[str] = (),
) -> tuple[R, ...]:
    """Every record that answers the search, in the server's order; with `optional`, none of a refused type.

    Those that are `shown` one by one are read through their typed models first. `spare` are filters that work only
    where records are coded as their guide says: a search that finds nothing is repeated without them, and the caller
    checks the results.
    """
    pages = ask.search(search)
    found = await records_of(ask, given(pages) if optional else pages, search.type, read, shown=shown)
    if found or not any(map(search.has, spare)):
        return found
    return await records(ask, search.without(*spare), read, optional=optional, shown=shown)


async def records_of(
    ask: Ask, pages: AsyncIterator[Page], resource_type: str, read: Reader[R], *, shown: bool = False
) -> tuple[R, ...]:
    """The records of one type on the pages, matches and includes."""
    found: dict[str, R] = {}
    async for page in pages:
        rows: Sequence[Entry] = [entry for entry in page.entries if entry.type == resource_type]
        for record in read_entries(ask, await strict(ask, rows) if shown else rows, resource_type, read):
            found.setdefault(record.id or f"?{len(found)}", record)
    return tuple(found.values())


def read_entries(ask: Ask, entries: Iterable[Entry], resource_type: str, read: Reader[R]) -> Sequence[R]:
    """The entries as records; unreadable ones and elements are counted in the report."""
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
