"""Money: exact decimals with a currency. Absent is not zero, and currencies never mix."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_EVEN, Decimal

import msgspec

USUAL_CURRENCY = "USD"
_LARGEST_EXPONENT = 12
_SMALLEST_EXPONENT = -18
_CENT = Decimal("0.01")


class MixedCurrencies(ValueError):
    """Amounts of different currencies have no sum."""


class Amount(msgspec.Struct, frozen=True, gc=False):
    """An exact amount; negative for a reversal or credit. `currency` is an ISO 4217 code."""

    value: Decimal
    currency: str = USUAL_CURRENCY

    def __add__(self, other: Amount) -> Amount:
        self._alike(other)
        return Amount(self.value + other.value, self.currency)

    def __sub__(self, other: Amount) -> Amount:
        self._alike(other)
        return Amount(self.value - other.value, self.currency)

    def __neg__(self) -> Amount:
        return Amount(-self.value, self.currency)

    @property
    def cents(self) -> Decimal:
        """The value rounded half-even to cents, for showing only: sums are made of exact values (F38)."""
        return self.value.quantize(_CENT, rounding=ROUND_HALF_EVEN)

    def _alike(self, other: Amount) -> None:
        if self.currency != other.currency:
            raise MixedCurrencies("two currencies")


def total(amounts: Iterable[Amount | None]) -> Amount | None:
    """The sum of the amounts that are there; None when none is.

    Raises:
        MixedCurrencies: they are not all of one currency.
    """
    result: Amount | None = None
    for amount in amounts:
        if amount is not None:
            result = amount if result is None else result + amount
    return result


def by_currency(amounts: Iterable[Amount | None]) -> tuple[Amount, ...]:
    """The sums, one a currency, in the order in which the currencies appear; what is absent adds nothing."""
    sums: dict[str, Amount] = {}
    for amount in amounts:
        if amount is not None:
            sums[amount.currency] = sums[amount.currency] + amount if amount.currency in sums else amount
    return tuple(sums.values())


def believable(value: Decimal | None) -> Decimal | None:
    """The value, unless it is absent, not finite, or so large or fine that it cannot be money."""
    if value is None or not value.is_finite():
        return None
    if value and not _SMALLEST_EXPONENT <= value.adjusted() <= _LARGEST_EXPONENT:
        return None
    return value
