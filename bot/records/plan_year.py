"""The year over which a plan counts what goes toward its yearly figures, by the coverage that held on a day."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from bot.records.coverage import Coverage

_A_DAY, _WHOLE = timedelta(days=1), timedelta(days=364)
_DIGITS = re.compile(r"[^a-z]+")


@dataclass(frozen=True, slots=True)
class PlanYear:
    """The first and the last day of a plan's year, both inclusive."""

    first: date
    last: date

    @property
    def is_calendar(self) -> bool:
        """Whether it begins with the calendar year."""
        return (self.first.month, self.first.day) == (1, 1)

    @property
    def next(self) -> date:
        """The day on which what counts starts over."""
        return self.last + _A_DAY

    def holds(self, day: date) -> bool:
        """Whether the day lies in it."""
        return self.first <= day <= self.last


def calendar_year(day: date) -> PlanYear:
    """The calendar year of a day."""
    return PlanYear(date(day.year, 1, 1), date(day.year, 12, 31))


def plan_year(coverage: Coverage | None, day: date, every: Iterable[Coverage] = ()) -> PlanYear | None:
    """The year of the coverage that `day` lies in; None when its dates tell no beginning.

    A coverage of at most a year is its own plan year; a longer or open one starts anew on its first day's anniversary.
    One that goes on from a shorter coverage of the same plan, among `every`, goes on with that one's year.
    """
    start = _beginning(coverage, tuple(every)) if coverage else None
    if coverage is None or start is None:
        return None
    end = coverage.period.end
    first = _anniversary(start, day)
    last = _anniversary(start, date(first.year + 1, 12, 31)) - _A_DAY
    return PlanYear(first, min(last, end.last) if end and end.last >= first else last)


def same_plan(one: Coverage, other: Coverage) -> bool:
    """Whether both are one plan, which may get a new id, and figures in its name, when it is renewed."""
    return one.id == other.id or _plan_key(one) == _plan_key(other)


def _plan_key(coverage: Coverage) -> tuple[str, ...]:
    """What stays when a plan is renewed: its name without figures, its kind and its group."""
    name, group = coverage.name or "", coverage.group.words if coverage.group else ""
    return (_DIGITS.sub(" ", name.casefold()).strip(), coverage.kind or "", (group or "").casefold())


def _beginning(coverage: Coverage, every: tuple[Coverage, ...]) -> date | None:
    start = coverage.period.start
    if start is None or not _is_part(coverage) or (start.first.month, start.first.day) == (1, 1):
        return start.first if start else None
    before = [one for one in every if _is_part(one) and one.period.end and same_plan(one, coverage)]
    ends = (one for one in before if one.period.end and one.period.end.last + _A_DAY == start.first)
    earlier = next(ends, None)
    return _beginning(earlier, every) if earlier else start.first


def _is_part(coverage: Coverage) -> bool:
    """Whether it lasts for less than a year."""
    start, end = coverage.period.start, coverage.period.end
    return start is not None and end is not None and end.last - start.first < _WHOLE


def _anniversary(first: date, day: date) -> date:
    """The latest day not after `day` with the month and day of `first`; February 29 becomes the 28th."""
    year = day.year - ((day.month, day.day) < (first.month, first.day))
    return first.replace(year=year, day=min(first.day, monthrange(year, first.month)[1]))
