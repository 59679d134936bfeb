"""Claims of payers that nobody here has seen: every amount is the payer's or unsaid, and every year's sum is right."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.kit.foreign import table
from tests.kit.foreign_claims import SHAPES


@given(seed=st.integers(0, 10_000))
@settings(max_examples=12, deadline=None)
def test_no_amount_is_wrong_and_none_is_lost(seed: int) -> None:
    """Whatever the amounts are, in every shape; the sums hold each visit once."""
    for shape, row in table(seed, each=2).items():
        assert (shape, row.counts["wrong"], row.counts["not said"]) == (shape, 0, 0)


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_is_compared(shape: str) -> None:
    """A check that compares nothing cannot fail."""
    assert table(each=1)[shape].counts["compared"] >= 4
