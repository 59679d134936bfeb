from collections import Counter
from datetime import date, timedelta

import pytest

from bot.sandbox.synthetic import geography
from bot.sandbox.world import World


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
