"""Rules of how plans work: which one is asked for, and when none is."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from bot.language.hearing import Heard, Hearer
from bot.language.rules import IntentRules, load_rules
from bot.language.shapes import Shapes
from bot.language.text import read
from bot.language.weights import OTHER, WORKINGS, Weights
from tests.language.fit import heard, workings
from tests.language.sentences import Sentence
from tests.shipped import shipped_pack

TELL = {"coverage.cost_share", "coverage.after_deductible"}
COUNTS = "do copays count toward my deductible"
SAID = {
    "counts": (COUNTS, "does a copay go toward the deductible", "is a copay counted toward my deductible"),
    "anew": ("when does my year start over", "does it start over in January", "will it start over next year"),
    "": ("how much of my deductible is left", "what is my copay for a specialist", "have I met my deductible"),
}
BEFORE = {"a": "", "b": "hello, ", "c": "quick question, ", "d": "please, "}


def _written() -> Iterator[Sentence]:
    """What four writers said, three of whom name the rule that they ask for."""
    for writer, first in BEFORE.items():
        for rule, said in SAID.items():
            for text in said:
                aspect = "" if writer == "d" else rule
                yield Sentence(first + text, "coverage.cost_share", aspect, (), "en", writer)


@pytest.fixture(scope="module")
def weights(intents_folder: Path) -> dict[str, Weights]:
    """The weights of two rules."""
    return workings(heard(list(_written()), intents_folder), TELL)


@pytest.fixture(scope="module")
def known(intents_folder: Path) -> dict[str, IntentRules]:
    """The pack's intents."""
    return {one.intent: one for one in load_rules(intents_folder)}


def test_a_rule_is_named_by_those_who_know_it(weights: dict[str, Weights]) -> None:
    """What a writer left unnamed, though it asks for a rule, counts for none and against none."""
    part = weights[WORKINGS]
    assert set(part.labels) == {"counts", "anew", OTHER}
    assert {"counts", "anew"} <= part.header.sure.keys()


def _heard(said: str) -> Heard:
    """Return what the shipped words hear in a message."""
    hearer = Hearer(shipped_pack().engine.lexicon)
    return hearer.hear(read(said), date(2026, 5, 20), None, asked=None, language=None)


@pytest.mark.parametrize(("said", "rule"), [(COUNTS, "counts"), ("how much of my deductible is left", None)])
def test_the_intents_that_tell_a_rule_count_as_one(
    said: str, rule: str | None, weights: dict[str, Weights], known: dict[str, IntentRules]
) -> None:
    """They give one answer, whichever of them was meant; an ordinary question stays as it is."""
    one = _heard(said)
    chances = {"claim.spending": 0.4, "coverage.cost_share": 0.35, "coverage.after_deductible": 0.25}
    told, changed = Shapes(known, weights).with_rule(one, chances, lambda _: True)
    assert told.workings == rule
    assert changed == ({"coverage.cost_share": 0.6, "claim.spending": 0.4} if rule else chances)
    assert Shapes(known, weights).with_rule(one, chances, lambda _: False)[1] == chances


def test_without_weights_no_rule_is_told(known: dict[str, IntentRules]) -> None:
    """A pack whose sentences name no rule answers as it would."""
    one = _heard(COUNTS)
    assert Shapes(known, {}).with_rule(one, {"claim.list": 1.0}, lambda _: True) == (one, {"claim.list": 1.0})
