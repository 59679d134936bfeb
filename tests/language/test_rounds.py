"""Blind rounds stay at least where they stood when they were first scored."""

from functools import cache

import pytest

from bot.language.engine import Engine
from tests.language.rounds import Round, first_contact, names, scored


@cache
def _scored(engine: Engine, name: str) -> Round:
    return scored(engine, name)


@pytest.mark.parametrize("name", names())
def test_a_round_is_no_worse_than_at_first_contact(engine: Engine, name: str) -> None:
    """The floor is a figure that nobody tuned."""
    counted, first = _scored(engine, name), first_contact()[int(name)]["first"]
    assert sum(counted.every) / len(counted.every) >= first["accuracy"]
    assert sum(counted.turns) >= int(first["turns"].split()[0]) - 2  # two turns of a hundred move with each fit
    assert sum(counted.false_data) <= int(first["false_data"].split()[0])


@pytest.mark.parametrize("name", names())
def test_danger_is_heard_in_one_tier_or_the_other(engine: Engine, name: str) -> None:
    """Nine of ten dangers at least ring, whatever stands beside them."""
    counted = _scored(engine, name)
    assert sum(counted.danger) >= 0.85 * len(counted.danger)


def test_few_right_answers_carry_a_remark(engine: Engine) -> None:
    """A remark is said only of a condition that the answer cannot honour: a "not", a second drug, a place of care."""
    remarked = [told for name in names() for told in _scored(engine, name).remarked]
    assert sum(remarked) <= 0.075 * len(remarked)
