"""The member's clinical records: search results in order, test results as series and curves, and pages of records."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Generic, Literal, TypeVar

import msgspec
from msgspec.structs import asdict, replace

from bot.kit.ask import Ask, Paged
from bot.kit.reading import Reader, records
from bot.kit.results_asked import (
    OUTSIDE,
    Bounds,
    Course,
    Direction,
    ResultsAsked,
    SelectedResults,
    bounds_of,
    mentions,
    off_range,
    results_asked,
    selected_results,
)
from bot.kit.spans import TimeSpan, excluded_days, separate_times, span_of
from bot.kit.spelling import words_of
from bot.payer.search import Search
from bot.records.care import ClinicalRecord, Observation, figures_of, unit_of
from bot.records.shapes import grouped
from bot.records.written import PartialDate, Period

_TREND = 5  # results of one test

_MOST = 12
_TESTS = 6  # a page of them
_OTHERS = frozenset({"all", "any", "else", "every", "everything", "other", "others", "rest", "otros", "otras", "todos"})
_VISITS = frozenset({"office_visit", "checkup", "er", "urgent_care", "hospital_stay", "telehealth_visit"})
_REST = frozenset({"else", "other", "others", "otros", "otras", "demas"})

T = TypeVar("T")
D = TypeVar("D", bound=ClinicalRecord)


class Series(msgspec.Struct, frozen=True):
    """The results of one test, newest first; `key` is the test's code, or the test's name if there is no code.

    `then` is the result with which the newest is compared, None for the one before it.
    """

    key: str
    results: tuple[Observation, ...]
    then: Observation | None = None

    @property
    def newest(self) -> Observation:
        """The newest result."""
        return self.results[0]

    @property
    def earlier(self) -> tuple[Observation, ...]:
        """The results before the newest, at most four."""
        return self.results[1:_TREND]

    @property
    def before(self) -> Observation | None:
        """The result with which the newest is compared; None if there is none."""
        return self.then or next(iter(self.results[1:]), None)

    @property
    def moved(self) -> Direction | None:
        """Whether the newest result is "up", "down" or the "same"; None unless both are numbers in the same unit.

        For a blood pressure, None if its two numbers moved in opposite directions.
        """
        unit, before = unit_of(self.newest), self.before
        if before is None or unit is None or unit_of(before) != unit:
            return None
        pairs = zip(figures_of(self.newest), figures_of(before), strict=True)
        moves = {(now > then) - (now < then) for now, then in pairs} - {0}
        return None if len(moves) > 1 else "same" if not moves else "down" if moves == {-1} else "up"

    @property
    def nearer(self) -> bool | None:
        """Whether the newest result is nearer to its reference range than the one before; None if neither is."""
        now, then = off_range(self.newest), off_range(self.before) if self.before else None
        return None if now is None or then is None or now == then else now < then


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
    """Return the valid results of a category in the requested period, newest first.

    A question about an earlier result ignores the start of its period, and a comparison ignores the whole of it.
    """
    (first, last), wanted = span_of(ask), results_asked(ask)
    if (first or last) and (wanted.way or wanted.back):
        days = {"start": None, "end": last.isoformat() if last and not wanted.way else None}
        ask = replace(ask, slots={**ask.slots, "date_range": days}, several={})
    dates = [("date", f"{prefix}{day}") for prefix, day in zip(("ge", "le"), span_of(ask), strict=True) if day]
    found = await dated(ask, Search("Observation", (("category", category), *dates)), Observation)
    return tuple(one for one in found if one.is_of(category))


async def dated(ask: Ask, search: Search, read: Reader[D], *, ever: bool = False) -> tuple[D, ...]:
    """Return the valid records of the requested period or, if `ever`, of all days; newest first, undated ones last."""
    span, apart, out = ((None, None), (), None) if ever else (span_of(ask), separate_times(ask), excluded_days(ask))
    every = await records(ask, search, read, shown=True, spare=("category",))
    found = [one for one in every if one.counts and (span == (None, None) or Period(one.day).overlaps(*span))]
    found = [one for one in found if not apart or any(Period(one.day).overlaps(*time) for time in apart)]
    found = [one for one in found if out is None or not Period(one.day).overlaps(*out)]
    return tuple(sorted(found, key=lambda one: one.day.first if one.day else date.min, reverse=True))


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
    """Return the tests without the results that the question skips: the newest one for "what was it the time before".

    At least the oldest result of a test is kept. A comparison with a period uses the results at its ends; if it has
    only one, or if the words contrast it ("than in March"), that one and the newest of all. A comparison of several
    periods uses the newest result of each.
    """
    wanted, span, apart = results_asked(ask), span_of(ask), separate_times(ask)
    if wanted.way and apart:
        return tuple(test for one in tests if (test := _newest_of_times(one, apart)).results)
    if wanted.way and any(span):
        return tuple(_compared(test, *span, apart=wanted.apart) for test in tests)
    if wanted.way and wanted.long:
        return tuple(replace(test, then=test.results[-1] if test.earlier else None) for test in tests)
    return tuple(replace(test, results=test.results[min(wanted.back, len(test.results) - 1) :]) for test in tests)


def _newest_of_times(test: Series, times: Sequence[TimeSpan]) -> Series:
    """Return only the newest result of each of several times, the latest one first."""
    within = [[one for one in test.results if Period(one.day).overlaps(*time)][:1] for time in times]
    rows = [one for one in test.results if [one] in within]
    return Series(test.key, tuple(rows), rows[-1] if len(rows) > 1 else None)


def _compared(test: Series, first: date | None, last: date | None, *, apart: bool) -> Series:
    inside = [at for at, one in enumerate(test.results) if Period(one.day).overlaps(first, last)]
    if not inside or inside == [0]:
        return test
    now = 0 if inside[0] == inside[-1] or (apart and inside[0]) else inside[0]
    return Series(test.key, test.results[now:], test.results[inside[0] if apart and inside[0] else inside[-1]])


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


class OnRecord(Paged, Generic[T], frozen=True):
    """One page of records; `found` is the number of records that were read.

    Records with a sensitivity label are counted in `shielded` and left out until the member asks for them.
    """

    rows: tuple[T, ...] = ()
    found: int = 0
    asked_time: bool = False
    shielded: Shielded = UNSHIELDED


class TestsOnRecord(OnRecord[Series], frozen=True):
    """One page of tests, each with its newest result and the earlier ones; `test` is the one that a button selected.

    `named` is the test that the message names: only similar tests are listed, or all, with `missing` set, if none is
    similar. `without` is a test that the message excludes. `of` are the tests of all pages; without `named`, those out
    of range come first. `oldest`: no result is older, though an earlier one was requested.

    `selected` are the requested results by the test's key. The question may be whether results are bad (`worries`); who
    ordered a test or whether a doctor has seen it (`doctor_asked`); or whether there are results (`arrived`: the day of
    the newest). `course` is the course that the question asks for, and `taking` are the tests whose results have it.
    """

    of: tuple[Series, ...] = ()
    arrived: PartialDate | None = None

    test: Series | None = None
    oldest: bool = False
    doctor_asked: Literal["ordered", "seen"] | None = None
    worries: bool = False
    named: str | None = None
    missing: bool = False
    asks: ResultsAsked = ResultsAsked()
    selected: Mapping[str, SelectedResults] = msgspec.field(default_factory=dict)
    without: str | None = None
    course: Course | None = None
    taking: tuple[Series, ...] = ()

    @property
    def only(self) -> Series | None:
        """The named test, if its newest result is a dated number or a blood pressure; else None.

        Of several such tests, the first one if the question asks more of them than their newest results.
        """
        alone = len(self.rows) == 1 or (self.rows and self.asks.any)
        beyond = any(one.matching for one in self.selected.values())
        if not (self.named or beyond) or self.missing or not alone or self.page or self.more:
            return None
        newest = self.rows[0].newest
        figure = newest.pressure or (newest.main.value and not newest.parts)
        return self.rows[0] if newest.day and figure else None

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
    def since(self) -> Series | None:
        """The single test, its newest result compared with the first one of the curve; None without a curve."""
        return replace(self.only, then=self.curve[0]) if self.only and self.curve else None

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
    rows, place = ask.paged(ordered, size)
    return OnRecord(rows, found, "date_range" in {**ask.slots, **ask.several}, shielded, **place)


async def tests_of(ask: Ask, category: str) -> TestsOnRecord:
    """Return the results of a category by test, newest first: of the tests that the message names, or of all others.

    Results with a sensitivity label are described only if a button asks for them. A message that names no test is about
    the tests of the previous answer, unless it asks for others.
    """
    read = await results(ask, category)
    described, shielded = shield(ask, read)
    every = as_of(ask, series(described))
    rows = [test.results for test in every]
    before = {} if _OTHERS.intersection(words_of(ask.said)) else ask.arguments
    kinds = "tests" if category == "laboratory" else "vitals"
    lay = {*ask.asked.tests} - {*words_of(ask.said)}  # the "bad cholesterol" is LDL
    texts = (" ".join(ask.asked.tests) if lay else ask.said, before.get("named", ""))
    named = next(filter(None, (mentions(ask, text, rows) for text in texts)), [])
    named = [one for one in named if one.of or getattr(ask.hears(one.words, {}), kinds)]
    out = [one for one in named if any(one.words in rest for rest in ask.asked.barred)]
    asked, pairs = getattr(ask.asked, kinds), pairwise((*words_of(ask.said), ""))
    others = any(one in _REST and after not in asked for one, after in pairs)  # than the one that is named
    wanted = [one for one in named if not (one in out or others)]
    words = tuple(dict.fromkeys(one.words for one in wanted))
    words = words or (() if out or others else (*asked,))
    if not (words or out or others) and kinds == "tests" and (other := _no_laboratory_test(ask)):
        words = (other,)
    alike = [every[at] for at in dict.fromkeys(at for one in wanted for at in one.of)]
    if not words and not out and (again := [test for test in every if test.key == before.get("id")]):
        words, alike = (again[0].newest.main.name or again[0].key,), again
    elif alike:
        ask.named["named"] = " ".join(words)
    rest = [test for at, test in enumerate(every) if wanted or not any(at in one.of for one in out)]
    found = _on_page(ask, rest, len(read), shielded, named=", ".join(words) or None, alike=alike)
    ask.report.cite("Observation", [one.id for one in found.shown])
    return replace(found, without=", ".join(one.words for one in out) or None)


def _no_laboratory_test(ask: Ask) -> str | None:
    """Return the name of the mammogram, biopsy or the like in a message, whose findings are in no laboratory result."""
    kinds = ask.care_kinds.of_text(ask.said)
    kind = None if kinds & (_VISITS | {"lab"}) else ask.care_kinds.narrowest(kinds)
    return kind.bare(ask.language) if kind else None


def _on_page(
    ask: Ask, every: Sequence[Series], found: int, shielded: Shielded, *, named: str | None, alike: Sequence[Series]
) -> TestsOnRecord:
    """Return the requested page of the tests in `alike`, or else of those beyond a bound, or else of all."""
    asks, places = results_asked(ask), {test.key: at for at, test in enumerate(every)}
    bounds = bounds_of(ask, [test.results for test in every]) if alike and asks.limits else Bounds()
    if asks.limits and not (alike or named):
        bounds = Bounds(dict.fromkeys(range(len(every)), asks.limits))
        alike = [test for test in every if selected_results(test.results, asks, bounds, places[test.key]).matching]
    elif not alike:
        asks = ResultsAsked()
    if bounds.days is not None:
        alike, asks = [every[at] for at in bounds.named], replace(asks, every=True, so=asks.so and ask.asked.helps)
    ordered = tuple(alike or sorted(every, key=_is_outside, reverse=True))
    return TestsOnRecord(
        **asdict(on_record(ask, ordered, found, shielded, size=_TESTS)),
        oldest=results_asked(ask).back > 0 and all(len(test.results) == 1 for test in ordered),
        test=next((test for test in every if test.key == ask.arguments.get("test")), None),
        named=named,
        missing=bool(named and every and not alike),
        asks=asks,
        selected={test.key: selected_results(test.results, asks, bounds, places[test.key]) for test in ordered},
        of=ordered,
    )


def _is_outside(test: Series) -> bool:
    return test.newest.main.mark in OUTSIDE and test.newest.main.value is not None
