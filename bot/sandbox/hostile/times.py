"""Hours that cross midnight, of two time zones, of the whole day, or not given; dates that are still to come."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from bot.sandbox.hostile.shapes import open_on, person, place, role, simple
from bot.sandbox.world import Resource

_WEEK = "mon tue wed thu fri"
_EVERY = f"{_WEEK} sat sun"


def build(today: date) -> Iterator[Resource]:
    """The cases about time."""
    hours = {
        "office": [open_on(_WEEK, "08:00", "17:00")],
        "saturday": [open_on(f"{_WEEK} sat", "09:00", "13:00")],
        "evening": [open_on(_WEEK, "12:00", "20:00")],
        "night": [open_on(_EVERY, "18:00", "02:00")],
        "always": [open_on(_EVERY)],
        "silent": [],
    }
    for kind, times in hours.items():
        yield person(f"hours-{kind}", f"Hours {kind}, MD")
        yield place(f"hours-{kind}-at", f"1 {kind} St", phone="(423) 555-0500")
        yield role(f"hours-{kind}-r", f"hours-{kind}", f"hours-{kind}-at", "hours", "s", availableTime=times)
    for town, name in ((("Chattanooga", "37402"), "Eastern"), (("Nashville", "37203"), "Central")):
        yield person(f"zone-{name}", f"Zone {name}, MD")
        yield place(f"zone-{name}-at", f"1 {name} St", phone="(423) 555-0501", town=town)
        office = [open_on(_WEEK, "08:00", "17:00")]
        yield role(f"zone-{name}-r", f"zone-{name}", f"zone-{name}-at", "zone", "s", availableTime=office)
    later = f"{today + timedelta(days=400)}T00:00:00Z"
    yield from simple("future", "Fred Future, MD", "s", meta={"lastUpdated": later})
    yield from simple("undated", "Una Dated, MD", "s", meta={})
    yield from simple(
        "garbage", "Gil Garbage, MD", "s", availableTime=[{"daysOfWeek": ["someday"], "availableStartTime": "25:99"}]
    )
