"""The parts of an ExplanationOfBenefit that the tolerant reading uses: what the claim's summary needs."""

from decimal import Decimal

import msgspec

from bot.records.shapes import (
    NOTHING,
    Concept,
    Identifier,
    Meta,
    MoneyShape,
    PeriodShape,
    QuantityShape,
    RecordShape,
    Reference,
    Shape,
)


class Adjudication(Shape, frozen=True):
    """An amount or status with its category; `total[]` has the same form."""

    category: Concept | None = None
    reason: Concept | None = None
    amount: MoneyShape | None = None
    modifier_extension: tuple[msgspec.Raw, ...] = ()


class Detail(Shape, frozen=True):
    """A part of a line, such as an ingredient of a compounded drug."""

    product_or_service: Concept | None = None


class ClaimItem(Shape, frozen=True):
    """A line: its dates, its amounts, what was done and where, and what a pharmacy dispensed."""

    sequence: Decimal | None = None
    product_or_service: Concept | None = None
    revenue: Concept | None = None
    modifier: tuple[Concept, ...] = ()
    location_codeable_concept: Concept | None = None
    quantity: QuantityShape | None = None
    detail: tuple[Detail, ...] = ()
    body_site: Concept | None = None
    note_number: tuple[Decimal, ...] = ()
    serviced_date: str | None = None
    serviced_period: PeriodShape | None = None
    adjudication: tuple[Adjudication, ...] = ()
    modifier_extension: tuple[msgspec.Raw, ...] = ()


class CareTeam(Shape, frozen=True):
    """A person who took part, and their role; `qualification` is the specialty (C4BB: a NUCC code)."""

    provider: Reference | None = None
    role: Concept | None = None
    qualification: Concept | None = None


class SupportingInfo(Shape, frozen=True):
    """Additional information of many kinds: the admission, the facility, the receipt date."""

    category: Concept | None = None
    code: Concept | None = None
    timing_period: PeriodShape | None = None
    value_quantity: QuantityShape | None = None
    value_reference: Reference | None = None


class Payment(Shape, frozen=True):
    """What the plan paid, and whether it did."""

    type: Concept | None = None
    date: str | None = None
    amount: MoneyShape | None = None


class Related(Shape, frozen=True):
    """Another version of this claim, by its number."""

    relationship: Concept | None = None
    reference: Identifier | None = None


class Insurance(Shape, frozen=True):
    """A coverage under which the claim was processed."""

    focal: bool | None = None
    coverage: Reference | None = None


class ProcessNote(Shape, frozen=True):
    """The payer's own words to the member."""

    number: Decimal | None = None
    text: str | None = None


class Contained(RecordShape, frozen=True):
    """A contained resource; its name is a text or a list of HumanName."""

    name: msgspec.Raw = NOTHING


class Explanation(RecordShape, frozen=True):
    """ExplanationOfBenefit, R4, C4BB 1.1 and 2.0, and further elements that payers send."""

    meta: Meta | None = None
    modifier_extension: tuple[msgspec.Raw, ...] = ()
    contained: tuple[Contained, ...] = ()
    identifier: tuple[Identifier, ...] = ()
    status: str | None = None
    type: Concept | None = None
    sub_type: Concept | None = None
    use: str | None = None
    patient: Reference | None = None
    billable_period: PeriodShape | None = None
    created: str | None = None
    provider: Reference | None = None
    insurer: Reference | None = None
    facility: Reference | None = None
    related: tuple[Related, ...] = ()
    outcome: str | None = None
    care_team: tuple[CareTeam, ...] = ()
    supporting_info: tuple[SupportingInfo, ...] = ()
    insurance: tuple[Insurance, ...] = ()
    item: tuple[ClaimItem, ...] = ()
    adjudication: tuple[Adjudication, ...] = ()
    total: tuple[Adjudication, ...] = ()
    payment: Payment | None = None
    process_note: tuple[ProcessNote, ...] = ()

    def info(self, category: str) -> tuple[SupportingInfo, ...]:
        """Return the supporting information of one category."""
        return tuple(i for i in self.supporting_info if i.category and category in i.category.codes())
