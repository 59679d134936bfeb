from __future__ import annotations

from datetime import date

from bot.sandbox.synthetic import build

TODAY = date(2026, 3, 14)


def test_the_same_seed_and_day_give_the_same_world() -> None:
    """Two builds with one seed and one day are equal, and another seed differs."""
    assert build(7, TODAY).resources == build(7, TODAY).resources
    assert build(7, TODAY).resources != build(8, TODAY).resources
