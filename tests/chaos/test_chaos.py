"""The short form of `make chaos`."""

from pathlib import Path

import pytest

from tests.chaos.beside import batch_under_kills
from tests.chaos.forks import forking
from tests.chaos.ground import besieged
from tests.chaos.news import told_under_kills


@pytest.mark.fault("F51", "F52")
@pytest.mark.threat("T56")
async def test_two_kills_lose_nothing_and_say_nothing_twice(tmp_path: Path) -> None:
    """`kill -9` under messages: every acknowledged one is answered once, by whoever comes after (F51, F52)."""
    program = ("-m", "tests.chaos.quick")
    toll = await besieged(tmp_path, kills=2, program=program, rate=10, members=("dana", "walter"))
    assert toll.kills == 2
    assert toll.asked > 10
    assert toll.faults == (), str(toll)


@pytest.mark.fault("F51", "F52")
async def test_news_are_told_once_over_kills(tmp_path: Path) -> None:
    """`kill -9` while news are told: each is told once, by whoever comes after, and no line stays empty."""
    async with forking("tests.chaos.quick") as forks:
        told = await told_under_kills(tmp_path, kills=3, members=("dana", "walter"), forks=forks)
    assert told.kills == 3
    assert told.faults == (), str(told)


async def test_a_list_that_is_killed_twice_has_every_row_once(tmp_path: Path) -> None:
    """`kill -9` of `lookup`: the next one goes on, no row is missing, there twice or torn."""
    batch = await batch_under_kills(tmp_path, kills=2)
    assert (batch.kills, batch.faults) == (2, ()), str(batch)
