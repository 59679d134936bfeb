"""The other questions of a message that holds more than one. Nothing asked is dropped: they are offered as buttons."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from bot.language.clauses import Clause, ClauseRole
from bot.language.context import Context
from bot.language.engine import Engine
from bot.language.glossary import TERM
from bot.language.hearing import Heard
from bot.language.kernel import FOLLOW
from bot.language.left import conditions, taken_by, words_left
from bot.language.reading import Candidate, Reading, Slot, adds
from bot.language.text import Utterance, read

_SURE = 0.65
_TWO = 2
_COMMON = frozenset({"MY", "BARE", "ASKED"})
_JOINED = re.compile(r"\b(?:and|also|plus|y|tambien|también|además)\b|[?;.]\s*\w")
# With such a word a clause speaks of what another clause names.
_REFERS = frozenset({
    "it", "its", "he", "him", "his", "she", "her", "hers", "they", "them", "their", "theirs", "that", "those", "one",
    "ones", "there", "ella", "ellas", "ellos", "ese", "esa", "eso", "esos", "esas", "alli", "ahi",
})  # fmt: skip


def parted(
    engine: Engine, reading: Reading, *, today: date, context: Context | None
) -> tuple[Reading, Mapping[str, Mapping[str, Slot]]]:
    """The question to answer, and the slots of each other question of the message by intent, in the order said.

    Where the clauses are questions of their own, the one to answer is read by itself: its answer has no use for what
    another clause says, and says nothing of it.
    """
    said = read(reading.text)
    heard = engine.hear(said, today, None)
    cut = [one for one in heard.clauses if one.role is ClauseRole.ASKS]
    alone = [engine.understand(_words(said, one), today=today) for one in cut] if len(cut) >= _TWO else []
    own = next((clause for clause, one in zip(cut, alone, strict=False) if one.intent == reading.intent), None)
    found = _others(engine, reading, said, cut, alone) if own else {}
    if own is None or not found:
        whole = None if any(_refers(said, clause) for clause in heard.clauses) else _runner_up(reading)
        reading = _less(engine, reading, heard, whole) if whole else _with_all(engine, reading, alone)
        return reading, {whole.intent: whole.slots} if whole else {}
    again = engine.understand(_words(said, own), today=today, context=context)
    return _narrowed(reading, again) if again.intent == reading.intent else reading, found


def _refers(said: Utterance, clause: Clause) -> bool:
    return not _REFERS.isdisjoint(said.words[clause.first : clause.after])


def _words(said: Utterance, clause: Clause) -> str:
    return said.said(clause.first, clause.after)


def _others(
    engine: Engine, reading: Reading, said: Utterance, cut: Sequence[Clause], alone: Sequence[Reading]
) -> dict[str, Mapping[str, Slot]]:
    """The clauses that are questions of their own, about data, clear without the rest of the message."""
    found: dict[str, Mapping[str, Slot]] = {}
    for clause, one in zip(cut, alone, strict=True):
        rules = engine.intents.get(one.intent or "")
        if rules is None or rules.needs == "nothing" or one.intent in {None, reading.intent} or one.unclear:
            continue
        if one.score >= _SURE and not _refers(said, clause) and not rules.intent.startswith(FOLLOW):
            found.setdefault(rules.intent, one.slots)
    return found


def _narrowed(reading: Reading, again: Reading) -> Reading:
    """The reading with what its own clause says, in the language of the whole message."""
    return replace(again, text=reading.text, language=reading.language, shows_language=reading.shows_language)


def _less(engine: Engine, reading: Reading, heard: Heard, other: Candidate) -> Reading:
    """The reading without the words and conditions that the other question takes: nothing of them is left unused."""
    rules = engine.intents[other.intent]
    taken = taken_by(next((rule for rule in rules.rules if rule.name == other.rule), None), rules)
    unused, unmet = words_left(heard, taken, engine.lexicon.beside), conditions(heard, taken, rules)
    return replace(
        reading,
        unused=tuple(word for word in reading.unused if word in unused),
        unmet={name: slot for name, slot in reading.unmet.items() if name in unmet},
    )


def _with_all(engine: Engine, reading: Reading, alone: Sequence[Reading]) -> Reading:
    """The reading with what further clauses ask of the same topic: "what is my copay and what is my deductible".

    A slot that takes several values takes theirs too; any other value of theirs is a condition that is not met.
    """
    slots, unmet = dict(reading.slots), dict(reading.unmet)
    rules = engine.intents.get(reading.intent or "")
    more = [(name, slot) for one in alone if one.intent == reading.intent for name, slot in one.slots.items()]
    for name, slot in more if rules else ():
        held = slots.get(name)
        if held is None or slot.excluded or held.excluded or not adds({name: slot}, slots):
            continue
        if rules and name in rules.several:
            values = tuple(dict.fromkeys((*held.every, *slot.every)))
            slots[name] = replace(held, text=f"{held.text}, {slot.text}", values=values, how="and")
            unmet.pop(name, None)
        else:
            unmet.setdefault(name, slot)
    return replace(reading, slots=slots, unmet=unmet)


def _runner_up(reading: Reading) -> Candidate | None:
    """What the whole message asks besides, such as "show my claims and find a dentist in Memphis".

    It counts when the words join two parts, and its rule stands on a concept of its own and asks about something else.
    """
    if len(reading.candidates) < _TWO or not _JOINED.search(reading.text.casefold()):
        return None
    first, second = reading.candidates[:2]
    own = {concept for concept in second.concepts if concept.isupper() or concept == TERM} - {*first.concepts, *_COMMON}
    if second.slots and not adds(second.slots, first.slots):
        return None
    return second if own and second.score >= _SURE and not second.intent.startswith(FOLLOW) else None
