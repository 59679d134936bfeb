"""Playing a step of a story to a bot, and what is wrong with the replies."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from bot.conversation.exchange import Exchange
from bot.conversation.state import Asked, Memory
from bot.language.context import Context
from bot.language.reading import Reading
from bot.message import Actions, Facts, Reply
from bot.replies.plain import as_data
from bot.sandbox.synthetic.members import members
from bot.sandbox.world import MEMBER_TYPES
from tests.intents.stories import Expected, Step
from tests.stage import TODAY, Talk, buttons

_PORT_AND_PATH = re.compile(r":\d+/\S*")

MEMBERS = tuple(word for member in members() for word in (member.patient, member.name))
ALWAYS = {"How do you know?", "¿Cómo lo sabe?"}


async def act(talk: Talk, step: Step, place: str) -> list[Reply]:
    """The replies to what the person does."""
    if step.sign_in is not None:
        return await talk.sign_in(step.sign_in)
    if step.press is not None:
        return await talk.press(step.press, step.item, place=place)
    return await talk.say(step.say or "", place=place)


def faults(replies: Sequence[Reply], step: Step) -> list[str]:
    """What is not as expected, of every reply."""
    wanted = [*step.first, step]
    if len(replies) != len(wanted):
        return [f"{len(wanted)} replies expected, {len(replies)} came"]
    finals = [reply.final for reply in replies]
    found = [] if finals == [False] * (len(replies) - 1) + [True] else [f"final: {finals}"]
    return found + [fault for reply, one in zip(replies, wanted, strict=True) for fault in _differences(reply, one)]


def _differences(reply: Reply, wanted: Expected) -> list[str]:
    data = as_data(reply, 0)
    text, items = str(data["text"]), _list(data["items"])
    below = [label for label in _below(reply) if label not in ALWAYS]
    facts = {str(fact["label"]): fact["value"] for fact in _list(data["facts"])}
    faults = [
        f"{name}: {data[name]!r} instead of {want!r}"
        for name in ("intent", "language", "audience", "text", "complete", "alarm")
        if (want := getattr(wanted, name)) is not None and data[name] != want
    ]
    faults += [f"error: {data['error']}"] if (data["error"] is not None) != wanted.error else []
    faults += [f"lacks {phrase!r}" for phrase in wanted.has if phrase not in text]
    told = _PORT_AND_PATH.sub("", text).casefold()  # drawn anew in each run: "911" may be in a port
    faults += [f"has {phrase!r}" for phrase in wanted.lacks if phrase.casefold() in told]
    faults += [f"{label}: {facts.get(label)}" for label, value in wanted.facts.items() if facts.get(label) != value]
    faults += _item_faults(items, wanted)
    columns = {block.columns for block in reply.blocks if isinstance(block, Facts)} or {()}
    faults += [f"columns: {columns}"] if wanted.table is not None and columns != {tuple(wanted.table)} else []
    faults += [f"actions: {below}"] if wanted.actions is not None and below != wanted.actions else []
    labels = {button.label for button in buttons(reply)}
    faults += [f"no button {label!r}" for label in wanted.buttons if label not in labels]
    if data["audience"] == "shareable":
        everything = str(data)
        faults += [f"tells everybody of {one}" for one in MEMBERS if one in everything]
        faults += [f"a shareable reply read {source.type}" for source in reply.sources if source.type in MEMBER_TYPES]
    types = sorted({source.type for source in reply.sources})
    faults += [f"sources: {types}"] if wanted.sources is not None and types != wanted.sources else []
    return faults


def _below(reply: Reply) -> list[str]:
    return [button.label for block in reply.blocks if isinstance(block, Actions) for button in block.buttons]


def _item_faults(items: Sequence[dict[str, object]], wanted: Expected) -> list[str]:
    if wanted.items is None:
        return []
    if isinstance(wanted.items, int):
        return [] if len(items) == wanted.items else [f"{len(items)} items"]
    shown = [" ".join(map(str, _list(item["lines"]))) for item in items]
    fits = len(shown) == len(wanted.items) and all(want in line for want, line in zip(wanted.items, shown, strict=True))
    return [] if fits else [f"items: {shown}"]


def _list(value: object) -> list[dict[str, object]]:
    assert isinstance(value, list)
    return value


async def untypable(talk: Talk, seen: dict[str, set[str]]) -> list[str]:
    """Labels of buttons of this conversation that, typed now, would not ask what their buttons ask.

    `seen` are the labels of earlier replies with the intents of their buttons; those of the last ones are added.
    """
    memory, _ = await talk.bot.turn._dialogue.recall(talk.message(""))
    if memory.asked is None and not memory.older:
        seen.clear()  # the conversation has ended or was started over: nothing of it is kept
    last: dict[str, list[Asked | None]] = {}
    for reply in talk.replies:
        for button in buttons(reply):
            if button.press is not None and button.label not in ALWAYS:
                last.setdefault(button.label, []).append(await talk.bot.turn._dialogue.press(talk.person, button.id))
    context = memory.context()
    typed = {label: await _asked(talk, memory, label, context, repr(context)) for label in (*last, *seen)}
    found = [label for label, asked in last.items() if _what(typed[label]) not in map(_what, asked)]
    before = {memory.asked.intent} if memory.asked else set()
    later = [
        label
        for label in seen.keys() - last.keys()
        if (asks := typed[label]) is None or asks.intent not in seen[label] | before
    ]
    for label, asked in last.items():
        seen.setdefault(label, set()).update(one.intent for one in asked if one)
    return [f"typed, this label is not its button: {label}" for label in found] + [f"typed later: {x}" for x in later]


_READ: dict[tuple[str, str], Reading] = {}


class _Unread:
    """Stands for a reading that is made when something of it is looked at: most labels are known unread."""

    def __init__(self, read: Callable[[], Reading]) -> None:
        self.read = read

    def __getattr__(self, name: str) -> Any:
        return getattr(self.read(), name)


async def _asked(talk: Talk, memory: Memory, label: str, context: Context | None, written: str) -> Asked | None:
    """What a label asks after the answer before; read once for one story and the next, by the context as `written`."""

    def read() -> Reading:
        if (label, written) not in _READ:
            _READ[label, written] = talk.bot.pack.engine.understand(label, today=TODAY, context=context)
        return _READ[label, written]

    unread: Any = _Unread(read)
    exchange = Exchange(talk.message(label), memory, unread, language=memory.language or "en")
    if asked := await talk.bot.turn.recognisers.button(exchange):
        return asked
    exchange.reading = read()
    return await talk.bot.turn.recognisers.label(exchange) or await talk.bot.turn.recognisers.question(exchange)


def _what(asked: Asked | None) -> tuple[object, ...] | None:
    return (asked.intent, asked.arguments, asked.values, asked.whose) if asked else None


def shown(replies: Sequence[Reply]) -> str:
    """The replies as a person reads them, with their intents."""
    return "\n---\n".join(f"[{reply.intent}]\n{as_data(reply, 0)['text']}" for reply in replies)
