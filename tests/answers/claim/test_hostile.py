"""What a payer writes is text, and no more of it than fits."""

import pytest

from tests.answers.asking import Resource, answered, concept, owned, public
from tests.answers.made import claim


@pytest.mark.fault("F46")
@pytest.mark.threat("T45")
@pytest.mark.parametrize(
    "text",
    ["<!channel> *x* {{7*7}} <script>", "[Pay](https://evil.example) | a | b |", "NUL\x00 here", "half \ud800 pair"],
)
async def test_text_of_the_payer_is_only_text(text: str) -> None:
    """Markup, braces, links, NUL and half surrogates print literally or not at all (F46)."""
    note = [{"number": 1, "text": text}]
    refused = claim("a", "2026-04-02", {"memberliability": 40}, processNote=note, payment={"type": concept("denied")})
    said = await answered("claim.denial", refused)
    assert "49" not in said.text
    assert not [mark for mark in ("\x00", "\ud800") if mark in said.text]
    assert "evil.example" not in str([getattr(block, "buttons", ()) for block in said.blocks])


@pytest.mark.fault("F46")
async def test_a_note_of_fifty_thousand_characters_is_cut() -> None:
    """What is shown of it ends with an ellipsis (F46)."""
    note = [{"number": 1, "text": "long " * 10_000}]
    refused = claim("a", "2026-04-02", {"memberliability": 40}, processNote=note, payment={"type": concept("denied")})
    said = (await answered("claim.denial", refused)).text
    assert len(said) < 2_000
    assert "…" in said


FOLDERS = ("hl7-carin-bb-1.1.0", "hl7-carin-bb-2.0.0")


def _claims(folder: str) -> list[Resource]:
    return owned(public(folder, "ExplanationOfBenefit"))


@pytest.mark.parametrize("intent", ["detail", "denial"])
@pytest.mark.parametrize("folder", FOLDERS)
async def test_every_single_one_is_shown(folder: str, intent: str) -> None:
    """By its button; whatever it owes is its own words' amount or said not to be reported."""
    claims = _claims(folder)
    for one in claims:
        said = await answered(f"claim.{intent}", *claims, id=one["id"])
        assert "$" in said.text or "not reported" in said.text
        assert said.ask.report.gaps == []
