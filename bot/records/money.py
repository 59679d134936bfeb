"""Exact numbers with units: amounts of money with a currency, and measured quantities. Absent is not zero."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

import msgspec

from bot.records.shapes import QuantityShape
from bot.records.written import clean

USUAL_CURRENCY = "USD"
_LARGEST_EXPONENT = 12
_SMALLEST_EXPONENT = -18
CENT = Decimal("0.01")

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
"""The US customary unit, the factor and the offset: a pound and an inch are exact by definition (NIST)."""
_TENTH = Decimal("0.1")


class MixedCurrencies(ValueError):
    """Amounts of different currencies cannot be added."""


class Amount(msgspec.Struct, frozen=True, gc=False):
    """An exact amount; negative for a reversal or credit. `currency` is an ISO 4217 code."""

    value: Decimal
    currency: str = USUAL_CURRENCY

    def __add__(self, other: Amount) -> Amount:
        if self.currency != other.currency:
            raise MixedCurrencies("two currencies")
        return Amount(self.value + other.value, self.currency)

    def __sub__(self, other: Amount) -> Amount:
        return self + -other

    def __neg__(self) -> Amount:
        return Amount(-self.value, self.currency)

    @property
    def cents(self) -> Decimal:
        """The value rounded half-even to cents. For display only: sums use exact values (F38)."""
        return self.value.quantize(CENT, rounding=ROUND_HALF_EVEN)


def total(amounts: Iterable[Amount | None]) -> Amount | None:
    """Return the sum of the amounts that are not None; None if there are none.

    Raises:
        MixedCurrencies: the amounts have different currencies.
    """
    sums = by_currency(amounts)
    if len(sums) > 1:
        raise MixedCurrencies("two currencies")
    return sums[0] if sums else None


def difference(one: Amount | None, other: Amount | None) -> Amount | None:
    """Return the first amount minus the second; None if one of them is missing or their currencies differ."""
    if one is None or other is None or one.currency != other.currency:
        return None
    return Amount(one.value - other.value, one.currency)


def differ(one: Amount | None, other: Amount | None) -> bool:
    """Return whether two amounts of one currency differ by a cent or more (F39)."""
    gap = difference(one, other)
    return gap is not None and abs(gap.value) >= CENT


def alike(one: Amount | None, other: Amount | None) -> bool:
    """Return whether two amounts differ by less than a cent: some payers write 54.870000000000005."""
    gap = difference(one, other)
    return gap is not None and abs(gap.value) < CENT


def by_currency(amounts: Iterable[Amount | None]) -> tuple[Amount, ...]:
    """Return the sums, one for each currency, in the order in which the currencies appear."""
    sums: dict[str, Decimal] = {}
    for amount in amounts:
        if amount is not None:
            known = sums.get(amount.currency)
            sums[amount.currency] = amount.value if known is None else known + amount.value
    return tuple([Amount(value, currency) for currency, value in sums.items()])


def believable(value: Decimal | None) -> Decimal | None:
    """Return the value; None if it is absent, not finite, too large or too small to be correct."""
    if value is None or not value.is_finite():
        return None
    if value and not _SMALLEST_EXPONENT <= value.adjusted() <= _LARGEST_EXPONENT:
        return None
    return value


class Quantity(msgspec.Struct, frozen=True):
    """A number with its unit. `comparator` is `<`, `<=`, `>=` or `>` if the number is a bound."""

    value: Decimal
    unit: str | None = None
    comparator: str | None = None

    @property
    def customary(self) -> Quantity | None:
        """The quantity in pounds, degrees Fahrenheit or inches, to a tenth; None for other units."""
        known = _CUSTOMARY.get(self.unit or "")
        if known is None:
            return None
        unit, factor, offset = known
        exact = self.value * factor + offset
        return Quantity(exact.quantize(_TENTH, ROUND_HALF_UP), unit, self.comparator)


def quantity_of(shape: QuantityShape | None) -> Quantity | None:
    """Return the quantity; None without a number."""
    value = believable(shape.value) if shape else None
    if shape is None or value is None:
        return None
    unit = clean(shape.unit) or clean(shape.code) or ""
    return Quantity(value, None if unit in _UNSPOKEN else _SPOKEN.get(unit, unit) or None, clean(shape.comparator))
