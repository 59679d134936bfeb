"""A sample of the matrix of desk questions; `make desk` asks all of them."""

from pathlib import Path

from tests.desk.matrix import asked, drawn, questions
from tests.stage import staged

_SAMPLE, _SEED, _SHARE = 90, 5, 0.96


async def test_a_list_holds_every_wish_or_says_which_it_does_not(tmp_path: Path) -> None:
    """Of searches, facts of a person and further questions, nearly all are answered as the records have it."""
    async with staged(tmp_path) as stage:
        every = drawn(questions(stage.world), _SAMPLE, _SEED)
        wrong = {one.turns: faults for one in every if (faults := await asked(stage, one))}
    assert len(wrong) <= len(every) * (1 - _SHARE), wrong
