from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.fhir.table import display_name, folded, holds, moment, reference_key, span, walk

DAYS = st.dates(min_value=date(1900, 1, 1), max_value=date(2100, 12, 31))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "url", "name"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(DAYS)
def test_a_day_lies_in_its_month_and_year(day: date) -> None:
    """A written date covers its whole precision."""
    whole = day.isoformat()
    inner = moment(whole)
    assert inner is not None
    assert inner[1] - inner[0] == timedelta(days=1)
    for outer in (moment(whole[:7]), moment(whole[:4])):
        assert outer is not None
        assert holds("eq", inner, outer)


@given(DAYS, DAYS)
def test_days_are_before_on_or_after_each_other(one: date, other: date) -> None:
    """For whole days the prefixes agree with the calendar."""
    target, asked = moment(one.isoformat()), moment(other.isoformat())
    assert target is not None
    assert asked is not None
    expected = {"eq": one == other, "ne": one != other, "gt": one > other, "lt": one < other}
    expected |= {"ge": one >= other, "le": one <= other, "sa": one > other, "eb": one < other, "ap": one == other}
    assert {prefix: holds(prefix, target, asked) for prefix in expected} == expected


@pytest.mark.parametrize("text", ["", "today", "2024-13", "2024-02-30", "24-01-01", "9999", "2024-01-01T99:00"])
def test_what_is_no_date_is_none(text: str) -> None:
    """Unreadable dates match nothing and break nothing."""
    assert moment(text) is None


def test_periods_may_be_open() -> None:
    """A missing end is open; a period without either end is none."""
    open_end, asked = span({"start": "2024-01-01"}), moment("2099")
    assert open_end is not None
    assert asked is not None
    assert holds("ap", open_end, asked)
    assert span({}) is None


@pytest.mark.parametrize(
    ("reference", "key"),
    [
        ("Patient/1", "Patient/1"),
        ("https://payer.example/fhir/Patient/1/_history/2", "Patient/1"),
        ("#contained", ""),
        ("urn:uuid:1", ""),
        (None, ""),
    ],
)
def test_references_by_type_and_id(reference: Any, key: str) -> None:
    """Server and version do not matter; contained and logical references point at nothing here."""
    assert reference_key({"reference": reference}) == key


@given(JSON, st.sampled_from(["name", "a.url", "a[name].name", "name.a.name"]))
def test_walking_never_fails(value: Any, path: str) -> None:
    """Whatever the shape of foreign data, a path finds something or nothing."""
    assert isinstance(walk(value, path), list)
    assert isinstance(display_name(value if isinstance(value, dict) else {}), str)


def test_case_and_accents_do_not_count() -> None:
    """String search folds both."""
    assert folded("ÁLVAREZ") == folded("alvarez")
