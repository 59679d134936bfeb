"""Rules of how plans work, with the member's own figures beside them."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.kit import Reroute, accumulated
from bot.message import Chart
from bot.records.claim import read_claim
from tests.answers.asking import answered, concept
from tests.answers.made import claim, coverage, usd
from tests.records.made import raw


def _share(code: str, value: dict[str, object]) -> dict[str, object]:
    return {"type": concept(code), **value}


PLAN = [
    _share("deductible", {"valueMoney": usd(1500)}),
    _share("maxoutofpocket", {"valueMoney": usd(5000)}),
    _share("copaypct", {"valueQuantity": {"value": 20, "unit": "%"}}),
]


def _money(code: str, value: float) -> dict[str, object]:
    return {"type": concept(code), "valueMoney": usd(value)}


async def test_what_is_left_is_told_as_at_most() -> None:
    """No record holds the plan's own total: the claims are a minimum of what is used, so what is left is a ceiling."""
    said = await answered(
        "coverage.cost_share",
        coverage(costToBeneficiary=[_money("deductible", 1500)]),
        claim("a", "2026-02-01", {"deductible": 400}),
        slots={"amount_kind": "deductible"},
    )
    assert "at most $1,100.00 is left" in said.text
    (bar,) = [block for block in said.blocks if isinstance(block, Chart)]
    assert [point.values for point in bar.points] == [(Decimal(400),), (Decimal(1100),)]
    assert "Your plan's own total is the official one." in said.text


@settings(deadline=None)  # the first example loads the pack
@given(st.lists(st.integers(0, 10**7), min_size=1, max_size=8))
def test_the_minimum_is_the_sum_of_what_the_claims_told(cents: list[int]) -> None:
    """Whatever the amounts, the minimum is exactly their sum."""
    parts = [claim(str(at), "2026-02-01", {"deductible": value / 100}) for at, value in enumerate(cents)]
    found = accumulated("in", [read_claim(raw(part)) for part in parts])
    assert found
    assert found.deductible
    assert found.deductible.value == sum(Decimal(str(value / 100)) for value in cents)


@pytest.mark.parametrize(
    "slots",
    [
        {"workings": "starts_over", "date_range": {"start": "2025-01-01", "end": "2025-12-31"}},
        {"workings": "er_or_urgent", "amount_kind": "copay"},
    ],
)
async def test_the_plan_is_asked_and_no_rule(slots: dict[str, object]) -> None:
    """What was used in a year that is over, and what one kind of visit costs, is told by the plan's shares."""
    with pytest.raises(Reroute):
        await answered("coverage.workings", coverage(costToBeneficiary=PLAN), said="urgent care in 2025", slots=slots)
