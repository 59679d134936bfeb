"""Date phrases to ranges of days, English and Spanish: "between June and August", "since January", "desde marzo"."""

import re
from calendar import monthrange
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta

from bot.language.calendar_days import DateFound, Days, Stretch, month_days
from bot.language.date_phrases import DatePhrases
from bot.language.date_words import (
    AFTER,
    BEFORE,
    DATE_WORDS,
    DAY_WORDS,
    FILLER,
    HALVES,
    LAST,
    MONTHS,
    NUMBERS,
    QUARTERS,
    SEASONS,
    SINCE,
    TENS,
    THIS,
    TO,
    UNITS,
    UNTIL,
    WEEKS,
    YEAR,
)
from bot.language.holidays import FIRST_WORDS

_TO_DAY = frozenset({"to", "through", "thru", "al", "a", "hasta", "until"})
_UNITS_OF_TIME = frozenset(UNITS)
_LISTED = frozenset({"and", "or", "y", "o", "in", "en", "also", "the", "of", "de", "plus", "del"})
# Words with which a phrase of time can begin, beside figures, Q1 and FY25.
_STARTS = frozenset({
    *DATE_WORDS, *SINCE, *UNTIL, *BEFORE, *AFTER, *LAST, *THIS, *NUMBERS, *QUARTERS, *WEEKS, *DAY_WORDS, *TENS,
    *FIRST_WORDS, *(said[0] for said in HALVES), "between", "entre", "early", "late", "mid", "hace", "benefit",
    "plan", "my", "mi", "the", "el", "la", "va", "de",
})  # fmt: skip
_QUARTER = re.compile(r"(?:[qt][1-4]|fy\d{0,4})$")
_ONWARD = frozenset({"on", "onward", "onwards", "forward"})


class _Ranges(DatePhrases):
    """Two phrases, or one with an open side, to a range."""

    def range(self, place: int) -> DateFound | None:
        """A stretch with a preposition (since, until, between … and …), or a plain period."""
        word = self.word(place)
        start = self.skip(place + 1, FILLER | {"then"})
        if word in {"between", "entre", "from", "desde", "de"}:
            both = self._days_from(place, start) or self._both(place, start, strict=word == "de")
            if both:
                return both
        if word in SINCE:
            return self._since(place, word, start)
        if word in UNTIL | BEFORE | AFTER:
            return self._open(place, word, start)
        found = self.days(place) or self.period(place)
        if not found:
            return None
        joined = self.word(found.after) in TO and self.word(found.after) not in {"and", "y", "a"}
        if joined or found.after in self.dashes:
            both = self._both(place, place, strict=True)
            if both:
                return both
        return self._dashed(place, found) or self._found(place, found.after, (found.start, found.end))

    def _days_from(self, place: int, start: int) -> DateFound | None:
        """From Feb 9th thru the 15th, del 1 al 15 de marzo."""
        days = self.days(start)
        return self._found(place, days.after, (days.start, days.end)) if days else None

    def _dashed(self, place: int, first: Stretch) -> DateFound | None:
        """1/1/24-3/31/24: two dates in figures, one right after the other."""
        second = self.numeric(first.after) if self.numeric(place) else None
        if not second or second.end < first.start:
            return None
        return self._found(place, second.after, (first.start, second.end))

    def _since(self, place: int, word: str, start: int) -> DateFound | None:
        """From then until now; "from March" alone is March, "from March on" is open."""
        opened = self._start_of(start)
        if opened is None:
            return None
        if word == "from" and self.word(opened.after) not in _ONWARD:
            return self._found(place, opened.after, (opened.start, opened.end))
        return self._found(place, opened.after + (word == "from"), (opened.start, None))

    def _start_of(self, start: int) -> Stretch | None:
        after = start + 1 if self.word(start) in {"beginning", "start", "principio", "inicio", "comienzo"} else start
        if after > start:
            after = self.skip(after)
            if self.word(after) in {"year", "ano"}:
                return Stretch(date(self.today.year, 1, 1), self.today, after + 1)
        return self.period(after)

    def _open(self, place: int, word: str, start: int) -> DateFound | None:
        found = self.period(start)
        if not found:
            return None
        if word in BEFORE:
            return self._found(place, found.after, (None, found.start - timedelta(days=1)))
        if word in AFTER:
            return self._found(place, found.after, (found.end + timedelta(days=1), None))
        return self._found(place, found.after, (None, found.end))

    def _both(self, place: int, start: int, *, strict: bool) -> DateFound | None:
        first = self.days(start) or self.period(start)
        joined = first.after if first else 0
        dashed = joined in self.dashes
        if not first or not (dashed or self.word(joined) in TO) or (strict and self.word(joined) in {"and", "y"}):
            return None
        behind = joined if dashed else self.skip(joined + 1)
        second = self.period(behind)
        if not second:
            if self.word(behind) in {"now", "ahora", "date", "present", "hoy"}:
                return self._found(place, behind + 1, (first.start, None))
            return None
        begin = first.start
        if not first.year_given:
            begin = self._in_year(begin, second.end.year)
            if begin > second.end:
                begin = self._in_year(begin, second.end.year - 1)
        return self._found(place, second.after, (min(begin, second.end), max(begin, second.end)))

    def before(self, place: int) -> int:
        """The first place before this one that holds no filler."""
        place -= 1
        while self.word(place) in FILLER:
            place -= 1
        return place

    def days(self, place: int) -> Stretch | None:
        """March 1 to 15, march 1-15, 1 al 15 de marzo: two days of one month."""
        month = MONTHS.get(self.word(place))
        first = self._day(place + (month is not None))
        joints = _TO_DAY | ({"and", "y"} if self.word(self.before(place)) in {"between", "entre"} else frozenset())
        if first is None or not (first[1] in self.dashes or self.word(first[1]) in joints):
            return None
        last = self._day(first[1] if first[1] in self.dashes else self.skip(first[1] + 1))
        if last is None:
            return None
        after = last[1]
        if month is None:
            after = self.skip(after, frozenset({"of", "de"}))
            month, after = MONTHS.get(self.word(after)), after + 1
        elif self.word(after) in MONTHS or self.word(after) in _UNITS_OF_TIME:
            return None
        end = self.dated(month, last[0], after) if month else None
        if end is None or not first[0] <= last[0]:
            return None
        return Stretch(end.start.replace(day=first[0]), end.end, end.after, end.year_given)

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


def find_dates(
    words: Sequence[str],
    today: date,
    plan_year: tuple[date, date] | None = None,
    *,
    dashes: Collection[int] = (),
) -> tuple[DateFound, ...]:
    """The date phrases among folded words, in order, each as days with both ends included.

    No range starts in the future; a range that would reach beyond `today` ends today. An open start is None. Periods
    that follow one another ("February and March") are one range; of a season with months behind it ("late winter,
    February and March") only the months count. `dashes`: see `DatePhrases`.
    """
    plain = [word.removesuffix("'s").replace("'", "") for word in words]
    if not any(word in DATE_WORDS or word[:1].isdigit() or _QUARTER.match(word) for word in plain):
        return ()
    grammar = _Ranges(plain, today, plan_year, dashes)
    found: list[DateFound] = []
    place = 0
    while place < len(words):
        if not _may_begin(plain[place]):
            place += 1
            continue
        try:
            hit = grammar.range(place)
        except (ValueError, OverflowError):
            hit = None
        if hit and hit.after > place:
            found.append(hit)
            place = hit.after
        else:
            place += 1
    return tuple(_listed(plain, found)) if len(found) > 1 else tuple(found)


def _may_begin(word: str) -> bool:
    return word in _STARTS or word[:1].isdigit() or word.removesuffix("s") in _STARTS or bool(_QUARTER.match(word))


def _listed(words: Sequence[str], found: Sequence[DateFound]) -> Iterator[DateFound]:
    """The ranges, those that are said one after the other and follow each other in time made one."""
    last: DateFound | None = None
    for one in found:
        if last is None:
            last = one
            continue
        near = set(words[last.after : one.first]) <= _LISTED
        if near and (not set(words[last.first : last.after]).isdisjoint(SEASONS)) and not _has_season(words, one):
            last = one
        elif near and (whole := _follows(last, _same_year(words, last, one), one)):
            last = whole
        else:
            yield replace(last, days=_same_year(words, last, one)) if near else last
            last = one
    if last is not None:
        yield last


def _has_season(words: Sequence[str], one: DateFound) -> bool:
    return not set(words[one.first : one.after]).isdisjoint(SEASONS)


def _same_year(words: Sequence[str], first: DateFound, second: DateFound) -> Days:
    """The days of the first, in the year that only the second names: "February and March 2023"."""
    start, end = first.days
    year = next((int(word) for word in words[second.first : second.after] if YEAR.match(word)), None)
    dated = any(YEAR.match(word) for word in words[first.first : first.after])
    bare = first.after - first.first == 1 and words[first.first] in MONTHS
    if year is None or dated or not bare or start is None or second.days[0] is None:
        return start, end
    year -= start.month > second.days[0].month
    return month_days(year, start.month)


def _follows(first: DateFound, days: Days, second: DateFound) -> DateFound | None:
    start, end = days
    begin, until = second.days
    if start is None or end is None or begin is None or until is None:
        return None
    if not start <= begin <= end + timedelta(days=1):
        return None
    return DateFound(first.first, second.after, (start, max(end, until)))
