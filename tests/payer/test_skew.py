"""Clocks that do not tell the same time (T51): one Date header of the payer's is enough to know."""

from email.utils import formatdate

import pytest

from bot.payer.http import Clocks

NOW = 1_790_000_000.0


def heard(apart: float, **more: str) -> bool:
    """Whether the clocks count as apart after an answer whose Date is so many seconds from ours."""
    clocks = Clocks(lambda: NOW)
    clocks.heard("https://payer.example", {"date": formatdate(NOW + apart, usegmt=True), **more})
    return clocks.apart


@pytest.mark.threat("T51")
@pytest.mark.parametrize(("apart", "told"), [(0, False), (299, False), (-299, False), (301, True), (-3_600, True)])
def test_five_minutes_either_way_are_the_limit(apart: float, told: bool) -> None:
    """As in Slack's signatures."""
    assert heard(apart) is told


def test_what_a_cache_kept_tells_nothing() -> None:
    """An answer with an age has the Date of its making."""
    assert not heard(-3_600, age="3600")


@pytest.mark.parametrize("date", ["", "yesterday", "Wed, 99 Xyz 2026", "Mon, 01 Jan 0001 00:00:00 GMT"])
def test_a_date_that_cannot_be_read_is_none(date: str) -> None:
    """Whatever stands in the header, nothing fails."""
    clocks = Clocks(lambda: NOW)
    clocks.heard("https://payer.example", {"date": date})
    assert clocks.apart is date.endswith("0001 00:00:00 GMT")


def test_a_clock_that_was_put_right_is_right() -> None:
    """The last answer of each origin counts; one origin that is off is enough."""
    clocks = Clocks(lambda: NOW)
    clocks.heard("https://a.example", {"date": formatdate(NOW)})
    clocks.heard("https://b.example", {"date": formatdate(NOW + 900)})
    assert clocks.apart
    clocks.heard("https://b.example", {"date": formatdate(NOW)})
    assert not clocks.apart
