import threading
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.errors import PackError
from bot.language.context import Context
from bot.language.engine import Engine
from bot.language.reading import Slot
from tests.language.cases import sentences

CARDIOLOGY = ["207RC0000X"]


def test_the_language_is_the_one_that_was_written(engine: Engine, today: date) -> None:
    """Spanish without accents is Spanish; a bare ZIP keeps the conversation's language."""
    assert engine.understand("cuanto debo de mi ultima visita", today=today).language == "es"
    context = Context("provider.find", {}, asked="location", language="es")
    assert engine.understand("37402", today=today, context=context).language == "es"


def test_an_answer_to_the_bots_own_question_fills_that_slot(engine: Engine, today: date) -> None:
    """A bare ZIP completes the search that asked for a place."""
    context = Context("provider.find", {"specialty": Slot("cardiologist", CARDIOLOGY)}, asked="location")
    reading = engine.understand("37402", today=today, context=context)
    intent, slots = engine.merged(context, reading)
    assert intent == "provider.find"
    assert {name: slot.value for name, slot in slots.items()} == {
        "specialty": CARDIOLOGY,
        "location": {"zip": "37402"},
    }


@pytest.mark.parametrize("said", ["never mind", "no", "yes", "sí"])
@pytest.mark.parametrize("before", ["account.status", "claim.list"])
def test_a_bare_answer_answers_the_bot_whatever_was_said_before(
    engine: Engine, today: date, said: str, before: str
) -> None:
    """Also after an answer that nothing refines: the kernel knows whether it has asked anything."""
    reading = engine.understand(said, today=today, context=Context(before, {}))
    assert (reading.intent, reading.unclear) == ("followup.refine", False)
    assert "answer" in reading.slots


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(alphabet=st.characters(), max_size=400))
def test_any_text_has_a_reading(engine: Engine, today: date, text: str) -> None:
    """No text raises; the score stays between 0 and 1 and there is always an intent."""
    reading = engine.understand(text, today=today)
    assert reading.intent in engine.intents
    assert 0 <= reading.score <= 1
    assert len(reading.candidates) <= 3


def test_the_engine_has_no_state_between_messages(engine: Engine, today: date) -> None:
    """Many people at once get the same readings as one alone."""
    said = ["what did i owe for my last visit", "heart doctor near 37402", "quiero morir", "show my claims"]
    alone = [engine.understand(text, today=today).intent for text in said]
    together: list[list[str | None]] = []

    def ask() -> None:
        together.append([engine.understand(text, today=today).intent for text in said * 20])

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert together == [alone * 20] * 4


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("needs: member\nrules: []\nfoo: 1\n", "foo"),
        ("needs: anyone\nrules: []\n", "needs"),
        ("needs: member\nrules:\n  - name: a\n", "a"),
        ("needs: [", "YAML"),
        ("needs: nothing\nrules: []\nasks: [location]\n", "asks"),
    ],
)
def test_a_bad_rule_file_is_refused_by_file_and_key(tmp_path: Path, content: str, what: str) -> None:
    """The author reads which file and what in it."""
    (tmp_path / "greeting.yaml").write_text(content, encoding="utf-8")
    with pytest.raises(PackError, match=what) as refused:
        Engine.load(tmp_path)
    assert str(refused.value).startswith("greeting.yaml: ")


def test_a_file_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    """No traceback for a wrong encoding."""
    (tmp_path / "greeting.yaml").write_bytes(b"needs: \xff\xfe")
    with pytest.raises(PackError, match="UTF-8"):
        Engine.load(tmp_path)


def test_what_is_not_ours_is_no_look_up_and_what_is_ours_is_not_refused(engine: Engine, today: date) -> None:
    """One word such as "claim", "card" or "status" opens nothing when the object is somebody else's."""
    read = [(case, engine.understand(case.said, today=today)) for case in sentences("not_ours")]
    others = [(case, one) for case, one in read if case.intent == "out_of_scope"]
    assert [case.said for case, one in others if engine.intents[one.intent or ""].needs != "nothing"] == []
    assert [case.said for case, one in others if one.is_miss] == []
    assert [case.said for case, one in read if case.intent == "-" and one.intent == "out_of_scope"] == []


SURE = 0.85
SENT, RESULT, CALL, STATUS = "appeal.sent", "appeal.result", "appeal.call", "appeal.status"


@pytest.mark.parametrize(
    "said",
    [
        "I haven't sent the appeal yet", "I never sent the appeal", "the appeal has not been sent",
        "I almost sent the appeal yesterday", "did I send the appeal on Monday?", "was the appeal sent",
        "¿ya mandé la apelación?", "casi mando la apelación ayer",
        "was my appeal approved", "has my appeal been approved", "they haven't approved my appeal yet",
        "why wasn't my appeal approved", "my appeal should be approved", "are they going to pay my appeal",
        "who won the appeal", "¿ya aprobaron mi apelación?", "no sé si aprobaron mi apelación",
        "my appeal is not approved yet", "they approved my appeal, right?",
        "nobody approved my appeal", "I don't know if they approved my appeal",
        "was my reference number 55018", "I spoke to nobody on Monday", "I never called them",
    ],
)  # fmt: skip
def test_what_is_asked_or_denied_is_not_kept(engine: Engine, today: date, said: str) -> None:
    """The answer beside the act comes, and the act is a button where words of it were heard in doubt."""
    reading = engine.understand(said, today=today)
    assert reading.intent == STATUS
    assert "question" not in reading.slots
    assert not {"date_range", "date_ahead"} & reading.slots.keys()
    assert reading.score > SURE or {SENT, RESULT, CALL}.intersection(reading.offers)
