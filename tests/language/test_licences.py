"""Licences: what a message has to hold before anything is looked up."""

from datetime import date
from pathlib import Path

import pytest

from bot.errors import PackError
from bot.language.engine import SURELY, Engine
from bot.language.licences import Licences, WordClass, licence_of
from bot.language.text import read


def _licence(engine: Engine, intent: str, said: str, today: date) -> str | None:
    heard = engine.hear(read(said), today, None)
    return licence_of(engine.intents[intent], engine.licences.classes_in(heard))


def test_each_look_up_has_a_licence_of_known_classes(engine: Engine) -> None:
    """Nothing is read of a member or of the directory for a message that names nothing of it."""
    look_ups = [entry for entry in engine.intents.values() if entry.needs != "nothing"]
    assert [entry.intent for entry in look_ups if not entry.licence] == []
    named = {name for entry in engine.intents.values() for one in entry.licence for name in one.split()}
    assert named == engine.licences.classes.keys()


@pytest.mark.parametrize(
    ("intent", "said", "licence"),
    [
        ("claim.last_visit_cost", "what did i owe for my last visit", "money time"),
        ("claim.last_visit_cost", "how much was the mri", "care"),
        ("claim.last_visit_cost", "how much is a car", None),
        ("claim.status", "is it raining", None),
        ("claim.status", "is my claim still pending", "claim"),
        ("provider.find", "busco un cardiólogo en Memphis", "who"),
        ("coverage.id_card", "mi tarjeta", "card"),
        ("help", "what can you do", "-"),
        ("thanks", "zzyzx", "-"),
    ],
)
def test_a_licence_is_a_word_or_a_value_of_each_class(
    engine: Engine, today: date, intent: str, said: str, licence: str | None
) -> None:
    """The first alternative that the message meets; "-" where nothing is looked up; None where it meets none."""
    assert _licence(engine, intent, said, today) == licence


def test_an_asterisk_is_any_ending_and_a_plain_word_is_itself(engine: Engine, today: date) -> None:
    """Words are written without accents; names are concepts and types of values."""
    classes = Licences({"one": WordClass(("drug",), "bill* factura"), "two": WordClass(words="card")})
    held = {
        said: classes.classes_in(engine.hear(read(said), today, None)) for said in ("billing", "cardio", "metformin")
    }
    assert held == {"billing": {"one"}, "cardio": frozenset(), "metformin": {"one"}}
    assert classes.classes_in(engine.hear(read("la factura de mi card"), today, None)) == {"one", "two"}


@pytest.mark.parametrize(
    ("said", "likely", "sure"),
    [
        ("how am i doing overall", "claim.owed", False),
        ("what ails me, per the official ledger", "clinical.conditions", True),
        (
            "since i turned thirty in april it's one busted part after another, what's it come to all told",
            "claim.spending",
            True,
        ),
    ],
)
def test_what_no_word_licenses_is_asked_with_a_button(
    engine: Engine, today: date, said: str, likely: str, *, sure: bool
) -> None:
    """Without a word of the thing itself the person is asked, and nothing is looked up, unless the weights are sure."""
    assert _licence(engine, likely, said, today) is None
    reading = engine.understand(said, today=today)
    assert (reading.score >= SURELY, reading.unclear) == (sure, not sure)
    assert likely in (reading.intent, *reading.offers)


def test_a_licence_alone_decides_nothing(engine: Engine, today: date) -> None:
    """A word of a class in a message about something else leaves the choice to the weights."""
    said = "who won the card game last night"
    assert _licence(engine, "coverage.id_card", said, today) == "card"
    assert engine.understand(said, today=today).intent != "coverage.id_card"


def test_a_class_of_an_unknown_key_is_refused(tmp_path: Path) -> None:
    """By file, class and key."""
    (tmp_path / "_words").mkdir()
    (tmp_path / "_words" / "classes.yaml").write_text("money:\n  word: bill\n", encoding="utf-8")
    with pytest.raises(PackError, match=r"^_words/classes.yaml: money: .*unknown field `word`"):
        Licences.load(tmp_path)
