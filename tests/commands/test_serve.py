"""`bcbst-bot serve`, `sandbox` and `mcp --http`: what they serve and how they stop, and what keeps them from it."""

import asyncio
import contextlib
import json
import re
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from mcp import Client
from mcp_types import CallToolResult
from pydantic import SecretStr

from bot.app import assemble, web_app
from bot.channels.mcp import Callers, make_server
from bot.cli.chat import Browser, sign_in
from bot.cli.serve import tools_app
from bot.config import Settings
from bot.message import Answered, Line, Message, OneToOne, Person, Shareable, Span
from bot.ops.entrance import Entrance
from bot.replies.plain import plain
from bot.serving import listen, running
from tests.commands.running import inside, left_in, line_with, started
from tests.days import in_words
from tests.records.made import eob, money
from tests.shipped import shipped_pack
from tests.stage import Stage


async def test_serve_is_ready_answers_and_stops_when_told(tmp_path: Path) -> None:
    """Health has its own port, links lead to the port taken, and the terminate signal ends both, leaving nothing."""
    apart = {"BOT_METRICS_BIND": "127.0.0.1:0", "TMPDIR": str(tmp_path)}
    async with started(tmp_path, "serve", "--sandbox", "--port", "0", **apart) as process:
        own = json.loads(await line_with(process.stderr, '"watched"'))["port"]
        port = json.loads(await line_with(process.stderr, '"serving"'))["port"]
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http:
            assert (await http.get("/readyz")).status_code == 200
            assert {(await http.get(path)).status_code for path in ("/healthz", "/metrics")} == {404}
            assert (await http.get("/link/nothing")).status_code in {404, 410}
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{own}", trust_env=False) as operator:
            assert (await operator.get("/healthz")).json()["status"] == "ok"
            assert "bot_payer_faults 0.0" in (await operator.get("/metrics")).text
            assert (await operator.get("/link/nothing")).status_code == 404
        await _connected_over(port)
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0
    assert left_in(tmp_path) == []


async def test_without_a_rehearsal_nothing_of_the_made_up_payer_is_loaded(tmp_path: Path) -> None:
    """Python itself tells what a start imports, up to the line that says it serves."""
    told: list[str] = []
    client = {"PAYER_CLIENT_ID": "client", "PAYER_CLIENT_SECRET": "secret"}
    async with started(tmp_path, "serve", "--port", "0", PYTHONPROFILEIMPORTTIME="1", **client) as process:
        assert process.stderr is not None
        async for line in process.stderr:
            told.append(line.decode())
            if '"serving"' in told[-1]:
                break
    assert '"serving"' in told[-1]
    assert [line for line in told if "bot.accounts.accounts" in line]
    assert [line for line in told if "bot.sandbox" in line or "bot.cli.rehearsal" in line] == []


async def _connected_over(port: int) -> None:
    """Whatever --port says: who presses "connect" in the developers' chat can sign in and is answered."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as page, Browser() as member:
        offered = await _say(page, "what did I owe for my last visit")
        [link] = set(re.findall(r'href="([^"]*/link/[^"]+)"', offered))
        assert link.startswith(f"http://127.0.0.1:{port}/link/")
        assert (await _say(page, await member.sign_in(link, "dana"))).count("$54.87") >= 3


async def _say(page: httpx.AsyncClient, text: str) -> str:
    """Send the form of the developers' chat; the page that comes back."""
    [token] = set(re.findall(r'name="token" value="([^"]+)"', (await page.get("/dev/chat")).text))
    return (await page.post("/dev/chat", data={"token": token, "text": text}, follow_redirects=True)).text


@pytest.mark.parametrize("day", [date(2024, 2, 29), date(2027, 1, 1)])
def test_a_made_up_day_is_every_commands_day(tmp_path: Path, day: date) -> None:
    """The sandbox's calendar and the bot's agree, and both are the one that was set."""
    said = "what did I owe for my last visit\nmy claims yesterday\n"
    done = inside(tmp_path, "chat", "--sandbox", "--as", "dana", said=said, BOT_TODAY=str(day))
    assert f"visit on {in_words(day - timedelta(days=9))} with" in done.stdout
    assert in_words(day - timedelta(days=1)) in done.stdout
    heard = inside(tmp_path, "understand", "--json", said="my claims yesterday\n", BOT_TODAY=str(day))
    assert json.loads(heard.stdout)["slots"]["date_range"]["value"]["end"] == str(day - timedelta(days=1))


async def test_the_sandbox_serves_foreign_data_to_any_bot(tmp_path: Path) -> None:
    """A patient of a folder signs in at the sandbox's own process, and the claim of that folder is answered."""
    _write(tmp_path / "data")
    async with started(tmp_path, "sandbox", "--port", "0", "--data", str(tmp_path / "data")) as process:
        fhir = (await line_with(process.stdout, "PAYER_FHIR_URL=")).partition("=")[2]
        name = (await line_with(process.stdout, "sign in as ")).removeprefix("sign in as ").partition(":")[0]
        replies = await _ask(tmp_path, fhir, name)
    assert "$115.00 is your share of your visit on June 17, 2024 with Cedar Clinic" in replies


def _write(folder: Path) -> None:
    folder.mkdir()
    patient = {"resourceType": "Patient", "id": "p1", "name": [{"family": "Quill", "given": ["Ada"]}]}
    claim = eob(total=[money("memberliability", 115)])
    (folder / "patient.json").write_text(json.dumps(patient), encoding="utf-8")
    (folder / "claims.ndjson").write_text(json.dumps(claim) + "\n", encoding="utf-8")


async def _ask(folder: Path, fhir: str, name: str) -> str:
    """What the bot answers to somebody who signed in there, with the standard settings and nothing else."""
    base, sock = fhir.removesuffix("/fhir/r4"), listen()
    settings = Settings(
        _env_file=None,  # type: ignore[call-arg] # no settings of this machine
        bot_public_url=f"http://127.0.0.1:{sock.getsockname()[1]}",
        bot_store_url=f"sqlite:///{folder / 'bot.db'}",
        payer_fhir_url=fhir,
        payer_authorize_url=f"{base}/as/authorization.oauth2",
        payer_token_url=f"{base}/as/token.oauth2",
        payer_client_id="sandbox-client",
        payer_client_secret=SecretStr("sandbox-secret"),
    )
    person = Person("console", "", "", "ada", name="Ada Q.", home="a test")
    with contextlib.closing(sock):
        async with assemble(settings, pack=shipped_pack()) as bot, running(web_app(bot), sock):
            await sign_in(bot, person, name)
            question = Message("m", person, OneToOne("chat"), "what did I owe for my last visit")
            return "\n".join([plain(reply.blocks) async for reply in bot.turn.answer(question)])


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
