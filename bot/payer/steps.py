"""A chained search in two steps: the resources that its reference may point to, then the rows that reference them."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator, Sequence

import msgspec
from msgspec.structs import replace

from bot.payer.budget import Budget
from bot.payer.links import Links
from bot.payer.search import Search, any_of
from bot.records.bundle import Page

_TARGETS = {
    "location": "Location",
    "practitioner": "Practitioner",
    "organization": "Organization",
    "network": "Organization",
    "service": "HealthcareService",
}
_LONGEST, _AT_ONCE = 4_000, 4  # characters of ids in one URL, which most servers take; batches in flight
_FEW = 4  # pages


def batches(ids: Sequence[str], *, prefix: str = "") -> Iterator[tuple[str, ...]]:
    """Yield the ids in batches that fit into one URL, each id with the prefix."""
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


def split(name: str) -> tuple[str, str] | None:
    """Return the reference and parameter of `location.address-city` or `location:Location.address-city`, or None."""
    head, dot, rest = name.partition(".")
    reference = head.partition(":")[0]
    return (reference, rest) if dot and rest and reference in _TARGETS else None


class Steps:
    """The two steps of one search; the results of each are read once."""

    def __init__(self, search: Search, links: Links, budget: Budget) -> None:
        parts = [(found, value) for name, value in search.params if (found := split(name))]
        self.reference = parts[0][0][0]
        inner = tuple((rest, value) for (reference, rest), value in parts if reference == self.reference)
        self.inner = Search(_TARGETS[self.reference], inner)
        self.plain = Search(search.type, tuple(pair for pair in search.params if split(pair[0]) is None))
        self._others = [(f"{one}.{rest}", value) for (one, rest), value in parts if one != self.reference]
        self._links, self._budget = links, budget
        self._targets: list[Page] | None = None
        self._rows: list[Page] | None = None
        self._looked: set[str] = set()

    @property
    def narrows(self) -> bool:
        """Whether other parameters than the chain restrict the search."""
        return not all(name.startswith("_") for name, _ in self.plain.params)

    async def targets(self) -> list[Page] | None:
        """Return the resources that the reference may point to; None if they are too many pages."""
        if "targets" not in self._looked:
            self._looked.add("targets")
            self._targets = await self._few(self.inner)
        return self._targets

    async def rows(self) -> list[Page] | None:
        """Return the rows without the chain; None if they are too many pages, or nothing else restricts the search."""
        if "rows" not in self._looked:
            self._looked.add("rows")
            self._rows = await self._few(self.plain) if self.narrows else None
        return self._rows

    async def pages(self) -> AsyncIterator[Page]:
        """Yield the pages for the targets' ids in order, a few batches at a time, and the targets themselves.

        If there are too many targets and the rest of the search finds few rows, yield those; they may not match the
        chain.
        """
        found = await self.targets()
        few = await self.rows() if found is None else None
        if few is not None:
            for page in few:
                yield page
            return
        found = found if found is not None else [page async for page in self._links.pages(self.inner, self._budget)]
        targets = tuple(msgspec.structs.replace(row, mode="target") for page in found for row in page.matches if row.id)
        ids = list(dict.fromkeys(entry.id for entry in targets))
        gate = asyncio.Semaphore(_AT_ONCE)
        jobs = [asyncio.create_task(self._to(batch, gate)) for batch in batches(ids, prefix=f"{self.inner.type}/")]
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
        found = (of_type.findall(bytes(row.raw)) for page in pages for row in page.matches)
        return tuple(dict.fromkeys(id_.decode() for ids in found for id_ in ids))

    async def _to(self, batch: Sequence[str], gate: asyncio.Semaphore) -> list[Page]:
        asked = self.plain.where((self.reference, any_of(batch)), *self._others)
        async with gate:
            return [page async for page in self._links.pages(asked, self._budget)]

    async def _few(self, search: Search) -> list[Page] | None:
        pages: list[Page] = []
        async for page in self._links.pages(search, self._budget):
            pages.append(page)
            many = page.total is not None and page.total > _FEW * max(len(pages[0].matches), 1)
            if many or (len(pages) == _FEW and page.next_url):
                return None
        return pages
