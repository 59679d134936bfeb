"""A directory answer to be shared: asked again without the asker's account, address or networks.

The answer is a `Shareable` by type.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from bot.conversation.state import Asked, Memory
from bot.language.kernel import SHARE
from bot.language.reading import Reading, Slot
from bot.language.rules import IntentRules

SHARED = "share"
"""The argument of a question whose answer is to be shared."""
_CONTACT, _FILE, _PAGE, _LIST = "contact", "file", "page", "list"
"""Arguments for a provider's contact card, or for a list as a file, from its first page."""


def to_share(memory: Memory, reading: Reading, intents: Mapping[str, IntentRules]) -> Asked:
    """Return the question whose answer is to be shared; without one, the sharing intent alone."""
    how = str(reading.slots["share"].value) if "share" in reading.slots else ""
    listed = how in {_LIST, _FILE}
    found = _named(reading, intents) or _entry(memory, reading, intents) or _last(memory, intents, listed=listed)
    if found is None:
        return Asked(SHARE)
    if how == _CONTACT and found.intent != _one(intents):
        return _chosen(memory, intents) or Asked(SHARE, slots={"entries": Slot("", len(memory.choices))})
    shared = {} if how in {_CONTACT, _FILE} else {SHARED: "yes"}
    kept = {name: value for name, value in found.arguments.items() if name not in {_PAGE, SHARED}}
    return replace(found, arguments={**kept, _FILE: "yes", _CONTACT: "yes", **shared}, also={})


_CARRIED = (SHARED, _FILE, _CONTACT)


def carried(asked: Asked) -> dict[str, str | None]:
    """Return the sharing arguments of a question, for when it waits for a place; None for missing ones."""
    return {name: asked.arguments.get(name) for name in _CARRIED}


def _last(memory: Memory, intents: Mapping[str, IntentRules], *, listed: bool) -> Asked | None:
    """Return the last directory question of this conversation; with `listed`, preferably one with a list."""
    found = [one for one in (memory.asked, *memory.earlier) if one is not None and _is_open(one, intents)]
    lists = [one for one in found if one.intent != _one(intents)] if listed else []
    return next(iter(lists or found), None)


def _named(reading: Reading, intents: Mapping[str, IntentRules]) -> Asked | None:
    """Return the question about a provider in the message; None if there is none."""
    if (name := reading.slots.get("provider_name")) is None:
        return None
    one = _one(intents)
    return Asked(one, slots={"provider_name": name}) if one else None


def _entry(memory: Memory, reading: Reading, intents: Mapping[str, IntentRules]) -> Asked | None:
    """Return the question about an entry of the last list, by its number; None if there is none."""
    told = reading.slots.get("ordinal")
    index = told.value.get("index") if told is not None and isinstance(told.value, Mapping) else None
    if index is None:
        return None
    places = [*memory.numbers].index(int(index)) if index in memory.numbers else int(index)
    found = memory.choices[places] if -len(memory.choices) <= places < len(memory.choices) else None
    return found if found is not None and _is_open(found, intents) else None


def _chosen(memory: Memory, intents: Mapping[str, IntentRules]) -> Asked | None:
    """Return the question about the only entry of the last list, as a contact; None if there are several."""
    only = memory.choices[0] if len(memory.choices) == 1 and _is_open(memory.choices[0], intents) else None
    return replace(only, arguments={**only.arguments, _CONTACT: "yes"}) if only else None


def _one(intents: Mapping[str, IntentRules]) -> str:
    """Return the intent that shows one provider, as configured in the pack's rules for sharing."""
    rules = intents.get(SHARE)
    return rules.instead.intent if rules is not None and rules.instead is not None else ""


def _is_open(asked: Asked, intents: Mapping[str, IntentRules]) -> bool:
    rules = intents.get(asked.intent)
    return rules is not None and rules.needs == "directory"
