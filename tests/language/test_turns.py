"""Conversations by a writer whom nothing is fitted on: what changes the question before, and what asks another."""

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from bot.language.context import Context
from bot.language.engine import Engine
from bot.language.kernel import FALLBACK, FOLLOW
from tests.language.fit_turns import turns
from tests.language.sentences import SAME, of_talks

_EVAL = Path(__file__).parent / "eval"
_FILES = ("en-talks.tsv", "es-talks.tsv")


@pytest.fixture(scope="module")
def told(engine: Engine, today: date) -> Counter[tuple[str, str]]:
    """How often a change and another question are right, asked back or wrong, each after what the turn before means."""
    count = Counter[tuple[str, str]]()
    talks = [talk for name in _FILES for talk in of_talks(_EVAL / name)]
    for turn in turns(talks, engine.intents.values()):
        if turn.before is None:
            continue
        context = Context(turn.before.intent, {}, language=turn.sentence.language)
        reading = engine.understand(turn.sentence.text, today=today, context=context)
        meant = turn.before.intent if turn.sentence.intent == SAME else turn.sentence.intent
        result = "right" if engine.merged(context, reading)[0] == meant else "wrong"
        kind = "change" if turn.sentence.intent == SAME else "other"
        count[kind, "asked" if reading.unclear else result] += 1
    return count


@pytest.mark.parametrize(("kind", "right"), [("change", 0.8), ("other", 0.67)])
def test_a_change_repeats_the_question_and_another_does_not(
    told: Counter[tuple[str, str]], kind: str, right: float
) -> None:
    """Four of five changes and two of three other questions are answered as such, and one in eight as the other."""
    whole = sum(number for (each, _), number in told.items() if each == kind)
    assert told[kind, "right"] >= right * whole
    assert told[kind, "wrong"] <= 0.125 * whole


def test_a_value_that_the_answer_does_not_take_changes_nothing(engine: Engine, today: date) -> None:
    """An ID card has no women."""
    reading = engine.understand("only women", today=today, context=Context("coverage.id_card", {}))
    assert reading.unclear or reading.intent == FALLBACK or str(reading.intent).startswith(FOLLOW)
