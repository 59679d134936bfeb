"""Whole answers in shapes that were once told wrongly: plans over time, clocks, zones, parts of a search, approvals."""

import json

import httpx
import pytest

from tests.answers.asking import Resource, Shelf, answered, concept
from tests.answers.claim.shapes import WHO, numbered
from tests.answers.made import claim, coverage, named, paid_as, usd

OWED = {"memberliability": 40.0}
CARC = "https://x12.org/codes/claim-adjustment-reason-codes"


def under(key: str) -> list[Resource]:
    """The coverage that a claim was decided under."""
    return [{"focal": True, "coverage": {"reference": f"Coverage/{key}"}}]


async def test_a_plan_that_is_renewed_under_a_new_id_keeps_its_claims() -> None:
    """Truth 1: the claims of last year's id count for last year, and the plan is one."""
    old = coverage("c0", period={"start": "2025-01-01", "end": "2025-12-31"})
    new = coverage("c1", period={"start": "2026-01-01"})
    claims = (
        claim("a", "2025-03-01", {"deductible": 400}, insurance=under("c0")),
        claim("b", "2026-02-01", {"deductible": 100}, insurance=under("c1")),
    )
    slots: dict[str, object] = {"amount_kind": "deductible", "date_range": {"start": "2025-01-01", "end": "2025-12-31"}}
    then = await answered("coverage.cost_share", old, new, *claims, slots=slots)
    assert "At least $400.00 toward your deductible" in then.text
    now = await answered("coverage.cost_share", old, new, *claims, slots={"amount_kind": "deductible"})
    assert "At least $100.00 toward your deductible" in now.text
    both: dict[str, object] = {"amount_kind": "deductible", "date_range": {"start": "2025-01-01", "end": "2026-05-20"}}
    each = (await answered("coverage.cost_share", old, new, *claims, slots=both)).text
    assert "more than one plan or plan year, and each counts for itself" in each
    assert all(f"At least ${part}.00 toward your deductible, in network, from 1 claim" in each for part in (400, 100))


async def test_a_plan_that_ended_still_has_its_claims() -> None:
    """Truth 1: "Your plan has shared no claims of yours" is said only when it is so."""
    ended = coverage("c0", period={"start": "2025-01-01", "end": "2026-03-31"})
    said = await answered(
        "coverage.cost_share",
        ended,
        claim("a", "2026-02-01", {"deductible": 400}, insurance=under("c0")),
        slots={"amount_kind": "deductible"},
    )
    assert "At least $400.00" in said.text
    assert "shared no claims" not in said.text


async def test_a_change_of_plans_in_mid_year_is_said() -> None:
    """Truth 1: two plans have two deductibles."""
    first = coverage("c0", period={"start": "2026-01-01", "end": "2026-03-31"})
    second = coverage("c1", period={"start": "2026-04-01"}, **{"class": [named("plan", "P-9", "Other HMO")]})
    said = await answered(
        "coverage.cost_share",
        first,
        second,
        claim("a", "2026-02-01", {"deductible": 400}, insurance=under("c0")),
        claim("b", "2026-05-01", {"deductible": 50}, insurance=under("c1")),
        slots={"amount_kind": "deductible"},
    )
    assert "That time falls under more than one plan" in said.text
    assert "$400.00 toward your deductible, in network, from 1 claim under Plain PPO" in said.text
    assert "$50.00 toward your deductible, in network, from 1 claim under Other HMO" in said.text


def denied(**elements: object) -> Resource:
    """A refused claim with its reason."""
    reason = {"category": concept("denialreason"), "reason": concept("197", CARC)}
    elements = {"created": "2026-05-01", **elements}
    return claim(
        "d",
        "2026-04-20",
        {"submitted": 100, "noncovered": 100},
        insurance=under("c1"),
        payment={"type": concept("denied")},
        adjudication=[paid_as("innetwork"), reason],
        **elements,
    )


@pytest.mark.parametrize(
    ("plan", "created", "words"),
    [
        ("Plain PPO", "2026-05-01", "You can appeal until about October 28, 2026 (180 days for commercial plans)"),
        ("Medicare Advantage HMO", "2026-05-01", "until about July 5, 2026 (65 days for Medicare Advantage)"),
        ("BlueCare Tennessee", "2026-05-01", "until about June 30, 2026 (60 days for TennCare)"),
        (
            "BlueCare Tennessee",
            "2026-02-01",
            "The time to appeal seems to be over: about April 2, 2026 was the last day",
        ),
        (
            "Medicare supplement",
            "2026-05-01",
            "180 days with a commercial plan, 60 with TennCare, 65 with",
        ),
    ],
)
async def test_the_clock_of_an_appeal_is_the_product_lines(plan: str, created: str, words: str) -> None:
    """Truth 2: by what the coverage is; a day that has passed is said to have passed; no date where it is uncertain."""
    held = coverage(
        "c1", type=concept("HMO"), **{"class": [named("plan", "P", plan), named("group", "7", "Oak Tools")]}
    )
    assert words in (await answered("claim.denial", held, denied(created=created))).text


async def test_one_refused_line_is_a_denial_of_its_own() -> None:
    """Truth 3: "why was my MRI denied" is answered by the MRI's line, and not by another one's."""
    ct = "http://www.ama-assn.org/go/cpt"
    paid = [{"category": concept("submitted"), "amount": usd(100)}, {"category": concept("benefit"), "amount": usd(80)}]
    refused = [
        *({"category": concept(name), "amount": usd(500)} for name in ("submitted", "noncovered")),
        {"category": concept("denialreason"), "reason": {**concept("197", CARC), "text": "No approval"}},
    ]
    lines = [
        {"sequence": 1, "servicedDate": "2026-04-20", "productOrService": concept("99213", ct), "adjudication": paid},
        {
            "sequence": 2,
            "servicedDate": "2026-04-20",
            "productOrService": concept("73721", ct),
            "adjudication": refused,
        },
    ]
    one = claim("a", "2026-04-20", {}, item=lines)
    mri = await answered("claim.denial", one, slots={"service": "mri"})
    assert "Your plan didn't pay all of your visit" in mri.text
    assert '"No approval" (code 197)' in mri.text
    visit = await answered("claim.denial", one, slots={"service": "office_visit"})
    assert "Your one claim wasn't denied" in visit.text
    assert "**" not in visit.text
    assert "Your plan didn't pay 1 of its 2 lines." in (await answered("claim.detail", one)).text


async def test_a_late_evening_belongs_to_the_day_that_was_written() -> None:
    """Truth 9: the server is asked for a day more on both sides, and the record's own day decides here."""
    late = claim("a", "2025-12-31T22:30:00-06:00", OWED)
    for year, found in ((2025, True), (2026, False)):
        slots: dict[str, object] = {"date_range": {"start": f"{year}-01-01", "end": f"{year}-12-31"}}
        said = await answered("claim.spending", late, slots=slots)
        assert ("$40.00" in said.text) is found
        assert said.shelf.queries[0][1]["service-date"][0] == f"ge{year - 1}-12-31"
    day: dict[str, object] = {"date_range": {"start": "2025-12-31", "end": "2025-12-31"}}
    assert "$40.00" in (await answered("claim.list", late, slots=day)).text


async def test_a_server_that_says_incomplete_makes_the_sum_a_floor() -> None:
    """Truth 12: the doubt stands in the headline."""

    class Half(Shelf):
        def __call__(self, request: httpx.Request) -> httpx.Response:
            outcome = {
                "resourceType": "OperationOutcome",
                "issue": [{"severity": "warning", "code": "incomplete", "diagnostics": "part"}],
            }
            stream = super().__call__(request).stream
            assert isinstance(stream, httpx.ByteStream)
            body = json.loads(b"".join(stream))
            body["entry"].append({"resource": outcome, "search": {"mode": "outcome"}})
            raw = json.dumps(body).encode()
            return httpx.Response(200, headers={"content-type": "application/fhir+json"}, stream=httpx.ByteStream(raw))

    said = await answered("claim.spending", shelf=Half((claim("a", "2026-02-01", OWED),)))
    assert "At least $40.00" in said.text
    assert not said.ask.report.complete


async def test_a_record_that_may_mean_something_else_is_left_out_and_told() -> None:
    """Truth 15: by every answer, through the report."""
    strange = claim("b", "2026-02-02", {"memberliability": 999}, modifierExtension=[{"url": "x"}])
    for intent in ("claim.spending", "claim.list", "claim.last_visit_cost"):
        said = await answered(intent, claim("a", "2026-02-01", OWED), strange)
        assert [gap.kind for gap in said.ask.report.gaps] == ["not_interpreted"]
        assert "999" not in said.text


async def test_an_approval_before_care_is_read_for_its_decision() -> None:
    """Decision, time, units and reason; another care's approval is not taken for it."""
    line = {
        "sequence": 1,
        "servicedDate": "2026-04-01",
        "productOrService": {**concept("73721", "http://www.ama-assn.org/go/cpt"), "text": "MRI of the knee"},
        "quantity": {"value": 2},
        "adjudication": [_reviewed("A1")],
    }
    request = claim(
        "p",
        "2026-04-01",
        {},
        use="preauthorization",
        item=[line],
        created="2026-03-28",
        preAuthRef=["PA-77"],
        preAuthRefPeriod=[{"start": "2026-04-01", "end": "2026-06-30"}],
    )
    said = await answered("claim.authorization", request, slots={"service": "mri"})
    for words in ("Your plan approved your MRI", "good from April 1, 2026 to June 30, 2026", "2 approved", "PA-77"):
        assert words in said.text
    other = await answered("claim.authorization", request, slots={"service": "surgery"})
    assert "I see no request for approval for your surgery" in other.text
    none = await answered("claim.authorization", claim("a", "2026-02-01", OWED), slots={"service": "mri"})
    assert "Your plan doesn't share its approvals here" in none.text


async def test_the_newest_of_many_refused_claims_are_no_count_of_all() -> None:
    """Reading stops behind the ones that are shown: how many there are is not said."""
    refused = [{**denied(), "id": f"d{at}"} for at in range(7)]
    assert (
        "The newest 5 claims that weren't paid in full:"
        in (await answered("claim.denial", *refused, said="was anything denied")).text
    )
    assert (
        "5 claims weren't paid in full:"
        in (await answered("claim.denial", *refused[:5], said="was anything denied")).text
    )


@pytest.mark.parametrize("told", ["on the line", "in the total"])
async def test_units_used_are_found_where_each_version_of_the_guide_puts_them(told: str) -> None:
    """`consumedunits` of a line, or the extension of the total under "utilized"; all used says so."""
    allowed = {"category": concept("allowedunits"), "value": 4}
    used = {"category": concept("consumedunits"), "value": 4}
    line = {
        "sequence": 1,
        "productOrService": {"text": "Physical therapy"},
        "quantity": {"value": 6},
        "adjudication": [_reviewed("A2"), allowed, *([used] if told == "on the line" else [])],
    }
    total = {
        "category": concept("utilized"),
        "amount": {"value": 0},
        "extension": [{"url": "PriorAuthorizationUtilization", "valueQuantity": {"value": 4}}],
    }
    request = claim("p", "2026-04-01", {}, use="preauthorization", item=[line])
    request["total"] = [total] if told == "in the total" else []
    said = await answered("claim.authorization", request)
    assert "4 of the 6 asked for, 4 used" in said.text
    assert "Next: all of it is used" in said.text


@pytest.mark.parametrize(("code", "words"), [("CT", "Next: call"), ("C", "Next: ask the office whether it sent a new")])
async def test_a_request_that_waits_on_a_call_or_was_cancelled_says_what_to_do(code: str, words: str) -> None:
    """Neither names units as if they had been given."""
    line = {"sequence": 1, "productOrService": {"text": "MRI"}, "adjudication": [_reviewed(code)]}
    said = await answered("claim.authorization", claim("p", "2026-04-01", {}, use="preauthorization", item=[line]))
    assert words in said.text
    assert "for 1 unit" not in said.text


def _reviewed(code: str) -> dict[str, object]:
    action = {
        "url": "http://hl7.org/fhir/us/davinci-pdex/StructureDefinition/extension-reviewAction",
        "extension": [{"url": "code", "valueCodeableConcept": concept(code, "https://codesystem.x12.org/005010/306")}],
    }
    return {"category": concept("submitted"), "extension": [action]}


async def test_credits_and_changes_are_told_with_their_amounts() -> None:
    """A credit, a claim paid for twice over, and what a correction changed."""
    credit = claim("c", "2026-02-01", {"submitted": 50, "memberliability": -5})
    over = claim("o", "2026-02-02", {"memberliability": 20, "paidbypatient": 50})
    said = await answered("claim.credits", credit, over)
    assert "a credit in your favor $5.00" in said.text
    assert "paid by you beyond your share $30.00" in said.text
    prior = [{"relationship": concept("prior"), "reference": {"value": "N-1"}}]
    before = claim("b", "2026-03-01", OWED, identifier=[{"value": "N-1"}])
    after = claim("a", "2026-03-01", {"memberliability": 10}, identifier=[{"value": "N-2"}], related=prior)
    assert "$40.00 before, $10.00 now" in (await answered("claim.changes", before, after)).text


async def test_nights_in_hospital_count_once() -> None:
    """Two claims of one stay are one stay."""
    kind = {"type": concept("institutional", "http://terminology.hl7.org/CodeSystem/claim-type")}
    stay = {**kind, "subType": concept("inpatient"), "billablePeriod": {"start": "2026-03-01", "end": "2026-03-05"}}
    rows = [claim(key, "2026-03-01", OWED, **stay) for key in ("a", "b")]
    for row in rows:
        del row["item"]
    said = await answered("claim.visits", *rows, slots={"service": "hospital_stay"})
    assert "4 nights in the hospital" in said.text


async def test_what_is_owed_in_all_takes_off_only_what_is_reported_as_paid() -> None:
    """One claim tells what was paid, the other does not: the second is unknown, not owed."""
    paid = claim("a", "2026-02-01", {"memberliability": 40, "paidbypatient": 15})
    unknown = claim("b", "2026-02-02", {"memberliability": 30})
    both = await answered("claim.owed", paid, unknown)
    for words in (
        "Your whole share is $70.00",
        "$25.00 isn't paid yet",
        "Not paid yet, by your plan's records: $25.00",
        "the claim doesn't say: $30.00",
    ):
        assert words in both.text
    only = await answered("claim.owed", paid)
    assert "$25.00 is left to pay, from May 20, 2025 to May 20, 2026: your share is $40.00" in only.text


@pytest.mark.parametrize(
    ("now", "words"),
    [
        ({"memberliability": 30}, "On the newer claim your share is $30.00."),
        ({"submitted": 30}, "The newer claim doesn't report your share."),
    ],
)
async def test_a_reminder_of_a_claim_that_was_replaced_since_says_so(now: dict[str, float], words: str) -> None:
    """What its button shows is no deadline of a denial that no longer counts, and none is set for it any more."""
    old = denied(created="2026-04-25", **WHO, **numbered("N-1"))
    new = claim("b", "2026-04-20", now, **WHO, **numbered("N-2", "N-1"))
    due = await answered("claim.denial", old, new, id=str(old["id"]), slots={"question": "deadline"})
    assert "That denial no longer counts, nor does its last day to appeal" in due.text
    assert words in due.text
    assert "You can appeal" not in due.text
    unset = await answered("reminder.set", old, new, id=str(old["id"]))
    assert "I set no reminder for it" in unset.text


async def test_a_claim_denied_again_has_a_day_of_its_own() -> None:
    """The newer denial is a button away, and so is a reminder of its day."""
    old = denied(created="2026-04-25", **WHO, **numbered("N-1"))
    again = claim("b", "2026-04-20", {}, payment={"type": concept("denied")}, **WHO, **numbered("N-2", "N-1"))
    due = await answered("claim.denial", old, again, id=str(old["id"]))
    assert "The newer claim wasn't paid in full either: it has a last day of its own." in due.text
    assert "[Why was it denied?]" in due.text
