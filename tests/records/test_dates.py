from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.records.dates import PartialDate, Period, parse_date, parse_instant, period


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024", PartialDate(2024)),
        ("2024-03", PartialDate(2024, 3)),
        ("2024-03-05", PartialDate(2024, 3, 5)),
        ("2024-03-05T23:30:00-05:00", PartialDate(2024, 3, 5)),
        ("2024-03-05T00:30:00+14:00", PartialDate(2024, 3, 5)),
        ("2124-01-01", PartialDate(2124, 1, 1)),
        ("2024-02-30", None),
        ("2024-13", None),
        ("2024-00-10", None),
        ("0001", None),
        ("0001-01-01", None),
        ("soon", None),
        ("", None),
        (None, None),
        ("٢٠٢٤", None),
    ],
)
def test_dates_keep_what_was_written(text: str | None, expected: PartialDate | None) -> None:
    """Precision is kept, the day is the written offset's, and impossible dates are no dates (F41)."""
    assert parse_date(text) == expected


@given(st.text() | st.from_regex(r"\d{4}-\d{2}-\d{2}", fullmatch=True))
def test_reading_a_date_never_fails(text: str) -> None:
    """Whatever a payer writes, reading it gives a date or None."""
    found = parse_date(text)
    assert found is None or found.first <= found.last


@given(st.dates(min_value=date(1900, 1, 1)))
def test_a_day_is_itself(day: date) -> None:
    """A full date reads as that day, and prints as it was written."""
    found = parse_date(day.isoformat())
    assert found is not None
    assert found.exact == found.first == found.last == day
    assert str(found) == day.isoformat()


def test_a_partial_date_spans_what_it_can_mean() -> None:
    """A month runs to its last day, leap years included."""
    assert PartialDate(2024, 2).last == date(2024, 2, 29)
    assert PartialDate(2024).first == date(2024, 1, 1)
    assert PartialDate(2024).exact is None


def test_an_end_before_its_start_is_not_believed() -> None:
    """The start stands, the end is unknown (F41)."""
    assert period("2024-03-05", "2024-03-01") == Period(PartialDate(2024, 3, 5))
    assert period("2024-03-05", "2024-03") == Period(PartialDate(2024, 3, 5), PartialDate(2024, 3))


def test_periods_against_a_range() -> None:
    """Overlap counts any day that a partial date can mean; an unknown period overlaps nothing."""
    march = Period(PartialDate(2024, 3))
    assert march.overlaps(date(2024, 3, 31), None)
    assert not march.overlaps(date(2024, 4, 1), None)
    assert not march.overlaps(None, date(2024, 2, 29))
    assert not Period().overlaps(None, None)
    assert Period(PartialDate(2024), None).includes(date(2030, 1, 1))
    assert not Period(None, PartialDate(2024)).includes(date(2025, 1, 1))
    assert sorted([march, Period()], key=lambda each: each.sort_key) == [Period(), march]


@pytest.mark.parametrize("text", ["2020-07-07T13:26:22.0314215+00:00", "2024-01-01T00:00:00Z", "2024-01-01"])
def test_instants_always_have_a_zone(text: str) -> None:
    """Instants of any precision compare with each other; what is no instant is None."""
    assert getattr(parse_instant(text), "tzinfo", None) is not None
    assert parse_instant("yesterday") is parse_instant(None) is None
