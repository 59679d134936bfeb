"""A sample of the questions of `tests.kit.matrix`: a condition holds whatever is measured, and in whatever time."""

import random

import pytest

from tests.kit.matrix import cells, record, verdict
from tests.stage import Stage

ASKED, MISSED = 60, 3


@pytest.mark.asyncio(loop_scope="module")
async def test_what_is_asked_of_claims_is_what_is_answered(stage: Stage) -> None:
    """Nearly every first line holds what the record says, computed apart; what is missed is told by its words."""
    talk = stage.somebody()
    await talk.connect("dana")
    chosen = random.Random(11).sample(list(cells(record(stage.world, "dana"))), ASKED)  # noqa: S311 -- the same each time
    missed = [cell.said for cell in chosen if (await verdict(talk, cell))[0] != "right"]
    assert len(missed) <= MISSED, missed
