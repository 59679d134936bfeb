"""The gate before everything else: a crisis, then an emergency, told apart from questions about benefits.

No list of sentences holds all that people say in danger, so weak signs are put together: somebody, a verb of living
that is denied, a part of the body, a means, "took" with an amount. `_words/safety.yaml` holds the ideas and the rules.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from bot.language.dangers import CALM, NOW, DangerRule, Dangers
from bot.language.phrases import Found
from bot.language.text import Utterance
from bot.language.typos import Speller

MOST_TRIED = 100
_SENTENCE_ENDS = ".?!;\n"


class Danger(NamedTuple):
    """What rang: the intent, the rule that decided, and the language of its words."""

    intent: str
    rule: str
    language: str


class SafetyGate:
    """Reads up to 4,000 characters, already cut into words."""

    def __init__(self, dangers: Dangers, speller: Speller) -> None:
        self._words = dangers.words
        self._speller = speller
        self._firsts = {
            loose: frozenset(rule.first for rule in dangers.rules if rule.loose is loose) for loose in (False, True)
        }
        self._rules = {loose: [rule for rule in dangers.rules if rule.loose is loose] for loose in (False, True)}

    def check(self, said: Utterance, *, loose: bool = False) -> Danger | None:
        """The first rule that rings, crisis before emergency, or None; `loose` for what nothing else explains."""
        found = _meant(self._words.scan(self._speller.repaired(said.keys)))
        places: dict[str, list[int]] = {}
        for entry in found:
            for meaning in entry.meanings:
                at = places.setdefault(str(meaning.value), [])
                if not at or at[-1] != entry.first:
                    at.append(entry.first)
        if self._firsts[loose].isdisjoint(places):
            return None
        sentences = _sentences(said)
        for rule in self._rules[loose]:
            if rule.first in places and _rings(rule, places, sentences):
                return Danger(f"safety.{rule.kind}", rule.name, _language(found))
        return None


def _language(found: Sequence[Found]) -> str:
    languages = Counter(meaning.language for entry in found for meaning in entry.meanings)
    return "es" if languages["es"] > languages["en"] else "en"


def _meant(found: list[Found]) -> list[Found]:
    """What was found, without all that touches a phrase that only looks like danger ("im dying to know")."""
    harmless: set[int] = set()
    for entry in found:
        if any(meaning.hides for meaning in entry.meanings):
            harmless.update(range(entry.first, entry.after))
    if not harmless:
        return found
    return [entry for entry in found if harmless.isdisjoint(range(entry.first, entry.after))]


def _rings(rule: DangerRule, places: dict[str, list[int]], sentences: Sequence[int]) -> bool:
    for other, _ in rule.others:
        if other not in places:
            return False
    back = 0 if rule.after else rule.within
    for anchor in places[rule.first][:MOST_TRIED]:
        if all(
            _many(places[other], anchor - back, anchor + rule.within) - (anchor in places[other]) >= times
            for other, times in rule.others
        ) and (rule.firm or not _calm(places, sentences, sentences[anchor])):
            return True
    return False


def _many(places: Sequence[int], first: int, last: int) -> int:
    """How many of the sorted places lie between two others, both included."""
    return bisect_right(places, last) - bisect_left(places, first)


def _calm(places: dict[str, list[int]], sentences: Sequence[int], sentence: int) -> bool:
    """Whether a sentence is about benefits, cost or the past, and not about now."""
    first, after = bisect_left(sentences, sentence), bisect_left(sentences, sentence + 1)
    return bool(_many(places.get(CALM, ()), first, after - 1)) and not _many(places.get(NOW, ()), first, after - 1)


def _sentences(said: Utterance) -> list[int]:
    """For each word the number of its sentence."""
    numbers, number, end = [], 0, 0
    for first, after in said.spans:
        if any(character in _SENTENCE_ENDS for character in said.text[end:first]):
            number += 1
        numbers.append(number)
        end = after
    return numbers
