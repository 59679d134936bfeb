"""Kilograms, Celsius and centimeters beside what a US reader uses: exact arithmetic, rounded once."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.records.money import Quantity

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
