"""Installing by OAuth in many workspaces: states taken once, tokens sealed and rotated by one writer, ends kept."""

import asyncio
import base64
import re
from collections.abc import Mapping
from pathlib import Path
from typing import cast
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.slack.installations import SCOPES, TOOLS, States
from bot.stores.base import Store
from bot.stores.sealed import SealedTable, Vault, new_key, parse_keys
from tests.channels.slack.conftest import House, opened
from tests.doubles.slack import CLIENT_ID, CLIENT_SECRET, SECRET, all_done

VAULT = Vault(parse_keys(new_key()))
WORKSPACE: dict[str, object] = {
    "access_token": "xoxb-two",
    "team": {"id": "T2", "name": "Fabrikam"},
    "enterprise": None,
}
ORGANIZATION: dict[str, object] = {
    "access_token": "xoxb-org",
    "team": None,
    "enterprise": {"id": "E1", "name": "Globex"},
    "is_enterprise_install": True,
}


@pytest.mark.parametrize("tools", [False, True])
async def test_an_install_asks_for_what_the_manifest_does(tmp_path: Path, tools: bool) -> None:
    """With the tools for assistants also for the scope to connect them."""
    client = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "signing_secret": SECRET}
    async with opened(tmp_path, tools=tools, beside=None, **client) as house:
        installer = Installer(house)
        await installer.begin()
        (asked,) = parse_qs(urlsplit(installer.location).query)["scope"]
    assert asked.split(",") == [*SCOPES, *([TOOLS] if tools else [])]


class Installer:
    """A browser that goes to Slack and back. Its cookie is sent by hand: it is for https only."""

    def __init__(self, house: House) -> None:
        self.base = house.slack.app_url.removesuffix("/slack/events")
        self.state, self.cookie, self.location = "", "", ""

    async def begin(self) -> None:
        """Follow the install link up to Slack's own page."""
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as browser:
            answer = await browser.get(f"{self.base}/slack/install", allow_redirects=False)
        assert answer.status == 302
        self.location = answer.headers["Location"]
        self.state = parse_qs(urlsplit(self.location).query)["state"][0]
        self.cookie = answer.headers["Set-Cookie"]

    async def back(self, *, cookie: bool = True, **query: str) -> tuple[int, str, dict[str, str]]:
        """What Slack's redirect brings: status, page and headers."""
        headers = {"Cookie": self.cookie.split(";")[0]} if cookie else {}
        query = {"state": self.state, **query}
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as browser:
            answer = await browser.get(f"{self.base}/slack/oauth_redirect", params=query, headers=headers)
            return answer.status, await answer.text(), dict(answer.headers)


async def installed(house: House, granted: Mapping[str, object]) -> Installer:
    """The bot, installed with what Slack grants."""
    house.slack.codes["code"] = dict(granted)
    browser = Installer(house)
    await browser.begin()
    status, _, _ = await browser.back(code="code")
    assert status == 200
    return browser


async def test_a_workspace_installs_and_is_answered(many: House) -> None:
    """From the link over Slack to the first answer, by the workspace's own token; its people are its own."""
    browser = await installed(many, WORKSPACE)
    asked = parse_qs(urlsplit(browser.location).query)
    assert asked["client_id"] == [CLIENT_ID]
    assert asked["redirect_uri"] == [f"{browser.base}/slack/oauth_redirect"]
    assert "HttpOnly" in browser.cookie
    assert "Secure" in browser.cookie
    many.slack.team = "T2"
    await many.deliver(many.slack.direct_message("hello"))
    assert many.turn.heard[0].person.team == "T2"
    assert many.turn.heard[0].person.home == "Slack, Fabrikam"
    assert "heard hello" in many.slack.called("chat.postMessage")[0].text


async def test_nothing_of_an_install_is_in_the_page_or_in_the_clear(
    many: House, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The page holds neither code nor token, and is kept nowhere (T30); the log names neither."""
    many.slack.codes["code-planted"] = dict(WORKSPACE)
    browser = Installer(many)
    await browser.begin()
    _, page, headers = await browser.back(code="code-planted")
    out, err = capfd.readouterr()
    for secret in ("code-planted", "xoxb-two", browser.state, CLIENT_SECRET):
        assert secret not in page + out + err
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    stored = await asyncio.to_thread(lambda: b"".join(path.read_bytes() for path in tmp_path.iterdir()))
    assert browser.state.encode() not in stored


@pytest.mark.parametrize("how", ["no cookie", "other state", "no state", "no code", "cancelled", "bad code", "again"])
async def test_what_is_not_a_finished_install_installs_nothing(many: House, how: str) -> None:
    """Somebody else's browser, a state that was not issued or was used, a made-up code: refused in plain words."""
    browser = Installer(many)
    await browser.begin()
    many.slack.codes["code"] = dict(WORKSPACE)
    if how == "again":
        await browser.back(code="code")
        many.slack.codes["code"] = dict(WORKSPACE | {"access_token": "xoxb-second"})
    query = {"code": "code"}
    if how == "other state":
        query["state"] = "x" * 40
    elif how == "no state":
        query["state"] = ""
    elif how == "no code":
        query = {}
    elif how == "bad code":
        query["code"] = "made-up"
    elif how == "cancelled":
        query = {"error": "<script>access_denied"}
    status, page, _ = await browser.back(cookie=how != "no cookie", **query)
    assert status in {400, 401}
    assert "not installed" in page
    assert "<script>" not in page
    assert "xoxb-second" not in many.slack.tokens


async def test_of_eight_callbacks_with_one_state_one_installs(many: House) -> None:
    """A state is taken, not looked at (T04)."""
    browser = Installer(many)
    await browser.begin()
    many.slack.codes |= {f"code-{n}": dict(WORKSPACE) for n in range(8)}
    answers = await asyncio.gather(*(browser.back(code=f"code-{n}") for n in range(8)))
    assert [status for status, _, _ in answers].count(200) == 1


async def test_a_slack_that_fails_during_an_install(many: House) -> None:
    """The page says that it did not work; nobody reads a trace."""
    browser = Installer(many)
    await browser.begin()
    many.slack.silent = {"oauth.v2.access"}
    status, page, _ = await browser.back(code="code")
    assert status == 502
    assert "not installed" in page


async def test_an_organization_installs_for_all_its_workspaces(many: House) -> None:
    """One token; people are keyed by organization; the other side of a shared channel is foreign."""
    await installed(many, ORGANIZATION)
    many.slack.users["U1"] = {"enterprise_user": {"enterprise_id": "E1"}}
    many.slack.users["U8"] = {"enterprise_user": {"enterprise_id": "E9"}}
    for user, team in (("U1", "T7"), ("U8", "T9")):
        body = many.slack.direct_message("hello", user=user, team=team)
        authorized = [{"enterprise_id": "E1", "team_id": None, "user_id": "U0BOT", "is_enterprise_install": True}]
        await many.deliver(body | {"team_id": "T7", "enterprise_id": "E1", "authorizations": authorized})
    ours, foreign = many.turn.heard
    assert (ours.person.enterprise, ours.person.team, ours.directory_only) == ("E1", "", False)
    assert foreign.directory_only


async def test_two_workspaces_do_not_meet(many: House) -> None:
    """The same user id in two workspaces is two people, each answered by its own token (T18)."""
    await installed(many, WORKSPACE)
    await installed(many, WORKSPACE | {"access_token": "xoxb-three", "team": {"id": "T3", "name": "Initech"}})
    for team in ("T2", "T3"):
        many.slack.team = team
        await many.deliver(many.slack.direct_message("hello"))
    keys = {message.person.key for message in many.turn.heard}
    assert len(keys) == 2


async def test_a_workspace_that_did_not_install_is_not_answered(many: House) -> None:
    """It is acknowledged and left alone."""
    assert await many.deliver(many.slack.direct_message("hello")) == [200]
    assert many.turn.heard == []


async def test_an_uninstalled_workspace_is_forgotten_with_its_people(many: House) -> None:
    """The token is deleted, the people's accounts are disconnected, and a late message is not answered."""
    await installed(many, WORKSPACE)
    many.slack.team = "T2"
    await many.deliver(many.slack.direct_message("hello"))
    await many.deliver(many.slack.event({"type": "app_uninstalled"}))
    assert [person.user for person in many.forgotten] == ["U1"]
    await many.deliver(many.slack.direct_message("hello again"))
    assert len(many.turn.heard) == 1


async def test_a_token_is_rotated_by_one_writer(many: House) -> None:
    """Two hours before its end the token is renewed, once for all who ask at that moment; the refresh works once."""
    soon = {"expires_in": 3_600, "refresh_token": "xoxe-1"}
    many.slack.refreshes["xoxe-1"] = WORKSPACE | {
        "access_token": "xoxb-new",
        "refresh_token": "xoxe-2",
        "expires_in": 43_200,
    }
    await installed(many, WORKSPACE | soon)
    many.slack.team = "T2"
    messages = [many.slack.direct_message("hello", user=f"U{n}") for n in range(6)]
    await asyncio.gather(*(many.slack.deliver(message) for message in messages))
    await all_done(many.app)
    grants = many.slack.called("oauth.v2.access")
    assert [call.arguments.get("grant_type") for call in grants].count("refresh_token") == 1
    assert len(many.slack.called("chat.postMessage")) == 6
    many.slack.tokens.pop("xoxb-two")
    await many.deliver(many.slack.direct_message("after"))
    assert "heard after" in many.slack.called("chat.postMessage")[-1].text


async def test_a_rotation_that_fails_leaves_the_old_token(many: House) -> None:
    """It holds two more hours; somebody's question is answered with it."""
    await installed(many, WORKSPACE | {"expires_in": 3_600, "refresh_token": "xoxe-unknown"})
    many.slack.team = "T2"
    await many.deliver(many.slack.direct_message("hello"))
    assert "heard hello" in many.slack.called("chat.postMessage")[0].text


@pytest.mark.attack("a row for every anonymous visit of the install page")
async def test_visits_of_the_install_page_keep_nothing(many: House) -> None:
    """Asked a hundred times by nobody in particular, the store is as it was; a made-up state installs nothing."""
    for _ in range(100):
        await Installer(many).begin()
    assert await many.table.store.kinds() == []
    browser = Installer(many)
    await browser.begin()
    browser.state = "bWFkZS11cA"
    browser.cookie = re.sub(r"=[^;]+", f"={browser.state}", browser.cookie, count=1)
    many.slack.codes["code"] = dict(WORKSPACE)
    status, _, _ = await browser.back(code="code")
    assert status == 401


@given(st.text(max_size=120))
async def test_only_our_own_states_pass(made_up: str) -> None:
    """Under real keys: one of ours passes while it lives, for its own purpose, and nothing else does."""
    now = [1_000.0]
    states = States(SealedTable(cast("Store", None), VAULT), lambda: now[0])
    state = await states.async_issue()
    other = base64.urlsafe_b64encode(VAULT.seal(b"1060.0", "other")).decode().rstrip("=")
    assert states.passes(state)
    for text in (other, made_up, state[:-4], state + made_up if made_up else "", state.swapcase()):
        assert not states.passes(text)
    now[0] += 601
    assert not states.passes(state)
