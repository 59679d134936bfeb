"""`bcbst-bot mcp --http`: the tools for assistants behind the same entrance as everything else."""

import asyncio
import contextlib
import json
import re
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from mcp import Client
from mcp_types import CallToolResult

from bot.channels.mcp import Callers, make_server
from bot.cli.serve import tools_app
from bot.message import Answered, Line, Message, Shareable, Span
from bot.ops.entrance import Entrance
from tests.commands.running import line_with, started
from tests.stage import Stage

on_stage = pytest.mark.asyncio(loop_scope="module")
CALL = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
TAKES = {"accept": "application/json, text/event-stream", "content-type": "application/json"}


@asynccontextmanager
async def asking(stage: Stage, *, seconds: float = 10) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the tools over HTTP, whose requests have so many seconds to arrive."""
    bot = stage.bots["dm"]
    async with tools_app(bot, make_server(bot.pack, bot.turn, "1")) as app:
        [entrance] = app.user_middleware
        entrance.kwargs["seconds"] = seconds
        first: object = entrance.cls
        assert first is Entrance
        transport = httpx.ASGITransport(app, client=("192.0.2.1", 1), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http:
            yield http


@on_stage
@pytest.mark.threat("T58")
@pytest.mark.attack("a tool server that redirects to the thief's host")
@pytest.mark.parametrize("path", ["/mcp", "/mcp/", "/", "/mcp//evil.example"])
async def test_another_host_is_refused_before_everything(stage: Stage, path: str) -> None:
    """421 for each path and method, and no redirect for any host."""
    async with asking(stage) as http:
        for method in ("GET", "POST", "HEAD", "DELETE"):
            stolen = await http.request(method, path, headers={"host": "evil.example"})
            assert (stolen.status_code, "location" in stolen.headers) == (421, False)
            own = await http.request(method, path)
            assert own.status_code in {400, 404, 405, 406, 415}
            assert "location" not in own.headers


@on_stage
@pytest.mark.threat("T58")
@pytest.mark.attack("a page of another site that calls the tools")
async def test_another_sites_page_cannot_call(stage: Stage) -> None:
    """A browser says whose page asks; the tools answer programs and pages of hosts that are trusted."""
    async with asking(stage) as http:
        assert (await http.post("/mcp", json=CALL, headers=TAKES)).status_code == 200
        refused = await http.post("/mcp", json=CALL, headers={**TAKES, "origin": "https://evil.example"})
        assert refused.status_code == 403


@on_stage
@pytest.mark.threat("T58")
@pytest.mark.attack("a tool call that never ends its body")
async def test_a_call_has_to_arrive_in_time(stage: Stage) -> None:
    """408 for half a body, as everywhere."""

    async def slow() -> AsyncIterator[bytes]:
        yield b'{"jsonrpc'
        await asyncio.sleep(60)

    async with asking(stage, seconds=0.05) as http:
        assert (await http.post("/mcp", content=slow(), headers=TAKES)).status_code == 408


async def test_the_command_serves_calls_and_stops_when_told(tmp_path: Path) -> None:
    """A client of the protocol is answered; a stream held open by a GET is not to be had; it ends without an error."""
    async with started(tmp_path, "mcp", "--sandbox", "--http", "--port", "0") as process:
        port = json.loads(await line_with(process.stderr, '"serving"'))["port"]
        base = f"http://127.0.0.1:{port}"
        async with Client(f"{base}/mcp") as client:
            called: Any = await client.call_tool("find", {"specialty": "cardiologist", "near": "37402"})
        assert isinstance(called, CallToolResult)
        assert not called.is_error
        async with httpx.AsyncClient(base_url=base, trust_env=False) as http:
            assert (await http.get("/mcp", headers={"accept": "text/event-stream"})).status_code == 405
            assert (await http.get("/readyz")).json() == {"status": "ok"}
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0


async def _said(http: httpx.AsyncClient, question: str) -> str:
    call = {"name": "ask_directory", "arguments": {"question": question}}
    answer = await http.post("/mcp", json={**CALL, "method": "tools/call", "params": call}, headers=TAKES)
    data = json.loads(answer.text.partition("data: ")[2] or answer.text)
    return str(data["result"]["content"][0]["text"])


@on_stage
async def test_each_caller_has_a_limit_of_its_own_and_is_told_so(stage: Stage) -> None:
    """The 21st of a minute reads how long to wait; another address is answered meanwhile."""
    bot = stage.bots["dm"]
    tools = make_server(bot.pack, bot.turn, "1", callers=Callers(20))
    async with tools_app(bot, tools) as app, contextlib.AsyncExitStack() as stack:
        one, other = [
            await stack.enter_async_context(
                httpx.AsyncClient(transport=httpx.ASGITransport(app, client=(host, 1)), base_url="http://127.0.0.1")
            )
            for host in ("192.0.2.1", "192.0.2.2")
        ]
        said = [await _said(one, "what is a deductible") for _ in range(21)]
        assert "deductible" in said[19].casefold()
        assert re.fullmatch(r"You may ask 20 times a minute\. Ask again in \d+ seconds\.", said[20]), said[20]
        assert "deductible" in (await _said(other, "what is a deductible")).casefold()


@on_stage
async def test_a_hundred_callers_at_once_wait_their_turn(stage: Stage) -> None:
    """Everybody is answered in words that are true; so many at most are answered beside each other."""
    bot, most, now = stage.bots["dm"], 0, 0

    class Counting:
        async def answer(self, _: Message) -> AsyncIterator[Answered]:
            nonlocal most, now
            now += 1
            most = max(most, now)
            await asyncio.sleep(0)
            now -= 1
            yield Shareable(intent="x", language="en", blocks=(Line((Span("answered"),)),))

    tools = make_server(bot.pack, Counting(), "1", callers=Callers(20, at_once=4, patience=30))
    async with tools_app(bot, tools) as app, contextlib.AsyncExitStack() as stack:
        asking = [
            await stack.enter_async_context(
                httpx.AsyncClient(
                    transport=httpx.ASGITransport(app, client=(f"192.0.2.{at}", 1)), base_url="http://127.0.0.1"
                )
            )
            for at in range(100)
        ]
        assert {*await asyncio.gather(*(_said(http, "hello") for http in asking))} == {"answered"}
    assert most == 4
    crowded = make_server(bot.pack, Counting(), "1", callers=Callers(20, at_once=0, patience=0))
    async with tools_app(bot, crowded) as app:
        transport = httpx.ASGITransport(app, client=("192.0.2.1", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http:
            assert "Too many are asking at once" in await _said(http, "hello")
