"""Opening hours as a directory gives them: which days, from when to when (fhir-notes 9.2)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from bot.records.directory import TimeShape

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Hours:
    """The days of the week (mon to sun) with the same times; `start` and `end` are HH:MM, None where not given."""

    days: tuple[str, ...]
    all_day: bool
    start: str | None
    end: str | None


def read_hours(shapes: Iterable[TimeShape]) -> tuple[Hours, ...]:
    """The hours that say both their days and their times."""
    return tuple(hours for shape in shapes if (hours := _hours(shape)))


def on_day(every: Iterable[Hours], day: date) -> tuple[Hours, ...]:
    """The hours of one day, the earliest first; empty when that day is not named."""
    name = WEEK[day.weekday()]
    return tuple(sorted((hours for hours in every if name in hours.days), key=lambda hours: hours.start or ""))


def _hours(shape: TimeShape) -> Hours | None:
    days = tuple(day for day in WEEK if day in shape.days_of_week)
    start, end = (
        _clock(shape.available_start_time or shape.opening_time),
        _clock(shape.available_end_time or shape.closing_time),
    )
    if not days or not (shape.all_day or start or end):
        return None
    return Hours(days, bool(shape.all_day), start, end)


def _clock(text: str | None) -> str | None:
    """HH:MM of a FHIR time; None for what is none."""
    hour, _, rest = (text or "").partition(":")
    minute = rest[:2]
    if not (hour.isdecimal() and minute.isdecimal() and int(hour) < 24 and int(minute) < 60):  # noqa: PLR2004 -- a clock
        return None
    return f"{int(hour):02}:{minute}"
