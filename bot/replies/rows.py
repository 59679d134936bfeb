"""A row of buttons as people read one: at most three, the likeliest first, the others behind one menu."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bot.message import FAREWELLS, SOURCES, Action

MOST = 3
"""The buttons of a row that are seen at once, beside the small one that asks how the bot knows."""


@dataclass(frozen=True, slots=True)
class ButtonRow:
    """The buttons that are `seen`, those in the menu, and the one that asks for the answer's `sources`."""

    seen: tuple[Action, ...]
    menu: tuple[Action, ...]
    sources: tuple[Action, ...]


def row_of(buttons: Iterable[Action]) -> ButtonRow:
    """The row of these buttons, in their order.

    What deletes something is never in a menu, which cannot ask before it does what it says.
    """
    asked = list(buttons)
    sources = tuple(one for one in asked if one.press and one.press.intent == SOURCES)
    own = [one for one in asked if one not in sources]
    kept = [one for one in own if one.press and one.press.intent in FAREWELLS]
    room = max(0, MOST - len(kept))
    first = [one for one in own if one not in kept][:room]
    seen = tuple(one for one in own if one in kept or one in first)
    return ButtonRow(seen, tuple(one for one in own if one not in seen), sources)
