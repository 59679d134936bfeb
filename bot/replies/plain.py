"""Blocks as plain text with all facts, and what the renderings for all channels share.

The text is for consoles, screen readers and notifications. Shared are the rows of buttons (at most three visible, the
others in a menu), the lists that are tables, and the division into messages. `as_data` returns a reply as JSON object.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import chain, groupby, zip_longest
from textwrap import wrap

from msgspec.structs import replace

from bot.message import (
    FAREWELLS,
    SOURCES,
    Action,
    Actions,
    Block,
    Chart,
    Fact,
    Facts,
    Item,
    Line,
    Note,
    Private,
    Reply,
    Span,
    Title,
    in_rows,
)
from bot.replies.markdown import CUT, clean

MOST, LEAST = 3, 2
"""How many buttons of a row are visible at once, and how many stay so on a phone where nothing else is in a menu."""
_EDGES, _DOTS, _CARD = 4, 5, 55
"""How many letters wide are the two edges of a button with the gap after it, a menu, and a card on a desk."""
_AMOUNT = re.compile(r"(-?)\$([\d,]+\.\d\d)")


def row_of(buttons: Iterable[Action], across: int = 0, *, beside: bool = False) -> tuple[list[Action], list[Action]]:
    """Return the visible buttons of a row, and those in its menu, in order.

    The button that shows sources is the last of the menu, or the only button. It is alone in a menu; no other button
    is. Buttons that delete something are never in a menu, because a menu cannot ask for confirmation.

    `across` is how many letters a phone has room for; 0 is any number. There, the visible buttons take one row if a
    menu can hold the others. If the menu is `beside` them, they take two, and it is not alone on the second.
    """
    own = sorted(buttons, key=shows_sources)
    kept = [one for one in own if one.press and one.press.intent in FAREWELLS]
    last = [one for one in own if shows_sources(one) and len(own) > 1]
    free = [one for one in own if one not in kept and one not in last]
    room = max(0, MOST - len(kept))
    most = len(free) if len(free) + len(last) == room + 1 else min(room, len(free))
    found, fit = (own, list[Action]()), list[tuple[list[Action], list[Action]]]()
    for many in range(most, min(most, 1 if beside or last else LEAST) - 1, -1):
        more = [*free[many:], *last]
        if len(more) > 1 or last:
            found = [one for one in own if one not in more], more
        if not across:
            return found
        if _fits(found, across, beside=beside):
            fit.append(found)
    # On a desk, a menu is alone on a row only if fewer than two buttons would be left beside it.
    wide = [one for one in fit if len(one[0]) >= LEAST and _fits(one, _CARD, beside=beside)]
    return [*wide, *fit, found][0]


def _fits(row: tuple[list[Action], list[Action]], across: int, *, beside: bool) -> bool:
    """Return whether buttons and the menu beside them take the rows of a card that `row_of` states."""
    (seen, more), rows, left, begins = row, 0, 0, False
    for size in (*(len(one.label) + _EDGES for one in seen), *([_DOTS] if more and beside else [])):
        begins = size > left
        rows, left = rows + begins, (across if begins else left) - size
    return rows <= 1 + beside and not (more and beside and rows > 1 and begins)


def shows_sources(button: Action) -> bool:
    """Return whether a button shows how the bot knows its answer."""
    return button.press is not None and button.press.intent == SOURCES


def amount_of(text: str) -> Decimal | None:
    """Return the dollars if the text is an amount and nothing else, such as `$1,240.00` or `-$12.30`; else None."""
    found = _AMOUNT.fullmatch(text)
    return Decimal(f"{found[1]}{found[2].replace(',', '')}") if found else None


def said_of(chart: Chart) -> list[Line]:
    """Return the line with a chart's values as text; [] if the lines next to it already have them."""
    return [Line((Span(chart.said),))] if chart.said else []


def paged(
    blocks: Iterable[Block], size: Callable[[Block], tuple[int, ...]], most: tuple[int, ...]
) -> Iterator[tuple[list[Block], str]]:
    """Yield the blocks of each message, as many as fit, and its text, which ends with an ellipsis if it goes on.

    `size` returns how much of each limit in `most` a block takes. A chart without words is never alone in a
    message, which would then have no text.
    """
    part, taken = list[Block](), (0,) * len(most)
    for block in blocks:
        needs = size(block)
        is_full = any(need and need + held > limit for need, held, limit in zip(needs, taken, most, strict=True))
        if isinstance(block, Chart) and not block.said:
            if not part or is_full:
                continue
        elif part and is_full:
            yield part, f"{plain(part, addresses=False)}\n{CUT}"
            part, taken = [], (0,) * len(most)
        part.append(block)
        taken = tuple(need + held for need, held in zip(needs, taken, strict=True))
    if part:
        yield part, plain(part, addresses=False)


def end_in_amounts(sides: Iterable[Sequence[Fact]]) -> bool:
    """Return whether the last value of each row of a table is an amount, and no other value."""
    return all([amount_of(one.value) is not None for one in side] == [*[False] * len(side[1:]), True] for side in sides)


COLUMNS, WIDTH, _BAR, _SHORT, _ENTRY_LINE, _GAP = 80, 20, 10, 16, 30, "  "
_ENTRY, _WHOLE = re.compile(r"(?:\d+\.)? +"), re.compile(r"\[[^\]]*\]|\(\d{3}\) \d")
# Each way begins with its space, which is found three times as fast as what stands before it.
_NUMBERED = re.compile(
    r" (?:(?=[^\W\d_])(?:(?<=(?<![\w.,$])\d )|(?<=(?<![\w.,$])\d{2} )|(?<=(?<![\w.,$])\d{3} ))|(?<=\b[ap]\. )(?=m\.)"
    r"|(?=·)|(?<=\b[A-Z]{2} )(?=\d{5}\b)|(?<=[a-z] )(?=[A-HJ-Z]\b(?!['.])|\d{1,2},))"
)
_DIGIT, _TOWN = re.compile(r"\d"), re.compile(r"(?<=, )[^,]{1,12}, [A-Z]{2} \d{5}$")
DOT = " · "
"""Between the facts of a line."""
_FACT = re.compile(r"(?<=·\s)[^·]{1,20}(?=\s·|$)|\([^()]{1,20}\)")
SHADES = {2: "▓░", 3: "▓▒░"}
"""The characters for the parts of a whole, by the number of parts."""
_POINTS = range(2, 13)


def drawable(chart: Chart) -> bool:
    """Return whether a chart can be drawn: two to twelve points, or two or three parts of a whole."""
    if chart.kind == "parts":
        values = _values(chart)
        return len(values) in SHADES and min(values) >= 0 and sum(values) > 0
    return len(chart.points) in _POINTS


def bar_of(chart: Chart) -> str:
    """Return the parts of a drawable chart as one bar: `▓▓░░░░`."""
    marks = SHADES[len(chart.points)]
    return "".join(mark * size for mark, size in zip(marks, lengths(_values(chart), WIDTH, 1), strict=True))


def meter_of(chart: Chart) -> str:
    """Return the first of two parts of a whole as a bar with its percentage: `▰▱▱▱▱▱▱▱▱▱▱▱▱▱▱▱▱▱▱▱ 5%`."""
    (reached, left), (percent, _) = (lengths(_values(chart), whole, 1) for whole in (WIDTH, 100))
    return f"{'▰' * reached}{'▱' * left} {percent}%"


def bars_of(chart: Chart) -> Iterator[tuple[Span, ...]]:
    """Yield a line for each point of a chart: its bar, its amount and its label: `▰▰▱▱▱▱▱▱▱▱ $54.87 Drugs`."""
    most = max(_values(chart)) or Decimal(1)
    for one in chart.points:
        filled = _share(one.values[0], most, _BAR)
        yield (Span(f"{'▰' * filled}{'▱' * (_BAR - filled)} "), Span(one.words, bold=True), Span(f" {one.label}"))


def lengths(values: Sequence[Decimal], whole: int, least: int) -> list[int]:
    """Return whole numbers proportional to the values, with the sum `whole`; only zero values are below `least`."""
    total = sum(values, Decimal(0))
    found = [max(round(value * whole / total), least) if value else 0 for value in values]
    found[values.index(max(values))] += whole - sum(found)
    return found


def _chart(chart: Chart) -> Iterator[str]:
    """Yield the lines of a chart: a row for each point, with bars of text, or its words if it cannot be drawn."""
    if not drawable(chart) or (chart.kind == "line" and not chart.said):
        yield from _wrapped(chart.said)
        return
    yield chart.title
    if chart.kind == "parts":
        yield bar_of(chart)
        marks = SHADES[len(chart.points)]
        rows: list[tuple[str, ...]] = [
            (f"{mark} {one.label}", one.words) for mark, one in zip(marks, chart.points, strict=True)
        ]
    elif chart.kind == "line":
        rows = [(one.label, one.words) for one in chart.points]
    else:
        most = max(_values(chart)) or Decimal(1)
        rows = [(one.label, one.words, SHADES[2][0] * _share(one.values[0], most)) for one in chart.points]
    yield from _grid(rows, amounts=(1,))


def _values(chart: Chart) -> list[Decimal]:
    return [point.values[0] for point in chart.points]


def _share(value: Decimal, whole: Decimal, width: int = WIDTH) -> int:
    return max(round(width * value / whole), 1) if value > 0 else 0


def plain(blocks: Iterable[Block], *, addresses: bool = True) -> str:
    """Return the blocks as text; `addresses` adds a link's address after its label."""
    return "\n".join(line for block in blocks for line in _lines(block, addresses=addresses))


def drawn(blocks: Iterable[Block]) -> str:
    """Return the blocks as text for a terminal: 80 columns, bars for charts, columns for tables, and empty lines."""
    runs = (list(run) for _, run in groupby(blocks, key=_part))
    parts = ("\n".join(chain(*map(_drawn, run))) for run in runs)
    return "\n\n".join(filter(None, parts))


def _part(block: Block) -> object:
    """Return what is the same for blocks without an empty line between them. An entry of several lines is alone."""
    if isinstance(block, Item) and len(block.lines) > 1:
        return id(block)
    return Line if isinstance(block, Title | Note) else type(block)


def _drawn(block: Block) -> Iterable[str]:
    match block:
        case Facts() if columns := block.columns:
            sides = [(side[0].row, *(one.value for one in side)) for side in block.beside(len(columns))]
            sums = [at for at, column in enumerate(zip(*sides, strict=True)) if None not in map(amount_of, column)]
            return _grid([("", *columns), *sides], sums, head=True)
        case Facts():
            return _grid([(one.label * (not at), one.value) for rows in block.fields for at, one in enumerate(rows)])
        case Item():
            return chain(*map(_wrapped, _item(block, addresses=True, gap=_GAP)))
        case Chart():
            return _chart(block)
        case _:
            return chain(*map(_wrapped, _lines(block, addresses=True)))


def _grid(rows: Sequence[Sequence[str]], amounts: Collection[int] = (), *, head: bool = False) -> Iterator[str]:
    """Yield rows in columns, with amounts right-aligned; the widest columns wrap if the terminal is too narrow."""
    widths = [max(1, *map(len, column)) for column in zip(*rows, strict=True)]
    while sum(widths) + len(_GAP) * (len(widths) - 1) > COLUMNS:
        widths[widths.index(max(widths))] -= 1
    ruled = [rows[0], ["─" * width for width in widths], *rows[1:]] if head else rows
    for row in ruled:
        cells = [
            wrap(cell, width, subsequent_indent=_indent(cell), break_on_hyphens=False)
            for cell, width in zip(row, widths, strict=True)
        ]
        for line in zip_longest(*cells, fillvalue=""):
            told = enumerate(zip(line, widths, strict=True))
            yield _GAP.join(
                text.rjust(width) if at in amounts else text.ljust(width) for at, (text, width) in told
            ).rstrip()


def _indent(text: str) -> str:
    """Return the indentation of what follows the first line of a text: the width of its number."""
    entry = _ENTRY.match(text)
    return " " * (entry.end() if entry else 0)


def _wrapped(line: str) -> list[str]:
    """Return a line wrapped for a terminal, with its indentation, and with no break in a button or phone number."""
    whole = _WHOLE.sub(lambda found: found[0].replace(" ", "\u00a0"), line)
    lines = wrap(whole, COLUMNS, subsequent_indent=_indent(line), break_long_words=False, break_on_hyphens=False)
    return [one.replace("\u00a0", " ") for one in lines]


def together(text: str) -> str:
    """Return the text of a cell; a short one with a number, such as a date, gets no line breaks."""
    return kept(text) if len(text) <= _SHORT and _DIGIT.search(text) else text


def kept(text: str) -> str:
    """Return the text without line breaks if a phone has room for it on one line."""
    return text.replace(" ", "\u00a0") if len(text) <= _ENTRY_LINE else text


def unbroken(span: Span) -> str:
    """Return the text of a span with no-break spaces where a line must not end.

    These are between a small number and its word ("2 miles", "May 17,", "8:00 p. m."), before a ZIP code and before a
    dot, and within a short fact after a dot or in parentheses. A phone number has no line break, so that it can be
    tapped as a whole.
    """
    if span.url.startswith("tel:"):
        return span.text.replace(" ", "\u00a0").replace("-", "\u2060-\u2060")
    numbered = _NUMBERED.sub("\u00a0", span.text)
    return _FACT.sub(lambda found: found[0].replace(" ", "\u00a0"), numbered)


def folded(spans: Iterable[Span]) -> list[tuple[Span, ...]]:
    """Return a line of a list entry as lines for a phone: as many of its facts on each as fit, and no dot at an end.

    An address is broken after its street, if at all.
    """
    spans = tuple(replace(one, text=_TOWN.sub(lambda town: kept(town[0]), one.text)) for one in spans)
    if len("".join(one.text for one in spans)) <= _ENTRY_LINE:
        return [spans]
    facts: list[list[Span]] = [[]]
    for span in spans:
        first, *more = span.text.split(DOT)
        facts[-1] += [replace(span, text=first)] if first else []
        facts += [[replace(span, text=one)] if one else [] for one in more]
    lines, room = list[list[Span]](), 0
    for fact in filter(None, facts):
        size = sum(len(one.text) for one in fact) + len(DOT)
        if size <= room:
            lines[-1] += [Span(DOT), *fact]
        else:
            lines, room = [*lines, fact], _ENTRY_LINE + len(DOT)
        room -= size
    return [*map(tuple, lines)] or [spans]


def _lines(block: Block, *, addresses: bool) -> list[str]:
    match block:
        case Facts() if columns := block.columns:
            sides = block.beside(len(columns))
            return [f"{side[0].row}: {' · '.join(f'{one.column} {one.value}' for one in side)}" for side in sides]
        case Facts():
            return [f"{rows[0].label}: {', '.join(row.value for row in rows)}" for rows in block.fields]
        case Chart():
            return [block.said] if block.said else []
        case Item():
            return _item(block, addresses=addresses)
        case Actions(buttons):
            row, linked = _row(buttons, addresses=addresses)
            return [*([row] if row else []), *linked]
        case _:
            return [block.text]


def _item(item: Item, *, addresses: bool, gap: str = " ") -> list[str]:
    """Return an entry's lines, with its buttons at the end of the last one, after a gap."""
    row, linked = _row(item.actions, addresses=addresses)
    lines = ["" if item.is_button and row else line.text for line in item.lines]
    lines[-1] = f"{lines[-1]}{gap}{row}".strip()
    first, *rest = [*lines, *linked]
    return [f"{item.head}{first}", *(f"   {line}" for line in rest)]


def _row(buttons: Iterable[Action], *, addresses: bool) -> tuple[str, list[str]]:
    """Return the buttons as a line, those of the overflow menu last; and the links whose URL is printed, as lines."""
    buttons = list(buttons)
    linked = [f"[{button.label}] {button.url}" for button in buttons if button.url and addresses]
    pressed = [
        f"[{one.label}]" for part in row_of(one for one in buttons if not (one.url and addresses)) for one in part
    ]
    return " ".join(pressed), linked


def as_data(reply: Reply, in_reply_to: int) -> dict[str, object]:
    """Return the reply to the message with this line number as a JSON object; every value is ready for JSON."""
    blocks = reply.blocks
    return {
        "in_reply_to": in_reply_to,
        "intent": reply.intent,
        "language": reply.language,
        "audience": "private" if isinstance(reply, Private) else "shareable",
        "text": plain(blocks),
        "title": next((block.text for block in blocks if isinstance(block, Title)), None),
        "facts": [{"label": label, "value": value} for block in blocks for label, value in _facts(block)],
        "items": [
            {
                "number": item.number,
                "lines": [line.text for line in item.lines],
                "actions": [_action(button) for button in item.actions],
            }
            for item in blocks
            if isinstance(item, Item)
        ],
        "actions": [_action(button) for button in in_rows(blocks)],
        "notices": [block.text for block in blocks if isinstance(block, Note)],
        "sources": [
            {"type": source.type, "id": clean(source.id), "fetched_at": source.fetched_at.isoformat()}
            for source in reply.sources
        ],
        "unmet": list(reply.unmet),
        "complete": reply.complete,
        "final": reply.final,
        "error": reply.error,
        "alarm": reply.alarm,
    }


def _facts(block: Block) -> Iterator[tuple[str, str]]:
    """Yield (label, value) pairs: of facts, and of a chart whose points have texts."""
    if isinstance(block, Facts):
        yield from ((row.label, row.value) for row in block.rows)
    elif isinstance(block, Chart) and block.said:
        yield from ((point.label, point.words) for point in block.points if point.words)


def _action(action: Action) -> dict[str, str | None]:
    return {"label": action.label, "id": action.id, "url": action.url}
