"""Chained parameters in two steps, for servers that refuse them or answer them with nothing (T44, F33)."""

from __future__ import annotations

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
    """Asks with the chain first; on a refusal or an empty answer, finds the targets and asks for their ids."""

    def __init__(self, server: Server) -> None:
        self._server, self._links = server, Links(server)
        self._proving = asyncio.Lock()

    async def pages(self, search: Search, budget: Budget) -> AsyncIterator[Page]:
        """The pages, from whichever way the server can; rows of the first step come along as `target` rows.

        A chain that the server cannot do may leave rows that do not fit it: whoever asked checks them (T44).
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
        """Whether the chain's empty result is wrong; None when only the second step can tell. Checked once a day."""
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
        """True when one of these rows points at a target: the chain should have found it."""
        for batch in batches(steps.ends(rows)):
            if await self._finds(steps.inner.where(("_id", any_of(batch))), budget):
                self._breaks(names, budget)
                return True
        return False

    async def _finds(self, search: Search, budget: Budget) -> bool:
        """Whether there is any row. What is asked only to learn this costs the budget no page."""
        async for page in self._server.pages(search.where(_FIRST), budget):
            budget.pages_left += 1
            return bool(page.matches)
        return False

    def _is_broken(self, names: tuple[str, ...]) -> bool:
        """True when this server is known not to follow these chains, whatever the type."""
        return self._server.traits.has(Trait.IGNORES_CHAIN, parameter=_chain(names))

    def _breaks(self, names: tuple[str, ...], budget: Budget) -> None:
        self._server.traits.learn(Trait.IGNORES_CHAIN, parameter=_chain(names))
        for reference in dict.fromkeys(re.split("[.:]", name)[0] for name in names):
            budget.report.read_here(reference)

    def _works(self, resource_type: str, names: tuple[str, ...]) -> None:
        self._server.traits.learn(Trait.FOLLOWS_CHAIN, resource_type, _chain(names))


def _chain(names: tuple[str, ...]) -> str:
    """The chained parameters of a search, whatever their order."""
    return " ".join(sorted(names))
