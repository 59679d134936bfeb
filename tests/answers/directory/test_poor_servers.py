"""The same question gives the same list on a full server and on a poor one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.message import Item, Reply
from bot.replies.plain import plain, spoken
from bot.sandbox.server import serve_sandbox
from bot.sandbox.synthetic import build
from tests.stage import TODAY, Stage, serving_bot

pytestmark = pytest.mark.asyncio(loop_scope="module")

POOR: dict[str, dict[str, object]] = {
    "no network, no page size, no order": {"ignored_parameters": frozenset({"network", "_count", "_sort"})},
    "no chains": {"chains": False},
    "no includes": {"includes": False},
    "strict": {"strict": True, "ignored_parameters": frozenset({"network", "_count", "_sort"})},
    "poor in all": {
        "ignored_parameters": frozenset({"network", "_count", "_sort"}),
        "chains": False,
        "includes": False,
        "strict": True,
    },
}
QUESTIONS = (
    "find an in-network cardiologist near 37402 accepting new patients",
    "dermatologist in Knoxville in Blue Network S",
    "find a primary care doctor in Nashville who speaks Spanish",
    "hospital near 37402 in Blue Network S",
    "pharmacy in Memphis",
    "is dr minh kim in Blue Network S",
    "tell me about grace okafor",
    "which networks is dr minh kim in",
    "plans in Memphis",
)


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=POOR)
async def poor(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """A payer that can do less, and its bot."""
    folder: Path = tmp_path_factory.mktemp("poor")
    world = build(today=TODAY)
    async with serve_sandbox(world) as sandbox:
        for switch, value in POOR[request.param].items():
            setattr(sandbox.behaviour, switch, value)
        async with serving_bot(sandbox, folder / "bot.db", TODAY) as bot:
            yield Stage(world, sandbox, {"dm": bot})


@pytest.mark.parametrize("question", QUESTIONS)
async def test_a_poor_server_gives_the_same_list(question: str, stage: Stage, poor: Stage) -> None:
    """Chains, includes, filters and page sizes that a server lacks are made up for here."""
    full = (await stage.somebody().say(question))[-1]
    less = (await poor.somebody().say(question))[-1]
    assert list(_lines(less)) == list(_lines(full))
    assert not less.error


def _lines(reply: Reply) -> Iterator[str]:
    """The entries of the reply, else everything that it says."""
    items = [block for block in reply.blocks if isinstance(block, Item)]
    for item in items:
        yield from (spoken(line.spans) for line in item.lines)
    if not items:
        yield plain(reply.blocks)
