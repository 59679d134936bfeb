"""Danger is heard however it is said, and only danger."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.errors import PackError
from bot.language.dangers import load_dangers
from bot.language.engine import Engine
from bot.language.reading import Reading
from tests.language.cases import sentences

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
    reading = engine.understand(f"{before}{wanted} {end}{after}", today=today)
    assert "safety.crisis" in {reading.intent, reading.alarm}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.tuples(SOMEBODY, TOOK, MANY, MEDICINE))
def test_too_much_of_a_medicine_rings(engine: Engine, today: date, words: tuple[str, str, str, str]) -> None:
    """Somebody, a verb of taking, an amount, a medicine."""
    assert _intent(engine, " ".join(words), today).startswith("safety.")


BESIDE = st.sampled_from([
    "throat is swelling up after peanuts, is benadryl covered",
    "my arm went numb and my face droops, which hospital is in network",
    "my toddler swallowed bleach, find a pharmacy near 37402",
    "se le hinchan los labios, ¿cubren el epipen?",
])  # fmt: skip


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=SMALL_TALK, said=BESIDE)
def test_danger_beside_a_question_is_heard_and_the_question_is_too(
    engine: Engine, today: date, before: str, said: str
) -> None:
    """The line stands above; the question keeps its intent."""
    reading = engine.understand(before + said, today=today)
    assert "safety.emergency" in {reading.alarm, reading.intent}


def test_what_is_told_sideways_is_heard_and_what_is_ordinary_is_answered(engine: Engine, today: date) -> None:
    """All but one danger of the set in either tier, no ordinary message stopped."""
    readings = [(case, engine.understand(case.said, today=today)) for case in sentences("alarm")]
    missed = [case.said for case, one in readings if case.intent != "-" and not (one.alarm or _is_danger(one))]
    assert len([case for case, _ in readings if case.intent != "-"]) >= 150
    assert len(missed) <= 1, missed
    assert [case.said for case, one in readings if case.intent == "-" and _is_danger(one)] == []


def _is_danger(reading: Reading) -> bool:
    return (reading.intent or "").startswith("safety.")


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
        (b"repaired: ''\nideas: {NOT: {en: not}}\npatterns: [{name: a, all: [NUT], kind: crisis}]\n", "mean NOT"),
        (b"repaired: ''\nideas: {NOT: {en: (a|b}}\npatterns: []\n", "brackets"),
        (b"repaired: ''\nideas: {}\npatterns: [{name: a, all: [], kind: crisis}]\n", "all: .*length >= 1"),
        (b"- 1\n", "object"),
    ],
)
def test_a_bad_safety_file_is_refused_in_one_line(tmp_path: Path, content: bytes, what: str) -> None:
    """No YAML, no UTF-8, ten megabytes, an unknown idea: the author reads which file and what in it."""
    (tmp_path / "_words").mkdir()
    (tmp_path / "_words" / "safety.yaml").write_bytes(content)
    with pytest.raises(PackError, match=what) as refused:
        load_dangers(tmp_path, {})
    assert str(refused.value).startswith("_words/safety.yaml: ")
    assert "\n" not in str(refused.value)
