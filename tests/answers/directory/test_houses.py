"""Places and services are found by their own names, as organizations are; and so is whoever works there."""

from typing import Any

import pytest

from bot.sandbox.synthetic.shapes import reference
from bot.sandbox.world import World
from tests.answers.asking import Resource, concept
from tests.answers.directory.asking import answered, person, place, role
from tests.answers.directory.test_odd_directory import SERVERS, listed

HEART = {"specialty": [{"coding": [{"system": "http://nucc.org/provider-taxonomy", "code": "207RC0000X"}]}]}
GROUP = {"resourceType": "Organization", "id": "grp", "name": "Volunteer Medical Group", "type": [concept("prvgrp")]}
CLINIC = place("clinic", "3 River Rd") | {
    "name": "Riverbend Clinic",
    "managingOrganization": reference("Organization/grp"),
    "telecom": [{"system": "phone", "value": "4235550133"}],
}
OTHER = place("other", "9 Far St", "Memphis", "38103") | {"managingOrganization": reference("Organization/grp")}
SERVICE = {
    "resourceType": "HealthcareService",
    "id": "heart",
    "active": True,
    "name": "Chattanooga Heart Center",
    "providedBy": reference("Organization/grp"),
    "location": [reference("Location/clinic")],
    "telecom": [{"system": "phone", "value": "4235550144"}],
    **HEART,
}
TIED = {
    "resourceType": "OrganizationAffiliation",
    "id": "a1",
    "active": True,
    "participatingOrganization": reference("Organization/grp"),
    "location": [reference("Location/clinic")],
    "network": [reference("Organization/S") | {"display": "Blue Network S"}],
}
ELSEWHERE = TIED | {
    "id": "a2",
    "location": [reference("Location/other")],
    "network": [reference("Organization/P") | {"display": "Blue Network P"}],
}
SHELF: tuple[Resource, ...] = (GROUP, CLINIC, OTHER, SERVICE, TIED, ELSEWHERE)


@pytest.mark.parametrize(
    ("name", "number"), [("Riverbend Clinic", "(423) 555-0133"), ("Chattanooga Heart Center", "(423) 555-0144")]
)
async def test_a_place_or_a_service_is_told_of_by_its_own_name(name: str, number: str) -> None:
    """Its own phone and address, and the networks that its organization is affiliated to there."""
    summary, text, _ = await answered("provider.detail", *SHELF, slots={"provider_name": name})
    assert f"{number} is the number of {name}" in text or number in text
    assert "3 River Rd, Chattanooga, TN 37402" in text
    assert "Blue Network S" in text
    assert "Blue Network P" not in text
    reference = summary.reference  # type: ignore[attr-defined] # the pack's modules have no importable names
    slots: dict[str, object] = {"provider_name": reference, "network": "Blue Network P"}
    _, text, _ = await answered("provider.in_network", *SHELF, slots=slots)
    assert f"No. {name} is listed in Blue Network S at 3 River Rd" in text


async def test_an_organization_of_the_name_stands_for_its_places() -> None:
    """The place that is called like its organization is not offered beside it."""
    own = CLINIC | {"name": "Volunteer Medical Group"}
    summary, _, _ = await answered("provider.detail", GROUP, own, TIED, slots={"provider_name": GROUP["name"]})
    assert summary.reference == "Organization/grp"  # type: ignore[attr-defined]


def _staffed() -> World:
    world = World()
    at_service = {"healthcareService": [reference("HealthcareService/heart")], **HEART}
    made: Any = (
        person("kim", "Minh Kim, DO"),
        person("lee", "Ana Lee, MD"),
        person("roe", "Jo Roe, MD"),
        role("r1", "kim", "clinic", "S", **HEART),
        role("r2", "lee", None, "S", **at_service),
        role("r3", "roe", "other", "S", **HEART),
    )
    for one in (*SHELF, *made):
        world.add(one)
    return world


@pytest.mark.parametrize("server", sorted(SERVERS))
@pytest.mark.parametrize(
    ("house", "names"),
    [("Riverbend Clinic", ["Ana Lee, MD", "Minh Kim, DO"]), ("Chattanooga Heart Center", ["Ana Lee, MD"])],
)
async def test_who_works_at_a_place_or_in_a_service(server: str, house: str, names: list[str]) -> None:
    """By the place or by the service that their role names, on every kind of server."""
    found = await listed(server, "provider.find", {"organization": house}, of=_staffed())
    assert sorted(str(card.name) for card in found) == names


async def test_a_service_is_of_the_kind_that_its_people_are() -> None:
    """Plan-Net's services carry the specialties of who gives them: 225100000X is a physical therapist's."""
    therapy = {"specialty": [concept("225100000X")], "name": "River Rehab", "location": [reference("Location/clinic")]}
    slots: dict[str, object] = {"facility_type": "physical_therapy", "location": {"city": "Chattanooga", "state": "TN"}}
    summary, text, _ = await answered("facility.find", GROUP, CLINIC, SERVICE | therapy, slots=slots)
    assert [card.phone for card in summary.cards] == ["(423) 555-0133"]  # type: ignore[attr-defined]
    assert "1 physical therapy place within 10 miles of Chattanooga" in text


async def test_each_place_of_an_organization_has_its_own_city() -> None:
    """One affiliation of several places; and nobody is asked to be found at themselves."""
    towns = {"Riverbend Clinic": "Chattanooga", "Beale Clinic": "Memphis", "Oak Clinic": "Dover"}
    places = [
        place(f"l{number}", "1 Main St", city) | {"name": name} for number, (name, city) in enumerate(towns.items())
    ]
    tied = TIED | {"location": [reference(f"Location/l{number}") for number in range(3)]}
    slots: dict[str, object] = {"provider_name": GROUP["name"], "organization": GROUP["name"]}
    summary, text, _ = await answered("provider.affiliations", GROUP, *places, tied, slots=slots)
    ties = {tie.name: tie.cities for tie in summary.groups}  # type: ignore[attr-defined]
    assert ties == {name: (city,) for name, city in towns.items()}
    assert "doesn't show" not in text
