"""What the coverage on record is for: dental, vision, drugs, the emergency room, a public programme, another time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bot.kit import Ask, CostShare, Coverage, Coverages, Summary, member_coverages, span_of, text_of

SCOPES = ("dental", "vision", "drugs")


@dataclass(frozen=True, slots=True)
class Included(Summary):
    """The plans `found` for what was asked (`about`), and the others that hold today.

    `shares` are what the plans name for it. `lines` are the product lines of today's plans, where they are certain.
    `start` and `end` are the time that was asked about, `gaps` says that the plans found leave days of it open.
    """

    about: str
    found: tuple[Coverage, ...]
    others: tuple[Coverage, ...]
    shares: tuple[CostShare, ...] = ()
    lines: tuple[str | None, ...] = ()
    start: date | None = None
    end: date | None = None
    gaps: bool = False


async def answer(ask: Ask) -> Included:
    """From the coverages alone: benefits that no record names are not guessed."""
    return summarize(await member_coverages(ask), ask)


def summarize(coverages: Coverages, ask: Ask) -> Included:
    """The plans for what was asked, and what else there is."""
    about, current = text_of(ask, "reason") or "", coverages.current
    if about == "then":
        return _then(coverages, ask)
    if about in SCOPES:
        found = tuple(one for one in current if one.scope == about)
        costs = [share for one in current for share in one.costs if about == "drugs" and _of_drugs(share)]
        return Included(about, found, tuple(one for one in current if one not in found), tuple(costs))
    if about == "emergency":
        found = tuple(one for one in current if one.scope == "medical")
        shares = tuple(share for one in found for share in one.costs if share.service == "emergency")
        return Included(about, found, tuple(one for one in current if one not in found), shares)
    return Included(about, current, (), lines=tuple(one.line for one in current))


def _of_drugs(share: CostShare) -> bool:
    return share.drugs or share.service == "rx"


def _then(coverages: Coverages, ask: Ask) -> Included:
    """The plans whose period touches the time; a time that no plan covers whole has gaps."""
    start, end = span_of(ask)
    first, last = start or date.min, end or ask.today
    known = [one for one in coverages.every if one.status not in {"cancelled", "entered-in-error"} and one.period.known]
    found = tuple(one for one in known if _touches(one, first, last))
    whole = any(one.held(first) and one.held(last) for one in found)
    return Included("then", found, coverages.current, start=start, end=end, gaps=bool(found) and not whole)


def _touches(one: Coverage, first: date, last: date) -> bool:
    begins = one.period.start.first if one.period.start else date.min
    ends = one.period.end.last if one.period.end else date.max
    return begins <= last and ends >= first
