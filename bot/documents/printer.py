"""Documents as files: pages, tables, calendars and contacts from an answer's values, in pieces.

Values in CSV cells are as in RFC 4180, with amounts exact to the cent, and nothing that a spreadsheet would execute.
"""

import re
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from jinja2 import Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

from bot.accounts.render import environment, sha256, style_of, text_of
from bot.message import Language
from bot.replies.catalogues import SOURCE, ByLanguage, whole_catalogues
from bot.replies.filters import clock, filters, the_day
from bot.replies.markdown import clean
from bot.replies.plain import lengths
from bot.replies.render import cell_words, page_words

WIDE, LEAST = 1000, 6
"""The length of a bar in thousandths, and the smallest length of a part, so that every part is visible."""
_PERCENT, _TENTH = 100, 10


class BarPart(NamedTuple):
    """One part of a bar: its start and length, as SVG takes them, and its rounded share in percent."""

    at: str
    width: str
    percent: int


class Tick(NamedTuple):
    """A line across a picture, and the number that it marks."""

    y: int
    value: Decimal


class Box(msgspec.Struct, frozen=True):
    """The area of a picture in which lines are drawn, in SVG units."""

    left: int = 40
    right: int = 296
    top: int = 14
    bottom: int = 100


BOX = Box()


class Plot(msgspec.Struct, frozen=True):
    """Lines over time: the points (x, y) of each, the ticks from the bottom up, and the range behind them (y, height).

    Distances between points are proportional to the days between them.
    """

    lines: tuple[tuple[tuple[int, int], ...], ...]
    ticks: tuple[Tick, ...]
    band: tuple[int, int] | None
    box: Box = BOX


def stretches(parts: Iterable[Decimal]) -> tuple[BarPart, ...]:
    """Return the parts of a whole as parts of one bar, side by side.

    Raises:
        ValueError: a part is negative, or the whole is 0.
    """
    values = list(parts)
    if min(values, default=Decimal(-1)) < 0 or not sum(values):
        raise ValueError("no parts of one whole")
    widths, percents = lengths(values, WIDE, LEAST), lengths(values, _PERCENT, 0)
    begins = [0, *accumulate(widths)]
    rows = zip(begins, widths, percents, strict=False)
    return tuple(BarPart(_percent(at), _percent(width), percent) for at, width, percent in rows)


def _percent(thousandths: int) -> str:
    return f"{thousandths // _TENTH}.{thousandths % _TENTH}%"


def plotted(
    days: Sequence[date], lines: Sequence[Sequence[Decimal]], low: Decimal | None = None, high: Decimal | None = None
) -> Plot | None:
    """Return a chart of series of values by day, drawn over the shaded range `low` to `high`; None for one day."""
    first, last = days[0], days[-1]
    if first == last:
        return None
    ticks = ticks_of(_around([value for line in lines for value in line], low, high))
    across = [BOX.left + (BOX.right - BOX.left) * (day - first).days // (last - first).days for day in days]
    drawn = tuple(tuple((x, _y(value, ticks)) for x, value in zip(across, line, strict=True)) for line in lines)
    marks, band = tuple(Tick(_y(value, ticks), value) for value in ticks), None
    if low is not None or high is not None:  # a range with one end extends to the edge of the picture
        top = BOX.top if high is None else _y(high, ticks)
        band = top, (BOX.bottom if low is None else _y(low, ticks)) - top
    return Plot(drawn, marks, band)


def _around(values: Sequence[Decimal], low: Decimal | None, high: Decimal | None) -> list[Decimal]:
    """Return the values and the ends of the range, plus some room on the side where the range is open."""
    shown = [*values, *(bound for bound in (low, high) if bound is not None)]
    room = (max(shown) - min(shown)) / _TENTH
    return [
        *shown,
        *([low + room] if high is None and low is not None else []),
        *([high - room] if low is None and high is not None else []),
    ]


def ticks_of(values: Sequence[Decimal]) -> list[Decimal]:
    """Return three to five round numbers at equal distances that enclose all values."""
    low, high = min(values), max(values)
    room = (high - low) or abs(high) or Decimal(1)
    step = next(step for step in _steps(room) if room <= 3 * step)
    first = (low / step).to_integral_value(ROUND_FLOOR)
    last = max((high / step).to_integral_value(ROUND_CEILING), first + 2)
    return [(first + at) * step for at in range(int(last - first) + 1)]


def _steps(room: Decimal) -> Iterable[Decimal]:
    power = room.adjusted() - 1
    return (Decimal(digit).scaleb(exponent) for exponent in range(power, power + 3) for digit in (1, 2, 5))


def _y(value: Decimal, ticks: Sequence[Decimal]) -> int:
    share = (value - ticks[0]) / (ticks[-1] - ticks[0])
    return round(BOX.bottom - share * (BOX.bottom - BOX.top))


_QUOTED = frozenset('",\r\n')
_RUNS = ("=", "+", "-", "@", "\t", "\r")  # OWASP, CSV injection
_MISTAKEN = ("\uff1d", "\uff0b", "\uff0d", "\uff20")  # their full-width forms, which some spreadsheets read alike
# Where a spreadsheet takes another sign than the comma between cells, a cell begins anew behind it.
_INSIDE = re.compile(rf"([;,|\t][\s\"']*)(?=[{re.escape(''.join((*_RUNS, *_MISTAKEN)))}])")


def cell(value: Any) -> str:
    """Return one CSV cell. An absent value is empty, never 0; an amount has two decimals; a date keeps its precision.

    Text that a spreadsheet would read as a formula gets an apostrophe in front, also after a semicolon or another
    character that some spreadsheets read as the end of a cell. Numbers are unchanged.

    Raises:
        TypeError: there is no format for the value's type.
        jinja2.UndefinedError: there is no such value.
    """
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str | Undefined):
        text = inert(clean(str(value)))
        return '"' + text.replace('"', '""') + '"' if _QUOTED & set(text) else text
    raise TypeError(f"a {type(value).__name__} has no form in a CSV file")


def inert(text: str) -> str:
    """Return the text with an apostrophe wherever a spreadsheet would take it for a formula."""
    text = _INSIDE.sub(r"\1'", text)
    return "'" + text if text.lstrip(" \n").startswith((*_RUNS, *_MISTAKEN)) else text


def contact_value(value: Any) -> str:
    """Return a value as a vCard property value: one line, with separators escaped; None is empty."""
    text = "" if value is None else clean(str(value))
    for sign in "\\,;":
        text = text.replace(sign, f"\\{sign}")
    return " ".join(text.split())


def contact_file(text: str) -> str:
    """Return the non-empty lines of a vCard, each folded at 75 octets, with the line ends of the format."""
    from icalendar.parser import Contentline  # noqa: PLC0415 -- vCards are folded as calendars are; no start needs it

    lines = (line.strip() for line in text.splitlines())
    whole = (Contentline(line) for line in lines if line.partition(":")[2].strip("; "))  # type: ignore[no-untyped-call]
    return "".join(f"{line.to_ical().decode()}\r\n" for line in whole)  # type: ignore[no-untyped-call]


_ALARMS = (30, 7, 1)
_MORNING = timedelta(hours=9)  # an all-day event begins at midnight where its reader is


def calendar_file(words: Sequence[str], day: object) -> str:
    """Return an iCalendar file with an all-day event that blocks no time; `words` are its title and description.

    Raises:
        TypeError: `day` is no date.
    """
    from icalendar import Alarm, Calendar, Event  # noqa: PLC0415 -- one export needs it, and no start

    if not isinstance(day, date):
        raise TypeError("a calendar file needs a day")
    title, *rest = words
    event = Event()
    event.add("uid", f"{secrets.token_urlsafe(12)}@bcbst-bot")
    # Of the day, not of the moment: when somebody asked is nobody's business who reads the calendar.
    event.add("dtstamp", datetime.combine(day, time(), UTC))
    event.add("dtstart", day)
    event.add("dtend", day + timedelta(days=1))
    event.add("summary", title)
    event.add("description", " ".join(rest))
    event.add("class", "PRIVATE")
    event.add("transp", "TRANSPARENT")
    for days in _ALARMS:
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", title)
        alarm.add("trigger", timedelta(days=-days) + _MORNING)
        event.add_component(alarm)
    calendar = Calendar()
    calendar.add("prodid", "-//bcbst-bot//deadline//EN")
    calendar.add("version", "2.0")
    calendar.add_component(event)
    return bytes(calendar.to_ical()).decode()


_OURS = (
    *("arg", "begun", "cut", "day", "each", "language_name", "listed", "money", "month", "number", "numbered"),
    *("phone", "plural"),
)
_BOM = "\ufeff"  # without it Excel reads UTF-8 as Latin-1; RFC 4180 readers skip it as utf-8-sig


class Printer:
    """Prints `documents/<name>` of a pack's templates in a language. `common` are values for all templates."""

    def __init__(self, folder: Path, common: Mapping[str, object]) -> None:
        style, script = style_of(folder / "document.css"), text_of(folder / "document.js")
        self.style, self.script = sha256(style), sha256(script)
        self._jinja = {form: ByLanguage[ImmutableSandboxedEnvironment]() for form in ("html", "csv", "vcf")}
        # The files of the pack go in as they are, so that their hashes in the policy fit.
        shared = {**common, "style": Markup(style), "script": Markup(script)}  # noqa: S704 -- the pack's own files, not data
        words = whole_catalogues(folder.parent)
        for language in (SOURCE, *words):
            said = words.get(language)
            html, csv = {**shared, "say": page_words(said, _said)}, {**common, "say": cell_words(said)}
            self._jinja["html"][language] = _environment(folder, language, html, finalize=_shown, autoescape=True)
            self._jinja["csv"][language] = _environment(folder, language, csv, finalize=cell, newline_sequence="\r\n")
            self._jinja["vcf"][language] = _environment(folder, language, csv, finalize=contact_value)

    def pieces(self, name: str, form: str, values: Mapping[str, object], language: Language) -> Iterator[str]:
        """Yield the document's text as `html`, `csv`, `vcf` or `ics`. A calendar's template has the texts of its event.

        Raises:
            jinja2.TemplateError: the template is missing or wrong, or a value is missing.
            TypeError: a value has a type that cannot be shown.
        """
        template = self._jinja.get(form, self._jinja["csv"])[language].get_template(f"{name}.{form}")
        if form == "ics":
            yield calendar_file(template.render(values).splitlines(), values["last"])
        elif form == "vcf":
            yield contact_file(template.render(values))
        else:
            yield _BOM if form == "csv" else ""
            yield from template.generate(values)


def _environment(
    folder: Path, language: Language, common: Mapping[str, Any], **options: Any
) -> ImmutableSandboxedEnvironment:
    jinja = environment(folder, {"language": language, **common}, keep_trailing_newline=True, **options)
    ours = filters(language)
    jinja.filters |= {name: ours[name] for name in _OURS} | {
        "clock": partial(clock, words=common["say"]),
        "exact": escape,
        "plotted": plotted,
        "stretches": stretches,
        "the_day": partial(the_day, language=language, words=common["say"]),
    }
    return jinja


def _said(value: object) -> Markup:
    """Return a value within a message, shown as elsewhere on the page."""
    return escape(_shown(value))


def _shown(value: object) -> object:
    """Return a value as a page shows it, for Jinja to escape; TypeError for None, a Decimal or a date."""
    if isinstance(value, Markup | Undefined):
        return value
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise TypeError(f"a {type(value).__name__} needs a filter before it is shown")
    return clean(value) if isinstance(value, str) else value
