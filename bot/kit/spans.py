"""The times that a question asks about, and the search parameters for their days."""

from collections.abc import Mapping
from datetime import date, timedelta

from bot.kit.ask import Ask

A_ZONE = timedelta(days=1)
TimeSpan = tuple[date | None, date | None]
"""A first and a last day, None for an open end."""
BILLED_LATE = timedelta(days=183)


def span_of(ask: Ask) -> TimeSpan:
    """Return the first and last day that were asked for, both inclusive; None for an open end.

    Of several times it is what they have in common, "after March 1 but before May"; if that is nothing, all of them
    with the days between, of which `times_apart` tells the times.
    """
    spans = spans_of(ask) or ((None, None),)
    starts, ends = ([day for day in days if day] for days in zip(*spans, strict=True))
    if times_apart(ask):
        return (min(starts) if len(starts) == len(spans) else None), (max(ends) if len(ends) == len(spans) else None)
    return max(starts, default=None), min(ends, default=None)


def times_apart(ask: Ask) -> tuple[TimeSpan, ...]:
    """Return the times that were asked for, if they are several that have no day in common: "in March and May"."""
    spans = spans_of(ask)
    first = max((start for start, _ in spans if start), default=date.min)
    return spans if first > min((end for _, end in spans if end), default=date.max) else ()


def spans_of(ask: Ask) -> tuple[TimeSpan, ...]:
    """Return the times that were asked for, each with its first and last day."""
    several, value = ask.several.get("date_range"), ask.slots.get("date_range")
    return tuple(map(days_of, several.values)) if several else (days_of(value),) if value else ()


def days_of(value: object) -> TimeSpan:
    """Return the first and last day of a time, None for an open end."""
    given = value if isinstance(value, Mapping) else {}
    start, end = (date.fromisoformat(str(day)) if (day := given.get(name)) else None for name in ("start", "end"))
    return start, end


def time_of(ask: Ask, back: timedelta | None = None) -> tuple[date, date]:
    """Return the days that were asked for, up to today; the default start is January 1 or `back` before the end."""
    start, end = span_of(ask)
    last = min(end or ask.today, ask.today)
    return start or (date(last.year, 1, 1) if back is None else last - back), last


def service_dates(ask: Ask) -> tuple[tuple[str, str], ...]:
    """Return the search parameters for the days that were asked for, wide enough for all care in that time."""
    return days_around(*span_of(ask))


def days_around(start: date | None, end: date | None, *, late: timedelta = BILLED_LATE) -> tuple[tuple[str, str], ...]:
    """Return search parameters for the days, with one more day before `start` and half a year (`late`) after `end`.

    Servers compare instants: care at 10:30 p.m. in Chicago is on the next day in UTC. They also compare the days of the
    bill, and a long stay is billed in parts after it began. The caller checks the days as they are written.
    """
    first = start - A_ZONE if start and start > date.min + A_ZONE else start
    last = end + late if end and end < date.max - late else end
    return tuple(("service-date", f"{prefix}{day}") for prefix, day in (("ge", first), ("le", last)) if day)
