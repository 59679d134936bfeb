"""The gate before everything else: a crisis, then an emergency, told apart from questions about benefits.

No list of sentences holds all that people say in danger, so weak signs are put together: somebody, a verb of living
that is denied, a part of the body, a means, "took" with an amount. `_words/safety.yaml` holds the ideas and the rules.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from bot.language.dangers import CALM, HAPPENS, NOW, OFTEN, THEN, DangerRule, Dangers
from bot.language.phrases import PhraseFound
from bot.language.text import Utterance
from bot.language.typos import Speller

MOST_TRIED = 100
_SENTENCE_ENDS = ".?!;\n"
_CLAUSE_ENDS = f"{_SENTENCE_ENDS},:"


class Danger(NamedTuple):
    """A detected danger: the intent, the rule, the language of its words, and further telephone numbers.

    `at` is the word that it hangs on; `firm` tells that it was heard in no calm sentence.
    """

    intent: str
    rule: str
    language: str
    lines: tuple[str, ...] = ()
    at: int = 0
    firm: bool = False


class _Tried(NamedTuple):
    """The rules that are tried at each of the three moments; with each, whether calm words around it silence it."""

    firm: tuple[tuple[DangerRule, bool], ...]
    unasked: tuple[tuple[DangerRule, bool], ...]
    beside: tuple[tuple[DangerRule, bool], ...]


class SafetyGate:
    """Reads up to 4,000 characters, already cut into words."""

    def __init__(self, dangers: Dangers, speller: Speller) -> None:
        self._dangers, self._speller = dangers, speller
        rules = dangers.rules
        self._tried = _Tried(
            firm=tuple((rule, True) for rule in rules if not (rule.loose or rule.alone)),
            unasked=tuple((rule, not rule.plain) for rule in rules if rule.loose or rule.alone or rule.plain),
            beside=tuple((rule, rule.loose) for rule in rules if not (rule.alone or rule.firm)),
        )

    def hear(self, said: Utterance) -> "Signs":
        """What a message holds of danger; the rules are tried when they are asked for."""
        found = _meant(self._dangers.words.scan(self._speller.repaired(said.keys)))
        return Signs(self._dangers, self._tried, found, said)


class Signs:
    """The ideas of danger in one message, and which rules they make ring: crisis before emergency, the first wins."""

    def __init__(self, dangers: Dangers, tried: _Tried, found: Sequence[PhraseFound], said: Utterance) -> None:
        self._dangers, self._tried, self._found, self._said = dangers, tried, found, said
        self._sentences: list[int] | None = None
        self._places: dict[str, list[int]] = {}
        for entry in found:
            for meaning in entry.meanings:
                at = self._places.setdefault(str(meaning.value), [])
                if not at or at[-1] != entry.first:
                    at.append(entry.first)

    def firm(self) -> Danger | None:
        """Danger that stops everything: in words of its own, in no sentence about benefits, cost or the past."""
        danger = self._first(self._tried.firm)
        return danger._replace(firm=True) if danger else None

    def unasked(self) -> Danger | None:
        """Danger in a message that asks for nothing: weak signs, feeling, and what is said outright."""
        return self._first(self._tried.unasked)

    def beside(self) -> Danger | None:
        """Danger beside a question about something else."""
        return self._first(self._tried.beside)

    def present(self, danger: Danger, first: int, after: int) -> bool:
        """Whether the words that tell of it, between commas and from `first` up to `after`, speak of now."""
        places, parts = self._places, _parts(self._said, _CLAUSE_ENDS)
        first = max(first, bisect_left(parts, parts[danger.at]))
        last = min(after, bisect_right(parts, parts[danger.at])) - 1
        calm, then, now, often = (bool(_many(places.get(one, ()), first, last)) for one in (CALM, THEN, NOW, OFTEN))
        return not often and (now or danger.firm or HAPPENS in places or not (calm or then))

    def words(self) -> frozenset[str]:
        """Every word, in its form for look-ups, that takes part in an idea of danger."""
        return frozenset(self._said.keys[place] for entry in self._found for place in range(entry.first, entry.after))

    def _first(self, rules: Sequence[tuple[DangerRule, bool]]) -> Danger | None:
        """The first rule that matches. Each comes with a flag: calm words around it silence it."""
        for rule, calms in rules if self._places else ():
            if rule.first in self._places and (at := self._rings(rule, calms=calms)) is not None:
                return Danger(f"safety.{rule.kind}", rule.name, _language(self._found), self._lines(rule), at)
        return None

    def _rings(self, rule: DangerRule, *, calms: bool) -> int | None:
        """The place of the word that triggers a rule, or None when the rule does not match."""
        places = self._places
        for other, _ in rule.others:
            if other not in places:
                return None
        back = 0 if rule.after else rule.within
        for anchor in places[rule.first][:MOST_TRIED]:
            if all(
                _many(places[other], anchor - back, anchor + rule.within) - (anchor in places[other]) >= times
                for other, times in rule.others
            ) and not (calms and not rule.firm and self._is_calm(anchor)):
                return anchor
        return None

    def _is_calm(self, place: int) -> bool:
        """Whether the sentence of a word is about benefits, cost or the past, and not about now."""
        if self._sentences is None:
            self._sentences = _parts(self._said, _SENTENCE_ENDS)
        sentence = self._sentences[place]
        first, after = bisect_left(self._sentences, sentence), bisect_left(self._sentences, sentence + 1)
        calm, now = (self._places.get(idea, ()) for idea in (CALM, NOW))
        return bool(_many(calm, first, after - 1)) and not _many(now, first, after - 1)

    def _lines(self, rule: DangerRule) -> tuple[str, ...]:
        asked = (self._dangers.lines.get(idea, frozenset()) for idea in self._places)
        return tuple(sorted(frozenset(rule.lines).union(*asked)))


def _language(found: Sequence[PhraseFound]) -> str:
    """The language of most words of danger: a long phrase says more than a word that both languages have."""
    languages = Counter[str]()
    for entry in found:
        for meaning in entry.meanings:
            languages[meaning.language] += entry.after - entry.first
    best = max(sorted(filter(None, languages)), key=lambda language: languages[language], default="en")
    return best if languages[best] > languages["en"] else "en"


def _meant(found: list[PhraseFound]) -> list[PhraseFound]:
    """The ideas found, without those that overlap a harmless phrase ("im dying to know")."""
    harmless: set[int] = set()
    for entry in found:
        if any(meaning.hides for meaning in entry.meanings):
            harmless.update(range(entry.first, entry.after))
    if not harmless:
        return found
    return [entry for entry in found if harmless.isdisjoint(range(entry.first, entry.after))]


def _many(places: Sequence[int], first: int, last: int) -> int:
    """How many of the sorted places lie between two others, both included."""
    return bisect_right(places, last) - bisect_left(places, first)


def _parts(said: Utterance, ends: str) -> list[int]:
    """For each word the number of its part: parts are what stands between these signs."""
    numbers, number, end = [], 0, 0
    for first, after in said.spans:
        if any(character in ends for character in said.text[end:first]):
            number += 1
        numbers.append(number)
        end = after
    return numbers
