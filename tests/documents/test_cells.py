"""CSV as RFC 4180 has it, read back by a stranger's reader, with nothing in it that a spreadsheet would run."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError

from bot.documents.desk import pack, unpack
from bot.documents.printer import Printer, cell
from bot.replies.markdown import clean

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
