"""References in a search: `Location/a` as the guide writes them, or the bare id, whichever the server matches."""

import re
from collections.abc import AsyncIterator, Iterator

import msgspec

from bot.errors import PayerError, PayerRejects
from bot.payer.budget import Budget
from bot.payer.paging import Server
from bot.payer.search import Search, SearchValue
from bot.payer.tolerance import Trait
from bot.records.bundle import Page

_REFERENCES = re.compile(r"[A-Z][A-Za-z]+/[A-Za-z0-9\-.]{1,64}(?:,[A-Z][A-Za-z]+/[A-Za-z0-9\-.]{1,64})*")
_TYPE = re.compile(r"(?:^|(?<=,))[A-Z][A-Za-z]+/")


class Outcome(msgspec.Struct):
    """The outcome of a search: whether something was `found`, or the search was `refused`."""

    found: bool = False
    refused: bool = False


async def attempt(
    pages: AsyncIterator[Page], outcome: Outcome, failures: tuple[type[PayerError], ...] = ()
) -> AsyncIterator[Page]:
    """Yield the pages from the first one with a row on; a rejection before that is recorded in `outcome`, not raised.

    `failures` are exceptions that also count as a rejection, for servers that respond with 500 instead of 400.
    """
    refusals: tuple[type[PayerError], ...] = (PayerRejects, *failures)
    try:
        async for page in pages:
            outcome.found = outcome.found or bool(page.matches)
            if outcome.found:
                yield page
    except refusals:
        if outcome.found:
            raise
        outcome.refused = True


class Links:
    """Searches by full references first; if that finds nothing, by bare ids. What works is remembered for a day."""

    def __init__(self, server: Server) -> None:
        self._server = server

    async def pages(self, search: Search, budget: Budget) -> AsyncIterator[Page]:
        """Yield the pages found by either form of reference, or none; PayerError without a valid response."""
        names = tuple(_references(search))
        first = _bare(search, names) if self._known(Trait.FINDS_REFERENCES_BARE, search, names) else search
        if not names or first is not search:
            async for page in self._server.pages(first, budget):
                yield page
            return
        outcome = Outcome()
        async for page in attempt(self._server.pages(search, budget), outcome):
            yield page
        if outcome.found:
            self._learn(Trait.FINDS_REFERENCES_WHOLE, search, names)
        elif not self._known(Trait.FINDS_REFERENCES_WHOLE, search, names):
            async for page in self._server.pages(_bare(search, names), budget):
                if page.matches:
                    self._learn(Trait.FINDS_REFERENCES_BARE, search, names)
                yield page

    def _known(self, trait: Trait, search: Search, names: tuple[str, ...]) -> bool:
        """Return whether this form of reference has found rows with each of the parameters."""
        return bool(names) and all(self._server.traits.has(trait, search.type, name) for name in names)

    def _learn(self, trait: Trait, search: Search, names: tuple[str, ...]) -> None:
        for name in names:
            self._server.traits.learn(trait, search.type, name)


def _references(search: Search) -> Iterator[str]:
    """Return the parameters whose values are all references."""
    return (name for name, value in search.params if not name.startswith("_") and _REFERENCES.fullmatch(value))


def _bare(search: Search, names: tuple[str, ...]) -> Search:
    pairs = ((name, SearchValue(_TYPE.sub("", value)) if name in names else value) for name, value in search.params)
    return Search(search.type, tuple(pairs))
