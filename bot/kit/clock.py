"""The local time at a place, and whether its opening hours include it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from bot.kit.ask import Ask
from bot.records.details import WEEK, Hours
from bot.records.provider import Location

DAY = 24 * 60
_FALLBACK = "America/Chicago"
Standing = Literal["open", "later", "over"]


def local_time(ask: Ask, place: Location | None) -> datetime:
    """Return the local time at the place, by its ZIP code or city, because a state can have two time zones."""
    zips = [place.zip5] if place and place.zip5 else []
    if place and place.city and place.state:
        zips += ask.places.zips_of(place.city, place.state)[:1]
    zone = next((zone for zip_code in zips if (zone := ask.places.zone_of(zip_code))), None)
    return ask.moment().astimezone(ZoneInfo(zone or _FALLBACK))


def standing(hours: Sequence[Hours], moment: datetime) -> Standing | None:
    """Return whether a place is open at a moment, opens later that day, or not; None if it has no hours that day."""
    if holds(hours, moment):
        return "open"
    minute = moment.hour * 60 + moment.minute
    today = spans(hours, WEEK[moment.weekday()])
    return ("later" if any(start > minute for start, _ in today) else "over") if today else None


def holds(hours: Sequence[Hours], moment: datetime) -> bool:
    """Return whether a place is open at a moment, also from opening hours that began the day before."""
    minute = moment.hour * 60 + moment.minute
    today, yesterday = WEEK[moment.weekday()], WEEK[moment.weekday() - 1]
    late = any(start <= minute + DAY < end for start, end in spans(hours, yesterday))
    return late or any(start <= minute < end for start, end in spans(hours, today))


def whole(hours: Sequence[Hours], day: str) -> bool:
    """Return whether a place is open for 24 hours on a day."""
    return any(end - start >= DAY - 1 for start, end in spans(hours, day))


def spans(hours: Iterable[Hours], day: str) -> list[tuple[int, int]]:
    """Return the opening times of the day in minutes since midnight, as (start, end); an end may exceed 1440."""
    found = []
    for one in hours:
        if day in one.days:
            start = 0 if one.all_day else minute_of(one.start) or 0
            end = DAY if one.all_day or one.end is None else minute_of(one.end) or 0
            found.append((start, end if end > start else end + DAY))
    return found


def merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans in order, those that meet as one: 8 to noon and noon to 5 are 8 to 5."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return found


def minute_of(clock: str | None) -> int | None:
    """The minute of the day of HH:MM."""
    if clock is None:
        return None
    hour, _, minute = clock.partition(":")
    return int(hour) * 60 + int(minute)
