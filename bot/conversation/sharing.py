"""An answer of the open directory to be handed on: asked again as anybody would, with nothing of its asker's in it.

What comes back is a `Shareable` by type: the question is looked up without an account, a home or a network of theirs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bot.conversation.state import Asked, Memory
from bot.language.kernel import SHARE
from bot.language.reading import Reading, Slot
from bot.language.rules import IntentRules

SHARED = "share"
"""What a question that is to be shown on carries."""
_CONTACT, _FILE, _PAGE, _LIST = "contact", "file", "page", "list"
"""What an answer is asked for beside its words: a provider's contact card, or a list as a file, from its start."""


def to_share(memory: Memory, reading: Reading, intents: Mapping[str, IntentRules]) -> Asked:
    """The question whose answer is to be handed on; the words alone, where no answer of the directory was given."""
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
    """What a question that is to be handed on says of that, for when it waits for a place; None for what it doesn't."""
    return {name: asked.arguments.get(name) for name in _CARRIED}


def _last(memory: Memory, intents: Mapping[str, IntentRules], *, listed: bool) -> Asked | None:
    """The last question to the directory that this conversation holds; `listed`, rather one that has a list."""
    found = [one for one in (memory.asked, *memory.earlier) if one is not None and _is_open(one, intents)]
    lists = [one for one in found if one.intent != _one(intents)] if listed else []
    return next(iter(lists or found), None)


def _named(reading: Reading, intents: Mapping[str, IntentRules]) -> Asked | None:
    """A provider whom the words name."""
    if (name := reading.slots.get("provider_name")) is None:
        return None
    one = _one(intents)
    return Asked(one, slots={"provider_name": name}) if one else None


def _entry(memory: Memory, reading: Reading, intents: Mapping[str, IntentRules]) -> Asked | None:
    """An entry of the list that was shown, by its number."""
    told = reading.slots.get("ordinal")
    index = told.value.get("index") if told is not None and isinstance(told.value, Mapping) else None
    if index is None:
        return None
    places = [*memory.numbers].index(int(index)) if index in memory.numbers else int(index)
    found = memory.choices[places] if -len(memory.choices) <= places < len(memory.choices) else None
    return found if found is not None and _is_open(found, intents) else None


def _chosen(memory: Memory, intents: Mapping[str, IntentRules]) -> Asked | None:
    """The one entry of the list that was shown, as a contact."""
    only = memory.choices[0] if len(memory.choices) == 1 and _is_open(memory.choices[0], intents) else None
    return replace(only, arguments={**only.arguments, _CONTACT: "yes"}) if only else None


def _one(intents: Mapping[str, IntentRules]) -> str:
    """The intent that shows one provider, as the pack's rules for sharing name it."""
    rules = intents.get(SHARE)
    return rules.instead.intent if rules is not None and rules.instead is not None else ""


def _is_open(asked: Asked, intents: Mapping[str, IntentRules]) -> bool:
    rules = intents.get(asked.intent)
    return rules is not None and rules.needs == "directory"
