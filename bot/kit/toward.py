"""What claims carry toward a yearly figure of the plan, such as a deductible, and how much of it that is at least."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from bot.records.amounts import added
from bot.records.claim import Claim
from bot.records.live import Live
from bot.records.money import Amount


@dataclass(frozen=True, slots=True)
class MetSoFar:
    """How much of one figure the claims have used at least; `with_drugs` is the same with prescriptions counted."""

    limit: Amount
    used: Amount
    with_drugs: Amount | None = None

    @property
    def left(self) -> Amount | None:
        """What is left at most; None when nothing is."""
        return self.limit - self.used if self.used.value < self.limit.value else None

    @property
    def drugs_reach_it(self) -> bool:
        """True when the figure is reached with prescriptions, and not without."""
        return self.left is not None and self.with_drugs is not None and self.with_drugs.value >= self.limit.value


def counting(alive: Live) -> list[Claim]:
    """The claims whose amounts count: a reversal takes its own off, unless what it takes back is out already."""
    out = {number.value for claim in (*alive.taken_back, *alive.replaced, *alive.cancelled) for number in claim.numbers}
    rows = [claim for claim in alive.claims if claim.id not in alive.coordinated]
    names = [(claim, {number.value for number in (*claim.numbers, *claim.replaces)}) for claim in rows]
    spent = len(alive.taken_back) == sum(1 for claim in rows if claim.is_reversal)
    return [claim for claim, numbers in names if not (claim.is_reversal and (spent or numbers & out))]


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
