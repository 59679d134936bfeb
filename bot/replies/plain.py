"""Blocks as plain text that carries every fact: for consoles, screen readers and notifications that may show it."""

from __future__ import annotations

from collections.abc import Iterable

from bot.message import Action, Actions, Block, Chart, Facts, Item, Span, Title
from bot.replies.charts import drawable, text_lines


def plain(blocks: Iterable[Block], *, addresses: bool = True) -> str:
    """One text, a line for each thing said; `addresses` prints what a link opens beside its label."""
    return "\n".join(line for block in blocks for line in _lines(block, addresses=addresses))


def drawn(blocks: Iterable[Block]) -> str:
    """The same with bars of text for its charts, for a console that people look at."""
    return "\n".join(
        line
        for block in blocks
        for line in (
            text_lines(block) if isinstance(block, Chart) and drawable(block) else _lines(block, addresses=True)
        )
    )


def spoken(spans: Iterable[Span]) -> str:
    """The text of spans, bold or not."""
    return "".join(span.text for span in spans)


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
    first, *rest = [spoken(line.spans) for line in item.lines]
    indented = [*rest, *_buttons(item.actions, addresses=addresses)]
    return [f"{item.number}. {first}", *(f"   {line}" for line in indented)]


def _buttons(buttons: Iterable[Action], *, addresses: bool) -> list[str]:
    linked = [f"[{button.label}] {button.url}" for button in buttons if button.url and addresses]
    pressed = " ".join(f"[{button.label}]" for button in buttons if not (button.url and addresses))
    return [*([pressed] if pressed else []), *linked]
