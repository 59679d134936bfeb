"""Rows of buttons, at most three visible and the others in a menu; lists that are tables; and what fits a message."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from itertools import groupby

import msgspec

from bot.message import FAREWELLS, SOURCES, Action, Block, Chart, Item

MOST = 3
"""How many buttons of a row are visible at once, besides the small one that shows sources."""
_AMOUNT = re.compile(r"(-?)\$([\d,]+\.\d\d)")


class ButtonRow(msgspec.Struct, frozen=True):
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


class ListTable(msgspec.Struct, frozen=True):
    """Entries of a list that form a table: each is a row."""

    items: tuple[Item, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns; the number of an entry is in none of them."""
        return self.items[0].columns

    @property
    def rows(self) -> tuple[tuple[str, ...], ...]:
        """The cells of each entry."""
        return tuple(tuple(value for _, value in item.cells) for item in self.items)

    @property
    def texts(self) -> tuple[int, ...]:
        """The places of the other columns."""
        return tuple(at for at in range(len(self.columns)) if at not in self.amounts)

    @property
    def amounts(self) -> tuple[int, ...]:
        """The places of the columns of money, which are aligned at the right."""
        columns = enumerate(zip(*self.rows, strict=True))
        return tuple(at for at, column in columns if any(amount_of(cell) is not None for cell in column))


def amount_of(text: str) -> Decimal | None:
    """Return the number of dollars if the text is only that: `$1,240.00`, `-$12.30`."""
    found = _AMOUNT.fullmatch(text)
    return Decimal(f"{found[1]}{found[2].replace(',', '')}") if found else None


def with_tables(blocks: Iterable[Block]) -> Iterator[Block | ListTable]:
    """Yield the blocks, with consecutive entries that have the same columns as one table."""
    for columns, run in groupby(blocks, key=lambda block: block.columns if isinstance(block, Item) else ()):
        found = tuple(run)
        items = tuple(block for block in found if isinstance(block, Item))
        yield from (ListTable(items),) if columns and len(items) > 1 else found


def parted(
    blocks: Iterable[Block], size: Callable[[Block, Block | None], tuple[int, ...]], most: tuple[int, ...]
) -> Iterator[list[Block]]:
    """Yield the blocks of each message, as many as fit.

    `size` returns what a block takes of each of the limits in `most`; its second argument is the block before it in the
    message. A chart without words is never alone in a message, which would then have no text.
    """
    part, taken = list[Block](), (0,) * len(most)
    for block in blocks:
        needs = size(block, part[-1] if part else None)
        is_full = any(need and need + held > limit for need, held, limit in zip(needs, taken, most, strict=True))
        if isinstance(block, Chart) and not block.said:
            if not part or is_full:
                continue
        elif part and is_full:
            yield part
            part, taken = [], (0,) * len(most)
        part.append(block)
        taken = tuple(need + held for need, held in zip(needs, taken, strict=True))
    if part:
        yield part
