"""HL7's public claims of both guides, each shown by its button."""

import pytest

from tests.answers.asking import Resource, answered, owned, public

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
