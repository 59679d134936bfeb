"""Deductible, limits and copays: what the plan says, and a floor that never claims more than the claims hold."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.kit import floor_of
from bot.message import Chart
from bot.records.claim import read_claim
from tests.answers.asking import answered, concept
from tests.answers.made import claim, coverage, usd
from tests.records.made import raw


def _money(code: str, value: float) -> dict[str, object]:
    return {"type": concept(code), "valueMoney": usd(value)}


async def test_what_is_left_is_told_as_at_most() -> None:
    """No record holds the plan's own total: the claims are a floor of what is used, so what is left is a ceiling."""
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
def test_a_floor_is_the_sum_of_what_the_claims_told(cents: list[int]) -> None:
    """Whatever the amounts, the floor is exactly their sum."""
    parts = [claim(str(at), "2026-02-01", {"deductible": value / 100}) for at, value in enumerate(cents)]
    floor = floor_of("in", [read_claim(raw(part)) for part in parts])
    assert floor
    assert floor.deductible
    assert floor.deductible.value == sum(Decimal(str(value / 100)) for value in cents)
