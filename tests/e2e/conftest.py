"""A made-up Tennessee that every end-to-end test of a process shares, and a house on it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.sandbox.world import World
from tests.days import DAY
from tests.e2e.chromium import chromium
from tests.e2e.house import House, open_house
from tests.e2e.played import Played
from tests.e2e.played import attached as on_both
from tests.e2e.workspace import Workspace, attached
from tests.worlds import world_of

__all__ = ["chromium"]


@pytest.fixture(scope="session")
def world() -> World:
    """The members and the directory."""
    return world_of(DAY)


@pytest.fixture
async def house(world: World, tmp_path: Path) -> AsyncIterator[House]:
    """A bot beside its payer; nobody is connected."""
    async with open_house(world, tmp_path) as opened:
        yield opened


@pytest.fixture
async def dana(house: House) -> House:
    """The same, with dana connected."""
    assert "Dana" in (await house.connect("dana")).text
    return house


@pytest.fixture
async def workspace(world: World, tmp_path: Path) -> AsyncIterator[Workspace]:
    """The same attached to Slack; nobody has said anything."""
    async with attached(world, tmp_path) as opened:
        yield opened


@pytest.fixture
async def scene(world: World, tmp_path: Path) -> AsyncIterator[Played]:
    """A house behind both platforms in which nobody has said anything."""
    async with on_both(world, tmp_path) as opened:
        yield opened
