"""The evidence in a message for its intent: its words, pairs of words, parts of words, and what was found in it."""

import re
from collections import Counter
from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from bot.language.text import Utterance

# Each kind of evidence and how much all of it weighs together; "found" are concepts and slot types.
KINDS: Mapping[str, float] = {"words": 1.0, "pieces": 1.0, "found": 0.2}
_NUMBER = re.compile(r"\d")
_SHORTEST, _LONGEST = 2, 5


def evidence(
    said: Utterance, names: AbstractSet[str], without: AbstractSet[int] = frozenset()
) -> dict[str, Counter[str]]:
    """Return each kind of evidence with its counts.

    `names` are the concepts and slot types found, `without` the positions of words without meaning.
    """
    words = [shape(word) for place, word in enumerate(said.words) if place not in without]
    pairs = zip(("^", *words), (*words, "$"), strict=True)
    return {
        "words": Counter([*words, *[f"{left} {right}" for left, right in pairs]]),
        "pieces": Counter([piece for word in words for piece in _pieces(f" {word} ")]),
        "found": Counter(names),
    }


def shape(word: str) -> str:
    """Return a word as evidence: numbers become their number of digits, as the digits do not matter for the intent."""
    if word.isdigit():
        return f"#{len(word)}"
    return "#" if _NUMBER.search(word) else word


def _pieces(word: str) -> list[str]:
    length = len(word)
    sizes = range(_SHORTEST, min(_LONGEST, length - 1) + 1)
    found = [word[first : first + size] for size in sizes for first in range(length - size + 1)]
    return [*found, word] if length <= _LONGEST else found
