"""Licences: the words or values that a message must contain before an intent may answer it.

A licence in a rule file is a list of alternatives. Each has one or more classes of `_words/classes.yaml`: "money care"
requires a word of both. Licences do not choose between intents: the counted weights do. This module also decides which
of the likely intents is answered without asking back, and which are offered.
"""

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from bot.language.hearing import Heard
from bot.language.rules import PERSON, WORDS, IntentRules, converted, kept_words

_FILE = "classes.yaml"
_SHORTEST = 2
_Names = tuple[str, ...]
# Topics whose answers tell of the plan, and of no care that was had.
_HARMLESS = frozenset({"coverage", "formulary"})
# How much likelier than the next such an intent is answered, at least, and where its topic is likely enough.
_TWICE, _AHEAD, _LEAST = 2.0, 1.3, 0.4


class WordClass(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The words of a class in all languages (an asterisk matches any ending), and its concepts and slot types."""

    names: tuple[str, ...] = ()
    words: str = ""


class Licences:
    """Determines which classes of `_words/classes.yaml` a message contains."""

    def __init__(self, classes: Mapping[str, WordClass]) -> None:
        self.classes = classes
        self._of_name, self._of_word, self._of_stem = dict[str, _Names](), dict[str, _Names](), dict[str, _Names]()
        for name, one in classes.items():
            for kind in one.names:
                self._of_name[kind] = (*self._of_name.get(kind, ()), name)
            for word in one.words.split():
                of, stem = self._of_stem if word.endswith("*") else self._of_word, word.rstrip("*")
                of[stem] = (*of.get(stem, ()), name)
        self._longest = max(map(len, self._of_stem), default=0)

    @classmethod
    def load(cls, folder: Path) -> "Licences":
        """Return the licences for the classes in a pack's `intents/` folder.

        Raises:
            PackError: "file: key: what" for each fault.
        """
        raw = kept_words(folder, _FILE, dict[str, Any])
        return cls({name: converted(one, WordClass, f"{WORDS}/{_FILE}: {name}") for name, one in raw.items()})

    def classes_in(self, heard: Heard) -> frozenset[str]:
        """Return the classes of which a message contains a word, a concept or a value; they are found once."""
        kept: dict[str, frozenset[str]] = heard.__dict__
        if "classes" in kept:
            return kept["classes"]
        words = {*heard.said.words, *heard.keys}
        stems = {word[:size] for word in words for size in range(_SHORTEST, self._longest + 1)}
        listed = (self._of_name, heard.names), (self._of_word, words), (self._of_stem, stems)
        kept["classes"] = frozenset([name for of, said in listed for one in of.keys() & said for name in of[one]])
        return kept["classes"]


def licence_of(rules: IntentRules, classes: AbstractSet[str]) -> str | None:
    """Return the first alternative of an intent's licence that is met by these classes; None if none is met.

    "-" for an intent without a licence.
    """
    if not rules.licence:
        return "-"
    return next((one for one in rules.licence if classes >= _classes(one)), None)


@cache
def _classes(alternative: str) -> frozenset[str]:
    return frozenset(alternative.split())


def may_set(name: str, value: object, slots: Mapping[str, object]) -> bool:
    """Return whether a rule may set a slot. It may not replace a person, or set "yes" beside other values."""
    if name == PERSON:
        return name not in slots
    return (name, value) != ("answer", "yes") or slots.keys() <= {"reply_language"}


def stands_out(entry: IntentRules, chances: Mapping[str, float], sure: Mapping[str, float]) -> bool:
    """Return whether a harmless intent is answered without asking back, with the other likely ones as buttons.

    It must answer from the directory or about the plan. It must also be twice as likely as the next intent, or clearly
    the likeliest of a topic that reaches the probability in `sure`.
    """
    topic = entry.intent.partition(".")[0]
    harmless = entry.acts is None and not entry.sure and (entry.needs == "directory" or topic in _HARMLESS)
    if not harmless or chances.get(entry.intent, 0.0) < _LEAST:
        return False
    whole = sum(one for name, one in chances.items() if name.partition(".")[0] == topic)
    ahead = chances[entry.intent] / max((one for name, one in chances.items() if name != entry.intent), default=1.0)
    return ahead >= _TWICE or (ahead >= _AHEAD and whole >= sure[entry.needs])


def about_as_likely(names: Sequence[str], chances: Mapping[str, float], licensed: Callable[[str], object]) -> list[str]:
    """Return the intents to offer: those with a met licence, and others at least half as likely as the likeliest."""
    least = max((chances[name] for name in names), default=0.0) / _TWICE
    return [name for name in names if chances[name] >= least or licensed(name)]
