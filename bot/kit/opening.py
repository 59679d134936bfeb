"""Opening hours: when a question needs a place to be open, and whether the place's hours satisfy that.

Times are local to the place, and hours may last past midnight.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from bot.kit.ask import Ask
from bot.records.details import WEEK, Hours
from bot.records.listing import Listing, hours_of
from bot.records.provider import Location

DAY = 24 * 60
_FALLBACK = "America/Chicago"
Standing = Literal["open", "later", "over"]


def local_time(ask: Ask, place: Location | None) -> datetime:
    """Return the time of the question in the place's time zone, which is that of its ZIP code or city.

    A state may have two time zones. Without a known ZIP code or city, the time zone is that of Chicago.
    """
    zips = [place.zip5] if place and place.zip5 else []
    if place and place.city and place.state:
        zips += ask.places.zips_of(place.city, place.state)[:1]
    zone = next((zone for zip_code in zips if (zone := ask.places.zone_of(zip_code))), None)
    return ask.moment().astimezone(ZoneInfo(zone or _FALLBACK))


def standing(hours: Sequence[Hours], moment: datetime) -> Standing | None:
    """Return whether a place is "open" at a moment, opens "later" on that day, or is closed for that day ("over").

    Return None if the place has no hours on that day.
    """
    if is_open_at(hours, moment):
        return "open"
    minute = moment.hour * 60 + moment.minute
    today = spans(hours, WEEK[moment.weekday()])
    return ("later" if any(start > minute for start, _ in today) else "over") if today else None


def opens_next(hours: Sequence[Hours], moment: datetime) -> tuple[int, str, str] | None:
    """Return when a place opens next within a week: in how many days, the weekday, and the time as HH:MM."""
    minute = moment.hour * 60 + moment.minute
    for days in range(len(WEEK) + 1):
        day = WEEK[(moment.weekday() + days) % len(WEEK)]
        if starts := [start for start, _ in spans(hours, day) if days or start > minute]:
            return days, day, "{:02}:{:02}".format(*divmod(min(starts), 60))
    return None


def is_open_at(hours: Sequence[Hours], moment: datetime) -> bool:
    """Return whether a place is open at a moment; hours that began the day before and last past midnight count."""
    minute = moment.hour * 60 + moment.minute
    today, yesterday = WEEK[moment.weekday()], WEEK[moment.weekday() - 1]
    late = any(start <= minute + DAY < end for start, end in spans(hours, yesterday))
    return late or any(start <= minute < end for start, end in spans(hours, today))


def spans(hours: Iterable[Hours], day: str) -> list[tuple[int, int]]:
    """Return the opening hours of a day as (start, end) in minutes since its midnight; an end may exceed 1440."""
    found = []
    for one in hours:
        if day in one.days:
            start = 0 if one.all_day else minute_of(one.start) or 0
            end = DAY if one.all_day or one.end is None else minute_of(one.end) or 0
            found.append((start, end if end > start else end + DAY))
    return found


def merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the spans in order, with adjoining spans combined: 8 to 12 and 12 to 5 become 8 to 5."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return found


def minute_of(clock: str | None) -> int | None:
    """Return the minutes since midnight of a time written as HH:MM; None for None."""
    if clock is None:
        return None
    hour, _, minute = clock.partition(":")
    return int(hour) * 60 + int(minute)


# Between which times a part of the day is; "evening" and later begin where an office's day is over.
_PARTS: Mapping[str, Mapping[str, str]] = {
    "early": {"before": "08:00"}, "morning": {"after": "06:00", "before": "12:00"},
    "afternoon": {"after": "12:00", "before": "17:00"}, "evening": {"after": "17:00"},
    "late": {"after": "20:00"}, "night": {"after": "22:00"},
}  # fmt: skip
_GROUPS: Mapping[str, tuple[str, ...]] = {"weekend": ("sat", "sun"), "weekday": WEEK[:5], "weekdays": WEEK[:5]}
_BOUNDS, _CLOCK = ("from", "until", "after", "before", "at"), re.compile(r"(?:[01]\d|2[0-4]):[0-5]\d")
_SEVERAL = 2
_WEEKDAY = re.compile(
    r"\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)days?|weekends?|lunes|martes|jueves|viernes|s[aá]bados?|domingos?)\b",
    re.IGNORECASE,
)
_NOW = re.compile(r"\b(?:open|abiert[oa]s?)\b.*\b(?:now|ahora)\b", re.IGNORECASE)  # with the kind of place between


class OpenAt(msgspec.Struct, frozen=True):
    """When a place has to be open.

    Attributes:
        now: At the time of the question.
        all_day: For 24 hours on each of the days.
        days: The days of the week, "mon" to "sun"; empty for all.
        any_day: True if the place has to be open on one of the days, False if on all.
        part: "morning" or "afternoon", if the question names no time.
        first: The earliest time as HH:MM. The place has to be open at some time between `first` and `last`, at that
            very time if both are the same, or at some time after or before if the other is None.
        last: The latest time as HH:MM, "24:00" for midnight.
        whole: The place has to be open all the time from `first` to `last`.
        until: The place may not close before `last`.
    """

    now: bool = False
    all_day: bool = False
    days: tuple[str, ...] = ()
    any_day: bool = True
    part: str | None = None
    first: str | None = None
    last: str | None = None
    whole: bool = False
    until: bool = False

    @property
    def edge(self) -> Literal["late", "early"] | None:
        """Whether the place has to be open "late" or "early" in the day; None if neither."""
        if self.until or (self.first and not self.last):
            return "late"
        return "early" if self.part == "morning" or (self.last and not self.first) else None

    @property
    def minutes(self) -> tuple[int, int]:
        """The start and end in minutes since midnight; the place has to be open at some minute, or all if `whole`."""
        first, last = minute_of(self.first), minute_of(self.last)
        if last is None:
            return first or 0, max(DAY, (first or 0) + 1)
        if first is None:
            return (last - 1 if self.until else 0), last
        return first, max(last, first + 1) if last >= first else last + DAY


def open_at(ask: Ask) -> OpenAt | None:
    """Return when the question needs a place to be open; None if the question does not say."""
    value = ask.slots.get("open_at")
    if value is None and _WEEKDAY.search(ask.said):  # "where can I fill it on a Sunday" names no kind of place
        value = next((one.value for name, one in ask.reads(f"hospital {ask.said}").items() if name == "open_at"), None)
    if not isinstance(value, Mapping):
        return OpenAt(now=True) if _NOW.search(ask.said) else None
    part = str(value.get("part") or "")
    clock: Mapping[str, str] = {one: str(value[one]) for one in _BOUNDS if _CLOCK.fullmatch(str(value.get(one)))}
    clock, part = (clock, "") if clock else (_PARTS.get(part, {}), part)
    named = value.get("weekday")
    wish = OpenAt(
        now=bool(value.get("now")),
        all_day=bool(value.get("all_day")),
        days=(days := _days(named, ask.today)),
        any_day=len(days) < _SEVERAL or "any" in value or named == "weekend",
        part=part if len(clock) == _SEVERAL and part else None,
        first=clock.get("from") or clock.get("after") or clock.get("at"),
        last=clock.get("until") or clock.get("before") or clock.get("at"),
        whole="from" in clock and "until" in clock,
        until="until" in clock,
    )
    return wish if wish != OpenAt() else None


def is_open(ask: Ask, listing: Listing, wish: OpenAt) -> bool | None:
    """Return whether the listing's place is open at the required times; None if the listing gives no hours.

    A day of the week means the next such day, today included. A day of absence counts as closed.
    """
    moment = local_time(ask, listing.locations[0] if listing.locations else None)
    if (wish.now or wish.all_day) and listing.is_shut(moment.date()):
        return False
    hours = hours_of([listing])
    if not hours:
        return None
    if wish.all_day:
        return all(any(end - start >= DAY - 1 for start, end in spans(hours, day)) for day in wish.days or WEEK)
    if wish.now:
        return is_open_at(hours, moment)
    today = moment.date()
    dates = {day: today + timedelta(days=(WEEK.index(day) - today.weekday()) % len(WEEK)) for day in wish.days or WEEK}
    held = (not listing.is_shut(on) and _holds_on(hours, day, wish) for day, on in dates.items())
    return any(held) if wish.any_day else all(held)


def _holds_on(hours: Sequence[Hours], day: str, wish: OpenAt) -> bool:
    """Return whether the opening hours on one day of the week are as requested.

    If times are requested, hours of the day before that last past midnight count, and so do hours of the next day.
    """
    first, last = wish.minutes
    timed = wish.first or wish.last
    there = merged(
        (start + at * DAY, end + at * DAY)
        for at in ((-1, 0, 1) if timed else (0,))
        for start, end in spans(hours, WEEK[(WEEK.index(day) + at) % len(WEEK)])
    )
    if wish.whole:
        return any(start <= first and end >= last for start, end in there)
    return any(start < last and end > first for start, end in there)


def _days(value: object, today: date) -> tuple[str, ...]:
    names = value if isinstance(value, (list, tuple)) else [value]
    found: list[str] = []
    for name in (str(one or "").casefold() for one in names):
        if name in {"today", "tonight", "tomorrow"}:
            found.append(WEEK[(today + timedelta(days=name == "tomorrow")).weekday()])
        found += _GROUPS.get(name, tuple(day for day in WEEK if name[:3] == day))
    return tuple(dict.fromkeys(found))
