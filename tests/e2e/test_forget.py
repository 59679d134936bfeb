"""After "delete everything about me" the store names nobody: what is left of a person is a keyed hash (T53, T54)."""

import json
import re
import sqlite3

import pytest

from bot.cli.chat import link_in
from bot.message import Message, OneToOne, Person, Shared
from tests.e2e.house import OWED, House
from tests.e2e.planted import found, needles, stored
from tests.e2e.played import Played

USER = "u77777forgetme"
ASKED = (OWED, "and the one before that?", "list my claims", "export my claims", "who has seen my data", "help", "link")
DONE = {
    *("audit", "audit_head", "audit_key", "audit_once", "seen", "inbox:slack", "inbox:teams"),
    *("clock_seen", "member_links_whole"),  # a time, and that nothing is missing: of nobody
}
HERS = ("54.87", "Okafor", "Dana")


async def held(scene: Played) -> str:
    """The bytes of the store's file and log as text, once it was swept as it is every five minutes."""
    await scene.house.bot.store.sweep()
    return stored(scene.folder)


def kinds(scene: Played) -> dict[str, str]:
    """What rows there are, and to whom they belong."""
    with sqlite3.connect(scene.folder / "bot.db") as database:
        rows = database.execute("SELECT kind, owner FROM rows").fetchall()
    database.close()
    return dict(rows)


@pytest.mark.threat("T53", "T54")
@pytest.mark.parametrize("surface", ["slack chat", "teams chat"])
async def test_nothing_but_keyed_hashes_is_left(scene: Played, surface: str) -> None:
    """Neither the person's id nor their conversation's is in the store, its log or its rows; the trail is whole."""
    await scene.sign_in(surface, USER, "dana")
    for words in ASKED:
        await scene.say(surface, words, USER)
    if surface == "slack chat":
        await scene.say("slack channel", OWED, USER)
        await scene.say("slack command", "find a cardiologist near 37402", USER)
        await scene.deliver(scene.slack.home_opened(user=USER))
    names = needles({USER, scene.slack.chat_of(USER), scene.teams.chat_of(USER), scene.teams.object_id(USER)})
    assert found(names, await held(scene)) != []
    said = await scene.say(surface, "delete everything about me", USER)
    assert "disconnected" in str(said)
    assert re.search(r"I deleted my \d+ answers in this chat", str(said))
    assert [word for word in HERS if word in standing(scene)] == []
    assert found(names, await held(scene)) == []
    left = kinds(scene)
    assert set(left) <= DONE
    assert re.fullmatch(r"[0-9a-f]{32}|", left["audit"])
    assert (await scene.house.bot.audit.verify()).faults == ()


def standing(scene: Played) -> str:
    """Everything that can still be read in the chats."""
    return json.dumps([*scene.slack.messages.values(), *scene.teams.standing.values()])


@pytest.mark.threat("T31")
@pytest.mark.parametrize("surface", ["slack chat", "teams chat"])
@pytest.mark.parametrize("words", ["delete my account", "borra mi cuenta", "olvídame"])
async def test_words_of_forgetting_leave_no_message(scene: Played, surface: str, words: str) -> None:
    """None of the answers with member data stands in the chat any more (more of such words: language/heard)."""
    await scene.sign_in(surface, USER, "dana")
    for asked in (OWED, "my claims", "my deductible"):
        await scene.say(surface, asked, USER)
    platform = surface.partition(" ")[0]
    before = len(await scene.house.bot.store.listed(f"shown:{platform}"))
    said = str(await scene.say(surface, words, USER))
    assert before > 0
    assert len(await scene.house.bot.store.listed(f"shown:{platform}")) == 0
    assert [word for word in HERS if word in standing(scene)] == []
    assert re.search(r"(deleted my|Borré mis) \d+", said)


@pytest.mark.threat("T31")
@pytest.mark.parametrize("surface", ["slack chat", "teams chat"])
@pytest.mark.parametrize("words", ["unlink", "don't delete my messages, just unlink"])
async def test_disconnecting_leaves_the_answers_until_they_are_asked_to_go(
    scene: Played, surface: str, words: str
) -> None:
    """After "unlink" they stay, which is said, with a button that deletes them."""
    await scene.sign_in(surface, USER, "dana")
    await scene.say(surface, OWED, USER)
    said = str(await scene.say(surface, words, USER))
    assert re.search(r"My \d+ answers in this chat stay until you ask me", said)
    assert "54.87" in standing(scene)
    press = "account.forget.en"
    assert press in said
    await scene.press(surface, press, USER)
    assert [word for word in HERS if word in standing(scene)] == []
    assert "I deleted my" in standing(scene)
    assert USER not in await held(scene)


@pytest.mark.threat("T31")
async def test_many_answers_go_behind_the_reply_in_the_persons_language(scene: Played) -> None:
    """How many and how long, then that it is done, or what could not be; the account stays connected."""
    await scene.sign_in("slack chat", USER, "dana")
    person = Person("slack", "", "T0TEAM", USER)
    for at in range(30):
        await scene.house.bot.retention.note(person, OneToOne(scene.slack.chat_of(USER)), f"1.{at}")
    scene.slack.errors["chat.delete"] = ["message_not_found"] * 20 + ["cant_delete_message"]
    said = str(await scene.say("slack chat", "borra tus mensajes", USER))
    assert "Estoy borrando mis" in said
    assert "le aviso cuando termine" in said
    assert "Listo: borré" in said
    assert "No pude borrar 1 respuesta mía" in said
    assert await scene.house.bot.accounts.link(person) is not None
    assert [row.what for row in await scene.house.bot.audit.of(person)][:1] == ["erased"]


@pytest.mark.threat("T53")
async def test_the_console_too_and_the_next_question_asks_to_connect(dana: House) -> None:
    """After "unlink" the account is gone, in whatever place it was said, with the button that begins again."""
    await dana.say(OWED)
    said = await dana.say("forget me", place=Shared("channel", "thread"))
    assert await dana.bot.accounts.link(dana.person) is None
    again = await dana.say("", press=said.buttons["Connect again"])
    assert any(link_in(reply) for reply in again.replies)
    assert "Connect my account" in (await dana.say(OWED)).text


async def test_asking_again_and_again_is_counted_across_unlink(house: House) -> None:
    """Unlinking is no way around the limit of links in ten minutes (T52)."""
    person = Person("slack", "", "T1", "U1")
    texts = []
    for words in ("link", "link", "link", "unlink", "link"):
        message = Message("m", person, OneToOne("chat"), words)
        texts.append([reply async for reply in house.bot.turn.answer(message)][-1])
    assert texts[-1].error is not None
    assert texts[2].error is None
