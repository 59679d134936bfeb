"""Care to come: whatever service is named and whatever is asked of it, the first lines are about both."""

import random

import pytest

from tests.coming.coming import faults, matrix
from tests.stage import Stage

UNHEARD = frozenset({"an insulin pump", "biofeedback sessions", "a lactation consultant"})
"""What is taken for a drug, for a name, and for a search: `python -m tests.coming` has all of them."""
WAITING = "waiting"
"""The fact that a few services are asked back about."""
EVERY = [cell for cell in matrix().cells() if cell.service not in UNHEARD and cell.fact != WAITING]
SOME = random.Random(11).sample(EVERY, 40)  # noqa: S311 -- which questions are asked is no secret


@pytest.mark.asyncio(loop_scope="module")
async def test_the_first_lines_are_about_the_service_and_what_is_asked(stage: Stage) -> None:
    """A sample of the services and facts, each asked at the beginning of a conversation."""
    talk = stage.somebody()
    await talk.connect("dana")
    assert {cell.said: wrong for cell in SOME if (wrong := await faults(talk, cell))} == {}
