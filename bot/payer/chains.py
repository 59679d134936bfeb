"""Chained parameters in two steps, for servers that refuse them or answer them with nothing (T44, F33)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace

from bot.payer.budget import Budget
from bot.payer.learned import Learned
from bot.payer.links import Links, Outcome, attempt
from bot.payer.paging import Server
from bot.payer.search import Search, any_of
from bot.records.bundle import Entry, Page

_TARGETS = {
    "location": "Location",
    "practitioner": "Practitioner",
    "organization": "Organization",
    "network": "Organization",
    "service": "HealthcareService",
}
_LONGEST, _AT_ONCE = 4_000, 4  # characters of ids in one URL, which most servers take; batches in flight
_FEW = 4  # pages
_FIRST = ("_count", "1")


def batches(ids: Sequence[str], *, prefix: str = "") -> Iterator[tuple[str, ...]]:
    """The ids in runs that fit one URL, each with the prefix."""
    batch: list[str] = []
    size = 0
    for id_ in ids:
        more = len(prefix) + len(id_) + 5  # an encoded "/" or ","
        if batch and size + more > _LONGEST:
            yield tuple(batch)
            batch, size = [], 0
        batch.append(prefix + id_)
        size += more
    if batch:
        yield tuple(batch)


class Chains:
    """Asks with the chain first; on a refusal or an empty answer, finds the targets and asks for their ids."""

    def __init__(self, server: Server, learned: Learned) -> None:
        self._server, self._learned, self._links = server, learned, Links(server, learned)
        self._proving = asyncio.Lock()

    async def pages(self, search: Search, budget: Budget) -> AsyncIterator[Page]:
        """The pages, from whichever way the server can; rows of the first step come along as `target` rows.

        A chain that the server cannot do may leave rows that do not fit it: whoever asked checks them (T44).
        """
        names = tuple(name for name, _ in search.params if _split(name))
        if not names:
            async for page in self._links.pages(search, budget):
                yield page
            return
        broken: bool | None = self._is_broken(names)
        if not broken:
            outcome = Outcome()
            async for page in attempt(self._server.pages(search, budget), outcome):
                yield page
            if outcome.found:
                self._works(search.type, names)
                return
            async with self._proving:
                broken = outcome.refused or await self._is_wrong(search, names, budget)
        if broken is not False:
            async for page in self._in_two_steps(search, budget):
                if broken or page.matches:
                    self._breaks(names, budget)
                yield page

    async def _is_wrong(self, search: Search, names: tuple[str, ...], budget: Budget) -> bool | None:
        """Whether the chain's zero is wrong: asked without what else narrows it, then for where that leads by itself.

        None when only the second step can tell. It is asked once a day, and costs the budget no page.
        """
        if self._learned.refused(self._server.base.url, search.type, _mark("works", names)):
            return False
        if self._is_broken(names):
            return True
        plain, chained = _unchained(search), Search(search.type, tuple(p for p in search.params if p[0] in names))
        if _narrows(plain) and await self._rows(self._server.pages(chained.where(_FIRST), budget), budget):
            self._works(search.type, names)
            return False
        few = await self._few(plain, budget)
        if few is None:
            return None
        inner = _first_step(search)[1]
        for batch in batches(_ends(few, inner.type)):
            if await self._rows(self._server.pages(inner.where(("_id", any_of(batch))), budget), budget):
                self._breaks(names, budget)
                return True
        return False

    async def _rows(self, pages: AsyncIterator[Page], budget: Budget) -> tuple[Entry, ...]:
        async for page in pages:
            budget.pages_left += 1
            return tuple(entry for entry in page.matches if entry.id)
        return ()

    def _is_broken(self, names: tuple[str, ...]) -> bool:
        """True when this server is known not to follow these chains, whatever the type."""
        return self._learned.refused(self._server.base.url, "", _mark("breaks", names))

    def _breaks(self, names: tuple[str, ...], budget: Budget) -> None:
        self._learned.refuses(self._server.base.url, "", _mark("breaks", names))
        for reference in dict.fromkeys(re.split("[.:]", name)[0] for name in names):
            budget.report.read_here(reference)

    def _works(self, resource_type: str, names: tuple[str, ...]) -> None:
        self._learned.refuses(self._server.base.url, resource_type, _mark("works", names))

    async def _in_two_steps(self, search: Search, budget: Budget) -> AsyncIterator[Page]:
        """The rows that the rest of the search finds, where they are few: they need not fit the chain.

        Otherwise the pages for all the targets' ids, a few batches at a time, in their order.
        """
        plain = _unchained(search)
        few = await self._few(plain, budget)
        if few is not None:
            for page in few:
                yield page
            return
        reference, targets = await self._targets(search, budget)
        rest, gate = _chained_but(search, reference), asyncio.Semaphore(_AT_ONCE)

        async def one(batch: tuple[str, ...]) -> list[Page]:
            asked = plain.where((reference, any_of(batch)), *rest)
            async with gate:
                return [page async for page in self._links.pages(asked, budget)]

        ids = list(dict.fromkeys(entry.id for entry in targets))
        jobs = [asyncio.create_task(one(batch)) for batch in batches(ids, prefix=f"{_TARGETS[reference]}/")]
        try:
            for job in jobs:
                for page in await job:
                    yield replace(page, entries=(*page.entries, *targets))
                    targets = ()
        finally:
            for job in jobs:
                job.cancel()

    async def _few(self, plain: Search, budget: Budget) -> list[Page] | None:
        """The pages of the search without its chains; None when nothing else narrows it, or they are many."""
        if not _narrows(plain):
            return None
        pages: list[Page] = []
        async for page in self._links.pages(plain, budget):
            pages.append(page)
            many = page.total is not None and page.total > _FEW * max(len(pages[0].matches), 1)
            if many or (len(pages) == _FEW and page.next_url):
                return None
        return pages

    async def _targets(self, search: Search, budget: Budget) -> tuple[str, tuple[Entry, ...]]:
        """The resources that the first chained reference may point at."""
        reference, inner = _first_step(search)
        pages = [page async for page in self._server.pages(inner, budget)]
        return reference, tuple(replace(e, mode="target") for page in pages for e in page.matches if e.id)


def _mark(verdict: str, names: tuple[str, ...]) -> str:
    return f"a chain {verdict}: {' '.join(sorted(names))}"


def _first_step(search: Search) -> tuple[str, Search]:
    """The first chained reference, and the search for what it may point at."""
    reference = next(split[0] for name, _ in search.params if (split := _split(name)))
    inner = tuple((s[1], v) for name, v in search.params if (s := _split(name)) and s[0] == reference)
    return reference, Search(_TARGETS[reference], inner)


def _ends(pages: Sequence[Page], type_: str) -> tuple[str, ...]:
    """The ids of this type that the rows point at."""
    found = (
        re.findall(rb'"(?:[^"]*/)?' + type_.encode() + rb'/([A-Za-z0-9.-]{1,64})"', bytes(row.raw))
        for page in pages
        for row in page.matches
    )
    return tuple(dict.fromkeys(id_.decode() for ids in found for id_ in ids))


def _unchained(search: Search) -> Search:
    return Search(search.type, tuple(pair for pair in search.params if _split(pair[0]) is None))


def _narrows(search: Search) -> bool:
    return not all(name.startswith("_") for name, _ in search.params)


def _chained_but(search: Search, reference: str) -> list[tuple[str, str | None]]:
    return [(name, value) for name, value in search.params if (split := _split(name)) and split[0] != reference]


def _split(name: str) -> tuple[str, str] | None:
    """The reference and the parameter behind it, of `location.address-city` or `location:Location.address-city`."""
    head, dot, rest = name.partition(".")
    reference = head.partition(":")[0]
    return (reference, rest) if dot and rest and reference in _TARGETS else None
