from collections import Counter, defaultdict

import pytest

from bot.sandbox.synthetic.shapes import FORMULARY
from bot.sandbox.world import Resource, World


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
