"""Combines directory searches made at the same time into one search with a list of values (FHIR's OR).

The callers check the rows, as for every directory response: a row that may match several searches is given to all.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence

import msgspec

from bot.errors import PayerError
from bot.payer.budget import Budget
from bot.payer.chains import batches
from bot.payer.client import DirectoryClient, names_a_member
from bot.payer.search import Search, SearchValue, Trait
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


class _Asked(msgspec.Struct, frozen=True):
    """The parameter value that differs between the searches, and the words by which its rows are recognized."""

    value: str
    words: tuple[bytes, ...]

    def is_named(self, text: bytes) -> bool:
        """Return whether a row, in lower case, contains one of the words."""
        return any(word in text for word in self.words)

    def is_in(self, rows: Iterable[_Row]) -> bool:
        """Return whether any of the rows contains one of the words."""
        return any(self.is_named(text) for _, text in rows)


class PooledDirectory:
    """The open directory for several parts of one question. Searches made within a moment are sent as one.

    If the server does not support lists of values, or the response is incomplete, each search is sent alone. `budget`
    is that of the question. `known` are searches that find something: they show whether the server supports lists even
    if the other values of a list do not exist.
    """

    def __init__(self, directory: DirectoryClient, budget: Budget, known: Sequence[Search] = ()) -> None:
        self._directory, self._budget = directory, budget
        self._known = {_LISTED[search.params[0][0]]: search for search in known}
        self._waiting: dict[_Shape, tuple[list[_Asked], asyncio.Task[dict[str, Page | None]]]] = {}
        self._alone = asyncio.Semaphore(_AT_ONCE)
        self._tries: dict[str, asyncio.Task[None]] = {}

    async def search(self, search: Search, budget: Budget) -> AsyncIterator[Page]:
        """Yield the pages of a search as `DirectoryClient.search` does; one page if the search was combined."""
        at = next((at for at, (name, _) in enumerate(search.params) if name in _LISTED), None)
        together = None if at is None or names_a_member(search) else await self._together(search, at)
        if together is not None:
            budget.report.pages += 1
            yield together
            return
        async with self._alone:
            pages = [page async for page in self._directory.search(search, budget)]
        for page in pages:
            yield page

    async def read(self, resource_type: str, resource_id: str, budget: Budget) -> bytes:
        """Return one directory resource, as its JSON bytes."""
        return await self._directory.read(resource_type, resource_id, budget)

    async def _together(self, search: Search, at: int) -> Page | None:
        """Return the rows if the search was combined with others; None if it has to be sent alone."""
        name, value = search.params[at]
        shape = (search.type, at, (*search.params[:at], (name, ""), *search.params[at + 1 :]))
        if shape not in self._waiting:
            self._waiting[shape] = ([], asyncio.create_task(self._sent(shape)))
        waiting, sent = self._waiting[shape]
        waiting.append(_Asked(value, tuple(_words(value))))
        return (await asyncio.shield(sent))[value]

    async def _sent(self, shape: _Shape) -> dict[str, Page | None]:
        """Return the page for each value searched for within a moment; None for a value to be searched for alone."""
        await asyncio.sleep(_WINDOW)
        waiting, _ = self._waiting.pop(shape)
        found: dict[str, Page | None] = {}
        asked = {one.value: one for one in waiting}
        for values in batches(asked, _LONGEST):
            part = [asked[value] for value in values]
            rows = await self._learnt(shape, part) if len(part) > 1 else None
            found |= {one.value: None if rows is None else self._of(one, part, rows, shape) for one in part}
        return found

    async def _learnt(self, shape: _Shape, part: Sequence[_Asked]) -> list[_Row] | None:
        """Return the rows for a list of values, and find out whether the server supports such lists."""
        rows, kind = await self._listed(shape, part), _LISTED[shape[2][shape[1]][0]]
        if rows is not None and sum(one.is_in(rows) for one in part) >= _SEVERAL:
            self._directory.traits.learn(Trait.TAKES_LISTS, "", kind)
        elif rows is not None and not self._takes(kind) and kind in self._known:
            if kind not in self._tries:
                self._tries[kind] = asyncio.create_task(self._probe_lists(kind, self._known[kind]))
            await asyncio.shield(self._tries[kind])
        return rows

    async def _probe_lists(self, kind: str, known: Search) -> None:
        """Search for a value that does not exist together with a known one, to find out whether lists are supported."""
        ((name, value),) = known.params
        last = _Asked(value, tuple(_words(value)))
        rows = await self._listed((known.type, 0, ((name, ""),)), (_Asked(_NONE, ()), last))
        if rows and all(last.is_named(text) for _, text in rows):
            self._directory.traits.learn(Trait.TAKES_LISTS, "", kind)

    def _takes(self, kind: str) -> bool:
        return self._directory.traits.has(Trait.TAKES_LISTS, parameter=kind)

    async def _listed(self, shape: _Shape, part: Sequence[_Asked]) -> list[_Row] | None:
        """Return all rows for a list of values, each with its text in lower case; None if that failed or left gaps."""
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
        """Return the rows that may match one search; None if there are none and lists are not known to be supported."""
        if not self._takes(_LISTED[shape[2][shape[1]][0]]) and not one.is_in(rows):
            return None
        others = [other for other in part if other is not one]
        return Page(tuple(entry for entry, text in rows if entry.mode != "match" or _may_be(one, others, text)))


def _may_be(one: _Asked, others: Iterable[_Asked], text: bytes) -> bool:
    """Return whether a row contains the words of this search, or the words of none of the searches."""
    return one.is_named(text) or not any(other.is_named(text) for other in others)


def _words(value: str) -> Iterator[bytes]:
    """Yield the texts by which a row shows a value: the code of a token, the id of a reference, or the name."""
    for one in _COMMA.split(value):
        yield re.split(r"(?<!\\)\||/", one)[-1].replace("\\", "").casefold().encode()


def _text(entry: Entry) -> bytes:
    return entry.raw.lower() + b" " + entry.id.lower().encode()
