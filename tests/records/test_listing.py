from datetime import date
from typing import Any

import pytest

from bot.records.bundle import read_page
from bot.records.decode import Unreadable
from bot.records.directory import NETWORK_REFERENCE, NEW_PATIENTS, NPI
from bot.records.joined import Directory, join
from bot.records.listing import Listing, by_place
from bot.records.provider import Location, Organization, Practitioner
from bot.records.shapes import Key
from tests.records.made import Json, bundle, coded, raw

NUCC = "http://nucc.org/provider-taxonomy"
NET_S, NET_P = Key("Organization", "net-s"), Key("Organization", "net-p")


def network(id_: str) -> Json:
    """The extension that puts a role into a network."""
    return {"url": NETWORK_REFERENCE, "valueReference": {"reference": f"Organization/{id_}"}}


def openings(answer: str, id_: str | None = None) -> Json:
    """The extension that says whether new patients are taken."""
    parts: list[Json] = [{"url": "acceptingPatients", "valueCodeableConcept": coded(answer)}]
    if id_:
        parts.append({"url": "fromNetwork", "valueReference": {"reference": f"Organization/{id_}"}})
    return {"url": NEW_PATIENTS, "extension": parts}


def role(**elements: Any) -> Json:
    """A cardiologist's role at one place in network S."""
    return {
        "resourceType": "PractitionerRole",
        "id": "r1",
        "active": True,
        "meta": {"lastUpdated": "2024-08-01T00:00:00Z"},
        "practitioner": {"reference": "Practitioner/7", "display": "Dr. G. Okafor"},
        "organization": {"reference": "Organization/clinic", "display": "Cedar Clinic"},
        "location": [{"reference": "Location/east", "display": "East Campus"}],
        "specialty": [coded("207RC0000X", NUCC, display="Cardiovascular Disease Physician")],
        "extension": [network("net-s"), network("net-p"), openings("newpt", "net-s"), openings("nopt", "net-p")],
        **elements,
    }


PRACTITIONER: Json = {
    "resourceType": "Practitioner",
    "id": "7",
    "identifier": [{"system": NPI, "value": "1234567893"}],
    "name": [{"text": "Grace Okafor, MD"}],
    "gender": "female",
    "communication": [coded("es", "urn:ietf:bcp:47"), {"text": "Igbo"}],
    "qualification": [{"code": coded("MD", "http://terminology.hl7.org/CodeSystem/v2-0360")}],
}
PLACE: Json = {
    "resourceType": "Location",
    "id": "east",
    "status": "active",
    "name": "Cedar Clinic East",
    "telecom": [{"value": "(423) 555-0142"}, {"system": "fax", "value": "(423) 555-0143", "rank": 1}],
    "address": {"line": ["979 E 3rd St"], "city": "Chattanooga", "state": "TN", "postalCode": "37403-2136"},
    "position": {"latitude": 35.05, "longitude": -85.29},
}
NETWORK: Json = {
    "resourceType": "Organization",
    "id": "net-s",
    "name": "Blue Network S",
    "type": [coded("ntwk", "http://hl7.org/fhir/us/davinci-pdex-plan-net/CodeSystem/OrgTypeCS")],
    "partOf": {"reference": "Organization/payer"},
}


def joined(*resources: Json) -> tuple[Listing, ...]:
    """The listings of a page of these."""
    return join(read_page(bundle(*resources, mode=None), "PractitionerRole").entries)


def test_a_listing_holds_all_that_a_filter_needs() -> None:
    """Network, specialty, place, gender, language and openings can each be checked again (T44, F32)."""
    (found,) = joined(role(), PRACTITIONER, PLACE, NETWORK)
    assert found.name == "Grace Okafor, MD"
    assert [n.name for n in found.networks] == ["Blue Network S", None]
    assert found.specialty_codes == {"207RC0000X"}
    assert (found.accepting(NET_S), found.accepting(NET_P), found.accepting("net-x")) == ("newpt", "nopt", None)
    assert found.accepting() is None
    assert found.practitioner is not None
    assert (found.practitioner.gender, found.practitioner.languages) == ("female", ("es", "Igbo"))
    assert (found.practitioner.credentials, found.practitioner.npi) == (("MD",), "1234567893")
    (place,) = found.locations
    assert (place.city, place.state, place.zip5, place.position) == ("Chattanooga", "TN", "37403", (35.05, -85.29))
    assert [one.value for one in place.phones if one.system is None] == ["(423) 555-0142"]
    assert found.sources == ((found.role,), (place,), (), ())
    assert found.last_updated is not None


def test_missing_includes_degrade_to_displays() -> None:
    """What did not come along is named by its display, and nothing is fetched for it (F34)."""
    (found,) = joined(role())
    assert (found.name, found.organization_name, found.place_names) == (
        "Dr. G. Okafor",
        "Cedar Clinic",
        ("East Campus",),
    )
    assert found.locations == ()
    assert found.sources == ((found.role,), (), (), ())


def test_a_role_without_a_person_is_its_organization() -> None:
    """Anonymous roles are legal in Plan-Net; a person without any name stays without one."""
    (found,) = joined(role(practitioner=None))
    assert found.name == "Cedar Clinic"
    (unnamed,) = joined(role(practitioner={"identifier": {"value": "9"}}))
    assert unnamed.name is None


def test_openings_may_stand_on_the_place_or_without_a_network() -> None:
    """A place's answer counts when the role gives none; one for no network holds for every network."""
    (found,) = joined(role(extension=[network("net-s")]), {**PLACE, "extension": [openings("existptonly")]})
    assert found.accepting(NET_S) == "existptonly"
    assert found.accepting() == "existptonly"
    (silent,) = joined(role(extension=[network("net-s")]))
    assert silent.accepting(NET_S) is None


def test_what_a_role_of_several_places_says_comes_before_what_a_place_says_of_all() -> None:
    """The place takes new patients, the doctor who works there and elsewhere does not."""
    places = [{"reference": "Location/east"}, {"reference": "Location/west"}]
    of_two = role(location=places, extension=[network("net-s"), openings("nopt")])
    found = by_place(joined(of_two, {**PLACE, "extension": [openings("newpt")]})[0])
    assert [one.accepting(NET_S) for one in found] == ["nopt"] * len(found)
    assert found


@pytest.mark.parametrize(
    ("elements", "active"),
    [
        ({}, True),
        ({"active": False}, False),
        ({"active": None}, True),
        ({"period": {"end": "2024-01-31"}}, False),
        ({"period": {"start": "2025-01-01"}}, False),
    ],
)
def test_ended_roles_are_not_active(elements: Json, active: bool) -> None:
    """A switched-off, past or future role is not of today."""
    (found,) = joined(role(**elements))
    assert found.active(date(2024, 9, 1)) is active


def test_a_role_on_two_pages_is_one_listing_and_damage_is_counted() -> None:
    """Pages can be fed one by one; what came later completes what came before."""
    directory = Directory()
    for resources in (
        [role()],
        [role(), PRACTITIONER],
        [{"resourceType": "Practitioner", "id": "8", "name": [3] * 99}],
    ):
        directory.add(read_page(bundle(*resources, mode=None), "PractitionerRole").entries)
    (found,) = directory.listings()
    assert found.name == "Grace Okafor, MD"
    assert directory.unreadable == 1


def test_absolute_and_urn_references_find_their_targets() -> None:
    """Servers that write absolute or urn references are joined like the others (F34)."""
    body = raw(
        {
            "resourceType": "Bundle",
            "entry": [
                {
                    "resource": role(
                        practitioner={"reference": "https://p.example/r4/Practitioner/7"},
                        location=[{"reference": "urn:uuid:east"}],
                    )
                },
                {"resource": PRACTITIONER},
                {"fullUrl": "urn:uuid:east", "resource": PLACE},
            ],
        }
    )
    (found,) = join(read_page(body, "PractitionerRole").entries)
    assert found.name == "Grace Okafor, MD"
    assert found.locations[0].name == "Cedar Clinic East"


def test_odd_places_and_people_are_read() -> None:
    """Null Island is no position, a missing address none, an unknown gender no gender; a network has its own type."""
    place = Location(raw({"resourceType": "Location", "id": "x", "position": {"latitude": 0, "longitude": 0}}))
    assert (place.position, place.city, place.zip5, place.active) == (None, None, None, True)
    assert Practitioner(raw({"resourceType": "Practitioner", "id": "x", "gender": "banana"})).gender is None
    with pytest.raises(Unreadable):
        Practitioner(b"[]")
    network = Organization(raw(NETWORK))
    assert (network.is_network, network.part_of) == (True, Key("Organization", "payer"))
