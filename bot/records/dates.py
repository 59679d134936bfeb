"""Dates at the precision that the payer wrote, in the written time zone, without guesses; and instants."""

import calendar
import re
from datetime import UTC, date, datetime
from functools import lru_cache

import msgspec

_WRITTEN = re.compile(r"(?P<year>\d{4})(?:-(?P<month>\d{2})(?:-(?P<day>\d{2})(?:[T ].*)?)?)?", re.DOTALL)
EARLIEST_YEAR = 1900


class PartialDate(msgspec.Struct, frozen=True, gc=False):
    """A FHIR date or dateTime cut to its day; `month` and `day` are None if they were not written."""

    year: int
    month: int | None = None
    day: int | None = None

    @property
    def first(self) -> date:
        """The earliest day that it can mean."""
        return date(self.year, self.month or 1, self.day or 1)

    @property
    def last(self) -> date:
        """The latest day that it can mean."""
        month = self.month or 12
        return date(self.year, month, self.day or calendar.monthrange(self.year, month)[1])

    @property
    def exact(self) -> date | None:
        """The day, if a day was written."""
        return self.first if self.day else None

    def __str__(self) -> str:
        month = f"-{self.month:02}" if self.month else ""
        return f"{self.year:04}{month}-{self.day:02}" if self.day else f"{self.year:04}{month}"


@lru_cache(maxsize=4096)
def parse_date(text: str | None) -> PartialDate | None:
    """Return the date; None if it is absent, malformed, impossible (February 30) or a placeholder before 1900.

    The time and its offset are not converted: the day of service is the day that was written (F41). Results are cached,
    as the lines of a claim repeat their day.
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
    """From `start` to `end`, inclusive, each possibly unknown."""

    start: PartialDate | None = None
    end: PartialDate | None = None

    @property
    def known(self) -> bool:
        """Whether at least one end was written."""
        return self.start is not None or self.end is not None

    @property
    def day(self) -> PartialDate | None:
        """The start, else the end."""
        return self.start or self.end

    @property
    def sort_key(self) -> date:
        """A key that sorts by the start, with unknown periods before all others."""
        return self.day.first if self.day else date.min

    def overlaps(self, first: date | None, last: date | None) -> bool:
        """Return whether any day of it is in the inclusive range; an open side of the range is None."""
        start, end = self.start or self.end, self.end or self.start
        if start is None or end is None:
            return False
        return not (last is not None and start.first > last) and not (first is not None and end.last < first)

    def includes(self, day: date) -> bool:
        """Return whether the day is in it; a missing end means open."""
        after_start = self.start is None or self.start.first <= day
        return after_start and (self.end is None or day <= self.end.last)


def period(start: str | None, end: str | None) -> Period:
    """Return the period; an end before its start is ignored (F41)."""
    first, last = parse_date(start), parse_date(end)
    if first is not None and last is not None and last is not first and last.last < first.first:
        last = None
    return Period(first, last)


def parse_instant(text: str | None) -> datetime | None:
    """Return the instant with its zone (UTC if none was written); None if it is absent or malformed."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
