"""Where the money of a claim is (fhir.md 4.3): totals, then header adjudication, then lines. Never two places added."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from bot.records.explanation import Adjudication, Explanation, Item
from bot.records.money import USUAL_CURRENCY, Amount, MixedCurrencies, believable, total
from bot.records.shapes import Concept, MoneyShape

Source = Literal["total", "header", "lines", "parts"]

_PAID_PART = "paid_by_patient_part"
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
    "paidbypatient": "paid_by_patient",
    "paidbypatientcash": _PAID_PART,
    "paidbypatientother": _PAID_PART,
    "paidbypatienthealthaccount": _PAID_PART,
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


@dataclass(frozen=True, slots=True)
class Found:
    """One amount, where it stood, and of how many lines it is the sum when it stood on lines."""

    amount: Amount
    source: Source
    lines: int = 0


@dataclass(frozen=True, slots=True)
class Money:
    """Every amount of a claim by its plain name, each from the first place that has it. None: not told."""

    places: dict[str, Found]
    currency: str | None
    lines: int

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
    places = _by_lines(items, usual)
    places |= _by_name(eob.adjudication, "header", usual)
    places |= _first_of_each(eob.total, usual)
    return Money(places, currency, len(items))


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
    return _CODES.get(code.lower().replace("-", "").replace("_", ""))


def amount_of(money: MoneyShape | None, currency: str = USUAL_CURRENCY) -> Amount | None:
    """The amount; a missing currency is taken as the claim's, a missing value as no amount."""
    value = believable(money.value) if money else None
    return None if money is None or value is None else Amount(value, money.currency or currency)


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


def _first_of_each(totals: tuple[Adjudication, ...], currency: str) -> dict[str, Found]:
    """Totals overlap: of one category the first counts, and the parts of what the patient paid are added."""
    places: dict[str, Found] = {}
    for name, amount in _named(totals, currency):
        if name not in places:
            places[name] = Found(amount, "total")
        elif name == _PAID_PART and (sum_ := added((places[name].amount, amount))):
            places[name] = Found(sum_, "total")
    return places


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
    written: set[str] = set()
    for group in (eob.total, eob.adjudication, *(item.adjudication for item in items)):
        written |= {a.amount.currency for a in group if a.amount and a.amount.currency and a.amount.value is not None}
    if eob.payment and eob.payment.amount and eob.payment.amount.currency and eob.payment.amount.value is not None:
        written.add(eob.payment.amount.currency)
    if len(written) > 1:
        return None
    return next(iter(written), USUAL_CURRENCY)
