"""The evidence that a message gives for its intent: its words, their pairs, pieces of its words, and what it holds."""

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
    """Each kind of evidence with how often it is there.

    `names` are the concepts and slot types of the message, `without` the places of words that say nothing.
    """
    words = [shape(word) for place, word in enumerate(said.words) if place not in without]
    pairs = zip(("^", *words), (*words, "$"), strict=True)
    return {
        "words": Counter([*words, *[f"{left} {right}" for left, right in pairs]]),
        "pieces": Counter([piece for word in words for piece in _pieces(f" {word} ")]),
        "found": Counter(names),
    }


def shape(word: str) -> str:
    """A number is its count of digits: which ZIP code or amount it is says nothing of what is asked."""
    if word.isdigit():
        return f"#{len(word)}"
    return "#" if _NUMBER.search(word) else word


def _pieces(word: str) -> list[str]:
    length = len(word)
    sizes = range(_SHORTEST, min(_LONGEST, length - 1) + 1)
    found = [word[first : first + size] for size in sizes for first in range(length - size + 1)]
    return [*found, word] if length <= _LONGEST else found
