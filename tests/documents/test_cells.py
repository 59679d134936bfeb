"""CSV as RFC 4180 has it, with nothing that a spreadsheet would run; and the pictures of documents."""

import asyncio
import csv
import io
import re
from collections.abc import AsyncIterator
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError

from bot.documents.desk import pack, unpack
from bot.documents.printer import BOX, Printer, cell, plotted, stretches, ticks_of
from bot.message import Language
from bot.ops.metrics import Counted
from bot.replies.markdown import clean
from tests.shipped import shipped_pack
from tests.shots.still import counts

TEXT = st.text(st.characters(codec="utf-8"), max_size=60) | st.sampled_from(
    [
        "=1+1",
        "+1",
        "-2",
        "@SUM(A1)",
        "\t=1",
        '=HYPERLINK("http://evil.example","x")',
        'a "b", c',
        "two\r\nlines",
        "\uff1d1",
    ]
)
DANGEROUS = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")


def read(text: str) -> list[list[str]]:
    """What a reader of RFC 4180 finds."""
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


@given(st.lists(TEXT, min_size=1, max_size=5))
def test_text_comes_back_as_it_was_shown(texts: list[str]) -> None:
    """One row stays one row, each cell is the cleaned text, and a formula has an apostrophe in front of it."""
    (row,) = read(",".join(["first", *map(cell, texts)]) + "\r\n")
    assert len(row) == 1 + len(texts)
    for found, text in zip(row[1:], texts, strict=True):
        assert not found.startswith(DANGEROUS)
        assert found.replace("'", "") == clean(text).replace("'", "")


@pytest.mark.threat("T63")
@pytest.mark.attack("a formula behind another separator")
@pytest.mark.parametrize("between", [";", "; ", "\t", "|", ';"', ";'", ",", ";\t "])
@pytest.mark.parametrize("formula", ['=HYPERLINK("http://evil.example","x")', "+1+1", "-2+3", "@SUM(A1)", "\uff1d1"])
def test_no_cell_of_any_spreadsheet_begins_with_a_formula(between: str, formula: str) -> None:
    """Opened where a semicolon, a tab or a bar separates, no piece of our text begins as a formula."""
    line = ",".join(["2026-01-01", cell(f"x{between}{formula}"), "1.00"])
    for separator in ";|\t,":
        for piece in line.split(separator):
            assert not piece.strip(" \"'\t").startswith(DANGEROUS) or "'" in piece[: piece.index(formula[0])]


@given(st.decimals(-(10**9), 10**9, places=4))
def test_amounts_have_two_places_and_stay_numbers(amount: Decimal) -> None:
    """Rounded half-even as everywhere, without a sign for thousands, and negative ones without an apostrophe."""
    written = cell(amount)
    assert Decimal(written) == amount.quantize(Decimal("0.01"))
    assert written.partition(".")[2].isdigit()
    assert len(written.partition(".")[2]) == 2


def test_absent_is_empty_and_zero_is_zero() -> None:
    """Nobody can take what the plan did not say for nothing to pay."""
    assert (cell(None), cell(Decimal(0)), cell(0)) == ("", "0.00", "0")
    assert cell(date(2025, 6, 1)) == "2025-06-01"


@pytest.mark.parametrize("value", [True, 1.5, ["a"], object()])
def test_what_has_no_form_is_refused(value: object) -> None:
    """A template's slip stops the document instead of printing nonsense."""
    with pytest.raises(TypeError):
        cell(value)


def test_a_template_prints_cells_between_its_own_commas(tmp_path: Path) -> None:
    """A byte order mark first, CRLF at every row's end, values defused; a missing one is an error."""
    (tmp_path / "document.css").write_text("")
    (tmp_path / "list.csv").write_text("Name,Sum\n{% for name in names %}\n{{ name }},{{ sum }}\n{% endfor %}\n")
    printer = Printer(tmp_path, {})
    text = "".join(printer.pieces("list", "csv", {"names": ['=cmd|"x"', "Muñoz, Ana"], "sum": Decimal(-3)}, "en"))
    assert text.startswith("\ufeffName,Sum\r\n")
    assert read(text)[1:] == [['\'=cmd|"x"', "-3.00"], ["Muñoz, Ana", "-3.00"]]
    assert text.count("\n") == text.count("\r\n") == 3
    with pytest.raises(UndefinedError):
        list(printer.pieces("list", "csv", {"names": ["x"]}, "en"))


@given(st.lists(st.text(max_size=200), max_size=30))
def test_packing_loses_nothing(pieces: list[str]) -> None:
    """What was printed in pieces is handed out in other pieces with the same bytes."""
    whole = "".join(pieces).encode()

    async def handed_out() -> bytes:
        async def kept() -> AsyncIterator[bytes]:
            yield pack(pieces)

        return b"".join([piece async for piece in unpack(kept())])

    assert asyncio.run(handed_out()) == whole


AMOUNTS = st.lists(st.decimals(0, 10**6, places=2), min_size=1, max_size=4).filter(any)
FIGURES = st.lists(st.decimals(0, 10**5, places=3), min_size=2, max_size=12)


@given(AMOUNTS)
def test_the_parts_of_a_bar_come_to_the_whole(values: list[Decimal]) -> None:
    """In length and in percent; each begins where the one before ends, and only nothing has no length."""
    shown = stretches(values)
    assert sum(Decimal(part.width[:-1]) for part in shown) == 100
    assert sum(part.percent for part in shown) == 100
    assert all(Decimal(b.at[:-1]) - Decimal(a.at[:-1]) == Decimal(a.width[:-1]) for a, b in pairwise(shown))
    assert [part.width == "0.0%" for part in shown] == [not value for value in values]


@pytest.mark.parametrize("parts", [[], ["0", "0"], ["5", "-1"]])
def test_what_is_no_whole_is_no_bar(parts: list[str]) -> None:
    """Nothing at all, or a credit."""
    with pytest.raises(ValueError, match="whole"):
        stretches([Decimal(part) for part in parts])


@given(FIGURES)
def test_a_line_keeps_order_and_stays_within_its_ticks(values: list[Decimal]) -> None:
    """A higher value is never drawn lower, and the ticks are round, evenly apart and around everything."""
    ticks = ticks_of(values)
    assert ticks[0] <= min(values) <= max(values) <= ticks[-1]
    assert 3 <= len(ticks) <= 5
    assert len({b - a for a, b in pairwise(ticks)}) == 1
    plot = plotted([date(2026, 1, 1) + timedelta(days=at) for at in range(len(values))], [values])
    assert plot
    (line,) = plot.lines
    assert all((a[1] >= b[1]) for a, b in pairwise([y for _, y in sorted(zip(values, line, strict=True))]))
    assert all(BOX.left <= x <= BOX.right and BOX.top <= y <= BOX.bottom for x, y in line)


def test_days_are_as_far_apart_as_in_the_calendar() -> None:
    """Two weeks are not as wide as ten months; a range behind the line ends where its bounds are."""
    days, values = [date(2026, 1, 1), date(2026, 1, 15), date(2026, 11, 17)], [Decimal(5), Decimal(6), Decimal(7)]
    plot = plotted(days, [values], None, Decimal(6))
    assert plot
    (first, second, third) = plot.lines[0]
    assert (second[0] - first[0]) * 20 < third[0] - first[0]
    assert plot.band == (second[1], BOX.bottom - second[1])
    assert plotted([days[0], days[0]], [values[:2]]) is None


UNREAD = ("not_understood", "menu", "choices", "no_list", "place", "button_over")


@pytest.mark.parametrize("language", ["en", "es"])
def test_no_name_of_a_file_or_a_class_is_shown(language: Language) -> None:
    """Each in a month of its own, for a page has the most frequent alone."""
    for kind, names in (("answered", (*shipped_pack().engine.intents,)), ("unread", UNREAD)):
        for name in names:
            page = counts(language, [Counted("2026-05", kind, (name, language), 10, enough=True)])
            [shown] = re.findall(r'<th scope="row">([^<]+)<svg', page)
            assert shown.strip()
            assert "." not in shown, name
            assert "_" not in shown, name


def test_what_is_good_and_what_is_not_is_said_in_words() -> None:
    """Nine of ten understood are good; two of ten with a fault are not."""
    asked = Counted("2026-05", "answered", ("claim.list", "en"), 90, enough=True)
    missed = Counted("2026-05", "unread", ("choices", "en"), 10, enough=True)
    fault = Counted("2026-05", "fault", ("PayerSlow",), 20, enough=True)
    assert re.findall(r"(\d+)% <small class=\"(\w+)\">", counts("en", [asked, missed, fault])) == [
        ("20", "bad"),
        ("90", "good"),
    ]
