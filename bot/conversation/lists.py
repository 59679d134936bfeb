"""A message that asks the same of a list: who or what the lines after the first one name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from bot.conversation.state import Asked
from bot.language.engine import Engine
from bot.language.listed import head_and_items
from bot.language.rules import IntentRules
from bot.message import Language, Message

ITEMS, BETWEEN = "items", ";"  # a button's arguments hold no line's end
_MOST = 2_000  # lines that are taken out of a message; the answer says how many of them it asks


def of_list(
    message: Message, engine: Engine, intents: Mapping[str, IntentRules], language: Language, today: date
) -> Asked | None:
    """The question about a list, where the first line asks something that can be asked of one; None for the rest.

    Its lines are an argument of the question: the answer reads each of them by itself.
    """
    head, items = ("", ()) if message.press else head_and_items(message.text)
    return asked_of(head, items, engine, intents, language, today) if items else None


def asked_of(  # noqa: PLR0917 -- what a list needs to be read
    head: str,
    items: Sequence[str],
    engine: Engine,
    intents: Mapping[str, IntentRules],
    language: Language,
    today: date,
) -> Asked | None:
    """What `head` asks, asked of each of `items`; None where it asks nothing that can be asked of a list."""
    reading = engine.understand(head, today=today)
    likely = reading.candidates if reading.unclear else reading.candidates[:1]
    asks = next((one for one in likely if intents[one.intent].of_list), None)
    if asks is None:
        return None
    first = intents[asks.intent]
    rules = intents[first.of_list or asks.intent]
    kinds = {first.slots[name]: slot for name, slot in asks.slots.items() if name in first.slots}
    slots = {name: kinds[kind] for name, kind in rules.slots.items() if kind in kinds}
    unmet = {name: slot for name, slot in asks.slots.items() if slot not in slots.values()}
    arguments = {ITEMS: BETWEEN.join(item.replace(BETWEEN, " ") for item in items[:_MOST])}
    return Asked(rules.intent, slots, arguments, language, rule="list", unmet={**reading.unmet, **unmet})
