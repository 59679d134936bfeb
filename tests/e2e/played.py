"""Dialogues of every kind played once through Slack and Teams, with faults, and everything that came out of it."""

import html
import itertools
import json
import os
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from mcp import Client
from msgspec.structs import replace

from bot.channels.mcp import ASK, make_server
from bot.cli import admin
from bot.cli.chat import Browser
from bot.errors import SignInRefused
from bot.ops.entrance import Limits
from bot.sandbox.authorization.endpoints import TOKEN as TOKEN_PATH
from bot.sandbox.behaviour import Fault
from bot.sandbox.world import World
from tests.days import YEAR_BEFORE
from tests.doubles.slack import SECRET, TOKEN, SlackDouble, all_done
from tests.doubles.teams import APP, PASSWORD, TENANT, TeamsDouble, settled
from tests.e2e.house import EOB, OWED, House, open_house
from tests.e2e.planted import needles, strings_of
from tests.inside import objects
from tests.intents.stories import Story, stories

Json = dict[str, Any]
MEMBERS = ("dana", "rosa", "noor", "theo", "jesse", "hank", "june", "opal", "zoe", "walter")
NOBODY = "u0"
_MANY = 1_000_000
WHOLE = "TEST_WHOLE" in os.environ
DIAGNOSTICS = "planted diagnostics of tn700137"
FAULTS: tuple[Callable[[], Fault], ...] = (
    lambda: Fault(EOB, 500, b"planted-body 54.87 Dana Mercer", times=None),
    lambda: Fault(EOB, 403),
    lambda: Fault(EOB, 401),
    lambda: Fault(EOB, 404),
    lambda: Fault(EOB, 429, headers={"retry-after": "600"}, times=None),
    lambda: Fault(EOB, 302, headers={"location": "http://127.0.0.1:9/?patient=tn700137"}),
    lambda: Fault(EOB, 200, b"<html>Dana Mercer", {"content-type": "text/html"}, times=None),
    lambda: Fault(EOB, times=None, rewrite=lambda body: body[: len(body) // 2]),
    lambda: Fault(EOB, times=None, rewrite=lambda body: body.replace(b"Patient/tn700137", b"Patient/tn999999")),
    lambda: Fault(EOB, times=None, rewrite=lambda body: body.replace(b'"value":', b'"value": "Dana Mercer", "x":')),
    lambda: Fault(EOB, 400, json.dumps(_outcome()).encode(), {"content-type": "application/fhir+json"}, times=None),
)


def _outcome() -> Json:
    return {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "diagnostics": DIAGNOSTICS}]}


@dataclass
class Played:
    """A house behind both platforms; `aside` is what was written outside of 1:1 chats, `counts` the operator's page."""

    house: House
    slack: SlackDouble
    teams: TeamsDouble
    members: set[str]
    folder: Path
    typed: set[str] = field(default_factory=set)
    secrets: set[str] = field(default_factory=set)
    aside: list[tuple[str, str, str]] = field(default_factory=list)
    surfaces: dict[str, int] = field(default_factory=dict)
    counts: str = ""

    @property
    def written(self) -> dict[str, str]:
        """Whatever nobody else may read, in every way of writing it."""
        return needles(self.members | self.secrets)

    async def say(self, surface: str, words: str, user: str) -> list[Json]:
        """Say something on a surface, wait for all that it brings; what was written then."""
        self.typed.add(words)
        self.surfaces[surface] = self.surfaces.get(surface, 0) + 1
        made = self._body(surface, words, user)
        slack, teams = len(self.slack.calls), len(self.teams.calls)
        await self.deliver(made, teams=surface.startswith("teams"))
        own = {self.slack.chat_of(user), self.teams.chat_of(user)}
        calls = [call.arguments for call in self.slack.calls[slack:]]
        for call in self.slack.calls[slack:]:
            if call.method.startswith(("chat.", "response_url")) and call.arguments.get("channel") not in own:
                self.aside.append((surface, words, json.dumps(call.arguments, ensure_ascii=False)))
        for sent in self.teams.calls[teams:]:
            if sent.method == "send" and sent.conversation not in own:
                self.aside.append((surface, words, json.dumps(sent.body, ensure_ascii=False)))
            calls.append(sent.body)
        return calls

    async def press(self, surface: str, press: str, user: str, *, aside: bool = False) -> list[Json]:
        """Press a button in a person's own chat, or where others read; what the platform was sent then."""
        slack, teams = len(self.slack.calls), len(self.teams.calls)
        if surface == "slack chat":
            channel = "C1" if aside else self.slack.chat_of(user)
            await self.deliver(self.slack.press(press, user=user, channel=channel))
        else:
            await self.deliver(self.teams.execute(press, user=user, personal=not aside), teams=True)
        return [call.arguments for call in self.slack.calls[slack:]] + [call.body for call in self.teams.calls[teams:]]

    async def deliver(self, body: Json, *, teams: bool = False) -> None:
        """Deliver something of a platform's, and wait for all that it brings."""
        if teams:
            assert {status for status, _ in await self.teams.deliver(body)} == {200}
            assert self.house.teams is not None
            await settled(self.house.teams)
        else:
            assert set(await self.slack.deliver(body)) == {200}
            assert self.house.slack is not None
            await all_done(self.house.slack)

    def _body(self, surface: str, words: str, user: str) -> Json:
        if surface in _SLACK:
            return self.slack.mention(words, user=user, **_SLACK[surface])
        if surface in _COMMANDS:
            return self.slack.command("/bcbst", words, user=user, **_COMMANDS[surface])
        if surface in _TEAMS:
            return self.teams.mention(words, user=user, **_TEAMS[surface])
        return (self.slack.direct_message if surface == "slack chat" else self.teams.message)(words, user=user)

    async def sign_in(self, surface: str, user: str, member: str) -> None:
        """Connect a member; every link, state, code, cookie and form token that passes by is planted."""
        calls = await self.say(surface, "link", user)
        link = re.search(r'"(http[^"]+/link/[^"]+)"', json.dumps(calls))
        assert link, calls
        async with Browser() as browser:
            browser.event_hooks["response"].append(self._seen)
            code = await browser.sign_in(link[1], member)
        self.secrets |= {link[1].rpartition("/")[2], code, code.replace("-", "")}
        await self.say(surface, code, user)
        self.typed.discard(code)

    async def _seen(self, answer: httpx.Response) -> None:
        query = parse_qs(urlsplit(str(answer.url)).query)
        for name in ("state", "code", "nonce", "code_challenge"):
            self.secrets.update(query.get(name, ()))
        self.secrets.update(answer.cookies.values())
        await answer.aread()
        self.secrets.update(re.findall(r'name="token" value="([^"]+)"', answer.text))


_GROUP = {"id": "19:group@thread.v2", "conversationType": "groupChat", "isGroup": True, "tenantId": TENANT}
_SLACK: dict[str, Json] = {
    "slack channel": {},
    "slack private channel": {"channel": "G1"},
    "slack group chat": {"channel": "G2", "channel_type": "mpim"},
    "slack shared channel": {"channel": "C9", "is_ext_shared_channel": True},
    "slack thread": {"thread_ts": "1700000000.000900"},
}
_COMMANDS: dict[str, Json] = {"slack command": {}, "slack command in a chat of others": {"channel": "D77"}}
_TEAMS: dict[str, Json] = {
    "teams channel": {},
    "teams group chat": {"conversation": _GROUP},
    "teams slash command": {"recipient": {"id": f"28:{APP}", "isTargeted": True}},
}
_ENDINGS = ("unlink", "disconnect", "forget", "olvida", "olvíd", "desconect", "desvincul", "delete everything", "borra")
CHATS = ("slack chat", "teams chat")
PLACES = (*_SLACK, *_COMMANDS, *_TEAMS)
SURFACES = (*PLACES, *CHATS)
HELP_DESK = "C0HELPDESK"
ELSEWHERE = ("help desk", "assistant")
"""Where others read besides the places in which people talk to the bot."""
_FILES = ("download my record", "show my card as a QR", "print my lab results", f"export my claims for {YEAR_BEFORE}")


@asynccontextmanager
async def played(world: World, folder: Path) -> AsyncIterator[Played]:
    """Everything below, played."""
    async with attached(world, folder) as scene:
        scene.members = {each for member in MEMBERS for each in strings_of(world, member)}
        await _play(scene)
        yield scene


@asynccontextmanager
async def attached(world: World, folder: Path) -> AsyncIterator[Played]:
    """A house behind both platforms, to which nobody has said anything."""
    async with (
        SlackDouble() as slack,
        TeamsDouble() as teams,
        open_house(
            world, folder, outside=teams.outside, bot_handoff_channel=HELP_DESK, **slack.settings, **teams.settings
        ) as house,
    ):
        slack.app_url = f"{house.settings.bot_public_url}/slack/events"
        teams.app_url = f"{house.settings.bot_public_url}/teams/messages"
        house.sandbox.behaviour.refresh_tokens = True
        house.bot.turn._limits = Limits(person=_MANY, team=_MANY)
        yield Played(house, slack, teams, set(), folder)
    assert slack.refused == teams.refused == []


async def _play(scene: Played) -> None:
    users = {member: f"u{at}" for at, member in enumerate(MEMBERS, start=1)}
    for member, user in users.items():
        await scene.sign_in("slack chat", user, member)
        await scene.sign_in("teams chat", user, member)
    await _take_along(scene, users["dana"])
    for at, (surface, story) in enumerate(_cast()):
        around = at // len(SURFACES)
        user = users.get(story.member or "", NOBODY if around % 2 else users["dana"])
        for words in (turn.say for turn in story.turns if turn.say and not _ends(turn.say)):
            await scene.say(surface, words, user)
    await _everything_of_a_member(scene, users["dana"])
    await _hand_over(scene, users["dana"])
    await _ask_by_tools(scene)
    await _count(scene)
    await _break_things(scene, users["dana"])
    vault = scene.house.sandbox.authorization.vault
    scene.secrets |= {*vault.tokens, *vault.refresh, *vault.used_codes, scene.house.sandbox.client_secret}
    scene.secrets |= {TOKEN, SECRET, PASSWORD}


def _cast() -> Iterator[tuple[str, Story]]:
    """Stories in an open place or in a chat, by turns: a member's answer goes to the 1:1 chat from wherever.

    Every question that a member is answered in a language is asked, if not by every story that asks it: what is written
    where depends on no more. Short stories ask first, and none goes on where others have asked the rest. `make whole`
    plays them all.
    """
    said = {(story.member, tuple(turn.say for turn in story.turns)): name for name, story in stories().items()}
    asked, cast = set[tuple[str, str | None, str | None]](), []
    for name in sorted(said.values(), key=lambda name: len(stories()[name].turns)):
        story, played = stories()[name], 0
        for number, turn in enumerate(story.turns, 1):
            asks = turn.intent or name.partition(":")[0], turn.language, story.member
            if turn.say and (WHOLE or asks not in asked):
                asked.add(asks)
                played = number
        if played:
            cast.append(replace(story, turns=story.turns[:played]))
    return zip(itertools.cycle(SURFACES), cast, strict=False)


def _ends(words: str) -> bool:
    return any(each in words.casefold() for each in _ENDINGS)


async def _everything_of_a_member(scene: Played, user: str) -> None:
    """The first example of every intent that needs a member or speaks of the account, in every other place in turn."""
    private = (
        rules
        for name, rules in sorted(scene.house.bot.pack.intents.items())
        if (rules.needs == "member" or name.startswith("account.")) and name != "account.unlink"
    )
    for at, rules in enumerate(private):
        for words in rules.examples.get("en", ())[:1]:
            for place in PLACES[at % 2 :: 2]:
                await scene.say(place, words, user)
    for body in (scene.slack.home_opened(user=user), scene.slack.shortcut("form-bill", user=user)):
        await scene.deliver(body)


async def _hand_over(scene: Played, user: str) -> None:
    """A question to the help desk, beside a record that was just read."""
    await scene.say("slack chat", OWED, user)
    await scene.say("slack chat", "how do I change the address that my plan has", user)
    said: list[Json] = await scene.say("slack chat", "talk to a person", user)
    for label in ("Send my question to the help desk", "Send"):
        buttons = (one for one in objects(said) if one.get("type") == "button")
        pressed = next(one["value"] for one in buttons if one["text"]["text"] == label)
        said = await scene.press("slack chat", pressed, user)
    letters = [one for one in said if one.get("channel") == HELP_DESK]
    assert len(letters) == 1
    scene.aside += [("help desk", "talk to a person", json.dumps(one, ensure_ascii=False)) for one in letters]


async def _take_along(scene: Played, user: str) -> None:
    """A member's files, by a wrong code and their own, before the stories: who asked for many links gets none."""
    for words in _FILES:
        said = json.dumps(await scene.say("slack chat", words, user))
        link, code = re.search(r'"(http[^"]+/document/[^"]+)"', said), re.search(r"\b[A-Z2-7]{4}-[A-Z2-7]{4}\b", said)
        assert link, words
        assert code, words
        await _fetched(scene, link[1], "AAAA-2222")
        assert (await _fetched(scene, link[1], code[0])).status_code == HTTPStatus.OK


async def _fetched(scene: Played, link: str, code: str) -> httpx.Response:
    scene.secrets |= {link.rpartition("/")[2], code, code.replace("-", "")}
    async with httpx.AsyncClient(headers={"user-agent": "Mozilla/5.0"}, trust_env=False) as browser:
        page = await browser.get(link)
        await scene._seen(page)
        token, form = (re.search(rf'name="{name}" value="([^"]+)"', page.text) for name in ("token", "format"))
        assert token
        return await browser.post(link, data={"token": token[1], "code": code, "format": form[1] if form else "html"})


async def _ask_by_tools(scene: Played) -> None:
    """What an assistant asks and gets, also of what is a member's alone."""
    bot = scene.house.bot
    async with Client(make_server(bot.pack, bot.turn, "1")) as client:
        for words in ("find a cardiologist near 37402", OWED, "is dr grace okafor in network s", "unlink my account"):
            scene.typed.add(words)
            called = await client.call_tool(ASK, {"question": words})
            scene.aside.append(("assistant", words, called.model_dump_json()))


async def _count(scene: Played) -> None:
    """The operator's page, as its command opens it."""
    link, code, _ = [line async for line in admin.page(scene.house.settings, None, "en")]
    scene.counts = (await _fetched(scene, link, code.removeprefix("Code: "))).text
    assert "The bot's month in figures" in html.unescape(scene.counts)


async def _break_things(scene: Played, user: str) -> None:
    """The payer fails in every way, then Slack, then a sign-in, then an error page that somebody made up."""
    house = scene.house
    for fault in FAULTS:
        house.bot.recent._links.clear()
        house.break_(fault())
        await scene.say("slack chat", OWED, user)
        house.heal()
    scene.slack.errors["chat.update"] = ["planted-slack-error Dana Mercer"]
    await scene.say("slack chat", OWED, user)
    house.break_(Fault(TOKEN_PATH, 500, b"planted-token-body Dana Mercer"))
    try:
        await scene.sign_in("slack chat", "u90", "dana")
    except SignInRefused:
        house.heal()
    async with httpx.AsyncClient() as anybody:
        made_up = {"error": "access_denied", "error_description": "planted-description", "state": "planted-state"}
        await anybody.get(f"{house.settings.bot_public_url}/oauth/callback", params=made_up)
        await anybody.get(f"{house.settings.bot_public_url}/link/planted-link-of-nobody")
