"""FHIR searches. Text that people type becomes one escaped parameter value, never a name or a path (T48).

Facts learned about a server are remembered for a day. A search that is rejected with 400 (F36) is repeated without the
rejected parameter, and filters that the client then applies itself are reported.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable, Iterator
from enum import Enum, auto
from typing import TYPE_CHECKING
from urllib.parse import quote_plus

import msgspec
from cachetools import TTLCache
from msgspec.structs import force_setattr, replace

from bot.errors import PayerForbids, PayerLacks, PayerRejects
from bot.payer.budget import Budget, Report
from bot.records.bundle import Page

if TYPE_CHECKING:
    from bot.payer.paging import Server

_TYPE = re.compile(r"[A-Z][A-Za-z]{1,63}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_\-.:]{0,127}")
_OPEN = frozenset({"service-date", "date", "_sort"})
_TECHNICAL = frozenset({"_include", "_revinclude", "_count"})
_ESCAPED = str.maketrans({mark: f"\\{mark}" for mark in "\\,$|"})


_QUOTED = str.maketrans({char: quote_plus(char) for char in map(chr, range(128))})


def _quoted(text: str) -> str:
    """Return the text as `quote_plus` does, but faster."""
    return text.translate(_QUOTED) if text.isascii() else quote_plus(text)


class SearchValue(str):
    """A search value that is already escaped, made by `escape`, `token` and `any_of`."""

    __slots__ = ()


def escape(value: str) -> SearchValue:
    r"""Return the value with FHIR's separators `\`, `,`, `$` and `|` escaped (R4 search 3.1.1.4.0)."""
    return value if type(value) is SearchValue else SearchValue(value.translate(_ESCAPED))


def token(system: str, code: str) -> SearchValue:
    """Return a code with its system: `system|code`."""
    return SearchValue(f"{escape(system)}|{escape(code)}")


def any_of(values: Iterable[str]) -> SearchValue:
    """Return one value that matches any of the values: FHIR's comma is OR."""
    return SearchValue(",".join(escape(value) for value in values))


class Search(msgspec.Struct, frozen=True):
    """A resource type and its ordered search parameters. Repeated parameters mean AND; values are escaped."""

    type: str
    params: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        """Escape the values. Raise ValueError for a type or a parameter name that is not a valid FHIR name."""
        if not _TYPE.fullmatch(self.type):
            raise ValueError("not a resource type")
        for name, _ in self.params:
            if not _NAME.fullmatch(name):
                raise ValueError("not a search parameter")
        escaped = [(name, value if type(value) is SearchValue else escape(value)) for name, value in self.params]
        force_setattr(self, "params", tuple(escaped))

    def where(self, *pairs: tuple[str, str | None], **named: str | None) -> Search:
        """Return the search with these parameters added; those without a value are ignored.

        In keyword arguments, underscores replace hyphens: `service_date` is `service-date`.
        """
        spelled = ((name[:1] + name[1:].replace("_", "-"), value) for name, value in named.items())
        more = tuple((name, value) for name, value in (*pairs, *spelled) if value)
        return replace(self, params=self.params + more)

    def without(self, *names: str) -> Search:
        """Return the search without the parameters of these names."""
        kept = tuple([pair for pair in self.params if pair[0] not in names])
        return self if len(kept) == len(self.params) else replace(self, params=kept)

    def has(self, name: str) -> bool:
        """Return whether the parameter is set."""
        return any(own == name for own, _ in self.params)

    def shown(self) -> str:
        """Return the search for display: type and parameter names, with values only for dates and the sort order."""
        pairs = (f"{name}={value}" if name in _OPEN else name for name, value in self.params if name not in _TECHNICAL)
        asked = "&".join(pairs)
        return f"{self.type}?{asked}" if asked else self.type

    def encoded(self) -> str:
        """Return the parameters as a query string or form body."""
        return "&".join([f"{_quoted(name)}={_quoted(value)}" for name, value in self.params])


async def given(pages: AsyncIterator[Page]) -> AsyncIterator[Page]:
    """Yield the same pages; none if the payer refuses or lacks the type."""
    try:
        async for page in pages:
            yield page
    except (PayerForbids, PayerLacks, PayerRejects):
        return


class Trait(Enum):
    """A fact about a server, depending on a resource type, a parameter, both or neither."""

    REFUSES_PARAMETER = auto()
    """It rejects a search of the type with 400 if it includes the parameter."""
    FINDS_PATIENT_BY_ID = auto()
    """It has found resources of the type by a patient's bare id."""
    FINDS_PATIENT_BY_REFERENCE = auto()
    """It has found resources of the type by `Patient/id`, and none by the bare id."""
    FINDS_REFERENCES_WHOLE = auto()
    """It has found rows of the type by the parameter's full reference, `Location/a`."""
    FINDS_REFERENCES_BARE = auto()
    """It has found rows of the type by the bare id of the parameter's reference, and none by the full one."""
    FOLLOWS_CHAIN = auto()
    """It has found rows of the type by this chain, so an empty result is trusted."""
    IGNORES_CHAIN = auto()
    """It rejects this chain, or finds nothing by it although there are rows."""
    TAKES_LISTS = auto()
    """It has found rows by several values, separated by commas, of a parameter of this kind."""
    TAKES_POST = auto()
    """It has found something by a POST search."""
    REFUSES_POST = auto()
    """It rejects POST searches, or finds nothing by POST that it finds by GET."""


KnownTraits = TTLCache[tuple[str, Trait, str, str], bool]
"""The facts about all servers of a process."""


class Traits:
    """The facts known about one server. A fact that is not known may still be true."""

    def __init__(self, known: KnownTraits, base: str) -> None:
        self._known, self._base = known, base

    def has(self, trait: Trait, resource_type: str = "", parameter: str = "") -> bool:
        """Return whether the fact is known."""
        return (self._base, trait, resource_type, parameter) in self._known

    def learn(self, trait: Trait, resource_type: str = "", *parameters: str) -> None:
        """Record that the fact is true of each of the parameters."""
        for parameter in parameters or ("",):
            self._known[self._base, trait, resource_type, parameter] = True

    def unlearn(self, trait: Trait) -> None:
        """Forget a fact that is no longer true."""
        self._known.pop((self._base, trait, "", ""), None)

    def tolerable(self, search: Search, report: Report) -> Search:
        """Return the search without the parameters that this server is known to reject.

        Dropped filters are reported.
        """
        refused = [name for name, _ in search.params if self.has(Trait.REFUSES_PARAMETER, search.type, name)]
        _note(refused, report)
        return search.without(*refused)

    def learn_refused(self, asked: Search, took: Search, report: Report) -> None:
        """Remember the parameters that the rejected search has and the accepted one has not.

        Dropped filters are reported.
        """
        refused = [name for name, _ in asked.params if not took.has(name)]
        if refused:
            self.learn(Trait.REFUSES_PARAMETER, asked.type, *refused)
        _note(refused, report)


_WORDS = re.compile(r"[A-Za-z_][A-Za-z0-9_\-.:]*[A-Za-z0-9]")
_COMFORTS = ("_sort", "_count", "_include", "_include:iterate", "_revinclude", "_total", "_elements")
_FILTERS = (
    "network", "service-date", "service-date:missing", "active", "status", "type", "gender", "communication",
    "_lastUpdated", "date", "code", "category", "DrugPlan", "DrugName:contains",
)  # fmt: skip
_UNSEEN = frozenset(_COMFORTS) - {"_sort"}


def simpler_ones(search: Search, refusal: PayerRejects) -> Iterator[Search]:
    """Yield simpler searches, to try in turn after a rejection.

    First the parameters named in the rejection are dropped, then each optional one alone, then all that do not filter,
    then all optional ones. Parameters that identify the owner, ids and people's names are never dropped, since that
    would change the question. The caller applies the dropped filters itself.
    """
    optional = [name for name, _ in search.params if name in {*_COMFORTS, *_FILTERS}]
    optional = sorted(set(optional), key=[*_COMFORTS, *_FILTERS].index)
    issues = refusal.facts.get("issues")
    said = " ".join(str(getattr(issue, "text", "")) for issue in (issues if isinstance(issues, tuple) else ()))
    named = [name for name in optional if name in said]
    tries = [named, *([name] for name in optional), [name for name in optional if name in _COMFORTS], optional]
    done: list[list[str]] = [[]]
    for names in tries:
        if names not in done:
            done.append(names)
            yield search.without(*names)


def note_ignored(search: Search, page: Page, report: Report) -> None:
    """Report the parameters that a 200 response says were ignored: the client has to apply these filters (F32, T44)."""
    said = set(_WORDS.findall(" ".join(issue.text for issue in page.issues)))
    _note([name for name, _ in search.params if name in said], report)


def _note(names: list[str], report: Report) -> None:
    """Report dropped parameters, except those that do not change the result: page size and includes."""
    for name in names:
        if name not in _UNSEEN:
            report.note_applied_here(name)


class Way(msgspec.Struct, frozen=True):
    """One way to search, of several with the same meaning, as servers support only some of them.

    Attributes:
        decides: True if the result is final even if nothing is found.
        spare: True if a rejection counts as an empty result. Otherwise it is raised, unless `name` is set.
        learns: the fact about the server that is known if something is found, for the parameters `by`.
        name: the search parameter that the server does not take if it rejects the search, so that another is tried.
    """

    search: Search
    decides: bool = False
    spare: bool = False
    learns: Trait | None = None
    by: tuple[str, ...] = ("",)
    name: str = ""


async def first_of(server: Server, ways: Iterable[Way], budget: Budget) -> AsyncIterator[Page]:
    """Yield the pages of the first way that finds something, from the first page with a row on; else an empty page.

    Raises:
        PayerError, SignInExpired: as in `Server.pages`.
    """
    nothing = Page()
    for way in ways:
        found, kind = False, way.search.type
        try:
            async for page in server.pages(way.search, budget):
                if page.sent and not found:
                    found = True
                    if way.learns is not None:
                        server.traits.learn(way.learns, kind, *way.by)
                if found or way.decides:
                    yield page
                nothing = page
        except PayerRejects:
            if found or not (way.spare or way.name):
                raise
            if not way.spare:
                server.traits.learn(Trait.REFUSES_PARAMETER, kind, way.name)
            continue
        if found or way.decides:
            return
    yield nothing
