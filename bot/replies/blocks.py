"""A reply as Slack messages: Block Kit with a complete text, within Slack's limits.

Values stand only in `plain_text` and `rich_text` elements, which Slack does not parse: no value can mention, link or
format. The top-level text is mrkdwn, so it is escaped here, last (T45). Limits: Slack's Block Kit reference.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from math import ceil
from typing import Any

from bot.message import (
    FAREWELLS,
    Action,
    Actions,
    Block,
    Chart,
    Fact,
    Facts,
    Item,
    Line,
    Note,
    Rating,
    Reply,
    Span,
    Title,
)
from bot.replies.markdown import CUT, cut
from bot.replies.plain import drawable, plain, spoken, text_bar

Kit = dict[str, Any]
Asks = Callable[[str], Mapping[str, str] | None]
"""The words that ask before a button of this intent does what it says: `title`, `about`, `submit` and `close`."""
MOST_BUTTONS = 25
RATE = "rate"
"""The action id of the thumbs."""
_LABEL, _URL, _HEARD, _ASKED, _ABOUT, _CHOICE = 75, 3_000, 75, 100, 300, 30
_CONNECTS = "account.link"
_CONNECTING = "link"  # the name of the address at which a person connects an account


def unasked(_: str) -> None:
    """No words: nothing is asked."""


@dataclass(slots=True)
class Buttons:
    """The buttons of one message, which have to be told apart by ear.

    `repeated` are the words that more than one button has, `topic` is what the whole message is about. Of the buttons
    that connect an account the first stands out, once, unless the message says goodbye.
    """

    repeated: frozenset[str]
    topic: str
    asks: Asks
    stands_out: bool = True
    _heard: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, blocks: Iterable[Block], intent: str, asks: Asks) -> Buttons:
        """The buttons of these blocks."""
        blocks, once, repeated = list(blocks), set[str](), set[str]()
        for block in blocks:
            actions = block.buttons if isinstance(block, Actions) else block.actions if isinstance(block, Item) else ()
            for action in actions:
                label = cut(action.label, _LABEL)
                (repeated if label in once else once).add(label)
        topic = _topic(blocks) if repeated else ""
        return cls(frozenset(repeated), topic, asks, intent not in FAREWELLS)

    def row(self, actions: Iterable[Action], about: str = "") -> Kit:
        """A row of at most 25 buttons; `about` is the entry of a list to which they belong."""
        elements: list[Kit] = []
        for place, action in enumerate(actions):
            elements.append(self._button(action, place, about or self.topic))
        return {"type": "actions", "elements": elements}

    def _button(self, action: Action, place: int, about: str) -> Kit:
        label = cut(action.label, _LABEL)
        button = {"type": "button", "text": _plain_text(label), **self._style(action)}
        if label in self.repeated:
            button["accessibility_label"] = self._told_apart(label, about)
        if action.url:
            return {**button, "action_id": f"open-{place}", "url": action.url}
        return {**button, "action_id": f"press-{place}", "value": action.id}

    def _told_apart(self, label: str, about: str) -> str:
        """The button's words and what they are about; of two that would still be alike, the second with a number."""
        heard = cut(f"{label}: {about}", _HEARD)
        self._heard[heard] += 1
        if (times := self._heard[heard]) == 1:
            return heard
        return f"{cut(heard, _HEARD - 4)} {times}"

    def _style(self, action: Action) -> Kit:
        intent = action.press.intent if action.press else ""
        if intent in FAREWELLS:
            words = self.asks(intent)
            return {"style": "danger", **({"confirm": confirming(words)} if words else {})}
        if self.stands_out and (action.id == _CONNECTING or intent == _CONNECTS):
            self.stands_out = False
            return {"style": "primary"}
        return {}


def confirming(words: Mapping[str, str]) -> Kit:
    """The dialog that asks before something is deleted."""
    return {
        "title": _plain_text(cut(words["title"], _ASKED)),
        "text": _plain_text(cut(words["about"], _ABOUT)),
        "confirm": _plain_text(cut(words["submit"], _CHOICE)),
        "deny": _plain_text(cut(words["close"], _CHOICE)),
        "style": "danger",
    }


def opens(url: str) -> bool:
    """Whether a button of Slack's can open an address."""
    return url.startswith(("https://", "http://")) and len(url) <= _URL


def entry(item: Item) -> str:
    """An entry of a list as its buttons name it: its number and its first line."""
    return f"{item.number}. {spoken(item.lines[0].spans)}"


def thumbs(rating: Rating, words: Mapping[str, str]) -> Kit:
    """The two thumbs under an answer; `words` has what each means, by `right` and `wrong`."""
    pair: Kit = {"type": "feedback_buttons", "action_id": RATE}
    for name, action, said in (
        ("positive_button", rating.right, words["right"]),
        ("negative_button", rating.wrong, words["wrong"]),
    ):
        heard = cut(said, _HEARD)
        pair[name] = {"text": _plain_text(cut(said, _LABEL)), "accessibility_label": heard, "value": action.id}
    return {"type": "context_actions", "elements": [pair]}


def _topic(blocks: Iterable[Block]) -> str:
    for block in blocks:
        if isinstance(block, Title):
            return block.text
        if isinstance(block, Line):
            return spoken(block.spans)
        if isinstance(block, Item):
            return entry(block)
    return ""


CHART, TABLE = "data_visualization", "table"
PAGE_BLOCKS = 50
PAGE_TEXT = 3_500
_TEXT, _HEADER, _FIELD, _LINK = 3_000, 150, 2_000, 3_000
_FIELDS, _ROWS = 4, 20  # more facts than a few are a line each: phones show fields one under another, and twice as long
_CHARTS, _CHART_TITLE, _CHART_LABEL = 2, 50, 20

_COLUMNS, _CORNER, _UNBROKEN = 20, "-", "\u00a0"


@dataclass(frozen=True, slots=True)
class BlockPage:
    """One Slack message: `text` says everything that `blocks` say, for notifications and screen readers.

    `plainer` are the same without pictures and tables, for where Slack does not draw these; empty when there are none.
    """

    text: str
    blocks: tuple[Kit, ...]
    plainer: tuple[Kit, ...] = ()

    def ways(self) -> Iterator[tuple[Kit, ...]]:
        """The blocks to try, one after the other; at last none, for the text says it all."""
        yield from (way for way in (self.blocks, self.plainer) if way)
        yield ()

    def ending(self, row: tuple[Kit, ...]) -> BlockPage:
        """The page with more blocks at its end, however Slack draws it."""
        return BlockPage(self.text, (*self.blocks, *row), (*self.plainer, *row) if self.plainer else ())

    def rated(self, row: Kit) -> BlockPage:
        """The page with its thumbs, where Slack draws these."""
        return BlockPage(self.text, (*self.blocks, row), self.plainer or self.blocks)


def pages(reply: Reply, asks: Asks = unasked) -> tuple[BlockPage, ...]:
    """The messages that carry a reply, in order; a long one ends with an ellipsis where the next goes on.

    `asks` has the words that ask before a button deletes something.
    """
    parts = list(_parts(reply.blocks))
    return tuple(_page(part, partial(Buttons.of, part, reply.intent, asks), last=part is parts[-1]) for part in parts)


def escape_mrkdwn(text: str) -> str:
    """Text in which Slack finds no mention and no link."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _page(blocks: list[Block], buttons: Callable[[], Buttons], *, last: bool) -> BlockPage:
    text = escape_mrkdwn(plain(blocks, addresses=False))
    shown = tuple(_kit(blocks, buttons(), drawn=True))
    drawn = any(kit["type"] in {CHART, TABLE} for kit in shown)
    plainer = tuple(_kit(blocks, buttons(), drawn=False)) if drawn else ()
    return BlockPage(text if last else f"{text}\n{CUT}", shown, plainer)


def _parts(blocks: Iterable[Block]) -> Iterator[list[Block]]:
    part: list[Block] = []
    count = length = 0
    for block in _divided(blocks):
        size, words = _size(block), len(plain([block]))
        if isinstance(block, Chart) and not block.said:
            if not (part and count < PAGE_BLOCKS):
                continue  # never alone in a message, which would then have no text
        elif part and (count + size > PAGE_BLOCKS or length + words > PAGE_TEXT):
            yield part
            part, count, length = [], 0, 0
        part.append(block)
        count, length = count + size, length + words
    if part:
        yield part


def _divided(blocks: Iterable[Block]) -> Iterator[Block]:
    """Blocks of which each fits a message: long tables and rows of buttons in several, a chart too many in words."""
    charts = 0
    for block in blocks:
        match block:
            case Chart(kind="parts") if drawable(block):
                yield block
            case Chart() if _drawable(block) and charts < _CHARTS:
                charts += 1
                yield block
            case Chart(said=said):
                yield from [Line((Span(said),))] if said else ()
            case Facts(rows):
                most = _ROWS * max(1, len(block.columns))
                yield from (Facts(rows[at : at + most]) for at in range(0, len(rows), most))
            case Actions(buttons):
                yield from (Actions(buttons[at : at + MOST_BUTTONS]) for at in range(0, len(buttons), MOST_BUTTONS))
            case _:
                yield block


def _size(block: Block) -> int:
    if isinstance(block, Item):
        return 1 + ceil(len(block.actions) / MOST_BUTTONS)
    return 2 if isinstance(block, Actions) else 1


def _kit(blocks: Iterable[Block], buttons: Buttons, *, drawn: bool) -> Iterator[Kit]:
    """The blocks of a message; Slack takes one table in it, so a second one is lines."""
    blocks = list(blocks)
    tables = 1 if drawn else 0
    few = all(len(block.rows) <= _FIELDS for block in blocks if isinstance(block, Facts) and not block.columns)
    for kind, run in groupby(blocks, key=type):
        if kind is Line:
            yield _rich(line.spans for line in run if isinstance(line, Line))
        else:
            for block in run:
                if isinstance(block, Facts) and tables and block.columns and len(block.columns) < _COLUMNS:
                    tables -= 1
                    yield _table(block, block.columns)
                elif isinstance(block, Chart):
                    yield from _picture(block, drawn=drawn)
                else:
                    yield from _block(block, buttons, few=few)


def _block(block: Block, buttons: Buttons, *, few: bool) -> Iterator[Kit]:
    """One block. Facts are fields where all of a message are few, so that one card has one look."""
    match block:
        case Title(text) if len(text) <= _HEADER:
            yield {"type": "header", "text": _plain_text(text)}
        case Title(text):
            yield _rich([(Span(text, bold=True),)])
        case Facts(rows) if few and len(rows) <= _FIELDS and all(len(_field(row)) <= _FIELD for row in rows):
            yield {"type": "section", "fields": [_plain_text(_field(row)) for row in rows]}
        case Facts(rows):
            yield _rich((Span(f"{row.label}: "), Span(row.value, bold=True)) for row in rows)
        case Item(number, lines, actions):
            first, *rest = [line.spans for line in lines]
            yield _rich([(Span(f"{number}. "), *first), *rest])
            yield from _buttons(actions, buttons, entry(block))
        case Note(spans):
            text = spoken(spans)
            yield {"type": "context", "elements": [_plain_text(piece) for piece in _pieces(text)]}
        case Actions(row):
            yield from _buttons(row, buttons)


def _drawable(chart: Chart) -> bool:
    labels = [*(point.label for point in chart.points), *chart.series]
    return drawable(chart) and all(0 < len(label) <= _CHART_LABEL for label in labels)


def _picture(chart: Chart, *, drawn: bool) -> Iterator[Kit]:
    """The parts of a whole as one bar of text, which Slack reads to nobody: its readers read the message's text."""
    if chart.kind == "parts":
        yield {"type": "context", "elements": [_plain_text(cut(text_bar(chart), _TEXT))]}
    elif drawn:
        yield _chart(chart)
    elif chart.said:
        yield _rich([(Span(chart.said),)])


def _chart(chart: Chart) -> Kit:
    """Bars or lines for clients that draw them; the text says the same to all."""
    title = cut(chart.title, _CHART_TITLE)
    labels = [point.label for point in chart.points]
    series = [
        {"name": name, "data": [{"label": p.label, "value": float(p.values[at])} for p in chart.points]}
        for at, name in enumerate(chart.series or (cut(title, _CHART_LABEL),))
    ]
    return {
        "type": CHART,
        "title": title,
        "chart": {
            "type": "line" if chart.kind == "line" else "bar",
            "series": series,
            "axis_config": {"categories": labels},
        },
    }


def _table(facts: Facts, columns: tuple[str, ...]) -> Kit:
    """A table with its column names. Slack draws the first row as the header."""
    rows = [facts.rows[at : at + len(columns)] for at in range(0, len(facts.rows), len(columns))]
    cells = [[_CORNER, *columns], *([row[0].row, *(fact.value for fact in row)] for row in rows)]
    return {
        "type": TABLE,
        "rows": [[{"type": "raw_text", "text": text} for text in row] for row in cells],
        "column_settings": [{"is_wrapped": True} for _ in cells[0]],
    }


def _field(row: Fact) -> str:
    return f"{row.label}\n{row.value}"


def _rich(lines: Iterable[Iterable[Span]]) -> Kit:
    elements: list[Kit] = []
    for at, spans in enumerate(lines):
        if at:
            elements.append({"type": "text", "text": "\n"})
        elements.extend(_text(piece, span) for span in spans for piece in _pieces(span.text))
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": elements}]}


def _pieces(text: str) -> list[str]:
    return [text[at : at + _TEXT] for at in range(0, len(text), _TEXT)]


def _text(text: str, span: Span) -> Kit:
    style = {"style": {"bold": True}} if span.bold else {}
    if span.url and len(span.url) <= _LINK:
        # A number stands on one line, so that it is tapped whole.
        shown = text.replace(" ", _UNBROKEN) if span.url.startswith("tel:") else text
        return {"type": "link", "url": span.url, "text": shown, **style}
    return {"type": "text", "text": text, **style}


def _plain_text(text: str) -> Kit:
    return {"type": "plain_text", "text": text, "emoji": False}


def _buttons(actions: tuple[Action, ...], buttons: Buttons, about: str = "") -> Iterator[Kit]:
    """Buttons in rows. What Slack's buttons cannot open, a phone number for one, is a line with a link."""
    unopened = [action for action in actions if action.url and not opens(action.url)]
    if unopened:
        yield _rich((Span(f"{action.label}: "), _number(action.url or "")) for action in unopened)
    shown = tuple(action for action in actions if action not in unopened)
    for at in range(0, len(shown), MOST_BUTTONS):
        yield buttons.row(shown[at : at + MOST_BUTTONS], about)


def _number(url: str) -> Span:
    return Span(url.removeprefix("tel:"), url=url if url.startswith("tel:") else "")
