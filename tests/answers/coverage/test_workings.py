"""Rules of how plans work, with the member's own figures beside them."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.kit import AskedAhead, floor_of
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


@pytest.mark.parametrize(
    ("price", "said"),
    [
        # 1,100 of the deductible are left, then 20% of the rest, and 4,600 of the maximum are the most.
        ("900.00", "At most $900.00 of $900.00"),
        ("4000.00", "At most $1,680.00 of $4,000.00"),
        (
            "40000.00",
            "At most $4,600.00 of $40,000.00, for covered care in network: that's what is left of your $5,000.00",
        ),
    ],
)
async def test_the_share_of_a_price_is_worked_out(price: str, said: str) -> None:
    """First what is left of the deductible, then the percentage, and never more than what is left of the maximum."""
    told = await answered(
        "coverage.workings",
        coverage(costToBeneficiary=PLAN),
        claim("a", "2026-02-01", {"deductible": 400}),
        slots={"workings": "arithmetic", "amount": Decimal(price)},
    )
    assert said in told.text


async def test_a_rule_holds_without_any_figure() -> None:
    """A plan that names nothing leaves the rule as it is, and no figure is made up."""
    told = await answered("coverage.workings", coverage(), slots={"workings": "first_then"})
    assert "First the deductible, then the percentage" in told.text
    assert "$" not in told.text


@pytest.mark.parametrize(
    ("amount", "rule"), [("1500", "First the deductible"), ("5000", "Nothing more for covered care")]
)
async def test_a_figure_tells_which_yearly_amount_is_meant(amount: str, rule: str) -> None:
    """What is told of 1,500 is about the deductible, however the rule was worded."""
    slots = {"workings": "after_max", "amount": Decimal(amount)}
    told = await answered("coverage.workings", coverage(costToBeneficiary=PLAN), slots=slots)
    assert told.text.startswith(rule)


async def test_two_kinds_of_visit_are_compared_by_their_copays() -> None:
    """The rule stands for plans that name no copay for either; the cost comes second where there is danger."""
    told = await answered("coverage.workings", coverage(costToBeneficiary=PLAN), slots={"workings": "er_or_urgent"})
    assert told.text.startswith("Urgent care, as a rule")
    assert "In danger, call" in told.text


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


@pytest.mark.parametrize(
    "slots",
    [
        {"workings": "starts_over", "date_range": {"start": "2025-01-01", "end": "2025-12-31"}},
        {"workings": "er_or_urgent", "amount_kind": "copay"},
    ],
)
async def test_the_plan_is_asked_and_no_rule(slots: dict[str, object]) -> None:
    """What was used in a year that is over, and what one kind of visit costs, is told by the plan's shares."""
    with pytest.raises(AskedAhead):
        await answered("coverage.workings", coverage(costToBeneficiary=PLAN), said="urgent care in 2025", slots=slots)
