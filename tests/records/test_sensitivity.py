import pytest

from bot.records.claim import read_claim
from bot.records.decode import Unreadable
from tests.records.made import Json, claim, coded, dollars, eob, money, raw

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
