"""Correction of typos, using the words of the pack."""

from collections.abc import Collection, Iterable, Sequence

from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.language.matcher import Grammar

SHORTEST = 5
LONG = 8
MOST_REPAIRS = 12
_CLOSEST = 6
# Words that share so many letters at the start are forms of one another ("solicito", "solicitar").
_STEM = 5
_VOWELS = dict.fromkeys(map(ord, "aeiouy"))


class Speller:
    """Corrects unknown words of five letters or more: one typo, two from eight letters on.

    The first letter is assumed to be correct, which is almost always so and keeps the search short.
    """

    def __init__(self, vocabulary: Iterable[str], familiar: Collection[str], grammar: Grammar) -> None:
        self._short, self._titles = grammar.values("typing.short"), grammar.words("names.short_title")
        self._known = set(familiar) | grammar.keys("numbers.value", "numbers.times", "numbers.joint")
        self._by_letter: dict[str, list[str]] = {}
        for word in sorted(vocabulary):
            self._known.add(word)
            if len(word) >= SHORTEST - 1 and word.isalpha():
                self._by_letter.setdefault(word[0], []).append(word)

    def knows(self, key: str) -> bool:
        """Return whether the word is in the pack's vocabulary or an everyday word."""
        return key in self._known

    def repaired(self, keys: Sequence[str], kept: Collection[int] = ()) -> tuple[str, ...]:
        """Return the keys with typos corrected; at most `MOST_REPAIRS` words are tried, none at a `kept` position."""
        short = self._short if len(keys) > 1 else {}  # "k" alone is okay in any language
        result = [key if place in kept else short.get(key, key) for place, key in enumerate(keys)]
        tried = 0
        for place, key in enumerate(keys):
            if not self._is_strange(key) or place in kept:
                continue
            if place and keys[place - 1] in self._titles:
                continue
            tried += 1
            if tried > MOST_REPAIRS:
                break
            result[place] = self._nearest(key) or key
        return tuple(result)

    def is_slip(self, key: str) -> bool:
        """Return whether an unknown word is similar to one of the vocabulary."""
        return self._is_strange(key) and self._nearest(key) is not None

    def _is_strange(self, key: str) -> bool:
        return len(key) >= SHORTEST and key not in self._known and key.isalpha()

    def _nearest(self, key: str) -> str | None:
        slips = 2 if len(key) >= LONG else 1
        listed = self._by_letter.get(key[0], ())
        near = process.extract(key, listed, scorer=OSA.distance, score_cutoff=slips, limit=_CLOSEST)
        if not near:
            return None
        sounds = _consonants(key)
        word, far, _ = min(near, key=lambda found: (found[1], _consonants(found[0]) != sounds))
        begun = word[:3] == key[:3] and word[-1] == key[-1]
        sure = far == 1 or _consonants(word) == sounds or begun or word[:_STEM] == key[:_STEM]
        return word if sure else None


def _consonants(word: str) -> str:
    """Return a word without its vowels, as in a hurried message ("rslts" for "results")."""
    return word[0] + word[1:].translate(_VOWELS)
