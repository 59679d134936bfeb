"""A claim's facts are read when they are asked for: what is read late says the same as what is read at once."""

import pytest

from bot.records.claim import _FACTS, Claim, read_claim
from tests.records.made import claim, eob, money, raw


def facts(one: Claim) -> dict[str, object]:
    """Every fact by its name."""
    return {name: getattr(one, name) for name in _FACTS}


@pytest.mark.parametrize("owed", [12, -12, None])
def test_a_claim_that_was_read_whole_says_what_its_record_says(owed: int | None) -> None:
    """Letting go of the record changes no fact, and no fact is left behind in it."""
    body = raw(eob(total=[money("submitted", owed), money("memberliability", owed)], contained=[{"id": "x"}]))
    assert facts(read_claim(body).read_whole(performed=True).read_whole()) == facts(read_claim(body))


@pytest.mark.parametrize(
    ("billed", "owed", "reversal"), [(-5, None, True), (5, -1, False), (5, 1, False), (0, -5, True)]
)
def test_what_is_negative_is_found_wherever_it_stands(billed: int, owed: int | None, reversal: bool) -> None:
    """A reversal is told by its totals, its header and its lines alike; a credit beside a charge is none."""
    amounts = [money("submitted", billed), money("memberliability", owed)]
    places = {"total": amounts}, {"adjudication": amounts}, {"item": [{"sequence": 1, "adjudication": amounts}]}
    assert [claim(**place).is_reversal for place in places] == [reversal] * 3


def test_a_claim_cannot_be_changed() -> None:
    """What the payer said stays as it was said."""
    with pytest.raises(AttributeError):
        claim().id = "another"
