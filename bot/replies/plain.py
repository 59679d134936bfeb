"""Blocks as plain text with all facts: for consoles, screen readers and notifications.

Rows of buttons have at most three visible ones and the others in a menu; entries with the same columns are a table.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from bot.message import FAREWELLS, SOURCES, Action, Actions, Block, Chart, Facts, Item, Span, Title
from bot.replies.markdown import cut

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


WIDTH, _CELL, _BEHIND = 20, 32, "·"
SHADES = {2: "▓░", 3: "▓▒░"}
"""The characters for the parts of a whole, by the number of parts."""
_POINTS = range(2, 13)


def drawable(chart: Chart) -> bool:
    """Return whether a chart can be drawn: two to twelve points, or two or three parts of a whole."""
    if chart.kind == "parts":
        values = _values(chart)
        return len(values) in SHADES and min(values) >= 0 and sum(values) > 0
    return len(chart.points) in _POINTS


def text_bar(chart: Chart) -> str:
    """Return the parts of a drawable chart as one bar, with its legend on a line below: `▓▓░░░░`, `▓ met ░ left`.

    It is a picture: text for screen readers leaves it out.
    """
    marks = SHADES[len(chart.points)]
    bar = "".join(mark * cells for mark, cells in zip(marks, _cells(_values(chart)), strict=True))
    legend = " ".join(f"{mark} {point.told}" for mark, point in zip(marks, chart.points, strict=True))
    return f"{bar}\n{legend}"


def text_lines(chart: Chart) -> Iterator[str]:
    """Yield a drawable chart for a console: a bar of text for each point, or the texts of a line's points."""
    if chart.kind == "parts":
        yield from text_bar(chart).splitlines()
    elif chart.kind == "bars" and (most := max(_values(chart))) > 0:
        room = max(len(point.label) for point in chart.points)
        yield chart.title
        for point in chart.points:
            bar = SHADES[2][0] * _share(point.values[0], most)
            yield f"{point.label:{room}} {bar} {point.words}".rstrip()
    elif chart.said:
        yield chart.said


def _values(chart: Chart) -> list[Decimal]:
    return [point.values[0] for point in chart.points]


def _cells(values: list[Decimal]) -> list[int]:
    """Return the length of each part, `WIDTH` in total; every part above zero is visible."""
    cells = [_share(value, sum(values, Decimal(0))) for value in values]
    cells[cells.index(max(cells))] += WIDTH - sum(cells)
    return cells


def _share(value: Decimal, whole: Decimal) -> int:
    return max(round(WIDTH * value / whole), 1) if value > 0 else 0


def plain(blocks: Iterable[Block], *, addresses: bool = True) -> str:
    """Return the blocks as text; `addresses` adds a link's address after its label."""
    return "\n".join(line for block in blocks for line in _lines(block, addresses=addresses))


def drawn(blocks: Iterable[Block]) -> str:
    """Return the same with bars for charts and columns for tables, for a console that people look at."""
    return "\n".join(line for block in with_tables(blocks) for line in _drawn(block))


def _drawn(block: Block | ListTable) -> Iterable[str]:
    if isinstance(block, ListTable):
        return _table(block)
    return text_lines(block) if isinstance(block, Chart) and drawable(block) else _lines(block, addresses=True)


def _table(table: ListTable) -> Iterator[str]:
    """Yield the rows in columns of equal width, and the buttons of the entries."""
    rows = [[cut(cell, _CELL) for cell in row] for row in table.rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
    actions = {action.label: action for item in table.items for action in item.actions}
    yield from _buttons(actions.values(), addresses=False)


def spoken(spans: Iterable[Span]) -> str:
    """Return the text of spans."""
    return "".join(span.text for span in spans)


def unbroken(span: Span) -> str:
    """Return the text of a span; a phone number without line breaks, so that it can be tapped as a whole."""
    if not span.url.startswith("tel:"):
        return span.text
    return span.text.replace(" ", "\u00a0").replace("-", "\u2060-\u2060")


def _lines(block: Block, *, addresses: bool) -> list[str]:
    match block:
        case Title(text):
            return [text]
        case Facts(rows):
            return [f"{row.label}: {row.value}" for row in rows]
        case Chart():
            return [block.said] if block.said else []
        case Item():
            return _item(block, addresses=addresses)
        case Actions(buttons):
            return _buttons(buttons, addresses=addresses)
        case _:
            return [spoken(block.spans)]


def _item(item: Item, *, addresses: bool) -> list[str]:
    """Its lines, what can be done about it at the end of the last."""
    row, linked = _row(item.actions, addresses=addresses)
    lines = [spoken(line.spans) for line in item.lines]
    lines[-1] = f"{lines[-1]} {row}".rstrip()
    first, *rest = [*lines, *linked]
    return [f"{item.number}. {first}", *(f"   {line}" for line in rest)]


def _buttons(buttons: Iterable[Action], *, addresses: bool) -> list[str]:
    """The buttons in a row, and the addresses a line each."""
    row, linked = _row(buttons, addresses=addresses)
    return [*([row] if row else []), *linked]


def _row(buttons: Iterable[Action], *, addresses: bool) -> tuple[str, list[str]]:
    """The buttons in a row, those beyond the first few behind a dot; apart from it those whose address is printed."""
    buttons = list(buttons)
    linked = [f"[{button.label}] {button.url}" for button in buttons if button.url and addresses]
    row = row_of(button for button in buttons if not (button.url and addresses))
    pressed = [f"[{button.label}]" for button in (*row.seen, *row.sources)]
    more = [_BEHIND, *(f"[{button.label}]" for button in row.menu)] if row.menu else []
    return " ".join([*pressed, *more]), linked
