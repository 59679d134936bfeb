"""Offices as they are run: hours in several entries, towns beside the border of a zone, no place, other numbers."""

from collections.abc import Iterator
from typing import Any

from bot.sandbox.synthetic.shapes import NPI, PLANNET, extension
from bot.sandbox.world import Resource
from tests.kit.hostile.people import NPIS
from tests.kit.hostile.shapes import affiliation, one_of, open_on, organization, phones, simple

_WEEK = ["mon", "tue", "wed", "thu", "fri"]
_CENTRAL = {"Crossville": "38555", "Jamestown": "38556", "Jasper": "37347", "Pikeville": "37367"}
_EASTERN = {"Dayton": "37321", "Kingston": "37763"}


def build() -> Iterator[Resource]:
    """The cases about offices."""
    yield from _hours()
    yield from _zones()
    yield from _numbers()
    yield from _placeless()
    other = extension(
        f"{PLANNET}network-reference", "Reference", {"reference": "https://old.example/Organization/net-s"}
    )
    yield from simple("awaynet", "Absol Awaynet, MD", extension=[other])


def _hours() -> Iterator[Resource]:
    """A lunch hour between two entries that meet, a night, a weekend with an absence, times without days, midnight."""
    written: dict[str, dict[str, Any]] = {
        "split": {
            "hoursOfOperation": [
                {"daysOfWeek": _WEEK, "openingTime": "08:00:00", "closingTime": "12:00:00"},
                {"daysOfWeek": _WEEK, "openingTime": "12:00:00", "closingTime": "18:00:00"},
            ]
        },
        "night": {"hoursOfOperation": [{"daysOfWeek": ["wed"], "openingTime": "20:00:00", "closingTime": "04:00:00"}]},
        "weekend": {"hoursOfOperation": [{"daysOfWeek": ["sat", "sun"], "allDay": True}]},
    }
    off = {"notAvailable": [{"description": "Memorial Day", "during": {"start": "2026-05-23", "end": "2026-05-25"}}]}
    roles: dict[str, dict[str, Any]] = {
        "weekend": off,
        "daysless": {"availableTime": [{"availableStartTime": "08:00:00", "availableEndTime": "17:00:00"}]},
        "midnight": {"availableTime": [{**open_on("wed", "09:00", "00:00"), "allDay": False}]},
        "daysend": {"availableTime": [open_on("wed", "09:00", "24:00")]},
    }
    for kind in dict.fromkeys([*written, *roles]):
        yield from one_of(
            "office", kind, at={"phone": "(423) 555-0510", **written.get(kind, {})}, **roles.get(kind, {})
        )


def _zones() -> Iterator[Resource]:
    """Open until five by their own clock, on both sides of the border between Central and Eastern time."""
    for town, zip_code in (_CENTRAL | _EASTERN).items():
        where = {"phone": "(423) 555-0520", "town": (town, zip_code)}
        yield from one_of("border", town, at=where, availableTime=[open_on("wed", "08:00", "17:00")])


def _numbers() -> Iterator[Resource]:
    """An NPI by its OID beside a number of the staff's, and one that is old beside the one that holds."""
    written: dict[str, list[tuple[str, str, str | None]]] = {
        "oid": [("http://staff.example", NPIS[1], None), ("urn:oid:2.16.840.1.113883.4.6", NPIS[2], None)],
        "old": [(NPI, NPIS[3], "old"), (NPI, NPIS[0], "official")],
    }
    for kind, numbers in written.items():
        of = [{"system": system, "value": value, **({"use": use} if use else {})} for system, value, use in numbers]
        yield from simple(f"number{kind}", f"Number {kind}, MD", "p", who={"identifier": of})


def _placeless() -> Iterator[Resource]:
    """An organization that is no place and runs none; its record has an address to go to and one for bills."""
    where = {"city": "Chattanooga", "state": "TN", "postalCode": "37402"}
    written = [{"line": ["30 Solo St"], **where}, {"use": "billing", "line": ["31 Bill Blvd"], **where}]
    numbers = [{"system": "fax", "value": "(423) 555-0530"}, *phones("(423) 555-0531")]
    yield organization("solo", "Solo Infirmary", "fac", address=written, telecom=numbers)
    yield affiliation("solo-tie", "solo", (), "member", "s")
