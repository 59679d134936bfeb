"""A back-up made while the bot serves opens with its keys, and is worth nothing without them (docs/deploy.md)."""

import shutil
import sqlite3
from pathlib import Path

import pytest

from bot.sandbox.world import World
from tests.e2e.house import OWED, House, open_house


def back_up(house: House, folder: Path) -> None:
    """What `.backup` does: a copy of the open database, its log included."""
    source = sqlite3.connect(house.settings.bot_store_url.removeprefix("sqlite:///"))
    copy = sqlite3.connect(folder / "bot.db")
    with source, copy:
        source.backup(copy)
    source.close()
    copy.close()


@pytest.mark.threat("T35", "T36")
@pytest.mark.parametrize("with_keys", [True, False])
async def test_a_restored_store(dana: House, world: World, tmp_path: Path, with_keys: bool) -> None:
    """With the keys the member is still connected and the trail is whole; without, they are asked to connect again."""
    folder = tmp_path / "restored"
    folder.mkdir()
    await dana.say(OWED)
    back_up(dana, folder)
    assert "$54.87" in (await dana.say(OWED)).text
    if with_keys:
        shutil.copy(tmp_path / "bot.db.keys", folder)
    async with open_house(world, folder, sandbox=dana.sandbox) as restored:
        said = await restored.say(OWED)
        assert ("$54.87" in said.text) == with_keys
        assert ("Connect my account" in said.text) != with_keys
        assert said.last.error is None
        assert ((await restored.bot.audit.verify()).faults == ()) == with_keys
        if not with_keys:
            await restored.sign_in()
            assert "$54.87" in (await restored.say(OWED)).text
