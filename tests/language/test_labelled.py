"""The labelled sentences are whole: every line can be read, and every label is an intent of the pack."""

from collections import Counter

from bot.language.engine import Engine
from tests.language.labelled import sentences

# Labels of rounds that were written before an intent was named as it is today.
_OLD_NAMES = {"record.switch"}


def test_every_label_is_an_intent(engine: Engine) -> None:
    """Also of those that serve the person as well."""
    named = {name for one in sentences() for name in (one.intent, *one.also)}
    assert named - set(engine.intents) - _OLD_NAMES == set()


def test_there_are_many_writers_and_two_languages() -> None:
    """No writer but the team speaks for more than a tenth, and a quarter is Spanish."""
    writers = Counter(one.writer for one in sentences())
    languages = Counter(one.language for one in sentences())
    assert len(writers) >= 25
    assert max(count for writer, count in writers.items() if writer != "team") <= writers.total() / 10
    assert languages["es"] >= languages.total() / 4
    assert set(languages) == {"en", "es"}


def test_every_intent_is_written_of_in_both_languages(engine: Engine) -> None:
    """At least thirty sentences an intent, ten of them in each language."""
    held = Counter((one.intent, one.language) for one in sentences())
    few = {intent for intent in engine.intents for language in ("en", "es") if held[intent, language] < 10}
    assert few == set()
