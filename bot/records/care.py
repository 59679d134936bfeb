"""Conditions, procedures and care plans as plain values (US Core 3.1.1)."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from bot.records.dates import PartialDate, Period, parse_date, period
from bot.records.decode import Unreadable, decode
from bot.records.sensitivity import labels_of
from bot.records.shapes import Concept, PeriodShape, Shape, period_of
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


class _CareShape(Shape, frozen=True):
    """The elements of the three types in one struct; each type uses its own."""

    resource_type: str = ""
    id: str = ""
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


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition. `over` if it is recorded as inactive, in remission or resolved.

    `certain` is False if the record calls it provisional, differential or unconfirmed.
    """

    id: str
    name: str | None
    code: str | None
    status: str | None
    over: bool
    certain: bool
    since: PartialDate | None
    recorded: PartialDate | None
    counts: bool
    labels: tuple[str, ...]
    dropped: tuple[str, ...]

    @property
    def day(self) -> PartialDate | None:
        """The onset date, else the date on which it was recorded."""
        return self.since or self.recorded


@dataclass(frozen=True, slots=True)
class Procedure:
    """A procedure; `status` is FHIR's code, usually "completed"."""

    id: str
    name: str | None
    code: str | None
    status: str | None
    done: Period
    counts: bool
    labels: tuple[str, ...]
    dropped: tuple[str, ...]

    @property
    def day(self) -> PartialDate | None:
        """The date on which it was done, or began."""
        return self.done.day


@dataclass(frozen=True, slots=True)
class CarePlan:
    """A care plan: its title, and in `lines` its narrative, then its activities."""

    id: str
    title: str | None
    status: str | None
    period: Period
    lines: tuple[str, ...]
    counts: bool
    labels: tuple[str, ...]
    dropped: tuple[str, ...]

    @property
    def day(self) -> PartialDate | None:
        """The date on which it began."""
        return self.period.day


def read_condition(raw: bytes | msgspec.Raw, labels: tuple[str, ...] = ()) -> Condition:
    """Return the condition in a Condition; `counts` is False if it was entered in error or refuted.

    Raises:
        Unreadable: damaged, or of another type.
    """
    shape, dropped = _decoded(raw, "Condition")
    verified = set(shape.verification_status.codes()) if shape.verification_status else set()
    clinical = shape.clinical_status.codes() if shape.clinical_status else ()
    onset = shape.onset_date_time or (shape.onset_period.start if shape.onset_period else None)
    return Condition(
        id=shape.id,
        name=shape.code.words() if shape.code else None,
        code=_code(shape.code),
        status=next(iter(clinical), None),
        over=bool(_OVER & set(clinical)),
        certain=not verified & {"provisional", "differential", "unconfirmed"},
        since=parse_date(onset),
        recorded=parse_date(shape.recorded_date),
        counts=not verified & {"entered-in-error", "refuted"} and not shape.modifier_extension,
        labels=_labels(raw, labels),
        dropped=dropped,
    )


def read_procedure(raw: bytes | msgspec.Raw, labels: tuple[str, ...] = ()) -> Procedure:
    """Return the procedure in a Procedure; `counts` is False if it was entered in error.

    Raises:
        Unreadable: damaged, or of another type.
    """
    shape, dropped = _decoded(raw, "Procedure")
    span = shape.performed_period
    done = period(span.start, span.end) if span else Period(parse_date(shape.performed_date_time))
    return Procedure(
        id=shape.id,
        name=shape.code.words() if shape.code else None,
        code=_code(shape.code),
        status=shape.status,
        done=done,
        counts=shape.status != "entered-in-error" and not shape.modifier_extension,
        labels=_labels(raw, labels),
        dropped=dropped,
    )


def read_care_plan(raw: bytes | msgspec.Raw, labels: tuple[str, ...] = ()) -> CarePlan:
    """Return the plan in a CarePlan. Its narrative, often its only content (US Core), is read without tags.

    Raises:
        Unreadable: damaged, or of another type.
    """
    shape, dropped = _decoded(raw, "CarePlan")
    narrated = lines_of(shape.text.div if shape.text else None)
    planned = (_planned(activity.detail) for activity in shape.activity if activity.detail)
    lines = dict.fromkeys((*narrated, *(line for line in planned if line)))
    return CarePlan(
        id=shape.id,
        title=clean(shape.title) or clean(shape.description),
        status=shape.status,
        period=period_of(shape.period),
        lines=tuple(lines),
        counts=shape.status != "entered-in-error" and not shape.modifier_extension,
        labels=_labels(raw, labels),
        dropped=dropped,
    )


def _planned(detail: _Detail) -> str | None:
    return clean(detail.description, NOTE_LIMIT) or (detail.code.words() if detail.code else None)


def _decoded(raw: bytes | msgspec.Raw, kind: str) -> tuple[_CareShape, tuple[str, ...]]:
    shape, dropped = decode(raw, _CareShape)
    if shape.resource_type != kind:
        raise Unreadable("another type than was asked for")
    return shape, dropped


def _code(concept: Concept | None) -> str | None:
    return next(iter(concept.codes()), None) if concept else None


def _labels(raw: bytes | msgspec.Raw, around: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted({*around, *labels_of(raw)}))
