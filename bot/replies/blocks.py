"""Renders a reply as Slack messages: Block Kit with a complete text, within Slack's limits.

Slack does not parse `plain_text` and `rich_text` elements. A value is in mrkdwn only if it is escaped and contains no
mark. So no value can mention, link or format. The top-level text is escaped here, last (T45).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice, pairwise

import msgspec
from msgspec.structs import replace

from bot.message import (
    Actions,
    Block,
    Chart,
    Facts,
    Item,
    Line,
    Note,
    Reply,
    Span,
    Title,
    buttons_of,
)
from bot.replies.buttons import Asks, Buttons, Kit, entry, plain_text, rated
from bot.replies.markdown import cut
from bot.replies.plain import (
    DOT,
    amount_of,
    bars_of,
    drawable,
    folded,
    kept,
    meter_of,
    paged,
    plain,
    said_of,
    unbroken,
)

CHART, TABLE = "data_visualization", "data_table"
PAGE_BLOCKS = 50
PAGE_TEXT = 3_500
_TEXT, _HEADER, _LINK, _ROWS, _BESIDE = 3_000, 150, 3_000, 20, 16
_CHARTS, _CHART_TITLE, _CHART_LABEL, _BARS = 2, 50, 20, 2

_COLUMNS, _CORNER, _CHARACTERS = 20, "\u2060", 10_000  # the corner is seen as empty
_MARKS = re.compile(r"[*_~`]|^\s*>|:[\w+-]+:", re.MULTILINE)
"""Matches what Slack's mrkdwn interprets: marks of bold, italics and code, a quote, an emoji."""


class BlockPage(msgspec.Struct, frozen=True):
    """One Slack message: `text` states everything that `blocks` show, for notifications and screen readers.

    `plainer` are the blocks without charts and tables, for clients that reject them; () if the message has none.
    """

    text: str
    blocks: tuple[Kit, ...]
    plainer: tuple[Kit, ...] = ()

    def ways(self) -> tuple[tuple[Kit, ...], ...]:
        """Return the versions of the blocks to try in turn; the last one is empty, because the text is complete."""
        return (*filter(None, (self.blocks, self.plainer)), ())

    def changed(self, change: Callable[[tuple[Kit, ...]], tuple[Kit, ...]]) -> BlockPage:
        """Return the message with `change` made to its blocks."""
        return BlockPage(self.text, change(self.blocks), change(self.plainer) if self.plainer else ())


def pages(reply: Reply, asks: Asks = lambda _: None, rating: Mapping[str, str] | None = None) -> tuple[BlockPage, ...]:
    """Return the Slack messages of a reply, in order; a message that is continued ends with an ellipsis.

    `asks` returns the texts of the confirmation before a button deletes something. `rating` has the texts of the
    thumbs; without it there are no thumbs.
    """
    told = paged(_divided(reply.blocks), _size, (PAGE_BLOCKS - 1, PAGE_TEXT))
    made = [_page(part, text, asks) for part, text in told]
    if rating and reply.rating and made:
        made[-1] = made[-1].changed(partial(rated, rating=reply.rating, words=rating))
    return tuple(made)


def escape_mrkdwn(text: str) -> str:
    """Return text with `&`, `<` and `>` escaped, so that Slack finds no mention and no link in it."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _page(blocks: list[Block], text: str, asks: Asks) -> BlockPage:
    offered = (action for block in blocks for action in buttons_of(block))
    buttons = Buttons(asks, next((action for action in offered if action.primary), None))
    shown = tuple(_kit(blocks, buttons, drawn=True))
    drawn = any(kit["type"] in {CHART, TABLE} for kit in shown)
    return BlockPage(escape_mrkdwn(text), shown, tuple(_kit(blocks, buttons, drawn=False)) if drawn else ())


def _divided(blocks: Iterable[Block]) -> Iterator[Block]:
    """Yield blocks that each fit a message. Long tables are split; a chart beyond Slack's limits becomes text.

    So do three parts of a whole, because Slack cannot stack bars, and bars whose labels have no room for their amounts.
    """
    charts = 0
    for block in blocks:
        match block:
            case Chart(kind="bars") if drawable(block) and not _has_labels(block):
                yield block
            case Chart() if drawable(block) and not _is_stack(block) and charts < _CHARTS and _labels(block):
                charts += 1
                yield block
            case Chart():
                yield from said_of(block)
            case Facts():
                yield from block.divided(_ROWS)
            case _:
                yield block


def _size(block: Block) -> tuple[int, int]:
    """Return how many Slack blocks a block needs at most, and the length of its text."""
    return 2 if isinstance(block, Chart) or (isinstance(block, Item) and block.actions) else 1, len(plain([block]))


def _kit(blocks: Sequence[Block], buttons: Buttons, *, drawn: bool) -> Iterator[Kit]:
    """Yield the Slack blocks of a message. Slack allows one table, so a second one becomes lines.

    Entries that are only a button are in one row, which has no menu.
    """
    tables, caption = 1 if drawn else 0, _CORNER
    offered = [block.actions[0] for block in blocks if isinstance(block, Item) and block.is_button]
    for block in blocks:
        if tables and isinstance(block, Facts) and (rows := _rows(block)):
            tables -= 1
            # Slack shows the first row as the header, and reads out a name for each row.
            yield {
                "type": TABLE,
                "caption": cut(caption, _HEADER),
                "page_size": len(rows) - 1,
                "row_header_column_index": 0,
                "rows": [list(map(_cell, row)) for row in rows],
            }
        elif isinstance(block, Item) and block.is_button:
            if block.actions[0] is offered[0]:
                yield {"type": "actions", "elements": [buttons.button(one, at) for at, one in enumerate(offered)]}
        elif isinstance(block, Chart) and block.kind == "parts":
            yield _chart(block) if drawn else _rich([(Span(meter_of(block)),)])
        elif isinstance(block, Chart) and not _has_labels(block):
            yield _rich([(Span(block.title, bold=True),), *bars_of(block)])
        elif isinstance(block, Chart) and drawn:
            yield _chart(block)
        else:
            yield from _block(block, buttons)
        caption = block.text or caption if isinstance(block, Line) else caption


def _block(block: Block, buttons: Buttons) -> Iterator[Kit]:
    """Yield the Slack blocks of one block."""
    match block:
        case Line(spans):
            yield _rich([spans])
        case Chart():
            yield from (_rich([line.spans]) for line in said_of(block))
        case Title(text) if len(text) <= _HEADER:
            yield {"type": "header", "text": plain_text(text)}
        case Title(text):
            yield _rich([(Span(text, bold=True),)])
        case Facts():
            # Where a field has several values, no short one is broken over two lines.
            lines = []
            for rows in block.fields:
                told = [Span(row.value if len(rows) == 1 else kept(row.value), True, row.url) for row in rows]
                values = (span for value in told for span in (Span(", "), value))
                lines.append([Span(f"{rows[0].label}: "), *islice(values, 1, None)])
            yield _rich(lines, quoted=block.framed)
        case Item():
            yield from _item(block, buttons)
        case Note():
            yield {"type": "context", "elements": [plain_text(piece) for piece in _pieces(block.text)]}
        case Actions(row):
            yield from buttons.row(row)


def _item(item: Item, buttons: Buttons) -> Iterator[Kit]:
    """Yield an entry with its one button on the right; below it if it is wide or the text would be read as mrkdwn."""
    first, *rest = [line.spans for line in item.lines]
    lines = [told for line in ((Span(item.head), *first), *rest) for told in folded(line)]
    text = _mrkdwn(lines) if len(item.actions) == 1 and len(item.actions[0].label) <= _BESIDE else None
    if text is None:
        yield _rich(lines)
        yield from buttons.row(item.actions, entry(item))
    else:
        said = {"type": "mrkdwn", "text": text, "verbatim": True}
        yield {"type": "section", "text": said, "accessory": buttons.button(item.actions[0], about=entry(item))}


def _mrkdwn(lines: Iterable[Iterable[Span]]) -> str | None:
    """Return lines as mrkdwn, for elements that cannot have rich text.

    Return None if a word could be read as markup, or if the text is too long.
    """
    lines = [tuple(spans) for spans in lines]
    text = "\n".join("".join(map(_marked, spans)) for spans in lines)
    said = "\n".join("".join(span.text for span in spans) for spans in lines)
    joined = any(  # Slack ignores a mark inside a word
        a.bold != b.bold and a.text[-1:].isalnum() and b.text[:1].isalnum()
        for spans in lines
        for a, b in pairwise(spans)
    )
    return None if joined or _MARKS.search(said) or len(text) > _TEXT else text


def _marked(span: Span) -> str:
    shown = escape_mrkdwn(unbroken(span))
    if span.url and not set(span.url) & set("<>|"):
        shown = f"<{escape_mrkdwn(span.url)}|{shown}>"
    return f"*{shown}*" if span.bold and shown.strip() == shown else shown


def _is_stack(chart: Chart) -> bool:
    """Return whether a chart has three parts of a whole; two are drawn as bars."""
    return chart.kind == "parts" and len(chart.points) > _BARS


def _has_labels(chart: Chart) -> bool:
    """Return whether Slack draws a chart, each label of its bars with its amount; a line has them at its points."""
    return chart.kind == "line" or (
        chart.kind == "bars" and all(len(point.labelled) <= _CHART_LABEL for point in chart.points)
    )


def _labels(chart: Chart) -> list[str]:
    """Return the labels of a chart's points, those of bars with their amounts.

    Return [] if one is empty or two are equal, which Slack does not accept.
    """
    told = chart.kind != "line"
    labels = [cut(point.labelled if told and point.label else point.label, _CHART_LABEL) for point in chart.points]
    return labels if all(labels) and len(set(labels)) == len(labels) else []


def _chart(chart: Chart) -> Kit:
    labels = _labels(chart)
    series = [
        {
            "name": cut(name, _CHART_LABEL),
            "data": [
                {"label": label, "value": float(p.values[at])} for label, p in zip(labels, chart.points, strict=True)
            ],
        }
        for at, name in enumerate(chart.series or (chart.title,))
    ]
    return {
        "type": CHART,
        "title": cut(chart.title, _CHART_TITLE),
        "chart": {
            "type": "line" if chart.kind == "line" else "bar",
            "series": series,
            "axis_config": {"categories": labels},
        },
    }


def _rows(facts: Facts) -> tuple[tuple[Span, ...], ...]:
    """Return the cells of a table, its header first; () for facts without columns, or beyond Slack's limits."""
    columns = facts.columns
    sides = facts.beside(len(columns)) if columns else []
    told = ((Span(side[0].row), *(Span(fact.value, url=fact.url) for fact in side)) for side in sides)
    rows = (tuple(map(Span, (_CORNER, *columns))), *told) if columns else ()
    fits = len(columns) < _COLUMNS and sum(len(cell.text) for row in rows for cell in row) <= _CHARACTERS
    return rows if fits else ()


def _cell(cell: Span) -> Kit:
    """Return a cell, each of its facts on its own line. Slack aligns and sorts amounts by their value."""
    if cell.url or DOT in cell.text:
        return _rich([replace(cell, text=fact)] for fact in cell.text.split(DOT))
    text, amount = unbroken(cell), amount_of(cell.text)
    value = {} if amount is None else {"value": float(amount)}
    return {"type": "raw_number" if value else "raw_text", **value, "text": text}


def _rich(lines: Iterable[Iterable[Span]], *, quoted: bool = False) -> Kit:
    elements: list[Kit] = []
    for at, spans in enumerate(lines):
        if at:
            elements.append({"type": "text", "text": "\n"})
        elements.extend(_text(piece, span) for span in spans for piece in _pieces(span.text))
    kind = "rich_text_quote" if quoted else "rich_text_section"
    return {"type": "rich_text", "elements": [{"type": kind, "elements": elements}]}


def _pieces(text: str) -> list[str]:
    return [text[at : at + _TEXT] for at in range(0, len(text), _TEXT)]


def _text(text: str, span: Span) -> Kit:
    style = {"style": {"bold": True}} if span.bold else {}
    if span.url and len(span.url) <= _LINK:
        return {"type": "link", "url": span.url, "text": unbroken(Span(text, url=span.url)), **style}
    return {"type": "text", "text": unbroken(Span(text)), **style}
