"""What is over, switched off or still to come, and proves nothing."""

from collections.abc import Iterator
from datetime import date, timedelta

from bot.sandbox.synthetic.shapes import reference
from bot.sandbox.world import Resource
from tests.kit.hostile.shapes import affiliation, organization, person, phones, place, role, simple


def build(today: date) -> Iterator[Resource]:
    """The cases about ends; each has somebody of the same specialty who is there."""
    past, coming = str(today - timedelta(days=9)), str(today + timedelta(days=9))
    ended: dict[str, Resource] = {
        "off": {"active": False},
        "past": {"period": {"end": past}},
        "coming": {"period": {"start": coming}},
    }
    for kind, elements in ended.items():
        yield from simple(f"role{kind}", f"Role {kind}, MD", "s", **elements)
    yield from simple("personoff", "Person off, MD", "s", who={"active": False})
    for status in ("inactive", "suspended"):
        yield from simple(f"place{status}", f"Place {status}, MD", "s", at={"status": status})
    yield organization("gonehouse", "Gone House", active=False)
    yield from simple("houseoff", "House off, MD", "s", organization=reference("Organization/gonehouse"))
    yield from _phones(past, coming)
    yield from _moved()
    yield organization("endedrx", "Ended Drugs", "fac")
    yield place("endedrx-at", "5 Store St", phone="(423) 555-0145")
    yield affiliation("endedrx-tie", "endedrx", ("endedrx-at",), "pharmacy", "s", period={"end": past})


def _phones(past: str, coming: str) -> Iterator[Resource]:
    """Numbers that are old, over or not yet; the place's own is right."""
    odd: dict[str, Resource] = {
        "old": {"use": "old"},
        "over": {"period": {"end": past}},
        "soon": {"period": {"start": coming}},
    }
    for kind, elements in odd.items():
        yield from simple(f"phone{kind}", f"Phone {kind}, MD", "s", telecom=phones("(423) 555-0666", **elements))


def _moved() -> Iterator[Resource]:
    """One of two places is closed: the other one's facts stand, and the closed one's network proves nothing."""
    yield person("moved-who", "Mo Moved, MD")
    yield place("moved-old", "1 moved St", phone="(423) 555-0667") | {"status": "inactive"}
    yield place("moved-new", "2 moved St", phone="(423) 555-0301")
    yield role("moved-r1", "moved-who", "moved-old", "moved", "p")
    yield role("moved-r2", "moved-who", "moved-new", "moved", "s")
