from typing import Any

import pytest

from bot.records.bundle import read_page
from bot.records.claim import _FACTS, Claim, read_claim, read_claims
from bot.records.dates import PartialDate, Period
from tests.records.made import CLAIM_TYPE, Json, bundle, claim, coded, eob, money, raw

PROFILE = "http://hl7.org/fhir/us/carin-bb/StructureDefinition/C4BB-ExplanationOfBenefit-"
SUBTYPE = "http://hl7.org/fhir/us/carin-bb/CodeSystem/C4BBInstitutionalClaimSubType"
CMS_TYPE = "https://bluebutton.cms.gov/resources/codesystem/eob-type"
FILL: Json = {"type": coded("pharmacy", CLAIM_TYPE)}
INSTITUTIONAL: Json = {"type": coded("institutional", CLAIM_TYPE)}
INPATIENT, OUTPATIENT = (INSTITUTIONAL | {"subType": coded(one, SUBTYPE)} for one in ("inpatient", "outpatient"))
PROFESSIONAL = coded("professional", CLAIM_TYPE)["coding"]
DRUG = {"productOrService": coded("0777310502", "http://hl7.org/fhir/sid/ndc")}


@pytest.mark.parametrize(
    ("elements", "kind"),
    [
        ({"type": {"coding": [{"system": "https://cms.example", "code": "71"}, *PROFESSIONAL]}}, "professional"),
        ({"type": coded("PDE", CMS_TYPE)}, "pharmacy"),
        ({"type": coded("CARRIER", CMS_TYPE)}, "professional"),
        (INSTITUTIONAL, "institutional"),
        (INPATIENT, "inpatient"),
        ({"type": None, "meta": {"profile": ["https://x/other", PROFILE + "Oral|2.0.0"]}}, "oral"),
        (INSTITUTIONAL | {"meta": {"profile": [PROFILE + "Inpatient-Institutional"]}}, "inpatient"),
        ({"type": None, "item": [DRUG]}, "pharmacy"),
        ({"type": {"text": "Something new"}}, None),
    ],
)
def test_the_kind_is_found_wherever_it_is_said(elements: Json, kind: str | None) -> None:
    """By the standard coding in any place, CMS's own names, the profile in any place, or the drug on a line."""
    assert claim(**elements).kind == kind


@pytest.mark.parametrize(
    ("elements", "network"),
    [
        ({"total": [{"category": coded("innetwork"), "amount": {"value": 0}}]}, "innetwork"),
        ({"item": [{"adjudication": [{"category": coded("outofnetwork")}]}]}, "outofnetwork"),
        ({"adjudication": [{"category": coded("benefitpaymentstatus"), "reason": coded("other")}]}, "other"),
        (
            {"item": [{"adjudication": [{"category": coded("innetwork")}, {"category": coded("outofnetwork")}]}]},
            "mixed",
        ),
        ({"adjudication": [{"category": coded("billingnetworkstatus"), "reason": coded("innetwork")}]}, None),
    ],
)
def test_how_it_was_paid_in_both_guides(elements: Json, network: str | None) -> None:
    """C4BB 1.1 writes the payment status as a category, 2.0 as a reason; contract status is another thing."""
    found = claim(**elements)
    assert found.network == network
    assert found.owed.amount is None


def test_a_denial_and_its_reasons() -> None:
    """The payer's word decides; its reasons come with the payer's own text, never with ours."""
    refused = {
        "category": coded("denialreason"),
        "reason": {
            "coding": [{"system": "https://x12.org/codes/claim-adjustment-reason-codes", "code": "197"}],
            "text": "No approval",
        },
    }
    found = claim(payment={"type": coded("denied")}, item=[{"adjudication": [refused, refused]}])
    assert found.denied is True
    assert [(r.code, r.text) for r in found.reasons] == [("197", "No approval")]
    assert claim(payment={"type": coded("paid")}, item=[{"adjudication": [refused]}]).denied is False
    assert claim(item=[{"adjudication": [refused]}]).denied is None
    whole = [money("submitted", 50), money("noncovered", 50)]
    assert claim(total=whole, item=[{"adjudication": [refused]}]).denied is True


def test_numbers_notes_and_relations() -> None:
    """The typed claim number comes first; related claims are named by Identifier; notes are the payer's words."""
    found = claim(
        identifier=[{"value": "internal"}, {"type": coded("uc"), "system": "https://p/claims", "value": "C-2"}],
        related=[{"relationship": coded("prior"), "reference": {"value": "C-1"}}],
        processNote=[{"number": 1, "text": "Ask your plan\u202e"}, {"number": 2}],
    )
    assert found.number == "C-2"
    assert [number.value for number in found.replaces] == ["C-1"]
    assert found.notes == ("Ask your plan",)
    assert not found.replaced
    assert claim(related=[{"relationship": coded("replacedby"), "reference": {"value": "C-3"}}]).replaced


def facts(one: Claim) -> dict[str, object]:
    """Every fact by its name."""
    return {name: getattr(one, name) for name in _FACTS}


@pytest.mark.parametrize("owed", [12, -12, None])
def test_a_claim_that_was_read_whole_says_what_its_record_says(owed: int | None) -> None:
    """Letting go of the record changes no fact, and no fact is left behind in it."""
    body = raw(eob(total=[money("submitted", owed), money("memberliability", owed)], contained=[{"id": "x"}]))
    assert facts(read_claim(body).read_whole(performed=True).read_whole()) == facts(read_claim(body))


@pytest.mark.parametrize(
    ("billed", "owed", "reversal"), [(-5, None, True), (5, -1, False), (5, 1, False), (0, -5, True)]
)
def test_what_is_negative_is_found_wherever_it_stands(billed: int, owed: int | None, reversal: bool) -> None:
    """A reversal is told by its totals, its header and its lines alike; a credit beside a charge is none."""
    amounts = [money("submitted", billed), money("memberliability", owed)]
    places = {"total": amounts}, {"adjudication": amounts}, {"item": [{"sequence": 1, "adjudication": amounts}]}
    assert [claim(**place).is_reversal for place in places] == [reversal] * 3


def test_a_claim_cannot_be_changed() -> None:
    """What the payer said stays as it was said."""
    with pytest.raises(AttributeError):
        claim().id = "another"


def member(role: str, **provider: Any) -> Json:
    """Somebody in the care team."""
    return {"provider": provider, "role": coded(role)}


@pytest.mark.parametrize(
    ("team", "seen"),
    [
        ([member("primary", display="Family Doc"), member("performing", display="Surgeon")], "Surgeon"),
        ([member("attending", display="Attending"), member("rendering", display="Surgeon")], "Surgeon"),
        ([member("attending", display="Attending"), member("referring", display="Other")], "Attending"),
        ([member("rendering", reference="Practitioner/unknown")], "Cedar Clinic"),
        ([], "Cedar Clinic"),
    ],
)
def test_who_was_seen(team: list[Json], seen: str) -> None:
    """Performing or rendering, else attending, else who billed; the primary care provider is somebody else."""
    assert claim(careTeam=team).seen == seen


def test_names_come_from_contained_and_included_resources() -> None:
    """A versioned reference finds its included practitioner, `#org` its contained organization (fhir-notes 10)."""
    resource = eob(
        provider={"reference": "#org"},
        contained=[{"resourceType": "Organization", "id": "org", "name": "Cumberland Hospital"}],
        careTeam=[member("rendering", reference="Practitioner/7/_history/3")],
    )
    doctor = {"resourceType": "Practitioner", "id": "7", "name": [{"family": "Okafor", "given": ["Grace"]}]}
    odd = {"resourceType": "Practitioner", "id": "8", "name": {"family": 3}}
    page = read_page(bundle(resource, doctor, odd, mode=None), "ExplanationOfBenefit")
    (found,), unreadable = read_claims(page.entries)
    assert (found.seen, found.billing, found.place) == ("Grace Okafor", "Cumberland Hospital", "Cumberland Hospital")
    assert unreadable == 0


def test_the_place_is_the_service_facility() -> None:
    """`servicefacility` before `facility` before an organization that billed; a person is no place."""
    facility = {"category": coded("servicefacility"), "valueReference": {"display": "East Campus"}}
    assert claim(supportingInfo=[facility]).place == "East Campus"
    assert claim(facility={"display": "West Campus"}).place == "West Campus"
    assert claim(provider={"reference": "Practitioner/7", "display": "Grace"}).place is None


def day(text: str) -> Json:
    """A line of one day."""
    return {"servicedDate": text}


ADMITTED = {
    "category": coded("admissionperiod", "http://hl7.org/fhir/us/carin-bb/CodeSystem/C4BBSupportingInfoType"),
    "timingPeriod": {"start": "2024-02-01", "end": "2024-02-04"},
}


@pytest.mark.parametrize(
    ("elements", "start"),
    [
        (INPATIENT | {"supportingInfo": [ADMITTED]}, "2024-02-01"),
        (INPATIENT, "2024-06-17"),
        (OUTPATIENT | {"item": [day("2024-05-02"), day("2024-05-01")]}, "2024-05-01"),
        ({"item": [day("2024-05-02"), {"servicedPeriod": {"start": "2024-04-30"}}]}, "2024-04-30"),
        (FILL | {"item": [day("2024-05-02")]}, "2024-05-02"),
        (FILL, "2024-06-17"),
        ({"item": [day("2024-02-30")]}, "2024-06-17"),
    ],
)
def test_the_day_of_service_by_kind_of_claim(elements: Json, start: str) -> None:
    """Admission, lines, statement period, in the order of fhir-notes 4.5; `created` is none of them."""
    found = claim(**elements)
    assert str(found.service.start) == start
    assert found.service_is == "service"


def test_a_fill_without_dates_says_processed() -> None:
    """Humana's pharmacy claims have no service date: the adjudication date stands in, and says so (fhir-notes 12)."""
    found = claim(**FILL, billablePeriod=None)
    assert (found.service, found.service_is) == (Period(PartialDate(2024, 7, 1)), "processed")
    assert not claim(billablePeriod=None).service.known
