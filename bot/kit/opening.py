"""When a place has to be open, and whether its hours match, in its own time zone and across midnight."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from bot.kit.ask import Ask
from bot.kit.clock import DAY, holds, local_time, spans, whole
from bot.kit.sites import hours_of
from bot.records.details import WEEK
from bot.records.listing import Listing

# Minutes of the day that a part of it takes; "evening" and later begin where an office's day is over.
_PARTS: Mapping[str, tuple[int, int]] = {
    "early": (5 * 60, 8 * 60),
    "morning": (6 * 60, 12 * 60),
    "afternoon": (12 * 60, 17 * 60),
    "evening": (18 * 60, 22 * 60),
    "late": (20 * 60, DAY),
    "night": (22 * 60, 30 * 60),
}
_GROUPS: Mapping[str, tuple[str, ...]] = {"weekend": ("sat", "sun"), "weekday": WEEK[:5], "weekdays": WEEK[:5]}
_BOUNDS, _CLOCK = ("until", "after", "before", "at"), re.compile(r"(?:[01]\d|2[0-4]):[0-5]\d")
_NOW = re.compile(r"\b(?:open|abiert[oa]s?)\b.*\b(?:now|ahora)\b", re.IGNORECASE)  # with the kind of place between


@dataclass(frozen=True, slots=True)
class OpenAt:
    """A time to be open: `now`, `all_day` (around the clock), or some time on one of the `days`, by `part` or clock.

    `clock` is HH:MM ("24:00" for midnight), and `bound` relates to it: `until`, `after`, `before` or `at`.
    """

    now: bool = False
    all_day: bool = False
    days: tuple[str, ...] = ()
    part: str | None = None
    bound: str | None = None
    clock: str | None = None

    @property
    def minutes(self) -> tuple[int, int]:
        """The minutes of the day, as (start, end), at one of which the place has to be open."""
        if self.clock is None:
            return _PARTS[self.part] if self.part else (0, DAY)
        hour, _, minute = self.clock.partition(":")
        time = int(hour) * 60 + int(minute)
        return {"until": (time - 1, time), "before": (0, time), "after": (time, max(DAY, time + 1))}.get(
            self.bound or "", (time, time + 1)
        )


def open_at(ask: Ask) -> OpenAt | None:
    """Return when a place has to be open, None if the question does not say."""
    value = ask.slots.get("open_at")
    if not isinstance(value, Mapping):
        return OpenAt(now=True) if _NOW.search(ask.said) else None
    part = str(value.get("part") or "")
    bound = next((name for name in _BOUNDS if _CLOCK.fullmatch(str(value.get(name)))), None)
    wish = OpenAt(
        now=bool(value.get("now")),
        all_day=bool(value.get("all_day")),
        days=_days(value.get("weekday"), ask.today),
        part=part if part in _PARTS else None,
        bound=bound,
        clock=str(value[bound]) if bound else None,
    )
    return wish if wish != OpenAt() else None


def is_open(ask: Ask, listing: Listing, wish: OpenAt) -> bool | None:
    """Return whether the listing's place is open as asked for; None if it gives no hours.

    A weekday means the next one with that name; a day of absence counts as closed.
    """
    moment = local_time(ask, listing.locations[0] if listing.locations else None)
    if (wish.now or wish.all_day) and listing.is_shut(moment.date()):
        return False
    hours = hours_of([listing])
    if not hours:
        return None
    if wish.all_day:
        return all(whole(hours, day) for day in wish.days or WEEK)
    if wish.now:
        return holds(hours, moment)
    first, last = wish.minutes
    days = [day for day in wish.days or WEEK if not listing.is_shut(_next(day, moment.date()))]
    reach = (-1, 0, 1) if wish.clock else (0,)  # a night begins the day before, and goes on in the next
    return any(
        start + at * DAY < last and end + at * DAY > first
        for day in days
        for at in reach
        for start, end in spans(hours, WEEK[(WEEK.index(day) + at) % len(WEEK)])
    )


def _next(day: str, today: date) -> date:
    """Return the first such weekday on or after `today`."""
    return today + timedelta(days=(WEEK.index(day) - today.weekday()) % len(WEEK))


def _days(value: object, today: date) -> tuple[str, ...]:
    names = value if isinstance(value, (list, tuple)) else [value]
    found: list[str] = []
    for name in (str(one or "").casefold() for one in names):
        if name in {"today", "tonight", "tomorrow"}:
            found.append(WEEK[(today + timedelta(days=name == "tomorrow")).weekday()])
        found += _GROUPS.get(name, tuple(day for day in WEEK if name[:3] == day))
    return tuple(dict.fromkeys(found))
