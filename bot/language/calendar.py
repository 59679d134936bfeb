"""Date arithmetic: whole weeks, months, quarters and years, steps between them, and named days such as holidays.

Also the parts and neighbours of a period: "late March", "the first two weeks of May", "the week before Thanksgiving".
"""

from __future__ import annotations

from calendar import monthcalendar, monthrange
from collections.abc import Mapping
from datetime import MAXYEAR, MINYEAR, date, timedelta
from typing import NamedTuple

from msgspec.structs import replace

from bot.language.matcher import PatternFound

DateRange = tuple[date, date]
Days = tuple[date | None, date | None]
ROLLING_MAX = 1200


def ends_of(value: object) -> tuple[str, str]:
    """Return the first and the last day in a date slot's value, as ISO dates; "" for an open end and another value."""
    days = value if isinstance(value, Mapping) else {}
    return str(days.get("start") or ""), str(days.get("end") or "")


def lies_within(one: object, other: object) -> bool:
    """Return whether the period of a date slot's value is inside that of another."""
    (first, last), (start, end) = ends_of(one), ends_of(other)
    known = isinstance(one, Mapping) and isinstance(other, Mapping)
    return known and start <= first and (not end or "" < last <= end)


def adds_nothing(one: object, other: object) -> bool:
    """Return whether a period is inside another, or is the year in which the other starts.

    For example 2025 in "from Thanksgiving on, 2025".
    """
    (first, last), (start, end) = ends_of(one), ends_of(other)
    year = (first[4:], last[4:]) == ("-01-01", "-12-31")
    return lies_within(one, other) or (year and first < start <= last and not "" < end <= last)


def in_year(value: object, year: str) -> object:
    """Return a date slot's value with its days in another year; unchanged if it has an open end or `year` is ""."""
    if not (isinstance(value, Mapping) and year and all(ends_of(value))):
        return value
    days = {name: date.fromisoformat(value[name]) for name in ("start", "end")}
    return {**value, **{name: months_back(day, 12 * (day.year - int(year))).isoformat() for name, day in days.items()}}


def month_days(year: int, month: int) -> tuple[date, date]:
    """Return the first and the last day of a month."""
    return date(year, month, 1), date(year, month, monthrange(year, month)[1])


def months_back(day: date, months: int) -> date:
    """Return the same day `months` earlier; the last day of that month if it is shorter."""
    count = max(day.year * 12 + day.month - 1 - months, MINYEAR * 12)
    year, month = divmod(count, 12)
    year = min(year, MAXYEAR)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def unit_around(day: date, unit: str) -> tuple[date, date]:
    """Return the first and last day of the day, week (from Monday), month, quarter or year that contains `day`."""
    if unit == "week":
        start = day - timedelta(days=day.weekday())
        return start, start + timedelta(days=6)
    if unit == "month":
        return month_days(day.year, day.month)
    if unit == "quarter":
        first = (day.month - 1) // 3 * 3 + 1
        return date(day.year, first, 1), month_days(day.year, first + 2)[1]
    if unit == "year":
        return date(day.year, 1, 1), date(day.year, 12, 31)
    return day, day


def back(day: date, count: int, unit: str) -> date:
    """Return the date `count` units before `day`; `unit` is "day", "week", "month", "quarter" or "year".

    A day that the target month lacks becomes that month's last day.
    """
    count = min(count, ROLLING_MAX)
    if unit in {"day", "week"}:
        return day - timedelta(days=count * (7 if unit == "week" else 1))
    return months_back(day, count * {"month": 1, "quarter": 3, "year": 12}[unit])


def months_later(day: date, months: int) -> tuple[int, int]:
    """Return the year and month that is `months` after the month of `day`."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return year, month + 1


def later(day: date, count: int, unit: str) -> date:
    """Return the date `count` units after `day`; a day that the target month lacks becomes that month's last day."""
    return back(day, -count, unit)


def shifted(days: Days, steps: int, today: date, unit: str) -> Days:
    """Return the period `steps` units after the range `days`, or before it if negative; no later than `today`.

    `unit` is "day", "week", "month", "quarter" or "year", "same" for the length of the range itself, or "dates" for the
    same days in another year. An open end of the range is today.
    """
    end = days[1] or today
    start = days[0] or (end.replace(month=1, day=1) if unit == "dates" else end)
    if unit == "dates":
        return months_back(start, -12 * steps), months_back(end, -12 * steps)
    if unit == "same":
        length = (end - start) + timedelta(days=1)
        moved = start + length * steps, end + length * steps
    else:
        edge = unit_around(start if steps < 0 else end, unit)
        for _ in range(min(abs(steps), ROLLING_MAX)):
            edge = unit_around(edge[0] - timedelta(days=1) if steps < 0 else edge[1] + timedelta(days=1), unit)
        moved = edge
    return min(moved[0], today), min(moved[1], today)


def named_day(rule: str, year: int) -> date:
    """Return the day of a year by its rule: "12-25", "11 thu 4 +1" (the day after the fourth Thursday), "easter -2".

    Raises:
        ValueError: the rule is invalid.
    """
    first, *rest = rule.split()
    offset = int(rest.pop()) if rest and (first == "easter" or rest[-1][0] == "+") else 0
    if first == "easter":
        day = easter(year)
    elif rest:
        weekday, which = ("mon", "tue", "wed", "thu", "fri", "sat", "sun").index(rest[0]), int(rest[1])
        days = [week[weekday] for week in monthcalendar(year, int(first)) if week[weekday]]
        day = date(year, int(first), days[which if which < 0 else which - 1])
    else:
        month, _, number = first.partition("-")
        day = date(year, int(month), int(number))
    return day + timedelta(days=offset)


def easter(year: int) -> date:
    """Return Easter Sunday of the Western churches, by the Gregorian computus of Meeus."""
    golden, century, rest = year % 19, year // 100, year % 100
    epact = (19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - epact - rest % 4) % 7
    late = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)


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


class DateParts:
    """Operations of time patterns that return a part of another period, or the period directly before or after it."""

    _today: date

    def edge(self, edge: str, whole: DatePeriod | None = None) -> DatePeriod:
        """Return a third of a period, of this year for "early in the year".

        "Early 2025" is January to April, "late March" begins on the 21st.
        """
        whole = whole or DatePeriod(*unit_around(self._today, "year"))
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


def is_year(one: PatternFound) -> bool:
    """Return whether a range is a whole calendar year, or one from January 1 to a day in its December."""
    start, end = one.value
    return bool(start and end and (start.month, start.day, start.year, _TWELVE) == (1, 1, end.year, end.month))


def follows_on(first: PatternFound, days: Days, second: PatternFound) -> PatternFound | None:
    """Return two date phrases as one range; None if the second period does not begin in the first or directly after it.

    `days` are the days of the first phrase. If the second period is inside the first, only its days count: "last
    year, April through June".
    """
    start, end = days
    begin, until = second.value
    if start is None or end is None or begin is None or until is None:
        return None
    if not start <= begin <= end + timedelta(days=1):
        return None
    if until <= end:  # "last year, April through June"
        return replace(second, first=first.first)
    return PatternFound(first.first, second.after, (start, max(end, until)))
