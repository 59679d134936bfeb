"""Renders a reply as Teams messages: Adaptive Cards 1.5 with a complete text, within Teams' size limit.

Values are in text runs, which Teams does not parse, and in headings only if they contain nothing that could be read as
Markdown: no value can mention, link or format (T45). `fallbackText` is Markdown, so it is escaped here, last. Sources:
the Adaptive Cards schema 1.5 and Teams' guide to formatting bot messages.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import Any

import msgspec

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
    Reply,
    Span,
    Title,
    buttons_of,
)
from bot.replies.markdown import cut
from bot.replies.plain import (
    DOT,
    amount_of,
    drawable,
    end_in_amounts,
    folded,
    paged,
    plain,
    row_of,
    said_of,
    together,
    unbroken,
)

MOST_BYTES = 36 * 1024
TYPE = "application/vnd.microsoft.card.adaptive"
RENEW = "renew"
"""The verb with which a card requests its current content."""
POP_UP = "popup"
"""The id of a button whose page opens in the client's own sign-in window."""
ONLY = "only"
"""A key in a button's data, next to its id, on a card that only one person in a shared chat sees."""
_ENVELOPE_BYTES, _ACROSS = 2 * 1024, 35
_BUTTON, _BESIDE, _TILE, _HALF, _ROWS, _CARD, _URL, _LINE = 75, 16, 24, 18, 10, 20, 2_000, 4_000
_COLORS, _REST = ("categoricalBlue", "categoricalTeal"), "neutral"
_MARKS = re.compile(r"^(\s*\d*)(?=[-+.)])|(?<=\{)(?=\{)|(?<=www)(?=\.)|(?<=:)(?=//)|(?=[\\`*_\[\]<>#|~&@])")
_PLAIN = re.compile(r"(?!\d+[.)]\s|[-+]\s)(?:(?!\{\{|://|www\.|\s{2})[^\\`*_\[\]<>#|~&@\n\r])*")
_JOINED = re.compile(r"(?<=\{)(?=\{)")  # clients would read two braces in one run as a date to format

AdaptiveCard = dict[str, Any]


class CardPage(msgspec.Struct, frozen=True):
    """One Teams message: `text` states everything that `card` shows."""

    text: str
    card: AdaptiveCard


def pages(reply: Reply, most: int = MOST_BYTES) -> tuple[CardPage, ...]:
    """Return the Teams messages of a reply, in order, each at most `most` bytes as Teams counts them."""
    told = paged(_divided(reply.blocks), _weight, (most - _ENVELOPE_BYTES,))
    return tuple(CardPage(text, _card(part, text, reply.language)) for part, text in told)


def renewing(card: AdaptiveCard, press: str, viewer: str) -> AdaptiveCard:
    """Return the card with a refresh when this person views it; `viewer` is the person's id in Teams.

    Clients without support for refresh show the card unchanged.
    """
    action = {"type": "Action.Execute", "title": RENEW, "verb": RENEW, "data": {"press": press}}
    return {**card, "refresh": {"action": action, "userIds": [viewer]}}


def only_seen(element: Any) -> Any:
    """Return a card, or a part of one, with its buttons marked as visible to one person only."""
    return _changed(element, _only)


def _only(element: AdaptiveCard) -> AdaptiveCard:
    data = element.get("data")
    return {**element, "data": {**data, ONLY: True}} if isinstance(data, dict) and "press" in data else element


def submitting(element: Any) -> Any:
    """Return a card, or a part of one, with Submit in place of Execute actions, which a dialog does not support."""
    return _changed(element, lambda one: one["fallback"] if one.get("type") == "Action.Execute" else one)


def _changed(element: Any, change: Callable[[AdaptiveCard], AdaptiveCard]) -> Any:
    """Return a card, or a part of one, with `change` made to each of its elements, the innermost first."""
    if isinstance(element, list):
        return [_changed(one, change) for one in element]
    if not isinstance(element, dict):
        return element
    return change({name: _changed(one, change) for name, one in element.items()})


def weigh(value: object) -> int:
    """Return the size of a message in bytes as Teams counts it: its JSON in UTF-16."""
    return len(msgspec.json.encode(value).decode().encode("utf-16-le"))


def escape_markdown(text: str) -> str:
    """Return text escaped for Markdown; each line break becomes an empty line, which Markdown shows as a break."""
    return "\n\n".join(_MARKS.sub(r"\g<0>\\", line) for line in text.split("\n"))


def _card(blocks: list[Block], text: str, language: str) -> AdaptiveCard:
    return {
        "type": "AdaptiveCard",
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "version": "1.5",
        "lang": language,
        "fallbackText": escape_markdown(text),
        "body": list(_elements(blocks)),
    }


def _weight(block: Block) -> tuple[int]:
    said = escape_markdown(plain([block], addresses=False))
    return (weigh(list(_elements([block]))) + weigh(said),)


def _divided(blocks: Iterable[Block]) -> Iterator[Block]:
    """Yield blocks that each fit into a message: long tables and texts are split; a chart may become text."""
    for block in blocks:
        match block:
            case Facts(framed=framed):
                yield from block.divided(_CARD if framed else _ROWS)
            case Line() | Note() if len(text := block.text) > _LINE:
                yield from (type(block)((Span(text[at : at + _LINE]),)) for at in range(0, len(text), _LINE))
            case Chart() if not drawable(block):
                yield from said_of(block)
            case _:
                yield block


def _elements(blocks: Iterable[Block]) -> Iterator[AdaptiveCard]:
    for offered, run in groupby(blocks, key=lambda block: isinstance(block, Item) and block.is_button):
        yield from (_tiles if offered else _shown)(run)


def _tiles(blocks: Iterable[Block]) -> Iterator[AdaptiveCard]:
    """Yield entries that are only a button as rows of tiles of one width: two in a row, or one if a label is long."""
    offered = [action for block in blocks for action in buttons_of(block)]
    across = 1 if any(len(one.label) > _TILE for one in offered) else 2
    tiles = [
        _column([_rich([Span(one.label, True)], color="Accent")], style="emphasis", selectAction=_button(one))
        for one in offered
    ]
    for at in range(0, len(tiles), across):
        row = tiles[at : at + across]
        yield {"type": "ColumnSet", "spacing": "Small", "columns": row + [_column([])] * (across - len(row))}


def _shown(blocks: Iterable[Block]) -> Iterator[AdaptiveCard]:
    for block in blocks:
        match block:
            case Title(text):
                yield _title(text)
            case Line(spans):
                yield {**_rich(spans), "spacing": "Small"}
            case Facts():
                yield from _facts(block)
            case Chart():
                # Where there are no charts its words take its place, or nothing: the lines beside it say the same.
                yield {**_chart(block), "fallback": _rich([Span(block.said)]) if block.said else "drop"}
            case Item():
                yield _item(block)
            case Note():
                yield {**_quiet(block.text), "spacing": "Medium"}
            case Actions(buttons):
                seen, more = row_of(buttons, _ACROSS, beside=True)
                shown = [*map(_button, seen), *(_button(one, hidden=True) for one in more)]
                yield {"type": "ActionSet", "spacing": "Small", "actions": shown}


def _facts(facts: Facts) -> Iterator[AdaptiveCard]:
    """Yield a framed card, a table, or a line for each fact."""
    if facts.framed:
        # Labels above their values, two fields side by side, on a background.
        pairs = [_beside(map(_labelled, pair)) for pair in _pairs(facts.fields)]
        yield {"type": "Container", "style": "emphasis", "spacing": "Medium", "items": pairs}
    elif columns := facts.columns:
        yield from _side_by_side(facts.beside(len(columns)), columns)
    else:
        told = ((Span(f"{row.label}: "), Span(row.value, True, row.url)) for row in facts.rows)
        yield from ({**_rich(spans), "spacing": "Small"} for spans in told)


def _pairs(fields: Iterable[tuple[Fact, ...]]) -> list[list[tuple[Fact, ...]]]:
    """Return the fields of a card two by two, in order; one with a long value, or between such, is alone."""
    pairs: list[list[tuple[Fact, ...]]] = []
    for field in fields:
        if pairs and len(pairs[-1]) == 1 and not (_is_wide(pairs[-1][0]) or _is_wide(field)):
            pairs[-1].append(field)
        else:
            pairs.append([field])
    return pairs


def _is_wide(field: tuple[Fact, ...]) -> bool:
    return any(len(one.value) > _HALF for one in field)


def _labelled(field: tuple[Fact, ...]) -> list[AdaptiveCard]:
    values = ({**_rich([Span(one.value, True, one.url)]), "spacing": "None"} for one in field)
    return [_quiet(field[0].label), *values]


def _title(text: str) -> AdaptiveCard:
    """Return a heading, or bold text if the title could be read as Markdown."""
    if _PLAIN.fullmatch(text):
        return {"type": "TextBlock", "text": text, "style": "heading", "wrap": True}
    return _rich([Span(text, bold=True)], size="Large")


def _chart(chart: Chart) -> AdaptiveCard:
    """Return a chart. Horizontal bars leave room for their labels, and one colour makes all of them visible."""
    numbers = [[float(value) for value in point.values] for point in chart.points]
    labels = [point.label for point in chart.points]
    if chart.kind == "parts":
        parts = [
            {"legend": point.labelled, "value": value, "color": color}
            for point, [value], color in zip(chart.points, numbers, (*_COLORS[: len(numbers) - 1], _REST), strict=True)
        ]
        return {"type": "Chart.HorizontalBar.Stacked", "title": chart.title, "data": [{"title": " ", "data": parts}]}
    if chart.kind == "line":
        lines = [
            {"legend": name, "values": [{"x": x, "y": values[at]} for x, values in zip(labels, numbers, strict=True)]}
            for at, name in enumerate(chart.series or (chart.title,))
        ]
        return {"type": "Chart.Line", "title": chart.title, "data": lines}
    told = [point.labelled for point in chart.points]
    bars = [{"x": words, "y": value, "color": _COLORS[0]} for words, [value] in zip(told, numbers, strict=True)]
    return {"type": "Chart.HorizontalBar", "title": chart.title, "data": bars}


def _item(item: Item) -> AdaptiveCard:
    """Return an entry: on the right of its name an amount that begins its second line, and next its one short button.

    Other buttons are links at its end. So the words have the width of a phone, and no dot ends a line.
    """
    (name, *rest), actions, asides = [line.spans for line in item.lines], list(item.actions), list[AdaptiveCard]()
    if rest and rest[0] and amount_of(rest[0][0].text) is not None:
        amount, *more = rest[0]
        asides.append(_rich([amount]))
        told = [(Span(more[0].text.removeprefix(" · ")), *more[1:])] if more else []
        rest = [*told, *rest[1:]]
    if len(actions) == 1 and len(actions[0].label) <= _BESIDE and (rest or not asides):
        asides.append(_pressed(actions.pop()))
    names, facts = folded([Span(item.head), *name]), [part for spans in rest for part in folded(spans)]
    lines = [_rich(names[0]), *({**_rich(spans), "spacing": "None"} for spans in [*names[1:], *facts])]
    for one in actions:
        link = _pressed(one)
        if len(one.label) > _BESIDE:
            lines.append({**link, "spacing": "None"})
        else:
            lines[-1]["inlines"] += [_run("\u00a0·\u00a0"), *link["inlines"]]
    parts = [lines[: len(names)], lines[len(names) : len(names) + 1]][: len(asides)]
    heads = [
        {
            "type": "ColumnSet",
            "columns": [_column(part), _column([aside], "auto")],
            **({"spacing": "None"} if at else {}),
        }
        for at, (part, aside) in enumerate(zip(parts, asides, strict=True))
    ]
    return {"type": "Container", "spacing": "Medium", "items": [*heads, *lines[sum(map(len, parts)) :]]}


def _pressed(action: Action) -> AdaptiveCard:
    return _rich([Span(action.label)], selectAction=_button(action))


def _side_by_side(sides: list[tuple[Fact, ...]], columns: tuple[str, ...]) -> Iterator[AdaptiveCard]:
    """Yield the rows of a table that fits a phone: entries if only its last column has amounts, else a comparison.

    A comparison has the column names on top, then each label above its values. Names are bold: those of numbered rows,
    or else those of the columns.
    """
    if end_in_amounts(sides):
        for *others, last in sides:
            told = (Span(f"{DOT}{one.value}", url=one.url) for one in others)
            yield _item(Item(0, (Line((Span(last.row, True),)), Line((Span(last.value, True), *told)))))
        return
    names, labels = (_quiet, _bold) if sides[0][0].row[:1].isdecimal() else (_bold, _quiet)
    items = [_beside([names(name)] for name in columns)]
    for line in sides:
        values = ([_rich([Span(together(fact.value), url=fact.url)])] for fact in line)
        items += [{**labels(line[0].row), "separator": True}, {**_beside(values), "spacing": "None"}]
    yield {"type": "Container", "spacing": "Medium", "items": items}


def _beside(cells: Iterable[list[AdaptiveCard]]) -> AdaptiveCard:
    return {"type": "ColumnSet", "columns": list(map(_column, cells))}


def _column(items: list[AdaptiveCard], width: str = "stretch", **look: object) -> AdaptiveCard:
    return {"type": "Column", "width": width, "items": items, **look}


def _rich(spans: Iterable[Span], **look: object) -> AdaptiveCard:
    runs = [
        _run(piece, bold=span.bold, **look, **_link(span))
        for span in spans
        for piece in _JOINED.split(unbroken(span))
        if piece
    ]
    return {"type": "RichTextBlock", "inlines": runs or [_run(" ")]}


def _bold(text: str) -> AdaptiveCard:
    return _rich([Span(text, bold=True)])


def _quiet(text: str) -> AdaptiveCard:
    return _rich([Span(text)], size="Small", isSubtle=True)


def _run(text: str, *, bold: bool = False, **look: object) -> AdaptiveCard:
    return {"type": "TextRun", "text": text, **({"weight": "Bolder"} if bold else {}), **look}


def _link(span: Span) -> AdaptiveCard:
    """Return the action that opens a span's link (a page, a phone number or an e-mail); {} if there is none."""
    opens = span.url.startswith(("tel:", "mailto:", "https:")) and len(span.url) <= _URL
    return {"selectAction": {"type": "Action.OpenUrl", "url": span.url}} if opens else {}


def _button(action: Action, *, hidden: bool = False) -> AdaptiveCard:
    """Return a button as Action.Execute; clients without support for Execute submit the same data, the button's id.

    A `hidden` button is in the row's menu. A button with a URL opens it instead.
    """
    look: AdaptiveCard = {"title": cut(action.label, _BUTTON), **({"mode": "secondary"} if hidden else {})}
    deletes = action.press is not None and action.press.intent in FAREWELLS
    look |= {"style": "destructive"} if deletes else {"style": "positive"} if action.primary and not hidden else {}
    if action.id == POP_UP:
        return {"type": "Action.Submit", **look, "data": {"msteams": {"type": "signin", "value": action.url}}}
    if action.url:
        return {"type": "Action.OpenUrl", **look, "url": action.url}
    data = {"press": action.id}
    fallback = {"type": "Action.Submit", **look, "data": data}
    return {"type": "Action.Execute", **look, "verb": "press", "data": data, "fallback": fallback}
