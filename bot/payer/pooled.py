"""Searches that several ask at the same time, put together: one with a list of values where each has one (FHIR's OR).

Whoever asked checks the rows, as with every answer of a directory: a row that may be anybody's is given to everybody.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass

from bot.errors import PayerError
from bot.payer.budget import Budget
from bot.payer.client import DirectoryClient
from bot.payer.search import Search, SearchValue
from bot.payer.tolerance import Trait
from bot.records.bundle import Entry, Page
from bot.records.decode import Unreadable

# Parameters of which a list may be asked, with the kind of their values: a server reads those of a kind alike.
_LISTED = {
    **dict.fromkeys(("name", "name:contains", "practitioner.name"), "string"),
    **dict.fromkeys(("identifier", "_id"), "code"),
    **dict.fromkeys(("practitioner", "participating-organization", "organization", "location", "service"), "code"),
}
_WINDOW = 0.02  # seconds in which others may ask the same of another value
_LONGEST = 1_500  # characters of a list in a URL
_AT_ONCE = 4  # searches that go alone
_COMMA = re.compile(r"(?<!\\),")
_NONE = "0"  # a value that nobody has
_SEVERAL = 2
_Row = tuple[Entry, bytes]
_Shape = tuple[str, int, tuple[tuple[str, str], ...]]


@dataclass(frozen=True, slots=True)
class _Asked:
    """The value of the one parameter in which a search differs from the others, and what its rows hold of it."""

    value: str
    words: tuple[bytes, ...]

    def is_named(self, text: bytes) -> bool:
        """Whether a row, in small letters, holds one of its values."""
        return any(word in text for word in self.words)

    def is_in(self, rows: Iterable[_Row]) -> bool:
        """Whether one of the rows does."""
        return any(self.is_named(text) for _, text in rows)


class PooledDirectory:
    """The open directory for several parts of one question; what they ask within a moment of each other goes as one.

    Where the server does not take a list, or a list's answer is not whole, each goes alone. `budget` is the question's.
    `known` are searches that find something: a list of which one is the last shows that the server takes lists, where
    nobody has the names that are asked for.
    """

    def __init__(self, directory: DirectoryClient, budget: Budget, known: Sequence[Search] = ()) -> None:
        self._directory, self._budget = directory, budget
        self._known = {_LISTED[search.params[0][0]]: search for search in known}
        self._waiting: dict[_Shape, tuple[list[_Asked], asyncio.Task[dict[str, Page | None]]]] = {}
        self._alone = asyncio.Semaphore(_AT_ONCE)
        self._tries: dict[str, asyncio.Task[None]] = {}

    async def search(self, search: Search, budget: Budget) -> AsyncIterator[Page]:
        """The pages of a search, as `DirectoryClient.search` gives them; one page where it went with others."""
        at = next((at for at, (name, _) in enumerate(search.params) if name in _LISTED), None)
        together = await self._together(search, at) if at is not None else None
        if together is not None:
            budget.report.pages += 1
            yield together
            return
        async with self._alone:
            pages = [page async for page in self._directory.search(search, budget)]
        for page in pages:
            yield page

    async def read(self, resource_type: str, resource_id: str, budget: Budget) -> bytes:
        """One directory entry, as its JSON bytes."""
        return await self._directory.read(resource_type, resource_id, budget)

    async def _together(self, search: Search, at: int) -> Page | None:
        """The rows, where the search went with others; None where it has to go alone."""
        name, value = search.params[at]
        shape = (search.type, at, (*search.params[:at], (name, ""), *search.params[at + 1 :]))
        if shape not in self._waiting:
            self._waiting[shape] = ([], asyncio.create_task(self._sent(shape)))
        waiting, sent = self._waiting[shape]
        waiting.append(_Asked(value, tuple(_words(value))))
        return (await asyncio.shield(sent))[value]

    async def _sent(self, shape: _Shape) -> dict[str, Page | None]:
        """The rows of each value that somebody asks for within a moment."""
        await asyncio.sleep(_WINDOW)
        waiting, _ = self._waiting.pop(shape)
        found: dict[str, Page | None] = {}
        for part in _lists(dict.fromkeys(waiting)):
            rows = await self._learnt(shape, part) if len(part) > 1 else None
            found |= {one.value: None if rows is None else self._of(one, part, rows, shape) for one in part}
        return found

    async def _learnt(self, shape: _Shape, part: Sequence[_Asked]) -> list[_Row] | None:
        """The rows of a list, once it is known whether the server takes such lists."""
        rows, kind = await self._listed(shape, part), _LISTED[shape[2][shape[1]][0]]
        if rows is not None and sum(one.is_in(rows) for one in part) >= _SEVERAL:
            self._directory.traits.learn(Trait.TAKES_LISTS, parameter=kind)
        elif rows is not None and not self._takes(kind) and kind in self._known:
            if kind not in self._tries:
                self._tries[kind] = asyncio.create_task(self._tried(kind, self._known[kind]))
            await asyncio.shield(self._tries[kind])
        return rows

    async def _tried(self, kind: str, known: Search) -> None:
        """Ask for a value that nobody has and a known one."""
        ((name, value),) = known.params
        last = _Asked(value, tuple(_words(value)))
        rows = await self._listed((known.type, 0, ((name, ""),)), (_Asked(_NONE, ()), last))
        if rows and all(last.is_named(text) for _, text in rows):
            self._directory.traits.learn(Trait.TAKES_LISTS, parameter=kind)

    def _takes(self, kind: str) -> bool:
        return self._directory.traits.has(Trait.TAKES_LISTS, parameter=kind)

    async def _listed(self, shape: _Shape, part: Sequence[_Asked]) -> list[_Row] | None:
        """All rows of a list of values, in small letters too; None where that is refused, or not whole."""
        type_, at, params = shape
        name, values = params[at][0], SearchValue(",".join(one.value for one in part))
        budget = self._budget.alone()
        search = Search(type_, (*params[:at], (name, values), *params[at + 1 :]))
        try:
            pages = [page async for page in self._directory.search(search, budget)]
        except (PayerError, Unreadable):
            return None
        if budget.report.gaps:
            return None
        self._budget.report.absorb(budget.report)
        return [(entry, _text(entry)) for page in pages for entry in page.entries]

    def _of(self, one: _Asked, part: Sequence[_Asked], rows: Sequence[_Row], shape: _Shape) -> Page | None:
        """The rows that may be one's own; None where there is none, and the server is not known to take lists."""
        if not self._takes(_LISTED[shape[2][shape[1]][0]]) and not one.is_in(rows):
            return None
        others = [other for other in part if other is not one]
        return Page(tuple(entry for entry, text in rows if entry.mode != "match" or _may_be(one, others, text)))


def _may_be(one: _Asked, others: Iterable[_Asked], text: bytes) -> bool:
    """Whether a row is one's, or not told to be anybody else's."""
    return one.is_named(text) or not any(other.is_named(text) for other in others)


def _words(value: str) -> Iterator[bytes]:
    """What a row that a value finds holds of it: the code of a token, the id of a reference, the name."""
    for one in _COMMA.split(value):
        yield re.split(r"(?<!\\)\||/", one)[-1].replace("\\", "").casefold().encode()


def _text(entry: Entry) -> bytes:
    return bytes(entry.raw).lower() + b" " + entry.id.lower().encode()


def _lists(asked: Iterable[_Asked]) -> Iterator[list[_Asked]]:
    """Runs of searches whose values fit one URL."""
    part: list[_Asked] = []
    size = 0
    for one in asked:
        if part and size + len(one.value) > _LONGEST:
            yield part
            part, size = [], 0
        part.append(one)
        size += len(one.value) + 3  # an encoded comma
    if part:
        yield part
