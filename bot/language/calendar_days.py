"""Stretches of days, and walking through weeks, months, quarters and years."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, date, timedelta
from typing import NamedTuple

from bot.language.date_words import ROLLING_MAX

Days = tuple[date | None, date | None]


@dataclass(frozen=True, slots=True)
class DateFound:
    """A date phrase in a message: tokens `first` up to `after`, and the days it means, both ends included."""

    first: int
    after: int
    days: Days


class Stretch(NamedTuple):
    """The days that a phrase means, both included, and the place after it; `year_given` when it named its year."""

    start: date
    end: date
    after: int
    year_given: bool = True


def month_days(year: int, month: int) -> tuple[date, date]:
    """The first and the last day of a month."""
    return date(year, month, 1), date(year, month, monthrange(year, month)[1])


def months_back(day: date, months: int) -> date:
    """The same day so many months earlier, or the last day of that month when it is shorter."""
    count = max(day.year * 12 + day.month - 1 - months, MINYEAR * 12)
    year, month = divmod(count, 12)
    year = min(year, MAXYEAR)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def unit_around(day: date, unit: str) -> tuple[date, date]:
    """The whole day, week (Monday first), month, quarter or year that `day` lies in."""
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
    """`day`, so many units earlier."""
    count = min(count, ROLLING_MAX)
    if unit in {"day", "week"}:
        return day - timedelta(days=count * (7 if unit == "week" else 1))
    return months_back(day, count * {"month": 1, "quarter": 3, "year": 12}[unit])


def months_later(day: date, months: int) -> tuple[int, int]:
    """Year and month, so many months after a day's."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return year, month + 1


def shifted(days: Days, steps: int, today: date, unit: str) -> Days:
    """The whole unit so many steps later than the stretch `days` (negative: earlier), never beyond `today`.

    `unit` is day, week, month, quarter, year, or "same": as long as the stretch itself.
    """
    end = days[1] or today
    start = days[0] or end
    if unit == "same":
        length = (end - start) + timedelta(days=1)
        moved = start + length * steps, end + length * steps
    else:
        edge = unit_around(start if steps < 0 else end, unit)
        for _ in range(min(abs(steps), ROLLING_MAX)):
            edge = unit_around(edge[0] - timedelta(days=1) if steps < 0 else edge[1] + timedelta(days=1), unit)
        moved = edge
    return min(moved[0], today), min(moved[1], today)
