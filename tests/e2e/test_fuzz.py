"""Anything at all sent to every route: an answer, never an exception, never a trace, never an effect (ASVS 16.5)."""

import copy
import json
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.types import ASGIApp, Message

from bot.app import web_app
from bot.sandbox.world import World
from tests.doubles.slack import SECRET, SlackDouble, all_done, sign, wire
from tests.doubles.teams import TeamsDouble, settled
from tests.e2e.played import Played, attached

pytestmark = pytest.mark.asyncio(loop_scope="module")
FUZZ = settings(
    max_examples=120, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
FORM = "application/x-www-form-urlencoded"
SLACK, TEAMS = "/slack/events", "/teams/messages"
ROUTES = (SLACK, TEAMS, "/link/", "/document/", "/oauth/callback", "/linked", "/healthz", "/readyz", "/metrics", "/")
METHODS = st.sampled_from(["GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "BREW"])
NAMES = [
    *("content-type", "content-length", "cookie", "host", "accept-language", "authorization", "user-agent", "origin"),
    *("x-slack-signature", "x-slack-request-timestamp", "x-forwarded-for", "accept", "range", "transfer-encoding"),
]
SAID = st.sampled_from(
    ["application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/x;charset=utf-7"]
)
HEADERS = st.lists(
    st.tuples(st.sampled_from(NAMES).map(str.encode), st.binary(max_size=60) | SAID.map(str.encode)), max_size=6
)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
FIELDS = st.dictionaries(st.sampled_from(["payload", "token", "code", "format", "command", "x"]), st.text(max_size=30))
BODIES = (
    st.binary(max_size=200)
    | JSON.map(lambda one: json.dumps(one).encode())
    | FIELDS.map(lambda fields: urlencode(fields, errors="surrogatepass").encode())
)
ASIDE = "planted-in-a-fuzzed-body"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(world: World, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Played]:
    """A house behind both platforms; `web` is what its port serves."""
    async with attached(world, tmp_path_factory.mktemp("fuzz")) as given:
        yield given


async def send(  # noqa: PLR0917 -- a request has these parts
    app: ASGIApp, method: str, path: str, query: bytes, headers: list[tuple[bytes, bytes]], body: bytes
) -> tuple[int, bytes]:
    """Status and body of one request to the bot's own host, as a server hands it on; what the app raises is raised."""
    if not any(name == b"host" for name, _ in headers):
        headers = [*headers, (b"host", b"127.0.0.1")]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode("utf-8", "surrogatepass"),
        "query_string": query,
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    coming: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
    sent: list[Message] = []

    async def receive() -> Message:
        return coming.pop(0) if coming else {"type": "http.disconnect"}

    async def keep(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, keep)
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])


def served(scene: Played) -> ASGIApp:
    """The application of the house."""
    return web_app(scene.house.bot, scene.house.channels.values())


@FUZZ
@given(
    method=METHODS,
    route=st.sampled_from(ROUTES),
    rest=st.text(max_size=20),
    query=st.binary(max_size=60) | FIELDS.map(lambda fields: urlencode(fields, errors="surrogatepass").encode()),
    headers=HEADERS,
    body=BODIES,
)
async def test_anything_anywhere_is_answered(  # noqa: PLR0917 -- a request has these parts
    scene: Played, method: str, route: str, rest: str, query: bytes, headers: list[tuple[bytes, bytes]], body: bytes
) -> None:
    """Any method, path, query, headers and body: below 500, short, no trace, and nothing is called because of it."""
    calls = len(scene.slack.calls) + len(scene.teams.calls)
    for path in (route, route + rest):
        status, said = await send(served(scene), method, path, query, headers, body)
        assert status < 500
        assert len(said) < 64 * 1024
        assert b"Traceback" not in said
    assert len(scene.slack.calls) + len(scene.teams.calls) == calls


def broken(made: dict[str, Any], choose: st.DataObject) -> dict[str, Any]:
    """A delivery of which one part is gone or something else."""
    spoilt = copy.deepcopy(made)
    places = list(_places(spoilt))
    owner, key = choose.draw(st.sampled_from(places))
    if choose.draw(st.booleans()) and isinstance(owner, dict):
        del owner[key]
    else:
        owner[key] = choose.draw(JSON | st.just(ASIDE) | st.just(ASIDE * 400))
    return spoilt


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in list(pairs):
        yield value, key
        yield from _places(part)


def _as_form(spoilt: dict[str, Any]) -> bytes:
    fields = spoilt if "trigger_id" in spoilt and "command" in spoilt else {"payload": json.dumps(spoilt)}
    return urlencode(fields, errors="surrogatepass").encode()


def _of_slack(slack: SlackDouble) -> list[dict[str, Any]]:
    return [
        slack.direct_message("help"),
        slack.mention("help"),
        slack.command("/bcbst", "help"),
        slack.press("x.0"),
        slack.home_press("form-find", "find"),
        slack.submission("form-find", near="37402"),
        slack.shortcut("form-find"),
        slack.message_shortcut("help"),
        slack.home_opened(),
    ]


@FUZZ
@given(kind=st.integers(0, 8), choose=st.data())
async def test_what_slack_signs_and_garbles_is_taken_once(scene: Played, kind: int, choose: st.DataObject) -> None:
    """A signed delivery with a part gone or strange: 200 or 400, for a retry would bring the same."""
    made = _of_slack(scene.slack)[kind]
    _, content_type = wire(made)
    spoilt = broken(made, choose)
    body = _as_form(spoilt) if content_type.startswith(FORM) else json.dumps(spoilt).encode()
    stamp = str(int(time.time()))
    headers = [
        (b"content-type", content_type.encode()),
        (b"x-slack-request-timestamp", stamp.encode()),
        (b"x-slack-signature", sign(SECRET, stamp, body).encode()),
    ]
    status, said = await send(served(scene), "POST", SLACK, b"", headers, body)
    assert status in {200, 400}
    assert b"Traceback" not in said
    assert scene.house.slack is not None
    await all_done(scene.house.slack)


def _of_teams(teams: TeamsDouble) -> list[dict[str, Any]]:
    return [
        teams.message("help"),
        teams.mention("help"),
        teams.execute("x.0"),
        teams.submit("x.0"),
        teams.search("help"),
        teams.activity("installationUpdate", action="add"),
        teams.activity("invoke", name="signin/verifyState", value={"state": "123456"}),
    ]


@FUZZ
@given(kind=st.integers(0, 6), choose=st.data())
async def test_what_teams_signs_and_garbles_is_taken_once(scene: Played, kind: int, choose: st.DataObject) -> None:
    """A signed activity with a part gone or strange: answered below 500, but for 501 to what is not offered."""
    body = json.dumps(broken(_of_teams(scene.teams)[kind], choose)).encode()
    token = (b"authorization", f"Bearer {_token(scene.teams)}".encode())
    headers = [(b"content-type", b"application/json"), token]
    status, said = await send(served(scene), "POST", TEAMS, b"", headers, body)
    assert status < 500 or status == 501
    assert b"Traceback" not in said
    assert scene.house.teams is not None
    await settled(scene.house.teams)


_TOKENS: dict[int, str] = {}


def _token(teams: TeamsDouble) -> str:
    return _TOKENS.setdefault(teams.port, teams.token())


async def test_nothing_of_it_is_in_the_log(scene: Played) -> None:
    """A garbled delivery leaves kinds of errors in the log, never its text."""
    body, content_type = wire(scene.slack.direct_message(ASIDE) | {"event": ASIDE})
    await scene.slack.send(body, content_type)
    assert ASIDE not in scene.house.log.text
    assert "Traceback" not in scene.house.log.text
