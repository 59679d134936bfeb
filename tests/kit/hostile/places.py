"""Facts of one place beside another's; ZIPs and positions that are missing, mistyped or half a globe away."""

from collections.abc import Iterator
from typing import Any

from bot.sandbox.synthetic.shapes import reference
from bot.sandbox.world import Resource
from tests.kit.hostile.shapes import access, one_of, person, phones, place, position, role, service, simple, takes

NEAR, FAR = "(423) 555-0201", "(423) 555-0202"


def build() -> Iterator[Resource]:
    """The cases about places."""
    yield from _two("firstrole", of_far={"telecom": phones("(423) 555-0299")})
    yield from _two("nets", near=("s",), far=("p",))
    yield from _two("openings", of_near={"extension": [takes("nopt")]}, of_far={"extension": [takes("newpt")]})
    yield from _two("dates", of_far={"meta": {"lastUpdated": "2024-05-01T00:00:00Z"}})
    yield from _shared()
    yield from _services()
    yield from _zips()
    yield from _positions()
    yield from _counties()
    yield from simple("noaddress", "Vic Nowhere, MD", "s", location=[])
    yield from _bare_places()
    yield from simple("ramp", "Wyn Ramp, MD", "s", at={"phone": NEAR, "extension": [access("handiaccess")]})
    yield place("ramp-at2", "2 ramp St", phone=FAR, extension=[access("pubtrans")])
    yield person("ramp-who2", "Xia Step, MD")
    yield role("ramp-r2", "ramp-who2", "ramp-at2", "ramp", "s")


def _bare_places() -> Iterator[Resource]:
    """A place that has a position and a name alone, one that has only a city, and one that is far off."""
    cases: dict[str, Resource] = {
        "point": {"position": position(35.047, -85.31), "name": "Riverside Tent"},
        "away": {"position": position(35.15, -90.05), "name": "Memphis Tent"},
        "town": {"address": {"city": "Chattanooga", "state": "TN"}},
    }
    for kind, elements in cases.items():
        yield person(f"bare-{kind}", f"Bare {kind}, MD")
        made = {"resourceType": "Location", "id": f"bare-{kind}-at", "status": "active", "telecom": phones(NEAR)}
        yield {**made, **elements}
        yield role(f"bare-{kind}-r", f"bare-{kind}", f"bare-{kind}-at", "bare", "s")


def _two(case: str, near: tuple[str, ...] = ("s",), far: tuple[str, ...] = ("s",), **of: Any) -> Iterator[Resource]:
    """One person at a near and at a farther place; the farther role comes first."""
    yield person(f"{case}-who", f"Two {case}, MD")
    yield place(f"{case}-far", f"9 {case} St", phone=FAR, town=("Ooltewah", "37363"))
    yield place(f"{case}-near", f"1 {case} St", phone=NEAR)
    yield role(f"{case}-r1", f"{case}-who", f"{case}-far", case, *far, **of.get("of_far", {}))
    yield role(f"{case}-r2", f"{case}-who", f"{case}-near", case, *near, **of.get("of_near", {}))


def _shared() -> Iterator[Resource]:
    """One role of two places with a phone of its own; a phone that is the person's home."""
    yield from _two("shared", near=(), far=())
    both = [reference("Location/shared-near"), reference("Location/shared-far")]
    yield role("shared-r1", "shared-who", None, "shared", "s", location=both, telecom=phones("(423) 555-0298"))
    yield role("shared-r2", "shared-who", None, "shared", "s", location=both)
    home = phones("(423) 555-0297", use="home")
    yield from simple("homephone", "Abe Home, MD", "s", at={"phone": ""}, who={"telecom": home})
    numbers = [{"system": "fax", "value": "(423) 555-0296", "rank": 1}, {"value": "(423) 555-0295"}]
    yield from simple("faxfirst", "Bea Fax, MD", "s", at={"telecom": numbers})


def _services() -> Iterator[Resource]:
    """Video visits are given at one of two places; a service that is no more gave them at another person's."""
    yield from _two("video")
    yield service("video-s1", ("video-far",), virtual="virtual")
    yield service("video-s2", ("video-near",), virtual="physical")
    for key, where in (("r1", "far"), ("r2", "near")):
        given = [reference("HealthcareService/video-s1"), reference("HealthcareService/video-s2")]
        yield role(f"video-{key}", "video-who", f"video-{where}", "video", "s", healthcareService=given)
    yield person("video-old", "Cal Old, MD")
    yield service("video-s3", ("video-near",), virtual="virtual", active=False)
    ended = [reference("HealthcareService/video-s3")]
    yield role("video-r3", "video-old", "video-near", "video", "s", healthcareService=ended)
    yield person("served-who", "Dee Served, MD")
    yield place("served-at", "1 served St")
    yield service("served-s", ("served-at",), telecom=phones("(423) 555-0203"))
    yield role(
        "served-r", "served-who", None, "served", "s", healthcareService=[reference("HealthcareService/served-s")]
    )


def _zips() -> Iterator[Resource]:
    """One person each at a place whose ZIP is wrong in another way; all are in Chattanooga."""
    odd = {"none": "", "typo": "3740", "letters": "E7402", "retired": "37499", "far": "38103", "plus": "37402-1234"}
    for kind, zip_code in odd.items():
        yield from one_of("zip", kind, at={"phone": NEAR, "town": ("Chattanooga", zip_code)})
    yield from one_of("zip", "upper", at={"phone": NEAR, "town": ("CHATTANOOGA", "")})
    yield from one_of("zip", "else", at={"phone": NEAR, "town": ("Memphis", "38103")})


def _positions() -> Iterator[Resource]:
    """Everybody is in 37402, wherever the position says; one is in Memphis and says Chattanooga's position."""
    odd = {"zero": (0, 0), "minus": (35.05, 85.31), "swapped": (-85.31, 35.05), "pole": (91, 200)}
    for kind, where in {**{kind: position(*pair) for kind, pair in odd.items()}, "empty": {}}.items():
        yield from one_of("pos", kind, at={"phone": NEAR, "position": where})
    yield from one_of("pos", "memphis", at={"town": ("Memphis", "38103"), "position": position(35.05, -85.31)})


def _counties() -> Iterator[Resource]:
    """Hamilton, the next county, the next state, and a county that the record itself writes."""
    towns = {
        "hamilton": ("Chattanooga", "37402"),
        "bradley": ("Cleveland", "37311"),
        "written": ("Cleveland", "37312"),
        "georgia": ("Rossville", "30741"),
        "memphis": ("Memphis", "38103"),
        "nashville": ("Nashville", "37203"),
    }
    states = {"georgia": "GA"}
    for kind, town in towns.items():
        who, made, tie = one_of("county", kind, at={"phone": NEAR, "town": town, "state": states.get(kind, "TN")})
        made["address"] |= {"district": "Hamilton County"} if kind == "written" else {}
        yield from (who, made, tie)
