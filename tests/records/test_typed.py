import json
from decimal import Decimal
from typing import Any

import pytest

from bot.records import decode as typed_module
from bot.records.claim import read_claim
from bot.records.decode import Unreadable, read_typed
from bot.records.patient import Patient
from bot.records.share import read_lines
from tests.records.made import Json, coded, eob, money, raw

PROVIDER = {"display": "Cedar Clinic"}
VALID: Json = {
    "insurer": {"display": "The Plan"},
    "insurance": [{"focal": True, "coverage": {"reference": "Coverage/c1"}}],
}
NDC = "http://hl7.org/fhir/sid/ndc"


def line(**elements: object) -> Json:
    """A valid line of a visit."""
    product = {"coding": [{"system": "http://www.ama-assn.org/go/cpt", "code": "99213"}], "text": "Office visit"}
    return {"sequence": 1, "productOrService": product, **elements}


def test_a_valid_record_loses_nothing() -> None:
    """A claim by the book is read whole."""
    typed = read_typed(raw(eob(**VALID)), "ExplanationOfBenefit")
    assert typed.dropped == ()
    assert typed.raw == raw(eob(**VALID))


def test_failing_elements_are_left_out_by_name_and_the_rest_stands() -> None:
    """Unknown keys, empty strings, impossible dates, wrong shapes: each goes alone and is named without its value."""
    typed = read_typed(
        raw(
            eob(
                **VALID,
                id="one",
                created="2024-07-01T10:00",
                disposition="",
                surprise="Jane Secret",
                billablePeriod={"start": "2024-02-30"},
                careTeam={"sequence": 1, "provider": PROVIDER},
                item=[line(quantity={"value": "many"}), line(sequence=2)],
                total=[money("memberliability", 12.5)],
            )
        ),
        "ExplanationOfBenefit",
    )
    places = dict(typed.dropped)
    assert {"disposition", "surprise", "billablePeriod.start", "careTeam", "item.0.quantity.value"} <= places.keys()
    assert not any("Secret" in part for row in typed.dropped for part in row)
    left = json.loads(typed.raw)
    assert len(left["item"]) == 2
    assert left["careTeam"][0]["sequence"] == 1
    assert (left["id"], left["total"][0]["amount"]["value"], left["created"]) == ("one", 12.5, "2024-07-01")


def test_missing_elements_are_marked_absent_in_fhirs_own_way() -> None:
    """CMS's lines lack products: the line and its money stay, the absence is reported."""
    lines = [{"adjudication": [money("submitted", 7)]}]
    typed = read_typed(raw(eob(insurance=VALID["insurance"], use=None, item=lines)), "ExplanationOfBenefit")
    kinds = dict(typed.dropped)
    assert kinds["item.0.productOrService"] == "missing"
    (only,) = read_lines(read_claim(raw(eob(insurance=VALID["insurance"], use=None, item=lines)), strict=True))
    assert only.billed is not None
    assert only.description is None


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"resourceType":"Patient"}', b'{"resourceType":"X","a":NaN}'])
def test_damage_and_other_types_are_unreadable(body: bytes) -> None:
    """What is damaged or of another type is refused, and the refusal quotes nothing."""
    with pytest.raises(Unreadable):
        read_typed(body, "ExplanationOfBenefit")


def test_a_type_that_fhir_does_not_know_is_unreadable() -> None:
    """There is no model of an invented type."""
    with pytest.raises(Unreadable):
        read_typed(b'{"resourceType":"Invention"}', "Invention")


def test_lines_tell_what_was_done_and_what_it_cost() -> None:
    """Text, code, day, amounts, reasons with the payer's words, and the notes that the line points at."""
    why = {"category": coded("denialreason"), "reason": {"coding": [{"code": "96"}], "text": "Not a benefit"}}
    item = line(
        servicedDate="2024-06-17",
        quantity={"value": 2, "unit": "visits"},
        bodySite={"text": "Upper left"},
        noteNumber=[1, 9],
        adjudication=[money("submitted", 100), money("copay", 20), money("copay", 5), why],
    )
    resource = eob(**VALID, item=[item], processNote=[{"number": 1, "text": "Ask us"}])
    (only,) = read_lines(read_claim(raw(resource), strict=True))
    assert (only.description, only.code) == ("Office visit", "99213")
    assert only.copay is not None
    assert only.copay.value == Decimal(25)
    assert only.owed is None
    assert [(r.code, r.text) for r in only.reasons] == [("96", "Not a benefit")]
    assert only.notes == ("Ask us",)
    assert (only.quantity, only.unit, only.tooth, only.drug) == (Decimal(2), "visits", "Upper left", None)


def test_the_lines_of_a_claim_say_what_the_claim_says() -> None:
    """One reading: two charges, split shares and a payment are what they are there."""
    shares = [money("submitted", 50), money("submitted", 300), money("copay", 20), money("copay", 5)]
    lines = [line(adjudication=shares), line(adjudication=[money("coinsurance", 7), money("paidtoprovider", 60)])]
    read = read_claim(raw(eob(**VALID, item=lines)), strict=True)
    first, second = read_lines(read)
    assert (first.billed, first.copay) == (None, read.owed.copay)
    assert read.conflicting == {"billed", "copay"}
    assert second.plan_paid == read.plan_paid


def test_drugs_and_compounds_are_named() -> None:
    """A fill is named by its NDC text; a compound by its ingredients; `not-applicable` is no description."""
    fill = {"sequence": 1, "productOrService": coded("0777310502", NDC, display="Fluoxetine 20 MG")}
    parts = [{"sequence": 1, "productOrService": coded("1", NDC, display=name)} for name in ("Lidocaine", "Ketamine")]
    compound = {"sequence": 2, "productOrService": coded("compound"), "detail": parts}
    nothing = {"sequence": 3, "productOrService": coded("not-applicable", display="Not Applicable")}
    lines = read_lines(read_claim(raw(eob(**VALID, item=[fill, compound, nothing])), strict=True))
    assert [each.drug for each in lines] == ["Fluoxetine 20 MG", "Lidocaine, Ketamine", None]
    assert lines[2].description is None


def test_a_patient_is_a_name_and_a_place() -> None:
    """Official name and current home address; billing and ended addresses are not where somebody lives."""
    patient = Patient(
        raw(
            {
                "resourceType": "Patient",
                "id": "p1",
                "name": [{"use": "old", "text": "Before"}, {"use": "usual", "given": ["Dana"], "family": "Moore"}],
                "address": [
                    {"use": "billing", "postalCode": "10001"},
                    {"use": "home", "postalCode": "99999", "period": {"end": "2020-01-01"}},
                    {"use": "home", "city": "Chattanooga", "state": "TN", "postalCode": "37402-1234"},
                ],
                "birthDate": "not a date",
            }
        )
    )
    assert (patient.name, patient.city, patient.state, patient.zip5) == ("Dana Moore", "Chattanooga", "TN", "37402")


def test_a_patient_may_be_nearly_empty() -> None:
    """No name and no address are no failure."""
    patient = Patient(b'{"resourceType":"Patient","id":"p2"}', strict=True)
    assert (patient.name, patient.zip5) == (None, None)


def test_the_same_bytes_are_validated_once_and_a_faulty_record_every_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """What validated whole makes no second model; one changed byte, another type, or a fault does."""
    made: list[str] = []
    model = typed_module._model

    def noted(kind: str) -> Any:
        made.append(kind)
        return model(kind)

    monkeypatch.setattr(typed_module, "_model", noted)
    whole, faulty = raw(eob(**VALID, id="once")), raw(eob(**VALID, id="twice", disposition=""))
    for body in (whole, whole, raw(eob(**VALID, id="onc3")), faulty, faulty):
        read_typed(body, "ExplanationOfBenefit")
    assert made.count("ExplanationOfBenefit") == 4
    assert read_typed(faulty, "ExplanationOfBenefit").dropped
    with pytest.raises(Unreadable):
        read_typed(whole, "Patient")
