"""When a place has to be open, and whether its hours say so: in the place's time zone, across midnight too."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.kit.ask import Ask
from bot.kit.sites import hours_of
from bot.records.details import WEEK, Hours
from bot.records.listing import Listing
from bot.records.provider import Location

_DAY = 24 * 60
# Minutes of the day that a part of it takes; "evening" and later begin where an office's day is over.
_PARTS: Mapping[str, tuple[int, int]] = {
    "early": (5 * 60, 8 * 60),
    "morning": (6 * 60, 12 * 60),
    "afternoon": (12 * 60, 17 * 60),
    "evening": (18 * 60, 22 * 60),
    "late": (20 * 60, _DAY),
    "night": (22 * 60, 30 * 60),
}
_GROUPS: Mapping[str, tuple[str, ...]] = {"weekend": ("sat", "sun"), "weekday": WEEK[:5], "weekdays": WEEK[:5]}
_NOW = re.compile(r"\b(?:open|abiert[oa]s?)\b.*\b(?:now|ahora)\b", re.IGNORECASE)  # with the kind of place between
_FALLBACK = "America/Chicago"


@dataclass(frozen=True, slots=True)
class OpenAt:
    """`now`, or at some time of one of the `days` (in `part`, if that is named), or `all_day`: around the clock."""

    now: bool = False
    all_day: bool = False
    days: tuple[str, ...] = ()
    part: str | None = None


def open_at(ask: Ask) -> OpenAt | None:
    """When the question wants a place to be open; None when it does not say."""
    value = ask.slots.get("open_at")
    if not isinstance(value, Mapping):
        return OpenAt(now=True) if _NOW.search(ask.said) else None
    part = str(value.get("part") or "")
    wish = OpenAt(
        now=bool(value.get("now")),
        all_day=bool(value.get("all_day")),
        days=_days(value.get("weekday"), ask.today),
        part=part if part in _PARTS else None,
    )
    return wish if wish != OpenAt() else None


def is_open(ask: Ask, listing: Listing, wish: OpenAt) -> bool | None:
    """Whether the listing's place is open as asked for; None where it gives no hours.

    A weekday is the next one of its name; a day of absence counts as closed.
    """
    moment = local_time(ask, listing.locations[0] if listing.locations else None)
    if (wish.now or wish.all_day) and listing.is_shut(moment.date()):
        return False
    hours = hours_of([listing])
    if not hours:
        return None
    if wish.all_day:
        return all(_whole(hours, day) for day in wish.days or WEEK)
    if wish.now:
        return _holds(hours, moment)
    first, last = _PARTS[wish.part] if wish.part else (0, _DAY)
    days = [day for day in wish.days or WEEK if not listing.is_shut(_next(day, moment.date()))]
    spans = (span for day in days for span in _spans(hours, day))
    return any(start < last and end > first for start, end in spans)


def _next(day: str, today: date) -> date:
    """The first day of that name from today on."""
    return today + timedelta(days=(WEEK.index(day) - today.weekday()) % len(WEEK))


def local_time(ask: Ask, place: Location | None) -> datetime:
    """The local time at the place, by its ZIP or city: a state may have two zones."""
    zips = [place.zip5] if place and place.zip5 else []
    if place and place.city and place.state:
        zips += ask.places.zips_of(place.city, place.state)[:1]
    zone = next((zone for zip_code in zips if (zone := ask.places.zone_of(zip_code))), None)
    return ask.moment().astimezone(ZoneInfo(zone or _FALLBACK))


def _days(value: object, today: date) -> tuple[str, ...]:
    names = value if isinstance(value, (list, tuple)) else [value]
    found: list[str] = []
    for name in (str(one or "").casefold() for one in names):
        if name in {"today", "tonight", "tomorrow"}:
            found.append(WEEK[(today + timedelta(days=name == "tomorrow")).weekday()])
        found += _GROUPS.get(name, tuple(day for day in WEEK if name[:3] == day))
    return tuple(dict.fromkeys(found))


def _holds(hours: Sequence[Hours], moment: datetime) -> bool:
    minute = moment.hour * 60 + moment.minute
    today, yesterday = WEEK[moment.weekday()], WEEK[moment.weekday() - 1]
    late = any(start <= minute + _DAY < end for start, end in _spans(hours, yesterday))
    return late or any(start <= minute < end for start, end in _spans(hours, today))


def _whole(hours: Sequence[Hours], day: str) -> bool:
    return any(end - start >= _DAY - 1 for start, end in _spans(hours, day))


def _spans(hours: Iterable[Hours], day: str) -> list[tuple[int, int]]:
    """The minutes of the day from which to which it is open; past midnight they go on beyond 1440."""
    found = []
    for one in hours:
        if day in one.days:
            start = 0 if one.all_day else _minute(one.start, 0)
            end = _DAY if one.all_day else _minute(one.end, _DAY)
            found.append((start, end if end > start else end + _DAY))
    return found


def _minute(clock: str | None, otherwise: int) -> int:
    if clock is None:
        return otherwise
    hour, _, minute = clock.partition(":")
    return int(hour) * 60 + int(minute)
