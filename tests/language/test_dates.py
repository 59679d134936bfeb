from collections.abc import Sequence
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.language.calendar import shifted
from bot.language.dates import Dates, date_tags, find_dates
from bot.language.matcher import Lexed, Matcher, PatternFound
from bot.language.text import Tag, read
from tests.shipped import shipped_pack

TODAY = date(2024, 11, 24)
GRAMMAR = shipped_pack().engine.lexicon.grammar
WORDS = [
    *sorted(GRAMMAR.words("dates.month", "dates.weekday", "dates.unit", "dates.units", "dates.season", "dates.known")),
    "last",
    "past",
    "this",
    "since",
    "between",
    "and",
    "in",
    "ago",
    "hace",
    "desde",
    "hasta",
    "2",
    "17",
    "2023",
    "3/14",
    "to",
    "the",
    "labor",
    "day",
    "thanksgiving",
    "fourth",
    "of",
    "july",
]


def dates_in(words: Sequence[str], today: date, plan_year: tuple[date, date] | None = None) -> tuple[PatternFound, ...]:
    """Return the date phrases among folded words."""
    lexed = Lexed(GRAMMAR, words)
    return find_dates(Matcher(lexed, Dates(today, plan_year)), lexed, today, ())


def _days(said: str, *plan_year: tuple[date, date]) -> list[tuple[date | None, date | None]]:
    return [found.value for found in dates_in(read(said).words, TODAY, *plan_year)]


def _tags(said: str) -> list[Tag]:
    return date_tags(Lexed(GRAMMAR, read(said).words), read(said), TODAY)


@pytest.mark.parametrize(
    ("said", "start", "end"),
    [
        ("last March", "2024-03-01", "2024-03-31"),
        ("last december", "2023-12-01", "2023-12-31"),
        ("december", "2023-12-01", "2023-12-31"),
        ("past 90 days", "2024-08-26", "2024-11-24"),
        ("between June and August", "2024-06-01", "2024-08-31"),
        ("from october to february", "2023-10-01", "2024-02-29"),
        ("from march", "2024-03-01", "2024-03-31"),
        ("from march on", "2024-03-01", "2024-11-24"),
        ("since January", "2024-01-01", "2024-11-24"),
        ("on 3/14", "2024-03-14", "2024-03-14"),
        ("on 12/14", "2023-12-14", "2023-12-14"),
        ("dos 1/1/24-3/31/24", "2024-01-01", "2024-03-31"),
        ("5/1 - 5/31", "2024-05-01", "2024-05-31"),
        ("since labor day", "2024-09-02", "2024-11-24"),
        ("since mother's day", "2024-05-12", "2024-11-24"),
        ("since new year's", "2024-01-01", "2024-11-24"),
        ("since Easter", "2024-03-31", "2024-11-24"),
        ("on halloween", "2024-10-31", "2024-10-31"),
        ("en lo que va del año", "2024-01-01", "2024-11-24"),
        ("past 90d", "2024-08-26", "2024-11-24"),
        ("on thanksgiving", "2023-11-23", "2023-11-23"),
        ("this plan year", "2024-01-01", "2024-11-24"),
        ("june 17, 2023", "2023-06-17", "2023-06-17"),
        ("the 17th of june", "2024-06-17", "2024-06-17"),
        ("q3 2023", "2023-07-01", "2023-09-30"),
        ("last summer", "2024-06-01", "2024-08-31"),
        ("3 weeks ago", "2024-10-28", "2024-11-03"),
        ("the week before last", "2024-11-04", "2024-11-10"),
        ("la semana antepasada", "2024-11-04", "2024-11-10"),
        ("el mes antepasado", "2024-09-01", "2024-09-30"),
        ("last month's", "2024-10-01", "2024-10-31"),
        ("before june 2023", None, "2023-05-31"),
        ("after july 4th", "2024-07-05", "2024-11-24"),
        ("yesterday", "2024-11-23", "2024-11-23"),
        ("so far this year", "2024-01-01", "2024-11-24"),
        ("el mes pasado", "2024-10-01", "2024-10-31"),
        ("hace dos meses", "2024-09-01", "2024-09-30"),
        ("los últimos tres meses", "2024-08-24", "2024-11-24"),
        ("desde enero", "2024-01-01", "2024-11-24"),
        ("entre junio y agosto", "2024-06-01", "2024-08-31"),
        ("17 de junio de 2023", "2023-06-17", "2023-06-17"),
        ("marzo del año pasado", "2023-03-01", "2023-03-31"),
        ("de enero a marzo", "2024-01-01", "2024-03-31"),
        ("late winter, February and March", "2024-02-01", "2024-03-31"),
        ("february and march 2023", "2023-02-01", "2023-03-31"),
        ("december and january 2023", "2022-12-01", "2023-01-31"),
        ("enero, febrero y marzo", "2024-01-01", "2024-03-31"),
        ("2023 and 2024", "2023-01-01", "2024-11-24"),
        ("February ninth", "2024-02-09", "2024-02-09"),
        ("the twenty first of june", "2024-06-21", "2024-06-21"),
        ("nueve de febrero", "2024-02-09", "2024-02-09"),
        ("march 1 to 15", "2024-03-01", "2024-03-15"),
        ("del 1 al 15 de marzo", "2024-03-01", "2024-03-15"),
        ("entre el 3 y el 9 de marzo", "2024-03-03", "2024-03-09"),
        ("what about march", "2024-03-01", "2024-03-31"),
        ("march", "2024-03-01", "2024-03-31"),
        ("last Tuesday", "2024-11-19", "2024-11-19"),
        ("h1 2023", "2023-01-01", "2023-06-30"),
        ("el primer semestre de 2023", "2023-01-01", "2023-06-30"),
        ("FY23", "2023-01-01", "2023-12-31"),
        ("fiscal year 2023", "2023-01-01", "2023-12-31"),
        ("last fiscal year", "2023-01-01", "2023-12-31"),
        ("early last year", "2023-01-01", "2023-04-30"),
        ("claims from late march", "2024-03-21", "2024-03-31"),
        ("at the beginning of this year", "2024-01-01", "2024-04-30"),
        ("since the end of last year", "2023-12-31", "2024-11-24"),
        ("the first two weeks of may", "2024-05-01", "2024-05-14"),
        ("the last 10 days of april", "2024-04-21", "2024-04-30"),
        ("the first half of may", "2024-05-01", "2024-05-15"),
        ("the week before thanksgiving", "2023-11-16", "2023-11-22"),
        ("2 weeks after easter", "2024-04-01", "2024-04-14"),
        ("each month after march", "2024-04-01", "2024-11-24"),
        ("around halloween", "2024-10-24", "2024-11-07"),
        ("around march", "2024-03-01", "2024-03-31"),
        ("labor day weekend", "2024-08-30", "2024-09-02"),
        ("over the holidays", "2023-11-23", "2024-01-01"),
        ("the past year and a half", "2023-05-24", "2024-11-24"),
        ("by this time last year", "2023-01-01", "2023-11-24"),
        ("around this time last year", "2023-11-09", "2023-12-09"),
        ("march onwards", "2024-03-01", "2024-11-24"),
        ("prior to 2023", None, "2022-12-31"),
        ("early in the year", "2024-01-01", "2024-04-30"),
        ("a principios de marzo", "2024-03-01", "2024-03-10"),
        ("a finales del año pasado", "2023-09-01", "2023-12-31"),
        ("las primeras dos semanas de mayo", "2024-05-01", "2024-05-14"),
        ("la primera quincena de mayo", "2024-05-01", "2024-05-15"),
        ("la semana antes de acción de gracias", "2023-11-16", "2023-11-22"),
        ("por el 3 de marzo", "2024-02-25", "2024-03-10"),
        ("de marzo en adelante", "2024-03-01", "2024-11-24"),
        ("desde principios de año", "2024-01-01", "2024-11-24"),
        ("claims over 100 last year", "2023-01-01", "2023-12-31"),
        ("since good friday", "2024-03-29", "2024-11-24"),
        ("on martin luther king day", "2024-01-15", "2024-01-15"),
        ("from Feb 9th thru the 15th", "2024-02-09", "2024-02-15"),
        ("the week of march 5", "2024-03-04", "2024-03-10"),
        ("first week of march", "2024-03-01", "2024-03-07"),
        ("última semana de marzo", "2024-03-25", "2024-03-31"),
        ("en nochebuena", "2023-12-24", "2023-12-24"),
        ("two fridays ago", "2024-11-15", "2024-11-15"),
        ("hace dos viernes", "2024-11-15", "2024-11-15"),
        ("from the 3rd", "2024-11-03", "2024-11-03"),
        ("on the 28th", "2024-10-28", "2024-10-28"),
        ("since my surgery on march 3", "2024-03-03", "2024-11-24"),
        ("by the end of june", None, "2024-06-30"),
        ("my march visit", "2024-03-01", "2024-03-31"),
    ],
)
def test_a_phrase_means_these_days(said: str, start: str | None, end: str) -> None:
    """English and Spanish phrases are read about the past, both ends included."""
    assert _days(said) == [(date.fromisoformat(start) if start else None, date.fromisoformat(end))]


def test_times_with_a_gap_stay_two() -> None:
    """January and March leave February out; the year of the last is that of both."""
    january, march = (date(2023, 1, 1), date(2023, 1, 31)), (date(2023, 3, 1), date(2023, 3, 31))
    assert _days("january and march 2023") == [january, march]


@pytest.mark.parametrize(
    "said",
    [
        "the second may be cheaper",
        "may i see claims",
        "i have 2 kids",
        "march me to a doctor",
        "within 10 miles",
        "i may visit a doctor",
        "on the 3rd visit",
        "from the 2nd claim",
    ],
)
def test_plain_words_are_no_dates(said: str) -> None:
    """Months that are words, and bare numbers, say no time."""
    assert _days(said) == []


def test_the_plan_year_comes_from_the_coverage_when_it_is_known() -> None:
    """A plan that starts in July has its year from July."""
    assert _days("this plan year", (date(2024, 7, 1), date(2025, 6, 30))) == [(date(2024, 7, 1), TODAY)]


@example(["of", "winter", "sept"], date(2000, 9, 1))
@given(st.lists(st.sampled_from(WORDS), max_size=12), st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_no_range_is_upside_down_or_in_the_future(words: list[str], today: date) -> None:
    """Whatever the words and the day: start ≤ end ≤ today, and the words of a range are in the message."""
    for found in dates_in(words, today):
        start, end = found.value
        assert 0 <= found.first < found.after <= len(words)
        assert end is None or end <= today
        assert start is None or start <= today
        assert start is None or end is None or start <= end


def test_the_month_before_is_the_whole_month_before() -> None:
    """A shift moves by whole units, also from an open stretch."""
    assert shifted((date(2024, 3, 1), date(2024, 3, 31)), -1, TODAY, "month") == (date(2024, 2, 1), date(2024, 2, 29))
    assert shifted((date(2024, 1, 1), None), -1, TODAY, "year") == (date(2023, 1, 1), date(2023, 12, 31))


@pytest.mark.parametrize(
    ("kind", "said", "start", "end"),
    [
        ("date_range", "jan-jun 2023", "2023-01-01", "2023-06-30"),
        ("date_range", "jan \u2013 jun 2023", "2023-01-01", "2023-06-30"),
        ("date_range", "2022-2023", "2022-01-01", "2023-12-31"),
        ("date_range", "march 1-15", "2024-03-01", "2024-03-15"),
        ("date_range", "1/2023-6/2023", "2023-01-01", "2023-06-30"),
        ("date_ahead", "is it good in january 2025", "2025-01-01", "2025-01-31"),
        ("date_ahead", "sigue vigente en enero de 2025", "2025-01-01", "2025-01-31"),
        ("date_ahead", "is it good in december 2024", "2024-12-01", "2024-12-31"),
        ("date_ahead", "is it good next month", "2024-12-01", "2024-12-31"),
        ("date_ahead", "vale el mes que viene", "2024-12-01", "2024-12-31"),
        ("date_ahead", "will it cost more next year", "2025-01-01", "2025-12-31"),
        ("date_ahead", "still valid in 2026", "2026-01-01", "2026-12-31"),
    ],
)
def test_a_dash_makes_a_range_and_a_time_ahead_is_none_of_a_record(kind: str, said: str, start: str, end: str) -> None:
    """What begins after today is a value of its own, which an answer can honour or must say that it can't."""
    assert [(tag.kind, tag.value) for tag in _tags(said)] == [(kind, {"start": start, "end": end})]


@pytest.mark.parametrize("said", ["the next month", "my claim 2024", "in november 2024", "room 2099", "next door"])
def test_what_only_looks_like_a_time_ahead(said: str) -> None:
    """Walking on from an answer, a time of today and other numbers are none."""
    assert [tag for tag in _tags(said) if tag.kind == "date_ahead"] == []
