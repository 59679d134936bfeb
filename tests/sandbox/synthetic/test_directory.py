from collections import Counter, defaultdict
from datetime import date, timedelta

import pytest

from bot.sandbox.synthetic import geography
from bot.sandbox.synthetic.shapes import FORMULARY
from bot.sandbox.world import Resource, World


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


def extensions(resource: Resource) -> dict[str, list[Resource]]:
    """A resource's extensions by the last part of their address."""
    found = defaultdict(list)
    for one in resource["extension"]:
        found[one["url"].removeprefix(f"{FORMULARY}usdf-").removesuffix("-extension")].append(one)
    return found


def test_three_lists_of_four_hundred(world: World) -> None:
    """Three plans each list at least 400 drugs, and each drug names one of them."""
    plans = [one["identifier"][0]["value"] for one in world.of_type("List")]
    drugs = Counter(extensions(one)["PlanID"][0]["valueString"] for one in world.of_type("MedicationKnowledge"))
    assert set(drugs) == set(plans)
    assert len(plans) == 3
    assert min(drugs.values()) >= 400


def test_every_tier_is_defined(world: World) -> None:
    """A drug's tier is one that its plan's list defines, with a cost at a pharmacy."""
    tiers = {
        one["identifier"][0]["value"]: {
            tier["extension"][0]["valueCodeableConcept"]["coding"][0]["code"]
            for tier in extensions(one)["DrugTierDefinition"]
        }
        for one in world.of_type("List")
    }
    for drug in world.of_type("MedicationKnowledge"):
        said = extensions(drug)
        tier = said["DrugTierID"][0]["valueCodeableConcept"]["coding"][0]["code"]
        assert tier in tiers[said["PlanID"][0]["valueString"]]


@pytest.mark.parametrize("word", ["metformin", "lisinopril", "atorvastatin", "[Ozempic]", "[Humira]", "insulin"])
def test_well_known_drugs_are_listed(world: World, word: str) -> None:
    """Names that members ask about are on at least one list."""
    names = [one["code"]["coding"][0]["display"] for one in world.of_type("MedicationKnowledge")]
    assert any(word in name for name in names)


def test_limits_are_sometimes_unsaid(world: World) -> None:
    """Prior authorization is true for some drugs, false for some, and not said for some."""
    said = {
        (extensions(one)["PriorAuthorization"] or [{"valueBoolean": None}])[0]["valueBoolean"]
        for one in world.of_type("MedicationKnowledge")
    }
    assert said == {True, False, None}


def test_alternatives_are_on_the_same_list(world: World) -> None:
    """A dear drug's alternative is another drug of the same plan."""
    drugs = world.resources["MedicationKnowledge"]
    found = 0
    for drug in drugs.values():
        said = extensions(drug)
        for one in said["DrugAlternatives"]:
            other = drugs[one["valueReference"]["reference"].split("/")[1]]
            assert extensions(other)["PlanID"] == said["PlanID"]
            assert other["id"] != drug["id"]
            found += 1
    assert found > 50
