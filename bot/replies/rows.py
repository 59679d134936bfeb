"""Rows of buttons, at most three visible and the others in a menu; and lists that are tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from bot.message import FAREWELLS, SOURCES, Action, Block, Item

MOST = 3
"""How many buttons of a row are visible at once, besides the small one that shows sources."""


@dataclass(frozen=True, slots=True)
class ButtonRow:
    """The visible buttons, those in the menu, and the one that shows the answer's `sources`."""

    seen: tuple[Action, ...]
    menu: tuple[Action, ...]
    sources: tuple[Action, ...]


def row_of(buttons: Iterable[Action]) -> ButtonRow:
    """Return the row of these buttons, in order.

    Buttons that delete something are never in a menu, because a menu cannot ask for confirmation.
    """
    asked = list(buttons)
    sources = tuple(one for one in asked if one.press and one.press.intent == SOURCES)
    own = [one for one in asked if one not in sources]
    kept = [one for one in own if one.press and one.press.intent in FAREWELLS]
    room = max(0, MOST - len(kept))
    first = [one for one in own if one not in kept][:room]
    seen = tuple(one for one in own if one in kept or one in first)
    return ButtonRow(seen, tuple(one for one in own if one not in seen), sources)


@dataclass(frozen=True, slots=True)
class ListTable:
    """Entries of a list that form a table: each is a row, with its number before the first cell."""

    items: tuple[Item, ...]

    @property
    def rows(self) -> tuple[tuple[str, ...], ...]:
        """The cells, with the names of the columns first."""
        return self.items[0].columns, *map(row_cells, self.items)


def row_cells(item: Item) -> tuple[str, ...]:
    """Return the cells of one row."""
    first, *rest = (value for _, value in item.cells)
    return f"{item.number}. {first}", *rest


def with_tables(blocks: Iterable[Block]) -> Iterator[Block | ListTable]:
    """Yield the blocks, with consecutive entries that have the same columns as one table."""
    for columns, run in groupby(blocks, key=lambda block: block.columns if isinstance(block, Item) else ()):
        found = tuple(run)
        items = tuple(block for block in found if isinstance(block, Item))
        yield from (ListTable(items),) if columns and len(items) > 1 else found
