"""Date phrases to ranges of days, English and Spanish, about the past: "last March", "hace dos meses"."""

import re
from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, date, timedelta
from typing import NamedTuple

Days = tuple[date | None, date | None]

MONTHS: Mapping[str, int] = {
    name: number
    for number, names in enumerate(
        (
            "january jan enero ene",
            "february feb febrero",
            "march mar marzo",
            "april apr abril abr",
            "may mayo",
            "june jun junio",
            "july jul julio",
            "august aug agosto ago",
            "september sept sep septiembre setiembre",
            "october oct octubre",
            "november nov noviembre",
            "december dec diciembre dic",
        ),
        start=1,
    )
    for name in names.split()
}
_VAGUE_MONTHS = frozenset({"may", "mar", "march", "ago", "ene", "dic", "jan", "sep", "dec"})
WEEKDAYS: Mapping[str, int] = {
    name: number
    for number, names in enumerate(
        (
            "monday lunes",
            "tuesday tues martes",
            "wednesday wed miercoles",
            "thursday thurs jueves",
            "friday fri viernes",
            "saturday sabado",
            "sunday domingo",
        )
    )
    for name in names.split()
}
UNITS: Mapping[str, str] = {
    "day": "day", "days": "day", "dia": "day", "dias": "day",
    "week": "week", "weeks": "week", "wk": "week", "wks": "week", "semana": "week", "semanas": "week",
    "month": "month", "months": "month", "mo": "month", "mos": "month", "mes": "month", "meses": "month",
    "quarter": "quarter", "quarters": "quarter", "trimestre": "quarter", "trimestres": "quarter",
    "year": "year", "years": "year", "yr": "year", "yrs": "year", "ano": "year", "anos": "year",
}  # fmt: skip
NUMBERS: Mapping[str, int] = {
    name: number
    for number, names in enumerate(
        (
            "a an one un una uno",
            "two couple dos par",
            "three few tres",
            "four cuatro",
            "five cinco",
            "six seis",
            "seven siete",
            "eight ocho",
            "nine nueve",
            "ten diez",
            "eleven once",
            "twelve doce",
        ),
        start=1,
    )
    for name in names.split()
}
_SEASONS: Mapping[str, int] = {
    "spring": 3, "primavera": 3, "summer": 6, "verano": 6,
    "fall": 9, "autumn": 9, "otono": 9, "winter": 12, "invierno": 12,
}  # fmt: skip
_QUARTERS: Mapping[str, int] = {
    "first": 1, "1st": 1, "primer": 1, "second": 2, "2nd": 2, "segundo": 2,
    "third": 3, "3rd": 3, "tercer": 3, "fourth": 4, "4th": 4, "cuarto": 4,
}  # fmt: skip
_LAST = frozenset(
    [
        "last",
        "past",
        "previous",
        "prior",
        "preceding",
        "ultimo",
        "ultima",
        "ultimos",
        "ultimas",
        "pasado",
        "pasada",
        "pasados",
        "pasadas",
        "anterior",
    ]
)
_THIS = frozenset(["this", "current", "present", "este", "esta", "actual"])
_PAST_AFTER = frozenset(["pasado", "pasada", "pasados", "pasadas", "anterior", "anteriores", "previo"])
_SINCE = frozenset(["since", "from", "starting", "desde"])
_UNTIL = frozenset(["until", "till", "through", "thru", "hasta"])
_BEFORE = frozenset(["before", "antes"])
_AFTER = frozenset(["after", "despues"])
_TO = frozenset(["to", "through", "thru", "until", "till", "and", "a", "al", "y", "hasta"])
_FILLER = frozenset(["the", "of", "de", "del", "el", "la", "los", "las", "in", "en", "on"])
_LED_BY = frozenset(["in", "on", "since", "from", "until", "till", "through", "between", "and", "before", "after", "during", "last", "this", "of", "en", "de", "del", "desde", "hasta", "entre", "y", "for", "back", "by", "to", "early", "late", "mid"])  # fmt: skip
_NUMERIC = re.compile(r"(\d{1,4})[/.\-](\d{1,2})[/.\-](\d{2,4})$")
_SHORT = re.compile(r"(\d{1,2})/(\d{1,4})$")
_DAY = re.compile(r"(\d{1,2})(?:st|nd|rd|th|ro)?$")
_YEAR = re.compile(r"(?:19[89]\d|20[0-4]\d)$")
DATE_WORDS = frozenset(
    {*MONTHS, *WEEKDAYS, *UNITS, *_SEASONS}
    | set(
        [
            "today",
            "yesterday",
            "hoy",
            "ayer",
            "anteayer",
            "antier",
            "tonight",
            "weekend",
            "ytd",
            "christmas",
            "thanksgiving",
            "navidad",
            "earlier",
        ]
    )
)
_DAY_PLACES = 31
_CENTURY = 100
_ROLLING_MAX = 1200


@dataclass(frozen=True, slots=True)
class DateFound:
    """A date phrase in a message: tokens `first` up to `after`, and the days it means, both ends included."""

    first: int
    after: int
    days: Days


class _Period(NamedTuple):
    start: date
    end: date
    after: int
    year_given: bool = True


def _month(year: int, month: int) -> tuple[date, date]:
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
        return _month(day.year, day.month)
    if unit == "quarter":
        first = (day.month - 1) // 3 * 3 + 1
        return date(day.year, first, 1), _month(day.year, first + 2)[1]
    if unit == "year":
        return date(day.year, 1, 1), date(day.year, 12, 31)
    return day, day


def back(day: date, count: int, unit: str) -> date:
    """`day`, so many units earlier."""
    count = min(count, _ROLLING_MAX)
    if unit in {"day", "week"}:
        return day - timedelta(days=count * (7 if unit == "week" else 1))
    return months_back(day, count * {"month": 1, "quarter": 3, "year": 12}[unit])


class _Grammar:
    """One reading of one message's words. Every method takes a place and returns a period or None."""

    def __init__(self, words: Sequence[str], today: date, plan_year: tuple[date, date] | None) -> None:
        self.words = words
        self.today = today
        self.plan_year = plan_year

    def word(self, place: int) -> str:
        return self.words[place] if 0 <= place < len(self.words) else ""

    def skip(self, place: int, fillers: frozenset[str] = _FILLER) -> int:
        while self.word(place) in fillers:
            place += 1
        return place

    def period(self, place: int) -> _Period | None:
        """A day, month, quarter, year or other stretch of time that is named at `place`."""
        for rule in (
            self.numeric, self.named_day, self.plan, self.relative, self.ago,
            self.day_of_month, self.month, self.quarter, self.season, self.weekday, self.year,
        ):  # fmt: skip
            found = rule(place)
            if found:
                return found
        return None

    def numeric(self, place: int) -> _Period | None:
        word = self.word(place)
        full = _NUMERIC.match(word)
        if full:
            first, second, third = (int(part) for part in full.groups())
            year, month, day = (first, second, third) if first >= _CENTURY else (third, first, second)
            found = self._date(year + 2000 * (year < _CENTURY), month, day)
            return _Period(found, found, place + 1) if found else None
        short = _SHORT.match(word)
        if not short:
            return None
        first, second = int(short.group(1)), int(short.group(2))
        if second >= 1000 and 1 <= first <= 12 and MINYEAR <= second < MAXYEAR:  # noqa: PLR2004 -- 6/2024
            return _Period(*_month(second, first), place + 1)
        found = self._date(self.today.year, first, second)
        if found and found > self.today:
            found = self._date(self.today.year - 1, first, second)
        return _Period(found, found, place + 1, year_given=False) if found else None

    @staticmethod
    def _date(year: int, month: int, day: int) -> date | None:
        try:
            return date(year, month, day)
        except ValueError:
            return None

    def named_day(self, place: int) -> _Period | None:
        word, following = self.word(place), self.word(place + 1)
        if word in {"today", "tonight", "hoy"}:
            return _Period(self.today, self.today, place + 1)
        if word in {"yesterday", "ayer"}:
            return self._days_ago(1, place + 1)
        if word in {"anteayer", "antier"}:
            return self._days_ago(2, place + 1)
        if word == "day" and following == "before" and self.word(place + 2) == "yesterday":
            return self._days_ago(2, place + 3)
        if word == "ytd" or (word == "year" and self.words[place + 1 : place + 3] in (["to", "date"], ("to", "date"))):
            return _Period(date(self.today.year, 1, 1), self.today, place + (1 if word == "ytd" else 3))
        if word in {"christmas", "navidad"}:
            return self._yearly(12, 25, place + 1)
        return None

    def _days_ago(self, days: int, after: int) -> _Period:
        day = self.today - timedelta(days=days)
        return _Period(day, day, after)

    def _yearly(self, month: int, day: int, after: int) -> _Period:
        this = date(self.today.year, month, day)
        found = this if this <= self.today else date(self.today.year - 1, month, day)
        return _Period(found, found, after)

    def plan(self, place: int) -> _Period | None:
        start = self.skip(place, frozenset({"this", "current", "last", "previous", "este", "el", "the", "my", "mi"}))
        said = tuple(self.words[start : start + 3])
        if said[:2] in {("plan", "year"), ("benefit", "year")}:
            after = start + 2
        elif said == ("ano", "del", "plan") or said == ("ano", "de", "beneficios"):
            after = start + 3
        else:
            return None
        first, last = self.plan_year or unit_around(self.today, "year")
        if set(self.words[place:start]) & _LAST or self.word(after) in _PAST_AFTER:
            return _Period(months_back(first, 12), first - timedelta(days=1), after + (self.word(after) in _PAST_AFTER))
        return _Period(first, last, after)

    def relative(self, place: int) -> _Period | None:
        """This month, last year, past 90 days, el mes pasado, los ultimos tres meses."""
        word, following = self.word(place), self.word(place + 1)
        if word in _THIS and following in UNITS:
            start, end = unit_around(self.today, UNITS[following])
            return _Period(start, end, place + 2)
        if word in _LAST:
            return self._last(place, following)
        if word in UNITS and following in _PAST_AFTER:
            return self._previous(UNITS[word], place + 2)
        if word in UNITS and following == "actual":
            return _Period(*unit_around(self.today, UNITS[word]), place + 2)
        number = self.number(place)
        if number and self.word(place + 1) in UNITS and self.word(place + 2) in _PAST_AFTER:
            return _Period(back(self.today, number, UNITS[self.word(place + 1)]), self.today, place + 3)
        if number and self.word(place + 1) in _LAST and self.word(place + 2) in UNITS:
            return _Period(back(self.today, number, UNITS[self.word(place + 2)]), self.today, place + 3)
        return None

    def _last(self, place: int, following: str) -> _Period | None:
        number = self.number(place + 1)
        if number:
            unit = place + 2 + (self.word(place + 2) in {"of", "de"})
            if self.word(unit) in UNITS:
                return _Period(back(self.today, number, UNITS[self.word(unit)]), self.today, unit + 1)
        if following in UNITS:
            unit_name = UNITS[following]
            rolling = following.endswith("s") and following != "mes"
            if rolling or (self.word(place) == "past" and unit_name != "day"):
                return _Period(back(self.today, 3 if rolling else 1, unit_name), self.today, place + 2)
            return self._previous(unit_name, place + 2)
        if following in {"weekend"}:
            saturday = self.today - timedelta(days=self.today.weekday() + 2)
            return _Period(saturday, saturday + timedelta(days=1), place + 2)
        if following in WEEKDAYS:
            return self._weekday(WEEKDAYS[following], place + 2)
        if following in MONTHS:
            return self._last_month(MONTHS[following], place + 2)
        if following in _SEASONS:
            return self._season(_SEASONS[following], place + 2, whole=True)
        return None

    def _previous(self, unit: str, after: int) -> _Period:
        start = unit_around(self.today, unit)[0]
        return _Period(*unit_around(start - timedelta(days=1), unit), after)

    def _last_month(self, month: int, after: int) -> _Period:
        year = self.today.year - (month >= self.today.month)
        return _Period(*_month(year, month), after)

    def ago(self, place: int) -> _Period | None:
        """Three weeks ago, hace dos meses."""
        spanish = self.word(place) == "hace"
        start = place + spanish
        number = self.number(start)
        unit = start + 1 + (self.word(start + 1) in {"of", "de"})
        if not number or self.word(unit) not in UNITS:
            return None
        if not spanish and self.word(unit + 1) not in {"ago", "back", "atras", "earlier"}:
            return None
        name = UNITS[self.word(unit)]
        return _Period(*unit_around(back(self.today, number, name), name), unit + 1 + (not spanish))

    def number(self, place: int) -> int | None:
        word = self.word(place)
        if word.isascii() and word.isdigit() and len(word) <= 4:  # noqa: PLR2004 -- no longer counts are said
            return int(word) or None
        if word == "a" and self.word(place + 1) in {"couple", "few"}:
            return None
        return NUMBERS.get(word)

    def day_of_month(self, place: int) -> _Period | None:
        """June 17 2024, the 17th of June, 17 de junio de 2024."""
        if self.word(place) in MONTHS:
            month, day_place = self.word(place), place + 1 + (self.word(place + 1) == "the")
            day, after = self._day(day_place), day_place + 1
        else:
            day = self._day(place)
            month_place = self.skip(place + 1, frozenset({"of", "de", "day"}))
            month, after = self.word(month_place), month_place + 1
        if not day or month not in MONTHS:
            return None
        year, after = self._year_after(after)
        found = self._date(year or self.today.year, MONTHS[month], day)
        if found and year is None and found > self.today:
            found = self._date(self.today.year - 1, MONTHS[month], day)
        return _Period(found, found, after, year is not None) if found else None

    def _day(self, place: int) -> int | None:
        word = self.word(place)
        matched = _DAY.match(word)
        if word in {"primero"}:
            return 1
        return int(matched.group(1)) if matched and 1 <= int(matched.group(1)) <= _DAY_PLACES else None

    def _year_after(self, place: int) -> tuple[int | None, int]:
        """The year that is said at `place` ("of 2023", "last year"), and the place behind it."""
        start = self.skip(place, frozenset({"of", "de", "del", "in", "el"}))
        word, following = self.word(start), self.word(start + 1)
        if _YEAR.match(word):
            return int(word), start + 1
        if (word in _LAST and following in {"year"}) or (word == "ano" and following in _PAST_AFTER):
            return self.today.year - 1, start + 2
        if (word in _THIS and following in {"year", "ano"}) or (word == "ano" and following == "actual"):
            return self.today.year, start + 2
        return None, place

    def month(self, place: int) -> _Period | None:
        start = place + (self.word(place) in _THIS or self.word(place) in {"early", "late", "mid"})
        word = self.word(start)
        if word not in MONTHS:
            return None
        if self.word(start + 1) in _PAST_AFTER:
            return self._last_month(MONTHS[word], start + 2)
        year, after = self._year_after(start + 1)
        if year is None and word in _VAGUE_MONTHS and self.word(place - 1) not in _LED_BY and start == place:
            return None
        number = MONTHS[word]
        chosen = year if year is not None else self.today.year - (number > self.today.month)
        return _Period(*_month(chosen, number), after, year is not None)

    def quarter(self, place: int) -> _Period | None:
        word, after = self.word(place), place + 1
        number = int(word[1]) if len(word) == 2 and word[0] in "qt" and word[1] in "1234" else None  # noqa: PLR2004 -- q3
        if number is None and word in _QUARTERS and UNITS.get(self.word(place + 1)) == "quarter":
            number, after = _QUARTERS[word], place + 2
        if number is None:
            return None
        year, after = self._year_after(after)
        first = date(year or self.today.year, number * 3 - 2, 1)
        if year is None and first > self.today:
            first = first.replace(year=first.year - 1)
        return _Period(*unit_around(first, "quarter"), after)

    def season(self, place: int) -> _Period | None:
        start = place + (self.word(place) in _THIS)
        word = self.word(start)
        if word not in _SEASONS:
            return None
        if self.word(start + 1) in _PAST_AFTER:
            return self._season(_SEASONS[word], start + 2, whole=True)
        year, after = self._year_after(start + 1)
        if year is not None:
            first = date(year, _SEASONS[word], 1)
            return _Period(first, _month(*_later(first, 2))[1], after)
        if start == place and self.word(place - 1) not in _LED_BY | {"the", "el", "la"}:
            return None
        return self._season(_SEASONS[word], start + 1, whole=False)

    def _season(self, month: int, after: int, *, whole: bool) -> _Period:
        first = date(self.today.year, month, 1)
        last = _month(*_later(first, 2))[1]
        if first > self.today or (whole and last >= self.today):
            first = first.replace(year=first.year - 1)
            last = _month(*_later(first, 2))[1]
        return _Period(first, last, after)

    def weekday(self, place: int) -> _Period | None:
        word = self.word(place)
        if word not in WEEKDAYS:
            return None
        return self._weekday(WEEKDAYS[word], place + 1 + (self.word(place + 1) in _PAST_AFTER))

    def _weekday(self, weekday: int, after: int) -> _Period:
        return self._days_ago((self.today.weekday() - weekday - 1) % 7 + 1, after)

    def year(self, place: int) -> _Period | None:
        word = self.word(place)
        if not _YEAR.match(word) or int(word) > self.today.year:
            return None
        return _Period(date(int(word), 1, 1), date(int(word), 12, 31), place + 1)

    def range(self, place: int) -> DateFound | None:
        """A stretch with a preposition (since, until, between … and …), or a plain period."""
        word = self.word(place)
        start = self.skip(place + 1, _FILLER | {"then"})
        if word in {"between", "entre", "from", "desde", "de"}:
            both = self._both(place, start, strict=word == "de")
            if both:
                return both
        if word in _SINCE:
            opened = self._start_of(start)
            return self._found(place, opened.after, (opened.start, None)) if opened else None
        if word in _UNTIL | _BEFORE | _AFTER:
            return self._open(place, word, start)
        found = self.period(place)
        if not found:
            return None
        if self.word(found.after) in _TO | {"-"} and self.word(found.after) not in {"and", "y", "a"}:
            both = self._both(place, place, strict=True)
            if both:
                return both
        return self._found(place, found.after, (found.start, found.end))

    def _start_of(self, start: int) -> _Period | None:
        after = start + 1 if self.word(start) in {"beginning", "start", "principio", "inicio", "comienzo"} else start
        if after > start:
            after = self.skip(after)
            if self.word(after) in {"year", "ano"}:
                return _Period(date(self.today.year, 1, 1), self.today, after + 1)
        return self.period(after)

    def _open(self, place: int, word: str, start: int) -> DateFound | None:
        found = self.period(start)
        if not found:
            return None
        if word in _BEFORE:
            return self._found(place, found.after, (None, found.start - timedelta(days=1)))
        if word in _AFTER:
            return self._found(place, found.after, (found.end + timedelta(days=1), None))
        return self._found(place, found.after, (None, found.end))

    def _both(self, place: int, start: int, *, strict: bool) -> DateFound | None:
        first = self.period(start)
        joined = first.after if first else 0
        if not first or self.word(joined) not in _TO or (strict and self.word(joined) in {"and", "y"}):
            return None
        second = self.period(self.skip(joined + 1))
        if not second:
            if self.word(self.skip(joined + 1)) in {"now", "ahora", "date"}:
                return self._found(place, self.skip(joined + 1) + 1, (first.start, None))
            return None
        begin = first.start
        if not first.year_given:
            begin = self._in_year(begin, second.end.year)
            if begin > second.end:
                begin = self._in_year(begin, second.end.year - 1)
        return self._found(place, second.after, (min(begin, second.end), max(begin, second.end)))

    @staticmethod
    def _in_year(day: date, year: int) -> date:
        return date(year, day.month, min(day.day, monthrange(year, day.month)[1]))

    def _found(self, first: int, after: int, days: Days) -> DateFound | None:
        start, end = days
        if start is not None and start > self.today:
            return None
        clipped = self.today if end is None and start is not None else end
        if clipped is not None and clipped > self.today:
            clipped = self.today
        return DateFound(first, after, (start, clipped))


def _later(day: date, months: int) -> tuple[int, int]:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return year, month + 1


def find_dates(words: Sequence[str], today: date, plan_year: tuple[date, date] | None = None) -> tuple[DateFound, ...]:
    """The date phrases among folded words, in order, each as days with both ends included.

    No range starts in the future; a range that would reach beyond `today` ends today. An open start is None.
    """
    plain = [word.removesuffix("'s").replace("'", "") for word in words]
    if not any(word in DATE_WORDS or word[:1].isdigit() or word[:1] == "q" for word in plain):
        return ()
    grammar = _Grammar(plain, today, plan_year)
    found: list[DateFound] = []
    place = 0
    while place < len(words):
        try:
            hit = grammar.range(place)
        except (ValueError, OverflowError):
            hit = None
        if hit and hit.after > place:
            found.append(hit)
            place = hit.after
        else:
            place += 1
    return tuple(found)


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
        for _ in range(min(abs(steps), _ROLLING_MAX)):
            edge = unit_around(edge[0] - timedelta(days=1) if steps < 0 else edge[1] + timedelta(days=1), unit)
        moved = edge
    return min(moved[0], today), min(moved[1], today)
