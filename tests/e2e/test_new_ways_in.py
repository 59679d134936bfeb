"""Canaries through tools, cards, searches and wishes: none stands in logs, figures, addresses or the store."""

import json
import re
from urllib.parse import quote, urlsplit

import httpx
import pytest

from bot.channels.mcp import make_server
from bot.cli.serve import tools_app
from tests.e2e.conftest import told_by
from tests.e2e.house import OWED
from tests.e2e.planted import found, needles, stored
from tests.e2e.played import Played
from tests.reminded import all_due

USER = "u88888canary"
CANARY = "Zzyzxa Quillfeather 4417-8832"
TAKES = {"accept": "application/json, text/event-stream", "content-type": "application/json"}
CODE = "K7PM-4RTX"
SESSION = "canary-Zzyzxa-session"
ODD_BODIES: tuple[tuple[str, bytes], ...] = (
    ("a batch", json.dumps([{"jsonrpc": "2.0", "id": at, "method": "tools/list"} for at in range(50)]).encode()),
    ("deep", b"[" * 20_000 + b"]" * 20_000),
    ("half", b'{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "' + CANARY.encode()),
    ("a number", b"17"),
    ("not UTF-8", b'{"jsonrpc": "2.0", "id": "\xff\xfe"}'),
    ("no tool", json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": CANARY}}).encode()),
    ("another method", json.dumps({"jsonrpc": "2.0", "id": 1, "method": CANARY, "params": {}}).encode()),
    ("five megabytes", b'{"x": "' + b"a" * 5_000_000 + b'"}'),
)


async def _called(http: httpx.AsyncClient, **arguments: str) -> str:
    call = {"name": "ask_directory", "arguments": arguments}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
    answer = await http.post("/mcp", json=body, headers={**TAKES, "mcp-session-id": SESSION})
    assert answer.status_code == 200, answer.text
    return answer.text


def _kept(scene: Played) -> dict[str, str]:
    return {**scene.written, **needles({CANARY, "Quillfeather", CODE, SESSION})}


async def _read_everything(scene: Played) -> None:
    """Nothing of it stands where operators look, or could be read from a disk."""
    async with httpx.AsyncClient(base_url=scene.house.settings.bot_public_url) as operator:
        figures = "\n".join([(await operator.get(path)).text for path in ("/metrics", "/healthz", "/readyz")])
    assert found(_kept(scene), figures) == []
    assert found(_kept(scene), scene.house.log.text) == []
    assert found(needles({CANARY, "Quillfeather", CODE, SESSION} | scene.secrets), stored(scene.folder)) == []
    asked = "\n".join(f"{one.path}?{one.query}" for one in scene.house.sandbox.requests if "/fhir/" not in one.path)
    assert found(needles({CANARY, SESSION, CODE}), asked) == []


@pytest.mark.threat("T27", "T58")
@pytest.mark.attack("a tool call that is odd in every way")
async def test_tools_say_nothing_on(scene: Played) -> None:
    """Questions, arguments, names of tools and headers; bodies of every wrong shape are told so, and never a 500."""
    await scene.sign_in("slack chat", USER, "dana")
    bot = scene.house.bot
    async with tools_app(bot, make_server(bot.pack, bot.turn, "1")) as app:
        transport = httpx.ASGITransport(app, client=("192.0.2.9", 1), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http:
            for words in (f"is {CANARY} in network", f"{CODE}", OWED, f"my card for {CANARY}", "\x00\u202e" + CANARY):
                said = await _called(http, question=words)
                assert found(needles(scene.members - {"Dana"}), said) == [], words
            assert "isError" in await _called(http, nothing=CANARY)
            for name, body in ODD_BODIES:
                answer = await http.post("/mcp", content=body, headers=TAKES)
                assert answer.status_code < 500, name
            for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
                simple = await http.post("/mcp", content=ODD_BODIES[0][1], headers={**TAKES, "content-type": kind})
                assert simple.status_code in {400, 415}, kind  # what a page may send without asking first
            for method in ("GET", "PUT", "DELETE", "PATCH", "OPTIONS"):
                assert (await http.request(method, f"/mcp?{quote(CANARY)}", headers=TAKES)).status_code == 405
    await _read_everything(scene)


@pytest.mark.threat("T27", "T59")
@pytest.mark.attack("a viewer of cards that asks in odd ways")
async def test_cards_say_nothing_on(scene: Played, drawn: list[str]) -> None:
    """Who looks, what was typed, the passcode, the key and the link's id: in no log, figure, row or header."""
    await scene.sign_in("teams chat", USER, "dana")
    said = json.dumps(await scene.say("teams chat", "show my card as a QR", USER))
    passcode = re.search(r"(?<![\w-])[A-Z2-7]{4}-[A-Z2-7]{4}(?![\w-])", said)
    assert passcode, said
    assert len(drawn) in {0, 1}
    async with httpx.AsyncClient(base_url=scene.house.settings.bot_public_url) as http:
        page = re.search(r"/document/[\w-]{43}", said)
        assert page
        if not drawn:
            await http.get(page[0])
        shlink = told_by(drawn[-1])
        at = urlsplit(shlink["url"]).path
        scene.secrets |= {passcode[0], passcode[0].replace("-", ""), shlink["key"], at.rpartition("/")[2]}
        statuses = [
            (await http.post(at, content=body)).status_code
            for body in (
                b"", b"[]", b"17", b"\xff", b"[" * 3_000, json.dumps({"recipient": "", "passcode": CODE}).encode(),
                json.dumps({"recipient": CANARY, "passcode": [CODE]}).encode(),
                json.dumps({"recipient": CANARY, "passcode": {"$ne": ""}}).encode(),
                json.dumps({"recipient": CANARY * 50, "passcode": CODE}).encode(),
                json.dumps({"recipient": CANARY, "embeddedLengthMax": "9" * 400, "passcode": passcode[0]}).encode(),
            )
        ]  # fmt: skip
        assert statuses == [400] * len(statuses), "none of these is a try"
        wrong = await http.post(at, json={"recipient": CANARY, "passcode": CODE})
        assert (wrong.status_code, wrong.json()) == (401, {"remainingAttempts": 4})
        for odd in (f"{at}/", f"{at}/{quote(CANARY)}", f"{at}/..%2f..%2fmetrics", f"/shl/{quote(CANARY)}", at.upper()):
            for method in ("GET", "HEAD", "DELETE", "POST"):
                answer = await http.request(method, odd, headers={"origin": f"https://{CODE}.example"})
                assert answer.status_code in {400, 404, 405}, (method, odd)
                assert "location" not in answer.headers
        who = {"recipient": f"{CANARY}\r\nx: y", "passcode": passcode[0], "embeddedLengthMax": -1}
        opened = await http.post(at, json=who)
        [file] = opened.json()["files"]
        assert "embedded" not in file
        ciphertext = (await http.get(urlsplit(file["location"]).path)).text
        assert found(needles(scene.members), ciphertext) == []
    await _read_everything(scene)


@pytest.mark.threat("T27", "T60", "T65")
@pytest.mark.attack("words of a search or a wish that are written down")
async def test_searches_and_wishes_say_nothing_on(scene: Played) -> None:
    """What is typed into the search box, and what somebody asks to be told of, is sealed or not kept."""
    await scene.sign_in("teams chat", USER, "dana")
    for words in (CANARY, f"find {CANARY}", f"{CODE} cardiologist", "x" * 5_000 + CANARY):
        [(status, _)] = await scene.teams.deliver(scene.teams.search(words, user=USER, personal=False))
        assert status == 200
    for words in ("tell me when a new claim comes", f"tell me when my claim with {CANARY} is decided"):
        await scene.say("teams chat", words, USER)
    await all_due(scene.house.bot.due)
    assert await scene.house.bot.store.size("watch:") >= 1
    await _read_everything(scene)
