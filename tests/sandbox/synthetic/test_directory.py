from collections import Counter
from datetime import date, timedelta

import pytest

from bot.sandbox.synthetic import geography
from bot.sandbox.synthetic.shapes import PLANNET
from bot.sandbox.world import Resource, World

CARDIOLOGY = {"207RC0000X", "207RI0011X", "207RC0001X"}


def networks(role: Resource) -> set[str]:
    """The ids of the networks that a role is in."""
    url = f"{PLANNET}network-reference"
    return {one["valueReference"]["reference"] for one in role["extension"] if one["url"] == url}


def accepting(role: Resource) -> set[str]:
    """The networks for which a role takes new patients."""
    found = set()
    for one in role["extension"]:
        if one["url"] == f"{PLANNET}newpatients":
            kind, network = one["extension"]
            if kind["valueCodeableConcept"]["coding"][0]["code"] == "newpt":
                found.add(network["valueReference"]["reference"])
    return found


def cardiology_near_chattanooga(world: World) -> list[Resource]:
    """Active heart care roles at ZIP codes that begin with 374."""
    locations = world.resources["Location"]
    return [
        role
        for role in world.of_type("PractitionerRole")
        if role["active"]
        and role["specialty"][0]["coding"][0]["code"] in CARDIOLOGY
        and locations[role["location"][0]["reference"].removeprefix("Location/")]["address"]["postalCode"][:3] == "374"
    ]


def test_the_state_is_covered(world: World) -> None:
    """At least 600 practitioners work in all 95 counties, in at least 40 specialties."""
    counties = {one["address"].get("district") for one in world.of_type("Location")} - {None}
    specialties = {one["specialty"][0]["coding"][0]["code"] for one in world.of_type("PractitionerRole")}
    assert len(counties) == 95
    assert len({place.county for place in geography.places().values()}) == 95
    assert len(list(world.of_type("Practitioner"))) >= 600
    assert len(specialties) >= 40


def test_five_networks_and_eight_plans(world: World) -> None:
    """Each network is part of the payer, and each plan names its networks."""
    kinds = Counter(one["type"][0]["coding"][0]["code"] for one in world.of_type("Organization"))
    plans = list(world.of_type("InsurancePlan"))
    assert kinds["ntwk"] == 5
    assert kinds["payer"] == 1
    assert len(plans) == 8
    assert all(plan["network"] and plan["plan"][0]["network"] for plan in plans)


@pytest.mark.parametrize("letter", ["s", "p", "l"])
def test_heart_care_near_chattanooga(world: World, letter: str) -> None:
    """Each commercial network lists somebody near Chattanooga who takes new patients."""
    network = f"Organization/network-{letter}"
    roles = cardiology_near_chattanooga(world)
    assert any(network in networks(role) & accepting(role) for role in roles)


def test_heart_care_differs_in_kind(world: World) -> None:
    """Near Chattanooga there are women, Spanish speakers, and people who take nobody new."""
    roles = cardiology_near_chattanooga(world)
    people = [world.resources["Practitioner"][role["practitioner"]["reference"].split("/")[1]] for role in roles]
    assert {person["gender"] for person in people} == {"female", "male"}
    assert any(tag["coding"][0]["code"] == "es" for person in people for tag in person["communication"])
    assert any(not accepting(role) for role in roles)


def test_listings_age(world: World, today: date) -> None:
    """Some listings are older than 90 days, most are younger, some have no date, and some have ended."""
    roles = list(world.of_type("PractitionerRole"))
    dates = [role["meta"].get("lastUpdated", "")[:10] for role in roles]
    limit = str(today - timedelta(days=90))
    assert 0.1 < sum(day < limit for day in dates if day) / len(dates) < 0.8
    assert any(not day for day in dates)
    ended = [role for role in roles if not role["active"]]
    assert ended
    assert all(role["period"]["end"] <= str(today) for role in ended)


@pytest.mark.parametrize(
    "category", ["hospital", "urgent", "pharmacy", "laboratory", "outpatient", "nurseCustodial", "behavioral"]
)
def test_places_of_care_are_affiliated(world: World, category: str) -> None:
    """Each kind of facility is in a network, with a point on the map and a service."""
    found = [one for one in world.of_type("OrganizationAffiliation") if one["code"][0]["coding"][0]["code"] == category]
    assert found
    for one in found:
        location = world.resources["Location"][one["location"][0]["reference"].split("/")[1]]
        assert one["network"]
        assert 34 < location["position"]["latitude"] < 37
        assert one["healthcareService"]
