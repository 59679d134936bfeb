"""The labelled sentences are whole: every line can be read, and every label is an intent of the pack."""

from collections import Counter
from pathlib import Path

from bot.language.engine import Engine
from tests.language.sentences import sentences

# Labels of rounds that were written before an intent was named as it is today.
_OLD_NAMES = {"record.switch"}


def test_every_label_is_an_intent(engine: Engine, intents_folder: Path) -> None:
    """Also of those that serve the person as well; the aspect of one of these says nothing."""
    named = {name.partition("/")[0] for one in sentences(intents_folder) for name in (one.intent, *one.also)}
    assert named - set(engine.intents) - _OLD_NAMES == set()


def test_there_are_many_writers_and_two_languages(intents_folder: Path) -> None:
    """No writer but the team speaks for more than a tenth, and a quarter is Spanish."""
    writers = Counter(one.writer for one in sentences(intents_folder))
    languages = Counter(one.language for one in sentences(intents_folder))
    assert len(writers) >= 30
    assert max(count for writer, count in writers.items() if writer != "team") <= writers.total() / 10
    assert languages["es"] >= languages.total() / 4
    assert set(languages) == {"en", "es", "vi"}


def test_every_intent_is_written_of_in_both_languages(engine: Engine, intents_folder: Path) -> None:
    """At least thirty sentences an intent, ten of them in each language."""
    every = Counter(one.intent for one in sentences(intents_folder))
    assert {intent for intent in engine.intents if every[intent] < 30} == set()
    held = Counter((one.intent, one.language) for one in sentences(intents_folder))
    few = {intent for intent in engine.intents for language in ("en", "es") if held[intent, language] < 10}
    assert few == set()
