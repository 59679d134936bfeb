"""Reading a search's rows as records, each once, with what could not be read said in the report."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import Protocol, TypeVar

import msgspec

from bot.kit.ask import Ask
from bot.kit.strict import strict
from bot.payer.budget import Gap
from bot.payer.optional import given
from bot.payer.search import Search
from bot.records.bundle import Entry, Page
from bot.records.decode import Unreadable


class Record(Protocol):
    """What every slim record tells: its id, its sensitivity labels, and the elements that could not be read."""

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

    Those that are `shown` one by one are read through their typed models first. `spare` are filters that hold only
    where the records are coded as their guide says: what finds nothing is asked for once more without them, before it
    is told as none, and who asked checks what comes.
    """
    pages = ask.search(search)
    found = await records_of(ask, given(pages) if optional else pages, search.type, read, shown=shown)
    if found or not any(map(search.has, spare)):
        return found
    return await records(ask, search.without(*spare), read, optional=optional, shown=shown)


async def records_of(
    ask: Ask, pages: AsyncIterator[Page], resource_type: str, read: Reader[R], *, shown: bool = False
) -> tuple[R, ...]:
    """The records of one type on the pages, whether they answer the search or came along with it."""
    found: dict[str, R] = {}
    async for page in pages:
        rows: Sequence[Entry] = [entry for entry in page.entries if entry.type == resource_type]
        for record in read_entries(ask, await strict(ask, rows) if shown else rows, resource_type, read):
            found.setdefault(record.id or f"?{len(found)}", record)
    return tuple(found.values())


def read_entries(ask: Ask, entries: Iterable[Entry], resource_type: str, read: Reader[R]) -> Sequence[R]:
    """The entries as records; what fails is counted in the report and spoils nothing else."""
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
