"""Dates and texts as written by the payer.

Dates keep the precision and the time zone in which they were written, without guesses. Texts are made safe to show: as
one clean line, the lines of a narrative, or an address for a button.
"""

import calendar
import re
import unicodedata
from datetime import UTC, date, datetime
from functools import lru_cache
from html import unescape
from urllib.parse import urlsplit

import msgspec

_WRITTEN = re.compile(r"(?P<year>\d{4})(?:-(?P<month>\d{2})(?:-(?P<day>\d{2})(?:[T ].*)?)?)?", re.DOTALL)
EARLIEST_YEAR = 1900


class PartialDate(msgspec.Struct, frozen=True, gc=False):
    """A FHIR date or dateTime cut to its day. `month` and `day` are None if they were not written."""

    year: int
    month: int | None = None
    day: int | None = None

    @property
    def first(self) -> date:
        """The earliest day that the date can mean."""
        return date(self.year, self.month or 1, self.day or 1)

    @property
    def last(self) -> date:
        """The latest day that the date can mean."""
        month = self.month or 12
        return date(self.year, month, self.day or calendar.monthrange(self.year, month)[1])

    @property
    def exact(self) -> date | None:
        """The day; None if only a month or a year was written."""
        return self.first if self.day else None

    def __str__(self) -> str:
        month = f"-{self.month:02}" if self.month else ""
        return f"{self.year:04}{month}-{self.day:02}" if self.day else f"{self.year:04}{month}"


@lru_cache(maxsize=4096)
def parse_date(text: str | None) -> PartialDate | None:
    """Return the date; None if it is absent, malformed, impossible (February 30) or a placeholder before 1900.

    A time and its offset are not converted: the day of service is the day that was written (F41). Results are cached,
    because the lines of a claim repeat their day.
    """
    found = _WRITTEN.fullmatch(text.strip()) if text and text.isascii() else None
    if found is None:
        return None
    parts = [int(part) if part is not None else None for part in found.groups()]
    year, month, day = parts
    if year is None or year < EARLIEST_YEAR:
        return None
    try:
        date(year, 1 if month is None else month, 1 if day is None else day)
    except ValueError:
        return None
    return PartialDate(year, month, day)


class Period(msgspec.Struct, frozen=True, gc=False):
    """A period from `start` to `end`, inclusive. Each is None if unknown."""

    start: PartialDate | None = None
    end: PartialDate | None = None

    @property
    def known(self) -> bool:
        """Whether at least one of start and end is known."""
        return self.start is not None or self.end is not None

    @property
    def day(self) -> PartialDate | None:
        """The start, else the end, or None."""
        return self.start or self.end

    @property
    def sort_key(self) -> date:
        """A key that sorts by the start, with unknown periods before all others."""
        return self.day.first if self.day else date.min

    def overlaps(self, first: date | None, last: date | None) -> bool:
        """Return whether the period has a day in the inclusive range; None as an end of the range leaves it open.

        Return False for an unknown period.
        """
        start, end = self.start or self.end, self.end or self.start
        if start is None or end is None:
            return False
        return not (last is not None and start.first > last) and not (first is not None and end.last < first)

    def includes(self, day: date) -> bool:
        """Return whether the day is in the period; a missing start or end means open."""
        after_start = self.start is None or self.start.first <= day
        return after_start and not self.is_over(day)

    def is_over(self, day: date) -> bool:
        """Return whether the period ended before that day."""
        return self.end is not None and self.end.last < day


def period(start: str | None, end: str | None) -> Period:
    """Return the period. An end before the start is ignored (F41)."""
    first, last = parse_date(start), parse_date(end)
    if first is not None and last is not None and last is not first and last.last < first.first:
        last = None
    return Period(first, last)


def parse_instant(text: str | None) -> datetime | None:
    """Return the instant with its time zone (UTC if none was written); None if it is absent or malformed."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


NAME_LIMIT = 80
NOTE_LIMIT = 1000
_JOINER = "\u200d"

_BREAKS = re.compile(r"</?(?:p|div|br|li|tr|h[1-6]|ul|ol|table|dt|dd)\b[^<>]*>", re.IGNORECASE)
_NEXT_CELL, _TAGS = (
    re.compile(r"</t[dh]> ?<t[dh]\b[^<>]*>", re.IGNORECASE),
    re.compile(r"<[/!?a-z][^<>]*>", re.IGNORECASE),
)
_UNSEEN = re.compile(r"<!--.*?(?:-->|$)|<(script|style|head|title)\b.*?(?:</\1\s*>|$)", re.IGNORECASE)
_LONGEST_NARRATIVE = 60_000

_LONGEST_ADDRESS = 2_000


def clean(text: str | None, limit: int = NAME_LIMIT) -> str | None:
    """Return the text on one line without control, bidi and zero-width characters, cut at `limit` (F45, F46).

    Return None if nothing visible is left, so that an empty name counts as absent.
    """
    if not text:
        return None
    short = text[: limit * 4]
    if not short.isprintable():
        short = "".join(_visible(short, place) for place in range(len(short)))
    words = " ".join(short.split())
    if len(words) > limit or len(text) > limit * 4:
        words = words[: limit - 1].rstrip() + "…"
    return words or None


def _visible(text: str, place: int) -> str:
    """Return the character itself, a space for white space and controls, "" for invisible characters."""
    character = text[place]
    category = unicodedata.category(character)
    if category in {"Cc", "Zl", "Zp", "Zs"}:
        return " "
    if character == _JOINER and place and unicodedata.category(text[place - 1]) in {"So", "Sk", "Mn"}:
        return character  # it holds an emoji together
    return "" if category in {"Cf", "Cs", "Co", "Cn"} else character


def lines_of(div: str | None) -> tuple[str, ...]:
    """Return the lines of a narrative's XHTML `div`, in order, without tags, empty lines and duplicates."""
    shown = _UNSEEN.sub("", " ".join((div or "")[:_LONGEST_NARRATIVE].split()))
    parts = _BREAKS.sub("\n", _NEXT_CELL.sub(" · ", shown)).split("\n")
    lines = (clean(unescape(_TAGS.sub("", part)), NOTE_LIMIT) for part in parts)
    return tuple(dict.fromkeys(line for line in lines if line))


def web_address(text: str | None) -> str | None:
    """Return the URL if it is https, with a host, and without user name, space or control character; else None."""
    if not text or len(text) > _LONGEST_ADDRESS or not text.isprintable() or " " in text:
        return None
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        return None
    return text if parts.scheme == "https" and host and parts.username is None else None
