"""The result of understanding a message: an intent, its slots, and alternative readings."""

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Literal

import msgspec

from bot.language.asked import ClaimsAsked
from bot.language.kernel import FALLBACK, is_kernel
from bot.language.text import Utterance, read

# What is told as the rule of a reading where the weights alone decided.
COUNTED = "counted"
# Beside an answer, whatever else is as likely as this has a button.
DOUBT = 0.1


class Slot(msgspec.Struct, frozen=True):
    """A value in a question, with the words that name it.

    Attributes:
        text: the person's own words.
        value: their normalized value; the first of `values` if there are several.
        excluded: True if the question asks for everything except `value` ("not in network P").
        values: all values, if more than one ("S and P").
        how: whether all of `values` are required, or any; "and" for a single value that is added to the one before.
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
        """The excluded part: the slot itself if it excludes, else the value excluded in addition; None if none."""
        return self if self.excluded else self.but

    @property
    def is_plain(self) -> bool:
        """Whether this is one wanted value. Most answers support nothing else."""
        return not self.excluded and not self.values

    @property
    def every(self) -> tuple[object, ...]:
        """All values, in the order of the words."""
        return self.values or (self.value,)


def distinct(values: Iterable[object]) -> tuple[object, ...]:
    """Return the values without repetitions; they may be mappings, such as periods."""
    return tuple({repr(value): value for value in values}.values())


def adds(slots: Mapping[str, Slot], to: Mapping[str, Slot]) -> bool:
    """Return whether any of the slots has a value that no slot in `to` has."""
    known = [value for slot in to.values() for value in slot.every]
    return any(value not in known for slot in slots.values() for value in slot.every)


class Cell(msgspec.Struct, frozen=True):
    """A part of a question: a concept or slot type (`name`) and its words (`text`).

    `role` is the purpose of the clause: "asks", "background" or "courtesy". `cell` is the subject of a concept, which
    is the name of its file ("claims"), and "other" for a slot type.
    """

    role: str
    cell: str
    name: str
    text: str


class Candidate(msgspec.Struct, frozen=True):
    """A possible reading: `score` is its probability, `rule` the rule that set slots, `concepts` the concepts found.

    `slots` are the slots for this intent, in case the person chooses it.
    """

    intent: str
    rule: str
    score: float
    concepts: tuple[str, ...]
    slots: Mapping[str, Slot] = msgspec.field(default_factory=dict)


_GOING_ON = frozenset({"ordinal", "MORE", "BEFORE_THAT"})
_BESIDE = frozenset({"FILLER", "ORDINAL_WORD", "INSTEAD", "REQUEST", "AGREE", "YES_ALONE", "LATEST"})


class Reading(msgspec.Struct, frozen=True, dict=True):
    """How a message was understood.

    Attributes:
        score: the probability of the likeliest intent.
        language: "en" or "es".
        ms: the duration of the reading, in milliseconds.
        candidates: the three likeliest intents.
        unclear: True if none is probable enough to be answered at once, so that the person chooses.
        shows_language: True if the words are clearly of that language.
        alarm: "safety.crisis" or "safety.emergency" if words of danger are next to a question with an answer.
        present: True if the danger is now, not in the past or hypothetical.
        lines: further phone numbers for these words, by their names in the pack.
        back: the topic that a follow-up belongs to: 0 is the last, 1 the one before.
        points: True if words refer to the subject of the previous answer: "how much was it".
        which: True if the message begins with "which", "who", "any" or the like.
        picks: True if words select one of the records that were shown: "how much was the hospital one".
        barred: the words after each word of exclusion, if an answer came before.
        others: True if words refuse the record that was shown: "not that one", "the other one".
        those: how many of the shown records the words refer to, 0 if none: "what did those cost".
        steps: 1 if words refer to the record before the one shown, -1 if to the first: "was it more than last time",
            2 if to those after it: "did I get it again after that".
        unmet: conditions in the message that the intent's answer does not support, by slot type.
        cells: everything found in the message.
        chances: the probability of each intent.
        dangers: the probability of each emergency.
        asked: the cached results of reading what the words request about claims, by `words_key`.
    """

    intent: str | None
    slots: Mapping[str, Slot]
    rule: str | None = None
    score: float = 0.0
    language: str = "en"
    text: str = ""
    ms: float = 0.0
    concepts: tuple[str, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    unclear: bool = False
    shows_language: bool = True
    alarm: str | None = None
    present: bool = False
    lines: tuple[str, ...] = ()
    back: int = 0
    points: bool = False
    picks: bool = False
    others: bool = False
    barred: tuple[str, ...] = ()
    which: bool = False
    those: int = 0
    steps: int = 0
    unmet: Mapping[str, Slot] = msgspec.field(default_factory=dict)
    cells: tuple[Cell, ...] = ()
    chances: Mapping[str, float] = msgspec.field(default_factory=dict)
    dangers: Mapping[str, float] = msgspec.field(default_factory=dict)
    asked: Mapping[tuple[object, ...], ClaimsAsked] = msgspec.field(default_factory=dict)

    @cached_property
    def said(self) -> Utterance:
        """The message split into words."""
        return read(self.text)

    @property
    def offers(self) -> tuple[str, ...]:
        """The intents to offer as buttons, likeliest first: all candidates if unclear, otherwise the alternative."""
        if self.unclear:
            return tuple(one.intent for one in self.candidates)
        return (self.second.intent,) if self.second else ()

    @property
    def second(self) -> Candidate | None:
        """The alternative reading of a message that is answered at once; None if no other intent is probable enough."""
        if self.unclear or self.is_miss or is_kernel(self.intent or FALLBACK):
            return None
        return next((one for one in self.candidates if one.intent != self.intent and one.score >= DOUBT), None)

    @property
    def goes_on(self) -> bool:
        """Whether the message has only words such as "more" or "the second one", which refer to a list."""
        said = {cell.name for cell in self.cells}
        listed = bool(said & _GOING_ON) and said <= _GOING_ON | _BESIDE
        return listed and (self.is_miss or (self.intent or "").startswith("followup."))

    def is_of_place(self, people: str) -> bool:
        """Return whether words for people only say what kind of place is meant: "the children's clinic"."""
        words, text = people.casefold(), self.text.casefold()
        places = [
            cell.text.casefold() for cell in self.cells if cell.name in {"facility_type", "specialty", "FACILITY"}
        ]
        said = any(f"{words} {one}" in text or f"{one} de {words}" in text for one in places)
        return said and words.split(" ")[0] in {"the", "a", "los", "las", "un", "una"}

    @property
    def is_miss(self) -> bool:
        """Whether nothing in the message is known, so that the bot offers help."""
        reason = self.slots.get("reason")
        return self.intent == "out_of_scope" and reason is not None and reason.value in {"unknown", "empty"}
