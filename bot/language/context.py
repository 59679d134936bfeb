"""The previous answers, as far as the next message may refer to them."""

from collections.abc import Mapping, Sequence
from datetime import date

import msgspec
from msgspec.structs import replace

from bot.language.matcher import WordArea
from bot.language.reading import Reading, Slot
from bot.language.rules import IntentRules, Subject

DateRange = tuple[date, date]
MOST_TOPICS = 2
# Among the slots of a subject: the record that the answer before was about, which is no slot.
RECORD = "id"
# The providers of a list that was shown, separated by spaces.
AMONG = "among"
# Slots that say what care is meant: a message that says it anew replaces all of them.
KINDS_OF_CARE = frozenset({"specialty", "facility_type", "service"})
# What a question is about: one that names it itself takes no condition of the question before.
OBJECTS = frozenset({"service", "claim_type", "specialty", "facility_type", "drug", "claim_id", "organization"})
CONDITIONS_OF_CLAIMS = frozenset({
    "date_range", "date_out", "provider_name", "state_of_claim", "amount_over", "amount_under",
})  # fmt: skip
# Of so many words an ellipsis at most is: "and for doctors?".
ELLIPSIS = 4
TIMES = frozenset({"date_range", "date_shift", "date_out", "date_ahead"})
_CHANGES = frozenset({"followup.refine", "followup.date_shift"})
_REPEATS = frozenset({"followup.more", "followup.ordinal"})


class Context(msgspec.Struct, frozen=True):
    """The previous answer: its intent and slots, what the bot asked for, and the plan year if known.

    `earlier` are the topics before it, newest first, for a message that returns to one of them.
    """

    intent: str
    slots: Mapping[str, Slot]
    asked: str | None = None
    language: str = "en"
    plan_year: DateRange | None = None
    earlier: tuple["Context", ...] = ()

    def topic(self, back: int) -> "Context":
        """Return the topic that a reading is about: this one, or the one `back` topics before it."""
        return self.earlier[back - 1] if 0 < back <= len(self.earlier) else self

    def before(self, intent: str) -> tuple["Context", ...]:
        """Return the topics that stay available if `intent` is answered next, at most `MOST_TOPICS`."""
        stack = self.earlier if intent == self.intent else (replace(self, earlier=()), *self.earlier)
        return tuple(topic for topic in stack if topic.intent != intent)[:MOST_TOPICS]


def asks_by_itself(words: Sequence[str], listed: WordArea, *, least: int = ELLIPSIS + 1) -> bool:
    """Whether words are a sentence of their own that asks ("is Grace Okafor in Network P") and not of an answer."""
    return len(words) >= least and words[0] in listed.asking and listed.back.isdisjoint(words)


def points_back(words: Sequence[str], listed: WordArea) -> bool:
    """Return whether words refer to the subject of the previous answer: "is it covered", "ya la pagó".

    Not "la visita".
    """
    around = zip(("", *words), words, (*words[1:], ""), strict=False)
    return any(
        (word in listed.points and after not in listed.leads_on)
        or (word in listed.clitic and before in listed.before_clitic)
        for before, word, after in around
    )


def changed(context: Context, reading: Reading) -> tuple[str, dict[str, Slot]]:
    """Return the earlier question with a refinement or date shift applied; a slot without a value is removed."""
    topic = context.topic(reading.back)
    replaced = KINDS_OF_CARE if KINDS_OF_CARE & reading.slots.keys() else frozenset()
    kept = {name: slot for name, slot in topic.slots.items() if name not in replaced}
    slots = {**kept, **{name: _also_out(kept.get(name), slot) for name, slot in reading.slots.items()}}
    return topic.intent, {name: slot for name, slot in slots.items() if slot.value is not None}


def _also_out(kept: Slot | None, slot: Slot) -> Slot:
    """Return a slot; what it leaves out comes on top of what is left out already."""
    if kept is None or not (kept.excluded and slot.excluded):
        return slot
    values = dict.fromkeys([*(kept.values or (kept.value,)), *(slot.values or (slot.value,))])
    return replace(kept, text=f"{kept.text}, {slot.text}", values=tuple(values), how="and")


def merge(
    context: Context | None, reading: Reading, intents: Mapping[str, IntentRules]
) -> tuple[str | None, dict[str, Slot]]:
    """Return the intent and slots of a message after the context is taken into account.

    A refinement or a date shift repeats the earlier intent with the changed slots; "more" and "the second one" keep
    their own intent and take over the earlier slots. Other messages are unchanged, except for slots that their intent
    carries over.
    """
    slots = dict(reading.slots)
    if context is None:
        return reading.intent, slots
    if reading.intent in _CHANGES:
        return changed(context, reading)
    if reading.intent in _REPEATS:
        return reading.intent, {**context.slots, **slots}
    rules = intents.get(reading.intent or "")
    if rules is None:
        return reading.intent, slots
    for name in taken_over(context, reading, intents):
        if name in context.slots:
            slots[name] = context.slots[name]
    other = rules.instead
    elsewhere = other and other.has in slots and other.lacks not in slots
    return other.intent if other and elsewhere else reading.intent, slots


def taken_over(context: Context, reading: Reading, intents: Mapping[str, IntentRules]) -> tuple[str, ...]:
    """Return the slots, and `RECORD`, that a question takes over from the previous answer, as they share a subject.

    A question with its own object takes over no condition. The date of an action is not the date of the care it is
    about.
    """
    rules, before = intents.get(reading.intent or ""), intents.get(context.intent)
    if rules is None or before is None:
        return ()
    said = {*reading.slots, *(cell.name for cell in reading.cells)} - (TIMES if rules.acts else set())
    held = {RECORD, *rules.heard, *(intents[rules.instead.intent].heard if rules.instead else ())}
    about = {one.name for one in before.subjects}
    left = [one for one in rules.subjects if one.name in about and _leaves_open(one, said, reading)]
    names = dict.fromkeys(name for one in left for name in one.slots)
    own = not OBJECTS.isdisjoint(reading.slots) and len(reading.text.split()) > ELLIPSIS
    out = {*rules.never, *reading.slots, *(CONDITIONS_OF_CLAIMS if own else ()), *(before.never if before.acts else ())}
    return tuple(name for name in names if name in held and name not in out)


def _leaves_open(subject: Subject, said: set[str], reading: Reading) -> bool:
    whole = {*subject.slots, *subject.whole}
    return whole.isdisjoint(said) and not ("*" in whole and reading.slots)
