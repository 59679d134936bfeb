"""Chained search parameters in two steps, for servers that reject them or return nothing for them (T44, F33)."""

import asyncio
import re
from collections.abc import AsyncIterator

from bot.errors import PayerDown
from bot.payer.budget import Budget
from bot.payer.links import Links, Outcome, attempt
from bot.payer.paging import Server
from bot.payer.search import Search, any_of
from bot.payer.steps import Steps, batches, split
from bot.payer.tolerance import Trait
from bot.records.bundle import Page

_FIRST = ("_count", "1")


class Chains:
    """Searches with the chain first; if refused or empty, finds the targets and searches by their ids."""

    def __init__(self, server: Server) -> None:
        self._server, self._links = server, Links(server)
        self._proving = asyncio.Lock()

    async def pages(self, search: Search, budget: Budget) -> AsyncIterator[Page]:
        """Yield the pages in whichever way the server supports; rows of the first step are included as `target` rows.

        A server that does not support a chain may return rows that do not match it: the caller must check them (T44).
        """
        names = tuple(name for name, _ in search.params if split(name))
        if not names:
            async for page in self._links.pages(search, budget):
                yield page
            return
        steps = Steps(search, self._links, budget)
        broken: bool | None = self._is_broken(names)
        if not broken:
            outcome = Outcome()
            async for page in attempt(self._server.pages(search, budget), outcome, (PayerDown,)):
                yield page
            if outcome.found:
                self._works(search.type, names)
                return
            budget.pages_left += 0 if outcome.refused else 1
            async with self._proving:
                broken = outcome.refused or await self._is_wrong(search, names, steps, budget)
        if broken is not False:
            async for page in steps.pages():
                if broken or page.matches:
                    self._breaks(names, budget)
                yield page

    async def _is_wrong(self, search: Search, names: tuple[str, ...], steps: Steps, budget: Budget) -> bool | None:
        """Return whether the chain's empty result is wrong, asked once a day; None if the second step must tell."""
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
        return None if rows is None else await self._is_led(rows, names, steps, budget)

    async def _is_led(self, rows: list[Page], names: tuple[str, ...], steps: Steps, budget: Budget) -> bool:
        """Return whether any row references a resource that the chained search should have matched."""
        for batch in batches(steps.ends(rows)):
            if await self._finds(steps.inner.where(("_id", any_of(batch))), budget):
                self._breaks(names, budget)
                return True
        return False

    async def _finds(self, search: Search, budget: Budget) -> bool:
        """Return whether there is any row. This costs the budget no page."""
        async for page in self._server.pages(search.where(_FIRST), budget):
            budget.pages_left += 1
            return bool(page.matches)
        return False

    def _is_broken(self, names: tuple[str, ...]) -> bool:
        """Return whether this server is known not to support these chains, for any type."""
        return self._server.traits.has(Trait.IGNORES_CHAIN, parameter=_chain(names))

    def _breaks(self, names: tuple[str, ...], budget: Budget) -> None:
        self._server.traits.learn(Trait.IGNORES_CHAIN, parameter=_chain(names))
        for reference in dict.fromkeys(re.split("[.:]", name)[0] for name in names):
            budget.report.read_here(reference)

    def _works(self, resource_type: str, names: tuple[str, ...]) -> None:
        self._server.traits.learn(Trait.FOLLOWS_CHAIN, resource_type, _chain(names))


def _chain(names: tuple[str, ...]) -> str:
    """Return a key for the chained parameters of a search, independent of their order."""
    return " ".join(sorted(names))
