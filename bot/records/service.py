"""When the service was, by kind of claim (fhir-notes 4.5): never the adjudication, payment or receipt date unsaid."""

from __future__ import annotations

from typing import Literal

from bot.records.dates import PartialDate, Period, parse_date, period
from bot.records.explanation import ClaimItem, Explanation
from bot.records.kinds import ClaimKind
from bot.records.shapes import PeriodShape

ServiceIs = Literal["service", "processed"]


def service_of(eob: Explanation, kind: ClaimKind | None) -> tuple[Period, ServiceIs]:
    """The period of service; `processed` says that only the adjudication date of a pharmacy claim is known."""
    statement = _period(eob.billable_period)
    lines = _lines(eob.item)
    first = _admission(eob) if kind in {"inpatient", "institutional"} else lines
    second = lines if kind in {"institutional", None} else statement
    for candidate in (first, second, statement, lines):
        if candidate.known:
            return candidate, "service"
    if kind == "pharmacy":
        return Period(parse_date(eob.created)), "processed"
    return Period(), "service"


def _period(shape: PeriodShape | None) -> Period:
    return period(shape.start, shape.end) if shape else Period()


def _admission(eob: Explanation) -> Period:
    found = (_period(info.timing_period) for info in eob.info("admissionperiod"))
    return next((p for p in found if p.known), Period())


def _lines(items: tuple[ClaimItem, ...]) -> Period:
    """From the first to the last day of the lines; one day when they agree."""
    spans = [_span(item) for item in items]
    starts = [span.start for span in spans if span.start]
    ends = [span.end or span.start for span in spans if span.end or span.start]
    if not starts:
        return Period()
    start = min(starts, key=_first) if len(starts) > 1 else starts[0]
    end = max((end for end in ends if end), key=_last) if len(ends) > 1 else ends[0]
    return Period(start, None if end is start or end == start else end)


def _span(item: ClaimItem) -> Period:
    single = parse_date(item.serviced_date)
    return Period(single) if single else _period(item.serviced_period)


def _first(day: PartialDate) -> tuple[object, ...]:
    return (day.first, day.last)


def _last(day: PartialDate) -> tuple[object, ...]:
    return (day.last, day.first)
