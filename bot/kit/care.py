"""The member's clinical records: search results in order, test results as series and curves, and pages of records."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Generic, Literal, TypeVar

import msgspec
from msgspec.structs import asdict, replace

from bot.kit.ask import Ask, Summary
from bot.kit.reading import Reader, records
from bot.kit.spans import span_of
from bot.kit.spelling import words_of
from bot.payer.search import Search
from bot.records.care import CarePlan, ClinicalRecord, Observation, figures_of, unit_of
from bot.records.shapes import grouped
from bot.records.written import PartialDate, Period

_TREND = 5  # results of one test
_ASSESS = "assess-plan"

_MOST = 12

_TESTS = 6  # a page of them
Direction = Literal["either", "down", "up", "same"]
_DIRECTIONS: Mapping[Direction, re.Pattern[str]] = {
    "either": re.compile(
        r"\b(?:higher or lower|lower or higher|up or down|down or up|mas alt[oa] o mas baj[oa]|sub(?:io|e) o baj[oa])\b"
        r"|\b(?:worse or better|better or worse|improv(?:ed|ing)|getting (?:better|worse)|(?:mejor|peor|empeor)ando)\b"
        r"|\b(?:worse|better|different|compared?|peor|mejor|distint[oa])\b.*\b(?:than|to|from|with|que|con)\b"
    ),
    "down": re.compile(
        r"\b(?:down|lower|dropp?(?:ed)?|f[ae]ll(?:en)?|decreased?|(?:me|se|ha|han) baj(?:o|ado|aron))\b"
    ),
    "up": re.compile(
        r"\b(?:up|higher|r[oi]sen?|increased?|climbed|(?:me|se|ha|han) sub(?:io|ido|ieron)|mas alt[oa])\b"
    ),
    "same": re.compile(r"\b(?:changed?|(?:the )?same(?! (?:for|with|thing))|cambi(?:o|ado)|igual)\b"),
}
"""The words that ask whether a result moved, by the direction that the answer "yes" confirms."""
_BEFORE = re.compile(
    r"\b(?:time|one|test|result|reading|check) before\b|\bprevious\b|\bprior\b|\bvez anterior\b|\b(?:la|el) anterior\b"
)
"""The words that ask for the result before the newest one."""
_LIMIT = re.compile(
    r"\b(?:(?P<over>over|above|past|hit|(?:higher|more|greater) than|más de|pasó de)"
    r"|under|below|(?:lower|less) than|menos de) "
    r"(?P<number>\d{1,4}(?:\.\d{1,2})?)\b",
    re.IGNORECASE,
)


_EVERY = re.compile(r"\b(?:ever|any|each|every|either|how many|which|only|times|when|alguna vez|algun|cuales|cuando)\b")
"""The words that ask for all results, and not only for the newest."""
_OUTSIDE = frozenset({"high", "low", "abnormal"})
_ASKS_MARK = re.compile(
    r"^(?:and |so |y )?(?:is|are|was|were|did|am|esta|estan|estoy|salio|salieron|sali)\b"
    r"(?!.*\b(?:higher|lower|mas alt[oa]|mas baj[oa])\b)|^\w+$"
)
"""Matches a yes-no question, or a single word such as "normal?"."""
_MARKS: Mapping[frozenset[str], re.Pattern[str]] = {
    frozenset({"high"}): re.compile(r"\b(?:high|elevated|too much|alt[oa]|(?:above|over)(?: the)? (?:normal|range))\b"),
    frozenset({"low"}): re.compile(r"\b(?:low|baj[oa]|(?:below|under)(?: the)? (?:normal|range))\b"),
    _OUTSIDE: re.compile(r"\b(?:bad|off|wrong|abnormal|flagged|not normal|out of|outside|mal[oa]?|fuera)\b"),
    frozenset({"normal"}): re.compile(
        r"\b(?:normal|ok|okay|fine|good|alright|in (?:the )?range|bien|buen[oa]|dentro)\b"
    ),
}
"""The words that ask how a result is marked, by the marks that the answer "yes" confirms: "below normal" means low."""


T = TypeVar("T")
D = TypeVar("D", bound=ClinicalRecord)


class Series(msgspec.Struct, frozen=True):
    """The results of one test, newest first; `key` is the test's code, or the test's name if there is no code."""

    key: str
    results: tuple[Observation, ...]

    @property
    def newest(self) -> Observation:
        """The newest result."""
        return self.results[0]

    @property
    def earlier(self) -> tuple[Observation, ...]:
        """The results before the newest, at most four."""
        return self.results[1:_TREND]

    @property
    def moved(self) -> Direction | None:
        """Whether the newest result is "up", "down" or the "same"; None unless both are numbers in the same unit.

        For a blood pressure, None if its two numbers moved in opposite directions.
        """
        unit, before = unit_of(self.newest), self.results[1] if self.results[1:] else None
        if before is None or unit is None or unit_of(before) != unit:
            return None
        pairs = zip(figures_of(self.newest), figures_of(before), strict=True)
        moves = {(now > then) - (now < then) for now, then in pairs} - {0}
        return None if len(moves) > 1 else "same" if not moves else "down" if moves == {-1} else "up"


class Shielded(msgspec.Struct, frozen=True):
    """The number of records with a sensitivity label, and whether the member asked to see these records (T33)."""

    count: int
    shown: bool

    @property
    def hidden(self) -> int:
        """The number of records that are counted but not described."""
        return 0 if self.shown else self.count


UNSHIELDED = Shielded(0, shown=False)


async def results(ask: Ask, category: str) -> tuple[Observation, ...]:
    """Return the valid results of a category in the requested period, newest first; a comparison ignores its start."""
    first, last = span_of(ask)
    if first and (_back(ask) or _direction(ask)):  # to compare, or to show an earlier one
        days = {"start": None, "end": last.isoformat() if last else None}
        ask = replace(ask, slots={**ask.slots, "date_range": days}, several={})
    dates = (("date", f"{prefix}{day}") for prefix, day in zip(("ge", "le"), span_of(ask), strict=True) if day)
    found = await dated(ask, Search("Observation", (("category", category), *dates)), Observation)
    return tuple(one for one in found if one.is_of(category))


def _said(ask: Ask) -> str:
    return " ".join(words_of(ask.said))


async def care_plans(ask: Ask) -> tuple[CarePlan, ...]:
    """Return the care plans, newest first; US Core requires a category in every search."""
    return await dated(ask, Search("CarePlan", (("category", _ASSESS),)), CarePlan)


async def dated(ask: Ask, search: Search, read: Reader[D]) -> tuple[D, ...]:
    """Return the valid records within the requested period, newest first, undated ones last."""
    span, every = span_of(ask), await records(ask, search, read, shown=True, spare=("category",))
    found = [one for one in every if one.counts and (span == (None, None) or Period(one.day).overlaps(*span))]
    return tuple(sorted(found, key=lambda one: Period(one.day).sort_key, reverse=True))


def shield(ask: Ask, found: Sequence[D]) -> tuple[tuple[D, ...], Shielded]:
    """Return the records that may be described, and the number of all records with a sensitivity label."""
    shown = ask.arguments.get("show") == "yes"
    described = tuple(one for one in found if shown or not one.labels)
    return described, Shielded(sum(1 for one in found if one.labels), shown)


def series(found: Iterable[Observation]) -> tuple[Series, ...]:
    """Return the results grouped by test; the test with the newest result comes first."""
    tests = grouped(found, lambda one: next(iter(one.main.codes), None) or (one.main.name or "").casefold())
    return tuple(Series(key, tuple(rows)) for key, rows in tests.items())


def as_of(ask: Ask, tests: Iterable[Series]) -> tuple[Series, ...]:
    """Return the tests without the newest results that the question skips: one for "what was it the time before".

    At least the oldest result of a test stays.
    """
    back = _back(ask)
    return tuple(replace(test, results=test.results[min(back, len(test.results) - 1) :]) for test in tests)


def _back(ask: Ask) -> int:
    """Return how many of the newest results the question skips: `pick` of a button, or 1 for "the one before", or 0."""
    return ask.pick or int(_direction(ask) is None and _BEFORE.search(_said(ask)) is not None)


class Curve(msgspec.Struct, frozen=True):
    """The newest results of one test in one unit, oldest first; `left` counts the results left out.

    A blood pressure has two `lines`, any other test one. `low` and `high` are the reference range, None unless all
    results have the same range. `unit` is None for plain numbers.
    """

    results: tuple[Observation, ...]
    left: int
    unit: str | None = None
    low: Decimal | None = None
    high: Decimal | None = None

    @property
    def days(self) -> tuple[date, ...]:
        """The date of each result; the first of the month if no day is given."""
        return tuple(one.day.first for one in self.results if one.day)

    @property
    def lines(self) -> tuple[tuple[Decimal, ...], ...]:
        """The values of the results, one tuple for each line of the curve."""
        return tuple(zip(*(figures_of(one) for one in self.results), strict=True))


def curve_of(results: Sequence[Observation]) -> Curve | None:
    """Return the curve of results given newest first; None if fewer than two are dated numbers in the same unit."""
    unit = next((unit for one in results if (unit := unit_of(one)) is not None), None)
    alike = [one for one in results if unit_of(one) == unit] if unit is not None else []
    if len(alike) <= 1:
        return None
    drawn = tuple(alike[:_MOST][::-1])
    ranges = {(one.main.usual.low, one.main.usual.high) if one.main.usual else (None, None) for one in drawn}
    bounds = ranges.pop() if len(ranges) == 1 else (None, None)
    plain = all(not one.comparator and (one.unit or unit) == unit for one in bounds if one)
    low, high = (one.value if one and plain else None for one in bounds)
    return Curve(drawn, len(results) - len(drawn), unit or None, low, high)


class OnRecord(Summary, Generic[T], frozen=True):
    """One page of records; `first` is the position of its first record, `found` the number of records that were read.

    Records with a sensitivity label are counted in `shielded` and left out until the member asks for them.
    """

    rows: tuple[T, ...] = ()
    first: int = 1
    more: bool = False
    page: int = 0
    found: int = 0
    asked_time: bool = False
    shielded: Shielded = UNSHIELDED


class TestsOnRecord(OnRecord[Series], frozen=True):
    """One page of tests, each with its newest result and the earlier ones; `test` is the one that a button selected.

    `named` is the test that the message names: only similar tests are listed, or all, with `missing` set, if none is
    similar. `without` is a test that the message excludes. `of` are the tests of all pages; without `named`, those out
    of range come first. `oldest`: no result is older, though an earlier one was requested.

    The question may be whether a result moved (in the direction `asked`), is over or under a number (`limit`: the
    number, and True for over) or has one of `marks`, of `every` result or only the newest; whether it is bad
    (`worries`); who ordered a test or whether a doctor has
    seen it (`untold`); or whether results are there (`arrived`: the day of the newest).
    """

    of: tuple[Series, ...] = ()
    arrived: PartialDate | None = None

    test: Series | None = None
    oldest: bool = False
    untold: Literal["ordered", "seen"] | None = None
    worries: bool = False
    named: str | None = None
    missing: bool = False
    asked: Direction | None = None
    limit: tuple[Decimal, bool] | None = None
    marks: frozenset[str] = frozenset()
    every: bool = False
    without: str | None = None

    @property
    def held(self) -> tuple[Observation, ...] | None:
        """Which results in question are beyond `limit` or have an interpretation in `marks`; None if that is unknown.

        A limit holds for the number that is nearest to it: in pounds or kilograms, or of the two of a blood pressure.
        """
        rows = (self.only.results if self.every else self.only.results[:1]) if self.only else ()
        if self.marks and rows and all(one.main.mark for one in rows):
            return tuple(one for one in rows if one.main.mark in self.marks)
        figures = (
            (one, one.main.value.quantity if one.main.value else None) for one in rows if unit_of(one) is not None
        )
        sizes = [
            (one, (*figures_of(one), *((figure.customary.value,) if figure and figure.customary else ())))
            for one, figure in figures
        ]
        if self.limit is None or not sizes:
            return None
        (number, over), size = self.limit, sizes[0][1]
        at = min(range(len(size)), key=lambda at: abs(size[at] - number))
        return tuple(one for one, found in sizes if (found[at] > number if over else found[at] < number))

    @property
    def only(self) -> Series | None:
        """The single test that was named, if its newest result is a dated number or a blood pressure; else None."""
        if not self.named or self.missing or len(self.rows) != 1 or self.page or self.more:
            return None
        newest = self.rows[0].newest if self.rows else None
        figure = newest and (newest.pressure or (newest.main.value and not newest.parts))
        return self.rows[0] if newest and newest.day and figure else None

    @property
    def trend(self) -> tuple[Observation, ...]:
        """The last five results of the test that a button selected; () without such a test."""
        return self.test.results[:_TREND] if self.test else ()

    @property
    def curve(self) -> tuple[Observation, ...]:
        """The last results of the selected or single test, oldest first; () unless they are numbers in one unit."""
        drawn = self.test or self.only
        last = drawn.results[:_TREND] if drawn else ()
        units = {unit_of(one) for one in last}
        return last[::-1] if len(units) == 1 and None not in units and len(last) > 1 else ()

    @property
    def marked(self) -> bool:
        """Whether the record marks the newest result of every test, for example as normal or high."""
        return bool(self.of) and all(test.newest.main.mark and not test.newest.parts for test in self.of)

    @property
    def outside(self) -> tuple[Series, ...]:
        """The tests whose newest result is a value outside its reference range."""
        return tuple(filter(_is_outside, self.of))

    @property
    def shown(self) -> tuple[Observation, ...]:
        """All results that the page shows."""
        return self.trend or tuple(one for test in self.rows for one in test.results[:_TREND])


def on_record(ask: Ask, ordered: Sequence[T], found: int, shielded: Shielded, *, size: int) -> OnRecord[T]:
    """Return the requested page of `ordered`, the records that may be described."""
    first = ask.page * size
    rows, more = tuple(ordered[first : first + size]), len(ordered) > first + size
    return OnRecord(rows, first + 1, more, ask.page, found, "date_range" in ask.slots, shielded)


def tests_on_record(
    ask: Ask, every: Sequence[Series], found: int, shielded: Shielded, *, named: str | None, alike: Sequence[Series]
) -> TestsOnRecord:
    """Return the requested page of the tests in `alike`, or of all tests if `alike` is empty."""
    said, limit = _said(ask), _LIMIT.search(ask.said)
    marked = next((marks for marks, words in _MARKS.items() if words.search(said)), frozenset[str]())
    asks_mark = (_EVERY.search(said) or _ASKS_MARK.search(said)) is not None
    ordered = tuple(alike or sorted(every, key=_is_outside, reverse=True))
    return TestsOnRecord(
        **asdict(on_record(ask, ordered, found, shielded, size=_TESTS)),
        oldest=_back(ask) > 0 and all(len(test.results) == 1 for test in ordered),
        test=next((test for test in every if test.key == ask.arguments.get("test")), None),
        named=named,
        missing=bool(named and every and not alike),
        asked=_direction(ask) if alike else None,
        limit=(Decimal(limit["number"]), bool(limit["over"])) if alike and limit else None,
        marks=marked if alike and asks_mark else frozenset(),
        every=("date_range" in ask.slots and _direction(ask) is None) or _EVERY.search(said) is not None,
        of=ordered,
    )


def _is_outside(test: Series) -> bool:
    return test.newest.main.mark in _OUTSIDE and test.newest.main.value is not None


def _direction(ask: Ask) -> Direction | None:
    said = _said(ask)
    return next((way for way, words in _DIRECTIONS.items() if words.search(said)), None)
