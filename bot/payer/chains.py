"""Chained parameters in two steps, for servers that refuse them or answer them with nothing (T44, F33)."""

from __future__ import annotations

from collections.abc import AsyncIterator

from bot.errors import PayerRejects
from bot.payer.budget import Budget
from bot.payer.learned import Learned
from bot.payer.paging import Server
from bot.payer.search import Search, any_of
from bot.records.bundle import Page

_TARGETS = {
    "location": "Location",
    "practitioner": "Practitioner",
    "organization": "Organization",
    "network": "Organization",
    "service": "HealthcareService",
}
_BATCH = 50


def has_chain(search: Search) -> bool:
    """True when a parameter goes through a reference that can be followed in two steps."""
    return any(_split(name) for name, _ in search.params)


class Chains:
    """Asks with the chain first; on a refusal or an empty answer, finds the targets and asks for their ids."""

    def __init__(self, server: Server, learned: Learned) -> None:
        self._server, self._learned = server, learned

    async def pages(self, search: Search, budget: Budget) -> AsyncIterator[Page]:
        """The pages, from whichever way the server can."""
        base, mark = self._server.base.url, "chain"
        if not self._learned.refused(base, search.type, mark):
            found = False
            try:
                async for page in self._server.pages(search, budget):
                    found = found or bool(page.matches)
                    if found:
                        yield page
            except PayerRejects:
                if found:
                    raise
            if found:
                return
        told = False
        async for page in self._in_two_steps(search, budget):
            if page.matches and not told:
                told = True  # the chain's zero was wrong: do not ask that way for a day
                self._learned.refuses(base, search.type, mark)
                for name in {split[0] for name, _ in search.params if (split := _split(name))}:
                    budget.report.read_here(name)
            yield page

    async def _in_two_steps(self, search: Search, budget: Budget) -> AsyncIterator[Page]:
        reference, ids = await self._targets(search, budget)
        plain = Search(search.type, tuple(pair for pair in search.params if _split(pair[0]) is None))
        for start in range(0, len(ids), _BATCH):
            batch = any_of(f"{_TARGETS[reference]}/{id_}" for id_ in ids[start : start + _BATCH])
            rest = _chained_but(search, reference)
            async for page in self._server.pages(plain.where((reference, batch), *rest), budget):
                yield page

    async def _targets(self, search: Search, budget: Budget) -> tuple[str, list[str]]:
        """The ids of the resources that the first chained reference may point at."""
        reference = next(split[0] for name, _ in search.params if (split := _split(name)))
        inner = tuple((s[1], v) for name, v in search.params if (s := _split(name)) and s[0] == reference)
        ids: list[str] = []
        async for page in self._server.pages(Search(_TARGETS[reference], inner), budget):
            ids += [entry.id for entry in page.matches if entry.id]
        return reference, list(dict.fromkeys(ids))


def _chained_but(search: Search, reference: str) -> list[tuple[str, str | None]]:
    return [(name, value) for name, value in search.params if (split := _split(name)) and split[0] != reference]


def _split(name: str) -> tuple[str, str] | None:
    """The reference and the parameter behind it, of `location.address-city` or `location:Location.address-city`."""
    head, dot, rest = name.partition(".")
    reference = head.partition(":")[0]
    return (reference, rest) if dot and rest and reference in _TARGETS else None
