import pytest

from tests.records.made import CLAIM_TYPE, Json, claim, coded, money

PROFILE = "http://hl7.org/fhir/us/carin-bb/StructureDefinition/C4BB-ExplanationOfBenefit-"
SUBTYPE = "http://hl7.org/fhir/us/carin-bb/CodeSystem/C4BBInstitutionalClaimSubType"


@pytest.mark.parametrize(
    ("elements", "kind"),
    [
        (
            {
                "type": {
                    "coding": [
                        {"system": "https://cms.example", "code": "71"},
                        *coded("professional", CLAIM_TYPE)["coding"],
                    ]
                }
            },
            "professional",
        ),
        ({"type": coded("PDE", "https://bluebutton.cms.gov/resources/codesystem/eob-type")}, "pharmacy"),
        ({"type": coded("CARRIER", "https://bluebutton.cms.gov/resources/codesystem/eob-type")}, "professional"),
        ({"type": coded("institutional", CLAIM_TYPE)}, "institutional"),
        ({"type": coded("institutional", CLAIM_TYPE), "subType": coded("inpatient", SUBTYPE)}, "inpatient"),
        ({"type": None, "meta": {"profile": ["https://x/other", PROFILE + "Oral|2.0.0"]}}, "oral"),
        (
            {"type": coded("institutional", CLAIM_TYPE), "meta": {"profile": [PROFILE + "Inpatient-Institutional"]}},
            "inpatient",
        ),
        (
            {"type": None, "item": [{"productOrService": coded("0777310502", "http://hl7.org/fhir/sid/ndc")}]},
            "pharmacy",
        ),
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
