from hypothesis import given
from hypothesis import strategies as st

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
