"""Hours that cross midnight, of two time zones, of the whole day, or not given; dates that are still to come."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from bot.sandbox.synthetic.shapes import reference
from bot.sandbox.world import Resource
from tests.kit.hostile.shapes import one_of, open_on, person, place, role, service, simple

_WEEK = "mon tue wed thu fri"
_EVERY = f"{_WEEK} sat sun"


def _away(today: date) -> Iterator[Resource]:
    """Everybody has the same hours; one is on leave, one was, one will be, and of one only words tell."""
    office = [open_on(_EVERY, "08:00", "17:00")]
    spans = {"leave": (-2, 9), "was": (-9, -2), "later": (30, 40)}
    for kind, (first, last) in spans.items():
        during = {"start": f"{today + timedelta(days=first)}", "end": f"{today + timedelta(days=last)}"}
        away = [{"description": f"On {kind}", "during": during}]
        times: dict[str, Any] = {"availableTime": office, "notAvailable": away}
        yield from one_of("off", kind, at={"phone": "(423) 555-0502"}, **times)
    closed = {"availabilityExceptions": "Closed on public holidays"}
    yield from one_of("off", "words", at=closed, availableTime=office)
    during = {"start": f"{today}", "end": f"{today + timedelta(days=1)}"}
    yield service("off-s", ("off-service-at",), availableTime=office, notAvailable=[{"during": during}])
    given = [reference("HealthcareService/off-s")]
    yield from one_of("off", "service", healthcareService=given)


def _ages() -> Iterator[Resource]:
    """Whom somebody treats, in words, in a range, with the answer about new patients, and of none."""
    cases: dict[str, Resource] = {
        "words": {"eligibility": [{"comment": "Patients ages 5 through 12"}]},
        "grown": {"eligibility": [{"code": {"text": "Adults 18 and older"}}]},
        "other": {"eligibility": [{"comment": "Referral needed"}]},
        "range": {"extension": [{"url": "https://payer.example/age-range", "valueRange": {"high": {"value": 17}}}]},
    }
    yield place("age-at", "1 age St", phone="(423) 555-0503")
    for kind, elements in cases.items():
        yield service(f"age-{kind}-s", ("age-at",), **elements)
        given = [reference(f"HealthcareService/age-{kind}-s")]
        yield person(f"age-{kind}", f"Age {kind}, MD")
        yield role(f"age-{kind}-r", f"age-{kind}", "age-at", "age", "s", healthcareService=given)


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
        yield from one_of("hours", kind, at={"phone": "(423) 555-0500"}, availableTime=times)
    for town, name in ((("Chattanooga", "37402"), "Eastern"), (("Nashville", "37203"), "Central")):
        where, office = {"phone": "(423) 555-0501", "town": town}, [open_on(_WEEK, "08:00", "17:00")]
        yield from one_of("zone", name, at=where, availableTime=office)
    yield from _away(today)
    yield from _ages()
    later = f"{today + timedelta(days=400)}T00:00:00Z"
    yield from simple("future", "Fred Future, MD", "s", meta={"lastUpdated": later})
    yield from simple("undated", "Una Dated, MD", "s", meta={})
    yield from simple(
        "garbage", "Gil Garbage, MD", "s", availableTime=[{"daysOfWeek": ["someday"], "availableStartTime": "25:99"}]
    )
