"""Drugs on the member's own list: tier, limits, cost, alternatives, and what an absence does not mean."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.records.formulary import Drug, DrugList
from tests.answers.asking import Resource, Shelf, answered, concept, public
from tests.answers.made import coverage, named, usd
from tests.records.made import raw

X = "http://hl7.org/fhir/us/davinci-drug-formulary/StructureDefinition/"
OTHER_PLAN = coverage() | {"class": [named("plan", "P-9", "Other")]}


def drug_list(key: str = "l1", plan: str = "P-1", title: str = "Plain List", **cost: object) -> Resource:
    """A list whose generic tier costs $10 at a network pharmacy."""
    sharing = {"pharmacyType": concept("1-month-in-retail"), "copayOption": concept("charge"), **cost}
    parts: list[Resource] = [{"url": "copayAmount", "valueMoney": usd(10)}]
    parts += [
        {"url": name, "valueCodeableConcept": value} for name, value in sharing.items() if isinstance(value, dict)
    ]
    parts += [{"url": name, "valueDecimal": value} for name, value in sharing.items() if isinstance(value, float)]
    tier = [
        {"url": "drugTierID", "valueCodeableConcept": concept("generic", "t")},
        {"url": "costSharing", "extension": parts},
    ]
    return {
        "resourceType": "List",
        "id": key,
        "status": "current",
        "title": title,
        "identifier": [{"value": plan}],
        "code": concept("DRUGPOL"),
        "extension": [{"url": f"{X}usdf-DrugTierDefinition-extension", "extension": tier}],
    }


def drug(key: str, name: str, plan: str = "P-1", tier: str = "generic", **limits: object) -> Resource:
    """A drug on a plan's list."""
    extensions: list[Resource] = [
        {"url": f"{X}usdf-PlanID-extension", "valueString": plan},
        {"url": f"{X}usdf-DrugTierID-extension", "valueCodeableConcept": concept(tier, "t")},
    ]
    extensions += [
        {"url": f"{X}usdf-{n}-extension", "valueBoolean": v} for n, v in limits.items() if isinstance(v, bool)
    ]
    extensions += [
        {"url": f"{X}usdf-{n}-extension", "valueReference": v} for n, v in limits.items() if isinstance(v, dict)
    ]
    coded = {"coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "1", "display": name}]}
    return {"resourceType": "MedicationKnowledge", "id": key, "code": coded, "extension": extensions}


METFORMIN = drug("d1", "metformin hydrochloride 500 MG Oral Tablet", PriorAuthorization=False, QuantityLimit=True)


async def test_tier_limits_and_cost_come_from_the_members_own_list() -> None:
    """Another plan's row for the same drug says nothing about this member."""
    stranger = drug("d2", "metformin hydrochloride 500 MG Oral Tablet", plan="P-9", tier="specialty")
    said = await answered(
        "formulary.drug_coverage",
        coverage(),
        drug_list("l9", "P-9", "Other List"),
        drug_list(),
        stranger,
        METFORMIN,
        slots={"drug": "metformin"},
    )
    assert said.text.startswith(
        "Yes. $10.00 a month at a network pharmacy. No approval needed.\nmetformin · Generic tier. "
    )
    assert "Specialty" not in said.text


async def test_names_are_asked_for_as_stu1_writes_them() -> None:
    """Parameters are CamelCase, and without :contains a strength in front would hide the drug (fhir-notes 8)."""
    said = await answered("formulary.drug_coverage", coverage(), drug_list(), METFORMIN, slots={"drug": "metformin"})
    asked = next(query for kind, query in said.shelf.queries if kind == "MedicationKnowledge")
    assert asked["DrugName:contains"] == ["metformin"]
    assert asked["DrugPlan"] == ["P-1"]


@pytest.mark.parametrize("refused", [{"DrugName:contains"}, {"DrugPlan"}, {"DrugName:contains", "DrugPlan"}, {"code"}])
async def test_a_server_that_refuses_a_parameter_gets_the_question_without_it(refused: set[str]) -> None:
    """The answer stays the same, filtered here (F36)."""
    others = [drug("d3", "lisinopril 10 MG Oral Tablet"), drug("d4", "metformin 850 MG", plan="P-9")]
    shelf = Shelf((coverage(), drug_list(), METFORMIN, *others), refused=refused)
    said = await answered("formulary.drug_coverage", slots={"drug": "metformin"}, shelf=shelf)
    assert said.text.startswith("Yes. $10.00 a month")
    assert "lisinopril" not in said.text
    assert "850" not in said.text


async def test_a_brand_that_is_not_there_is_looked_up_by_its_ingredient() -> None:
    """Brand and ingredient are both searched before anything is called not found."""
    said = await answered(
        "formulary.drug_coverage",
        coverage(),
        drug_list(),
        METFORMIN,
        slots={"drug": "glucophage"},
        known={"glucophage": "metformin"},
    )
    assert "glucophage isn't under that name on your plan's drug list, Plain List, but metformin is" in said.text


async def test_an_unknown_drug_gets_the_nearest_names_and_never_not_covered() -> None:
    """A list that lacks a drug proves nothing about coverage: it may spell it another way."""
    said = await answered(
        "formulary.drug_coverage",
        coverage(),
        drug_list(),
        drug("d5", "metolazone 5 MG Oral Tablet"),
        slots={"drug": "metolazon"},
    )
    assert "metolazone" in said.text  # found: the words stand in the name
    lost = await answered(
        "formulary.drug_coverage",
        coverage(),
        drug_list(),
        drug("d5", "metolazone 5 MG Oral Tablet"),
        slots={"drug": "metalozone"},
    )
    assert "I didn't find metalozone on the Plain List" in lost.text
    assert "not covered" not in lost.text
    assert "[metolazone]" in lost.text


async def test_a_list_is_asked_for_when_the_plan_matches_none() -> None:
    """No list is taken for the member's own by guess."""
    lists = (drug_list(), drug_list("l2", "P-2", "Second List"))
    said = await answered("formulary.drug_coverage", OTHER_PLAN, *lists, METFORMIN, slots={"drug": "metformin"})
    assert "I couldn't match your plan to one of the drug lists here." in said.text
    assert "[Plain List] [Second List]" in said.text
    chosen = await answered(
        "formulary.drug_coverage", OTHER_PLAN, *lists, METFORMIN, slots={"drug": "metformin"}, list="l1"
    )
    assert chosen.text.startswith("Yes. $10.00 a month")
    assert "This is Plain List; I don't know that it is yours." in chosen.text


@pytest.mark.parametrize(
    ("cost", "words"),
    [
        ({"copayOption": concept("no-charge")}, "No charge at a network pharmacy."),
        (
            {"copayOption": concept("no-charge-after-deductible")},
            "No charge after your deductible, at a network pharmacy.",
        ),
        (
            {"copayOption": concept("after-deductible")},
            "After your deductible you pay $10.00 a month at a network pharmacy.",
        ),
        (
            {"copayOption": concept("not-applicable"), "coinsuranceRate": 0.2, "coinsuranceOption": concept("charge")},
            "You pay 20 % of the price at a network pharmacy.",
        ),
        (
            {"coinsuranceRate": 0.25, "coinsuranceOption": concept("charge")},
            "$10.00 and 25 % a month at a network pharmacy.",
        ),
        (
            {"coinsuranceRate": 0.0, "coinsuranceOption": concept("not-applicable")},
            "$10.00 a month at a network pharmacy.",
        ),
    ],
)
async def test_a_tiers_cost_reads_by_its_options(cost: dict[str, Any], words: str) -> None:
    """Copay, percentage, both or neither, before or after the deductible: as the option codes say."""
    said = await answered(
        "formulary.drug_coverage", coverage(), drug_list(**cost), METFORMIN, slots={"drug": "metformin"}
    )
    assert said.text.startswith(f"Yes. {words}")


async def test_alternatives_come_by_tier_with_the_same_ingredient_marked() -> None:
    """What the list itself points at, and the brand's own ingredient; no class is guessed."""
    brand = drug(
        "b",
        "atorvastatin 10 MG Oral Tablet [Lipitor]",
        tier="brand",
        DrugAlternatives={"reference": "MedicationKnowledge/z", "display": "x"},
    )
    said = await answered(
        "formulary.alternatives",
        coverage(),
        drug_list(),
        brand,
        drug("g", "atorvastatin 10 MG Oral Tablet"),
        drug("z", "ezetimibe 10 MG Oral Tablet", tier="preferred-generic"),
        slots={"drug": "lipitor"},
        known={"lipitor": "atorvastatin"},
    )
    assert said.text.index("1. ezetimibe") < said.text.index("2. atorvastatin · same ingredient")
    assert "Only your prescriber can say which of them suits you." in said.text


async def test_an_alternative_that_cannot_be_read_keeps_its_name() -> None:
    """A dangling reference degrades to its words (F34)."""
    brand = drug(
        "b", "Brando 10 MG", DrugAlternatives={"reference": "MedicationKnowledge/gone", "display": "Plainol 5 MG"}
    )
    said = await answered("formulary.alternatives", coverage(), drug_list(), brand, slots={"drug": "brando"})
    assert "1. Plainol 5 MG" in said.text
    assert "the list gives no more about it" in said.text


async def test_the_members_list_stands_apart_from_the_others() -> None:
    """The own list first, with the date that it carries."""
    said = await answered(
        "formulary.drug_lists", coverage(), drug_list("l2", "P-2", "Second List"), drug_list() | {"date": "2026-05-01"}
    )
    assert said.text.startswith("Your plan uses this drug list:\nPlain List · dated May 1, 2026")
    assert "1. Second List" in said.text


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("intent", ["drug_coverage", "alternatives", "drug_lists"])
async def test_the_guides_own_examples_are_answered(intent: str, language: str) -> None:
    """HL7's STU1 examples, each drug by its plan's list; their http addresses make no button."""
    rows = [
        *public("hl7-drug-formulary-1.1.0-stu1", "List"),
        *public("hl7-drug-formulary-1.1.0-stu1", "MedicationKnowledge"),
    ]
    for name in ("percocet", "acetaminophen", "unknownium"):
        spoken = "es" if language == "es" else "en"
        said = await answered(
            f"formulary.{intent}", coverage(), *rows, slots={"drug": name}, language=spoken, list=rows[0]["id"]
        )
        assert said.text
        assert "http://" not in said.text


@pytest.mark.parametrize(
    ("name", "ingredient"),
    [
        ("24 HR metformin hydrochloride 500 MG Extended Release Oral Tablet", "metformin hydrochloride"),
        ("0.25 MG, 0.5 MG Dose 3 ML semaglutide 0.68 MG/ML Pen Injector [Ozempic]", "semaglutide"),
        (
            "acetaminophen 325 MG / oxycodone hydrochloride 5 MG Oral Tablet [Percocet]",
            "acetaminophen / oxycodone hydrochloride",
        ),
    ],
)
def test_the_ingredient_is_what_rxnorm_writes_before_the_strength(name: str, ingredient: str) -> None:
    """A dose in front of the name is no part of it."""
    assert Drug(raw(drug("d", name))).ingredient == ingredient


@given(st.text(max_size=200))
def test_no_name_breaks_the_reading(name: str) -> None:
    """Whatever a payer writes, a drug is read and has an ingredient that can be compared."""
    assert isinstance(Drug(raw(drug("d", name))).ingredient, str)


def test_a_list_of_something_else_is_no_formulary() -> None:
    """List is a general resource: problem lists and the like are left alone."""
    assert not DrugList(raw({"resourceType": "List", "id": "x", "status": "current"})).is_formulary


async def test_a_drug_list_of_another_code_is_found() -> None:
    """By its tiers, where no list has the guide's code; and a list of something else is none."""
    odd = drug_list() | {"code": concept("formulary")}
    shelf = Shelf((coverage(), odd, METFORMIN), blind=("code",))
    said = await answered("formulary.drug_coverage", slots={"drug": "metformin"}, shelf=shelf)
    assert said.text.startswith("Yes. $10.00 a month")
