"""Deductible, limits and copays: what the plan says, and a floor that never claims more than the claims hold."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.kit import floor_of
from bot.message import Chart
from bot.records.claim import read_claim
from tests.answers.asking import answered, concept, owned, public
from tests.answers.made import claim, coverage, named, paid_as, usd
from tests.records.made import raw


def _money(code: str, value: float) -> dict[str, object]:
    return {"type": concept(code), "valueMoney": usd(value)}


async def test_the_floor_counts_each_network_side_apart() -> None:
    """In and out of network have deductibles of their own, so their sums are never one number."""
    said = await answered(
        "coverage.cost_share",
        coverage(costToBeneficiary=[_money("deductible", 1500)]),
        claim("a", "2026-02-01", {"deductible": 50.25, "copay": 20}),
        claim("b", "2026-03-04", {"deductible": 100}),
        claim("c", "2026-04-05", {"deductible": 70}, adjudication=[paid_as("outofnetwork")]),
        slots={"amount_kind": "deductible"},
    )
    assert "At least $150.25 of your $1,500.00 deductible is met" in said.text
    assert "At least $70.00 toward your deductible, out of network, from 1 claim." in said.text


@pytest.mark.parametrize(("carried", "told"), [(1499.99, False), (1500, True), (1530, True)])
async def test_claims_that_come_to_the_deductible_may_have_met_it(carried: float, told: bool) -> None:
    """More than the plan names beside what it names wants a word; below it nothing is said of what is left."""
    said = await answered(
        "coverage.cost_share",
        coverage(costToBeneficiary=[_money("deductible", 1500)]),
        claim("a", "2026-02-01", {"deductible": carried}),
        slots={"amount_kind": "deductible"},
    )
    assert ("you may have met it" in said.text) is told


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
    assert "Your plan's own total decides." in said.text


@pytest.mark.parametrize(
    "other",
    [
        {"status": "cancelled"},
        {"use": "preauthorization"},
        {"use": "predetermination"},
        {"status": "entered-in-error"},
        {"item": [{"sequence": 1, "servicedDate": "2025-12-31"}]},
        {"type": concept("oral", "http://terminology.hl7.org/CodeSystem/claim-type")},
        {"patient": {"reference": "Patient/p2"}},
    ],
)
async def test_what_does_not_count_is_in_no_sum(other: dict[str, object]) -> None:
    """Cancelled, advance, mistaken, last year's, dental and other people's claims carry nothing to this deductible."""
    said = await answered(
        "coverage.cost_share",
        coverage(),
        claim("a", "2026-02-01", {"deductible": 40}),
        claim("b", "2026-03-01", {"deductible": 999}, **other),
        slots={"amount_kind": "deductible"},
    )
    assert "At least $40.00 toward your deductible, in network, from 1 claim." in said.text
    assert "999" not in said.text


async def test_absent_is_not_zero() -> None:
    """Claims that tell no share give no amount at all."""
    said = await answered("coverage.cost_share", coverage(), claim("a", "2026-02-01", {"memberliability": 12}))
    assert "$0.00" not in said.text
    assert "don't say what went to your deductible" in said.text
    assert "don't say what your deductible or copays are" in said.text


async def test_copays_need_no_claims() -> None:
    """A question about copays reads only the coverage."""
    said = await answered(
        "coverage.cost_share",
        coverage(costToBeneficiary=[_money("spvisit", 50), _money("gpvisit", 30), _money("deductible", 9)]),
        slots={"amount_kind": "copay"},
    )
    assert "Copay, specialist visit: $50.00" in said.text
    assert "Deductible" not in said.text
    assert {kind for kind, _ in said.shelf.queries} == {"Coverage"}


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("copay for a specialist", "$50.00 is your copay for a specialist (Plain PPO)."),
        ("copago del pcp", "$30.00 is your copay for primary care (Plain PPO)."),
    ],
)
async def test_a_named_kind_of_visit_is_answered_alone(said: str, words: str) -> None:
    """The member asked for one number."""
    plan = coverage(costToBeneficiary=[_money("spvisit", 50), _money("gpvisit", 30)])
    told = await answered("coverage.cost_share", plan, slots={"amount_kind": "copay"}, said=said)
    assert told.text.startswith(words)
    assert "Copay" not in told.text


async def test_a_kind_of_visit_that_no_plan_tells_is_said() -> None:
    """Another visit's copay is never given for it unsaid."""
    plan = coverage(costToBeneficiary=[_money("spvisit", 50)])
    told = await answered("coverage.cost_share", plan, slots={"amount_kind": "copay"}, said="what is my ER copay")
    assert told.text.startswith("Your plan's records here name no copay for the emergency room.")
    assert "Copay, specialist visit: $50.00" in told.text


async def test_a_claim_that_was_taken_back_carries_nothing_to_the_deductible() -> None:
    """Original and reversal are both out; a reversal whose claim is not here takes its own off, never below nothing."""
    number = {"identifier": [{"type": concept("uc"), "value": "N-1"}]}
    kept = claim("a", "2026-02-01", {"deductible": 100})
    first = claim("b", "2026-03-01", {"submitted": 80, "deductible": 70}, **number)
    back = claim("c", "2026-03-01", {"submitted": -80, "deductible": -70}, **number)
    slots = {"amount_kind": "deductible"}
    both = await answered("coverage.cost_share", coverage(), kept, first, back, slots=slots)
    assert "At least $100.00 toward your deductible, in network, from 1 claim." in both.text
    alone = await answered("coverage.cost_share", coverage(), kept, back, slots=slots)
    assert "At least $30.00 toward your deductible" in alone.text


async def test_the_insurance_card_guides_shares_read_as_words() -> None:
    """C4DIC writes family and network into its codes and some values as text; "N/A" is no value."""
    said = await answered("coverage.cost_share", *_card(), slots={"amount_kind": "deductible"})
    assert "Deductible, family, in network: $8,000.00" in said.text
    assert "Drug deductible, family, out of network: $2,000.00" in said.text
    copays = await answered("coverage.cost_share", *_card(), slots={"amount_kind": "copay"}, language="es")
    assert "Copago, recetas: DED THEN $10/$40/$70/25%" in copays.text
    assert "N/A" not in copays.text


def _card() -> list[dict[str, object]]:
    return owned(public("hl7-c4dic-examples", "Coverage"))[:1]


@settings(deadline=None)  # the first example loads the pack
@given(st.lists(st.integers(0, 10**7), min_size=1, max_size=8))
def test_a_floor_is_the_sum_of_what_the_claims_told(cents: list[int]) -> None:
    """Whatever the amounts, the floor is exactly their sum."""
    parts = [claim(str(at), "2026-02-01", {"deductible": value / 100}) for at, value in enumerate(cents)]
    floor = floor_of("in", [read_claim(raw(part)) for part in parts])
    assert floor
    assert floor.deductible
    assert floor.deductible.value == sum(Decimal(str(value / 100)) for value in cents)


def _july(first: int, key: str, **elements: object) -> dict[str, object]:
    """A plan that is renewed each July."""
    period = {"start": f"{first}-07-01", "end": f"{first + 1}-06-30"}
    return coverage(key, period=period, costToBeneficiary=[_money("deductible", 1000)], **elements)


def _of(key: str, claim_key: str, day: str, deductible: float, **elements: object) -> dict[str, object]:
    insurance = [{"focal": True, "coverage": {"reference": f"Coverage/{key}"}}]
    return claim(claim_key, day, {"submitted": 500, "deductible": deductible}, insurance=insurance, **elements)


@pytest.mark.parametrize("asked", [{}, {"date_range": {"start": "2025-07-01", "end": "2026-05-20"}}])
async def test_a_plan_year_that_is_not_the_calendar_year_counts_for_itself(asked: dict[str, object]) -> None:
    """What was met before it began is not met now, whatever the calendar says; the days counted are said."""
    rows = [_of("c0", "a", "2025-03-01", 600), _of("c0", "b", "2025-05-01", 400), _of("c1", "c", "2025-09-01", 90)]
    rows.append(_of("c1", "d", "2026-02-01", 30))
    plans = _july(2024, "c0"), _july(2025, "c1")
    said = await answered("coverage.cost_share", *plans, *rows, slots={"amount_kind": "deductible", **asked})
    assert "Since July 1, 2025, at least $120.00 of your $1,000.00 deductible is used; at most $880.00" in said.text
    assert "Some plans count by the calendar year instead" in said.text
    assert "met" not in said.text


async def test_a_plan_year_without_older_claims_agrees_with_the_calendar() -> None:
    """Then both count the same, and the days are said all the same."""
    plans = _july(2025, "c1")
    said = await answered(
        "coverage.cost_share", plans, _of("c1", "c", "2026-02-01", 1000), slots={"amount_kind": "deductible"}
    )
    assert "Your claims come to all of your $1,000.00 deductible, so you may have met it." in said.text
    assert "Counted: your care since July 1, 2025" in said.text


async def test_a_visit_that_two_plans_decided_on_counts_for_the_deductible_of_each() -> None:
    """Each plan by its name, with its own claims; of one plan nothing counts twice."""
    ppo = coverage("c1", costToBeneficiary=[_money("deductible", 1000)])
    hmo = coverage(
        "c2", costToBeneficiary=[_money("deductible", 500)], **{"class": [named("plan", "P-2", "Spouse HMO")]}
    )
    twice = _of("c1", "a", "2026-02-01", 100), _of("c2", "b", "2026-02-01", 30)
    said = await answered("coverage.cost_share", ppo, hmo, *twice, slots={"amount_kind": "deductible"})
    lines = said.text.splitlines()
    assert "At least $100.00 of your $1,000.00 deductible is met" in lines[lines.index("Plain PPO") + 1]
    assert "At least $30.00 of your $500.00 deductible is met" in lines[lines.index("Spouse HMO") + 1]
    again = coverage("c2", costToBeneficiary=[_money("deductible", 1000)])
    one = await answered("coverage.cost_share", ppo, again, *twice, slots={"amount_kind": "deductible"})
    assert "$130.00" not in one.text


async def test_a_price_ahead_gets_the_coinsurance_and_what_is_left() -> None:
    """No past claim is a price: the plan's percentage, the deductible that is left, and whom to ask."""
    costs = [
        {"type": concept("deductible"), "valueMoney": {"value": 500, "currency": "USD"}},
        {"type": concept("copaypct"), "valueQuantity": {"value": 20, "unit": "%", "code": "%"}},
    ]
    rows = coverage(costToBeneficiary=costs), claim("a", "2026-03-02", {"deductible": 120, "memberliability": 120})
    slots = {"service": "knee_replacement", "reason": "price"}
    said = await answered("coverage.cost_share", *rows, slots=slots)
    assert "no prices ahead of time" in said.text
    assert "(800) 555-0100" in said.text
    assert "At least $120.00 of your $500.00 deductible is met; at most $380.00 is left." in said.text
    assert "20%" in said.text
    assert "March 2" not in said.text
