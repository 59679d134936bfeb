import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.records.shapes import HumanName, best_name
from bot.records.text import clean, lines_of


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Nguyễn Thị Hà", "Nguyễn Thị Hà"),
        ("小林 さくら", "小林 さくら"),
        ("O'Neil", "O'Neil"),
        ("Dr \u202eevil\u202c", "Dr evil"),
        ("Ze\u200bro", "Zero"),
        ("a\x00b\nc\td", "a b c d"),
        ("👩\u200d⚕️ Team", "👩\u200d⚕️ Team"),
        ("\ud800", None),
        ("   ", None),
        ("", None),
        (None, None),
        ("<!channel> *x* {{7*7}}", "<!channel> *x* {{7*7}}"),
    ],
)
def test_names_are_shown_right_and_marks_are_gone(text: str | None, shown: str | None) -> None:
    """Every script is kept; control, bidi and zero-width marks are not (F45). Markup is the channel's to escape."""
    assert clean(text) == shown


def test_long_text_is_cut() -> None:
    """300 characters of name become 80 with an ellipsis, 50 KB of note end at the limit (F45, F46)."""
    assert clean("x" * 300) == "x" * 79 + "…"
    assert len(clean("y" * 50_000, 1000) or "") == 1000


@given(st.text(), st.integers(min_value=2, max_value=200))
def test_clean_text_is_short_and_visible(text: str, limit: int) -> None:
    """Whatever comes in, what goes out fits the limit and holds no control, bidi or surrogate character."""
    shown = clean(text, limit) or ""
    assert len(shown) <= limit
    assert not {unicodedata.category(c) for c in shown} & {"Cc", "Cs"}
    assert not set(shown) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        ([HumanName(text="Grace Okafor, MD")], "Grace Okafor, MD"),
        ([HumanName(family="Okafor", given=("Grace", "A."), suffix=("MD",))], "Grace A. Okafor, MD"),
        ([HumanName(suffix=("MD",))], None),
        ([HumanName()], None),
        ([], None),
        ([HumanName(use="old", text="Before"), HumanName(use="nickname", text="Gigi")], "Gigi"),
        ([HumanName(use="usual", text="U"), HumanName(use="official", text="O")], "O"),
    ],
)
def test_the_best_name_is_chosen(names: list[HumanName], shown: str | None) -> None:
    """Official before usual before others, old ones last; only a prefix is no name (F45)."""
    assert best_name(names) == shown


@given(st.text())
def test_no_narrative_leaves_a_line_break_inside_a_line(text: str) -> None:
    """Whatever the payer wrote, lines are single lines of visible text."""
    lines = lines_of(f'<div xmlns="http://www.w3.org/1999/xhtml">{text}</div>')
    assert all("\n" not in line and line.strip() == line and line for line in lines)
