"""The small Markdown of templates, parsed into blocks. Values are escaped, so only the template makes structure.

`# title`, `| label | value |`, `1. entry` with lines indented under it (`0. entry` shows no number, and an entry may be
only a button), `[button](target)` alone on a line, of which `[**button**](target)` is the primary one, `> note`, `>>
note` that a conversation needs once, and any other line as text, with **bold** runs and links,
`[words]{tel:+14235550142}`, mailto or https. `| row :: column | value |` is a cell of a table; `|| label | value |` is
a row of a card. Blank lines, spaces at a line's end, a note or row without a value and a button without a label mean
nothing.

`~bars title`, `~line title` and `~parts title` begin a chart, and `~| label | number |` is a point of it. `~| label
:: words | number |` shows text at the point, for a number that is in no line next to the chart. A line may have several
series, named after the title: `~line title | upper | lower`, `~| label | number | number |`.
"""

import html
import re
import unicodedata
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from urllib.parse import unquote

from msgspec.structs import replace

from bot.message import (
    Action,
    Actions,
    Block,
    Chart,
    ChartKind,
    ChartPoint,
    Fact,
    Facts,
    Item,
    Line,
    Note,
    Press,
    Span,
    Title,
)

LONGEST = 3_000
CUT = "…"

_STRUCTURE = str.maketrans({mark: f"&#{ord(mark)};" for mark in "&<>\"'*_`~|[]()#.:-\\"})
# Letters and marks that are drawn as nothing (Default_Ignorable_Code_Point, and the blank of Braille): whole sentences
# can be written in variation selectors, which an assistant reads and a person does not see.
_UNDRAWN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0000-\U000e0fff]"
)
_CLEAN = re.compile("[!-~]+(?: [!-~]+)*")
_MARK = "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
_STACKED = re.compile(f"({_MARK}{{4}}){_MARK}+")  # no language stacks more, and they cover the lines around


def cut(text: str, length: int = 80) -> str:
    """Return the text cut to at most `length` characters, with an ellipsis if it was cut."""
    return text if len(text) <= length else text[: length - 1].rstrip() + CUT


def clean(text: str) -> str:
    """Return one line of visible text, at most 3,000 characters: no control, bidi or zero-width characters."""
    if len(text) <= LONGEST and _CLEAN.fullmatch(text):
        return text
    text = cut(text, LONGEST)
    if not text.isprintable():
        text = "".join(map(_visible, text))
    if not text.isascii():
        text = _STACKED.sub(r"\1", _UNDRAWN.sub("", text))
    return " ".join(text.split())


def _visible(char: str) -> str:
    if char in "\n\r\t":
        return " "
    category = unicodedata.category(char)
    if category in {"Zs", "Zl", "Zp"}:
        return " "
    if category == "Cs":
        return "\N{REPLACEMENT CHARACTER}"
    return "" if category in {"Cc", "Cf"} else char


def escape(text: str) -> str:
    """Return the clean text; each character that could be read as structure becomes a character reference.

    The references are those of HTML, so that `unescape` also reads text that Jinja escaped by its own rules.
    """
    return clean(text).translate(_STRUCTURE)


def unescape(text: str) -> str:
    """Return the text with each character reference replaced by its character; a lone surrogate becomes U+FFFD."""
    return html.unescape(text) if "&" in text else text


BUTTON = re.compile(r"\[(\*\*)?([^\]\n]*?)(?:\*\*)?\]\(([^()\s]+)\)")
_BUTTONS = re.compile(rf"(?:{BUTTON.pattern}[ \t]*)+")
_ENTRY = re.compile(r"(\d{1,6})\. (.+)")
_RULE = re.compile(r"[|\s:-]+")
_CHART = re.compile(r"~(bars|line|parts) (.+)")
_LINK = re.compile(r"\[([^\]\n]+)\]\{((?:https|tel|mailto):[^{}\s]+)\}")
_BOLD = re.compile(r"\*\*(.+?)\*\*")
_INTENT = re.compile(r"[a-z_]+(?:\.[a-z_]+)?")
_AMPERSAND = re.compile(r"&(?!#?\w+;)")
_TWICE = re.compile(r"(&#46;)(\*\*)?\.(?!\.)")  # a value that ends with a period, and the sentence's own
_INDENT = "   "
_ROW = 2
_KINDS: Mapping[str, ChartKind] = {"bars": "bars", "line": "line", "parts": "parts"}
_LINKS = frozenset({"link", "document"})  # never an intent: a template that names one must be given its address


class TemplateFault(ValueError):
    """A rendered template cannot be parsed. The message says why, without any value."""


def parse(source: str, links: Mapping[str, str]) -> tuple[Block, ...]:
    """Return the blocks of a rendered template, in order.

    `links` are the addresses of buttons that open a page, by name.

    Raises:
        TemplateFault: a button has no target, a table row has too few or too many cells, or a chart has no numbers.
    """
    reading = _Reading(links)
    for whole in _TWICE.sub(r"\1\2", source).splitlines():
        if (line := whole.strip()) not in {"", ">", ">>"}:
            reading.take(line, inside=whole.startswith(_INDENT))
    if any(isinstance(block, Chart) and not block.points for block in reading.blocks):
        raise TemplateFault("a chart needs points, each ~| label | number |")
    return tuple(reading.blocks)


class _Reading:
    """The blocks parsed so far. Each line either extends the last block or starts a new one."""

    def __init__(self, links: Mapping[str, str]) -> None:
        self.blocks: list[Block] = []
        self._links = links

    def take(self, line: str, *, inside: bool) -> None:
        """Read a line without outer spaces; `inside`: whether it was indented."""
        last = self.blocks[-1] if self.blocks else None
        if inside and isinstance(last, Item):
            more = replace(last, lines=(*last.lines, Line(spans(line))))
            pressed = _BUTTONS.fullmatch(line)
            self.blocks[-1] = replace(last, actions=(*last.actions, *self._actions(line))) if pressed else more
        elif line[0] not in "#>|~[" and not line[0].isdecimal():
            self.blocks.append(Line(spans(line)))
        elif line.startswith("# "):
            self.blocks.append(Title(_text(line[2:])))
        elif line.startswith(("> ", ">> ")):
            mark, _, text = line.partition(" ")
            self.blocks.append(Note(spans(text), standing=mark == ">>"))
        elif line.startswith("|"):
            self._take_row(line)
        elif line.startswith("~|"):
            self._take_point(line)
        elif line[0] == "~" and (chart := _CHART.fullmatch(line)):
            title, *series = map(_text, chart[2].split("|"))
            self.blocks.append(Chart(title, (), _KINDS[chart[1]], tuple(series)))
        elif line[0].isdecimal() and (entry := _ENTRY.fullmatch(line)):
            actions = self._actions(entry[2]) if BUTTON.fullmatch(entry[2]) else ()
            told = (Span(actions[0].label),) if actions else spans(entry[2])
            self.blocks.append(Item(int(entry[1]), (Line(told),), actions))
        elif line[0] == "[" and _BUTTONS.fullmatch(line):
            above = last.buttons if isinstance(last, Actions) else ()
            rows = (Actions((*above, *buttons)),) if (buttons := self._actions(line)) else ()
            self.blocks[len(self.blocks) - bool(above and rows) :] = rows
        else:
            self.blocks.append(Line(spans(line)))

    def _take_row(self, line: str) -> None:
        cells = line.strip("|").split("|")
        if _RULE.fullmatch(line) or (len(cells) == _ROW and not cells[1].strip()):
            return
        if len(cells) != _ROW:
            raise TemplateFault("a table row needs a label and a value")
        fact, last = _fact(*cells), self.blocks[-1] if self.blocks else None
        framed = line.startswith("||")
        if isinstance(last, Facts) and last.framed == framed:
            self.blocks[-1] = Facts((*last.rows, fact), framed)
        else:
            self.blocks.append(Facts((fact,), framed))

    def _take_point(self, line: str) -> None:
        chart, (label, *numbers) = self.blocks[-1] if self.blocks else None, line[2:].strip("|").split("|")
        if not isinstance(chart, Chart) or len(numbers) != max(1, len(chart.series)):
            raise TemplateFault("a point stands under its chart and has a number for each series")
        label, _, words = label.partition(" :: ")
        try:
            values = tuple(Decimal(_text(cell).replace(",", "")) for cell in numbers)
        except InvalidOperation:
            raise TemplateFault("a chart draws numbers only") from None
        self.blocks[-1] = replace(chart, points=(*chart.points, ChartPoint(_text(label), values, _text(words))))

    def _actions(self, line: str) -> tuple[Action, ...]:
        return tuple(
            _action(unescape(label), target, self._links, primary=bool(mark))
            for mark, label, target in BUTTON.findall(line)
            if label
        )


def _text(source: str) -> str:
    """Return a cell's text without marks."""
    return "".join(span.text for span in spans(source.strip()))


def _fact(label: str, value: str) -> Fact:
    """Return the fact of a table row. A `::` in the label, which is always the template's, separates row and column."""
    row, parted, column = label.partition(" :: ")
    shown = spans(value.strip())
    url = shown[0].url if len(shown) == 1 else ""
    if not parted:
        return Fact(_text(label), _text(value), url=url)
    return Fact(f"{_text(row)} · {_text(column)}", _text(value), _text(row), _text(column), url)


def spans(text: str) -> tuple[Span, ...]:
    """Return the runs of plain and bold text, and of links."""
    found: list[Span] = []
    for at, part in enumerate(_BOLD.split(text)):
        if "]{" in part:
            found += _linked(part, bold=bool(at % 2))
        elif part:
            found.append(Span(unescape(part), bold=bool(at % 2)))
    return tuple(found)


def _linked(text: str, *, bold: bool) -> Iterator[Span]:
    end = 0
    for found in _LINK.finditer(text):
        if found.start() > end:
            yield Span(unescape(text[end : found.start()]), bold=bold)
        yield Span(unescape(found[1]), bold=bold, url=unescape(found[2]))
        end = found.end()
    if end < len(text):
        yield Span(unescape(text[end:]), bold=bold)


def _action(label: str, target: str, links: Mapping[str, str], *, primary: bool) -> Action:
    """Return the button for a target: a named link, a checked address, or an intent with its arguments."""
    if target in links:
        return Action(target, label, url=links[target], primary=primary)
    if target.startswith("https:"):
        return Action("open", label, url=unescape(target), primary=primary)
    intent, _, query = target.partition("?")
    if not _INTENT.fullmatch(intent) or intent in _LINKS:
        raise TemplateFault("a button points nowhere: it needs an intent, a named link or |url")
    pairs = (pair.partition("=") for pair in _AMPERSAND.split(query) if pair)
    press = Press(intent, {name: unquote(unescape(value)) for name, _, value in pairs})
    return Action("", label, press=press, primary=primary)
