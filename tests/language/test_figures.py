"""The figures of the team's own sentences may rise, not fall."""

import pytest

from bot.language.engine import Engine
from tests.language.cases import dialogues, sentences
from tests.language.evaluate import BLIND, LEARNED, UNSEEN, Tally, played, share, tallied


@pytest.fixture(scope="module")
def tallies(engine: Engine) -> dict[str, Tally]:
    """Every set, understood once."""
    return {name: tallied(engine, name) for name in (*LEARNED, UNSEEN, "alarm")}


def _accuracy(tally: Tally) -> float:
    return share([hit for hits in tally.by_intent.values() for hit in hits])


def _false_data(tally: Tally, kind: str | None = None) -> float:
    return share([data for name, found in tally.false_data.items() if kind in {None, name} for data in found])


def test_the_sets_are_large_enough_to_say_something() -> None:
    """Six hundred sentences, a hundred of them Spanish, 150 that want no data, sixty conversations, half unlearned."""
    learned = [case for name in LEARNED for case in sentences(name)]
    assert len(learned) >= 600
    assert len([case for case in learned if case.intent == "out_of_scope"]) >= 150
    assert len(list(sentences(UNSEEN))) >= 300
    assert len(list(dialogues())) >= 90


def test_a_hundred_sentences_are_spanish(tallies: dict[str, Tally]) -> None:
    """Counted by the language that the engine heard."""
    assert sum(len(tallies[name].spanish) for name in (*LEARNED, UNSEEN)) >= 100


def test_few_ordinary_messages_carry_a_needless_line(tallies: dict[str, Tally]) -> None:
    """At most three in a hundred, over sets of which half were written to sound like danger."""
    assert sum(tally.lines for tally in tallies.values()) <= 0.03 * sum(tally.calm for tally in tallies.values())


def test_few_right_answers_carry_a_remark(tallies: dict[str, Tally]) -> None:
    """A remark is said only of a condition that the answer cannot honour: a "not", a second drug, a place of care."""
    remarked = [told for name in BLIND for told in tallies[name].remarked]
    assert len(remarked) > 700
    assert sum(remarked) <= 0.075 * len(remarked)


@pytest.mark.parametrize("name", LEARNED)
def test_what_was_learned_is_kept(tallies: dict[str, Tally], name: str) -> None:
    """Accuracy, Spanish and the recall of danger on the sets that the words were made with."""
    tally = tallies[name]
    assert _accuracy(tally) >= 0.96
    assert share(tally.spanish) >= 0.95
    assert share(tally.safety) >= 0.97
    assert tally.alarms <= 0.004 * tally.calm + (name in BLIND)  # which are small


def test_sentences_that_taught_nothing_are_understood_too(tallies: dict[str, Tally]) -> None:
    """The goals, on a set that is not fitted on; sentences of the kinds that it misses were written beside it since."""
    tally = tallies[UNSEEN]
    assert _accuracy(tally) >= 0.945
    assert share(tally.spanish) >= 0.93
    assert share([share(hits) >= 0.5 for hits in tally.by_intent.values()]) >= 0.95
    assert share(tally.safety) >= 0.98
    assert tally.alarms <= 2


@pytest.mark.parametrize("name", [*LEARNED, UNSEEN])
def test_what_is_out_of_scope_asks_for_nobodys_data(tallies: dict[str, Tally], name: str) -> None:
    """At most four in a hundred become a data query; of other kinds of insurance one of thirteen."""
    assert _false_data(tallies[name]) <= 0.04
    assert _false_data(tallies[name], "other_insurance") <= 0.08


def test_conversations_come_out_as_meant(engine: Engine) -> None:
    """Nearly every turn of the conversations has its intent and its slots."""
    hits = [
        intent == turn.intent
        and all(name in slots and slots[name].value == value for name, value in (turn.slots or {}).items())
        for turns in dialogues()
        for turn, intent, slots in played(engine, turns)
    ]
    assert share(hits) >= 0.97
