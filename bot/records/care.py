"""Conditions, procedures and care plans as plain values (US Core 3.1.1)."""

import msgspec

from bot.records.dates import PartialDate, Period, parse_date, period
from bot.records.record import RawJson, Record
from bot.records.shapes import Concept, PeriodShape, RecordShape, Shape, period_of
from bot.records.text import NOTE_LIMIT, clean, lines_of

_OVER = frozenset({"inactive", "remission", "resolved"})


class _Narrative(Shape, frozen=True):
    div: str | None = None


class _Detail(Shape, frozen=True):
    code: Concept | None = None
    status: str | None = None
    description: str | None = None


class _Activity(Shape, frozen=True):
    detail: _Detail | None = None


class _CareShape(RecordShape, frozen=True):
    """The elements of the three types in one struct; each type uses its own."""

    text: _Narrative | None = None
    status: str | None = None
    clinical_status: Concept | None = None
    verification_status: Concept | None = None
    code: Concept | None = None
    onset_date_time: str | None = None
    onset_period: PeriodShape | None = None
    recorded_date: str | None = None
    performed_date_time: str | None = None
    performed_period: PeriodShape | None = None
    period: PeriodShape | None = None
    title: str | None = None
    description: str | None = None
    activity: tuple[_Activity, ...] = ()
    modifier_extension: tuple[msgspec.Raw, ...] = ()


class ClinicalRecord(Record):
    """A clinical record: the `day` that it is sorted by, and whether it `counts`.

    It does not count if it was entered in error, or has a modifierExtension, which may change its meaning.
    """

    day: PartialDate | None
    counts: bool


class Condition(ClinicalRecord):
    """A condition. `over` if it is recorded as inactive, in remission or resolved; `day` is the onset, else `recorded`.

    `certain` is False if the record calls it provisional, differential or unconfirmed. A refuted one does not count.
    """

    TYPE = "Condition"

    def __init__(self, raw: RawJson, labels: tuple[str, ...] = ()) -> None:
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
    """A procedure; `status` is FHIR's code, usually "completed"; `day` is that on which it was `done`, or began."""

    TYPE = "Procedure"

    def __init__(self, raw: RawJson, labels: tuple[str, ...] = ()) -> None:
        shape = self._read(raw, _CareShape, labels)
        span = shape.performed_period
        self.name, self.code = _named(shape.code)
        self.status = shape.status
        self.done = period(span.start, span.end) if span else Period(parse_date(shape.performed_date_time))
        self.day = self.done.day
        self.counts = shape.status != "entered-in-error" and not shape.modifier_extension


class CarePlan(ClinicalRecord):
    """A care plan: its title, and in `lines` its narrative without tags, often all it has, then its activities."""

    TYPE = "CarePlan"

    def __init__(self, raw: RawJson, labels: tuple[str, ...] = ()) -> None:
        shape = self._read(raw, _CareShape, labels)
        planned = (_planned(activity.detail) for activity in shape.activity if activity.detail)
        self.title = clean(shape.title) or clean(shape.description)
        self.status = shape.status
        self.period = period_of(shape.period)
        self.day = self.period.day
        narrated = lines_of(shape.text.div if shape.text else None)
        self.lines = tuple(dict.fromkeys((*narrated, *(line for line in planned if line))))
        self.counts = shape.status != "entered-in-error" and not shape.modifier_extension


def _planned(detail: _Detail) -> str | None:
    return clean(detail.description, NOTE_LIMIT) or (detail.code.words() if detail.code else None)


def _named(concept: Concept | None) -> tuple[str | None, str | None]:
    """Return the words and the first code of what was found or done."""
    return (concept.words(), next(iter(concept.codes()), None)) if concept else (None, None)
