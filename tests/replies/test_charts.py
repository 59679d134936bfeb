"""Charts as text."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from bot.message import Block, Chart, ChartPoint, Fact, Facts, Line, Note, Span
from bot.replies.filters import month
from bot.replies.plain import COLUMNS, SHADES, WIDTH, bar_of, drawable, drawn
from tests.replies.made import BLOCKS, COMPARED, listed

PARTS = ("met", "left", "over")


def chart(*values: str | Decimal, kind: str = "parts") -> Chart:
    """A chart of these values."""
    points = tuple(ChartPoint(name, (Decimal(value),)) for name, value in zip(PARTS, values, strict=False))
    return Chart("Deductible", points, "parts" if kind == "parts" else "bars")


@given(st.lists(st.decimals(0, 100_000, places=2), min_size=2, max_size=3).filter(any))
def test_a_bar_is_as_long_as_any_other(values: list[Decimal]) -> None:
    """Its parts fill it; what is not nothing is seen, and nothing is not."""
    bar = bar_of(chart(*values))
    assert len(bar) == WIDTH
    assert [mark in bar for mark in SHADES[len(values)]] == [value > 0 for value in values]


@pytest.mark.parametrize("values", [("5",), ("0", "0"), ("5", "-1"), ("1", "2", "3", "4")])
def test_what_is_no_whole_is_not_drawn(values: tuple[str, ...]) -> None:
    """One part, nothing at all and a credit are told in words only."""
    points = tuple(ChartPoint(str(at), (Decimal(value),)) for at, value in enumerate(values))
    assert not drawable(Chart("Deductible", points, "parts"))


def test_a_console_shows_bars() -> None:
    """The progress toward a deductible, and months beside each other with their words."""
    parts = (ChartPoint("met", (Decimal("898.10"),), "$898.10"), ChartPoint("left", (Decimal("1601.90"),), "$1,601.90"))
    assert drawn([Chart("Deductible", parts, "parts")]).split("\n") == [
        "Deductible",
        "▓▓▓▓▓▓▓░░░░░░░░░░░░░",
        "▓ met     $898.10",
        "░ left  $1,601.90",
    ]
    months = (ChartPoint("May", (Decimal(20),), "$20.00"), ChartPoint("June", (Decimal(0),), "$0.00"))
    assert drawn([Chart("By month", months)]).split("\n") == [
        "By month",
        f"May   $20.00  {'▓' * WIDTH}",
        "June   $0.00",
    ]


@given(st.lists(BLOCKS, min_size=1, max_size=8))
def test_a_console_has_eighty_columns(blocks: list[Block]) -> None:
    """No line is longer, but for a word that is, and every part has an empty line around it."""
    told = drawn(blocks)
    assert all(len(line) <= COLUMNS or " " not in line.strip() for line in told.split("\n"))
    assert "\n\n\n" not in told


def test_a_console_aligns_what_belongs_together() -> None:
    """Labels and values, what is compared, and buttons that every entry of a list has, once."""
    assert drawn([Facts((Fact("Member ID", "1337"), Fact("Plan", "PPO")))]) == "Member ID  1337\nPlan       PPO"
    head, _, first, *_ = drawn([COMPARED]).split("\n")
    assert head.index("Minh Kim, DO") == first.index("Specialty of Minh Kim, DO")
    entries = [replace(one, cells=()) for one in listed(2)]
    assert drawn(entries).split("\n") == ["1. Grace Okafor, MD · 1", "2. Grace Okafor, MD · 2", "1-2: [Details]"]
    assert drawn([Note((Span("x " * 60),)), Line((Span("[Network receipt] " * 9),))]).count("[Network receipt]") == 9


def test_months_are_short() -> None:
    """As a chart labels them, in both languages; a date without a month has none."""
    assert [month("2026-05", language="en"), month("2026-09-30", years=True, language="es")] == ["May", "sept 2026"]
    with pytest.raises(TypeError):
        month("2026", language="en")
