"""What was said before, as far as the next message may need it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from bot.language.reading import Reading, Slot

DateRange = tuple[date, date]
MOST_TOPICS = 2
_NEWEST = re.compile(r"\b(?:last|latest|newest|most recent|[uú]ltim[oa]|m[aá]s reciente)\b", re.IGNORECASE)
_EVERY = re.compile(r"\b(?:are there|do you have|hay|existen|todas las redes|all (?:the )?networks)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Context:
    """The answer before this message: its intent and slots, what the bot asked for, and the plan year when known.

    `earlier` are the topics before it, the newest first, for a message that comes back to one of them.
    """

    intent: str
    slots: Mapping[str, Slot]
    asked: str | None = None
    language: str = "en"
    plan_year: DateRange | None = None
    earlier: tuple["Context", ...] = ()

    def topic(self, back: int) -> "Context":
        """The topic that a reading is about: this one, or the one so many topics before it."""
        return self.earlier[back - 1] if 0 < back <= len(self.earlier) else self

    def before(self, intent: str) -> tuple["Context", ...]:
        """The topics that stay within reach when `intent` is answered next, at most `MOST_TOPICS`."""
        stack = self.earlier if intent == self.intent else (replace(self, earlier=()), *self.earlier)
        return tuple(topic for topic in stack if topic.intent != intent)[:MOST_TOPICS]


def merge(context: Context | None, reading: Reading) -> tuple[str | None, dict[str, Slot]]:
    """The whole question behind a message: intent and slots after context.

    A refinement or a date shift repeats the earlier intent with the changed slots; "more" and "the second one" keep
    their own intent and carry the earlier slots. Anything else stands alone, except that a pronoun or a missing name
    takes the provider that was spoken of.
    """
    slots = dict(reading.slots)
    if context is None:
        return reading.intent, slots
    context = context.topic(reading.back)
    if reading.intent in {"followup.refine", "followup.date_shift"}:
        kept = {**context.slots, **slots}.items()
        return context.intent, {name: slot for name, slot in kept if slot.value is not None}
    if reading.intent in {"followup.more", "followup.ordinal"}:
        return reading.intent, {**context.slots, **slots}
    for name in carried(context, reading):
        slots[name] = context.slots[name]
    at_a_place = reading.intent == "provider.find" and "facility_type" in slots and "specialty" not in slots
    return "facility.find" if at_a_place else reading.intent, slots


ABOUT_ONE = frozenset({"provider.detail", "provider.affiliations", "provider.in_network", "endpoint.lookup"})
_ABOUT_CLAIM = frozenset({"claim.detail", "claim.status", "claim.denial", "claim.last_visit_cost", "claim.bill_check"})
_ABOUT_DRUG = frozenset({"formulary.drug_coverage", "formulary.alternatives"})
_NAMED_ONE = ABOUT_ONE | {"plan.networks"}
_WHAT = frozenset({"specialty", "facility_type", "provider_name"})
_AROUND = frozenset({"provider.find", "facility.find", "pharmacy.find"})


def carried(context: Context, reading: Reading) -> tuple[str, ...]:
    """The slots of the answer before that a new question about the same thing takes over."""
    if reading.intent in _AROUND and context.intent in _AROUND - {reading.intent}:
        return () if {"location", "provider_name"} & reading.slots.keys() else _held(context, ("location",))
    if reading.intent == "provider.find" and context.intent == "coverage.cost_share":
        return () if _WHAT & reading.slots.keys() else _held(context, ("specialty", "facility_type"))
    if reading.intent == "plan.networks" and context.intent in _NAMED_ONE:
        return () if reading.slots or _EVERY.search(reading.text) else _held(context, ("provider_name",))
    if reading.intent == "claim.export":
        return (
            ()
            if reading.slots or not context.intent.startswith("claim.")
            else _held(context, ("date_range", "claim_type", "provider_name"))
        )
    topic = str(reading.intent).split(".", maxsplit=1)[0]
    for family, names in (
        (ABOUT_ONE, ("provider_name",)),
        (_ABOUT_CLAIM, ("claim_id", "provider_name", "date_range")),
        (_ABOUT_DRUG, ("drug",)),
    ):
        near = context.intent in family or (family is not _ABOUT_CLAIM and context.intent.startswith(f"{topic}."))
        anew = family is _ABOUT_CLAIM and _NEWEST.search(reading.text)
        if reading.intent in family and near and not anew and not any(name in reading.slots for name in names):
            return _held(context, names)
    return ()


def _held(context: Context, names: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for name in names if name in context.slots)
