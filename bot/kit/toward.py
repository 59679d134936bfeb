"""What claims carry toward a yearly figure of the plan, such as a deductible, and how much of it that is at least."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from bot.records.amounts import added
from bot.records.claim import Claim
from bot.records.coverage import Coverage
from bot.records.money import Amount
from bot.records.plan_year import PlanYear


@dataclass(frozen=True, slots=True)
class MetSoFar:
    """How much of one figure of `plan` its claims of `year` have used at least.

    `with_drugs` is the same with prescriptions counted. `agreed`: counted by the calendar year it would be the same.
    """

    limit: Amount
    used: Amount
    with_drugs: Amount | None = None
    plan: Coverage | None = None
    year: PlanYear | None = None
    agreed: bool = True

    @property
    def left(self) -> Amount | None:
        """What is left at most; None when nothing is."""
        return self.limit - self.used if self.used.value < self.limit.value else None

    @property
    def drugs_reach_it(self) -> bool:
        """True when the figure is reached with prescriptions, and not without."""
        return self.left is not None and self.with_drugs is not None and self.with_drugs.value >= self.limit.value


def carrying(claims: Iterable[Claim], aspect: str | None) -> list[tuple[Claim, Amount]]:
    """The claims that carry an amount toward it, with that amount, the newest first."""
    toward = [(claim, part) for claim in claims if (part := _toward(claim, aspect)) is not None and part.value]
    return sorted(toward, key=lambda row: row[0].service.day.first if row[0].service.day else date.min, reverse=True)


def _toward(claim: Claim, aspect: str | None) -> Amount | None:
    owed = claim.owed
    return owed.deductible if aspect == "deductible" else added((owed.deductible, owed.copay, owed.coinsurance))


def least(amounts: Iterable[Amount | None]) -> Amount | None:
    """The sum, and never less than nothing; None when no amount is told."""
    sum_ = added(amounts)
    return sum_ if sum_ is None or sum_.value >= 0 else Amount(sum_.value * 0, sum_.currency)
