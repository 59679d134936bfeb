"""Every case of the tables in this folder, asked over a payer that is a shelf of resources."""

import pytest

from tests.answers.told import ask, cases, faults
from tests.cases import marks_of

CASES = cases()
PROVEN = [pytest.param(name, id=name, marks=marks_of(case.proves)) for name, case in CASES.items()]


@pytest.mark.parametrize("name", PROVEN)
async def test_the_answer_is_what_the_shelf_says(name: str) -> None:
    """Its words, its buttons, its sources and what it read, in the same figures in both languages."""
    for number, asked in enumerate(CASES[name].asked, 1):
        said = await ask(CASES[name], asked)
        problems = faults(said, asked)
        assert not problems, f"question {number} ({asked.asks}): {problems}\n{said.text}"
