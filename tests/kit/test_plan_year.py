"""The plan year that a coverage tells."""

from datetime import date
from typing import Any

import msgspec
import pytest

from bot.kit.coverages import plan_year_of
from bot.records.coverage import Coverage, PlanYear, plan_year

TODAY = date(2026, 5, 20)


def _coverage(**changes: Any) -> Coverage:
    shape = {
        "resourceType": "Coverage",
        "id": "one",
        "status": "active",
        "beneficiary": {"reference": "Patient/1"},
        "payor": [{"reference": "Organization/1"}],
        **changes,
    }
    return Coverage(msgspec.json.encode(shape))


@pytest.mark.parametrize(
    ("period", "year"),
    [
        ({"start": "2026-01-01", "end": "2026-12-31"}, (date(2026, 1, 1), date(2026, 12, 31))),
        ({"start": "2024-07-01"}, (date(2025, 7, 1), date(2026, 6, 30))),
        ({"start": "2024-07-01", "end": "2026-05-31"}, (date(2025, 7, 1), date(2026, 5, 31))),
        ({"start": "2026-05-20"}, (date(2026, 5, 20), date(2027, 5, 19))),
        ({"start": "2024-02-29"}, (date(2026, 2, 28), date(2027, 2, 27))),
        ({"end": "2026-12-31"}, None),
        ({"start": "2020-01-01", "end": "2020-12-31"}, None),
    ],
)
def test_a_plan_year_begins_on_the_coverages_anniversary(
    period: dict[str, str], year: tuple[date, date] | None
) -> None:
    """It ends a day before the next one, or with the coverage; what is over or has no beginning tells none."""
    found = plan_year_of([_coverage(period=period)], TODAY)
    assert (found and (found.first, found.last)) == year


def test_the_first_coverage_decides() -> None:
    """The payer's order counts, and a coverage without a beginning is passed over."""
    second = _coverage(id="two", order=2, period={"start": "2025-07-01"})
    first = _coverage(id="one", order=1, period={"start": "2026-01-01"})
    assert plan_year_of([second, first], TODAY) == PlanYear(date(2026, 1, 1), date(2026, 12, 31))
    assert plan_year_of([second, _coverage(period={})], TODAY) == PlanYear(date(2025, 7, 1), date(2026, 6, 30))


def test_a_coverage_that_goes_on_from_a_shorter_one_keeps_its_year() -> None:
    """A new id in mid-year starts no new year; a whole year of its own does."""
    part = _coverage(id="a", period={"start": "2026-02-01", "end": "2026-04-30"})
    rest = _coverage(id="b", period={"start": "2026-05-01", "end": "2026-12-31"})
    whole = _coverage(id="c", period={"start": "2026-05-01", "end": "2027-04-30"})
    assert plan_year(rest, TODAY, [part, rest]) == PlanYear(date(2026, 2, 1), date(2026, 12, 31))
    assert plan_year(whole, TODAY, [part, whole]) == PlanYear(date(2026, 5, 1), date(2027, 4, 30))
