"""The amounts of a claim (fhir-notes 4.3) and the amount that the member owes.

A claim reports an amount in three sources: its totals, its header adjudication and its lines. Amounts of different
sources are never added together. The amount owed is the one that the payer reports; other amounts that contradict it
are kept beside it.
"""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Literal

import msgspec

from bot.records import explanation
from bot.records.money import CENT, USUAL_CURRENCY, Amount, alike, differ, difference

AmountSource = Literal["total", "header", "lines", "parts", "payment", "paid"]


class FoundAmount(msgspec.Struct, frozen=True, gc=False):
    """An amount and the source in the claim where it was found.

    `lines` is the number of lines summed; 0 for other sources.
    """

    amount: Amount
    source: AmountSource
    lines: int = 0


class Money(msgspec.Struct, frozen=True):
    """The amounts of a claim by plain name such as "billed" or "copay".

    An amount that the claim does not report has no entry.

    Attributes:
        places: each amount from the first source that reports it: totals, then header adjudication, then lines.
        currency: the currency code; None if the claim has several currencies.
        lines: the number of lines that are counted; lines that only sum up others are not.
        rivals: every member liability in the claim: totals, header, and the sum of the lines if each line has one.
        paid: the amounts that the plan paid, one or more from each source, in the order of the sources.
        conflicting: the names of amounts for which one source has several values that cannot all be true.
        sum_lines: the indexes of lines that only sum up the other lines.
        of_lines: the amounts of each line, by the index of the line.
    """

    places: dict[str, FoundAmount]
    currency: str | None
    lines: int
    rivals: tuple[Amount, ...] = ()
    paid: tuple[FoundAmount, ...] = ()
    conflicting: frozenset[str] = frozenset()
    sum_lines: tuple[int, ...] = ()
    of_lines: Mapping[int, Mapping[str, Amount]] = {}

    def found(self, name: str) -> FoundAmount | None:
        """Return the amount of this name with its source; None if the claim does not report one."""
        return self.places.get(name)

    def get(self, name: str) -> Amount | None:
        """Return the amount of this name; None if the claim does not report one."""
        found = self.places.get(name)
        return found.amount if found else None


def money_of(eob: explanation.Explanation) -> Money:
    """Return all amounts of the claim. `currency` is None if the amounts are in several currencies (F39)."""
    items = {at: item for at, item in enumerate(eob.item) if not item.modifier_extension}
    currency = _currency(eob, items.values())
    usual = currency or USUAL_CURRENCY
    totals = [(name, said.amount) for name, said in explanation.named_amounts(eob.total, usual)]
    billed = next((amount for name, amount in totals if name == "billed"), None)
    read = {at: explanation.line_amounts(item, usual) for at, item in items.items()}
    sums = explanation.total_lines([(item, read[at][0]) for at, item in items.items()], billed)
    sum_lines = tuple(at for place, at in enumerate(items) if place in sums)
    kept = [found for at, found in read.items() if at not in sum_lines]
    of_header, doubted = explanation.amounts_by_name(eob.adjudication, usual)
    lines, first = _by_lines(amounts for amounts, _ in kept), dict[str, FoundAmount]()
    header = {name: FoundAmount(amount, "header") for name, amount in of_header.items()}
    for name, told in totals:  # they overlap: in each category the first counts
        first.setdefault(name, FoundAmount(told, "total"))
    # The sum of the lines counts only if every line has a liability.
    rivals = [amount for name, amount in totals if name == "liability"]
    by_header, by_lines = header.get("liability"), lines.get("liability")
    rivals += [by_header.amount] if by_header else []
    rivals += [by_lines.amount] if by_lines and by_lines.lines == len(kept) else []
    paid = [found for place in (first, header, lines) for found in _paid_in(place)]
    if eob.payment and (amount := explanation.amount_of(eob.payment.amount, usual)):
        paid.append(FoundAmount(amount, "payment"))
    conflicting = doubted.union(*(of_line for _, of_line in kept)) - first.keys()
    places, of_lines = {**lines, **header, **first}, {at: amounts for at, (amounts, _) in read.items()}
    return Money(places, currency, len(kept), tuple(rivals), tuple(paid), conflicting, sum_lines, of_lines)


def _paid_in(place: dict[str, FoundAmount]) -> Iterator[FoundAmount]:
    """Yield what the plan paid according to one source: the sum paid to provider and patient, and the benefit."""
    parts = [place[name] for name in ("paid_to_provider", "paid_to_patient") if name in place]
    sum_ = explanation.added(part.amount for part in parts)
    if sum_ is not None:
        yield FoundAmount(sum_, parts[0].source, max(part.lines for part in parts))
    if "benefit" in place:
        yield place["benefit"]


def _by_lines(lines: Iterable[Mapping[str, Amount]]) -> dict[str, FoundAmount]:
    columns: dict[str, list[Amount]] = {}
    for line in lines:
        for name, amount in line.items():
            columns.setdefault(name, []).append(amount)
    return {
        name: FoundAmount(sum_, "lines", len(amounts))
        for name, amounts in columns.items()
        if (sum_ := explanation.added(amounts)) is not None
    }


def _currency(eob: explanation.Explanation, items: Iterable[explanation.ClaimItem]) -> str | None:
    """Return the only currency code in the claim; the usual currency if there is no code, None if there are several."""
    groups = (eob.total, eob.adjudication, *(item.adjudication for item in items))
    given = [one.amount for group in groups for one in group]
    given.append(eob.payment.amount if eob.payment else None)
    codes = {money.currency for money in given if money and money.value is not None}
    written = {code for code in map(explanation.iso_currency, codes) if code}
    if len(written) > 1:
        return None
    return next(iter(written), USUAL_CURRENCY)


class Owed(msgspec.Struct, frozen=True):
    """The amount that the member owes for a claim (the member liability), with its parts.

    Attributes:
        amount: the amount owed; None if the payer does not report it, which does not mean zero.
        source: where the amount is from: "total", "header" (adjudication), "lines" (their sum), "parts" (the sum of
            deductible, copay and coinsurance), or "paid" (what the member paid at the pharmacy counter).
        parts_sum: the sum of deductible, copay and coinsurance.
        gap: `amount` minus `parts_sum` if the two differ by a cent or more, otherwise None.
        lines_given: the number of lines that report the amount, if `source` is "lines". If it is less than `lines`,
            `amount` is a lower bound.
        rivals: other liabilities in the same claim that differ from `amount` by a cent or more.
        written_off: True if price, payment and cost shares show that the provider bears the non-covered amount.
        may_add: the non-covered amount, if the claim does not show who bears it. `amount` is then a lower bound.
        impossible: the sum of cost shares, if it exceeds the price minus the plan's payment and so is not what is owed.
    """

    amount: Amount | None = None
    source: AmountSource | None = None
    deductible: Amount | None = None
    copay: Amount | None = None
    coinsurance: Amount | None = None
    noncovered: Amount | None = None
    parts_sum: Amount | None = None
    gap: Amount | None = None
    lines_given: int = 0
    lines: int = 0
    rivals: tuple[Amount, ...] = ()
    written_off: bool = False
    may_add: Amount | None = None
    impossible: Amount | None = None

    @property
    def shares(self) -> dict[str, Amount | None]:
        """The amounts of deductible, copay and coinsurance, with these names as keys."""
        return {"deductible": self.deductible, "copay": self.copay, "coinsurance": self.coinsurance}

    @property
    def is_minimum(self) -> bool:
        """Whether `amount` is a lower bound: some lines report no liability, or `may_add` may be owed too."""
        return (self.source == "lines" and self.lines_given < self.lines) or self.may_add is not None

    @property
    def is_reported(self) -> bool:
        """Whether the payer reported `amount` as such; False if it is a computed sum."""
        return self.source in {"total", "header", "paid"}


class Paid(msgspec.Struct, frozen=True):
    """What the plan paid for a claim. `rivals` are the contradicting amounts for this payment in the same claim."""

    amount: Amount | None = None
    rivals: tuple[Amount, ...] = ()


def owed_of(money: Money, *, fill: bool = False) -> Owed:
    """Return what the member owes, from the first source that reports it: total, header, lines, then the cost shares.

    The amount is None, never zero, if no source reports it. For a pharmacy `fill` without cost shares, the amount is
    what the member paid at the counter.
    """
    shares = [money.get(name) for name in ("deductible", "copay", "coinsurance")]
    noncovered, stated, alone = money.get("noncovered"), money.found("liability"), explanation.added(shares)
    impossible = None if stated or not _exceeds_price(money, alone) else alone
    written_off = (stated is None or alike(stated.amount, alone)) and _is_written_off(
        money, None if impossible else alone
    )
    parts = None if impossible else _parts_sum(alone, noncovered, stated.amount if stated else None)
    open_ = noncovered if noncovered and noncovered.value > 0 and not written_off and not stated else None
    if not stated and parts and not parts.value and open_:
        parts = None  # no share, and something that nobody covers: nothing says whose it is
    amount = stated.amount if stated else parts
    source: AmountSource | None = stated.source if stated else "parts" if parts else None
    if fill and amount is None and alone is None:
        amount = paid_by_patient(money)
        source = "paid" if amount else None
    return Owed(
        amount=amount,
        source=source,
        deductible=shares[0],
        copay=shares[1],
        coinsurance=shares[2],
        noncovered=noncovered,
        parts_sum=parts,
        gap=difference(amount, parts) if differ(amount, parts) else None,
        lines_given=stated.lines if stated else 0,
        lines=money.lines,
        rivals=tuple(dict.fromkeys(one for one in money.rivals if stated and differ(one, stated.amount))),
        written_off=written_off,
        may_add=open_ if parts else None,
        impossible=impossible,
    )


def paid_by_patient(money: Money) -> Amount | None:
    """Return what the member paid, as one amount or summed by source of money (C4BB 2.0); None if not reported."""
    by_source = explanation.added(money.get(f"paid_{source}") for source in ("in_cash", "from_account", "otherwise"))
    return money.get("paid_by_patient") or by_source


def paid_of(money: Money) -> Paid:
    """Return what the plan paid, from the first source that reports it.

    A zero or the sum of the line items is used only if no other source reports anything but zero.
    """
    spoken = [one for one in money.paid if one.amount.value and one.source != "lines"]
    found = spoken or list(money.paid)
    if not found:
        return Paid()
    first = found[0].amount
    return Paid(first, tuple(dict.fromkeys(one.amount for one in money.paid if differ(one.amount, first))))


def _exceeds_price(money: Money, alone: Amount | None) -> bool:
    """Return whether the sum of cost shares (`alone`) exceeds the plan's price minus its payment, and is wrong.

    Some payers code another sum as a cost share; CMS writes a drug's gross cost as its coinsurance. Without a price,
    the sum is also wrong if it equals the plan's payment plus the member's payment.
    """
    paid, price = paid_of(money).amount, money.get("allowed") or money.get("drug_cost") or money.get("billed")
    if alone is None or alone.value <= 0 or paid is None or paid.value <= 0:
        return False
    rest = difference(price, paid)
    if price is not None and price.value > 0 and (over := difference(alone, rest)):
        return over.value >= CENT
    return alike(difference(alone, paid), money.get("paid_by_patient"))


def _is_written_off(money: Money, alone: Amount | None) -> bool:
    """Return whether price, payment and cost shares leave no rest, so that the provider bears what is not covered."""
    noncovered, allowed, billed = money.get("noncovered"), money.get("allowed"), money.get("billed")
    if noncovered is None or noncovered.value <= 0 or allowed is None or allowed.value <= 0:
        return False
    if (rest := difference(allowed, paid_of(money).amount)) is not None:
        return abs((difference(rest, alone) or rest).value) < CENT
    return alike(difference(billed, allowed), noncovered)


def _parts_sum(alone: Amount | None, noncovered: Amount | None, stated: Amount | None) -> Amount | None:
    """Return the sum of deductible, copay and coinsurance, plus the non-covered amount if `stated` is closer to that.

    CARIN counts the non-covered amount as member liability, but payers also report the provider's write-off as
    non-covered. So without a `stated` liability, the sum does not include the non-covered amount.
    """
    whole = explanation.added((alone, noncovered)) if alone and noncovered else None
    far, near = difference(alone, stated), difference(whole, stated)
    return whole if far and near and abs(near.value) < abs(far.value) else alone


_HUNDRED = Decimal(100)
ShareReason = Literal["coinsurance", "copay", "deductible", "nothing", "several"]


class Why(msgspec.Struct, frozen=True):
    """Why the member owes their share: the one part that makes up all of it, "several" parts, or "nothing" to pay.

    `percent` is the coinsurance as a percentage of `price` (the allowed amount), if it is a whole or half percent.
    `paid` is the plan's payment, if it is price minus share. `discount` is the billed amount minus the price.
    """

    reason: ShareReason
    share: Amount
    price: Amount | None = None
    percent: Decimal | None = None
    paid: Amount | None = None
    discount: Amount | None = None


def why_of(owed: Owed, billed: Amount | None, allowed: Amount | None, paid: Amount | None) -> Why | None:
    """Return the reason for the member's share; None if no share is reported or the share is uncertain.

    A share is uncertain if it is a lower bound, if the claim states another one, or if its parts do not add up to it.
    """
    share = owed.amount
    if share is None or share.value < 0 or owed.is_minimum or owed.gap or owed.rivals:
        return None
    given = [name for name, amount in owed.shares.items() if amount and amount.value]
    if share.value and not given:
        return None
    names: dict[str, ShareReason] = {"coinsurance": "coinsurance", "copay": "copay", "deductible": "deductible"}
    reason: ShareReason = "nothing" if not share.value else names[given[0]] if len(given) == 1 else "several"
    rest = difference(allowed, share)
    price = allowed if rest and allowed and allowed.value > 0 else None
    cut = price_cut(billed, price)
    return Why(
        reason=reason,
        share=share,
        price=price,
        percent=_percent(share, price) if reason == "coinsurance" else None,
        paid=paid if price and alike(rest, paid) else None,
        discount=cut if cut and cut.value else None,
    )


def _percent(share: Amount, price: Amount | None) -> Decimal | None:
    """Return the whole or half percentage of the price that gives the share to the cent; None if there is none."""
    if price is None:
        return None
    percent = (share.value * _HUNDRED / price.value * 2).quantize(Decimal(1)) / 2
    exact = abs(price.value * percent / _HUNDRED - share.value) < CENT
    return percent if exact and 0 < percent < _HUNDRED else None


def price_cut(billed: Amount | None, allowed: Amount | None) -> Amount | None:
    """Return the billed amount minus the allowed one; None if one is unknown or the result is negative."""
    cut = difference(billed, allowed)
    return cut if cut and cut.value >= 0 else None
