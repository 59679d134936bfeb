"""Words that are not their reader's, or not all typed yet, do nothing: searches, and "Ask about this message"."""

import json
import re

import pytest

from bot.channels.offered import ASK
from bot.delivery.reminders import kind_of
from bot.message import Person
from tests.doubles.teams import TENANT
from tests.e2e.house import OWED
from tests.e2e.played import Played

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
