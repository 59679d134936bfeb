"""What is written in a way that the specification allows, or that servers allow themselves: references, numbers, names.

Everybody is in 37402 and their facts are plain; only how they are written is odd.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

from bot.sandbox.synthetic.shapes import NUCC, PLANNET, concept, extension, nested, reference
from bot.sandbox.world import Resource
from tests.kit.hostile.shapes import (
    affiliation,
    code,
    one_of,
    open_on,
    organization,
    person,
    phones,
    place,
    role,
    service,
    simple,
    takes,
)

_NETWORK = f"{PLANNET}network-reference"
_SERVER = "http://payer.test/fhir/r4"


def build(today: date) -> Iterator[Resource]:
    """The cases about ways of writing."""
    yield from _references()
    yield from _by_words()
    yield from _numbers()
    yield from _conflict()
    yield from _names()
    yield from _spelled()
    yield from _today(today)
    yield from _unsaid()
    yield from _inside()
    yield from _houses()


def _network(value: Resource) -> Resource:
    return extension(_NETWORK, "Reference", value)


def _references() -> Iterator[Resource]:
    """Versioned, whole addresses of this server and of another, a contained network."""
    answer, of = takes("newpt")["extension"][0], {"reference": "Organization/net-s/_history/1"}
    versions: dict[str, Any] = {
        "location": [{"reference": "Location/everyversion-at/_history/7"}],
        "extension": [
            _network({"reference": "Organization/net-s/_history/2"}),
            nested(f"{PLANNET}newpatients", [answer, extension("fromNetwork", "Reference", of)]),
        ],
    }
    yield from simple("everyversion", "Abel Versions, MD", **versions)
    whole: dict[str, Any] = {
        "location": [{"reference": f"{_SERVER}/Location/whole-at"}],
        "extension": [_network({"reference": f"{_SERVER}/Organization/net-s"})],
    }
    yield from simple("whole", "Bea Whole, MD", **whole)
    other = _network({"reference": "https://other.example/fhir/Organization/net-p"})
    yield from simple("othernet", "Cal Othernet, MD", "s", extension=[other])
    inside = organization("n", "Blue Network S", "ntwk")
    yield from simple("innernet", "Dot Inner, MD", contained=[inside], extension=[_network({"reference": "#n"})])


def _by_words() -> Iterator[Resource]:
    """A network that is only called by its name, one only by a number, and one that is nothing."""
    yield from simple("netname", "Eli Netname, MD", extension=[_network({"display": "Blue Network S"})])
    number = {"identifier": {"system": "urn:payer:networks", "value": "S-1"}}
    yield from simple("netnumber", "Fay Netnumber, MD", extension=[_network(number)])
    yield from simple("netempty", "Gil Netempty, MD", "s", extension=[_network({}), {"url": _NETWORK}])


def _numbers() -> Iterator[Resource]:
    """One telephone each, written in another way, or words where a number should be."""
    written = {
        "uri": [{"system": "phone", "value": "tel:+1-423-555-0310"}],
        "plus": [{"system": "phone", "value": "+14235550310"}],
        "dots": [{"system": "phone", "value": "423.555.0310"}],
        "same": [{"system": "phone", "value": "4235550310"}, {"system": "phone", "value": "(423) 555-0310"}],
        "rank": phones("4235550666", rank=2) + phones("4235550310", rank=1),
        "pager": [{"system": "pager", "value": "4235550666"}, {"system": "phone", "value": "4235550310"}],
        "none": [{"system": "phone", "value": "N/A"}],
        "zeros": [{"system": "phone", "value": "000-000-0000"}],
        "nines": [{"system": "phone", "value": "9999999999"}],
        "empty": [{"system": "phone"}, {"system": "phone", "value": " "}],
    }
    for kind, numbers in written.items():
        yield from one_of("dial", kind, at={"telecom": numbers})


def _conflict() -> Iterator[Resource]:
    """A number for the role, the place, the service, the person and the group, each another; and of a person alone."""
    yield organization("rival-house", "Rival House", telecom=phones("(423) 555-0325"))
    yield service("rival-s", ("rivals-at",), telecom=phones("(423) 555-0323"))
    yield from simple(
        "rivals",
        "Hal Rivals, MD",
        "s",
        telecom=phones("(423) 555-0321"),
        organization=reference("Organization/rival-house"),
        healthcareService=[reference("HealthcareService/rival-s")],
        at={"phone": "(423) 555-0322"},
        who={"telecom": phones("(423) 555-0324")},
    )
    old = {"system": "phone", "value": "(423) 555-0666", "use": "old"}
    mobile = {"system": "phone", "value": "(423) 555-0667", "use": "mobile", "period": {"end": "2020-01-01"}}
    own = [old, mobile, *phones("(423) 555-0331", use="work")]
    yield from simple("ownphone", "Ida Ownphone, MD", "s", at={"phone": ""}, who={"telecom": own})


def _names() -> Iterator[Resource]:
    """A name that is over before the one that holds; parts without a text; a text of blanks."""
    written: dict[str, list[Resource]] = {
        "maiden": [
            {"use": "maiden", "text": "Jo Before", "family": "Before"},
            {"use": "official", "text": "Jo Afterwards, MD", "family": "Afterwards"},
        ],
        "over": [
            {"text": "Ken Formerly", "family": "Formerly", "period": {"end": "2019-12-31"}},
            {"text": "Ken Presently, MD", "family": "Presently"},
        ],
        "parts": [{"family": "Inparts", "given": ["Lia", "Q."], "suffix": ["MD"]}],
        "blank": [{"text": "  ", "family": "Blankly", "given": ["Max"]}],
    }
    for kind, names in written.items():
        yield from simple(f"name{kind}", "", "s")
        yield person(f"name{kind}-who", "") | {"name": names}


def _spelled() -> Iterator[Resource]:
    """States by name, ZIPs without their dash, blanks around a town; languages by words and regions."""
    where = {"line": ["1 spelled St"], "city": " Chattanooga ", "state": "Tennessee", "postalCode": "374021234"}
    yield from simple("spelled", "Ned Spelled, MD", "s", at={"phone": "(423) 555-0341", "address": where})
    for kind, tongue in (("region", concept("urn:ietf:bcp:47", "es-MX")), ("words", {"text": "Spanish"})):
        yield from one_of("speaks", kind, who={"communication": [tongue]}, at={"phone": "(423) 555-0342"})
    oid = {"coding": [{"system": "urn:oid:2.16.840.1.113883.6.101", "code": code("oid")}]}
    yield from simple("oid", "Ola Oid, MD", "s", specialty=[oid])
    bare = {"coding": [{"code": code("bare2")}], "text": "Case bare2"}
    yield from simple("bare2", "Pia Bare, MD", "s", specialty=[{"text": "Other"}, {"coding": [{"system": NUCC}]}, bare])


def _today(today: date) -> Iterator[Resource]:
    """A role whose last day is today, one whose first day is, and a network whose only role is switched off."""
    yield from simple("lastday", "Quin Lastday, MD", "s", period={"end": f"{today}"})
    yield from simple("firstday", "Ray Firstday, MD", "s", period={"start": f"{today}"})
    yield from simple("netoff", "Sue Netoff, MD", "s")
    yield role("netoff-r2", "netoff-who", "netoff-at", "netoff", "p", active=False)
    yield role("netoff-r3", "netoff-who", "netoff-at", "netoff", "l", period={"end": "2024-01-01"})
    hours = [open_on("mon tue wed thu fri", "08:00", "17:00"), {"daysOfWeek": ["sat"], "availableStartTime": "09:00"}]
    yield from simple("halfopen", "Tim Halfopen, MD", "s", availableTime=hours)


def _unsaid() -> Iterator[Resource]:
    """Records that say nowhere whether they hold."""
    for made in simple("silentrole", "Una Silent, MD", "s"):
        yield {name: value for name, value in made.items() if name not in {"active", "status"}}


def _inside() -> Iterator[Resource]:
    """A group that is contained in the role, a place that is only called by its name, a service that is contained."""
    house = organization("o", "Harbor Inner Group")
    yield from simple("innerhouse", "Vic Innerhouse, MD", "s", contained=[house], organization={"reference": "#o"})
    yield from simple("placename", "Wyn Placename, MD", "s", location=[{"display": "Lakeside Annex"}])
    given: dict[str, Any] = {"resourceType": "HealthcareService", "id": "h", "telecom": phones("(423) 555-0361")}
    inner: dict[str, Any] = {"contained": [given], "healthcareService": [{"reference": "#h"}]}
    yield from simple("innerservice", "Xia Innerservice, MD", "s", at={"phone": ""}, **inner)
    twin = simple("tworoles", "Yul Tworoles, MD", "s")
    yield from twin
    yield {**twin[-1], "id": "tworoles-r2"}
    yield {**twin[-1], "id": "tworoles-r3", "telecom": phones("423-555-0100")}


def _houses() -> Iterator[Resource]:
    """A laboratory that is contained in its tie, one of a versioned tie, and one whose tie to a network has ended."""
    lab = organization("o", "Inner Laboratory", "fac")
    yield place("innerlab-at", "1 innerlab St", phone="(423) 555-0351", town=("Signal Mountain", "37377"))
    tie = affiliation("innerlab-tie", "x", ("innerlab-at",), "laboratory", "s", contained=[lab])
    yield {**tie, "participatingOrganization": {"reference": "#o"}}
    yield organization("versionlab", "Version Laboratory", "fac")
    yield place("versionlab-at", "1 versionlab St", phone="(423) 555-0352", town=("Signal Mountain", "37377"))
    made = affiliation("versionlab-tie", "versionlab", (), "laboratory", "s")
    yield {
        **made,
        "participatingOrganization": {"reference": "Organization/versionlab/_history/3"},
        "location": [{"reference": "Location/versionlab-at/_history/2"}],
    }
    yield organization("exlab", "Former Laboratory", "fac")
    yield place("exlab-at", "1 exlab St", phone="(423) 555-0353", town=("Signal Mountain", "37377"))
    yield affiliation("exlab-tie", "exlab", ("exlab-at",), "laboratory", "p")
    yield affiliation("exlab-tie2", "exlab", ("exlab-at",), "laboratory", "s", period={"end": "2024-01-01"})
