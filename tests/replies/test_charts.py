"""Charts as text."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.message import Chart, ChartPoint
from bot.replies.filters import month
from bot.replies.plain import WIDTH, drawable, text_bar, text_lines

PARTS = ("met", "left", "over")


def chart(*values: str | Decimal, kind: str = "parts") -> Chart:
    """A chart of these values."""
    points = tuple(ChartPoint(name, (Decimal(value),)) for name, value in zip(PARTS, values, strict=False))
    return Chart("Deductible", points, "parts" if kind == "parts" else "bars")


@given(st.lists(st.decimals(0, 100_000, places=2), min_size=2, max_size=3).filter(any))
def test_a_bar_is_as_long_as_any_other(values: list[Decimal]) -> None:
    """Its parts fill it; what is not nothing is seen, and nothing is not."""
    bar, _, _ = text_bar(chart(*values)).partition("\n")
    assert len(bar) == WIDTH
    assert [mark in bar for mark in "▓▒░" if mark in text_bar(chart(*values))[WIDTH:]] == [
        value > 0 for value in values
    ]


@pytest.mark.parametrize("values", [("5",), ("0", "0"), ("5", "-1"), ("1", "2", "3", "4")])
def test_what_is_no_whole_is_not_drawn(values: tuple[str, ...]) -> None:
    """One part, nothing at all and a credit are told in words only."""
    points = tuple(ChartPoint(str(at), (Decimal(value),)) for at, value in enumerate(values))
    assert not drawable(Chart("Deductible", points, "parts"))


def test_a_console_shows_bars() -> None:
    """The progress toward a deductible, and months beside each other with their words."""
    assert list(text_lines(chart("898.10", "601.90"))) == ["▓▓▓▓▓▓▓▓▓▓▓▓░░░░░░░░", "▓ met ░ left"]
    months = (ChartPoint("May", (Decimal(20),), "$20.00"), ChartPoint("June", (Decimal(0),), "$0.00"))
    assert list(text_lines(Chart("By month", months))) == ["By month", f"May  {'▓' * WIDTH} $20.00", "June  $0.00"]


def test_months_are_short() -> None:
    """As a chart labels them, in both languages; a date without a month has none."""
    assert [month("2026-05", language="en"), month("2026-09-30", years=True, language="es")] == ["May", "sept 2026"]
    with pytest.raises(TypeError):
        month("2026", language="en")
