"""Coordinates for a page's pictures: the parts of a bar, and the points of a line. Templates draw them."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from itertools import accumulate
from typing import NamedTuple

import msgspec

WIDE, LEAST = 1000, 6
"""The length of a bar in thousandths, and the smallest length of a part, so that every part is visible."""
_PERCENT, _TENTH = 100, 10


class BarPart(NamedTuple):
    """One part of a bar: its start and length, as SVG takes them, and its rounded share in percent."""

    at: str
    width: str
    percent: int


class Tick(NamedTuple):
    """A line across a picture, and the number that it marks."""

    y: int
    value: Decimal


class Box(msgspec.Struct, frozen=True):
    """The area of a picture in which lines are drawn, in SVG units."""

    left: int = 40
    right: int = 316
    top: int = 10
    bottom: int = 100


BOX = Box()


class Plot(msgspec.Struct, frozen=True):
    """Lines over time: the points (x, y) of each, the ticks from the bottom up, and the range behind them (y, height).

    Distances between points are proportional to the days between them.
    """

    lines: tuple[tuple[tuple[int, int], ...], ...]
    ticks: tuple[Tick, ...]
    band: tuple[int, int] | None
    box: Box = BOX


def stretches(parts: Iterable[Decimal]) -> tuple[BarPart, ...]:
    """Return a whole's parts, side by side and as long as the bar; ValueError if one is negative or the whole is 0."""
    values = list(parts)
    if min(values, default=Decimal(-1)) < 0 or not sum(values):
        raise ValueError("no parts of one whole")
    widths, percents = lengths(values, WIDE, LEAST), lengths(values, _PERCENT, 0)
    begins = [0, *accumulate(widths)]
    rows = zip(begins, widths, percents, strict=False)
    return tuple(BarPart(_percent(at), _percent(width), percent) for at, width, percent in rows)


def lengths(values: Sequence[Decimal], whole: int, least: int) -> list[int]:
    """Return whole numbers proportional to the values, with the sum `whole`; only zero values are below `least`."""
    total = sum(values, Decimal(0))
    found = [max(round(value * whole / total), least) if value else 0 for value in values]
    found[values.index(max(values))] += whole - sum(found)
    return found


def _percent(thousandths: int) -> str:
    return f"{thousandths // _TENTH}.{thousandths % _TENTH}%"


def plotted(
    days: Sequence[date], lines: Sequence[Sequence[Decimal]], low: Decimal | None = None, high: Decimal | None = None
) -> Plot | None:
    """Return the lines over the days, oldest first, before the range `low` to `high`; None for one day."""
    first, last = days[0], days[-1]
    if first == last:
        return None
    ticks = ticks_of(_around([value for line in lines for value in line], low, high))
    across = [BOX.left + (BOX.right - BOX.left) * (day - first).days // (last - first).days for day in days]
    drawn = tuple(tuple((x, _y(value, ticks)) for x, value in zip(across, line, strict=True)) for line in lines)
    return Plot(drawn, tuple(Tick(_y(value, ticks), value) for value in ticks), _band(low, high, ticks))


def _around(values: Sequence[Decimal], low: Decimal | None, high: Decimal | None) -> list[Decimal]:
    """Return the values and the ends of the range, plus some room on the side where the range is open."""
    shown = [*values, *(bound for bound in (low, high) if bound is not None)]
    room = (max(shown) - min(shown)) / _TENTH
    return [
        *shown,
        *([low + room] if high is None and low is not None else []),
        *([high - room] if low is None and high is not None else []),
    ]


def ticks_of(values: Sequence[Decimal]) -> list[Decimal]:
    """Return three to five round numbers at equal distances that enclose all values."""
    low, high = min(values), max(values)
    room = (high - low) or abs(high) or Decimal(1)
    step = next(step for step in _steps(room) if room <= 3 * step)
    first = (low / step).to_integral_value(ROUND_FLOOR)
    last = max((high / step).to_integral_value(ROUND_CEILING), first + 2)
    return [(first + at) * step for at in range(int(last - first) + 1)]


def _steps(room: Decimal) -> Iterable[Decimal]:
    power = room.adjusted() - 1
    return (Decimal(digit).scaleb(exponent) for exponent in range(power, power + 3) for digit in (1, 2, 5))


def _y(value: Decimal, ticks: Sequence[Decimal]) -> int:
    share = (value - ticks[0]) / (ticks[-1] - ticks[0])
    return round(BOX.bottom - share * (BOX.bottom - BOX.top))


def _band(low: Decimal | None, high: Decimal | None, ticks: Sequence[Decimal]) -> tuple[int, int] | None:
    """Return the range as (y, height); a range with one end extends to the edge of the picture."""
    if low is None and high is None:
        return None
    top = BOX.top if high is None else _y(high, ticks)
    return top, (BOX.bottom if low is None else _y(low, ticks)) - top
