"""Which buttons a reply keeps: none that leads to where its reader is, to what they have, or twice to the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from bot.conversation.state import Asked
from bot.message import SOURCES, Action, Actions, Answered, Block, Facts, Item, Line, Note, Press, Title

ButtonMeaning = Callable[[Press], Asked]
_CONNECT = "account.link"
_TOLD = re.compile(
    r"\$\s?\d|\b(?:19|20)\d\d\b|\b\d{1,2} de [a-z]+|\b[A-Z][a-z]{2,8} \d{1,2}\b|[Nn]etwork|\b[Rr]ed(?:es)?\b"
)
"""Money, a date or a network, in either language: what one may want to know the source of."""


def useful(reply: Answered, here: Asked | None, meaning: ButtonMeaning, *, connected: bool) -> tuple[Block, ...]:
    """The reply's blocks without needless buttons. `here` is the question whose whole answer its reader has, if any.

    Whoever is `connected` needs no button for that, except beside what is said of the connection itself.
    """
    seen, kept = [_what(here)] if here else [], list[Block]()
    connected = connected and reply.error is None and not reply.intent.startswith("account.")

    def needed(action: Action) -> bool:
        if action.press is None:
            return True
        what = _what(meaning(action.press))
        if what in seen or (connected and action.press.intent == _CONNECT):
            return False
        seen.append(what)
        return True

    for block in reply.blocks:
        if not isinstance(block, Actions):
            kept.append(block)
        elif row := tuple(filter(needed, block.buttons)):
            kept.append(Actions(row))
    return tuple(kept)


def explained(reply: Answered) -> tuple[Block, ...]:
    """The reply's blocks; "How do you know?" stays only where they tell money, dates or networks."""
    if reply.intent == SOURCES or any(map(_TOLD.search, _words(reply.blocks))):
        return reply.blocks
    rows = (
        Actions(tuple(filter(_no_source, block.buttons))) if isinstance(block, Actions) else block
        for block in reply.blocks
    )
    return tuple(row for row in rows if not isinstance(row, Actions) or row.buttons)


def _no_source(action: Action) -> bool:
    return action.press is None or action.press.intent != SOURCES


def _what(asked: Asked) -> tuple[object, ...]:
    values = {name: (slot.value, slot.excluded, slot.values) for name, slot in asked.slots.items()}
    return asked.intent, values, dict(asked.arguments), asked.whose


def _words(blocks: Iterable[Block]) -> Iterator[str]:
    for block in blocks:
        match block:
            case Title(text):
                yield text
            case Line(spans) | Note(spans):
                yield "".join(span.text for span in spans)
            case Facts(rows):
                yield from (f"{row.label} {row.value}" for row in rows)
            case Item():
                yield block.text
