"""What a message must contain for an answer to be possible, as the `licence` of each rule file says.

A licence is a list of alternatives, each one or more classes of `_words/classes.yaml`: "money care" requires a word of
both. It does not choose between intents: the counted weights do.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from bot.language.hearing import Heard
from bot.language.rules import WORDS, IntentRules, converted, kept_words

_FILE = "classes.yaml"
_SHORTEST = 2
_Names = tuple[str, ...]


class WordClass(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The words of a class by language (an asterisk is any ending), and its concepts and slot types."""

    names: tuple[str, ...] = ()
    en: str = ""
    es: str = ""


class Licences:
    """Determines which answers a message allows."""

    def __init__(self, classes: Mapping[str, WordClass]) -> None:
        self.classes = classes
        self._of_name, self._of_word, self._of_stem = dict[str, _Names](), dict[str, _Names](), dict[str, _Names]()
        for name, one in classes.items():
            for kind in one.names:
                self._of_name[kind] = (*self._of_name.get(kind, ()), name)
            for word in (*one.en.split(), *one.es.split()):
                of, stem = self._of_stem if word.endswith("*") else self._of_word, word.rstrip("*")
                of[stem] = (*of.get(stem, ()), name)
        self._longest = max(map(len, self._of_stem), default=0)

    @classmethod
    def load(cls, folder: Path) -> "Licences":
        """Return the classes in a pack's `intents/` folder.

        Raises:
            PackError: "file: key: what".
        """
        raw = kept_words(folder, _FILE, dict[str, Any])
        return cls({name: converted(one, WordClass, f"{WORDS}/{_FILE}: {name}") for name, one in raw.items()})

    def held(self, heard: Heard) -> frozenset[str]:
        """Return the classes of which a message contains a word or a value."""
        held: set[str] = set()
        for name in heard.names:
            held.update(self._of_name.get(name, ()))
        for word in {*heard.said.words, *heard.keys}:
            held.update(self._of_word.get(word, ()))
            for size in range(_SHORTEST, min(len(word), self._longest) + 1):
                held.update(self._of_stem.get(word[:size], ()))
        return frozenset(held)


def licence_of(rules: IntentRules, held: Iterable[str]) -> str | None:
    """Return the first alternative of an intent's licence that the message meets; None if it meets none.

    "-" for an intent that looks nothing up and has no licence.
    """
    if not rules.licence:
        return "-"
    there = frozenset(held)
    return next((one for one in rules.licence if there >= _classes(one)), None)


@cache
def _classes(alternative: str) -> frozenset[str]:
    return frozenset(alternative.split())
