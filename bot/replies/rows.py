"""What is read across: a row of buttons, at most three and the others behind one menu; and a list that is a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from bot.message import FAREWELLS, SOURCES, Action, Block, Item

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


@dataclass(frozen=True, slots=True)
class ListTable:
    """Entries of a list that are a table: each is a row, with its number before the first cell."""

    items: tuple[Item, ...]

    @property
    def rows(self) -> tuple[tuple[str, ...], ...]:
        """The cells, the names of the columns first."""
        return self.items[0].columns, *map(row_cells, self.items)


def row_cells(item: Item) -> tuple[str, ...]:
    """The cells of one row."""
    first, *rest = (value for _, value in item.cells)
    return f"{item.number}. {first}", *rest


def with_tables(blocks: Iterable[Block]) -> Iterator[Block | ListTable]:
    """The blocks, with several entries in a row that have the same columns as one table."""
    for columns, run in groupby(blocks, key=lambda block: block.columns if isinstance(block, Item) else ()):
        found = tuple(run)
        items = tuple(block for block in found if isinstance(block, Item))
        yield from (ListTable(items),) if columns and len(items) > 1 else found
