"""One date phrase to its days: "last March", "the past 90 days", "hace dos meses". About the past."""

from collections.abc import Collection, Sequence
from datetime import MAXYEAR, MINYEAR, date, timedelta

from bot.language.calendar_days import Stretch, back, month_days, months_back, months_later, unit_around
from bot.language.date_words import (
    CENTURY,
    COUNTED,
    DAY,
    DAY_PLACES,
    DAY_WORDS,
    FILLER,
    FISCAL,
    FISCAL_YEAR,
    HALVES,
    LAST,
    LED_BY,
    MONTHS,
    NUMBERS,
    NUMERIC,
    PAST_AFTER,
    QUARTERS,
    SEASONS,
    SHORT,
    TENS,
    THIS,
    TO,
    UNITS,
    VAGUE_MONTHS,
    WEEKDAYS,
    WEEKS,
    YEAR,
)
from bot.language.holidays import holiday

_PLAN_YEARS = (("plan", "year"), ("benefit", "year"), ("ano", "del", "plan"), ("ano", "de", "beneficios"))


def after_plan_year(words: Sequence[str], place: int) -> int | None:
    """The place behind the words of a plan year, None when none are said at `place`."""
    for said in _PLAN_YEARS:
        if tuple(words[place : place + len(said)]) == said:
            return place + len(said)
    return None


class DatePhrases:
    """One reading of one message's words. Every method takes a place and returns a period or None.

    `dashes` are the places of words that a dash joins to the word before.
    """

    def __init__(
        self, words: Sequence[str], today: date, plan_year: tuple[date, date] | None, dashes: Collection[int] = ()
    ) -> None:
        self.words = words
        self.dashes = dashes
        self.today = today
        self.plan_year = plan_year

    def word(self, place: int) -> str:
        """The word at a place, "" beyond the ends."""
        return self.words[place] if 0 <= place < len(self.words) else ""

    def skip(self, place: int, fillers: frozenset[str] = FILLER) -> int:
        """The first place from here on that holds no filler."""
        while self.word(place) in fillers:
            place += 1
        return place

    def period(self, place: int) -> Stretch | None:
        """A day, month, quarter, year or other stretch of time that is named at `place`."""
        for rule in (
            self.week, self.numeric, self.named_day, self.plan, self.relative, self.ago, self.day_of_month, self.month,
            self.quarter, self.half, self.season, self.weekday, self.fiscal, self.year,
        ):  # fmt: skip
            found = rule(place)
            if found:
                return found
        return None

    def numeric(self, place: int) -> Stretch | None:
        """3/14, 3/14/2024, 2024-03-14, 6/2024."""
        word = self.word(place)
        full = NUMERIC.match(word)
        if full:
            first, second, third = (int(part) for part in full.groups())
            year, month, day = (first, second, third) if first >= CENTURY else (third, first, second)
            found = self._date(year + 2000 * (year < CENTURY), month, day)
            return Stretch(found, found, place + 1) if found else None
        short = SHORT.match(word)
        if not short:
            return None
        first, second = int(short.group(1)), int(short.group(2))
        if second >= 1000 and 1 <= first <= 12 and MINYEAR <= second < MAXYEAR:  # noqa: PLR2004 -- 6/2024
            return Stretch(*month_days(second, first), place + 1)
        found = self._date(self.today.year, first, second)
        if found and found > self.today:
            found = self._date(self.today.year - 1, first, second)
        return Stretch(found, found, place + 1, year_given=False) if found else None

    @staticmethod
    def _date(year: int, month: int, day: int) -> date | None:
        try:
            return date(year, month, day)
        except ValueError:
            return None

    def named_day(self, place: int) -> Stretch | None:
        """Today, yesterday, the holidays, and their Spanish."""
        word, following = self.word(place), self.word(place + 1)
        if word in {"today", "tonight", "hoy"}:
            return Stretch(self.today, self.today, place + 1)
        if word in {"yesterday", "ayer"}:
            return self._days_ago(1, place + 1)
        if word in {"anteayer", "antier"}:
            return self._days_ago(2, place + 1)
        if word == "day" and following == "before" and self.word(place + 2) == "yesterday":
            return self._days_ago(2, place + 3)
        if word == "ytd" or (word == "year" and self.words[place + 1 : place + 3] in (["to", "date"], ("to", "date"))):
            return Stretch(date(self.today.year, 1, 1), self.today, place + (1 if word == "ytd" else 3))
        named = holiday(self.words, place, self.today)
        return Stretch(named[0], named[0], named[1]) if named else None

    def _days_ago(self, days: int, after: int) -> Stretch:
        day = self.today - timedelta(days=days)
        return Stretch(day, day, after)

    def plan(self, place: int) -> Stretch | None:
        """This or last plan year, by the coverage when it is known."""
        start = self.skip(place, frozenset({"this", "current", "last", "previous", "este", "el", "the", "my", "mi"}))
        after = after_plan_year(self.words, start)
        if after is None:
            return None
        first, last = self.plan_year or unit_around(self.today, "year")
        if set(self.words[place:start]) & LAST or self.word(after) in PAST_AFTER:
            return Stretch(months_back(first, 12), first - timedelta(days=1), after + (self.word(after) in PAST_AFTER))
        return Stretch(first, last, after)

    def relative(self, place: int) -> Stretch | None:  # noqa: PLR0911 -- one return a form of words
        """This month, last year, past 90 days, el mes pasado, los ultimos tres meses."""
        word, following = self.word(place), self.word(place + 1)
        if word in THIS and following in UNITS:
            start, end = unit_around(self.today, UNITS[following])
            return Stretch(start, end, place + 2)
        if word in LAST:
            return self._last(place, following)
        if word in UNITS and following in PAST_AFTER:
            return self._previous(UNITS[word], place + 2)
        if (word, following) == ("va", "del") and self.word(place + 2) in UNITS:
            start, end = unit_around(self.today, UNITS[self.word(place + 2)])
            return Stretch(start, end, place + 3)
        if word in UNITS and following == "actual":
            return Stretch(*unit_around(self.today, UNITS[word]), place + 2)
        number = self.number(place)
        if number and self.word(place + 1) in UNITS and self.word(place + 2) in PAST_AFTER:
            return Stretch(back(self.today, number, UNITS[self.word(place + 1)]), self.today, place + 3)
        if number and self.word(place + 1) in LAST and self.word(place + 2) in UNITS:
            return Stretch(back(self.today, number, UNITS[self.word(place + 2)]), self.today, place + 3)
        return None

    def week(self, place: int) -> Stretch | None:
        """The week of March 3, the first week of March, la semana del 3 de marzo."""
        which = self.word(place)
        at = place + (which in WEEKS)
        if UNITS.get(self.word(at)) != "week" or self.word(at + 1) not in {"of", "del", "de"}:
            return None
        start = self.skip(at + 2)
        if which not in WEEKS:
            day = self.numeric(start) or self.day_of_month(start)
            return Stretch(*unit_around(day.start, "week"), day.after) if day and day.start == day.end else None
        month = self.month(start)
        if month is None:
            return None
        first = month.end - timedelta(days=6) if which in LAST else month.start + timedelta(days=7 * (WEEKS[which] - 1))
        return Stretch(first, first + timedelta(days=6), month.after, month.year_given)

    def _last(self, place: int, following: str) -> Stretch | None:  # noqa: PLR0911 -- one return a form of words
        joined = COUNTED.match(following)
        if joined:
            unit_name = UNITS.get(joined.group(2), "day")
            return Stretch(back(self.today, int(joined.group(1)), unit_name), self.today, place + 2)
        number = self.number(place + 1)
        if number:
            unit = place + 2 + (self.word(place + 2) in {"of", "de"})
            if self.word(unit) in UNITS:
                return Stretch(back(self.today, number, UNITS[self.word(unit)]), self.today, unit + 1)
        if following in UNITS:
            unit_name = UNITS[following]
            rolling = following.endswith("s") and following != "mes"
            if rolling or (self.word(place) == "past" and unit_name != "day"):
                return Stretch(back(self.today, 3 if rolling else 1, unit_name), self.today, place + 2)
            return self._previous(unit_name, place + 2)
        if following == "weekend":
            saturday = self.today - timedelta(days=self.today.weekday() + 2)
            return Stretch(saturday, saturday + timedelta(days=1), place + 2)
        if following in WEEKDAYS:
            return self._weekday(WEEKDAYS[following], place + 2)
        if following in MONTHS:
            return self._last_month(MONTHS[following], place + 2)
        if following in SEASONS:
            return self._season(SEASONS[following], place + 2, whole=True)
        return None

    def _previous(self, unit: str, after: int) -> Stretch:
        start = unit_around(self.today, unit)[0]
        return Stretch(*unit_around(start - timedelta(days=1), unit), after)

    def _last_month(self, month: int, after: int) -> Stretch:
        year = self.today.year - (month >= self.today.month)
        return Stretch(*month_days(year, month), after)

    def ago(self, place: int) -> Stretch | None:
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
        return Stretch(*unit_around(back(self.today, number, name), name), unit + 1 + (not spanish))

    def number(self, place: int) -> int | None:
        """A count in digits or words."""
        word = self.word(place)
        if word.isascii() and word.isdigit() and len(word) <= 4:  # noqa: PLR2004 -- no longer counts are said
            return int(word) or None
        if word == "a" and self.word(place + 1) in {"couple", "few"}:
            return None
        return NUMBERS.get(word)

    def day_of_month(self, place: int) -> Stretch | None:
        """June 17 2024, February ninth, the 17th of June, 17 de junio de 2024, nueve de febrero."""
        if self.word(place) in MONTHS:
            month, day = self.word(place), self._day(place + 1 + (self.word(place + 1) == "the"))
            after = day[1] if day else place
        else:
            day = self._day(place)
            month_place = self.skip(day[1] if day else place, frozenset({"of", "de", "day"}))
            month, after = self.word(month_place), month_place + 1
            if month in VAGUE_MONTHS and day and month_place == day[1] and self.word(place) in DAY_WORDS:
                return None  # "the second may be cheaper"
        if not day or month not in MONTHS:
            return None
        return self.dated(MONTHS[month], day[0], after)

    def dated(self, month: int, day: int, after: int) -> Stretch | None:
        """A day of a month with the year that is said behind it, else the latest such day."""
        year, after = self._year_after(after)
        found = self._date(year or self.today.year, month, day)
        if found and year is None and found > self.today:
            found = self._date(self.today.year - 1, month, day)
        return Stretch(found, found, after, year is not None) if found else None

    def _day(self, place: int) -> tuple[int, int] | None:
        """The day of a month in figures or words, and the place behind it."""
        word = self.word(place)
        matched = DAY.match(word)
        if matched:
            number = int(matched.group(1))
            return (number, place + 1) if 1 <= number <= DAY_PLACES else None
        if word in TENS and (unit := DAY_WORDS.get(self.word(place + 1), DAY_PLACES)) < 10:  # noqa: PLR2004 -- twenty first
            return TENS[word] + unit, place + 2
        return (DAY_WORDS[word], place + 1) if word in DAY_WORDS else None

    def _year_after(self, place: int) -> tuple[int | None, int]:
        """The year that is said at `place` ("of 2023", "last year"), and the place behind it."""
        start = self.skip(place, frozenset({"of", "de", "del", "in", "el"}))
        word, following = self.word(start), self.word(start + 1)
        if YEAR.match(word):
            return int(word), start + 1
        if (word in LAST and following == "year") or (word == "ano" and following in PAST_AFTER):
            return self.today.year - 1, start + 2
        if (word in THIS and following in {"year", "ano"}) or (word == "ano" and following == "actual"):
            return self.today.year, start + 2
        return None, place

    def month(self, place: int) -> Stretch | None:
        """March, last March, March of last year."""
        start = place + (self.word(place) in THIS or self.word(place) in {"early", "late", "mid"})
        word = self.word(start)
        if word not in MONTHS:
            return None
        if self.word(start + 1) in PAST_AFTER:
            return self._last_month(MONTHS[word], start + 2)
        year, after = self._year_after(start + 1)
        if year is None and start == place and self._is_vague(place, after):
            return None
        number = MONTHS[word]
        chosen = year if year is not None else self.today.year - (number > self.today.month)
        return Stretch(*month_days(chosen, number), after, year is not None)

    def _is_vague(self, place: int, after: int) -> bool:
        """Whether a month's name here may be a plain word: nothing leads to it, and no other month is beside it."""
        if self.word(place) not in VAGUE_MONTHS or self.word(place - 1) in LED_BY or len(self.words) == 1:
            return False
        joined = self.word(after) in TO or after in self.dashes
        return not (joined and self.word(after + (self.word(after) in TO)) in MONTHS)

    def half(self, place: int) -> Stretch | None:
        """The first half of 2024, H1 2024, el primer semestre."""
        said = next((said for said in HALVES if tuple(self.words[place : place + len(said)]) == said), None)
        if said is None:
            return None
        year, after = self._year_after(place + len(said))
        year, first = year or self.today.year, HALVES[said] * 6 - 5
        if date(year, first, 1) > self.today:
            year -= 1
        return Stretch(date(year, first, 1), month_days(year, first + 5)[1], after)

    def fiscal(self, place: int) -> Stretch | None:
        """FY25, last fiscal year, año fiscal 2025: the calendar year, since whose fiscal year it is is not known."""
        short = FISCAL_YEAR.match(self.word(place))
        if short:
            year = int(short.group(1)) + 2000 * (len(short.group(1)) == 2)  # noqa: PLR2004 -- FY25
            return self._year(year, place + 1)
        start = place + (self.word(place) in UNITS or self.word(place) in THIS | LAST)
        start += start > place and self.word(start) in UNITS
        if self.word(start) not in FISCAL:
            return None
        if self.word(place) in THIS | LAST or self.word(start + 1) in PAST_AFTER:
            passed = self.word(place) in LAST or self.word(start + 1) in PAST_AFTER
            behind = self.skip(start + 1, PAST_AFTER | {"year"})
            return self._year(self.today.year - passed, behind)
        start = self.skip(start + 1, frozenset({"year", "of", "de", "del"}))
        word = self.word(start)
        if word.isascii() and word.isdigit() and len(word) == 2:  # noqa: PLR2004 -- fiscal 25
            return self._year(int(word) + 2000, start + 1)
        return self.year(start)

    def _year(self, year: int, after: int) -> Stretch | None:
        if not MINYEAR <= year <= self.today.year:
            return None
        return Stretch(date(year, 1, 1), date(year, 12, 31), after)

    def quarter(self, place: int) -> Stretch | None:
        """Q3, the last quarter, the third quarter of 2024."""
        word, after = self.word(place), place + 1
        number = int(word[1]) if len(word) == 2 and word[0] in "qt" and word[1] in "1234" else None  # noqa: PLR2004 -- q3
        if number is None and word in QUARTERS and UNITS.get(self.word(place + 1)) == "quarter":
            number, after = QUARTERS[word], place + 2
        if number is None:
            return None
        year, after = self._year_after(after)
        first = date(year or self.today.year, number * 3 - 2, 1)
        if year is None and first > self.today:
            first = first.replace(year=first.year - 1)
        return Stretch(*unit_around(first, "quarter"), after)

    def season(self, place: int) -> Stretch | None:
        """Last summer, in the spring."""
        start = place + (self.word(place) in THIS)
        word = self.word(start)
        if word not in SEASONS:
            return None
        if self.word(start + 1) in PAST_AFTER:
            return self._season(SEASONS[word], start + 2, whole=True)
        year, after = self._year_after(start + 1)
        if year is not None:
            first = date(year, SEASONS[word], 1)
            return Stretch(first, month_days(*months_later(first, 2))[1], after)
        if start == place and self.word(place - 1) not in LED_BY | {"the", "el", "la"}:
            return None
        return self._season(SEASONS[word], start + 1, whole=False)

    def _season(self, month: int, after: int, *, whole: bool) -> Stretch:
        first = date(self.today.year, month, 1)
        last = month_days(*months_later(first, 2))[1]
        if first > self.today or (whole and last >= self.today):
            first = first.replace(year=first.year - 1)
            last = month_days(*months_later(first, 2))[1]
        return Stretch(first, last, after)

    def weekday(self, place: int) -> Stretch | None:
        """Monday, last Monday."""
        word = self.word(place)
        if word not in WEEKDAYS:
            return None
        return self._weekday(WEEKDAYS[word], place + 1 + (self.word(place + 1) in PAST_AFTER))

    def _weekday(self, weekday: int, after: int) -> Stretch:
        return self._days_ago((self.today.weekday() - weekday - 1) % 7 + 1, after)

    def year(self, place: int) -> Stretch | None:
        """2024."""
        word = self.word(place)
        if not YEAR.match(word) or int(word) > self.today.year:
            return None
        return Stretch(date(int(word), 1, 1), date(int(word), 12, 31), place + 1)
