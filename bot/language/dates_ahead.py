"""Times that begin after today: "in January 2027", "next month", "el mes que viene". No record is of such a time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from bot.language.calendar_days import month_days, months_later, unit_around
from bot.language.date_words import MONTHS, UNITS
from bot.language.tags import Tag

_LAST_YEAR = 10
_LED = frozenset({"in", "by", "until", "till", "through", "for", "during", "en", "hasta", "para", "durante"})
_OF = frozenset({"of", "de", "del"})
_BEHIND = (("que", "viene"), ("entrante",))
_LEADING = frozenset({"next", "coming", "proximo", "proxima"})


def ahead_tags(words: Sequence[str], today: date) -> list[Tag]:
    """The times ahead that folded words name, as `{"start", "end"}` in ISO days."""
    plain = [word.removesuffix("'s") for word in words]
    found: list[Tag] = []
    place = 0
    while place < len(plain):
        hit = _month_of_year(plain, place, today) or _next_unit(plain, place, today)
        if hit is None:
            place += 1
            continue
        (start, end), after = hit
        found.append(Tag("date_ahead", {"start": start.isoformat(), "end": end.isoformat()}, place, after))
        place = after
    return found


def _month_of_year(words: Sequence[str], place: int, today: date) -> tuple[tuple[date, date], int] | None:
    """January 2027, enero de 2027, in 2027; in this year only a month behind this one."""
    month = MONTHS.get(words[place])
    at = place + (month is not None)
    at += month is not None and at < len(words) and words[at] in _OF
    said = words[at] if at < len(words) else ""
    if not (len(said) == 4 and said.isascii() and said.isdigit()):  # noqa: PLR2004 -- a year
        return None
    if month is None and (place == 0 or words[place - 1] not in _LED):
        return None  # "I said 2026, not 2027" asks for no time ahead
    year = int(said)
    days = month_days(year, month) if month else (date(year, 1, 1), date(year, 12, 31))
    return (days, at + 1) if today < days[0] and year <= today.year + _LAST_YEAR else None


def _next_unit(words: Sequence[str], place: int, today: date) -> tuple[tuple[date, date], int] | None:
    """Next month, el mes que viene, el próximo año."""
    word, following = words[place], words[place + 1] if place + 1 < len(words) else ""
    walks = word == "next" and place > 0 and words[place - 1] == "the"  # "the next month" walks on from an answer
    if word in _LEADING and UNITS.get(following) in {"month", "year"} and not walks:
        return _unit_behind(UNITS[following], today), place + 2
    for tail in _BEHIND if UNITS.get(word) in {"month", "year"} else ():
        if tuple(words[place + 1 : place + 1 + len(tail)]) == tail:
            return _unit_behind(UNITS[word], today), place + 1 + len(tail)
    return None


def _unit_behind(unit: str, today: date) -> tuple[date, date]:
    if unit == "month":
        return month_days(*months_later(today, 1))
    return unit_around(unit_around(today, "year")[1] + timedelta(days=1), "year")
