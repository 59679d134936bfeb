"""Facts learned about a server, remembered for a day, and handling of a server that rejects a parameter with 400 (F36).

The search is repeated without the parameter, and what the client then does itself is reported.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from enum import Enum, auto

from cachetools import TTLCache

from bot.errors import PayerRejects
from bot.payer.budget import Report
from bot.payer.search import Search
from bot.records.bundle import Page

_DAY = 24 * 60 * 60.0
_MANY = 2048


class Trait(Enum):
    """A fact about a server, for one type of resource and one parameter if it depends on them."""

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


class ServerTraits:
    """The facts about all servers of this process."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._known: TTLCache[tuple[str, Trait, str, str], bool] = TTLCache(_MANY, _DAY, timer=clock)

    def at(self, base: str) -> Traits:
        """Return the facts about the server at a base URL."""
        return Traits(self._known, base)


class Traits:
    """The facts about one server. What is not known may be true or not."""

    def __init__(self, known: TTLCache[tuple[str, Trait, str, str], bool], base: str) -> None:
        self._known, self._base = known, base

    def has(self, trait: Trait, resource_type: str = "", parameter: str = "") -> bool:
        """Return whether the fact is known."""
        return (self._base, trait, resource_type, parameter) in self._known

    def learn(self, trait: Trait, resource_type: str = "", parameter: str = "") -> None:
        """Remember the fact."""
        self._known[self._base, trait, resource_type, parameter] = True

    def unlearn(self, trait: Trait, resource_type: str = "", parameter: str = "") -> None:
        """Forget a fact that is no longer true."""
        self._known.pop((self._base, trait, resource_type, parameter), None)


_WORDS = re.compile(r"[A-Za-z_][A-Za-z0-9_\-.:]*[A-Za-z0-9]")
_COMFORTS = ("_sort", "_count", "_include", "_include:iterate", "_revinclude", "_total", "_elements")
_FILTERS: tuple[str, ...] = (
    "network",
    "service-date",
    "service-date:missing",
    "active",
    "status",
    "type",
    "gender",
    "communication",
    "_lastUpdated",
)
_FILTERS += ("date", "code", "category", "DrugPlan", "DrugName:contains")
_UNSEEN = frozenset(_COMFORTS) - {"_sort"}


class Tolerance:
    """The parameters that one base URL is known to reject, applied to searches before they are sent."""

    def __init__(self, traits: Traits) -> None:
        self._traits = traits

    def known(self, search: Search, report: Report) -> Search:
        """Return the search without parameters that this server is known to reject; filters among them are reported."""
        known, kind = self._traits.has, search.type
        refused = [name for name, _ in search.params if known(Trait.REFUSES_PARAMETER, kind, name)]
        _note(refused, report)
        return search.without(*refused)

    def learn(self, asked: Search, took: Search, report: Report) -> None:
        """Remember the parameters that differ between the rejected and the accepted search."""
        refused = [name for name, _ in asked.params if not took.has(name)]
        for name in refused:
            self._traits.learn(Trait.REFUSES_PARAMETER, asked.type, name)
        _note(refused, report)


def simpler_ones(search: Search, refusal: PayerRejects) -> Iterator[Search]:
    """Yield simpler searches: without what the server named, then without each optional parameter, then without all.

    Parameters that identify the owner, ids and people's names are never dropped, since that would change the question.
    The caller applies the dropped filters itself.
    """
    optional = [name for name, _ in search.params if name in {*_COMFORTS, *_FILTERS}]
    optional = sorted(set(optional), key=[*_COMFORTS, *_FILTERS].index)
    said = " ".join(str(getattr(issue, "text", "")) for issue in _issues(refusal))
    named = [name for name in optional if name in said]
    tries = [named, *([name] for name in optional), [name for name in optional if name in _COMFORTS], optional]
    done: list[list[str]] = [[]]
    for names in tries:
        if names not in done:
            done.append(names)
            yield search.without(*names)


def note_ignored(search: Search, page: Page, report: Report) -> None:
    """Report the parameters that a 200 says it ignored: the client has to apply the filter (F32, T44)."""
    said = set(_WORDS.findall(" ".join(issue.text for issue in page.issues)))
    _note([name for name, _ in search.params if name in said], report)


def _issues(refusal: PayerRejects) -> tuple[object, ...]:
    issues = refusal.facts.get("issues")
    return issues if isinstance(issues, tuple) else ()


def _note(names: list[str], report: Report) -> None:
    """Report dropped parameters, except those that do not change the result: page size and includes."""
    for name in names:
        if name not in _UNSEEN:
            report.read_here(name)
