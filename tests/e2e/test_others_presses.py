"""Every button of one person's chat, of whatever kind, pressed by somebody else: it does nothing and shows nothing."""

import json
import re
from typing import Any

import pytest

from bot.channels.registry import ASK
from bot.delivery.reminders import kind_of
from bot.message import Person
from bot.sandbox.world import World
from tests.doubles.slack import TEAM
from tests.doubles.teams import TENANT
from tests.e2e.house import OWED
from tests.e2e.planted import found, needles, strings_of
from tests.e2e.played import HELP_DESK, Played
from tests.inside import objects

ASKED = (
    "what did I owe for my last visit",
    "show my claims in a table",
    "why was my claim denied",
    "I sent the appeal on Monday",
    "where is my appeal",
    "remind me of the deadline",
    "tell me when a new claim comes",
    "show my reminders",
    "download my record",
    "show my card as a QR",
    "who is on my plan",
    "how much has my family spent",
    "what changed since last time",
    "how much will an MRI cost me",
    "find a cardiologist near 37402",
    "share this list with my coworker",
    "talk to a person",
    "xyzzy the plugh of my frobnitz",
    "unlink",
    "forget my appeal",
)
OWNER, OTHER = "u1", "u2"
MENUS = ("value", "press")
ANYBODYS = re.compile(r"[a-z_]+(?:\.[a-z_]+)*(?:\.(?:en|es|vi))?")
"""Ids that everybody's buttons have, for what asks the same of whoever presses it."""


@pytest.fixture
async def shared(scene: Played) -> Played:
    """A house behind both platforms, with two members in each."""
    for surface in ("slack chat", "teams chat"):
        await scene.sign_in(surface, OWNER, "dana")
        await scene.sign_in(surface, OTHER, "walter")
    return scene


def presses(payload: Any) -> list[str]:
    """What the buttons and menus of a payload send back."""
    return [one[name] for one in objects(payload) for name in MENUS if isinstance(one.get(name), str)]


async def state(scene: Played, person: Person) -> tuple[object, ...]:
    """What a press could have changed of a person."""
    bot = scene.house.bot
    kinds = ("reminder:slack", "watch:slack", "reminder:teams", "watch:teams", "appeal_case", "document", "handed_over")
    rows = [(kind, sorted(await bot.store.owned(kind, person.key))) for kind in kinds]
    return (await bot.accounts.link(person) is not None, rows)


@pytest.mark.threat("T18", "T25", "T68", "T77")
@pytest.mark.attack("a click on somebody else's button")
@pytest.mark.parametrize("surface", ["slack chat", "teams chat"])
async def test_what_one_was_shown_another_cannot_press(shared: Played, world: World, surface: str) -> None:
    """By another member, in their own chat and where others read: nothing of the owner is shown, changed or sent."""
    platform, team = ("slack", TEAM) if surface == "slack chat" else ("teams", TENANT)
    users = {user: user if platform == "slack" else shared.teams.object_id(user) for user in (OWNER, OTHER)}
    owner, other = (Person(platform, "", team, users[user]) for user in (OWNER, OTHER))
    said = [call for words in ASKED for call in await shared.say(surface, words, OWNER)]
    ids = {one for one in presses(said) if not ANYBODYS.fullmatch(one)}
    assert len(ids) > 12
    before = await state(shared, owner), await state(shared, other)
    own = needles(strings_of(world, "dana") - strings_of(world, "walter"))
    for press in sorted(ids):
        for aside in (False, True):
            brought = json.dumps(await shared.press(surface, press, OTHER, aside=aside), ensure_ascii=False)
            assert found(own, brought) == []
    assert (await state(shared, owner), await state(shared, other)) == before
    posted = [call for call in shared.slack.calls if call.arguments.get("channel") == HELP_DESK]
    assert posted == []


USER = "u66666reader"
DOES = (
    *("unlink", "forget me", "delete everything about me", "delete your messages", "disconnect my account"),
    *("olvídame", "stop reminding me", "link my account", "switch to my son", "remind me about the appeal"),
)


async def _prepared(scene: Played, surface: str) -> None:
    await scene.sign_in(surface, USER, "dana")
    for words in (OWED, "tell me when a new claim comes"):
        await scene.say(surface, words, USER)


async def _kept(scene: Played, surface: str) -> tuple[bool, int, int]:
    """Whether the reader is connected, how many reminders there are, and how many answers stand in the chat."""
    platform, _, _ = surface.partition(" ")
    team = "T0TEAM" if platform == "slack" else TENANT
    user = USER if platform == "slack" else scene.teams.object_id(USER)
    bot = scene.house.bot
    kinds = (kind_of(platform, "appeal"), kind_of(platform, "news"), f"shown:{platform}")
    days, looks, shown = [len(await bot.store.listed(kind)) for kind in kinds]
    return await bot.accounts.link(Person(platform, "", team, user)) is not None, days + looks, shown


async def _ask_about(scene: Played, surface: str, words: str) -> str:
    """The reader chooses somebody's message; what is written then."""
    if surface == "slack chat":
        before = len(scene.slack.calls)
        await scene.deliver(scene.slack.message_shortcut(words, user=USER))
        return json.dumps([call.arguments for call in scene.slack.calls[before:]])
    before = len(scene.teams.calls)
    await scene.deliver(scene.teams.dialog(ASK, quoted=f"<p>{words}</p>", user=USER, personal=False), teams=True)
    return json.dumps([call.body for call in scene.teams.calls[before:]])


@pytest.mark.threat("T60")
@pytest.mark.attack("words that a search box carries out")
async def test_a_search_carries_nothing_out(scene: Played) -> None:
    """The box searches while one types: whatever the words begin to ask, only providers are looked for."""
    await _prepared(scene, "teams chat")
    before = await _kept(scene, "teams chat")
    assert before[:2] == (True, 1)
    for words in (*DOES, "that's wrong", "/bcbst-unlink", "K7PM-4RTX"):
        [(status, body)] = await scene.teams.deliver(scene.teams.search(words, user=USER, personal=False))
        assert (status, body["composeExtension"]["type"]) == (200, "message"), words
        assert await _kept(scene, "teams chat") == before, words
    [(_, body)] = await scene.teams.deliver(scene.teams.search("cardiologist near 37402", user=USER, personal=False))
    assert body["composeExtension"]["type"] == "result"


@pytest.mark.threat("T61")
@pytest.mark.attack("another person's words that act for their reader")
@pytest.mark.parametrize("surface", ["slack chat", "teams chat"])
async def test_somebody_elses_words_ask_back(scene: Played, surface: str) -> None:
    """A button says what the message asks: the reader alone can press it, and nothing is done before."""
    await _prepared(scene, surface)
    linked, reminders, shown = await _kept(scene, surface)
    assert (linked, reminders) == (True, 1)
    for words in DOES:
        said = await _ask_about(scene, surface, words)
        assert "asks me to do something" in said or "me pide hacer algo" in said, words
        assert (await _kept(scene, surface))[:2] == (linked, reminders), words
        assert (await _kept(scene, surface))[2] >= shown, words


@pytest.mark.threat("T61")
@pytest.mark.parametrize("surface", ["slack chat", "teams chat"])
async def test_the_button_does_it(scene: Played, surface: str) -> None:
    """Pressed, the reader is disconnected; a question of somebody else's is answered as before."""
    await _prepared(scene, surface)
    assert "$54.87" in await _ask_about(scene, surface, OWED)
    said = await _ask_about(scene, surface, "unlink")
    press = re.search(r'"(?:press|value)": "([\w-]{16}\.\d|account\.unlink\.en)"', said)
    assert press, said
    await scene.press(surface, press[1], USER)
    assert not (await _kept(scene, surface))[0]
