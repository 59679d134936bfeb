"""Measured amounts: a number with its unit, exact, and what it may stand between."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from bot.records.money import believable
from bot.records.shapes import Shape
from bot.records.text import clean

_UNSPOKEN = frozenset({"1", "{score}", "{ratio}"})
_SPOKEN = {
    "Cel": "°C",
    "[degF]": "°F",
    "{beats}/min": "/min",
    "{breaths}/min": "/min",
    "mm[Hg]": "mmHg",
    "[lb_av]": "lb",
    "[in_i]": "in",
}
"""UCUM codes that nobody reads aloud, as people write them."""
_CUSTOMARY: dict[str, tuple[str, Decimal, Decimal]] = {
    "kg": ("lb", 1 / Decimal("0.45359237"), Decimal(0)),
    "°C": ("°F", Decimal("1.8"), Decimal(32)),
    "cm": ("in", 1 / Decimal("2.54"), Decimal(0)),
}
"""The US customary unit, what to multiply by and what to add: a pound and an inch are exact by definition (NIST)."""
_TENTH = Decimal("0.1")


class QuantityShape(Shape, frozen=True):
    """Quantity as FHIR writes it."""

    value: Decimal | None = None
    comparator: str | None = None
    unit: str | None = None
    code: str | None = None


class QuantityRange(Shape, frozen=True):
    """Range as FHIR writes it."""

    low: QuantityShape | None = None
    high: QuantityShape | None = None


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with the unit that the record gives; `comparator` is `<`, `<=`, `>=` or `>` where it is a bound."""

    value: Decimal
    unit: str | None = None
    comparator: str | None = None

    @property
    def customary(self) -> Quantity | None:
        """The same in pounds, degrees Fahrenheit or inches, to a tenth; None for what has another unit already."""
        known = _CUSTOMARY.get(self.unit or "")
        if known is None:
            return None
        unit, factor, offset = known
        exact = self.value * factor + offset
        return Quantity(exact.quantize(_TENTH, ROUND_HALF_UP), unit, self.comparator)


def quantity_of(shape: QuantityShape | None) -> Quantity | None:
    """The quantity; None without a number."""
    value = believable(shape.value) if shape else None
    if shape is None or value is None:
        return None
    unit = clean(shape.unit) or clean(shape.code) or ""
    return Quantity(value, None if unit in _UNSPOKEN else _SPOKEN.get(unit, unit) or None, clean(shape.comparator))
