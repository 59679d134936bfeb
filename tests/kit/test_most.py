"""A ranking is by money, by how often, or by an average, and says how many are alike."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot.kit import (
    Ask,
    Claim,
    ClaimFilter,
    ClaimQuery,
    Computing,
    RankedRows,
    counts_asked,
    query_asked,
    query_filter,
    ranking_asked,
    times_asked,
)
from bot.kit.amounts import mean
from bot.kit.groups import of_group
from tests.kit.money import asking, claim_set
from tests.records.made import CLAIM_TYPE, claim, coded, money

WISH = ClaimFilter()


def ranked(ask: Ask, claims: Iterable[Any]) -> RankedRows:
    """The rows of what a question ranks or counts, over the claims that it is about."""
    query = query_asked(ask)
    assert query
    wanted = query_filter(ask, query)
    return Computing(query, wanted, (date(2024, 1, 1), date(2024, 12, 31)), wanted(claims)).ranked()


def visit(name: str, day: str, doctor: str, share: float | None, **more: Any) -> Claim:
    """A visit to a doctor with the member's share; None: not told."""
    totals = [] if share is None else [money("memberliability", share)]
    return claim(id=name, provider={"display": doctor}, billablePeriod={"start": day}, total=totals, **more)


def fill(name: str, day: str, pharmacy: str, share: float) -> Claim:
    """A fill at a pharmacy."""
    return visit(name, day, pharmacy, share, type=coded("pharmacy", CLAIM_TYPE))


RECORD = (
    visit("a", "2024-05-01", "Ann Lee, MD", 90),
    visit("b", "2024-05-01", "Ann Lee, MD", 10),
    visit("c", "2024-06-02", "Bo Kim, MD", 30),
    visit("d", "2024-07-03", "Bo Kim, MD", 40),
    visit("e", "2024-07-04", "Bo Kim, MD", None),
    fill("f", "2024-07-04", "Cedar Pharmacy", 5),
    fill("g", "2024-07-05", "Cedar Pharmacy", 15),
    fill("h", "2024-07-06", "Oak Pharmacy", 60),
)


@pytest.mark.parametrize(
    ("said", "slots", "first", "of"),
    [
        ("which doctor cost me the most", {"group": "doctor", "order": "biggest"}, "Ann Lee, MD", 2),
        ("which doctor did I see the most", {"group": "doctor", "rank": "often"}, "Bo Kim, MD", 2),
        ("which doctor have I paid the most", {"group": "doctor", "rank": "most"}, "Ann Lee, MD", 2),
        ("which doctor was I at the most", {"group": "doctor", "rank": "most"}, "Bo Kim, MD", 2),
        ("which pharmacy did I use the least", {"group": "pharmacy", "rank": "seldom"}, "Oak Pharmacy", 2),
        ("which pharmacy got the least money", {"group": "pharmacy", "rank": "least"}, "Cedar Pharmacy", 2),
        ("cheapest fill", {"unit": "fill", "order": "smallest"}, "f", 3),
        ("most for one visit", {"unit": "visit", "order": "biggest"}, "a", 4),
        ("in which month was I there the most", {"group": "month", "rank": "most"}, "2024-07", 3),
    ],
)
def test_what_is_ranked(said: str, slots: dict[str, str], first: str, of: int) -> None:
    """Without a word of money "the most" is how often: days of care, or fills."""
    found = ranked(asking(said=said, slots=slots), RECORD)
    assert (found.first.name, found.of) == (first, of)


def test_an_average_ranks_by_each_time() -> None:
    """Two claims of one day are one visit; a claim without the amount is no zero."""
    ask = asking(said="most on average", slots={"group": "doctor", "order": "biggest", "average": "yes"})
    found = ranked(ask, RECORD)
    assert [str(one.size) for one in found.rows] == ["100.00", "35.00"]


def test_several_that_are_alike_are_counted() -> None:
    """No one of them is told as the first."""
    ask = asking(said="who do I see most often", slots={"rank": "often"})
    rows = [visit(name, "2024-05-01", f"Dr. {name}", 5) for name in "abc"]
    found = ranked(ask, rows)
    assert (found.ties, found.of) == (3, 3)


def test_a_private_claim_is_in_no_ranking() -> None:
    """It would tell what was had, and with whom."""
    label = {"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "PSY"}]}
    rows = (*RECORD, visit("p", "2024-07-06", "Eve Moss, MD", 900, meta=label))
    found = ranked(asking(said="x", slots={"group": "doctor", "order": "biggest"}), rows)
    assert found.first.name == "Ann Lee, MD"


def test_how_many_different() -> None:
    """The number of a group, each once."""
    found = ranked(asking(said="how many doctors", slots={"number_of": "doctor"}), RECORD)
    assert (found.of, str(found.first.size)) == (2, "3")


@pytest.mark.parametrize(
    ("said", "counted"),
    [
        ("did I go to the doctor more than last year", "visit"),
        ("did I spend more than last year", None),
        ("did I have fewer claims this year", "claim"),
        ("were you right", None),
    ],
)
def test_what_two_sides_are_compared_by(said: str, counted: str | None) -> None:
    """How often only where the words are of having been there, and none is of money."""
    assert counts_asked(asking(said=said), WISH) == counted


def test_how_far_back() -> None:
    """All of the record for "ever", two years for how often, the answer's own time otherwise."""
    assert times_asked(asking(said="the least I ever paid", slots={"order": "smallest"}))[0] is not None
    often = times_asked(asking(said="who do I see most often", slots={"rank": "often"}))
    assert often[0] is None
    assert often[1] is not None
    assert often[1].days == 730
    assert times_asked(asking(said="what did I spend")) == (None, None)
    assert ranking_asked(asking(said="what did I spend")) is None


_TIMES = tuple((date(year, 1, 1), date(year, 12, 31)) for year in (2021, 2022, 2023))


@given(some.dictionaries(some.sampled_from("abcdef"), some.sets(some.sampled_from(_TIMES))), some.integers(1, 3))
def test_sets_hold_what_was_had_in_each_time_and_not_in_the_other(had: dict[str, set[Any]], within: int) -> None:
    """Whatever was had when: a member is told if and only if it was had in every time within and not in the one out."""
    rows = [visit(f"{name}{day}", f"{day}", f"{name}, MD", 1) for name, times in had.items() for day, _ in times]
    outs = _TIMES[within : within + 1]
    required, absent = ([ClaimFilter(start=start, end=end) for start, end in some] for some in (_TIMES[:within], outs))
    query = ClaimQuery("doctor", measures=("visit",), required=tuple(required), absent=tuple(absent))
    told = {row.name[0] for row in Computing(query, WISH, (_TIMES[0][0], _TIMES[-1][1]), rows).ranked().rows}
    assert told == {name for name, times in had.items() if {*_TIMES[:within]} <= times and times.isdisjoint(outs)}


_SHARES = some.lists(
    some.tuples(some.sampled_from("ABC"), some.integers(0, 90_000), some.integers(1, 12), some.booleans()), max_size=9
)


@given(rows=_SHARES)
def test_the_parts_of_a_sum_and_an_average_are_computed_anew(rows: list[tuple[str, int, int, bool]]) -> None:
    """By cents alone: a part is its members' sum, all parts are the whole, and an average divides it by the claims."""
    made = [
        (fill if of_drug else visit)(f"{at}", f"2024-{month:02}-07", name, cents / 100)
        for at, (name, cents, month, of_drug) in enumerate(rows)
    ]
    whole = Computing.side(ClaimQuery(), WISH, (date(2024, 1, 1), date(2024, 6, 30)), claim_set(*made))
    early, amount = [row for row in rows if row[2] <= 6], whole.cells[0].amount
    assert len(whole.claims) == len(early)
    assert (amount.cents if amount else 0) == Decimal(sum(row[1] for row in early)) / 100
    for group, kept in (("pharmacy", True), ("doctor", False)):
        own, only = [row for row in rows if row[3] is kept], of_group(group)
        claims = [one for one in made if only is None or only(one)]
        parts = Computing(ClaimQuery(group), WISH, (date(2024, 1, 1), date(2024, 12, 31)), claims).rows()
        sums = {name: sum(row[1] for row in own if row[0] == name) for name in {row[0] for row in own}}
        assert {one.name: one.size * 100 for one in parts} == sums
    average = mean(amount, len(early))
    if early and average:
        assert abs(average.value * len(early) * 100 - sum(row[1] for row in early)) <= len(early)


def test_what_may_be_missing_makes_every_value_a_minimum() -> None:
    """A month without claims is no zero where claims may not have arrived, and a number is "at least" that many."""
    span, claims = (date(2024, 1, 1), date(2024, 2, 29)), claim_set(visit("a", "2024-01-07", "Kim", 30.0)).claims
    query = ClaimQuery("month", measures=("visit", None), timed=True)
    for least in (False, True):
        rows = Computing(query, WISH, span, claims, least=least).rows()
        assert [(row.name, [(cell.size, cell.is_minimum) for cell in row.cells]) for row in rows] == [
            ("2024-01", [(Decimal(1), least), (Decimal(30), least)]),
            ("2024-02", [(Decimal(0), least), (Decimal(0), least)]),
        ]
