"""What the language part hands over: an intent, its slots, and how it got there."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Slot:
    """A part of a question: `text` is the person's own words, `value` what they stand for."""

    text: str
    value: object


@dataclass(frozen=True, slots=True)
class Candidate:
    """A reading that was considered. `score` is between 0 and 1, `concepts` are those its rule used.

    `slots` are the ones of its own intent, for a person who chooses it.
    """

    intent: str
    rule: str
    score: float
    concepts: tuple[str, ...]
    slots: Mapping[str, Slot] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reading:
    """How a message was understood.

    `language` is "en" or "es", and `told` whether these words say so themselves; `ms` is the time it took.
    `candidates` are the best three of different intents, best first. `unclear` means that two of them are so close
    that the person should choose.
    """

    text: str
    intent: str | None
    slots: Mapping[str, Slot]
    rule: str | None
    score: float
    language: str
    ms: float
    concepts: tuple[str, ...]
    candidates: tuple[Candidate, ...]
    unclear: bool
    told: bool = True
