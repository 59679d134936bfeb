from decimal import Decimal
from typing import Any

import pytest

from bot.records.bundle import read_page
from bot.records.claim import _FACTS, Claim, read_claim, read_claims
from bot.records.decode import Unreadable
from bot.records.money import Quantity
from bot.records.written import PartialDate, Period
from tests.records.made import CLAIM_TYPE, Json, bundle, claim, coded, dollars, eob, money, raw
from tests.shipped import shipped_pack

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
    ("codes", "named"),
    [
        (["80053"], "lab"),
        (["80053", "36415", "0241U"], "lab"),
        (["99213", "80053"], None),
        (["80053", ""], None),
        (["73721"], "mri"),
        (["73721", "71046"], "imaging"),
        (["99283", "80053"], "er"),
        (["99396", "90686"], "checkup"),
        (["90837"], None),
        ([], None),
    ],
)
def test_lines_tell_what_a_claim_is_of(codes: list[str], named: str | None) -> None:
    """The kind of the visit, else that of all lines; mental health care is not named."""
    lines = [{"sequence": at, **({"productOrService": coded(one)} if one else {})} for at, one in enumerate(codes, 1)]
    label = shipped_pack().care_kinds.label(claim(item=lines))
    assert (label.key if label else None) == named


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
    assert facts(read_claim(body).read_whole().read_whole()) == facts(read_claim(body))


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


NDC = "http://hl7.org/fhir/sid/ndc"


def _fill(item: Json, **elements: object) -> Json:
    return {"type": coded("pharmacy", CLAIM_TYPE), "item": [{"sequence": 1, **item}], **elements}


def test_a_fill_tells_its_drug_its_quantity_and_how_long_it_lasts() -> None:
    """The payer's text comes before the display, and the NDC stays as it was written."""
    item = {
        "productOrService": {"text": "Metformin 500 mg", "coding": [{"system": NDC, "code": "0093-1048-01"}]},
        "quantity": {"value": 60, "unit": "tablet"},
    }
    info = [{"category": coded("dayssupply"), "valueQuantity": {"value": 30}}]
    (drug,) = claim(**_fill(item, supportingInfo=info)).dispensed
    assert (drug.drug, drug.code) == ("Metformin 500 mg", "0093-1048-01")
    assert drug.quantity == Quantity(Decimal(60), "tablet")
    assert drug.days == 30


def test_a_compound_is_called_by_its_ingredients() -> None:
    """The word compound says nothing; what went into it does."""
    parts = [{"productOrService": {"text": name}} for name in ("Ketoprofen", "Lidocaine")]
    item = {"productOrService": coded("compound"), "detail": parts}
    (drug,) = claim(**_fill(item)).dispensed
    assert (drug.drug, drug.code) == ("Ketoprofen, Lidocaine", None)


def test_a_bare_number_is_no_name() -> None:
    """A fill with nothing but its NDC has a code and no words; an unread quantity is None, not one."""
    (drug,) = claim(**_fill({"productOrService": {"coding": [{"system": NDC, "code": "00093104801"}]}})).dispensed
    assert (drug.drug, drug.code, drug.quantity, drug.days) == (None, "00093104801", None, None)


def test_a_visit_hands_out_nothing() -> None:
    """Only pharmacy claims are read for drugs."""
    assert claim(item=[{"productOrService": {"text": "Office visit"}}]).dispensed == ()


def _status(category: str, reason: str) -> Json:
    return {"adjudication": [{"category": coded(category), "reason": coded(reason)}]}


CONTRACTS = [
    {"category": coded("billingnetworkcontractingstatus"), "code": coded("noncontracted")},
    {"category": coded("performingnetworkcontractingstatus"), "code": coded("contracted")},
]
RENDERING = [_status("renderingnetworkstatus", status) for status in ("innetwork", "outofnetwork")]


@pytest.mark.parametrize(
    ("elements", "contract"),
    [
        ({}, None),
        ({"supportingInfo": CONTRACTS}, "contracted"),
        (_status("billingnetworkstatus", "outofnetwork"), "noncontracted"),
        ({"item": RENDERING}, "mixed"),
        (_status("benefitpaymentstatus", "innetwork"), None),
    ],
)
def test_the_contract_is_not_how_the_claim_was_paid(elements: Json, contract: str | None) -> None:
    """Who gave the care goes before who billed, and the payment status is never taken for a contract."""
    assert claim(**elements).contract == contract


DS4P = "http://hl7.org/fhir/uv/security-label-ds4p/StructureDefinition/"


BASIS = {"url": DS4P + "extension-sec-label-basis", "valueCoding": {"code": "42CFRPart2"}}


@pytest.mark.threat("T33")
@pytest.mark.parametrize(
    "elements",
    [
        {"meta": {"security": [{"code": "42CFRPart2"}]}},
        {"meta": {"security": [{"code": "N"}, {"code": "R"}]}},
        {"contained": [{"resourceType": "Condition", "meta": {"security": [{"code": "SUD"}]}}]},
        {"item": [{"extension": [{"url": DS4P + "extension-inline-sec-label", "valueCoding": {"code": "PSY"}}]}]},
        {"meta": {"security": [{"code": "M", "extension": [BASIS]}]}},
    ],
)
def test_a_label_anywhere_shields_the_claim(elements: Json) -> None:
    """On the record, a contained resource, a line, or as the basis of another label (F48, T33)."""
    assert claim(**elements).sensitive


@pytest.mark.threat("T33")
def test_labels_that_cannot_be_looked_through_shield_too() -> None:
    """A byte that is no UTF-8 in a text that nobody reads, as older systems write it, hides no label (T33)."""
    narrative = {"status": "generated", "div": "<div>Ni\u00f1o</div>"}
    found = raw(eob(meta={"security": [{"code": "42CFRPart2"}]}, text=narrative))
    assert read_claim(found).labels == ("42CFRPart2",)
    broken = bytes(found).replace("ñ".encode(), b"\xf1").replace(b"\\u00f1", b"\xf1")
    assert broken != bytes(found)
    assert read_claim(broken).sensitive
    assert not read_claim(broken.replace(b'"security"', b'"tag"')).sensitive


def test_no_label_or_a_normal_one_does_not_shield() -> None:
    """Normal confidentiality is no shield; labels of the Bundle around are handed on."""
    assert not claim().sensitive
    assert not claim(meta={"security": [{"code": "N"}]}).sensitive
    assert read_claim(raw(eob()), labels=("R",)).sensitive


@pytest.mark.parametrize("kind", ["explanationofbenefit", "Claim", ""])
def test_another_type_is_unreadable_and_counted(kind: str) -> None:
    """A lower-case resourceType is another type; the page goes on without the row (F47)."""
    with pytest.raises(Unreadable):
        read_claim(raw(eob(resourceType=kind)))


def test_newer_and_older_shapes_cost_only_what_they_changed() -> None:
    """R5 or STU3 elements beside the R4 ones are passed over; what still fits is read (F47)."""
    found = claim(
        diagnosisRelatedGroup={"text": "x"},
        event=[{"type": coded("x")}],
        hospitalization={"start": "2024-01-01"},
        totalCost={"value": 10},
        total=[money("submitted", 12)],
    )
    assert found.billed == dollars("12")
    assert found.dropped == ()
