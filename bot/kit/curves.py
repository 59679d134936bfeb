"""Results over time as a line may join them: dated figures in one unit, and the range that came with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from bot.records.observation import Observation
from bot.records.quantity import Quantity

_MOST = 12
_PRESSURE = "mmHg, two numbers"


@dataclass(frozen=True, slots=True)
class Curve:
    """The newest results of one test that are of one kind, oldest first; `left` others are not among them.

    A blood pressure has two `lines`, everything else one. `low` and `high` bound the range, where all came with the
    same one. `unit` is what the figures are in, None for bare numbers.
    """

    results: tuple[Observation, ...]
    left: int
    unit: str | None = None
    low: Decimal | None = None
    high: Decimal | None = None

    @property
    def days(self) -> tuple[date, ...]:
        """When each was; a month without a day stands at its first."""
        return tuple(one.day.first for one in self.results if one.day)

    @property
    def lines(self) -> tuple[tuple[Decimal, ...], ...]:
        """The figures."""
        return tuple(zip(*(figures_of(one) for one in self.results), strict=True))


def curve_of(results: Sequence[Observation]) -> Curve | None:
    """The results, newest first, as one line (two for a blood pressure); None when fewer than two go together."""
    unit = next((unit for one in results if (unit := unit_of(one)) is not None), None)
    alike = [one for one in results if unit_of(one) == unit] if unit is not None else []
    if len(alike) <= 1:
        return None
    drawn = tuple(alike[:_MOST][::-1])
    return Curve(drawn, len(results) - len(drawn), unit or None, *_range_of(drawn, unit))


def unit_of(one: Observation) -> str | None:
    """The unit of a dated figure; None for a result that is none, or only a bound of one."""
    if one.day is None or one.day.month is None:
        return None
    if one.pressure is not None:
        return _PRESSURE
    figure = one.main.value.quantity if one.main.value and not (one.parts or one.main.value.per) else None
    return (figure.unit or "") if figure and not figure.comparator else None


def figures_of(one: Observation) -> tuple[Decimal, ...]:
    """The number of a result, the two of a blood pressure."""
    if one.pressure:
        return one.pressure[0].value, one.pressure[1].value
    figure = one.main.value.quantity if one.main.value else None
    return (figure.value,) if figure else ()


def _range_of(results: Sequence[Observation], unit: str | None) -> tuple[Decimal | None, Decimal | None]:
    ranges = {(one.main.usual.low, one.main.usual.high) if one.main.usual else (None, None) for one in results}
    low, high = ranges.pop() if len(ranges) == 1 else (None, None)
    bounds = [bound for bound in (low, high) if bound]
    plain = all(_is_plain(bound, unit) for bound in bounds)
    return (low.value if low else None, high.value if high else None) if plain else (None, None)


def _is_plain(bound: Quantity, unit: str | None) -> bool:
    return not bound.comparator and (bound.unit or unit) == unit
