"""Ages as directories write them, in plain text and in ranges, and what an answer calls a kind of care."""

import pytest

from bot.records.ages import Ages, read_ages, treats
from bot.records.care_kind import care_kinds
from bot.records.details import read_closures
from bot.records.directory import TimeOff


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
    ],
)
def test_a_text_about_age_is_read(written: str, years: tuple[int, int]) -> None:
    """With the words as they are written, for the card."""
    assert read_ages([written]) == (Ages(*years, written),)


@pytest.mark.parametrize("written", ["Referral needed", "5-10 patients a day", "Call 423-555-0100", "", None])
def test_other_texts_tell_no_age(written: str | None) -> None:
    """Numbers count only where the text speaks of age."""
    assert read_ages([written]) == ()


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


def test_the_article_is_part_of_a_name_in_any_language_but_english() -> None:
    """Spanish has a name with an article, one without, and the article alone."""
    assert (MRI.name("en"), MRI.article("en"), MRI.bare("en")) == ("MRI scan", "", "MRI scan")
    assert (MRI.name("es"), MRI.article("es")) == ("la resonancia magnética", "la")
    assert MRI.bare("es") == "resonancia magnética"


def test_a_language_without_a_name_for_it_has_the_english_one() -> None:
    """The English name stays whole there."""
    assert (MRI.name("pt"), MRI.article("pt"), MRI.bare("pt")) == ("MRI scan", "", "MRI scan")
