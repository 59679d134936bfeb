import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import PackError
from bot.language.phrases import Meaning, PhraseTree, expand
from bot.language.text import READ_CHARS, key_of, keys_in, read


@given(st.text(max_size=300))
def test_every_word_points_at_where_it_stood(text: str) -> None:
    """Whatever is written, words, keys and spans go together and spans lie inside the text, in order."""
    said = read(text)
    assert len(said.words) == len(said.keys) == len(said.spans)
    assert all(0 <= first < after <= len(said.text) for first, after in said.spans)
    assert list(said.spans) == sorted(said.spans)


def test_accents_case_and_invisible_characters_are_folded() -> None:
    """A zero-width joiner, an accent and a capital make no difference."""
    assert read("CARDI\u200bÓLOGO").words == ("cardiologo",)


def test_the_persons_words_keep_their_accents() -> None:
    """A span leads back to what was typed."""
    assert read("un pediatra en Montaña").said(2, 4) == "en Montaña"


def test_ten_thousand_combining_marks_are_bounded() -> None:
    """Marks are dropped and no more than the first characters are read."""
    said = read("a" + "\u0301" * 10_000 + " claim")
    assert said.words == ("a",)
    assert len(said.text) <= READ_CHARS


def test_lone_surrogates_are_no_words_and_no_exception() -> None:
    """Half a character is dropped."""
    assert read("claim \ud800 \udfff").words == ("claim",)


def test_markup_is_left_out_and_labels_stay() -> None:
    """Mentions, tags and links are no words; a link's label is."""
    assert read("<@U123> show <https://x.test/a|my claims> :smile: <b>now</b>").words == ("show", "my", "claims", "now")


def test_plurals_and_apostrophes_share_a_key() -> None:
    """The words "claims", "claim's" and "claim" are looked up the same; short words stay."""
    assert {key_of(word) for word in ("claim", "claims", "claim's")} == {"claim"}
    assert key_of("was") == "was"
    assert keys_in("Kid's Doctors") == ("kid", "doctor")


def test_alternatives_and_optional_words_are_written_out() -> None:
    """(a|b) is one of them, [c] may be missing."""
    assert sorted(expand("(do|did) i [still] owe")) == ["did i  owe", "did i still owe", "do i  owe", "do i still owe"]
    assert expand("(bill[ed|s]|cost)") == ["billed", "bills", "bill", "cost"]
    assert expand("car(o|a)[s]") == ["caros", "caro", "caras", "cara"]


@pytest.mark.parametrize("phrase", ["(a|b", "a)", "((a|b|c)", "(a]", "[a"])
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
