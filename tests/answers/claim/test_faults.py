"""Claims that are odd in themselves (F37-F48): the words that the person reads, and the number that never stands."""

from typing import Any

import pytest

from tests.answers.asking import Resource, Shelf, answered, concept
from tests.answers.claim.shapes import WHO
from tests.answers.made import PART_2, claim

OWED: dict[str, float] = {"memberliability": 40}
ACT = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
BASIS = "http://hl7.org/fhir/uv/security-label-ds4p/StructureDefinition/extension-sec-label-basis"


async def _last(*claims: Resource) -> str:
    return (await answered("claim.last_visit_cost", *claims)).text


def _by(name: dict[str, Any] | None) -> Resource:
    """A visit with a contained practitioner of that name."""
    inside = {"resourceType": "Practitioner", "id": "d", "name": [name] if name is not None else [None]}
    return claim("a", "2026-04-02", OWED, contained=[inside], provider={"reference": "#d"})


@pytest.mark.fault("F41")
async def test_a_tie_is_listed_and_not_guessed() -> None:
    """Two claims of the newest day are both shown; one that is to come, or undated, is no newer (F41)."""
    odd = claim("x", "2124-01-01", {"memberliability": 99}), claim("y", "0001-01-01", {"memberliability": 98})
    said = await _last(*odd, claim("a", "2026-04-02", OWED), claim("b", "2026-04-02", {"memberliability": 7}))
    assert said.startswith("You had 2 claims on April 2, 2026.")
    assert "$99.00" not in said


@pytest.mark.fault("F43")
async def test_a_dependants_claim_is_left_out_and_said() -> None:
    """Two people under one subscriber: only the member's own is shown, and that one was left out is on record (F43)."""
    other = claim("b", "2026-05-02", {"memberliability": 99}, patient={"reference": "Patient/p2"})
    said = await answered("claim.last_visit_cost", claim("a", "2026-04-02", OWED), other)
    assert said.text.startswith("$40.00")
    assert [(gap.kind, gap.count) for gap in said.ask.report.gaps] == [("left_out", 1)]


@pytest.mark.fault("F44")
async def test_one_claim_and_none() -> None:
    """None at all is "no claims yet", with what it may mean (F44)."""
    assert "Your plan shows no claims for you yet." in (await answered("claim.list")).text
    assert " · April 2, 2026 · visit" in (await answered("claim.list", claim("a", "2026-04-02", OWED))).text


@pytest.mark.fault("F45")
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ({"given": ["Thị"], "family": "Nguyễn"}, "with Thị Nguyễn."),
        ({"text": "小林 花子"}, "with 小林 花子."),
        ({"given": ["Sean"], "family": "O'Neil"}, "with Sean O'Neil."),
        ({"text": "Dr. 🩺 Ray"}, "with Dr. 🩺 Ray."),
        ({"text": "\u202egnihcaeT\u200b $9.99"}, "with gnihcaeT $9.99."),
        ({"text": "x" * 300}, f"with {'x' * 79}…."),
        ({"text": ""}, "with a provider whose name your plan didn't give."),
        ({"prefix": ["Dr."]}, "with a provider whose name your plan didn't give."),
        (None, "with a provider whose name your plan didn't give."),
    ],
)
async def test_a_name_is_shown_right_or_said_to_be_missing(name: dict[str, Any] | None, words: str) -> None:
    """Every script stays, marks that turn or hide text go, and what is too long is cut (F45)."""
    assert (await _last(_by(name))).split("\n")[0] == f"$40.00 is your share of your visit on April 2, 2026 {words}"


@pytest.mark.fault("F46")
@pytest.mark.threat("T45")
@pytest.mark.parametrize(
    "text",
    ["<!channel> *x* {{7*7}} <script>", "[Pay](https://evil.example) | a | b |", "NUL\x00 here", "half \ud800 pair"],
)
async def test_text_of_the_payer_is_only_text(text: str) -> None:
    """Markup, braces, links, NUL and half surrogates print literally or not at all (F46)."""
    note = [{"number": 1, "text": text}]
    refused = claim("a", "2026-04-02", OWED, processNote=note, payment={"type": concept("denied")})
    said = await answered("claim.denial", refused)
    assert "49" not in said.text
    assert not [mark for mark in ("\x00", "\ud800") if mark in said.text]
    assert "evil.example" not in str([getattr(block, "buttons", ()) for block in said.blocks])


@pytest.mark.fault("F46")
async def test_a_note_of_fifty_thousand_characters_is_cut() -> None:
    """What is shown of it ends with an ellipsis (F46)."""
    note = [{"number": 1, "text": "long " * 10_000}]
    refused = claim("a", "2026-04-02", OWED, processNote=note, payment={"type": concept("denied")})
    said = (await answered("claim.denial", refused)).text
    assert len(said) < 2_000
    assert "…" in said


@pytest.mark.fault("F47")
@pytest.mark.parametrize(
    ("elements", "words"),
    [
        ({"type": {"text": "Something new"}}, "$40.00 is your share of your visit on"),
        ({"type": concept("telepathy", "https://payer.example/types")}, "$40.00 is your share of your visit on"),
        ({"type": None}, "$40.00 is your share of your visit on"),
        ({"madeUpElement": {"deep": [1, {"x": None}]}}, "$40.00 is your share of your visit on"),
        ({"payment": [{"amount": "odd"}]}, "$40.00 is your share of your visit on"),
        ({"modifierExtension": [{"url": "https://payer.example/not"}]}, "shows no visits for you yet"),
    ],
)
async def test_what_is_unknown_spoils_nothing(elements: dict[str, Any], words: str) -> None:
    """Unknown codes and elements are passed over; an unknown modifier means that nothing may be concluded (F47)."""
    shelf = Shelf((claim("a", "2026-04-02", OWED, **elements),))
    assert words in (await answered("claim.last_visit_cost", shelf=shelf)).text


@pytest.mark.fault("F47")
async def test_rows_of_another_shape_do_not_spoil_the_page() -> None:
    """A lower-case resourceType or another type is passed over; the claim beside it is told (F47)."""
    odd = ({"resourceType": "explanationofbenefit", "id": "z"}, {"resourceType": "Claim", "id": "q", "type": []})
    shelf = Shelf((claim("a", "2026-04-02", OWED),), included=odd)
    assert (await answered("claim.last_visit_cost", shelf=shelf)).text.startswith("$40.00")


@pytest.mark.fault("F48")
@pytest.mark.threat("T33")
@pytest.mark.parametrize(
    "elements",
    [
        {"meta": PART_2},
        {"contained": [{"resourceType": "Practitioner", "id": "d", "meta": PART_2}]},
        {
            "item": [
                {
                    "sequence": 1,
                    "servicedDate": "2026-04-02",
                    "extension": [{"url": BASIS, "valueCoding": {"code": "42CFRPart2"}}],
                }
            ]
        },
        {
            "meta": {
                "security": [
                    {"code": "N", "extension": [{"url": BASIS, "valueCoding": {"system": ACT, "code": "42CFRPart2"}}]}
                ]
            }
        },
    ],
    ids=["record", "contained", "line", "basis of a label"],
)
@pytest.mark.parametrize("intent", ["last_visit_cost", "list", "status", "detail"])
async def test_a_labelled_claim_is_counted_and_not_described(intent: str, elements: dict[str, Any]) -> None:
    """Wherever the label stands; the button shows it with the current statement (F48, T33)."""
    marked = claim("a", "2026-04-02", OWED, **{**WHO, **elements})
    said = (await answered(f"claim.{intent}", marked)).text
    assert "as private" in said or "of that day as private" in said
    assert "Okafor" not in said
    assert "$40.00" not in said
    shown = (await answered("claim.detail", marked, id="a")).text
    assert "$40.00" in shown
    assert "42 CFR part 2 prohibits unauthorized use or disclosure of these records." in shown


async def test_a_marked_one_is_not_described() -> None:
    """A privacy mark holds for what takes money back, too."""
    back = claim("a", "2026-04-02", {"submitted": -400.0, "memberliability": -120.0}, meta=PART_2)
    said = await _last(back)
    assert "takes back another that isn't shown here" in said
    assert "120" not in said
