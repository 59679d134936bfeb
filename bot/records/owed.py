"""What the member owes, as the payer reports it, with its parts beside it and every disagreement said."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from bot.records.amounts import Money, Source, added
from bot.records.money import Amount

_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Owed:
    """The member's liability. `amount` None: the payer does not report it, which is not zero.

    `source` is the place that told: a total, header adjudication, the sum of lines, or only the parts (cost share).
    With `source` "lines", `lines_told` of `lines` carried the amount: fewer than all makes it a floor.
    `gap` is `amount` minus `parts_sum` where both are known and disagree by a cent or more. `rivals` are other
    liabilities that the same claim gives elsewhere, each once, where they differ by a cent or more.
    """

    amount: Amount | None = None
    source: Source | None = None
    deductible: Amount | None = None
    copay: Amount | None = None
    coinsurance: Amount | None = None
    noncovered: Amount | None = None
    parts_sum: Amount | None = None
    gap: Amount | None = None
    lines_told: int = 0
    lines: int = 0
    rivals: tuple[Amount, ...] = ()

    @property
    def is_floor(self) -> bool:
        """True when only some lines told their part: at least this much."""
        return self.source == "lines" and self.lines_told < self.lines


def owed_of(money: Money) -> Owed:
    """The order of fhir.md 4.3: total, header, lines, then the parts; never a zero of our own."""
    shares = [money.get(name) for name in ("deductible", "copay", "coinsurance")]
    noncovered = money.get("noncovered")
    told = money.found("liability")
    parts = _parts_sum(shares, noncovered, told.amount if told else None)
    amount = told.amount if told else parts
    return Owed(
        amount,
        told.source if told else ("parts" if parts else None),
        shares[0],
        shares[1],
        shares[2],
        noncovered,
        parts,
        _gap(amount, parts),
        told.lines if told else 0,
        money.lines,
        tuple(dict.fromkeys(one for one in money.rivals if told and _differ(one, told.amount))),
    )


def _differ(one: Amount, other: Amount) -> bool:
    """Two amounts of one currency differ by a cent or more; those of two cannot be compared (F39)."""
    return one.currency == other.currency and abs(one.value - other.value) >= _CENT


def _parts_sum(shares: list[Amount | None], noncovered: Amount | None, told: Amount | None) -> Amount | None:
    """Deductible, copay and coinsurance, with the non-covered part by CARIN's rule.

    Payers also book the provider's write-off as non-covered: when the told amount equals the shares alone, they are
    the parts. Non-covered alone is no cost share.
    """
    alone = added(shares)
    if alone is None:
        return None
    if noncovered is None or alone == told:
        return alone
    return added([alone, noncovered])


def _gap(amount: Amount | None, parts: Amount | None) -> Amount | None:
    return amount - parts if amount and parts and _differ(amount, parts) else None
