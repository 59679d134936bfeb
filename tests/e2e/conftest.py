"""A made-up Tennessee that every end-to-end test of a process shares, and a house on it."""

import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.documents import publisher
from bot.documents.publisher import qr_svg
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
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that were drawn as QR codes, which a test cannot photograph."""
    texts: list[str] = []

    def draw(text: str) -> object:
        texts.append(text)
        return qr_svg(text)

    monkeypatch.setattr(publisher, "qr_svg", draw)
    return texts


def told_by(shlink: str) -> dict[str, Any]:
    """What the text of a QR code says: the manifest's address, the key, the end."""
    coded = shlink.removeprefix("shlink:/")
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(coded + "=" * (-len(coded) % 4)))
    return found


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
