"""The result of understanding a message: an intent, its slots, and alternative readings."""

from collections.abc import Mapping
from time import perf_counter
from typing import Literal

import msgspec

from bot.language.kernel import FALLBACK, is_kernel

# What is told as the rule of a reading where the weights alone decided.
COUNTED = "counted"
# Beside an answer, whatever else is as likely as this has a button.
DOUBT = 0.1


def elapsed(begun: float) -> float:
    """Return the milliseconds since a value of `perf_counter`."""
    return round((perf_counter() - begun) * 1000, 4)


class Slot(msgspec.Struct, frozen=True):
    """Part of a question.

    Attributes:
        text: the person's own words.
        value: their normalized value; the first of `values` if there are several.
        excluded: True if the question asks for everything except `value` ("not in network P").
        values: all values, if more than one ("S and P").
        how: whether all of `values` are required, or any; "and" of one value that comes on top of the one before.
        but: values to exclude in addition to those wanted ("in S but not in P").
    """

    text: str
    value: object
    excluded: bool = False
    values: tuple[object, ...] = ()
    how: Literal["and", "or"] | None = None
    but: "Slot | None" = None

    @property
    def out(self) -> "Slot | None":
        """The excluded part: the slot itself if it excludes, else what is excluded besides its value."""
        return self if self.excluded else self.but

    @property
    def is_plain(self) -> bool:
        """Whether this is one wanted value, which is all that most answers support."""
        return not self.excluded and not self.values

    @property
    def is_on_top(self) -> bool:
        """Whether the value is said to be wanted besides that of the question before: "L too"."""
        return self.is_plain and self.how == "and"

    @property
    def every(self) -> tuple[object, ...]:
        """All its values, in the order of the words."""
        return self.values or (self.value,)


def adds(slots: Mapping[str, Slot], to: Mapping[str, Slot]) -> bool:
    """Return whether any of these slots has a value that none of the others has."""
    known = [value for slot in to.values() for value in slot.every]
    return any(value not in known for slot in slots.values() for value in slot.every)


class Cell(msgspec.Struct, frozen=True):
    """Part of a question in a clause: `name` is the concept or slot type, `text` its words.

    `role` is the purpose of the clause: "asks", "background" or "courtesy". `cell` is one of the pack's cells.
    """

    role: str
    cell: str
    name: str
    text: str


class Candidate(msgspec.Struct, frozen=True):
    """A possible reading: `score` is its probability, `rule` set its slots, `concepts` are those found.

    `slots` are those of its own intent, for a person who chooses it.
    """

    intent: str
    rule: str
    score: float
    concepts: tuple[str, ...]
    slots: Mapping[str, Slot] = msgspec.field(default_factory=dict)


_GOING_ON = frozenset({"ordinal", "MORE", "BEFORE_THAT"})
_BESIDE = frozenset({"FILLER", "ORDINAL_WORD", "INSTEAD", "REQUEST", "AGREE", "LATEST"})


class Reading(msgspec.Struct, frozen=True):
    """How a message was understood.

    Attributes:
        score: the probability of the likeliest intent.
        language: "en" or "es".
        ms: the time it took, in milliseconds.
        candidates: the three likeliest intents.
        unclear: True if none is probable enough to be answered at once, so that the person chooses.
        shows_language: True if the words are clearly of that language.
        alarm: "safety.crisis" or "safety.emergency" if words of danger are next to a question with an answer.
        present: True if the danger is now, not in the past or hypothetical.
        lines: further phone numbers for these words, by their names in the pack.
        back: the topic that a follow-up belongs to: 0 is the last, 1 the one before.
        points: True if words refer to the subject of the previous answer: "how much was it".
        picks: True if words pick one of what was shown: "how much was the hospital one".
        those: how many of the records that were shown words refer to, 0 if none: "what did those cost".
        steps: 1 if words refer to the one before what was shown, -1 if to the first: "was it more than last time".
        unmet: conditions in the message that the intent's answer does not support, by slot type.
        cells: everything found in the message.
        chances: the probability of each intent.
        dangers: the probability of each emergency.
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
    shows_language: bool = True
    alarm: str | None = None
    present: bool = False
    lines: tuple[str, ...] = ()
    back: int = 0
    points: bool = False
    picks: bool = False
    those: int = 0
    steps: int = 0
    unmet: Mapping[str, Slot] = msgspec.field(default_factory=dict)
    cells: tuple[Cell, ...] = ()
    chances: Mapping[str, float] = msgspec.field(default_factory=dict)
    dangers: Mapping[str, float] = msgspec.field(default_factory=dict)

    @property
    def offers(self) -> tuple[str, ...]:
        """The intents of the buttons, likeliest first.

        The choices if unclear, or the alternative to a doubtful answer.
        """
        if self.unclear:
            return tuple(one.intent for one in self.candidates)
        return (self.second.intent,) if self.second else ()

    @property
    def second(self) -> Candidate | None:
        """The alternative reading of a message that is answered at once; None if none is probable enough."""
        if self.unclear or self.is_miss or is_kernel(self.intent or FALLBACK):
            return None
        return next((one for one in self.candidates if one.intent != self.intent and one.score >= DOUBT), None)

    @property
    def goes_on(self) -> bool:
        """Whether there are only words like "more", "the one before" or "the second one", which need a list."""
        said = {cell.name for cell in self.cells}
        listed = bool(said & _GOING_ON) and said <= _GOING_ON | _BESIDE
        return listed and (self.is_miss or (self.intent or "").startswith("followup."))

    @property
    def is_miss(self) -> bool:
        """Whether nothing in the message is known, so that help is due, not a refusal."""
        reason = self.slots.get("reason")
        return self.intent == "out_of_scope" and reason is not None and reason.value in {"unknown", "empty"}
