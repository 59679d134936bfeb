"""Date phrases to ranges of days, English and Spanish: "between June and August", "since January", "desde marzo"."""

from calendar import monthrange
from collections.abc import Sequence
from datetime import date, timedelta

from bot.language.calendar_days import DateFound, Days, Stretch
from bot.language.date_phrases import Phrases
from bot.language.date_words import AFTER, BEFORE, DATE_WORDS, FILLER, SINCE, TO, UNTIL

_ONWARD = frozenset({"on", "onward", "onwards", "forward"})


class _Ranges(Phrases):
    """Two phrases, or one with an open side, to a range."""

    def range(self, place: int) -> DateFound | None:
        """A stretch with a preposition (since, until, between … and …), or a plain period."""
        word = self.word(place)
        start = self.skip(place + 1, FILLER | {"then"})
        if word in {"between", "entre", "from", "desde", "de"}:
            both = self._both(place, start, strict=word == "de")
            if both:
                return both
        if word in SINCE:
            return self._since(place, word, start)
        if word in UNTIL | BEFORE | AFTER:
            return self._open(place, word, start)
        found = self.period(place)
        if not found:
            return None
        if self.word(found.after) in TO | {"-"} and self.word(found.after) not in {"and", "y", "a"}:
            both = self._both(place, place, strict=True)
            if both:
                return both
        return self._dashed(place, found) or self._found(place, found.after, (found.start, found.end))

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
        first = self.period(start)
        joined = first.after if first else 0
        if not first or self.word(joined) not in TO or (strict and self.word(joined) in {"and", "y"}):
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


def find_dates(words: Sequence[str], today: date, plan_year: tuple[date, date] | None = None) -> tuple[DateFound, ...]:
    """The date phrases among folded words, in order, each as days with both ends included.

    No range starts in the future; a range that would reach beyond `today` ends today. An open start is None.
    """
    plain = [word.removesuffix("'s").replace("'", "") for word in words]
    if not any(word in DATE_WORDS or word[:1].isdigit() or word[:1] == "q" for word in plain):
        return ()
    grammar = _Ranges(plain, today, plan_year)
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
