"""The steps behind a figure: whoever adds up the terms comes to the result."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.records.money import Amount
from bot.records.share import Step, owed_steps, sum_of
from tests.records.made import claim, money

_CENTS = st.integers(-10_000, 500_000).map(lambda cents: cents / 100)
_CATEGORIES = ("deductible", "copay", "coinsurance", "noncovered", "memberliability")


def _comes_to(step: Step) -> Amount:
    terms = sum((-term.amount.value if term.minus else term.amount.value for term in step.terms), Decimal(0))
    return Amount(terms + (step.rest.value if step.rest else 0))


@given(amounts=st.lists(st.none() | _CENTS, max_size=20))
@settings(max_examples=30, deadline=None)
def test_the_terms_of_a_sum_come_to_it(amounts: list[float | None]) -> None:
    """Whatever is shown and whatever is folded together; a claim that doesn't tell is no term."""
    claims = [claim(id=f"c{at}", total=[money("memberliability", value)]) for at, value in enumerate(amounts)]
    steps = sum_of("spending", claims, lambda one: one.owed.amount)
    told = [value for value in amounts if value is not None]
    assert [step.count for step in steps] == ([len(told)] if told else [])
    assert all(len(step.terms) + step.left == step.count and _comes_to(step) == step.result for step in steps)


@given(parts=st.dictionaries(st.sampled_from(_CATEGORIES), _CENTS))
@settings(max_examples=60, deadline=None)
def test_the_parts_of_a_claim_come_to_what_is_said_of_them(parts: dict[str, float]) -> None:
    """The parts to their sum, and the told amount less the parts to the gap."""
    steps = owed_steps(claim(total=[money(name, value) for name, value in parts.items()]))
    assert all(_comes_to(step) == step.result for step in steps)


def test_two_currencies_have_no_steps() -> None:
    """There is no sum, so there is none to explain."""
    claims = [claim(id=code, total=[money("memberliability", 5, code)]) for code in ("USD", "EUR")]
    assert sum_of("spending", claims, lambda one: one.owed.amount) == ()


def test_a_labelled_claim_adds_its_amount_without_its_day() -> None:
    """It is counted and not described, here too."""
    marked = {"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "42CFRPart2"}]}
    (step,) = sum_of("spending", [claim(meta=marked, total=[money("memberliability", 5)])], lambda one: one.owed.amount)
    assert [(term.name, term.day) for term in step.terms] == [("shielded", None)]


def test_a_sum_of_lines_tells_how_many() -> None:
    """Their own amounts stand in the details."""
    lines = [{"sequence": n, "adjudication": [money("memberliability", 5)]} for n in (1, 2)]
    assert owed_steps(claim(item=lines)) == (Step("lines", Amount(Decimal(10)), count=2),)
