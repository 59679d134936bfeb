"""Where the money of a claim is (fhir.md 4.3): totals, then header adjudication, then lines. Never two places added."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import msgspec

from bot.records.explanation import Adjudication, Explanation, Item
from bot.records.money import USUAL_CURRENCY, Amount, MixedCurrencies, believable, total
from bot.records.shapes import Concept, MoneyShape
from bot.records.text import clean

Source = Literal["total", "header", "lines", "parts"]

PAID_PARTS = ("paid_in_cash", "paid_from_account", "paid_otherwise")
"""What C4BB 2.0 splits `paidbypatient` into."""

_CODES = {
    "submitted": "billed",
    "eligible": "allowed",
    "allowed": "allowed",
    "deductible": "deductible",
    "copay": "copay",
    "coinsurance": "coinsurance",
    "noncovered": "noncovered",
    "benefit": "benefit",
    "memberliability": "liability",
    "memberliabilityamount": "liability",
    "memberresponsibility": "liability",
    "patientliability": "liability",
    "patientresponsibility": "liability",
    "paidbypatient": "paid_by_patient",
    "paidbypatientcash": "paid_in_cash",
    "paidbypatientother": "paid_otherwise",
    "paidbypatienthealthaccount": "paid_from_account",
    "paidtoprovider": "paid_to_provider",
    "paidtopatient": "paid_to_patient",
    "priorpayerpaid": "prior_payer",
    "discount": "discount",
    "drugcost": "drug_cost",
    # Humana's own system (fhir.md 12)
    "submittedamount": "billed",
    "allowedamount": "allowed",
    "deductibleamount": "deductible",
    "copayamount": "copay",
    "copaymentamount": "copay",
    "coinsuranceamount": "coinsurance",
    "noncoveredamount": "noncovered",
    "paymentamount": "benefit",
    "patientpayamount": "liability",
    "cobamount": "prior_payer",
}


_JOINTS = str.maketrans("", "", "-_ ")


class Found(msgspec.Struct, frozen=True, gc=False):
    """One amount, where it stood, and of how many lines it is the sum when it stood on lines."""

    amount: Amount
    source: Source
    lines: int = 0


@dataclass(frozen=True, slots=True)
class Money:
    """Every amount of a claim by its plain name, each from the first place that has it. None: not told.

    `rivals` are liabilities that other places give: another total, the header, or the sum of lines that all tell.
    """

    places: dict[str, Found]
    currency: str | None
    lines: int
    rivals: tuple[Amount, ...] = ()

    def found(self, name: str) -> Found | None:
        """The amount with its place."""
        return self.places.get(name)

    def get(self, name: str) -> Amount | None:
        """The amount alone."""
        found = self.places.get(name)
        return found.amount if found else None


def money_of(eob: Explanation) -> Money:
    """All amounts of the claim. `currency` is the one that it uses, None when it mixes several (F39)."""
    items = tuple(item for item in eob.item if not item.modifier_extension)
    currency = _currency(eob, items)
    usual = currency or USUAL_CURRENCY
    lines, header = _by_lines(items, usual), _by_name(eob.adjudication, "header", usual)
    totals = [(name, amount) for name, amount in _named(eob.total, usual)]
    places = {**lines, **header, **_first_of_each(totals)}
    return Money(places, currency, len(items), _rivals(totals, header, lines, len(items)))


def has_negative(eob: Explanation) -> bool:
    """Whether any amount is below zero: without one, no sum of them can be."""
    for group in (eob.total, eob.adjudication, *[item.adjudication for item in eob.item]):
        for one in group:
            if one.amount is not None and _is_below_zero(one.amount):
                return True
    return eob.payment is not None and eob.payment.amount is not None and _is_below_zero(eob.payment.amount)


def _is_below_zero(money: MoneyShape) -> bool:
    return money.value is not None and money.value.is_signed()


def name_of_category(category: Concept | None) -> str | None:
    """The plain name of an amount's category, whichever of its codings is known."""
    if category is not None:
        for coding in category.coding:
            name = _name_of_code(coding.code) if coding.code else None
            if name:
                return name
    return None


@lru_cache(maxsize=1024)
def _name_of_code(code: str) -> str | None:
    """Payers write the same few codes on every line."""
    return _CODES.get(code.lower().translate(_JOINTS))


def amount_of(money: MoneyShape | None, currency: str = USUAL_CURRENCY) -> Amount | None:
    """The amount; a missing currency is taken as the claim's, a missing value as no amount."""
    value = believable(money.value) if money else None
    return None if money is None or value is None else Amount(value, _iso(money.currency) or currency)


@lru_cache(maxsize=64)
def _iso(currency: str | None) -> str | None:
    """The code as ISO 4217 writes it. A claim writes the same one with every amount."""
    return (clean(currency) or "").upper() or None


def line_amounts(adjudications: Iterable[Adjudication], currency: str) -> dict[str, Amount]:
    """The amounts of one line by plain name; several of one category are its parts and are added."""
    sums: dict[str, Amount | None] = {}
    for name, amount in _named(adjudications, currency):
        sums[name] = _sum(sums[name], amount) if name in sums else amount
    return {name: amount for name, amount in sums.items() if amount is not None}


def _sum(so_far: Amount | None, amount: Amount) -> Amount | None:
    """Once currencies differed, there is no sum any more."""
    return None if so_far is None else added((so_far, amount))


def added(amounts: Iterable[Amount | None]) -> Amount | None:
    """The sum; None when there is nothing to add or currencies differ."""
    try:
        return total(amounts)
    except MixedCurrencies:
        return None


def _named(adjudications: Iterable[Adjudication], currency: str) -> Iterator[tuple[str, Amount]]:
    """Each amount that has a known category, under its plain name."""
    for adjudication in adjudications:
        if adjudication.amount is None or adjudication.modifier_extension:
            continue
        name = name_of_category(adjudication.category)
        amount = amount_of(adjudication.amount, currency) if name else None
        if name and amount:
            yield name, amount


def _first_of_each(totals: Iterable[tuple[str, Amount]]) -> dict[str, Found]:
    """Totals overlap: of one category the first counts."""
    places: dict[str, Found] = {}
    for name, amount in totals:
        places.setdefault(name, Found(amount, "total"))
    return places


def _rivals(
    totals: Iterable[tuple[str, Amount]], header: dict[str, Found], lines: dict[str, Found], count: int
) -> tuple[Amount, ...]:
    """Every liability that the claim gives; lines of which some are silent prove no other sum."""
    given = [amount for name, amount in totals if name == "liability"]
    by_header, by_lines = header.get("liability"), lines.get("liability")
    given += [by_header.amount] if by_header else []
    given += [by_lines.amount] if by_lines and by_lines.lines == count else []
    return tuple(given)


def _by_name(adjudications: tuple[Adjudication, ...], source: Source, currency: str) -> dict[str, Found]:
    return {name: Found(amount, source) for name, amount in line_amounts(adjudications, currency).items()}


def _by_lines(items: tuple[Item, ...], currency: str) -> dict[str, Found]:
    columns: dict[str, list[Amount]] = {}
    for item in items:
        for name, amount in line_amounts(item.adjudication, currency).items():
            columns.setdefault(name, []).append(amount)
    return {
        name: Found(sum_, "lines", len(amounts))
        for name, amounts in columns.items()
        if (sum_ := added(amounts)) is not None
    }


def _currency(eob: Explanation, items: tuple[Item, ...]) -> str | None:
    """The only currency that is written, the usual one when none is, None when there are several."""
    groups = (eob.total, eob.adjudication, *(item.adjudication for item in items))
    given = [one.amount for group in groups for one in group]
    given.append(eob.payment.amount if eob.payment else None)
    written = {code for money in given if money and money.value is not None and (code := _iso(money.currency))}
    if len(written) > 1:
        return None
    return next(iter(written), USUAL_CURRENCY)
