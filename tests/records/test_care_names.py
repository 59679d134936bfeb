"""What an answer calls a kind of care: English without an article, any other language with one."""

from bot.records.care_kind import care_kinds

MRI = care_kinds({"mri": {"name": {"en": "MRI scan", "es": "la resonancia magnética"}}}).every["mri"]


def test_the_article_is_part_of_a_name_in_any_language_but_english() -> None:
    """Spanish has a name with an article, one without, and the article alone."""
    assert (MRI.name("en"), MRI.article("en"), MRI.bare("en")) == ("MRI scan", "", "MRI scan")
    assert (MRI.name("es"), MRI.article("es")) == ("la resonancia magnética", "la")
    assert MRI.bare("es") == "resonancia magnética"


def test_a_language_without_a_name_for_it_has_the_english_one() -> None:
    """The English name stays whole there."""
    assert (MRI.name("pt"), MRI.article("pt"), MRI.bare("pt")) == ("MRI scan", "", "MRI scan")
