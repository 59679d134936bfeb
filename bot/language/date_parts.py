"""Parts and neighbours of a period: "late March", "the first two weeks of May", "the week before Thanksgiving"."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from bot.language.calendar import Days, back, later, month_days, months_back, months_later, named_day
from bot.language.text import Span

_WEEK, _MONTH, _YEAR, _THIRD = 7, 28, 365, 4
_MONDAY, _THURSDAY = 0, 3
_DAY, _TWELVE = timedelta(days=1), 12
_EARLY, _LATE = "early", "late"


class DatePeriod(NamedTuple):
    """A period of days. `dated`: the words include the year. `holiday`: the rule of the holiday that it is, or ""."""

    start: date
    end: date
    dated: bool = True
    holiday: str = ""


class DateFound(Span, msgspec.Struct, frozen=True):
    """A date phrase in a message: tokens [first, after), and the first and last day of its period."""

    first: int
    after: int
    days: Days


class DateParts:
    """Operations of time patterns that return a part of another period, or the period directly before or after it."""

    _today: date

    def edge(self, edge: str, whole: DatePeriod) -> DatePeriod:
        """Return a third of a period: "early 2025" is January to April, "late March" begins on the 21st."""
        days = (whole.end - whole.start).days + 1
        if days >= _YEAR:
            first = whole.start.month + {_EARLY: 0, _LATE: 2 * _THIRD}.get(edge, _THIRD)
            begin = date(whole.start.year, first, 1)
            return DatePeriod(begin, month_days(*months_later(begin, _THIRD - 1))[1], whole.dated)
        third = timedelta(days=max(days // 3, 1))
        if edge == _EARLY:
            return DatePeriod(whole.start, whole.start + third - _DAY, whole.dated)
        late = whole.start + 2 * third
        return (
            DatePeriod(late, whole.end, whole.dated) if edge == _LATE else DatePeriod(whole.start + third, late - _DAY)
        )

    def edge_of_year(self, edge: str) -> DatePeriod:
        """Return a third of this year: "early in the year"."""
        return self.edge(edge, DatePeriod(date(self._today.year, 1, 1), date(self._today.year, 12, 31)))

    def half_of(self, half: int, whole: DatePeriod) -> DatePeriod:
        """Return the first half of a period if `half` is 1, otherwise the second: "the first half of May"."""
        middle = whole.start + timedelta(days=((whole.end - whole.start).days + 1) // 2)
        return whole._replace(end=middle - _DAY) if half == 1 else whole._replace(start=middle)

    def units_of(self, side: int, unit: str, whole: DatePeriod, count: int = 1) -> DatePeriod:
        """Return the first units of a period, or the last ones if `side` is negative: "the first two weeks of May"."""
        if side < 0:
            return whole._replace(start=max(whole.start, back(whole.end + _DAY, count, unit)))
        return whole._replace(end=min(whole.end, later(whole.start, count, unit) - _DAY))

    def beside(self, side: int, whole: DatePeriod, unit: str = "week", count: int = 1) -> DatePeriod:
        """Return the units right before or after a period: "the week before Thanksgiving", "right before it"."""
        if side < 0:
            return DatePeriod(back(whole.start, count, unit), whole.start - _DAY)
        return DatePeriod(whole.end + _DAY, later(whole.end + _DAY, count, unit) - _DAY)

    def near(self, whole: DatePeriod) -> DatePeriod:
        """Return the period extended by a week on each side ("around Thanksgiving"); unchanged if a month or longer."""
        if (whole.end - whole.start).days >= _MONTH - 1:
            return whole
        return DatePeriod(whole.start - timedelta(days=_WEEK), whole.end + timedelta(days=_WEEK))

    def long_weekend(self, holiday: str) -> DatePeriod:
        """Return a holiday with the days of the weekend next to it: "Labor Day weekend"."""
        day = self._latest_named(holiday)
        before, after = {_MONDAY: (3, 0), _THURSDAY: (0, 3)}.get(day.weekday(), (3, 3))
        return DatePeriod(day - timedelta(days=before), day + timedelta(days=after))

    def holidays(self, holidays: str) -> DatePeriod:  # noqa: ARG002 -- the words say no more
        """Return the days from Thanksgiving to New Year's Day for "the holidays"."""
        first = self._latest_named("11 thu 4")
        return DatePeriod(first, date(first.year + 1, 1, 1))

    def a_year_ago(self, a_year_ago: str) -> DatePeriod:
        """Return last year until the same day ("this time last year"), or with "near" 15 days on each side of it."""
        then = months_back(self._today, 12)
        if a_year_ago == "near":
            return DatePeriod(then - timedelta(days=15), then + timedelta(days=15))
        return DatePeriod(date(then.year, 1, 1), then)

    def year_and_half(self) -> DatePeriod:
        """Return the period for "the past year and a half", up to today."""
        return DatePeriod(months_back(self._today, 18), self._today)

    def _latest_named(self, holiday: str) -> date:
        """Return the latest date of a holiday that is not in the future."""
        day = named_day(holiday, self._today.year)
        return day if day <= self._today else named_day(holiday, self._today.year - 1)


def clipped(days: Days, today: date) -> Days | None:
    """Return the range without days after `today`; None if the range begins after `today`."""
    start, end = days
    if start is not None and start > today:
        return None
    return start, today if end is None or end > today else end


def is_year(one: DateFound) -> bool:
    """Return whether a range is a whole calendar year, or one from January 1 to a day in its December."""
    start, end = one.days
    return bool(start and end and (start.month, start.day, start.year, _TWELVE) == (1, 1, end.year, end.month))


def follows_on(first: DateFound, days: Days, second: DateFound) -> DateFound | None:
    """Return two date phrases as one range; None if the second period does not begin in the first or directly after it.

    `days` are the days of the first phrase. If the second period lies within the first, only its days count: "last
    year, April through June".
    """
    start, end = days
    begin, until = second.days
    if start is None or end is None or begin is None or until is None:
        return None
    if not start <= begin <= end + timedelta(days=1):
        return None
    if until <= end:  # "last year, April through June"
        return replace(second, first=first.first)
    return DateFound(first.first, second.after, (start, max(end, until)))
