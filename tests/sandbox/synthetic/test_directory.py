import json
from collections import Counter, defaultdict
from datetime import date, timedelta
from typing import Any

import pytest

from bot.sandbox.synthetic import geography
from bot.sandbox.synthetic.shapes import CARIN, FORMULARY
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


VISIT = {"professional", "institutional", "oral"}


def claims(world: World, username: str) -> list[Resource]:
    """A member's claims, newest service first; those without a day last."""
    patients = {f"Patient/{key}" for key in world.accounts[username].patients}
    found = [one for one in world.of_type("ExplanationOfBenefit") if one["patient"]["reference"] in patients]
    return sorted(found, key=lambda one: str(one["item"][0].get("servicedDate", "")), reverse=True)


def kind(claim: Resource) -> str:
    """The claim's type."""
    return str(claim["type"]["coding"][0]["code"])


def visits(world: World, username: str) -> list[Resource]:
    """Only claims of visits."""
    return [one for one in claims(world, username) if kind(one) in VISIT]


def total(claim: Resource) -> dict[str, float]:
    """Totals by category."""
    return {one["category"]["coding"][0]["code"]: one["amount"]["value"] for one in claim.get("total", ())}


def labels(claim: Resource) -> set[str]:
    """The security labels of the resource."""
    return {one["code"] for one in claim["meta"].get("security", ())}


def test_both_published_shapes_and_every_kind_of_claim(world: World) -> None:
    """Claims come in both versions of the guide and in every profile that each has, and approvals in theirs."""
    profiles = {one["meta"]["profile"][0] for one in world.of_type("ExplanationOfBenefit") if "meta" in one}
    names = {"Professional-NonClinician", "Inpatient-Institutional", "Outpatient-Institutional", "Pharmacy"}
    wanted = {f"{CARIN}C4BB-ExplanationOfBenefit-{name}|{version}" for name in names for version in ("1.1.0", "2.0.0")}
    pdex = "http://hl7.org/fhir/us/davinci-pdex/StructureDefinition/pdex-priorauthorization|2.1.0"
    assert profiles == wanted | {f"{CARIN}C4BB-ExplanationOfBenefit-Oral|2.0.0", pdex}


def test_replaced_claims_point_at_each_other(world: World) -> None:
    """Each claim that replaces another is named by it, by claim number."""
    found: dict[str, dict[str, Any]] = {one["identifier"][0]["value"]: one for one in claims(world, "theo")}
    pairs = 0
    for number, claim in found.items():
        for related in claim.get("related", ()):
            if related["relationship"]["coding"][0]["code"] == "prior":
                older = found[related["reference"]["value"]]
                assert older["related"][0]["reference"]["value"] == number
                pairs += 1
    assert pairs == 2
    assert min(total(one)["memberliability"] for one in found.values()) == -60


def test_part_2_is_labelled_in_every_way(world: World) -> None:
    """Jesse's claims carry the label on the resource, as a basis, on a line, on a contained program, and not at all."""
    found = claims(world, "jesse")
    texts = [json.dumps(one) for one in found]
    assert any("42CFRPart2" in labels(one) for one in found)
    assert any("extension-sec-label-basis" in text for text in texts)
    assert any("extension-inline-sec-label" in text for text in texts)
    assert any("42CFRPart2" in json.dumps(one.get("contained", [])) for one in found)
    bare = [text for text in texts if "42CFRPart2" not in text]
    assert any("F11.20" in text for text in bare)


def test_the_deductible_takes_ezras_visit(world: World) -> None:
    """Ezra owes the whole price of his last visit, and the plan paid nothing."""
    last = total(visits(world, "ezra")[0])
    assert last["memberliability"] == last["deductible"] == last["eligible"] == 880.40
    assert last["benefit"] == 0


def test_junes_visits_tie(world: World) -> None:
    """Three of June's live visits fall on one day, after which she has only claims that are none."""
    live = [one for one in visits(world, "june") if one["status"] == "active" and one["use"] == "claim"]
    assert len({one["item"][0]["servicedDate"] for one in live[:3]}) == 1
    assert {one["status"] for one in claims(world, "june")} == {"active", "cancelled", "entered-in-error", "draft"}


def test_an_older_shape_has_no_newer_category(world: World) -> None:
    """Version 1.1 marks payment status among the totals, version 2.0 never does."""
    for claim in world.of_type("ExplanationOfBenefit"):
        if "meta" in claim and claim["meta"]["profile"][0].endswith("|2.0.0"):
            assert "innetwork" not in total(claim)
    walter = [one for one in claims(world, "walter") if kind(one) != "professional" and kind(one) != "oral"]
    assert all({"innetwork", "outofnetwork"} & set(total(one)) for one in walter)


@pytest.mark.parametrize("username", ["dana", "keisha", "walter", "rosa"])
def test_ordinary_members_have_two_years(world: World, username: str, today: date) -> None:
    """An ordinary member's claims reach back most of two years and are all of kinds that exist."""
    found = claims(world, username)
    assert len(found) >= 30
    assert found[-1]["item"][0]["servicedDate"] < str(today.replace(day=1, year=today.year - 1))
