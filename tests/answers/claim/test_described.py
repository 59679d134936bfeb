"""The claims that a question describes: which visit is found, and what is named as the source where none fits."""

import pytest

from tests.answers.asking import answered
from tests.answers.claim.shapes import WHO, fill
from tests.answers.made import claim

_VISIT = claim("seen", "2026-04-02", {"memberliability": 9}, **WHO)
_LATER = claim("later", "2026-04-20", {"memberliability": 8}, **WHO)


@pytest.mark.parametrize("intent", ["status", "visits", "list", "why", "detail", "network", "payer"])
async def test_the_nearest_claims_are_named_as_sources(intent: str) -> None:
    """Nothing fits the time: what is shown in its place is what the answer stands on."""
    slots = {"date_range": {"start": "2026-01-01", "end": "2026-01-31"}}
    said = await answered(f"claim.{intent}", _VISIT, slots=slots)
    assert "April 2, 2026" in said.text
    assert [source.id for source in said.ask.report.sources if source.type == "ExplanationOfBenefit"] == ["seen"]


@pytest.mark.parametrize("intent", ["claim.detail", "claim.network"])
async def test_a_pharmacy_that_was_named_is_found_by_its_fill(intent: str) -> None:
    """A fill is no visit; where only fills are by the provider that was named, the newest of them is meant."""
    drug = fill("filled", "2026-04-02", "Metformin", {"memberliability": 9})
    said = await answered(intent, drug, _LATER, slots={"provider_name": "Blue Heron Pharmacy"})
    assert [source.id for source in said.ask.report.sources if source.type == "ExplanationOfBenefit"] == ["filled"]
