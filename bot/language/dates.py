"""Dates in a message: evaluates the patterns in `intents/_grammar/dates.yaml` for a given day."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import MAXYEAR, MINYEAR, date, timedelta

from msgspec.structs import replace

from bot.language.calendar import (
    DateParts,
    DatePeriod,
    Days,
    back,
    clipped,
    follows_on,
    is_year,
    month_days,
    months_back,
    months_later,
    named_day,
    unit_around,
)
from bot.language.matcher import Grammar, Lexed, Matcher, PatternFound, WordArea
from bot.language.text import Tag, Utterance, places_of

_YEAR = re.compile(r"(?:19[89]\d|20[0-4]\d)$")
# Without one of these a message names no time.
_TELLING = frozenset(
    f"dates.{name}"
    for name in (
        *("month", "weekday", "unit", "units", "season", "known", "figures", "short", "day", "year", "any_year"),
        *("weekdays", "day_nth", "quarter", "fiscal_year", "counted", "short_year"),
    )
)
_CENTURY = 100
_DAYS, _TEN, _FEW, _TWELVE, _SEASON = 31, 10, 3, 12, 93
_YEARS_AHEAD = 10


class Dates(DateParts):
    """The operations of the date patterns. Dates are in the past: a date without a year is the latest such date."""

    def __init__(self, today: date, plan_year: tuple[date, date] | None = None) -> None:
        self._today, self._plan_year = today, plan_year

    def _day(self, day: date, *, dated: bool = True) -> DatePeriod:
        return DatePeriod(day, day, dated)

    def _latest(self, first: date, months: int, said_year: int | None) -> DatePeriod:
        """Return the period of `months` months that begins at `first`.

        Without a year in the message (`said_year` is None), a period that would begin in the future is moved back by a
        year.
        """
        if said_year is None and first > self._today:
            first = first.replace(year=first.year - 1)
        return DatePeriod(first, month_days(*months_later(first, months - 1))[1])

    def added(self, tens: int, day_word: int) -> int | None:
        """Return the sum for "twenty first"; None if the second number has two digits."""
        return tens + day_word if day_word < _TEN else None

    def full_year(self, short_year: int) -> int | None:
        """Return the year for "in 25"; None if not one of the last ten, because other numbers are rarely years."""
        year = self._today.year // _CENTURY * _CENTURY + short_year
        return year if 0 <= self._today.year - year < _TEN else None

    def last_year(self) -> int:
        """Return the year for "of last year" or "last fiscal year", as it is not known whose fiscal year is meant."""
        return self._today.year - 1

    def this_year(self) -> int:
        """Return the year for "of this year" or "this fiscal year"."""
        return self._today.year

    def figures(self, figures: tuple[int, int, int]) -> DatePeriod:
        """Return the day for "3/14/2024" or "2024-03-14"."""
        year, month, day = figures if figures[0] >= _CENTURY else (figures[2], figures[0], figures[1])
        return self._day(date(year + 2000 * (year < _CENTURY), month, day))

    def short(self, short: tuple[int, int]) -> DatePeriod | None:
        """Return the day for "3/14" or the month for "6/2024"; None for a year that is out of range."""
        first, second = short
        if second >= 1000:  # noqa: PLR2004 -- a year of four digits
            return DatePeriod(*month_days(second, first)) if second < MAXYEAR else None
        return self.day_of_month(first, second)

    def day_of_month(self, month: int, day: int, said_year: int | None = None) -> DatePeriod:
        """Return the day for "June 17 2024" or "the 17th of June"."""
        found = date(said_year or self._today.year, month, day)
        if said_year is None and found > self._today:
            found = date(self._today.year - 1, month, day)
        return self._day(found, dated=said_year is not None)

    def days(self, month: int, first: int, last: int, said_year: int | None = None) -> DatePeriod | None:
        """Return the days for "March 1 to 15"; None if the numbers are no days of a month in ascending order."""
        if not 1 <= first <= last <= _DAYS:
            return None
        end = self.day_of_month(month, last, said_year)
        return end._replace(start=end.start.replace(day=first))

    def month(self, month: int, said_year: int | None = None) -> DatePeriod:
        """Return the month for "March" or "March of last year"."""
        year = said_year if said_year is not None else self._today.year - (month > self._today.month)
        return DatePeriod(*month_days(year, month), said_year is not None)

    def last_month(self, month: int) -> DatePeriod:
        """Return the month for "last March"."""
        return DatePeriod(*month_days(self._today.year - (month >= self._today.month), month))

    def around(self, day: DatePeriod) -> DatePeriod:
        """Return the week for "the week of March 3"."""
        return DatePeriod(*unit_around(day.start, "week"))

    def week_of_month(self, nth: int, month: DatePeriod) -> DatePeriod:
        """Return the week for "the first week of March" or "the last week of March"."""
        first = month.end - timedelta(days=6) if nth < 0 else month.start + timedelta(days=7 * (nth - 1))
        return DatePeriod(first, first + timedelta(days=6), month.dated)

    def days_ago(self, days_ago: int) -> DatePeriod:
        """Return the day that is `days_ago` days ago: 0 for "today", 1 for "yesterday"."""
        return self._day(self._today - timedelta(days=days_ago))

    def year_so_far(self) -> DatePeriod:
        """Return the days for "year to date"."""
        return DatePeriod(date(self._today.year, 1, 1), self._today)

    def holiday(self, holiday: str, said_year: int | None = None) -> DatePeriod:
        """Return the day for "Easter 2025"; without a year the latest day with this name."""
        day = named_day(holiday, said_year) if said_year else self._latest_named(holiday)
        return DatePeriod(day, day, dated=said_year is not None, holiday=holiday)

    def plan_year(self, plan_year: str) -> DatePeriod:  # noqa: ARG002 -- the words say no more
        """Return the plan year for "this plan year", from the coverage if known."""
        return DatePeriod(*(self._plan_year or unit_around(self._today, "year")))

    def plan_year_before(self, plan_year: str) -> DatePeriod:
        """Return the plan year for "last plan year"."""
        first = self.plan_year(plan_year).start
        return DatePeriod(months_back(first, 12), first - timedelta(days=1))

    def this_unit(self, unit: str) -> DatePeriod:
        """Return the period for "this month"."""
        return DatePeriod(*unit_around(self._today, unit))

    def this_nth(self, day: int) -> DatePeriod:
        """Return the day for "the 3rd": the latest day with that number."""
        first = self._today.replace(day=1)
        found = first if day <= self._today.day else months_back(first, 1)
        return self._day(found.replace(day=day))

    def past_unit(self, unit: str) -> DatePeriod:
        """Return the period for "the past month", a month up to today; "the past day" is yesterday."""
        return self.unit_ago(unit) if unit == "day" else self.rolling(unit, 1)

    def rolling(self, unit: str, count: int = _FEW) -> DatePeriod:
        """Return the days for "the past 90 days", up to today; "the last months" are three."""
        if not count:
            raise ValueError(count)
        return DatePeriod(back(self._today, count, unit), self._today)

    def rolling_joined(self, counted: tuple[int, str]) -> DatePeriod:
        """Return the days for "the past 90d" or "6mo", up to today."""
        units = {"w": "week", "m": "month", "y": "year"}
        return DatePeriod(back(self._today, counted[0], units.get(counted[1][0], "day")), self._today)

    def unit_ago(self, unit: str, count: int = 1) -> DatePeriod:
        """Return the whole week for "three weeks ago", or the month for "last month"."""
        return DatePeriod(*unit_around(self.rolling(unit, count).start, unit))

    def last_weekend(self) -> DatePeriod:
        """Return the Saturday and Sunday before this week."""
        saturday = self._today - timedelta(days=self._today.weekday() + 2)
        return DatePeriod(saturday, saturday + timedelta(days=1))

    def weekday(self, weekday: int, count: int = 1) -> DatePeriod:
        """Return the day for "Monday", the latest one before today, or "two Fridays ago"."""
        return self.days_ago((self._today.weekday() - weekday - 1) % 7 + 1 + 7 * (max(count, 1) - 1))

    def quarter(self, quarter: int, said_year: int | None = None) -> DatePeriod:
        """Return the quarter for "Q3" or "the third quarter of 2024"."""
        return self._latest(date(said_year or self._today.year, quarter * 3 - 2, 1), 3, said_year)

    def half(self, half: int, said_year: int | None = None) -> DatePeriod:
        """Return the half-year for "the first half of 2024"."""
        return self._latest(date(said_year or self._today.year, half * 6 - 5, 1), 6, None)

    def season(self, season: int, said_year: int | None = None) -> DatePeriod:
        """Return the season for "in the spring"; winter begins in December."""
        return self._latest(date(said_year or self._today.year, season, 1), 3, said_year)

    def season_before(self, season: int) -> DatePeriod:
        """Return the season for "last summer": the latest that has ended."""
        found = self.season(season)
        return found if found.end < self._today else self.season(season, found.start.year - 1)

    def whole_year(self, year: int) -> DatePeriod | None:
        """Return the year for "2024" or "FY25"; None for a year in the future."""
        year += 2000 * (year < _CENTURY)
        return DatePeriod(date(year, 1, 1), date(year, 12, 31)) if MINYEAR <= year <= self._today.year else None

    def within(self, first: DatePeriod, last: DatePeriod) -> Days | None:
        """Return the days for "March to May"; an end without a year after a whole year is in it: "2025 until May 1"."""
        year = first.start.year
        whole = (first.start, first.end) == (date(year, 1, 1), date(year, 12, 31))
        if whole and not last.dated and last.end - last.start < timedelta(days=_DAYS) and year < last.end.year:
            return first.start, month_days(year, last.end.month)[1] if last.start != last.end else self._in_year(
                last, year
            )
        return self.between(first, last)

    def between(self, first: DatePeriod, last: DatePeriod) -> Days | None:
        """Return the days from the start of the first period to the end of the last; None if the end is earlier.

        A first month or holiday without a year is the last one before the end. "This year to last year" names two
        periods and no range.
        """
        begin = first.start
        if not first.dated:
            begin = self._in_year(first, last.end.year)
            if begin > last.end:
                begin = self._in_year(first, last.end.year - 1)
        return (begin, last.end) if begin <= last.end else None

    @staticmethod
    def _in_year(first: DatePeriod, year: int) -> date:
        if first.holiday:
            return named_day(first.holiday, year)
        day = first.start
        return date(year, day.month, min(day.day, month_days(year, day.month)[1].day))

    def since(self, period: DatePeriod) -> Days:
        """Return the range from the start of a period, without an end."""
        return period.start, None

    def ended(self, period: DatePeriod) -> Days:
        """Return the range from the last day of a period, without an end."""
        return period.end, None

    def until(self, period: DatePeriod) -> Days:
        """Return the range up to the last day of a period, without a start."""
        return None, period.end

    def before(self, period: DatePeriod) -> Days:
        """Return the range up to the day before a period, without a start."""
        return None, period.start - timedelta(days=1)

    def after(self, period: DatePeriod) -> Days:
        """Return the range from the day after a period, without an end."""
        return period.end + timedelta(days=1), None

    def month_ahead(self, month: int, year: int) -> DatePeriod | None:
        """Return the month for "January 2027" if it is in the next ten years, otherwise None."""
        return self._ahead(DatePeriod(*month_days(year, month)))

    def year_ahead(self, year: int) -> DatePeriod | None:
        """Return the year for "in 2027" if it is in the next ten years, otherwise None."""
        return self._ahead(DatePeriod(date(year, 1, 1), date(year, 12, 31)))

    def _ahead(self, found: DatePeriod) -> DatePeriod | None:
        return found if self._today < found.start and found.start.year <= self._today.year + _YEARS_AHEAD else None

    def next_unit(self, unit: str) -> DatePeriod:
        """Return the period for "next month"."""
        if unit == "month":
            return DatePeriod(*month_days(*months_later(self._today, 1)))
        return DatePeriod(*unit_around(unit_around(self._today, unit)[1] + timedelta(days=1), unit))


def find_dates(matcher: Matcher, lexed: Lexed, today: date, dashes: Sequence[int]) -> tuple[PatternFound, ...]:
    """Return the date phrases among folded words, in order, each with the first and last day of its period.

    No range starts in the future; a range that would end after `today` ends today. An open start is None. Consecutive
    periods ("February and March") are one range; of a season followed by months ("late winter, February and March")
    only the months count. `dashes` are the indexes of words that a dash joins to the word before.
    """
    found, taken = [], 0
    for place in matcher.begins("dates.range") if matcher.holds(_TELLING) else ():
        hit = matcher.at("dates.range", place) if place >= taken else None
        days = clipped((hit.value[0], hit.value[1]), today) if hit else None
        if hit and days:
            found.append(replace(hit, value=days))
            taken = hit.after
    if len(found) > 1:
        found = list(_opposed(matcher, lexed, found, dashes))
        listed = ((one, clipped(one.value, today)) for one in _listed(matcher, lexed, found, dashes, today))
        return tuple(replace(one, value=days) for one, days in listed if days)  # a year beside them may move one ahead
    return tuple(found)


def _opposed(
    matcher: Matcher, lexed: Lexed, found: Sequence[PatternFound], dashes: Sequence[int]
) -> Iterator[PatternFound]:
    """Yield the ranges; in a message with "this August", "last September" is in the year before that August."""
    words = lexed.grammar.area("dates")
    this = {one.value[0].year for one in found if matcher.words[one.first] in words.this and one.value[0]}
    for one in found:
        start = one.value[0]
        named = matcher.words[one.first] in words.last and not matcher.is_in(one.first + 1, "dates.unit")
        again = named and start and start.year in this
        yield _as_of(lexed, dashes, one, date(start.year - 1, _TWELVE, 31)) if again and start else one


def _listed(
    matcher: Matcher, lexed: Lexed, found: Sequence[PatternFound], dashes: Sequence[int], today: date
) -> Iterator[PatternFound]:
    """Yield the ranges in order; consecutive periods that are listed together are merged into one.

    Of two listed or compared periods, one without a year is in the year of the other: "February and March 2023". A part
    that is listed after a whole replaces the whole: "last fall, September to November".
    """
    words, last = lexed.grammar.area("dates"), found[0]
    joining = lexed.grammar.area("joining").any("adding", "either")
    for one in found[1:]:
        between, has_year = matcher.words[last.after : one.first], _has_year(matcher, one, words)
        near = words.listed.issuperset(between)
        opposed = not near and (words.listed | words.opposed).issuperset(between)
        earlier = last
        if (near or opposed) and has_year and not _has_year(matcher, last, words) and one.value[0]:
            year_end = date(one.value[0].year, 12, 31)
            earlier = _as_of(lexed, dashes, last, year_end if opposed else one.value[1] or year_end)
        told = has_year or is_year(one) or _has_season(matcher, one) or not joining.isdisjoint(between)
        if near and not told and last.value[1] and (_has_season(matcher, last) or is_year(last)):
            one = _as_of(lexed, dashes, one, min(date(last.value[1].year, _TWELVE, 31), today))  # noqa: PLW2901 -- a part of the last
        if near and not told and is_year(last) and None in one.value:  # "in 2025 since August"
            days = one.value[0] or last.value[0], one.value[1] or last.value[1]
            last = replace(last, after=one.after, value=days)
        elif near and _has_season(matcher, last) and not _has_season(matcher, one) and _is_short(one):
            last = one
        elif near and (whole := follows_on(last, earlier.value, one)):
            last = whole
        else:
            yield earlier
            dated = opposed and not has_year and last.value[0] and _has_year(matcher, last, words)
            last = _as_of(lexed, dashes, one, date(last.value[0].year, 12, 31)) if dated and last.value[0] else one
    yield last


def _is_short(one: PatternFound) -> bool:
    """Return whether a period may be a part of a season."""
    return None not in one.value and one.value[1] - one.value[0] < timedelta(days=_SEASON)


def _has_season(matcher: Matcher, one: PatternFound) -> bool:
    return any(matcher.is_in(place, "dates.season") for place in one.places)


def _has_year(matcher: Matcher, one: PatternFound, words: WordArea) -> bool:
    """Return whether the words are a part of a named year: "June of last year", but not "last year"."""
    units = words.values("unit")
    return not is_year(one) and any(
        _YEAR.match(word) or units.get(word) == "year" for word in matcher.words[one.first : one.after]
    )


def _as_of(lexed: Lexed, dashes: Sequence[int], one: PatternFound, day: date) -> PatternFound:
    """Return a date phrase evaluated for another day: "June" as of the end of 2025 is June 2025."""
    hit = Matcher(lexed, Dates(day), dashes).at("dates.range", one.first)
    return replace(one, value=hit.value[:2]) if hit and hit.after == one.after else one


_WOULD = frozenset({"we'd", "we\u2019d"})
"""What is no Wednesday."""


def date_tags(lexed: Lexed, said: Utterance, today: date, plan_year: tuple[date, date] | None = None) -> list[Tag]:
    """Return the tags of date phrases: `date_range`, or `date_ahead` for a period in the future.

    The value has `start` and `end` as ISO dates, None for an open start or end.
    """
    matcher = Matcher(lexed, Dates(today, plan_year), said.dashes)
    tags = [
        Tag("date_ahead", _iso(found.value.start, found.value.end), found.first, found.after)
        for found in matcher.find("dates.ahead")
    ]
    ahead = places_of(tags)
    found = find_dates(matcher, lexed, today, said.dashes)
    would = {place for place in range(len(said.words)) if said.said(place, place + 1).casefold() in _WOULD}
    past = (one for one in found if ahead.isdisjoint(one.places) and would.isdisjoint(one.places))
    return [*(Tag("date_range", _iso(*one.value), one.first, one.after) for one in past), *tags]


def _iso(start: date | None, end: date | None) -> dict[str, str | None]:
    return {"start": start.isoformat() if start else None, "end": end.isoformat() if end else None}


def says_plan_year(grammar: Grammar, words: Sequence[str]) -> bool:
    """Return whether the words refer to a plan year: "last plan year"."""
    return next(Matcher(Lexed(grammar, words)).find("dates.plan_year"), None) is not None
