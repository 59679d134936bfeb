"""Danger is heard however it is said, and only danger."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.errors import PackError
from bot.language.context import Context
from bot.language.dangers import load_dangers
from bot.language.engine import Engine
from bot.language.reading import Reading, Slot
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
        "hate my life rn lol how much was that er visit",
        "this premium is going to kill me, what's my copay",
        "me quiero morir del bill que me llegó jaja, is that right?",
        "el hospital me sigue llamando por la factura",
    ],
)
def test_words_of_danger_in_everyday_questions_ring_nothing(engine: Engine, today: date, said: str) -> None:
    """Benefit questions, figures of speech and offices that do not answer."""
    reading = engine.understand(said, today=today)
    assert not (reading.intent or "").startswith("safety.")
    assert not reading.present


@pytest.mark.parametrize(
    "said",
    [
        "ya escogí el día de mi cirugía",
        "ya elegí el día de la operación",
        "i picked the day of my surgery",
        "how much did my insurance save me",
        "did my plan save me money",
        "mi seguro me salvó mucho dinero, cuánto fue",
    ],
)
def test_saving_money_and_the_day_of_an_operation_carry_no_line(engine: Engine, today: date, said: str) -> None:
    """Words that stand in cries for help too are read with those beside them."""
    reading = engine.understand(said, today=today)
    assert reading.alarm is None
    assert not (reading.intent or "").startswith("safety.")


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


PRESENT = (
    "I have chest pain, what did I owe for my last visit",
    "my lips are swelling, is benadryl covered",
    "my throat is closing what is my er copay",
    "my husband collapsed, which hospital is in network",
    "is anaphylaxis covered, my throat is closing up",
    "my toddler swallowed bleach, find a pharmacy near 37402",
    "find a hospital near 37402 my wife is unconscious",
    "i have had chest pain since this morning, find a cardiologist",
    "my mom fell and isn't moving, find an ER near 37402",
    "my son took all my pills, is poison control covered",
    "i want to kill myself, is therapy covered",
    "tengo dolor de pecho, cuánto cuesta la sala de emergencias",
    "se me están hinchando los labios, cubren el epipen",
    "mi hijo se tragó cloro, farmacia cerca de 37402",
    "mi esposo se desmayó, cubren la ambulancia",
    "se me cierra la garganta, es urgencias cubierto",
    "mi papá no reacciona, cubren la ambulancia",
    "estoy embarazada y sangrando, qué hospital es de mi red",
    "me quiero morir, cubre mi plan un psicólogo",
)
PAST = (
    "what did my er visit for chest pain cost",
    "is there a doctor for chest pain near 37402",
    "find a cardiologist, I had chest pain last week",
    "my throat was swelling yesterday, find an allergist",
    "sometimes I get chest pain, find a cardiologist",
    "if i have a heart attack, is the ER covered",
    "does my plan cover the er if my lips swell",
    "I passed out yesterday, find a neurologist",
    "is an epipen covered for allergic reactions",
    "is there a psychologist near 37402 who treats self harm",
    "cuánto me costó la visita por dolor de pecho",
    "cardiólogo para dolor de pecho cerca de 37402",
    "a veces me duele el pecho, busco un cardiólogo",
    "ayer me dio dolor de pecho, busco un cardiólogo",
    "cuánto debo de la ambulancia cuando mi esposo se desmayó",
)


@pytest.mark.parametrize(("said", "now"), [*((said, True) for said in PRESENT), *((said, False) for said in PAST)])
def test_danger_that_is_told_as_present_is_not_answered_with_if(
    engine: Engine, today: date, said: str, now: bool
) -> None:
    """The line says "call now"; "if this is happening" stands only where the message tells of no danger now."""
    reading = engine.understand(said, today=today)
    assert reading.alarm
    assert reading.present is now


def test_a_benefit_question_keeps_its_answer_under_the_line(engine: Engine, today: date) -> None:
    """The drug that is asked for is still looked up."""
    reading = engine.understand("throat swelling up after peanuts is benadryl covered", today=today)
    assert (reading.intent, reading.alarm) == ("formulary.drug_coverage", "safety.emergency")


@pytest.mark.parametrize(
    "said",
    [
        "I don't think I can hold on much longer",
        "no, I can't take it anymore",
        "never mind, nobody can help me, I'm done living",
        "no ya no aguanto más",
        "me siento muy sola",
    ],
)
def test_feeling_after_a_search_is_no_follow_up(engine: Engine, today: date, said: str) -> None:
    """Neither a "no" nor a refinement: the person is answered."""
    context = Context(intent="provider.find", slots={"specialty": Slot("cardiologist", ["207RC0000X"])})
    assert engine.understand(said, today=today, context=context).intent == "safety.crisis"


@pytest.mark.parametrize(
    ("said", "intent", "line"),
    [
        ("poison control number please", "safety.emergency", "poison_control"),
        ("número de control de envenenamiento", "safety.emergency", "poison_control"),
        ("my toddler drank bleach", "safety.emergency", "child poison"),
        ("sobredosis", "safety.emergency", "poison"),
        ("veterans crisis line", "safety.crisis", "veterans"),
        ("número para veteranos en crisis", "safety.crisis", "veterans"),
        ("he locks me in the house and hits me", "safety.crisis", "violence"),
        ("mental health crisis", "safety.crisis", ""),
        ("suicide prevention", "safety.crisis", ""),
        ("danger to self or others", "safety.crisis", ""),
        ("crisis team", "safety.crisis", ""),
        ("equipo de crisis", "safety.crisis", ""),
        ("prevención del suicidio", "safety.crisis", ""),
    ],
)
def test_plain_words_reach_help_with_the_line_that_they_name(
    engine: Engine, today: date, said: str, intent: str, line: str
) -> None:
    """Who types a notice's own words, or asks for a line by its name, is not told that nothing was understood."""
    reading = engine.understand(said, today=today)
    assert reading.intent == intent
    assert reading.lines == tuple(line.split())


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


@pytest.mark.parametrize("said", ["gibberish xyzzy", "blorp", "kjhsdf jsdhf", "fnord wibble"])
def test_strange_words_alone_tell_of_no_danger(engine: Engine, today: date, said: str) -> None:
    """Pieces of words that nobody knows look like "blood" at times: what means nothing is not understood."""
    reading = engine.understand(said, today=today)
    assert (reading.is_miss, reading.alarm) == (True, None)


@pytest.mark.parametrize(
    ("said", "alarms"),
    [
        ("My husband wants to know what we paid at Blue Heron Pharmacy in 2025", False),
        ("my baby is blue and limp", True),
        ("My Baby Is Blue And Limp", True),
        ("she turned Blue. Please help", True),
        ("and if its not", False),
    ],
)
def test_the_color_of_a_name_is_no_danger(engine: Engine, today: date, said: str, *, alarms: bool) -> None:
    """Capitals of a title or of the next sentence make no name."""
    reading = engine.understand(said, today=today)
    assert (reading.alarm is not None or str(reading.intent).startswith("safety.")) is alarms
