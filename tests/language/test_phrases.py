import pytest

from bot.errors import PackError
from bot.language.phrases import Meaning, PhraseTree, expand


def test_alternatives_and_optional_words_are_written_out() -> None:
    """(a|b) is one of them, [c] may be missing."""
    assert sorted(expand("(do|did) i [still] owe")) == ["did i  owe", "did i still owe", "do i  owe", "do i still owe"]


@pytest.mark.parametrize("phrase", ["(a|b", "a)", "((a|b)|c)", "[a"])
def test_brackets_that_do_not_match_are_refused(phrase: str) -> None:
    """The author is told, with the phrase."""
    with pytest.raises(PackError, match="brackets"):
        expand(phrase)


def test_a_phrase_cannot_explode() -> None:
    """Too many forms are refused before they are made."""
    with pytest.raises(PackError, match="forms"):
        expand("(a|b|c|d)" * 12)


def test_a_longer_value_hides_the_shorter_one_but_concepts_stay() -> None:
    """In "dental claims" the kind of claim wins over the dentist, and it is still about claims."""
    tree = PhraseTree()
    tree.add("dental", Meaning("specialty", "dentist", "en"))
    tree.add("claims", Meaning("concept", "CLAIM", "en"))
    tree.add("dental claims", Meaning("claim_type", "oral", "en"))
    found = tree.scan(("dental", "claim"))
    assert {meaning.value for entry in found for meaning in entry.meanings} == {"oral", "CLAIM"}


def test_a_hiding_phrase_hides_all_inside() -> None:
    """Life insurance is not about the plan's insurance."""
    tree = PhraseTree()
    tree.add("insurance", Meaning("concept", "PLAN", "en"))
    tree.add("life insurance", Meaning("concept", "OTHER", "en", hides=True))
    found = tree.scan(("my", "life", "insurance"))
    assert [meaning.value for entry in found for meaning in entry.meanings] == ["OTHER"]
