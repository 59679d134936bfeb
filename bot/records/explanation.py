"""The elements of an ExplanationOfBenefit that are read, and the amounts in one list of adjudications.

Each category has a plain name and gets one amount (fhir-notes 4.3): amounts that payers split are added, a rate is not
taken for a charge, and nothing is guessed. The line that some payers send for the total of a UB-04 form (revenue code
0001) is not a service line.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache

import msgspec

from bot.records import shapes
from bot.records.money import USUAL_CURRENCY, Amount, MixedCurrencies, believable, by_currency, quantity_of, total
from bot.records.written import NOTE_LIMIT, clean


class Adjudication(shapes.Shape, frozen=True):
    """An amount or status with its category, from `adjudication` or `total`."""

    category: shapes.Concept | None = None
    reason: shapes.Concept | None = None
    amount: shapes.MoneyShape | None = None
    modifier_extension: tuple[msgspec.Raw, ...] = ()


class Detail(shapes.Shape, frozen=True):
    """A part of a claim line, such as an ingredient of a compounded drug."""

    product_or_service: shapes.Concept | None = None


class ClaimItem(shapes.Shape, frozen=True):
    """A line of a claim: its dates and amounts, the service and its place, and the drug that a pharmacy dispensed."""

    sequence: Decimal | None = None
    product_or_service: shapes.Concept | None = None
    revenue: shapes.Concept | None = None
    modifier: tuple[shapes.Concept, ...] = ()
    location_codeable_concept: shapes.Concept | None = None
    quantity: shapes.QuantityShape | None = None
    detail: tuple[Detail, ...] = ()
    body_site: shapes.Concept | None = None
    note_number: tuple[Decimal, ...] = ()
    serviced_date: str | None = None
    serviced_period: shapes.PeriodShape | None = None
    adjudication: tuple[Adjudication, ...] = ()
    modifier_extension: tuple[msgspec.Raw, ...] = ()


class CareTeam(shapes.Shape, frozen=True):
    """A person who took part in the care, and their role. `qualification` is the specialty (C4BB: a NUCC code)."""

    provider: shapes.Reference | None = None
    role: shapes.Concept | None = None
    qualification: shapes.Concept | None = None


class SupportingInfo(shapes.Shape, frozen=True):
    """Additional information of one category, such as the admission, the facility or the receipt date."""

    category: shapes.Concept | None = None
    code: shapes.Concept | None = None
    timing_period: shapes.PeriodShape | None = None
    value_quantity: shapes.QuantityShape | None = None
    value_reference: shapes.Reference | None = None


class Payment(shapes.Shape, frozen=True):
    """The payment by the plan: its type, date and amount."""

    type: shapes.Concept | None = None
    date: str | None = None
    amount: shapes.MoneyShape | None = None


class Related(shapes.Shape, frozen=True):
    """Another version of the claim, by its claim number."""

    relationship: shapes.Concept | None = None
    reference: shapes.Identifier | None = None


class Insurance(shapes.Shape, frozen=True):
    """A coverage under which the claim was processed."""

    focal: bool | None = None
    coverage: shapes.Reference | None = None


class ProcessNote(shapes.Shape, frozen=True):
    """A note by the payer to the member."""

    number: Decimal | None = None
    text: str | None = None


class Diagnosis(shapes.Shape, frozen=True):
    """A diagnosis, which is the reason of the care."""

    code: shapes.Concept | None = msgspec.field(default=None, name="diagnosisCodeableConcept")


class ClaimProcedure(shapes.Shape, frozen=True):
    """A procedure of the whole claim."""

    code: shapes.Concept | None = msgspec.field(default=None, name="procedureCodeableConcept")


class Contained(shapes.RecordShape, frozen=True):
    """A contained or included resource, of which only the name and the town are read."""

    name: str | tuple[shapes.HumanName, ...] = ()
    address: shapes.Address | tuple[shapes.Address, ...] = ()

    @property
    def town(self) -> str | None:
        """The city of the first address; None if there is none."""
        every = (self.address,) if isinstance(self.address, shapes.Address) else self.address
        return next((clean(one.city) for one in every if one.city), None)

    @property
    def words(self) -> str | None:
        """The name as plain text; None if there is none."""
        return clean(self.name) if isinstance(self.name, str) else shapes.best_name(self.name)


class Explanation(shapes.RecordShape, frozen=True):
    """An ExplanationOfBenefit: the elements of R4, C4BB 1.1 and 2.0, and some others that payers send."""

    meta: shapes.Meta | None = None
    modifier_extension: tuple[msgspec.Raw, ...] = ()
    contained: tuple[Contained, ...] = ()
    identifier: tuple[shapes.Identifier, ...] = ()
    status: str | None = None
    type: shapes.Concept | None = None
    sub_type: shapes.Concept | None = None
    use: str | None = None
    patient: shapes.Reference | None = None
    billable_period: shapes.PeriodShape | None = None
    created: str | None = None
    provider: shapes.Reference | None = None
    insurer: shapes.Reference | None = None
    facility: shapes.Reference | None = None
    related: tuple[Related, ...] = ()
    outcome: str | None = None
    care_team: tuple[CareTeam, ...] = ()
    supporting_info: tuple[SupportingInfo, ...] = ()
    insurance: tuple[Insurance, ...] = ()
    diagnosis: tuple[Diagnosis, ...] = ()
    procedure: tuple[ClaimProcedure, ...] = ()
    item: tuple[ClaimItem, ...] = ()
    adjudication: tuple[Adjudication, ...] = ()
    total: tuple[Adjudication, ...] = ()
    payment: Payment | None = None
    process_note: tuple[ProcessNote, ...] = ()

    def info(self, category: str) -> tuple[SupportingInfo, ...]:
        """Return the supporting information of one category."""
        return tuple(i for i in self.supporting_info if i.category and category in i.category.codes())

    @property
    def notes(self) -> tuple[str, ...]:
        """The texts of the payer's notes to the member."""
        return tuple(text for note in self.process_note if (text := clean(note.text, NOTE_LIMIT)))


_NAMES = {
    "billed": "submitted submittedamount",
    "allowed": "eligible allowed allowedamount",
    "deductible": "deductible deductibleamount",
    "copay": "copay copayamount copaymentamount",
    "coinsurance": "coinsurance coinsuranceamount",
    "noncovered": "noncovered noncoveredamount",
    "benefit": "benefit paymentamount",
    "liability": "memberliability memberliabilityamount memberresponsibility patientliability patientresponsibility"
    " patientpayamount",
    "paid_by_patient": "paidbypatient",
    "paid_in_cash": "paidbypatientcash",
    "paid_otherwise": "paidbypatientother",
    "paid_from_account": "paidbypatienthealthaccount",
    "paid_to_provider": "paidtoprovider",
    "paid_to_patient": "paidtopatient",
    "prior_payer": "priorpayerpaid cobamount",
    "discount": "discount",
    "drug_cost": "drugcost",
}
"""The categories by their plain names: the guides' codes, and those of Humana's own system (fhir-notes 12)."""
_CODES = {code: name for name, codes in _NAMES.items() for code in codes.split()}
_JOINTS = str.maketrans("", "", "-_ ")
_GROSS, _TOTAL = "gross", "1"
_FEWEST = 3
_ADDED = frozenset(
    {
        *("deductible", "copay", "coinsurance", "noncovered", "discount", "prior_payer"),
        *("paid_by_patient", "paid_in_cash", "paid_otherwise", "paid_from_account"),
    }
)
"""Categories whose amounts a payer splits: Medicare's two deductibles, a share by reason, a payment by its source."""
_NO_CHARGE = re.compile(r"(?<![a-z])(rate|unit|per|reduced|rdcd|allowance|limit|fee schedule)(?![a-z])", re.IGNORECASE)
_WHOLE = re.compile(r"(?<![a-z])(total|tot|charge|charges|chrg|chrgs)(?![a-z])", re.IGNORECASE)


class StatedAmount(msgspec.Struct, frozen=True, gc=False):
    """An amount with the codings and texts of its category and of its reason."""

    amount: Amount
    category: shapes.Concept | None = None
    reason: shapes.Concept | None = None

    @property
    def words(self) -> str:
        """The codes, displays and texts of category and reason on one line.

        Codes that are URLs are cut to the last part.
        """
        found: list[str] = []
        for concept in (self.category, self.reason):
            if concept:
                found += [part for c in concept.coding for part in ((c.code or "").rsplit("/", 1)[-1], c.display or "")]
                found.append(concept.text or "")
        return " ".join(part.replace("_", " ") for part in found if part).strip()


@lru_cache(maxsize=1024)
def _name_of_code(code: str) -> str | None:
    """Return the plain name for a category code, or None.

    Cached, because payers use the same few codes on every line.
    """
    if code.rpartition("/")[2].startswith("gdc_"):
        return _GROSS
    return _CODES.get(code.lower().translate(_JOINTS))


def amount_of(money: shapes.MoneyShape | None, currency: str = USUAL_CURRENCY) -> Amount | None:
    """Return the amount, in `currency` if it has no currency code itself; None without a value."""
    value = believable(money.value) if money else None
    return None if money is None or value is None else Amount(value, iso_currency(money.currency) or currency)


@lru_cache(maxsize=64)
def iso_currency(currency: str | None) -> str | None:
    """Return the currency code in capitals as in ISO 4217, or None. Cached."""
    return (clean(currency) or "").upper() or None


def line_amounts(item: ClaimItem, currency: str) -> tuple[dict[str, Amount], frozenset[str]]:
    """Return the amounts of a claim line by plain name, and the names for which the line has contradictory amounts."""
    quantity = quantity_of(item.quantity)
    return amounts_by_name(item.adjudication, currency, quantity.value if quantity else None)


def paid_in(amounts: Mapping[str, Amount]) -> Amount | None:
    """Return what the plan paid: the payments to provider and patient together, else the benefit, or None."""
    return added([amounts.get("paid_to_provider"), amounts.get("paid_to_patient")]) or amounts.get("benefit")


def amounts_by_name(
    adjudications: Iterable[Adjudication], currency: str, quantity: Decimal | None = None
) -> tuple[dict[str, Amount], frozenset[str]]:
    """Return one amount for each category by plain name, and the names of categories with contradictory entries."""
    said: dict[str, list[StatedAmount]] = {}
    for name, one in named_amounts(adjudications, currency):
        said.setdefault(name, []).append(one)
    found: dict[str, Amount] = {}
    conflicting: set[str] = set()
    for name, several in said.items():
        amount, doubted = one_amount(name, several, quantity)
        if amount is not None:
            found[name] = amount
        if doubted:
            conflicting.add(name)
    return found, frozenset(conflicting)


def added(amounts: Iterable[Amount | None]) -> Amount | None:
    """Return the sum; None if there are no amounts or their currencies differ."""
    sums = by_currency(amounts)
    return sums[0] if len(sums) == 1 else None


def named_amounts(adjudications: Iterable[Adjudication], currency: str) -> Iterator[tuple[str, StatedAmount]]:
    """Yield each amount of a known category with its plain name, which is that of the category's first known code.

    CMS's gross drug cost below and above the threshold (`gdc_…`) is not a cost share, even with another code beside it.
    """
    for one in adjudications:
        if one.amount is None or one.category is None or one.modifier_extension:
            continue
        names = [name for coding in one.category.coding if coding.code and (name := _name_of_code(coding.code))]
        amount = amount_of(one.amount, currency) if names and _GROSS not in names else None
        if amount:
            yield names[0], StatedAmount(amount, one.category, one.reason)


def one_amount(name: str, said: Sequence[StatedAmount], quantity: Decimal | None = None) -> tuple[Amount | None, bool]:
    """Return the amount for the entries of one category, and whether it is doubtful; (None, True) if no amount fits.

    A rate next to a charge is ignored. In a category that payers split, the entries are added; the sum is doubtful if
    entries differ only in their amount. Different amounts in another category are not added.
    """
    if len(said) == 1:
        return said[0].amount, False
    if len({one.amount.currency for one in said}) > 1:
        return None, True
    kept = [one for one in said if not _NO_CHARGE.search(one.words)] or list(said)
    if name in _ADDED:
        # Doubtful if entries differ only in their amount.
        given = [one for one in kept if one.amount.value] or list(kept[:1])
        value = sum((one.amount.value for one in given), Decimal(0))
        return Amount(value, given[0].amount.currency), len({one.words for one in given}) < len(given)
    if len({one.amount.value for one in kept}) == 1:
        return kept[0].amount, False
    whole = [one for one in kept if _WHOLE.search(one.words)]
    if len({one.amount.value for one in whole}) == 1 and len(whole) < len(kept):
        return whole[0].amount, True
    return _whole_charge(kept, quantity)


def _whole_charge(said: Sequence[StatedAmount], quantity: Decimal | None) -> tuple[Amount | None, bool]:
    """Return the entry that equals another one times `quantity`, or the sum of all other entries; None without one.

    The second value is True, because the result is doubtful.
    """
    values = {one.amount.value for one in said}
    for one in said:
        others = [value for value in values if value != one.amount.value]
        if quantity and len(others) == 1 and quantity != 1 and others[0] * quantity == one.amount.value:
            return one.amount, True
        if len(others) > 1 and sum(others, Decimal(0)) == one.amount.value:
            return one.amount, True
    return None, True


AmountLine = tuple[ClaimItem, Mapping[str, Amount]]
"""A line with its amounts by plain name."""


def total_lines(lines: Sequence[AmountLine], billed: Amount | None) -> tuple[int, ...]:
    """Return the indexes of the lines that only sum up the other lines; () if every line is a service line.

    A line is a sum if its revenue code is 0001. It is also a sum if it has no procedure code, each of its amounts is
    the sum of all others, and there are at least two others or its charge equals `billed`, the total of the claim.
    """
    if len(lines) < _FEWEST - 1:
        return ()
    coded = [(item.revenue.codes() if item.revenue else (), at) for at, (item, _) in enumerate(lines)]
    by_code = tuple(at for codes, at in coded if any(code.lstrip("0") == _TOTAL for code in codes))
    if by_code and len(by_code) < len(lines):
        return by_code
    for at in (len(lines) - 1, 0):
        others = [amounts for other, (_, amounts) in enumerate(lines) if other != at]
        if not _has_procedure(lines[at][0]) and _adds_up(lines[at][1], others, billed):
            return (at,)
    return ()


def _has_procedure(item: ClaimItem) -> bool:
    codes = item.product_or_service.codes() if item.product_or_service else ()
    return any(code not in {"not-applicable", "unknown", "0001"} for code in codes)


def _adds_up(own: Mapping[str, Amount], others: Sequence[Mapping[str, Amount]], billed: Amount | None) -> bool:
    charge = own.get("billed")
    if charge is None or charge.value <= 0 or any(other.get("billed") is None for other in others):
        return False
    if len(others) < _FEWEST - 1 and charge != billed:
        return False
    try:
        sums = {name: total(other.get(name) for other in others) for name in own}
    except MixedCurrencies:
        return False
    return all((sum_.value if sum_ else 0) == own[name].value for name, sum_ in sums.items())
