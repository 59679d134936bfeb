"""Conditions, procedures, care plans and lab results as plain values (US Core 3.1.1)."""

from decimal import Decimal
from typing import Literal

import msgspec

from bot.records import shapes
from bot.records.money import Quantity, quantity_of
from bot.records.written import NOTE_LIMIT, PartialDate, Period, clean, lines_of, parse_date, period

_OVER = frozenset({"inactive", "remission", "resolved"})


class _Narrative(shapes.Shape, frozen=True):
    div: str | None = None


class _Detail(shapes.Shape, frozen=True):
    code: shapes.Concept | None = None
    status: str | None = None
    description: str | None = None


class _Activity(shapes.Shape, frozen=True):
    detail: _Detail | None = None


class _CareShape(shapes.RecordShape, frozen=True):
    """The elements of Condition, Procedure and CarePlan in one struct; each resource type uses its own."""

    text: _Narrative | None = None
    status: str | None = None
    clinical_status: shapes.Concept | None = None
    verification_status: shapes.Concept | None = None
    code: shapes.Concept | None = None
    onset_date_time: str | None = None
    onset_period: shapes.PeriodShape | None = None
    recorded_date: str | None = None
    performed_date_time: str | None = None
    performed_period: shapes.PeriodShape | None = None
    period: shapes.PeriodShape | None = None
    title: str | None = None
    description: str | None = None
    activity: tuple[_Activity, ...] = ()
    modifier_extension: tuple[msgspec.Raw, ...] = ()


class ClinicalRecord(shapes.Record):
    """A clinical record. `day` is the date it is sorted by, and `counts` is False if the record must be ignored.

    A record must be ignored if it was entered in error, or has a modifierExtension, which may change its meaning.
    """

    day: PartialDate | None
    counts: bool


class Condition(ClinicalRecord):
    """A condition, that is a diagnosis or problem of the patient.

    Attributes:
        over: True if the condition is recorded as inactive, in remission or resolved.
        certain: False if the record calls the condition provisional, differential or unconfirmed.
        since: the onset.
        day: the onset, else the date when the condition was recorded.
        counts: False for a refuted condition too.
    """

    TYPE = "Condition"

    def __init__(self, raw: shapes.RawJson, labels: tuple[str, ...] = ()) -> None:
        shape = self._read(raw, _CareShape, labels)
        verified = set(shape.verification_status.codes()) if shape.verification_status else set()
        clinical = shape.clinical_status.codes() if shape.clinical_status else ()
        self.name, self.code = _named(shape.code)
        self.status = next(iter(clinical), None)
        self.over = bool(_OVER & set(clinical))
        self.certain = not verified & {"provisional", "differential", "unconfirmed"}
        self.since = parse_date(shape.onset_date_time or (shape.onset_period.start if shape.onset_period else None))
        self.recorded = parse_date(shape.recorded_date)
        self.day = self.since or self.recorded
        self.counts = not verified & {"entered-in-error", "refuted"} and not shape.modifier_extension


class Procedure(ClinicalRecord):
    """A procedure. `status` is the FHIR code, usually "completed"; `done` is the date or period of the procedure."""

    TYPE = "Procedure"

    def __init__(self, raw: shapes.RawJson, labels: tuple[str, ...] = ()) -> None:
        shape = self._read(raw, _CareShape, labels)
        span = shape.performed_period
        self.name, self.code = _named(shape.code)
        self.status = shape.status
        self.done = period(span.start, span.end) if span else Period(parse_date(shape.performed_date_time))
        self.day = self.done.day
        self.counts = shape.status != "entered-in-error" and not shape.modifier_extension


class CarePlan(ClinicalRecord):
    """A care plan. `lines` is its text: first the narrative without HTML tags, then the planned activities."""

    TYPE = "CarePlan"

    def __init__(self, raw: shapes.RawJson, labels: tuple[str, ...] = ()) -> None:
        shape = self._read(raw, _CareShape, labels)
        details = [activity.detail for activity in shape.activity if activity.detail]
        planned = (clean(one.description, NOTE_LIMIT) or (one.code.words() if one.code else None) for one in details)
        self.title = clean(shape.title) or clean(shape.description)
        self.status = shape.status
        self.period = shapes.period_of(shape.period)
        self.day = self.period.day
        narrated = lines_of(shape.text.div if shape.text else None)
        self.lines = tuple(dict.fromkeys((*narrated, *(line for line in planned if line))))
        self.counts = shape.status != "entered-in-error" and not shape.modifier_extension


def _named(concept: shapes.Concept | None) -> tuple[str | None, str | None]:
    """Return the words and the first code of a concept; (None, None) without a concept."""
    return (concept.words(), next(iter(concept.codes()), None)) if concept else (None, None)


Mark = Literal["high", "low", "normal", "abnormal"]
_MARKS: dict[str, Mark] = {
    **dict.fromkeys(("H", "HH", "HU", ">"), "high"),
    **dict.fromkeys(("L", "LL", "LU", "<"), "low"),
    **dict.fromkeys(("A", "AA"), "abnormal"),
    "N": "normal",
}


_PRESSURE = ("8480-6", "8462-4")
_TWO_NUMBERS = "mmHg, two numbers"
# LOINC codes of US Core's vital signs, and the categories of HL7's observation-category.
_VITAL = frozenset(
    {"85353-1", "85354-9", "55284-4", "8480-6", "8462-4", "8867-4", "9279-1", "8310-5", "8302-2", "8306-3", "9843-4"}
    | {"29463-7", "3141-9", "39156-5", "2708-6", "59408-5", "59576-9", "77606-2", "8289-1"}
)
_CATEGORIES = frozenset(
    {"social-history", "vital-signs", "imaging", "laboratory", "procedure", "survey", "exam", "therapy", "activity"}
)
_MMHG = frozenset({"mmHg", "mm[Hg]", "mm Hg"})


class _RatioShape(shapes.Shape, frozen=True):
    numerator: shapes.QuantityShape | None = None
    denominator: shapes.QuantityShape | None = None


class _ReferenceRangeShape(shapes.Shape, frozen=True):
    low: shapes.QuantityShape | None = None
    high: shapes.QuantityShape | None = None
    text: str | None = None
    applies_to: tuple[shapes.Concept, ...] = ()


class _Measured(shapes.RecordShape, frozen=True):
    """The elements that an Observation and its components share."""

    code: shapes.Concept | None = None
    value_quantity: shapes.QuantityShape | None = None
    value_codeable_concept: shapes.Concept | None = None
    value_string: str | None = None
    value_boolean: bool | None = None
    value_integer: int | None = None
    value_range: shapes.RangeShape | None = None
    value_ratio: _RatioShape | None = None
    value_time: str | None = None
    value_date_time: str | None = None
    value_period: shapes.PeriodShape | None = None
    data_absent_reason: shapes.Concept | None = None
    interpretation: tuple[shapes.Concept, ...] = ()
    reference_range: tuple[_ReferenceRangeShape, ...] = ()


class _ObservationShape(_Measured, frozen=True):
    status: str | None = None
    category: tuple[shapes.Concept, ...] = ()
    effective_date_time: str | None = None
    effective_period: shapes.PeriodShape | None = None
    effective_instant: str | None = None
    issued: str | None = None
    component: tuple[_Measured, ...] = ()
    modifier_extension: tuple[msgspec.Raw, ...] = ()


class Measured(msgspec.Struct, frozen=True):
    """The value of a result in one of its forms: a number with unit, a range, text, a boolean, or a date.

    `per` is the denominator of a ratio; `quantity` is then its numerator.
    """

    quantity: Quantity | None = None
    low: Quantity | None = None
    high: Quantity | None = None
    per: Quantity | None = None
    text: str | None = None
    yes: bool | None = None
    day: PartialDate | None = None


class ReferenceRange(msgspec.Struct, frozen=True):
    """The reference range of a result: `low` and `high`, or `text` if it is given in words."""

    low: Quantity | None
    high: Quantity | None
    text: str | None


class Part(shapes.Value):
    """One measurement of a result. `value` is None if it is missing; `absent` is the recorded reason for that, if any.

    `mark` is the recorded interpretation, such as "high"; if there is none, it is computed from the reference range.
    """

    def __init__(self, shape: _Measured) -> None:
        self.name = shape.code.words() if shape.code else None
        self.codes = shape.code.codes() if shape.code else ()
        self.value = _value(shape)
        # Preferably a range that applies to everybody.
        ordered = sorted(shape.reference_range, key=lambda each: bool(each.applies_to))
        found = (ReferenceRange(quantity_of(r.low), quantity_of(r.high), clean(r.text)) for r in ordered)
        self.usual = next((usual for usual in found if usual.low or usual.high or usual.text), None)
        codes = (code for concept in shape.interpretation for code in concept.codes())
        self.mark = next((_MARKS[code] for code in codes if code in _MARKS), _side(self.value, self.usual))
        self.absent = shape.data_absent_reason.words() if shape.data_absent_reason and self.value is None else None


class Observation(ClinicalRecord):
    """A laboratory result or vital sign: its `main` measurement, and the `parts` if it has several.

    `day` is the effective date, else the date of issue. An Observation without a value, which only groups other
    results, has `counts` False.
    """

    TYPE = "Observation"

    def __init__(self, raw: shapes.RawJson, labels: tuple[str, ...] = ()) -> None:
        shape = self._read(raw, _ObservationShape, labels)
        self.status = shape.status
        self.categories = tuple(code for category in shape.category for code in category.codes())
        span = shape.effective_period
        days = (shape.effective_date_time, span and (span.start or span.end), shape.effective_instant, shape.issued)
        self.day = next((day for text in days if (day := parse_date(text))), None)
        self.main = Part(shape)
        self.parts = tuple(map(Part, shape.component))
        measured = self.main.value or self.main.absent or any(part.value for part in self.parts)
        valid = shape.status not in {"entered-in-error", "cancelled"} and not shape.modifier_extension
        self.counts = bool(measured) and valid

    def is_of(self, category: str) -> bool:
        """Return whether the result belongs to this HL7 category.

        A result without a category is a vital sign if its LOINC code says so, otherwise a laboratory test.
        """
        own = _CATEGORIES.intersection(self.categories)
        codes = {code for part in (self.main, *self.parts) for code in part.codes}
        return category in (own or {"vital-signs" if _VITAL & codes else "laboratory"})

    @property
    def pressure(self) -> tuple[Quantity, Quantity] | None:
        """The systolic and diastolic blood pressure in mmHg (LOINC 8480-6 and 8462-4); None for any other result."""
        upper, lower = (self._in_mmhg(code) for code in _PRESSURE)
        return (upper, lower) if upper and lower else None

    def _in_mmhg(self, code: str) -> Quantity | None:
        numbers = (one.value.quantity for one in self.parts if one.value and code in one.codes)
        return next((one for one in numbers if one and not one.comparator and one.unit in _MMHG), None)

    @property
    def preliminary(self) -> bool:
        """Whether the result is not final, so that a later version may change it."""
        return self.status in {"registered", "preliminary"}


def _value(shape: _Measured) -> Measured | None:
    if quantity := quantity_of(shape.value_quantity):
        return Measured(quantity=quantity)
    if shape.value_integer is not None:
        return Measured(quantity=Quantity(Decimal(shape.value_integer)))
    low, high = (quantity_of(span.low), quantity_of(span.high)) if (span := shape.value_range) else (None, None)
    if low or high:
        return Measured(low=low, high=high)
    if shape.value_ratio and (above := quantity_of(shape.value_ratio.numerator)):
        return Measured(quantity=above, per=quantity_of(shape.value_ratio.denominator))
    if shape.value_boolean is not None:
        return Measured(yes=shape.value_boolean)
    day = parse_date(shape.value_date_time or (shape.value_period.start if shape.value_period else None))
    words = shape.value_codeable_concept.words() if shape.value_codeable_concept else None
    text = words or clean(shape.value_string, NOTE_LIMIT) or clean(shape.value_time)
    return Measured(text=text, day=day) if text or day else None


def _side(value: Measured | None, usual: ReferenceRange | None) -> Mark | None:
    """Return whether the value is below, above or within its reference range: "low", "high" or "normal".

    Return None for a value such as "< 5", for different units, and if the range has no bound to compare with.
    """
    number = value.quantity if value and not value.per else None
    if number is None or number.comparator or usual is None:
        return None
    low, high = (one if one and one.unit in {None, number.unit} else None for one in (usual.low, usual.high))
    if low and number.value < low.value:
        return "low"
    if high and number.value > high.value:
        return "high"
    return "normal" if low and high else None


def unit_of(one: Observation) -> str | None:
    """Return the unit of a dated number, "" if it has none; None for any other result, such as the bound "<5"."""
    if one.day is None or one.day.month is None:
        return None
    if one.pressure is not None:
        return _TWO_NUMBERS
    figure = one.main.value.quantity if one.main.value and not (one.parts or one.main.value.per) else None
    return (figure.unit or "") if figure and not figure.comparator else None


def figures_of(one: Observation) -> tuple[Decimal, ...]:
    """Return the number of a result, or the two numbers of a blood pressure; () if the result has no number."""
    if one.pressure:
        return one.pressure[0].value, one.pressure[1].value
    figure = one.main.value.quantity if one.main.value else None
    return (figure.value,) if figure else ()
