"""Two real `serve` processes on one PostgreSQL behind a balancer without memory: one bot, as far as anybody can see."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.sandbox.app import serve_sandbox
from bot.sandbox.world import World
from bot.stores.sealed import new_key
from tests.commands.running import line_with, started
from tests.connecting import signed_in
from tests.doubles.balancer import balanced
from tests.doubles.platform import free_port
from tests.doubles.slack import SlackDouble
from tests.e2e.house import OWED
from tests.e2e.workspace import button_url, shown
from tests.shipped import thinned


@pytest.fixture
async def slack(world: World, tmp_path: Path, postgres_url: str) -> AsyncIterator[SlackDouble]:
    """A workspace whose events reach either of two processes."""
    port = free_port()
    thinned(tmp_path)  # each of the two looks at every example of its pack
    async with contextlib.AsyncExitStack() as stack:
        payer = await stack.enter_async_context(serve_sandbox(world))
        double = await stack.enter_async_context(SlackDouble())
        settings = {
            "BOT_PACK": str(tmp_path),
            "BOT_PUBLIC_URL": f"http://127.0.0.1:{port}",
            "BOT_STORE_URL": postgres_url,
            "BOT_ENCRYPTION_KEYS": new_key(),
            **payer.environment,
            **double.environment,
        }
        both = [await stack.enter_async_context(started(tmp_path, "serve", "--port", "0", **settings)) for _ in "ab"]
        lines = await asyncio.gather(*(line_with(process.stderr, '"serving"') for process in both))
        servers = [f"http://127.0.0.1:{json.loads(line)['port']}" for line in lines]
        await stack.enter_async_context(balanced(servers, port))
        double.app_url = f"http://127.0.0.1:{port}/slack/events"
        yield double


async def test_a_member_links_and_asks_whichever_process_is_met(slack: SlackDouble) -> None:
    """Link, sign-in, callback, code and question each meet another process; an event that comes four times is one."""
    assert set(await slack.deliver(slack.direct_message("link"), times=4)) == {200}
    calls = await slack.wait_for("chat.update", 1)
    code = await signed_in(button_url(calls), "dana")
    await slack.deliver(slack.direct_message(code), times=4)
    assert "Dana M. is connected" in shown(await slack.wait_for("chat.update", 2))
    await slack.deliver(slack.direct_message(OWED), times=4)
    assert "$54.87" in shown(await slack.wait_for("chat.update", 3))
    await slack.deliver(slack.direct_message("and the one before that?"))
    assert "your visit on" in shown((await slack.wait_for("chat.update", 4))[3:])
    assert len(slack.called("chat.postMessage")) == 4
