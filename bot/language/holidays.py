"""Days that people call by name: "since Labor Day", "on the 4th of July"."""

from calendar import monthcalendar
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from types import MappingProxyType

# Month and day, or month, weekday (Monday is 0) and which of them (-1 is the last).
_FIXED: Mapping[tuple[str, ...], tuple[int, int]] = MappingProxyType(
    {
        ("christmas",): (12, 25),
        ("navidad",): (12, 25),
        ("halloween",): (10, 31),
        ("new", "years", "day"): (1, 1),
        ("new", "years"): (1, 1),
        ("ano", "nuevo"): (1, 1),
        ("valentines", "day"): (2, 14),
        ("fourth", "of", "july"): (7, 4),
        ("independence", "day"): (7, 4),
        ("juneteenth",): (6, 19),
        ("veterans", "day"): (11, 11),
        ("christmas", "day"): (12, 25),
        ("christmas", "eve"): (12, 24),
        ("nochebuena",): (12, 24),
        ("new", "years", "eve"): (12, 31),
        ("groundhog", "day"): (2, 2),
        ("valentine",): (2, 14),
        ("san", "valentin"): (2, 14),
        ("cinco", "de", "mayo"): (5, 5),
        ("dia", "de", "la", "independencia"): (7, 4),
        ("dia", "de", "reyes"): (1, 6),
        ("dia", "de", "los", "muertos"): (11, 2),
    }
)
_FLOATING: Mapping[tuple[str, ...], tuple[int, int, int]] = MappingProxyType(
    {
        ("labor", "day"): (9, 0, 0),
        ("dia", "del", "trabajo"): (9, 0, 0),
        ("memorial", "day"): (5, 0, -1),
        ("thanksgiving",): (11, 3, 3),
        ("accion", "de", "gracias"): (11, 3, 3),
        ("mothers", "day"): (5, 6, 1),
        ("fathers", "day"): (6, 6, 2),
        ("dia", "de", "las", "madres"): (5, 6, 1),
        ("presidents", "day"): (2, 0, 2),
        ("mlk", "day"): (1, 0, 2),
        ("martin", "luther", "king", "day"): (1, 0, 2),
        ("indigenous", "peoples", "day"): (10, 0, 1),
        ("dia", "del", "padre"): (6, 6, 2),
        ("dia", "de", "la", "madre"): (5, 6, 1),
        ("columbus", "day"): (10, 0, 1),
    }
)
_EASTER = frozenset({("easter",), ("easter", "sunday"), ("pascua",), ("semana", "santa")})
_BEFORE_EASTER = frozenset({("good", "friday"), ("viernes", "santo")})
_AFTER_THANKSGIVING = frozenset({("black", "friday")})
_LONGEST = 4


def _bare(said: tuple[str, ...]) -> tuple[str, ...]:
    """Without the s of an owner: people write Mother's, Mothers and Mother Day."""
    return tuple(word.removesuffix("s") for word in said)


_DAYS = {_bare(said): day for said, day in _FIXED.items()}
_WEEKDAYS = {_bare(said): day for said, day in _FLOATING.items()}
_EASTERS = frozenset(map(_bare, _EASTER))
_FRIDAYS = frozenset(map(_bare, _BEFORE_EASTER))
_BLACK_FRIDAYS = frozenset(map(_bare, _AFTER_THANKSGIVING))
FIRST_WORDS = frozenset(said[0] for said in (*_DAYS, *_WEEKDAYS, *_EASTERS, *_FRIDAYS, *_BLACK_FRIDAYS))


def holiday(words: Sequence[str], place: int, today: date) -> tuple[date, int] | None:
    """The latest such day not after `today` and the place behind its words, or None.

    Labor Day is meant as in the United States, the first Monday of September.
    """
    if place >= len(words) or words[place].removesuffix("s") not in FIRST_WORDS:
        return None
    for length in range(min(_LONGEST, len(words) - place), 0, -1):
        said = _bare(tuple(words[place : place + length]))
        this = _in_year(said, today.year)
        if this and today.year > 1:
            found = this if this <= today else _in_year(said, today.year - 1)
            return (found, place + length) if found else None
    return None


def _in_year(said: tuple[str, ...], year: int) -> date | None:
    if said in _EASTERS:
        return easter(year)
    if said in _FRIDAYS:
        return easter(year) - timedelta(days=2)
    if said in _BLACK_FRIDAYS:
        thanksgiving = _in_year(("thanksgiving",), year)
        return thanksgiving + timedelta(days=1) if thanksgiving else None
    if said in _DAYS:
        return date(year, *_DAYS[said])
    if said not in _WEEKDAYS:
        return None
    month, weekday, which = _WEEKDAYS[said]
    days = [week[weekday] for week in monthcalendar(year, month) if week[weekday]]
    return date(year, month, days[which])


def easter(year: int) -> date:
    """Easter Sunday of the Western churches, by the Gregorian computus of Meeus."""
    golden, century, rest = year % 19, year // 100, year % 100
    epact = (19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - epact - rest % 4) % 7
    late = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)
