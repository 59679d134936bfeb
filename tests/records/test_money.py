from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.records.explanation import amount_of
from bot.records.money import Amount, MixedCurrencies, Quantity, believable, total
from bot.records.shapes import MoneyShape
from bot.records.share import Step, owed_steps, sum_of
from tests.records.made import claim, money

cents = st.decimals(min_value=-(10**9), max_value=10**9, places=4, allow_nan=False, allow_infinity=False)


@given(st.lists(cents, min_size=1))
def test_sums_are_exact(values: list[Decimal]) -> None:
    """No cent is lost or made by adding: the sum is the exact sum of the exact values."""
    assert total(Amount(value) for value in values) == Amount(sum(values, Decimal(0)))


@pytest.mark.fault("F39")
@given(st.lists(st.sampled_from(["USD", "EUR"]), min_size=2).filter(lambda codes: len(set(codes)) > 1))
def test_currencies_never_mix(codes: list[str]) -> None:
    """A sum over two currencies is refused, whatever their order (F39)."""
    with pytest.raises(MixedCurrencies):
        total(Amount(Decimal(1), code) for code in codes)


def test_nothing_has_no_sum() -> None:
    """Absent is not zero: the sum of nothing is None."""
    assert total([]) is None
    assert total([None, None]) is None


@pytest.mark.threat("T43")
@pytest.mark.parametrize("value", ["1E+40", "1E-40", "NaN", "Infinity"])
def test_what_cannot_be_money_is_no_amount(value: str) -> None:
    """An absurd number is not an amount, so nothing later can stumble over it."""
    assert believable(Decimal(value)) is None


@pytest.mark.fault("F37")
def test_a_missing_value_is_no_amount_and_a_missing_currency_is_the_claims() -> None:
    """Cigna sends totals without a value; a currency may be missing (fhir-notes 12)."""
    assert amount_of(MoneyShape(currency="USD")) is None
    assert amount_of(MoneyShape(value=Decimal(0)), "EUR") == Amount(Decimal(0), "EUR")


def test_taking_away_and_turning_around() -> None:
    """Differences and credits keep the currency, and refuse another one."""
    assert Amount(Decimal(5)) - Amount(Decimal(7)) == -Amount(Decimal(2))
    with pytest.raises(MixedCurrencies):
        Amount(Decimal(5), "EUR") - Amount(Decimal(5))


_RECORDED = st.decimals(min_value=0, max_value=1000, places=2)


@pytest.mark.parametrize(
    ("value", "unit", "beside"),
    [
        ("82.7", "kg", "182.3 lb"),
        ("36.3", "°C", "97.3 °F"),
        ("37", "°C", "98.6 °F"),
        ("-40", "°C", "-40.0 °F"),
        ("170", "cm", "66.9 in"),
        ("2.54", "cm", "1.0 in"),
    ],
)
def test_a_metric_value_has_its_customary_one_beside_it(value: str, unit: str, beside: str) -> None:
    """To a tenth, half up; the value on record is not touched."""
    recorded, (number, customary) = Quantity(Decimal(value), unit), beside.split()
    assert recorded.customary == Quantity(Decimal(number), customary)
    assert recorded.value == Decimal(value)


@pytest.mark.parametrize("unit", ["lb", "°F", "in", "kg/m2", "mmHg", "mg/dL", "g", "", None])
def test_any_other_unit_stays_alone(unit: str | None) -> None:
    """What is customary already, or no weight, temperature or length, is not converted."""
    assert Quantity(Decimal(5), unit).customary is None


@given(_RECORDED)
def test_going_back_gives_what_was_recorded(value: Decimal) -> None:
    """The tenth that is shown is never further than half a tenth from the exact value."""
    half = Decimal("0.05") + Decimal("1e-20")
    for unit, size, zero in (
        ("kg", Decimal("0.45359237"), 0),
        ("°C", 1 / Decimal("1.8"), 32),
        ("cm", Decimal("2.54"), 0),
    ):
        usual = Quantity(value, unit).customary
        assert usual is not None
        assert abs((usual.value - zero) * size - value) <= half * size


def test_a_bound_stays_a_bound() -> None:
    """Below 36 degrees is below 96.8."""
    assert Quantity(Decimal(36), "°C", "<").customary == Quantity(Decimal("96.8"), "°F", "<")


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
