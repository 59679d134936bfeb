"""Slash commands, which only the asker sees; and activities that are no question, were changed, or lack fields."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bot.message import OneToOne, Shared
from tests.channels.speaking import PLANTED
from tests.channels.teams.conftest import House
from tests.doubles.teams import TENANT, TeamsDouble

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize(
    ("text", "command", "words"),
    [
        ("find cardiologist near 37402", "/bcbst-find", "cardiologist near 37402"),
        ("/Find  zip:37402", "/bcbst-find", "zip:37402"),
        ("help", "/bcbst-help", ""),
        ("finder of things", "/", "finder of things"),
        ("", "/", "help"),
    ],
)
async def test_a_commands_name_is_taken_off(house: House, text: str, command: str, words: str) -> None:
    """What stands behind the name are the command's words; words without a name are asked as they are."""
    await house.deliver(house.teams.slash(text))
    [message] = house.turn.heard
    assert (message.command, message.text) == (command, words)
    assert isinstance(message.place, Shared)


async def test_a_mention_is_no_command(house: House) -> None:
    """It is answered for all who read it, whatever it begins with; a way to the private chat concerns its asker."""
    await house.deliver(house.teams.mention("find a cardiologist"))
    assert house.turn.heard[0].command is None
    [answer] = house.teams.sent()
    assert answer.only == ""
    await house.deliver(house.teams.mention("what did I owe"))
    *_, pointer = house.teams.sent()
    assert pointer.only == "29:u1"


async def test_only_the_asker_sees_the_answer(house: House) -> None:
    """The list is shown to who asked; so is the answer to a button of it, in a client that knows Execute or not."""
    await house.deliver(house.teams.slash("what to find"))
    [listed] = house.teams.sent()
    assert (listed.only, listed.conversation) == ("29:u1", "19:general@thread.tacv2;messageid=17")
    details = listed.buttons["Details"]
    assert details["data"] == details["fallback"]["data"] == {"press": "r.1", "only": True}
    pressed = house.teams.execute("r.1", personal=False)
    pressed["value"]["action"]["data"] = details["data"]
    await house.ask(pressed)
    await house.deliver(house.teams.activity("message", personal=False, value=details["data"]))
    assert [call.only for call in house.teams.sent()] == ["29:u1"] * 3
    assert [message.press for message in house.turn.heard[1:]] == ["r.1", "r.1"]


async def test_a_private_answer_goes_to_the_own_chat(house: House) -> None:
    """What was asked about a person's own record is answered in their chat, and only they see where."""
    await house.deliver(house.teams.slash("what did I owe"))
    own, pointer = house.teams.sent()
    assert (own.conversation, own.only) == ("a:chat-u1", "")
    assert PLANTED in own.text
    assert pointer.only == "29:u1"
    assert "private chat" in pointer.text
    assert PLANTED not in str(pointer.body)


@pytest.mark.parametrize("status", [400, 403, 404, 500])
async def test_where_teams_refuses_it_goes_to_the_own_chat(house: House, status: int) -> None:
    """Others did not see the question, so they do not see the answer: the place has a line that says where it is."""
    house.teams.statuses["targeted"] = [status]
    await house.deliver(house.teams.slash("what to find"))
    answer, pointer = house.teams.sent()
    assert answer.conversation == "a:chat-u1"
    assert "Grace Okafor" in answer.text
    assert (pointer.only, list(pointer.buttons)) == ("", ["Open it"])
    assert "Okafor" not in str(pointer.body)
    house.teams.calls.clear()
    house.teams.statuses |= {"targeted": [status], "create": [403]}  # where there is no own chat either
    house.app._means.chats.clear()
    await house.deliver(house.teams.slash("what to find"))
    [pointer] = house.teams.sent()
    assert list(pointer.buttons) == ["Open our chat"]
    assert "Okafor" not in str(house.teams.calls)


async def test_a_command_in_the_own_chat_is_plain(house: House) -> None:
    """In the personal chat there is nobody to hide anything from, whatever an activity says."""
    await house.deliver(house.teams.message("find it", recipient={"id": "28:x", "isTargeted": True}))
    assert isinstance(house.turn.heard[0].place, OneToOne)
    assert house.teams.sent()[0].only == ""


async def _offered(house: House, label: str = "Share here") -> dict[str, object]:
    """What the button under an answer that only its asker saw brings back."""
    await house.deliver(house.teams.slash("facts"))
    answer = next(call for call in house.teams.sent() if label in call.buttons)
    data: dict[str, object] = answer.buttons[label]["data"]
    house.teams.calls.clear()
    return data


async def test_its_asker_shows_an_answer_to_everybody(house: House) -> None:
    """The place reads the facts, who shared them and when; the asker's own buttons do not come along. Once.

    The button's id alone opens nothing: what was shown is bound to whom it was shown to.
    """
    data = await _offered(house)
    assert "Okafor" not in str(data)
    for user in ("u2", "u1", "u1"):
        await house.deliver(house.teams.activity("message", user=user, personal=False, value=data))
    another, shared, over = house.teams.sent()
    assert another.only == "29:u2"
    assert "Okafor" not in another.text
    assert "no longer kept" in another.text
    assert (shared.conversation, shared.only) == ("19:general@thread.tacv2;messageid=17", "")
    assert "Grace Okafor, MD" in shared.text
    assert "Shared by Person u1 on May 20, 2026 at 12 pm" in shared.text
    assert shared.buttons == {}
    assert over.only == "29:u1"
    assert "no longer kept" in over.text
    assert house.turn.heard[1:] == []


async def test_from_the_own_chat_it_is_shown_where_it_was_asked(house: House) -> None:
    """Where the place took nothing that one person sees, the answer in their own chat can still go there."""
    house.teams.statuses["targeted"] = [403]
    data = await _offered(house, "Share where I asked")
    await house.deliver(house.teams.activity("message", value=data))
    shared, done = house.teams.sent()
    assert shared.conversation == "19:general@thread.tacv2;messageid=17"
    assert "Grace Okafor, MD" in shared.text
    assert done.conversation == "a:chat-u1"
    assert "everybody can read it where you asked" in done.text


async def test_what_is_not_looked_up_or_a_members_cannot_be_shared(house: House) -> None:
    """No button under an answer that holds nothing of the directory, and none under a private one."""
    await house.deliver(house.teams.slash("hello"))
    await house.deliver(house.teams.slash("what did I owe"))
    assert all("Share" not in label for call in house.teams.sent() for label in call.buttons)


Json = dict[str, Any]


async def test_a_press_without_an_id_is_refused(house: House) -> None:
    """A card of another version, or a forged one, gets a refusal that the client can show."""
    values: list[Any] = [{}, {"action": {}}, {"action": {"data": {"press": 5}}}, {"action": {"data": "x"}}, None, "x"]
    for value in values:
        body = await house.ask(house.teams.activity("invoke", name="adaptiveCard/action", value=value))
        assert body["statusCode"] == 400
        assert body["type"] == "application/vnd.microsoft.error"
        assert "earlier version" in body["value"]["message"]
    assert house.turn.heard == []


async def test_what_an_older_card_submits_is_a_button_that_is_over(house: House) -> None:
    """Whatever data it carries: the turn says of a button that nobody knows that it is over."""
    for value in ({}, {"action": "show"}, {"press": 7}, {"msteams": {"type": "signin", "value": "https://b.example"}}):
        await house.deliver(house.teams.activity("message", value=value))
    assert [message.press for message in house.turn.heard] == ["old"] * 4


async def test_an_edited_question_is_told_how_to_ask_anew(house: House) -> None:
    """In the personal chat, once, in both languages; the new words are not asked, and in a channel nothing is said."""
    changed = {"type": "messageUpdate", "channelData": {"eventType": "editMessage", "tenant": {"id": TENANT}}}
    asked = house.teams.message("what did I owe")
    await house.deliver(asked)
    await house.deliver(asked | changed | {"text": "what did I owe in May"}, times=2)
    await house.deliver(house.teams.mention("hello") | changed)
    assert [message.text for message in house.turn.heard] == ["what did I owe"]
    _, told = house.teams.sent()
    assert "send it as a new message" in told.text
    assert "envíelo como un mensaje nuevo" in told.text


async def test_half_a_character_is_no_reason_to_stay_silent(house: House) -> None:
    """A cut emoji is no text that a store takes: it is replaced, and the rest is asked."""
    assert await house.deliver(house.teams.message("hello \ud83d there")) == [200]
    assert [message.text for message in house.turn.heard] == ["hello \ufffd there"]


async def test_a_pop_up_brings_a_code_or_nothing(house: House) -> None:
    """What a client says of a pop-up that was closed, or anything else that is no code of ours, is nobody's message."""
    for state in (
        "CancelledByUser",
        "UserCancelledSignIn",
        "",
        "what did I owe",
        "K7PM-4RTX x",
        None,
        7,
        ["K7PM-4RTX"],
    ):
        body = house.teams.activity("invoke", name="signin/verifyState", value={"state": state})
        assert await house.ask(body) is None
    assert house.turn.heard == []


@pytest.mark.parametrize(
    "fields",
    [
        {"type": "messageUpdate", "channelData": {"eventType": "undeleteMessage", "tenant": {"id": TENANT}}},
        {"type": "messageDelete", "channelData": {"eventType": "softDeleteMessage", "tenant": {"id": TENANT}}},
        {"type": "messageReaction", "reactionsAdded": [{"type": "like"}]},
        {"type": "conversationUpdate", "membersAdded": [{"id": "29:u1"}]},
        {"type": "typing"},
        {"type": "event", "name": "application/vnd.microsoft.readReceipt"},
        {"type": "made-up"},
        {"from": {"id": "28:another-bot", "name": "Bot"}},
        {"from": {"id": "29:x", "role": "bot"}},
    ],
)
async def test_what_is_no_new_message_of_a_person_is_not_answered(house: House, fields: dict[str, Any]) -> None:
    """Deletions, reactions, bots and types that nobody knows get 200 and silence."""
    assert await house.deliver(house.teams.message("x") | fields) == [200]
    assert house.turn.heard == []


async def test_an_unknown_call_is_501(house: House) -> None:
    """What we do not offer is not an error of ours."""
    for name in ("task/fetch", "composeExtension/queryLink", "signin/tokenExchange", "", None, 7):
        [(status, _)] = await house.teams.deliver(house.teams.activity("invoke", name=name, value={}))
        assert status == 501


MADE: dict[str, Callable[[TeamsDouble], Json]] = {
    "message": lambda teams: teams.message("planted words"),
    "mention": lambda teams: teams.mention("planted words"),
    "slash": lambda teams: teams.slash("planted words"),
    "submit": lambda teams: teams.submit("opaque1"),
    "execute": lambda teams: teams.execute("opaque1"),
    "renewal": lambda teams: teams.look_again({"refresh": {"action": {"verb": "renew", "data": {"press": "mine"}}}}),
    "search": lambda teams: teams.search("planted words"),
    "dialog": lambda teams: teams.dialog("form-bill"),
    "quoted": lambda teams: teams.dialog("ask_message", quoted="planted words", personal=False),
    "form": lambda teams: teams.filled_in("form-network", {"form": "network", "name": "planted words"}, personal=False),
    "thumb": lambda teams: teams.thumb("dislike", "m1"),
    "rated": lambda teams: teams.rated({"press": "opaque1"}),
    "code": lambda teams: teams.activity("invoke", name="signin/verifyState", value={"state": "K7PM-4RTX"}),
    "installed": lambda teams: teams.activity("installationUpdate", action="add"),
    "members": lambda teams: teams.activity("conversationUpdate", membersAdded=[{"id": "29:u1"}]),
    "edit": lambda teams: teams.message("planted words") | {"type": "messageUpdate"},
    "deletion": lambda teams: teams.message("planted words") | {"type": "messageDelete"},
    "reaction": lambda teams: teams.activity("messageReaction", reactionsAdded=[{"type": "like"}]),
}
WRONG: tuple[Any, ...] = (None, 7, "x", [], {}, {"id": 7}, [{"id": "x"}], True)


def broken(body: Json) -> Iterator[Json]:
    """The activity without each of its fields, with each of another type, at every depth, and with one too many."""
    for at, path in enumerate(paths(body)):
        for wrong in (ABSENT, WRONG[at % len(WRONG)]):
            yield {**changed(body, path, wrong), **({"id": f"{body['id']}.{at}"} if path != ("id",) else {})}
    yield {**body, "unheardOf": {"x": ["y"]}}


ABSENT = object()


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to everything in a document."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, child in inside:
        yield (*path, name)
        yield from paths(child, (*path, name))


def changed(value: Any, path: tuple[Any, ...], wrong: Any) -> Any:
    """The document with something else, or nothing, at one place."""
    name, rest = path[0], path[1:]
    if not rest and wrong is ABSENT:
        return {k: v for k, v in value.items() if k != name} if isinstance(value, dict) else []
    inside = wrong if not rest else changed(value[name], rest, wrong)
    return value | {name: inside} if isinstance(value, dict) else [inside, *value[1:]]


@pytest.mark.parametrize("kind", MADE)
async def test_a_malformed_activity_is_taken_or_refused_and_hurts_nobody(
    house: House, kind: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """No server error, which Teams would deliver again; no word of it in a log; the next person is answered as ever."""
    caplog.set_level(logging.DEBUG)
    answers = await asyncio.gather(*map(house.teams.deliver, broken(MADE[kind](house.teams))))
    await house.drain()
    assert {status for [(status, _)] in answers} <= {200, 400, 401, 403, 501}
    out, err = capfd.readouterr()
    logged = "\n".join(record.getMessage() for record in caplog.records) + out + err
    assert [word for word in ("planted words", "Traceback", "failed") if word in logged] == []
    house.turn.heard.clear()
    await house.deliver(house.teams.message("hello", user="u7"))
    assert [message.text for message in house.turn.heard] == ["hello"]
