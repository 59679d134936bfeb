"""Chained search parameters in two steps, for servers that reject them or return nothing for them (T44, F33).

The first step finds the resources that the reference may point to, the second the rows that reference them. References
are written as `Location/a`, as in the guide, or as bare ids, whichever the server matches.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence

import msgspec
from msgspec.structs import replace

from bot.errors import PayerDown, PayerRejects
from bot.payer.budget import Budget
from bot.payer.paging import Server
from bot.payer.search import Search, SearchValue, Trait, Way, any_of, first_of
from bot.records.bundle import Page

_REFERENCES = re.compile(r"[A-Z][A-Za-z]+/[A-Za-z0-9\-.]{1,64}(?:,[A-Z][A-Za-z]+/[A-Za-z0-9\-.]{1,64})*")
_WHOLE, _BARE = Trait.FINDS_REFERENCES_WHOLE, Trait.FINDS_REFERENCES_BARE
_TYPE = re.compile(r"(?:^|(?<=,))[A-Z][A-Za-z]+/")


def linked(server: Server, search: Search, budget: Budget) -> AsyncIterator[Page]:
    """Yield the pages found by full references, or else by bare ids; an empty page if nothing is found.

    What works is remembered for a day.

    Raises:
        PayerError: there is no valid response.
    """
    return first_of(server, _ways(server, search), budget)


def _ways(server: Server, search: Search) -> Iterator[Way]:
    names = tuple((name for name, value in search.params if not name.startswith("_") and _REFERENCES.fullmatch(value)))
    is_bare, is_whole = (
        bool(names) and all(server.traits.has(trait, search.type, name) for name in names) for trait in (_BARE, _WHOLE)
    )
    pairs = ((name, SearchValue(_TYPE.sub("", value)) if name in names else value) for name, value in search.params)
    bare = Search(search.type, tuple(pairs))
    if not names or is_bare:
        yield Way(bare if is_bare else search, decides=True)
        return
    yield Way(search, decides=is_whole, spare=True, learns=_WHOLE, by=names)
    if not is_whole:
        yield Way(bare, decides=True, learns=_BARE, by=names)


_TARGETS = {
    "location": "Location",
    "practitioner": "Practitioner",
    "organization": "Organization",
    "network": "Organization",
    "service": "HealthcareService",
}
_LONGEST, _AT_ONCE = 4_000, 4  # characters of ids in one URL, which most servers take; batches in flight
_FEW = 4  # pages


def batches(values: Iterable[str], most: int = _LONGEST) -> Iterator[tuple[str, ...]]:
    """Yield the values in batches that fit into a URL, each of at most `most` characters."""
    batch: list[str] = []
    size = 0
    for value in values:
        more = len(value) + 5  # an encoded "/" or ","
        if batch and size + more > most:
            yield tuple(batch)
            batch, size = [], 0
        batch.append(value)
        size += more
    if batch:
        yield tuple(batch)


def split(name: str) -> tuple[str, str] | None:
    """Return the reference and parameter of `location.address-city` or `location:Location.address-city`, or None."""
    head, dot, rest = name.partition(".")
    reference = head.partition(":")[0]
    return (reference, rest) if dot and rest and reference in _TARGETS else None


class Steps:
    """The two steps of one chained search. The results of each step are read only once."""

    def __init__(self, search: Search, server: Server, budget: Budget) -> None:
        parts = [(found, value) for name, value in search.params if (found := split(name))]
        self.reference = parts[0][0][0]
        inner = tuple((rest, value) for (reference, rest), value in parts if reference == self.reference)
        self.inner = Search(_TARGETS[self.reference], inner)
        self.plain = Search(search.type, tuple(pair for pair in search.params if split(pair[0]) is None))
        self._others = [(f"{one}.{rest}", value) for (one, rest), value in parts if one != self.reference]
        self._server, self._budget = server, budget
        self._read: dict[Search, list[Page] | None] = {}

    @property
    def narrows(self) -> bool:
        """Whether other parameters than the chain restrict the search."""
        return not all(name.startswith("_") for name, _ in self.plain.params)

    async def targets(self) -> list[Page] | None:
        """Return the pages of resources that the reference may point to; None if there are too many pages."""
        return await self._few(self.inner)

    async def rows(self) -> list[Page] | None:
        """Return the pages of rows without the chain; None if too many, or if nothing else restricts the search."""
        return await self._few(self.plain) if self.narrows else None

    async def pages(self) -> AsyncIterator[Page]:
        """Yield the pages of rows that reference a target, a few batches at a time, with the targets on the first page.

        If there are too many targets, but the search without the chain finds few rows, these are yielded; they may
        not match the chain.
        """
        found = await self.targets()
        few = await self.rows() if found is None else None
        if few is not None:
            for page in few:
                yield page
            return
        found = found if found is not None else [page async for page in linked(self._server, self.inner, self._budget)]
        targets = tuple(msgspec.structs.replace(row, mode="target") for page in found for row in page.matches if row.id)
        ids = dict.fromkeys(f"{self.inner.type}/{entry.id}" for entry in targets)
        gate = asyncio.Semaphore(_AT_ONCE)
        jobs = [asyncio.create_task(self._to(batch, gate)) for batch in batches(ids)]
        try:
            for job in jobs:
                for page in await job:
                    yield replace(page, entries=(*page.entries, *targets))
                    targets = ()
        finally:
            for job in jobs:
                job.cancel()

    def ends(self, pages: Sequence[Page]) -> tuple[str, ...]:
        """Return the ids of the chain's target type that these rows reference."""
        of_type = re.compile(rb'"(?:[^"]*/)?' + self.inner.type.encode() + rb'/([A-Za-z0-9.-]{1,64})"')
        found = (of_type.findall(row.raw) for page in pages for row in page.matches)
        return tuple(dict.fromkeys(id_.decode() for ids in found for id_ in ids))

    async def _to(self, batch: Sequence[str], gate: asyncio.Semaphore) -> list[Page]:
        asked = self.plain.where((self.reference, any_of(batch)), *self._others)
        async with gate:
            return [page async for page in linked(self._server, asked, self._budget)]

    async def _few(self, search: Search) -> list[Page] | None:
        if search in self._read:
            return self._read[search]
        self._read[search], pages = None, list[Page]()
        async for page in linked(self._server, search, self._budget):
            pages.append(page)
            many = page.total is not None and page.total > _FEW * max(len(pages[0].matches), 1)
            if many or (len(pages) == _FEW and page.next_url):
                return None
        self._read[search] = pages
        return pages


_FIRST = ("_count", "1")


class Chains:
    """Runs chained searches: first as one request, then, if that is refused or finds nothing, in two steps."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._proving = asyncio.Lock()

    async def pages(self, search: Search, budget: Budget) -> AsyncIterator[Page]:
        """Yield the pages in whichever way the server supports. Rows of the first of two steps have the mode "target".

        A server that does not support a chain may return rows that do not match it: the caller must check the rows
        (T44).
        """
        names = tuple(name for name, _ in search.params if split(name))
        if not names:
            async for page in linked(self._server, search, budget):
                yield page
            return
        steps = Steps(search, self._server, budget)
        broken: bool | None = self._is_broken(names)
        if not broken:
            found = refused = False
            try:
                async for page in self._server.pages(search, budget):
                    found = found or bool(page.matches)
                    if found:
                        yield page
            except (PayerRejects, PayerDown):  # some servers respond with 500 instead of 400
                if found:
                    raise
                refused = True
            if found:
                self._works(search.type, names)
                return
            budget.pages_left += 0 if refused else 1
            async with self._proving:
                broken = refused or await self._lacks_rows(search, names, steps, budget)
        async for page in self._in_steps(steps, names, budget, broken):
            yield page

    async def _in_steps(
        self, steps: Steps, names: tuple[str, ...], budget: Budget, broken: bool | None
    ) -> AsyncIterator[Page]:
        """Yield the pages of a search in two steps, unless the chain works (`broken` is False)."""
        if broken is False:
            return
        async for page in steps.pages():
            if broken or page.matches:
                self._breaks(names, budget)
            yield page

    async def _lacks_rows(self, search: Search, names: tuple[str, ...], steps: Steps, budget: Budget) -> bool | None:
        """Return whether rows match although the chained search found none; None if only the second step can show this.

        The server's support for the chain is checked once a day.
        """
        if self._server.traits.has(Trait.FOLLOWS_CHAIN, search.type, _chain(names)):
            return False
        if self._is_broken(names):
            return True
        chained = Search(search.type, tuple(pair for pair in search.params if pair[0] in names))
        if steps.narrows and await self._finds(chained, budget):
            self._works(search.type, names)
            return False
        if (targets := await steps.targets()) is not None:
            return None if any(page.matches for page in targets) else False
        rows = await steps.rows()
        return None if rows is None else await self._misses_rows(rows, names, steps, budget)

    async def _misses_rows(self, rows: list[Page], names: tuple[str, ...], steps: Steps, budget: Budget) -> bool:
        """Return whether any row references a resource that the chained search should have matched."""
        for batch in batches(steps.ends(rows)):
            if await self._finds(steps.inner.where(("_id", any_of(batch))), budget):
                self._breaks(names, budget)
                return True
        return False

    async def _finds(self, search: Search, budget: Budget) -> bool:
        """Return whether the search finds any row. The budget is not charged for the page."""
        async for page in self._server.pages(search.where(_FIRST), budget):
            budget.pages_left += 1
            return bool(page.matches)
        return False

    def _is_broken(self, names: tuple[str, ...]) -> bool:
        """Return whether this server is known not to support these chains, for any type."""
        return self._server.traits.has(Trait.IGNORES_CHAIN, parameter=_chain(names))

    def _breaks(self, names: tuple[str, ...], budget: Budget) -> None:
        self._server.traits.learn(Trait.IGNORES_CHAIN, "", _chain(names))
        for reference in dict.fromkeys(re.split("[.:]", name)[0] for name in names):
            budget.report.note_applied_here(reference)

    def _works(self, resource_type: str, names: tuple[str, ...]) -> None:
        self._server.traits.learn(Trait.FOLLOWS_CHAIN, resource_type, _chain(names))


def _chain(names: tuple[str, ...]) -> str:
    """Return a key for the chained parameters of a search, independent of their order."""
    return " ".join(sorted(names))
