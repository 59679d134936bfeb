"""Living with servers that answer 400 to a parameter: ask again without it, remember it, and say what is done here."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.errors import PayerRejects
from bot.payer.budget import Report
from bot.payer.search import Search
from bot.payer.server_traits import Trait, Traits
from bot.records.bundle import Page

_WORDS = re.compile(r"[A-Za-z_][A-Za-z0-9_\-.:]*[A-Za-z0-9]")
_COMFORTS = ("_sort", "_count", "_include", "_include:iterate", "_revinclude", "_total", "_elements")
_FILTERS: tuple[str, ...] = (
    "network",
    "service-date",
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
    """What one base is known to refuse, applied to searches before they are sent."""

    def __init__(self, traits: Traits) -> None:
        self._traits = traits

    def known(self, search: Search, report: Report) -> Search:
        """The search without the parameters that this server is known to refuse; filters among them are reported."""
        known, kind = self._traits.has, search.type
        refused = [name for name, _ in search.params if known(Trait.REFUSES_PARAMETER, kind, name)]
        _note(refused, report)
        return search.without(*refused)

    def learn(self, asked: Search, took: Search, report: Report) -> None:
        """Remember what made the difference between the search that was refused and the one that was taken."""
        refused = [name for name, _ in asked.params if not took.has(name)]
        for name in refused:
            self._traits.learn(Trait.REFUSES_PARAMETER, asked.type, name)
        _note(refused, report)


def simpler_ones(search: Search, refusal: PayerRejects) -> Iterator[Search]:
    """The search with less: without what the server named, then without each optional parameter, then without all.

    Who a record belongs to, ids and people's names are never dropped: without them the answer would be to another
    question. What is dropped is checked again by who asked.
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
    """Note the parameters that a 200 says it ignored: the filter has to be applied here (F32, T44)."""
    said = set(_WORDS.findall(" ".join(issue.text for issue in page.issues)))
    _note([name for name, _ in search.params if name in said], report)


def _issues(refusal: PayerRejects) -> tuple[object, ...]:
    issues = refusal.facts.get("issues")
    return issues if isinstance(issues, tuple) else ()


def _note(names: list[str], report: Report) -> None:
    """Only what changes the result is worth telling: page size and included rows are not."""
    for name in names:
        if name not in _UNSEEN:
            report.read_here(name)
