"""HL7's public claims of both guides, each asked about in every way: an answer, no loss, and the same in Spanish."""

import pytest

from tests.answers.asking import Resource, answered, owned, public
from tests.answers.claim.shapes import figures

YEARS: dict[str, object] = {"date_range": {"start": "2010-01-01", "end": "2026-12-31"}}
ASKED: dict[str, dict[str, object]] = {
    "last_visit_cost": {},
    "list": {},
    "status": {},
    "denial": {},
    "spending": YEARS,
    "pharmacy": YEARS,
    "bill_check": {"amount": "120.00"},
}
FOLDERS = ("hl7-carin-bb-1.1.0", "hl7-carin-bb-2.0.0")


def _claims(folder: str) -> list[Resource]:
    return owned(public(folder, "ExplanationOfBenefit"))


@pytest.mark.parametrize("intent", ASKED)
@pytest.mark.parametrize("folder", FOLDERS)
async def test_every_question_over_all_of_them_has_an_answer(folder: str, intent: str) -> None:
    """All of a guide's claims as one member's: nothing unreadable, and no figure that Spanish lacks."""
    english = await answered(f"claim.{intent}", *_claims(folder), slots=ASKED[intent])
    spanish = await answered(f"claim.{intent}", *_claims(folder), slots=ASKED[intent], language="es")
    assert english.text
    assert english.ask.report.gaps == []
    assert figures(english) == figures(spanish)


@pytest.mark.parametrize("intent", ["detail", "denial"])
@pytest.mark.parametrize("folder", FOLDERS)
async def test_every_single_one_is_shown(folder: str, intent: str) -> None:
    """By its button; whatever it owes is its own words' amount or said not to be reported."""
    claims = _claims(folder)
    for one in claims:
        english = await answered(f"claim.{intent}", *claims, id=one["id"])
        spanish = await answered(f"claim.{intent}", *claims, id=one["id"], language="es")
        assert figures(english) == figures(spanish)
        assert figures(english) or "not reported" in english.text
        assert english.ask.report.gaps == []
