from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.records.explanation import amount_of
from bot.records.money import Amount, MixedCurrencies, Quantity, believable, total
from bot.records.shapes import MoneyShape

cents = st.decimals(min_value=-(10**9), max_value=10**9, places=4, allow_nan=False, allow_infinity=False)


@given(st.lists(cents, min_size=1))
def test_sums_are_exact(values: list[Decimal]) -> None:
    """No cent is lost or made by adding: the sum is the exact sum of the exact values."""
    result = total(Amount(value) for value in values)
    assert result is not None
    assert result.value == sum(values)


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
    recorded = Quantity(Decimal(value), unit)
    usual = recorded.customary
    assert usual is not None
    assert f"{usual.value} {usual.unit}" == beside
    assert recorded.value == Decimal(value)


@pytest.mark.parametrize("unit", ["lb", "°F", "in", "kg/m2", "mmHg", "mg/dL", "g", "", None])
def test_any_other_unit_stays_alone(unit: str | None) -> None:
    """What is customary already, or no weight, temperature or length, is not converted."""
    assert Quantity(Decimal(5), unit).customary is None


@given(_RECORDED)
def test_going_back_gives_what_was_recorded(value: Decimal) -> None:
    """The tenth that is shown is never further than half a tenth from the exact value."""
    half = Decimal("0.05") + Decimal("1e-20")
    kilograms, celsius, centimeters = (Quantity(value, unit).customary for unit in ("kg", "°C", "cm"))
    assert kilograms is not None
    assert celsius is not None
    assert centimeters is not None
    assert abs(kilograms.value * Decimal("0.45359237") - value) <= half * Decimal("0.45359237")
    assert abs((celsius.value - 32) / Decimal("1.8") - value) <= half / Decimal("1.8")
    assert abs(centimeters.value * Decimal("2.54") - value) <= half * Decimal("2.54")


def test_a_bound_stays_a_bound() -> None:
    """Below 36 degrees is below 96.8."""
    assert Quantity(Decimal(36), "°C", "<").customary == Quantity(Decimal("96.8"), "°F", "<")
