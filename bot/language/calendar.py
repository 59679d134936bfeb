"""Date arithmetic: whole weeks, months, quarters and years, steps between them, and named days such as holidays."""

from calendar import monthcalendar, monthrange
from datetime import MAXYEAR, MINYEAR, date, timedelta

DateRange = tuple[date, date]
Days = tuple[date | None, date | None]
ROLLING_MAX = 1200
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


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
    if unit in {"day", "week"}:
        return day + timedelta(days=count * (7 if unit == "week" else 1))
    year, month = months_later(day, count * {"month": 1, "quarter": 3}.get(unit, 12))
    return date(year, month, min(day.day, monthrange(year, month)[1]))


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
        weekday, which = _WEEKDAYS.index(rest[0]), int(rest[1])
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
