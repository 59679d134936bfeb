"""What members of unlike payers ask, played to the bot over a payer that has only their records."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.sandbox.app import serve_sandbox
from tests.intents.playing import act, faults, shown
from tests.intents.stories import stories_of
from tests.kit.foreign_members import TODAY, foreign_members
from tests.kit.habits import HABITS
from tests.kit.strangers import STRANGERS
from tests.stage import Stage, serving_bot

pytestmark = pytest.mark.asyncio(loop_scope="module")
_TABLES = [Path(__file__).with_name(name) for name in ("foreign_members.yaml", "strangers.yaml", "habits.yaml")]
STORIES = {one.name: one for path in _TABLES for one in stories_of(path)}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def abroad(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """The payer of these members, and a bot that answers them."""
    store, world = tmp_path_factory.mktemp("abroad") / "s.db", foreign_members({**STRANGERS, **HABITS})
    async with (
        serve_sandbox(world) as sandbox,
        serving_bot(sandbox, store, TODAY, bot_member_answers="dm") as bot,
    ):
        yield Stage(world, sandbox, {"dm": bot})


@pytest.mark.parametrize("name", STORIES)
async def test_the_answer_is_what_the_records_say(name: str, abroad: Stage) -> None:
    """Amount, day and doubt of each answer, and none of another claim's."""
    story = STORIES[name]
    talk = abroad.somebody()
    await talk.connect(story.member or "")
    for step in story.turns:
        replies = await act(talk, step, story.place)
        problems = faults(replies, step)
        assert not problems, f"{step.say}: {problems}\n{shown(replies)}"
    await talk.leave()
