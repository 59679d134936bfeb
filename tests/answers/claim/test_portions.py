"""What part of a whole an amount is, and what such a part leaves out."""

from decimal import Decimal

import pytest

from bot.kit.amounts import Portion
from bot.records.money import Amount


def _portion(part: str, whole: str) -> Portion:
    return Portion(None, Amount(Decimal(part)), Amount(Decimal(whole)), "price")


@pytest.mark.parametrize(
    ("part", "whole", "percent", "rest"),
    [
        ("20.00", "100.00", "20%", "80%"),
        ("0.00", "100.00", "0%", "100%"),
        ("100.00", "100.00", "100%", "0%"),
        ("0.10", "100.00", "<1%", ">99%"),
        ("99.90", "100.00", ">99%", "<1%"),
        ("0.50", "100.00", "1%", ">99%"),
    ],
)
def test_a_part_is_neither_nothing_nor_all_by_rounding(part: str, whole: str, percent: str, rest: str) -> None:
    """Some cents of a hundred dollars are less than one per cent, and not none."""
    assert (_portion(part, whole).percent, _portion(part, whole).rest) == (percent, rest)
