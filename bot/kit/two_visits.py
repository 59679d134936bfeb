"""Two kinds of visit side by side by the plan's own copays: "do I pay more for a specialist than for primary care"."""

from __future__ import annotations

from dataclasses import dataclass

from bot.kit.ask import Ask
from bot.kit.coverages import Coverages
from bot.kit.said import confirms, named_visits
from bot.records.cost_share import CostShare
from bot.records.coverage import Coverage


@dataclass(frozen=True, slots=True)
class TwoVisits:
    """The copays of one plan for both, in the order of the words; `so`: what was asked of the two is so."""

    plan: Coverage
    one: CostShare
    other: CostShare
    so: bool | None


def two_visits(ask: Ask, coverages: Coverages) -> TwoVisits | None:
    """The two that the message names; None where it doesn't name two, or no plan of today has a copay for both."""
    named = named_visits(ask)
    for plan in coverages.current if len(named) == len(("one", "other")) else ():
        copays = {share.service: share for share in reversed(plan.costs) if share.amount and share.side != "out"}
        if copays.keys() >= set(named):
            one, other = (copays[code] for code in named)
            return TwoVisits(plan, one, other, confirms(ask, one.amount, other.amount))
    return None
