import json
import subprocess
import sys
from decimal import Decimal
from typing import Any

import pytest

from bot.records import decode as typed_module
from bot.records.claim import read_claim
from bot.records.decode import Unreadable, decode, read_typed
from bot.records.explanation import Explanation, amount_of
from bot.records.patient import Patient
from bot.records.share import read_lines
from tests.records.made import Json, coded, dollars, eob, money, raw


def test_elements_of_the_wrong_shape_are_left_out_by_name() -> None:
    """A payer's slip costs that element and nothing else; the report names places, never values."""
    resource = eob(
        created=20240701,
        status={"value": "active"},
        careTeam=None,
        total=[money("submitted", 100), {"category": "submitted", "amount": {"value": "a lot"}}],
        processNote={"text": "one note, unwrapped"},
        item=[{"servicedDate": ["2024-06-17"]}, 7],
    )
    shape, dropped = decode(raw(resource), Explanation)
    assert shape.created == "20240701"
    assert shape.status is None
    assert [note.text for note in shape.process_note] == ["one note, unwrapped"]
    assert amount_of(shape.total[0].amount) == dollars("100")
    assert "status" in dropped
    assert not any("a lot" in place for place in dropped)


def test_null_is_the_same_as_absent() -> None:
    """Servers that write null for absent elements are read like those that leave them out."""
    shape, _ = decode(raw({**eob(), "total": None, "item": None, "type": None, "id": None}), Explanation)
    assert shape.total == ()
    assert shape.item == ()
    assert shape.id == ""


def test_digits_are_kept_even_when_something_had_to_be_mended() -> None:
    """Amounts stay exact decimals on the slow way as well."""
    text = raw(eob(total=[money("submitted", "AMOUNT")], status=[])).replace(b'"AMOUNT"', b"1234567.10")
    shape, _ = decode(text, Explanation)
    assert shape.total[0].amount is not None
    assert str(shape.total[0].amount.value) == "1234567.10"


WRONG_EVERYWHERE = raw(eob(item=[3] * 100))


@pytest.mark.parametrize(
    "body", [b"[]", b"3", b"null", b'{"id":1', b"<html/>", pytest.param(WRONG_EVERYWHERE, id="more than can be mended")]
)
def test_what_cannot_be_mended_is_unreadable(body: bytes) -> None:
    """What is no object, or no JSON, is refused; so is what is wrong in more places than anybody would count."""
    with pytest.raises(Unreadable):
        decode(body, Explanation)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        *((body, "ExplanationOfBenefit") for body in (b"{", b"[]", b'{"resourceType":"Patient"}')),
        (b'{"resourceType":"X","a":NaN}', "ExplanationOfBenefit"),
        (b'{"resourceType":"Invention"}', "Invention"),  # there is no model of it
    ],
)
def test_damage_and_other_types_are_unreadable(body: bytes, kind: str) -> None:
    """What is damaged or of another type is refused, and the refusal quotes nothing."""
    with pytest.raises(Unreadable):
        read_typed(body, kind)


_AT_ONCE = """
import threading, sys
import msgspec
from bot.records.decode import decode

sys.setswitchinterval(1e-6)
for number in range(300):
    inner = msgspec.defstruct("Inner", [(f"part_{n}", "str | None", None) for n in range(30)])
    shape = msgspec.defstruct("Shape", [(f"part_{n}", tuple[inner, ...], ()) for n in range(30)])
    begin = threading.Barrier(6)

    def first(kind=shape, begin=begin):
        begin.wait()
        decode(b'{"part_1": [{"part_2": "x"}]}', kind)

    threads = [threading.Thread(target=first) for _ in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
"""


def test_threads_that_meet_a_shape_at_once_do_not_end_the_process() -> None:
    """Its layout is made by one of them."""
    done = subprocess.run([sys.executable, "-c", _AT_ONCE], capture_output=True, check=False, timeout=60)  # noqa: S603
    assert (done.returncode, done.stderr) == (0, b"")


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
    assert (only.billed, only.description) == (dollars("7"), None)


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
    assert (only.copay, only.owed) == (dollars("25"), None)
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
    """Official name and current home address, not one for bills or one that ended; none of them is no failure."""
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
    empty = Patient(b'{"resourceType":"Patient","id":"p2"}', strict=True)
    assert (empty.name, empty.zip5) == (None, None)


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
