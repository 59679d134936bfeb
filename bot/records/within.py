"""Which claims a time holds: one rule for every sum of a time (a stay is found under every day that it covers)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from bot.records.claim import Claim
from bot.records.live import Live
from bot.records.sum_doubts import SumDoubts, sum_doubts

Chooses = Callable[[Iterable[Claim]], tuple[Claim, ...]]


@dataclass(frozen=True, slots=True)
class Within:
    """The claims of a time that fit what was asked for, in their order.

    `counted` are those that a sum holds: care that began in the time, so that no claim is in the sums of two times.
    `reaching` began before and last into it. `two_plans` are left out because another plan's claim for the same visit
    is counted; `apart` no longer count or take back another one. `undated` fit but for a day. `doubts` is what has to
    be said beside a sum of `counted`.
    """

    counted: tuple[Claim, ...]
    reaching: tuple[Claim, ...]
    two_plans: tuple[Claim, ...]
    apart: tuple[Claim, ...]
    undated: tuple[Claim, ...]
    doubts: SumDoubts


def within(alive: Live, first: date | None, last: date | None, fits: Chooses = tuple) -> Within:
    """The claims between two days, both inclusive, that `fits` lets through; an open side is None."""
    added = fits(alive.added)
    counted = tuple(claim for claim in added if began_in(claim, first, last))
    reaching = tuple(claim for claim in added if _reaches_into(claim, first, last))
    two_plans, apart = (
        tuple(claim for claim in fits(rows) if began_in(claim, first, last))
        for rows in ([claim for claim in alive.claims if claim.id in alive.coordinated], alive.apart)
    )
    dated = (first, last) != (None, None)
    undated = tuple(claim for claim in added if dated and not claim.service.known)
    doubts = sum_doubts(counted, alive, apart=(*two_plans, *apart), undated=undated, reaching=reaching)
    return Within(counted, reaching, two_plans, apart, undated, doubts)


def began_in(claim: Claim, first: date | None, last: date | None) -> bool:
    """Whether the care began between the two days; without any days every claim did."""
    day = claim.service.day
    if day is None:
        return first is None and last is None
    return (first or date.min) <= day.first <= (last or date.max)


def _reaches_into(claim: Claim, first: date | None, last: date | None) -> bool:
    day = claim.service.day
    return day is not None and first is not None and day.last < first and claim.service.overlaps(first, last)
