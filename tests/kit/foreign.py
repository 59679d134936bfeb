"""Foreign payers' claims read, and their amounts beside the truth: `python -m tests.kit.foreign` prints the table."""

import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from bot.kit import Amount, Claim
from bot.records.claim import read_claim
from bot.records.live import live
from tests.kit.foreign_claims import SHAPES, Foreign, foreign_claims
from tests.kit.money import TODAY
from tests.records.made import raw

_CENT = Decimal("0.01")
YEARS = (2024, 2025)


@dataclass(slots=True)
class Row:
    """One shape's amounts: how many were compared, right, not said, and wrong; `lost` were said by the payer."""

    counts: Counter[str] = field(default_factory=Counter)

    def add(self, said: Amount | None, truth: Decimal | None) -> None:
        """Count one amount. What the payer does not say has to stay unsaid."""
        self.counts["compared"] += 1
        if said is None:
            self.counts["right" if truth is None else "not said"] += 1
        else:
            same = truth is not None and abs(said.value - truth) < _CENT
            self.counts["right" if same else "wrong"] += 1


def told(claim: Claim) -> dict[str, Amount | None]:
    """The amounts that answers show."""
    return {
        "billed": claim.billed,
        "allowed": claim.allowed,
        "paid": claim.plan_paid,
        "owed": claim.owed.amount,
    }


def table(seed: int = 1, each: int = 8) -> dict[str, Row]:
    """Every shape's row, and one for the sums of each year over all of them."""
    rows = {shape: Row() for shape in SHAPES}
    everything = list(foreign_claims(seed, each))
    for one in everything:
        said = told(read_claim(raw(one.resource)))
        for name, truth in one.truth.items():
            rows[one.shape].add(said[name], truth)
    rows["sums of the years"] = _sums(everything)
    return rows


def _sums(everything: Iterable[Foreign]) -> Row:
    records = list(everything)
    alive = live((read_claim(raw(one.resource)) for one in records), TODAY.replace(year=2026))
    row = Row()
    for year in YEARS:
        truth = sum(
            (one.truth["owed"] or Decimal(0) for one in records if one.counts and _year(one) == year), Decimal(0)
        )
        counted = (claim for claim in alive.added if claim.service.day and claim.service.day.year == year)
        said = sum((claim.owed.amount.value for claim in counted if claim.owed.amount), Decimal(0))
        row.add(Amount(said), truth)
    return row


def _year(one: Foreign) -> int:
    return int(one.resource["billablePeriod"]["start"][:4])


def main() -> int:
    """Print the table; 1 when an amount is wrong."""
    rows = table(each=25)
    heads = ("compared", "right", "not said", "wrong")
    sys.stdout.write(f"{'shape':32}" + "".join(f"{head:>10}" for head in heads) + "\n")
    for shape, row in rows.items():
        sys.stdout.write(f"{shape:32}" + "".join(f"{row.counts[head]:>10}" for head in heads) + "\n")
    return int(any(row.counts["wrong"] for row in rows.values()))


if __name__ == "__main__":
    sys.exit(main())
