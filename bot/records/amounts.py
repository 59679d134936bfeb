"""Where the money of a claim is (fhir-notes 4.3): totals, header adjudication, lines. Places are never added up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Literal

import msgspec

from bot.records.explanation import Adjudication, ClaimItem, Explanation
from bot.records.money import USUAL_CURRENCY, Amount, MixedCurrencies, believable, total
from bot.records.quantity import quantity_of
from bot.records.shapes import Concept, MoneyShape
from bot.records.text import clean
from bot.records.total_line import total_lines
from bot.records.unlike import Said, settled

AmountSource = Literal["total", "header", "lines", "parts", "payment"]

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
    # Humana's own system (fhir-notes 12)
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


class FoundAmount(msgspec.Struct, frozen=True, gc=False):
    """One amount, where it stood, and of how many lines it is the sum when it stood on lines."""

    amount: Amount
    source: AmountSource
    lines: int = 0


@dataclass(frozen=True, slots=True)
class Money:
    """Every amount of a claim by its plain name, each from the first place that has it. None: not told.

    `rivals` are liabilities that other places give: another total, the header, or the sum of lines that all tell.
    `paid` is what the plan paid, from each place that says it, the first of the guide's order first. `unlike` names the
    amounts of which one place gave several that cannot all be true. `sum_lines` are the places, from 0, of lines that
    only add up the others.
    """

    places: dict[str, FoundAmount]
    currency: str | None
    lines: int
    rivals: tuple[Amount, ...] = ()
    paid: tuple[FoundAmount, ...] = ()
    unlike: frozenset[str] = frozenset()
    sum_lines: tuple[int, ...] = ()

    def found(self, name: str) -> FoundAmount | None:
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
    sums = total_lines(items, lambda item: line_amounts(item, usual)[0], _total_billed(eob, usual))
    items = tuple(item for item in items if not any(item is one for one in sums))
    unlike: set[str] = set()
    lines, header = _by_lines(items, usual, unlike), _by_name(eob.adjudication, usual, unlike)
    totals = [(name, said.amount) for name, said in _named(eob.total, usual)]
    first = _first_of_each(totals)
    places = {**lines, **header, **first}
    rivals = _rivals(totals, header, lines, len(items))
    paid = tuple(found for place in (first, header, lines) for found in _paid_in(place)) + _payment(eob, usual)
    places_of_sums = tuple(at for at, item in enumerate(eob.item) if any(item is one for one in sums))
    return Money(places, currency, len(items), rivals, paid, frozenset(unlike - first.keys()), places_of_sums)


def _total_billed(eob: Explanation, currency: str) -> Amount | None:
    return next((said.amount for name, said in _named(eob.total, currency) if name == "billed"), None)


def _paid_in(place: dict[str, FoundAmount]) -> Iterator[FoundAmount]:
    """What the plan paid by one place: to provider and patient, else the benefit."""
    parts = [place[name] for name in ("paid_to_provider", "paid_to_patient") if name in place]
    sum_ = added(part.amount for part in parts)
    if sum_ is not None:
        yield FoundAmount(sum_, parts[0].source, max(part.lines for part in parts))
    if "benefit" in place:
        yield place["benefit"]


def _payment(eob: Explanation, currency: str) -> tuple[FoundAmount, ...]:
    amount = amount_of(eob.payment.amount, currency) if eob.payment else None
    return (FoundAmount(amount, "payment"),) if amount else ()


def has_negative(eob: Explanation) -> bool:
    """Whether any amount is below zero: without one, no sum of them can be."""
    # Written out: a call for each amount of each claim was the most frequent one of an answer.
    for group in (eob.total, eob.adjudication, *[item.adjudication for item in eob.item]):
        for one in group:
            if (money := one.amount) is not None and money.value is not None and money.value.is_signed():
                return True
    paid = eob.payment.amount if eob.payment is not None else None
    return paid is not None and paid.value is not None and paid.value.is_signed()


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


def line_amounts(item: ClaimItem, currency: str) -> tuple[dict[str, Amount], frozenset[str]]:
    """The amounts of one line by plain name, and the names of those that one line gives twice and unlike."""
    quantity = quantity_of(item.quantity)
    return _settled(item.adjudication, currency, quantity.value if quantity else None)


def _settled(
    adjudications: Iterable[Adjudication], currency: str, quantity: Decimal | None = None
) -> tuple[dict[str, Amount], frozenset[str]]:
    said: dict[str, list[Said]] = {}
    for name, one in _named(adjudications, currency):
        said.setdefault(name, []).append(one)
    found: dict[str, Amount] = {}
    unlike: set[str] = set()
    for name, several in said.items():
        amount, doubted = settled(name, several, quantity)
        if amount is not None:
            found[name] = amount
        if doubted:
            unlike.add(name)
    return found, frozenset(unlike)


def added(amounts: Iterable[Amount | None]) -> Amount | None:
    """The sum; None when there is nothing to add or currencies differ."""
    try:
        return total(amounts)
    except MixedCurrencies:
        return None


def _named(adjudications: Iterable[Adjudication], currency: str) -> Iterator[tuple[str, Said]]:
    """Each amount that has a known category, under its plain name."""
    for adjudication in adjudications:
        if adjudication.amount is None or adjudication.modifier_extension:
            continue
        name = name_of_category(adjudication.category)
        amount = amount_of(adjudication.amount, currency) if name else None
        if name and amount:
            yield name, Said(amount, adjudication.category, adjudication.reason)


def _first_of_each(totals: Iterable[tuple[str, Amount]]) -> dict[str, FoundAmount]:
    """Totals overlap: of one category the first counts."""
    places: dict[str, FoundAmount] = {}
    for name, amount in totals:
        places.setdefault(name, FoundAmount(amount, "total"))
    return places


def _rivals(
    totals: Iterable[tuple[str, Amount]], header: dict[str, FoundAmount], lines: dict[str, FoundAmount], count: int
) -> tuple[Amount, ...]:
    """Every liability that the claim gives; lines of which some are silent prove no other sum."""
    given = [amount for name, amount in totals if name == "liability"]
    by_header, by_lines = header.get("liability"), lines.get("liability")
    given += [by_header.amount] if by_header else []
    given += [by_lines.amount] if by_lines and by_lines.lines == count else []
    return tuple(given)


def _by_name(adjudications: tuple[Adjudication, ...], currency: str, unlike: set[str]) -> dict[str, FoundAmount]:
    found, doubted = _settled(adjudications, currency)
    unlike |= doubted
    return {name: FoundAmount(amount, "header") for name, amount in found.items()}


def _by_lines(items: tuple[ClaimItem, ...], currency: str, unlike: set[str]) -> dict[str, FoundAmount]:
    columns: dict[str, list[Amount]] = {}
    for item in items:
        found, doubted = line_amounts(item, currency)
        unlike |= doubted
        for name, amount in found.items():
            columns.setdefault(name, []).append(amount)
    return {
        name: FoundAmount(sum_, "lines", len(amounts))
        for name, amounts in columns.items()
        if (sum_ := added(amounts)) is not None
    }


def _currency(eob: Explanation, items: tuple[ClaimItem, ...]) -> str | None:
    """The only currency that is written, the usual one when none is, None when there are several."""
    groups = (eob.total, eob.adjudication, *(item.adjudication for item in items))
    given = [one.amount for group in groups for one in group]
    given.append(eob.payment.amount if eob.payment else None)
    written = {code for money in given if money and money.value is not None and (code := _iso(money.currency))}
    if len(written) > 1:
        return None
    return next(iter(written), USUAL_CURRENCY)
