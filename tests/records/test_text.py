import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.records.care_kind import care_kinds
from bot.records.details import Ages, read_ages, read_closures, treats
from bot.records.directory import TimeOff
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


@pytest.mark.parametrize(
    ("written", "years"),
    [
        ("Ages 5 through 12", (5, 12)),
        ("0-17 years", (0, 17)),
        ("6 weeks to 18 yrs", (0, 18)),
        ("Adults 21+", (21, 120)),
        ("18 and older", (18, 120)),
        ("Patients under 21 years old", (0, 20)),
        ("Age limit: up to 19", (0, 19)),
        ("mayores de 65 años", (65, 120)),
        ("Pediatric", (0, 17)),
        ("Adolescents", (13, 17)),
        ("Adults only", (18, 120)),
        ("All ages", (0, 120)),
        *((other, None) for other in ("Referral needed", "5-10 patients a day", "Call 423-555-0100", "", None)),
    ],
)
def test_a_text_about_age_is_read(written: str | None, years: tuple[int, int] | None) -> None:
    """With the words as they are written, for the card; numbers count only where the text speaks of age."""
    assert read_ages([written]) == ((Ages(*years, written or ""),) if years else ())


def test_told_ages_win_over_the_specialty() -> None:
    """A pediatrician who says 12 to 17 is for teenagers, and not for children by one year."""
    told = (Ages(12, 17),)
    assert treats(["208000000X"], "teen", told) is True
    assert treats(["208000000X"], "child", told) is False
    assert treats(["207RC0000X"], "senior") is True
    assert treats(["1223G0001X"], "senior") is None


def test_an_absence_without_time_or_words_is_none() -> None:
    """Words alone are kept, as exceptions to the hours; nothing at all is not."""
    (only,) = read_closures([TimeOff(), TimeOff(description="Closed on holidays")], None)
    assert only.words == "Closed on holidays"
    assert not only.during.known


MRI = care_kinds({"mri": {"name": {"en": "MRI scan", "es": "la resonancia magnética"}}}).every["mri"]


@pytest.mark.parametrize(
    ("language", "name", "article", "bare"),
    [
        ("en", "MRI scan", "", "MRI scan"),
        ("es", "la resonancia magnética", "la", "resonancia magnética"),
        ("pt", "MRI scan", "", "MRI scan"),  # without a name of its own it has the English one, whole
    ],
)
def test_the_article_is_part_of_a_name_in_any_language_but_english(
    language: str, name: str, article: str, bare: str
) -> None:
    """Spanish has a name with an article, one without, and the article alone."""
    assert (MRI.name(language), MRI.article(language), MRI.bare(language)) == (name, article, bare)
