"""The ages that a specialty or a service treats: from NUCC codes, ranges, and plain text."""

import re
from collections.abc import Collection, Iterable, Iterator

import msgspec

from bot.records.shapes import Extension, QuantityShape, RangeShape
from bot.records.text import clean

# By the codes' beginnings: pediatrics, and what is pediatric within other specialties.
_CHILDREN = (
    *("2080", "1223P0221X", "2084P0804X", "207YP0228X", "207XP3100X", "2086S0120X", "207PP0204X", "2085P0229X"),
    *("2088P0231X", "207WX0110X", "152WP0200X", "207NP0225X", "2081P0010X", "2251P0200X", "225XP0200X"),
    *("363LP0200X", "364SP0200X", "163WP0200X", "103TC2200X", "207LP3000X", "282NC2000X"),
)
_TEENS = ("2080A0000X", "207QA0000X", "207RA0000X")
_SENIORS = ("207QG0300X", "207RG0300X", "2084P0805X", "363LG0600X", "364SG0600X", "2251G0304X", "225XG0600X")
_ADULTS = ("207QA0505X", "363LA2200X", "364SA2200X", "103TA0700X", "207R")
# Years of the groups that a person may name.
_GROUPS = {"child": (0, 12), "teen": (13, 17), "adult": (18, 64), "senior": (65, 120)}
_OLDEST = 120
_WORDS = (
    (re.compile(r"\ball ages\b|\bany age\b|\btodas las edades\b"), (0, _OLDEST)),
    (re.compile(r"\bp(?:a?)ediatric|\bchild|\bkids\b|\binfants?\b|\bnewborn|\bni[nñ]os\b|\bpedi[aá]tric"), (0, 17)),
    (re.compile(r"\badolescen|\bteen|\byouth\b"), (13, 17)),
    (re.compile(r"\badult|\badultos?\b"), (18, _OLDEST)),
    (re.compile(r"\bsenior|\bgeriatric|\belderly\b|\badultos mayores\b"), (65, _OLDEST)),
)
_OF_AGE = re.compile(r"\bage[sd]?\b|\byears?\b|\byrs?\b|\bold\b|\bolder\b|\bedad|\ba[nñ]os?\b")
_YOUNG_UNIT = re.compile(r"\s*(?:days?|weeks?|wks?|months?|mos?|d[ií]as?|semanas?|meses)\b")
_UNIT = r"(?:\s*(?:days?|weeks?|wks?|months?|mos?|years?|yrs?|y/?o|d[ií]as?|semanas?|meses|a[nñ]os?))?"
_FROM_TO = re.compile(rf"(\d{{1,3}})({_UNIT})\s*(?:-|\u2013|to|through|thru|a)\s*(\d{{1,3}})({_UNIT})")
_AND_UP = re.compile(
    rf"(\d{{1,3}})({_UNIT})\s*(?:\+|(?:and|or|&) (?:older|over|up|above)|y m[aá]s|en adelante|o m[aá]s)"
)
_OVER = re.compile(rf"(?:over|older than|at least|from|mayores de|desde)\s+(\d{{1,3}})({_UNIT})")
_UNDER = re.compile(rf"(?:under|below|younger than|less than|menores de)\s+(\d{{1,3}})({_UNIT})")
_UP_TO = re.compile(rf"(?:up to|through|until|birth to|hasta)\s+(\d{{1,3}})({_UNIT})")
_SHARED = 2  # years of a group that have to be treated, so that 12 to 17 is not for children


class Ages(msgspec.Struct, frozen=True):
    """The ages in years from `low` to `high`, inclusive, that are treated, with the payer's words."""

    low: int
    high: int
    words: str | None = None

    def holds(self, group: str) -> bool:
        """Return whether they include at least two years of the group: child, teen, adult or senior."""
        first, last = _GROUPS[group]
        return min(self.high, last) - max(self.low, first) + 1 >= _SHARED


def treats(codes: Collection[str], group: str, stated: Collection[Ages] = ()) -> bool | None:
    """Return whether a child, teen, adult or senior is treated: by the `stated` ages, else by the codes.

    None if neither decides.
    """
    if stated and group in _GROUPS:
        return any(ages.holds(group) for ages in stated)
    children = any(code.startswith(_CHILDREN) for code in codes)
    teens = any(code.startswith(_TEENS) for code in codes)
    seniors = any(code.startswith(_SENIORS) for code in codes)
    adults = any(code.startswith(_ADULTS) for code in codes)
    said = {"child": children, "teen": teens or children, "adult": adults or seniors, "senior": seniors or adults}
    if said.get(group):
        return True
    return False if children or teens or seniors or adults else None


def read_ages(texts: Iterable[str | None], ranges: Iterable[RangeShape | None] = ()) -> tuple[Ages, ...]:
    """Return the ages in plain texts and ranges; texts about something else are ignored."""
    spoken = [ages for text in texts if (words := clean(text)) for ages in _of_text(words)]
    return tuple(dict.fromkeys([*spoken, *(ages for one in ranges if one and (ages := _of_range(one)))]))


def _of_range(shape: RangeShape) -> Ages | None:
    low, high = _whole_years(shape.low), _whole_years(shape.high)
    if low is None and high is None:
        return None
    return Ages(low or 0, _OLDEST if high is None else high)


def _whole_years(bound: QuantityShape | None) -> int | None:
    """Return whole years; 0 for a value in weeks or months; None without a value."""
    if bound is None or bound.value is None or not bound.value.is_finite():
        return None
    return int(bound.value) if (bound.code or bound.unit or "a").casefold()[:1] in {"a", "y"} else 0


def _of_text(words: str) -> Iterator[Ages]:
    """Yield the ages in a text about age, or else the range of the first group that it mentions."""
    text = words.casefold()
    numbers = _numbers(text) if _OF_AGE.search(text) or "+" in text else None
    if numbers:
        yield Ages(*numbers, words)
        return
    for pattern, (low, high) in _WORDS:
        if pattern.search(text):
            yield Ages(low, high, words)
            return


def _numbers(text: str) -> tuple[int, int] | None:
    if found := _FROM_TO.search(text):
        high = _years(found[3], found[4])
        low_unit = found[2] or found[4]
        return _years(found[1], low_unit), high
    if found := _AND_UP.search(text) or _OVER.search(text):
        return _years(found[1], found[2]), _OLDEST
    if found := _UNDER.search(text):
        return 0, max(_years(found[1], found[2]) - 1, 0)
    if found := _UP_TO.search(text):
        return 0, _years(found[1], found[2])
    return None


def _years(number: str, unit: str) -> int:
    return 0 if unit and _YOUNG_UNIT.fullmatch(unit) else min(int(number), _OLDEST)


def ages_of(extensions: Iterable[Extension], *more: str | None) -> tuple[Ages, ...]:
    """Return the ages in extensions about age, in characteristics of new patients, and in further texts."""
    every = [part for one in extensions for part in (one, *one.extension)]
    ranges = [one.value_range for one in every if one.value_range and "age" in one.url.casefold()]
    return read_ages([*(one.value_string for one in every if one.url == "characteristics"), *more], ranges)
