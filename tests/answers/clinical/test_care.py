"""Conditions, procedures, care plans and filled medications: what the records say, and no more."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.records.text import lines_of
from tests.answers.asking import Resource, Shelf, answered, concept, owned, public
from tests.answers.made import PART_2, claim

XHTML = '<div xmlns="http://www.w3.org/1999/xhtml">'
NDC = "http://hl7.org/fhir/sid/ndc"
PHARMACY = {"type": concept("pharmacy", "http://terminology.hl7.org/CodeSystem/claim-type")}


def record(kind: str, key: str, name: str, **elements: object) -> Resource:
    """A clinical record of the member."""
    return {
        "resourceType": kind,
        "id": key,
        "status": "completed",
        "code": {"text": name},
        "subject": {"reference": "Patient/p1"},
        **elements,
    }


async def test_conditions_that_go_on_come_before_those_that_are_over() -> None:
    """With the date at the precision that it was written in."""
    said = await answered(
        "clinical.conditions",
        record("Condition", "a", "Sprained ankle", clinicalStatus=concept("resolved"), onsetDateTime="2026-01-02"),
        record("Condition", "b", "Asthma", clinicalStatus=concept("active"), onsetDateTime="2019-03"),
        record("Condition", "c", "Rash", verificationStatus=concept("provisional"), recordedDate="2026-05-01"),
    )
    assert "Your plan's records list 3 conditions:" in said.text
    assert "1. Rash · written down May 1, 2026 · not confirmed" in said.text
    assert "2. Asthma · since March 2019" in said.text
    assert "3. Sprained ankle · since January 2, 2026 · recorded as resolved" in said.text


@pytest.mark.parametrize("status", ["entered-in-error", "refuted"])
async def test_what_was_refuted_is_not_listed(status: str) -> None:
    """A condition that was taken back is nobody's condition."""
    said = await answered("clinical.conditions", record("Condition", "a", "Gout", verificationStatus=concept(status)))
    assert "Gout" not in said.text


async def test_procedures_come_newest_first_with_an_unusual_status_said() -> None:
    """What was not done is never shown as done."""
    said = await answered(
        "clinical.procedures",
        record("Procedure", "a", "Knee scan", performedDateTime="2025-02-03"),
        record(
            "Procedure", "b", "Colonoscopy", performedPeriod={"start": "2026-02-03T08:00:00-06:00"}, status="not-done"
        ),
        record("Procedure", "c", "Mistake", status="entered-in-error"),
    )
    assert "1. Colonoscopy · February 3, 2026 · not done" in said.text
    assert "2. Knee scan · February 3, 2025" in said.text
    assert "Mistake" not in said.text


async def test_care_that_only_a_claim_tells_is_dated_by_the_claim() -> None:
    """An MRI has a day where the plan decided on one, though no procedure of it is on record."""
    ct = "http://www.ama-assn.org/go/cpt"
    item = [{"sequence": 1, "servicedDate": "2026-04-02", "productOrService": concept("73721", ct)}]
    scan = claim("m", "2026-04-02", {"memberliability": 40}, item=item, provider={"display": "Knox Imaging"})
    other = record("Procedure", "p", "Suture of wound", performedDateTime="2026-01-03")
    said = await answered("clinical.procedures", scan, other, slots={"service": "mri"})
    assert said.text.startswith("By your claims, your last MRI was on April 2, 2026 with Knox Imaging.")
    assert "I see no" not in said.text
    assert "Suture" not in said.text
    marked = await answered("clinical.procedures", scan | {"meta": PART_2}, other, slots={"service": "mri"})
    assert "April 2" not in marked.text
    none = await answered(
        "clinical.procedures", other, slots={"service": "mri"}, shelf=Shelf((other,), down=("ExplanationOfBenefit",))
    )
    assert "I see no MRI" in none.text


async def test_a_none_names_both_places_and_the_other_one_is_looked_at_first() -> None:
    """Neither record nor claim; and where no claim shows it, the record does."""
    none = await answered("clinical.procedures", slots={"service": "mri"})
    assert "I see no MRI in your plan's clinical records, and none in your claims." in none.text
    assert "may show" not in none.text
    scan = {
        "resourceType": "Procedure",
        "id": "p",
        "status": "completed",
        "subject": {"reference": "Patient/p1"},
        "code": concept("73721", "http://www.ama-assn.org/go/cpt", "MRI of the knee"),
        "performedDateTime": "2026-02-03",
    }
    for intent in ("claim.detail", "claim.visits", "claim.last_visit_cost", "claim.list"):
        said = await answered(intent, scan, slots={"service": "mri"})
        assert "I see no MRI in your claims" in said.text
        assert "Your plan's clinical records list one: MRI of the knee, February 3, 2026." in said.text


@pytest.mark.parametrize(
    ("intent", "kind"),
    [("clinical.conditions", "Condition"), ("clinical.procedures", "Procedure"), ("clinical.care_plan", "CarePlan")],
)
async def test_labelled_records_are_counted_until_they_are_asked_for(intent: str, kind: str) -> None:
    """Part 2 records: a count and a button first; then the records with the current statement (F48, T33)."""
    row = record(kind, "a", "Opioid use disorder", title="Opioid use disorder", meta=PART_2)
    hidden = await answered(intent, row)
    assert "Opioid" not in hidden.text
    assert "Your plan marks 1 record as private" in hidden.text
    assert hidden.ask.report.sources == []
    shown = await answered(intent, row, show="yes", language="es")
    assert "Opioid use disorder" in shown.text
    assert "42 CFR part 2 prohibits unauthorized use or disclosure of these records." in shown.text


async def test_a_care_plan_is_its_narrative_without_markup() -> None:
    """Often the narrative is all that a plan holds; its tags and scripts are not shown."""
    div = (
        f"{XHTML}<p>Walk <b>daily</b> &amp; rest</p><script>x()</script><ul><li>No salt</li><li>No salt</li></ul></div>"
    )
    plan = record(
        "CarePlan", "a", "", title="Heart plan", text={"div": div}, activity=[{"detail": {"description": "See Dr Lee"}}]
    )
    said = await answered("clinical.care_plan", plan | {"status": "active"})
    assert said.text.startswith("Heart plan\nActive\nWalk daily & rest\nNo salt\nSee Dr Lee\n[")
    assert "x()" not in said.text


async def test_several_care_plans_open_one_by_one() -> None:
    """First lines in the list, the whole by button; the category goes with every search (US Core)."""
    div = XHTML + "".join(f"<p>Step {n}</p>" for n in range(9)) + "</div>"
    plans = [record("CarePlan", key, "", title=f"Plan {key}", text={"div": div}) for key in "ab"]
    said = await answered("clinical.care_plan", *plans)
    assert "Step 3" in said.text
    assert "Step 4" not in said.text
    assert said.shelf.queries[0][1]["category"] == ["assess-plan"]
    whole = await answered("clinical.care_plan", *plans, id="b")
    assert "Step 8" in whole.text


@given(st.text())
def test_no_narrative_leaves_a_line_break_inside_a_line(text: str) -> None:
    """Whatever the payer wrote, lines are single lines of visible text."""
    assert all("\n" not in line and line.strip() == line and line for line in lines_of(f"{XHTML}{text}</div>"))


def fill(key: str, day: str, name: str, **elements: object) -> Resource:
    """A pharmacy claim."""
    drug = {"coding": [{"system": NDC, "code": "0001"}], "text": name}
    days = {"sequence": 1, "category": concept("dayssupply"), "valueQuantity": {"value": 30}}
    made: Resource = {
        "item": [{"sequence": 1, "servicedDate": day, "productOrService": drug}],
        "supportingInfo": [days],
    }
    return claim(key, day, {"memberliability": 5}) | PHARMACY | made | elements


async def test_medications_are_the_fills_of_the_last_year_by_drug() -> None:
    """Claims are the only record of drugs here, and the answer says so."""
    said = await answered(
        "clinical.medications",
        fill("a", "2026-03-01", "metformin 500 mg"),
        fill("b", "2026-04-01", "metformin 500 mg"),
        fill("c", "2026-05-01", "lisinopril 10 mg"),
        fill("old", "2024-05-01", "amoxicillin"),
        claim("visit", "2026-05-02", {"memberliability": 5}),
    )
    assert "From your pharmacy claims since May 20, 2025, 2 medicines" in said.text
    assert "1. lisinopril 10 mg · filled May 1, 2026 for 30 days\n   1 fill" in said.text
    assert "2. metformin 500 mg · filled April 1, 2026 for 30 days\n   2 fills" in said.text
    assert "amoxicillin" not in said.text
    assert "Filled isn't the same as taken" in said.text


@pytest.mark.parametrize(
    "elements", [{"status": "cancelled"}, {"payment": {"type": concept("denied")}}, {"use": "predetermination"}]
)
async def test_what_was_never_dispensed_under_the_plan_is_no_medication(elements: dict[str, object]) -> None:
    """Cancelled and refused claims are no fills."""
    said = await answered("clinical.medications", fill("a", "2026-04-01", "metformin", **elements))
    assert "metformin" not in said.text


async def test_a_labelled_fill_is_counted_not_named() -> None:
    """The drug's name alone can tell what somebody is treated for."""
    said = await answered("clinical.medications", fill("a", "2026-04-01", "buprenorphine", meta=PART_2))
    assert "buprenorphine" not in said.text
    assert "[Show it here]" in said.text
    shown = await answered("clinical.medications", fill("a", "2026-04-01", "buprenorphine", meta=PART_2), show="yes")
    assert "buprenorphine" in shown.text


async def test_a_compound_is_named_by_its_ingredients() -> None:
    """CARIN codes a compound as such and puts the drugs beneath it."""
    parts = [{"productOrService": {"text": name}} for name in ("ketamine", "lidocaine")]
    line = {"sequence": 1, "servicedDate": "2026-04-01", "productOrService": concept("compound"), "detail": parts}
    said = await answered("clinical.medications", fill("a", "2026-04-01", "", item=[line]))
    assert "1. ketamine, lidocaine ·" in said.text


@pytest.mark.parametrize("language", ["en", "es"])
async def test_the_public_examples_are_answered(language: str) -> None:
    """HL7's US Core conditions, procedures and care plan, and CARIN's pharmacy claims."""
    spoken = "es" if language == "es" else "en"
    for intent, kind in (("conditions", "Condition"), ("procedures", "Procedure"), ("care_plan", "CarePlan")):
        said = await answered(f"clinical.{intent}", *owned(public("hl7-us-core-3.1.1", kind)), language=spoken)
        assert "<" not in said.text
        assert said.ask.report.gaps == []
    for folder in ("hl7-carin-bb-1.1.0", "hl7-carin-bb-2.0.0"):
        claims = owned(public(folder, "ExplanationOfBenefit"))
        span = {"date_range": {"start": "2010-01-01", "end": None}}
        assert (await answered("clinical.medications", *claims, slots=span, language=spoken)).text


async def test_a_row_of_another_patient_is_left_out_and_counted() -> None:
    """A wrong patient's row is never shown (F31)."""
    stranger = record("Condition", "x", "Gout", subject={"reference": "Patient/p2"})
    said = await answered("clinical.conditions", shelf=Shelf((stranger, record("Condition", "a", "Asthma"))))
    assert "Gout" not in said.text
    assert [gap.kind for gap in said.ask.report.gaps] == ["left_out"]


async def test_a_care_plan_of_another_category_is_found() -> None:
    """A filter that finds nothing proves no "none"."""
    shelf = Shelf((record("CarePlan", "a", "", title="Heart plan"),), blind=("category",))
    assert "Heart plan" in (await answered("clinical.care_plan", shelf=shelf)).text
