"""Names of months and languages, and how dates and lists are put, from Unicode's CLDR as Babel carries it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from babel import Locale

_COUNTRY = "US"
_FIELDS = {"y": "{year}", "MMMM": "{month}", "LLLL": "{alone}", "MM": "{number}", "M": "{number}", "d": "{day}"}
_UNKNOWN = frozenset({"mis", "mul", "und", "zxx"})


@dataclass(frozen=True, slots=True)
class Customs:
    """One language as it is written in the United States, where CLDR knows that; else as in its own country.

    `short` are the abbreviated names of the months, without a period.
    `day` and `month` are patterns with `{year}`, `{month}` and `{day}`; some use `{alone}`, the month's name without a
    day, or `{number}`. `pair` puts two things together.
    """

    months: tuple[str, ...]
    alone: tuple[str, ...]
    short: tuple[str, ...]
    day: str
    month: str
    pair: str
    languages: dict[str, str]


@cache
def customs(language: str) -> Customs:
    """The customs of a language.

    Raises:
        babel.UnknownLocaleError: CLDR knows no such language.
    """
    locale = _locale(language)
    return Customs(
        months=tuple(locale.months["format"]["wide"][number] for number in range(1, 13)),
        alone=tuple(locale.months["stand-alone"]["wide"][number] for number in range(1, 13)),
        short=tuple(locale.months["stand-alone"]["abbreviated"][number].rstrip(".") for number in range(1, 13)),
        day=_pattern(str(locale.date_formats["long"].format)),
        month=_pattern(str(locale.datetime_skeletons["yMMMM"].format)),
        pair=locale.list_patterns["standard"]["2"],
        languages={code: name for code, name in locale.languages.items() if code not in _UNKNOWN},
    )


def _locale(language: str) -> Locale:
    from babel import Locale, UnknownLocaleError  # noqa: PLC0415 -- the first date that is written needs it, no start

    try:
        return Locale(language, _COUNTRY)
    except UnknownLocaleError:
        return Locale.parse(language)


def _pattern(form: str) -> str:
    """Babel's pattern `%(MMMM)s %(d)s, %(y)s` with our names."""
    return form % _FIELDS
