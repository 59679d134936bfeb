from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.records.claim import Claim
from bot.records.claim_set import claim_set_of, fills, visits
from tests.records.made import CLAIM_TYPE, Json, claim, coded, dollars, money

TODAY = date(2024, 9, 1)


def numbered(id_: str, number: str, day: str = "2024-06-17", **more: Any) -> Claim:
    """A claim of this record id, payer's number and day."""
    identifier = [{"type": coded("uc"), "system": "https://p/claims", "value": number}]
    return claim(id=id_, identifier=identifier, billablePeriod={"start": day}, **more)


def ids(claims: tuple[Claim, ...]) -> list[str]:
    """The record ids in their order."""
    return [each.id for each in claims]


def prior(number: str, system: str | None = None) -> Json:
    """A relation to an earlier claim."""
    reference = {"value": number, **({"system": system} if system else {})}
    return {"relationship": coded("prior"), "reference": reference}


@pytest.mark.fault("F41")
def test_newest_first_and_unknown_last() -> None:
    """Service date decides, not `created`; undated claims and dates in the future come last (F41)."""
    found = claim_set_of(
        [
            numbered("old", "1", "2023-01-01", created="2024-08-01"),
            numbered("undated", "2", "2024-02-30"),
            numbered("future", "3", "2124-01-01"),
            numbered("new", "4", "2024-06-17"),
            numbered("month", "5", "2024-03"),
        ],
        TODAY,
    )
    assert ids(found.claims)[:3] == ["new", "month", "old"]
    assert set(ids(found.claims)[3:]) == {"undated", "future"}
    assert visits(found, TODAY)[-1].day is None


def test_claims_of_one_day_are_ordered_by_their_decision() -> None:
    """The one that was decided last comes first; those of other days stay where they are."""
    rows = [("a", "2024-06-17", "2024-06-20"), ("b", "2024-06-18", "2024-06-19"), ("c", "2024-06-17", "2024-07-01")]
    found = claim_set_of([numbered(name, name, day, created=decided) for name, day, decided in rows], TODAY)
    assert ids(found.claims) == ["b", "c", "a"]


@pytest.mark.parametrize(
    ("elements", "reason"),
    [
        ({"status": "cancelled"}, "cancelled"),
        ({"status": "entered-in-error"}, "entered-in-error"),
        ({"use": "preauthorization"}, "preauthorization"),
        ({"use": "predetermination"}, "predetermination"),
        ({"related": [{"relationship": coded("replacedby"), "reference": {"value": "9"}}]}, "replaced"),
        ({"modifierExtension": [{"url": "https://p/negates", "valueBoolean": True}]}, "not interpreted"),
    ],
)
def test_what_does_not_count_is_left_out_by_reason(elements: Json, reason: str) -> None:
    """Scenario 9: none of these is in the totals, and each is counted by its reason (F40)."""
    found = claim_set_of([claim(**elements), numbered("kept", "7")])
    assert ids(found.claims) == ["kept"]
    assert found.left_out == {reason: 1}


@pytest.mark.fault("F42")
def test_a_replaced_claim_goes_and_its_replacement_stays() -> None:
    """`related` prior names the earlier number; another system's equal number is another claim (F42)."""
    earlier, other = numbered("one", "C-1", "2024-05-01"), numbered("x", "C-1", "2024-01-01")
    later = numbered("two", "C-2", "2024-05-01", related=[prior("C-1")])
    found = claim_set_of([earlier, later])
    assert ids(found.claims) == ["two"]
    assert ids(found.replaced) == ["one"]
    assert ids(claim_set_of([other, numbered("three", "C-3", related=[prior("C-1", "https://else")])]).claims) == [
        "three",
        "x",
    ]


def test_a_claim_does_not_replace_itself_and_an_error_replaces_nothing() -> None:
    """An adjustment may keep its number; what was entered in error takes nothing with it."""
    assert ids(claim_set_of([numbered("one", "C-1", related=[prior("C-1")])]).claims) == ["one"]
    wrong = numbered("two", "C-2", status="entered-in-error", related=[prior("C-1")])
    assert ids(claim_set_of([numbered("one", "C-1"), wrong]).claims) == ["one"]


@pytest.mark.fault("F42")
def test_a_record_without_a_number_on_two_pages_is_one_claim() -> None:
    """Then its id alone tells that it is the same, and the newer version counts (F42)."""
    older, newer = (
        claim(meta={"lastUpdated": f"2024-07-0{number}T00:00:00Z"}, total=[money("memberliability", number)])
        for number in (1, 2)
    )
    for pages in ([older, newer], [newer, older]):
        (kept,) = claim_set_of(pages).claims
        assert kept.owed.amount == dollars("2")


@pytest.mark.fault("F42")
@given(st.permutations(range(4)))
def test_the_newest_version_counts_once(order: list[int]) -> None:
    """The same record on two pages is one claim in any order (F42); the same number alone proves nothing."""
    versions = [
        numbered("one", "C-1", meta={"lastUpdated": "2024-07-01T00:00:00Z"}, total=[money("memberliability", 1)]),
        numbered("one", "C-1", meta={"lastUpdated": "2024-07-03T00:00:00Z"}, total=[money("memberliability", 3)]),
        numbered("two", "C-1", meta={"lastUpdated": "2024-07-02T00:00:00Z"}, total=[money("memberliability", 2)]),
        numbered("three", "C-3"),
    ]
    found = claim_set_of([versions[place] for place in order])
    assert sorted(ids(found.claims)) == ["one", "three", "two"]
    assert found.left_out == {"older version": 1}
    assert found.twins == {"one", "two"}
    kept = next(each for each in found.claims if each.id == "one")
    assert kept.owed.amount == dollars("3")


def test_one_number_for_different_care_is_different_claims() -> None:
    """HL7's own examples share one number over a hospital stay, a fill and a visit."""
    fill = numbered("fill", "C-1", type=coded("pharmacy", CLAIM_TYPE))
    assert len(claim_set_of([numbered("visit", "C-1"), fill, numbered("later", "C-1", "2024-07-01")]).claims) == 3


def test_visits_are_grouped_by_day_and_fills_are_apart() -> None:
    """Scenarios 7 and 8: a later fill is no visit; two claims of one day are a tie; a reversal is neither."""
    found = claim_set_of(
        [
            numbered("fill", "1", "2024-07-01", type=coded("pharmacy", CLAIM_TYPE)),
            numbered("facility", "2"),
            numbered("doctor", "3"),
            numbered("back", "4", "2024-06-20", total=[money("submitted", -50)]),
            numbered("before", "5", "2024-01-02"),
        ],
        TODAY,
    )
    assert [sorted(ids(day.claims)) for day in visits(found, TODAY)] == [["doctor", "facility"], ["before"]]
    assert ids(fills(found)) == ["fill"]


def test_nothing_is_nothing() -> None:
    """A member without claims has none of anything (F44)."""
    found = claim_set_of([])
    assert (found.claims, visits(found), fills(found)) == ((), (), ())


def test_a_reversal_is_no_claim_and_is_listed_only_without_its_pair() -> None:
    """Whoever sums or counts claims meets none; a list shows one that takes back nobody knows what."""
    back = numbered("back", "R-1", related=[prior("C-1")], total=[money("submitted", -50)])
    lone = numbered("lone", "R-2", "2024-05-01", total=[money("submitted", -70)])
    found = claim_set_of([numbered("one", "C-1", total=[money("submitted", 50)]), numbered("two", "C-2"), back, lone])
    assert (ids(found.claims), ids(found.reversals), ids(found.unmatched)) == (["two"], ["back", "lone"], ["lone"])
    assert (ids(found.listed), ids(found.taken_back)) == (["two", "lone"], ["one"])
