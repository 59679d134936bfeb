"""The result of understanding a message: an intent, its slots, and what else it may mean."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from time import perf_counter
from typing import Literal

from bot.language.kernel import FALLBACK, is_kernel

# What is told as the rule of a reading where the weights alone decided.
COUNTED = "counted"
# Beside an answer, whatever else is as likely as this has a button.
DOUBT = 0.1


def elapsed(begun: float) -> float:
    """Milliseconds since a reading of `perf_counter`."""
    return round((perf_counter() - begun) * 1000, 4)


@dataclass(frozen=True, slots=True)
class Slot:
    """A part of a question: `text` is the person's own words, `value` what they stand for.

    `excluded`: everything but this is asked for ("not in network P"). `values` are two or more values of one slot
    ("S and P"), of which `value` is the first, and `how` says whether all of them are meant or any. `but` is left out
    beside what is wanted ("in S but not in P").
    """

    text: str
    value: object
    excluded: bool = False
    values: tuple[object, ...] = ()
    how: Literal["and", "or"] | None = None
    but: "Slot | None" = None

    @property
    def out(self) -> "Slot | None":
        """What is not asked for: itself where it excludes, else what is left out beside its value."""
        return self if self.excluded else self.but

    @property
    def is_plain(self) -> bool:
        """Whether this is one value that is asked for, which is all that most answers can use."""
        return not self.excluded and not self.values

    @property
    def every(self) -> tuple[object, ...]:
        """All its values, in the order of the words."""
        return self.values or (self.value,)


def adds(slots: Mapping[str, Slot], to: Mapping[str, Slot]) -> bool:
    """Whether any of these slots has a value that none of the others has."""
    known = [value for slot in to.values() for value in slot.every]
    return any(value not in known for slot in slots.values() for value in slot.every)


@dataclass(frozen=True, slots=True)
class Cell:
    """A part of a question that a clause fills: `name` is the concept or slot type, `text` the words that said it.

    `role` is what the clause is there for: "asks", "background" or "courtesy". `cell` is one of the pack's cells.
    """

    role: str
    cell: str
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A reading that was considered: `score` is its probability, `rule` what set its slots, `concepts` what was heard.

    `slots` are the ones of its own intent, for a person who chooses it.
    """

    intent: str
    rule: str
    score: float
    concepts: tuple[str, ...]
    slots: Mapping[str, Slot] = field(default_factory=dict)


_GOING_ON = frozenset({"ordinal", "MORE", "BEFORE_THAT"})
_BESIDE = frozenset({"FILLER", "ORDINAL_WORD", "INSTEAD", "REQUEST", "AGREE", "LATEST"})


@dataclass(frozen=True, slots=True)
class Reading:
    """How a message was understood.

    `language` is "en" or "es", and `shows_language` whether these words say so themselves; `ms` is the time it took.
    `candidates` are the likeliest three intents. `unclear` means that none of them is likely enough to be answered at
    once: the person chooses. `chances` is the probability of each intent, `dangers` that of each danger, `score` that
    of the likeliest intent. `back` says to which topic a follow-up belongs: 0 is the last, 1 the one before.
    `unmet` are conditions that the message states and this intent's answer does not
    take, by slot type. `cells` is all that was heard.

    `alarm` is "safety.crisis" or "safety.emergency" when words of danger stand beside a question that has an answer;
    `present` tells that they speak of now, not of the past or of what may be; `lines` are the further telephone numbers
    that these words ask for or need, by their names in the pack.
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
    unmet: Mapping[str, Slot] = field(default_factory=dict)
    cells: tuple[Cell, ...] = ()
    chances: Mapping[str, float] = field(default_factory=dict)
    dangers: Mapping[str, float] = field(default_factory=dict)

    @property
    def offers(self) -> tuple[str, ...]:
        """The intents of the buttons, the likeliest first: where the person is asked, and beside an answer in doubt."""
        if self.unclear:
            return tuple(one.intent for one in self.candidates)
        return (self.second.intent,) if self.second else ()

    @property
    def second(self) -> Candidate | None:
        """What else may be meant by a message that is answered at once, None where nothing else is likely."""
        if self.unclear or self.is_miss or is_kernel(self.intent or FALLBACK):
            return None
        return next((one for one in self.candidates if one.intent != self.intent and one.score >= DOUBT), None)

    @property
    def goes_on(self) -> bool:
        """Only words like "more", "the one before" or "the second one", which mean nothing without a list."""
        said = {cell.name for cell in self.cells}
        listed = bool(said & _GOING_ON) and said <= _GOING_ON | _BESIDE
        return listed and (self.is_miss or (self.intent or "").startswith("followup."))

    @property
    def is_miss(self) -> bool:
        """Nothing that was ever counted: help is due, not a refusal."""
        reason = self.slots.get("reason")
        return self.intent == "out_of_scope" and reason is not None and reason.value in {"unknown", "empty"}
