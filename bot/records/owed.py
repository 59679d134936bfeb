"""What the member owes, as the payer reports it, with its parts beside it and every disagreement said."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from bot.records.amounts import AmountSource, Money, added
from bot.records.money import Amount

_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Owed:
    """The member's liability. `amount` None: the payer does not report it, which is not zero.

    `source` is the place that told: a total, header adjudication, the sum of lines, or only the parts (cost share).
    With `source` "lines", `lines_told` of `lines` carried the amount: fewer than all makes it a floor.
    `gap` is `amount` minus `parts_sum` where both are known and disagree by a cent or more. `rivals` are other
    liabilities that the same claim gives elsewhere, each once, where they differ by a cent or more.
    `written_off`: what is not covered is the provider's to bear, as plan's price, payment and shares prove.
    `may_add` is what is not covered where nothing says whose it is, beside a sum of shares that then is a floor.
    `impossible` are shares that come to more than the plan left of its price, so they are no amount that is owed.
    """

    amount: Amount | None = None
    source: AmountSource | None = None
    deductible: Amount | None = None
    copay: Amount | None = None
    coinsurance: Amount | None = None
    noncovered: Amount | None = None
    parts_sum: Amount | None = None
    gap: Amount | None = None
    lines_told: int = 0
    lines: int = 0
    rivals: tuple[Amount, ...] = ()
    written_off: bool = False
    may_add: Amount | None = None
    impossible: Amount | None = None

    @property
    def is_floor(self) -> bool:
        """True when it is at least this much: only some lines told their part, or the rest is nobody's yet."""
        return (self.source == "lines" and self.lines_told < self.lines) or self.may_add is not None

    @property
    def is_reported(self) -> bool:
        """True when the payer wrote this very amount; a sum of ours is none."""
        return self.source in {"total", "header"}


@dataclass(frozen=True, slots=True)
class Paid:
    """What the plan paid. `rivals` are other amounts that the same claim gives for it."""

    amount: Amount | None = None
    rivals: tuple[Amount, ...] = ()


def owed_of(money: Money) -> Owed:
    """The order of fhir-notes 4.3: total, header, lines, then the parts; never a zero of our own."""
    shares = [money.get(name) for name in ("deductible", "copay", "coinsurance")]
    noncovered, stated, alone = money.get("noncovered"), money.found("liability"), added(shares)
    impossible = None if stated or not _too_much(money, alone) else alone
    written_off = (stated is None or _same(stated.amount, alone)) and _is_written_off(
        money, None if impossible else alone
    )
    parts = None if impossible else _parts_sum(alone, noncovered, stated.amount if stated else None)
    open_ = noncovered if noncovered and noncovered.value > 0 and not written_off and not stated else None
    if not stated and parts and not parts.value and open_:
        parts = None  # no share, and something that nobody covers: nothing says whose it is
    amount = stated.amount if stated else parts
    return Owed(
        amount=amount,
        source=stated.source if stated else ("parts" if parts else None),
        deductible=shares[0],
        copay=shares[1],
        coinsurance=shares[2],
        noncovered=noncovered,
        parts_sum=parts,
        gap=_gap(amount, parts),
        lines_told=stated.lines if stated else 0,
        lines=money.lines,
        rivals=tuple(dict.fromkeys(one for one in money.rivals if stated and _differ(one, stated.amount))),
        written_off=written_off,
        may_add=open_ if parts else None,
        impossible=impossible,
    )


def paid_of(money: Money) -> Paid:
    """What the plan paid, by the same order. A zero is silence where the claim itself, not a line, says more."""
    spoken = [one for one in money.paid if one.amount.value and one.source != "lines"]
    found = spoken or list(money.paid)
    if not found:
        return Paid()
    first = found[0].amount
    return Paid(first, tuple(dict.fromkeys(one.amount for one in money.paid if _differ(one.amount, first))))


def _differ(one: Amount, other: Amount) -> bool:
    """Two amounts of one currency differ by a cent or more; those of two cannot be compared (F39)."""
    return one.currency == other.currency and abs(one.value - other.value) >= _CENT


def _same(one: Amount | None, other: Amount | None) -> bool:
    """Two amounts are the same to the cent: a payer's computer may have written 54.870000000000005."""
    return one is not None and other is not None and one.currency == other.currency and not _differ(one, other)


def _too_much(money: Money, alone: Amount | None) -> bool:
    """Whether the shares alone are more than the plan's price less what it paid: some payers code other sums as one.

    CMS writes a drug's gross cost as its coinsurance. Without a price, shares that hold the plan's own payment and the
    member's are just as impossible.
    """
    paid, price = paid_of(money).amount, money.get("allowed") or money.get("drug_cost") or money.get("billed")
    if alone is None or alone.value <= 0 or paid is None or paid.value <= 0 or paid.currency != alone.currency:
        return False
    if price is not None and price.currency == alone.currency and price.value > 0:
        return alone.value - (price.value - paid.value) >= _CENT
    own = money.get("paid_by_patient")
    return own is not None and own.currency == alone.currency and _same(alone, own + paid)


def _is_written_off(money: Money, alone: Amount | None) -> bool:
    """Whether price, payment and shares leave nothing for the member: what is not covered is the provider's loss."""
    noncovered, allowed, billed = money.get("noncovered"), money.get("allowed"), money.get("billed")
    paid = paid_of(money).amount
    if noncovered is None or noncovered.value <= 0 or allowed is None or allowed.value <= 0:
        return False
    if paid is not None and allowed.currency == paid.currency:
        left = allowed.value - paid.value - (alone.value if alone and alone.currency == paid.currency else 0)
        return abs(left) < _CENT
    return billed is not None and billed.currency == allowed.currency and not _differ(billed - allowed, noncovered)


def _parts_sum(alone: Amount | None, noncovered: Amount | None, stated: Amount | None) -> Amount | None:
    """Deductible, copay and coinsurance; what is not covered is one of the parts only where the told amount holds it.

    CARIN counts it to the member's liability, but payers also book the provider's write-off as non-covered. Non-covered
    alone is no cost share, and a sum of ours never holds it.
    """
    if alone is None or noncovered is None or stated is None or alone.currency != noncovered.currency:
        return alone
    return alone + noncovered if _nearer(alone + noncovered, alone, stated) else alone


def _nearer(one: Amount, other: Amount, stated: Amount) -> bool:
    return one.currency == stated.currency and abs(one.value - stated.value) < abs(other.value - stated.value)


def _gap(amount: Amount | None, parts: Amount | None) -> Amount | None:
    return amount - parts if amount and parts and _differ(amount, parts) else None
