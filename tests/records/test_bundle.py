import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.records.bundle import read_head, read_issues, read_page
from bot.records.claim import read_claim
from bot.records.decode import Unreadable
from bot.records.service import Names
from bot.records.shapes import Identifier, Key, Reference, key_of
from tests.records.made import bundle, dollars, eob, money, raw

OUTCOME = {"resourceType": "OperationOutcome", "issue": [{"severity": "warning", "details": {"text": "network?"}}]}


def test_a_page_tells_its_entries_apart() -> None:
    """Match, include and outcome rows are told apart; an OperationOutcome is never a result (F29)."""
    body = raw(
        {
            "resourceType": "Bundle",
            "total": 5000,
            "link": [{"relation": "self", "url": "a"}, {"relation": "next", "url": "b"}],
            "entry": [
                {"search": {"mode": "match"}, "resource": eob()},
                {"search": {"mode": "include"}, "resource": {"resourceType": "Organization", "id": "o"}},
                {"search": {"mode": "match"}, "resource": OUTCOME},
            ],
        }
    )
    page = read_page(body, "ExplanationOfBenefit")
    assert [(e.type, e.id, e.mode) for e in page.entries] == [
        ("ExplanationOfBenefit", "one", "match"),
        ("Organization", "o", "include"),
    ]
    assert [issue.text for issue in page.issues] == ["network?"]
    assert (page.next_url, page.total, page.unreadable) == ("b", 5000, 0)
    assert page.matches[0].owner == Key("Patient", "p1")


@pytest.mark.parametrize("odd", [3, None, [], {"search": {}}, {"resource": {"id": "no type"}}, {"resource": []}])
def test_one_bad_entry_spoils_no_page(odd: object) -> None:
    """A row of the wrong form is counted and the others are read (F47)."""
    body = raw({"resourceType": "Bundle", "entry": [odd, {"resource": eob()}]})
    page = read_page(body, "ExplanationOfBenefit")
    assert [e.id for e in page.entries] == ["one"]
    assert page.unreadable == 1


def test_a_page_without_entries_and_with_odd_totals() -> None:
    """An empty searchset may lack `entry`; a negative total is no total (F30)."""
    page = read_page(raw({"resourceType": "Bundle", "total": -1}))
    assert (page.entries, page.total) == ((), None)


@pytest.mark.parametrize(
    ("body", "modes"),
    [
        (bundle(eob(), {"resourceType": "Coverage", "id": "c"}, mode=None), ["match", "include"]),
        (raw({"resourceType": "Bundle", "entry": {"resource": eob()}, "link": None}), ["match"]),
    ],
    ids=["no mode, as Humana's first entry (fhir-notes 12)", "a lone entry and link in no list"],
)
def test_a_page_of_another_form_is_read(body: bytes, modes: list[str]) -> None:
    """A missing mode is decided by the type, and single objects are taken where lists are due."""
    assert [entry.mode for entry in read_page(body, "ExplanationOfBenefit").entries] == modes


@pytest.mark.threat("T43")
def test_numbers_stay_what_was_written_while_a_record_is_mended() -> None:
    """An element of another shape makes the plain reader come in: to the last digit, and without NaN (T43)."""
    amount = "1234.567890123456789012"
    odd = bytes(raw(eob(provider=7, total=[money("submitted", 424242)]))).replace(b"424242", amount.encode())
    found = read_claim(odd)
    assert found.billed == dollars(amount)
    with pytest.raises(Unreadable):
        read_claim(odd.replace(amount.encode(), b"NaN"))


@pytest.mark.threat("T43")
@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"null", b'"text"', b"{}", b'{"resourceType":"Bundle","entry":[', b"\xff\xfe", b'{"a":NaN}'],
)
def test_what_is_no_bundle_is_unreadable(body: bytes) -> None:
    """Damaged or foreign bodies are refused, and the refusal never quotes them (F23, F24); a head needs a type."""
    with pytest.raises(Unreadable) as refused:
        read_page(body)
    assert len(str(refused.value)) < 60
    with pytest.raises(Unreadable):
        read_head(b'{"id":"x"}')


@pytest.mark.fault("F25")
@pytest.mark.threat("T42")
@pytest.mark.parametrize("opening", [b"[", b'{"entry":', b'{"a":'])
def test_endless_depth_is_unreadable(opening: bytes) -> None:
    """100,000 levels of nesting end in an answer, not in a crash (F25)."""
    closing = b"]" if opening == b"[" else b"}"
    with pytest.raises(Unreadable):
        read_page(b'{"resourceType":"Bundle","entry":' + opening * 100_000 + b"1" + closing * 100_000 + b"}")


def test_lone_surrogates_and_a_byte_order_mark_are_lived_with() -> None:
    r"""`\ud800` and a BOM are mended, real pairs and escaped backslashes are left alone (F46)."""
    text = json.dumps(eob(provider={"display": "A\ud800B \U0001f600 \\ud800"}))
    body = b'\xef\xbb\xbf{"resourceType":"Bundle","entry":[{"resource":' + text.encode() + b"}]}"
    page = read_page(body, "ExplanationOfBenefit")
    shown = json.loads(bytes(page.entries[0].raw))["provider"]["display"]
    assert shown == "A\ufffdB \U0001f600 \\ud800"


def test_an_operation_outcome_gives_only_its_issues() -> None:
    """An OperationOutcome in place of a Bundle is a page of issues."""
    page = read_page(raw(OUTCOME))
    assert not page.is_bundle
    assert not page.issues[0].is_error
    assert read_issues(b"<html>") == ()


@pytest.mark.fault("F48")
@pytest.mark.threat("T33")
def test_a_bundle_label_that_no_entry_explains_holds_for_all() -> None:
    """The Bundle's label is the high-water mark: unexplained, every entry is shielded (fhir-notes 11)."""
    label = {"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "42CFRPart2"}]}
    page = read_page(bundle(eob(), eob(id="two"), meta=label), "ExplanationOfBenefit")
    assert {e.labels for e in page.entries} == {("42CFRPart2",)}
    explained = read_page(bundle(eob(), eob(id="two", meta=label), meta=label), "ExplanationOfBenefit")
    assert {e.labels for e in explained.entries} == {()}


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=6), children, max_size=4),
    max_leaves=12,
)


@given(st.lists(_json, max_size=4), _json, _json)
def test_any_json_is_a_page_or_unreadable(entries: list[object], link: object, total: object) -> None:
    """Whatever stands in a Bundle's elements, reading ends in a page or in Unreadable, never in another error."""
    body = raw({"resourceType": "Bundle", "entry": entries, "link": link, "total": total})
    try:
        page = read_page(body)
    except Unreadable:
        return
    assert len(page.entries) + page.unreadable <= len(entries)


@pytest.mark.fault("F34")
@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("Practitioner/7", Key("Practitioner", "7")),
        ("Practitioner/7/_history/2", Key("Practitioner", "7")),
        ("https://fhir.example/r4/Practitioner/7", Key("Practitioner", "7")),
        ("https://fhir.example/r4/Practitioner/7/_history/2", Key("Practitioner", "7")),
        ("#doc", Key("", "doc")),
        ("urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0", Key("", "urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0")),
        ("nonsense", None),
        ("", None),
        (None, None),
    ],
)
def test_every_form_of_reference(reference: str | None, expected: Key | None) -> None:
    """Relative, absolute, versioned, contained and urn references all give what they point at (F34)."""
    assert key_of(reference) == expected
    assert key_of(Reference(reference=reference)) == expected


def test_a_name_comes_from_what_came_along_else_from_the_display() -> None:
    """An included resource's name wins, a display stands in, and nothing is nothing (F34)."""
    named = raw({"resourceType": "Practitioner", "id": "7", "name": [{"text": "Grace Okafor, MD"}]})
    names = Names({Key("Practitioner", "7"): named, Key("Practitioner", "9"): b"[]"})
    assert names.of(Reference(reference="Practitioner/7", display="Dr O")) == "Grace Okafor, MD"
    assert names.of(Reference(reference="Practitioner/8", display="Dr O")) == "Dr O"
    assert names.of(Reference(reference="Practitioner/9")) is None
    assert names.of(Reference(identifier=Identifier(value="123"))) is None
    assert names.of(None) is None
