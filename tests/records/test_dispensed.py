"""What a pharmacy handed out, and the contract of who was paid, as the two guides write them."""

from decimal import Decimal

import pytest

from bot.records.money import Quantity
from bot.records.reasons import read_contract
from tests.records.made import CLAIM_TYPE, Json, claim, coded, eob, raw

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
    assert read_contract(raw(eob(**elements))) == contract
