"""Danger is heard however it is said, and only danger."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.errors import PackError
from bot.language.dangers import load_dangers
from bot.language.engine import Engine

SOMEBODY = st.sampled_from(["my husband", "my wife", "mom", "my dad", "grandma", "the baby", "my neighbor", "my son"])
DENIED = st.sampled_from(["isn't breathing", "won't wake up", "is not responding", "stopped breathing", "cant breathe"])
SMALL_TALK = st.sampled_from(["", "hello, ", "i have bluecross. ", "please help, ", "what do i do, ", "Good evening. "])
WISH = st.sampled_from(["i want to", "i'm going to", "i just want to", "sometimes i wish i could"])
END = st.sampled_from(["die", "end it all", "kill myself", "disappear forever", "stop existing", "never wake up"])
QUESTION = st.sampled_from(["", ", is therapy covered", ". what is my copay"])
TOOK = st.sampled_from(["took", "swallowed", "ate"])
MANY = st.sampled_from(["a whole bottle of", "all the", "a bunch of", "like 30", "too many"])
MEDICINE = st.sampled_from(["pills", "tylenol", "xanax", "my heart medicine", "sleeping pills"])
FRAGMENTS = st.sampled_from([
    "not", "i", "my", "he", "her", "arm", "pain", "pills", "die", "want", "no", "quiero", "morir", "sangre", "took",
    "((", "\u202e", "\u0301\u0301", "\ud800", "<@U1>", "claim", "?", "\n", "999", "&amp;", "💊",
])  # fmt: skip


def _intent(engine: Engine, said: str, today: date) -> str:
    return engine.understand(said, today=today).intent or ""


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=SMALL_TALK, who=SOMEBODY, what=DENIED)
def test_nobody_has_to_find_the_right_words_for_a_body_that_fails(
    engine: Engine, today: date, before: str, who: str, what: str
) -> None:
    """A person and a verb of living that is denied ring together, whatever stands before them."""
    assert _intent(engine, f"{before}{who} {what}", today) == "safety.emergency"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wish=st.tuples(SMALL_TALK, WISH, END, QUESTION))
def test_a_wish_to_die_rings_beside_any_question(engine: Engine, today: date, wish: tuple[str, str, str, str]) -> None:
    """A benefit question in the same message does not silence it."""
    before, wanted, end, after = wish
    assert _intent(engine, f"{before}{wanted} {end}{after}", today) == "safety.crisis"


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.tuples(SOMEBODY, TOOK, MANY, MEDICINE))
def test_too_much_of_a_medicine_rings(engine: Engine, today: date, words: tuple[str, str, str, str]) -> None:
    """Somebody, a verb of taking, an amount, a medicine."""
    assert _intent(engine, " ".join(words), today).startswith("safety.")


@pytest.mark.parametrize(
    "said",
    [
        "is narcan covered",
        "i'm dying to know if my claim went through",
        "this bill is killing me",
        "pulmonologist for shortness of breath in Jackson",
        "how much did my overdose treatment cost last year",
        "my phone died",
        "me muero de hambre",
        "ya no puedo más con estas facturas",
        "cubren el infarto",
        "can't find my card",
        "my doctor isn't responding to my messages",
    ],
)
def test_words_of_danger_in_everyday_questions_ring_nothing(engine: Engine, today: date, said: str) -> None:
    """Benefit questions, figures of speech and offices that do not answer."""
    assert not _intent(engine, said, today).startswith("safety.")


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts=st.lists(FRAGMENTS, min_size=1, max_size=40), times=st.integers(1, 120))
def test_hostile_text_made_of_words_of_danger_has_a_reading(
    engine: Engine, today: date, parts: list[str], times: int
) -> None:
    """Repeated halves of signs, direction marks and half characters: a known intent, never an exception."""
    assert _intent(engine, (" ".join(parts) + " ") * times, today) in engine.intents


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"ideas: [", "YAML"),
        (b"ideas: \xff\xfe", "UTF-8"),
        (b"# " + b"x" * 10_000_000, "larger"),
        (b"repaired: ''\nideas: {NOT: {en: not}}\ncrisis: [{name: a, all: [NUT]}]\nemergency: []\n", "mean NOT"),
        (b"repaired: ''\nideas: {NOT: {en: (a|b}}\ncrisis: []\nemergency: []\n", "brackets"),
        (b"repaired: ''\nideas: {}\ncrisis: [{name: a, all: []}]\nemergency: []\n", "no idea"),
        (b"- 1\n", "object"),
    ],
)
def test_a_bad_safety_file_is_refused_in_one_line(tmp_path: Path, content: bytes, what: str) -> None:
    """No YAML, no UTF-8, ten megabytes, an unknown idea: the author reads which file and what in it."""
    (tmp_path / "safety.yaml").write_bytes(content)
    with pytest.raises(PackError, match=what) as refused:
        load_dangers(tmp_path, {})
    assert str(refused.value).startswith("_words/safety.yaml: ")
    assert "\n" not in str(refused.value)
