"""`bcbst-bot serve` and `bcbst-bot sandbox`: what they serve and how they stop, and what keeps them from it."""

import contextlib
import json
import re
import signal
from datetime import date, timedelta
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from bot.app import assemble, web_app
from bot.cli.own_pages import Browser, sign_in
from bot.config import Settings
from bot.message import Message, OneToOne, Person
from bot.replies.plain import plain
from bot.serving import listen, running
from tests.commands.running import inside, left_in, line_with, started
from tests.days import in_words
from tests.records.made import eob, money
from tests.shipped import shipped_pack


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
