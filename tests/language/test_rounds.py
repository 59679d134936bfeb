"""Blind rounds stay at least where they stood when they were first scored."""

from functools import lru_cache
from pathlib import Path

import pytest

from bot.language.engine import Engine
from tests.language.rounds import Round, first_contact, names, scored


@lru_cache(maxsize=4)
def _scored(intents: Path, name: str) -> Round:
    return scored(Engine.load(intents), name)


@pytest.mark.parametrize("name", names())
def test_a_round_is_no_worse_than_at_first_contact(intents_folder: Path, name: str) -> None:
    """The floor is a figure that nobody tuned."""
    counted, first = _scored(intents_folder, name), first_contact()[int(name)]["first"]
    assert sum(counted.every) / len(counted.every) >= first["accuracy"]
    assert sum(counted.turns) >= int(first["turns"].split()[0])
    assert sum(counted.false_data) <= int(first["false_data"].split()[0])


@pytest.mark.parametrize("name", names())
def test_danger_is_heard_in_one_tier_or_the_other(intents_folder: Path, name: str) -> None:
    """Nine of ten dangers at least ring, whatever stands beside them."""
    counted = _scored(intents_folder, name)
    assert sum(counted.danger) >= 0.85 * len(counted.danger)


def test_most_wrong_look_ups_leave_a_word_that_is_told(intents_folder: Path) -> None:
    """What is answered wrongly is rarely answered without a remark."""
    noticed = [told for name in names() for told in _scored(intents_folder, name).noticed]
    assert sum(noticed) >= 0.7 * len(noticed)
