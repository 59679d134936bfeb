"""The same dialogues over a server that can do little: it goes as it is written, word for word."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.sandbox.app import serve_sandbox
from tests.intents.playing import act, faults, shown
from tests.intents.stories import Story, stories
from tests.stage import TODAY, Stage, serving_bot
from tests.worlds import world_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

POOR: dict[str, object] = {
    "ignored_parameters": frozenset({"network", "_count", "_sort"}),
    "chains": False,
    "includes": False,
    "strict": True,
}
TOPICS = ("provider/", "facility/", "pharmacy/", "plan/", "endpoint/", "followup/more", "followup/refine")


def _is_open(name: str, story: Story) -> bool:
    """Whether the story needs nothing but the open directory."""
    return name.startswith(TOPICS) and story.member is None and not any(step.sign_in for step in story.turns)


STORIES = {name: story for name, story in stories().items() if _is_open(name, story)}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def poor(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """A payer that ignores networks, answers nothing to chains, includes nothing and refuses what it does not know."""
    folder: Path = tmp_path_factory.mktemp("poor")
    world = world_of(TODAY)
    async with serve_sandbox(world) as sandbox:
        for switch, value in POOR.items():
            setattr(sandbox.behaviour, switch, value)
        async with serving_bot(sandbox, folder / "bot.db", TODAY) as bot:
            yield Stage(world, sandbox, {"dm": bot, "off": bot})


@pytest.mark.fault("F32", "F36")
@pytest.mark.threat("T44")
@pytest.mark.parametrize("name", STORIES)
async def test_a_poor_server_tells_the_same_story(name: str, poor: Stage) -> None:
    """Chains, includes, filters and page sizes that a server lacks are made up for here (T44, F32 to F36)."""
    story = STORIES[name]
    talk = poor.somebody(story.answers, guest=story.guest)
    for number, step in enumerate(story.turns, 1):
        replies = await act(talk, step, step.place or story.place)
        problems = faults(replies, step)
        assert not problems, f"turn {number} ({step.say or step.press}): {problems}\n{shown(replies)}"
