"""Teams end to end: what is delivered, what is answered, and where."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import msgspec
import pytest

from bot.channels.base import Unwritable
from bot.channels.teams.incoming import read_message
from bot.inbox import Delivery
from bot.message import OneToOne, Shared
from tests.channels.teams.conftest import PLANTED, House
from tests.doubles.adaptive_card import fallback
from tests.doubles.teams import APP, OTHER_TENANT, TENANT

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_message_in_the_personal_chat_is_answered_there(house: House) -> None:
    """One card goes to the conversation that the message came from; its text says the same as its elements."""
    assert await house.deliver(house.teams.message("hello &amp; <at>Ann</at>")) == [200]
    [call] = house.teams.sent()
    assert call.conversation == "a:chat-u1"
    assert call.text == fallback(call.cards[0]) == "heard hello & Ann"
    assert house.turn.heard[0].place == OneToOne("a:chat-u1")


async def test_who_asks(house: House) -> None:
    """A person is keyed by tenant and object id, and carries the names that a linking page shows."""
    await house.deliver(house.teams.message("hello"))
    person = house.turn.heard[0].person
    assert (person.platform, person.enterprise, person.team) == ("teams", "", TENANT)
    assert person.user == house.teams.object_id("u1")
    assert (person.name, person.home) == ("Person u1", "Microsoft Teams")
    assert not house.turn.heard[0].directory_only


async def test_a_private_answer_is_never_in_a_notification(house: House) -> None:
    """The summary, which notifications show, is a neutral line in the answer's language; the card has the answer."""
    await house.deliver(house.teams.message("what did I owe"))
    await house.deliver(house.teams.message("cuánto debo"))
    english, spanish = house.teams.sent()
    assert (english.body["summary"], spanish.body["summary"]) == ("Your answer is here.", "Aquí está su respuesta.")
    assert PLANTED in english.text
    assert "text" not in english.body


async def test_an_open_answer_says_in_its_summary_what_it_is(house: House) -> None:
    """What anybody may read is announced by its own words."""
    await house.deliver(house.teams.mention("hello"))
    assert house.teams.sent()[0].body["summary"] == "heard hello"


async def test_a_member_question_in_a_channel_goes_to_the_private_chat(house: House) -> None:
    """The answers are written in the asker's own chat; the channel gets one line that says only that (T25)."""
    await house.deliver(house.teams.mention("what did I owe, twice"))
    calls = house.teams.sent()
    assert [call.conversation for call in calls] == ["a:chat-u1", "19:general@thread.tacv2;messageid=17", "a:chat-u1"]
    seen = calls[1]
    assert PLANTED not in str(seen.body)
    assert "private chat" in seen.text
    assert seen.buttons["Open it"]["url"] == (
        f"https://teams.microsoft.com/l/entity/{APP}/conversations?tenantId={TENANT}"
    )
    assert all(PLANTED in calls[at].text for at in (0, 2))
    [created] = [call.body for call in house.teams.calls if call.method == "create"]
    assert created["members"] == [{"id": house.teams.object_id("u1")}]


async def test_a_member_question_of_somebody_without_the_app(house: House) -> None:
    """Where no private chat can be opened, the channel hears how to open one, and nothing of the answer."""
    house.teams.statuses["create"] = [403]
    await house.deliver(house.teams.mention("what did I owe"))
    [pointer] = house.teams.sent()
    assert "only answer that in our private chat" in pointer.text
    assert list(pointer.buttons) == ["Open our chat"]
    assert PLANTED not in str(pointer.body)


async def test_a_directory_question_in_a_channel_is_answered_in_the_thread(house: House) -> None:
    """Open facts go where they were asked, in the thread, and nowhere else."""
    await house.deliver(house.teams.mention("find a cardiologist"))
    [call] = house.teams.sent()
    assert call.conversation == "19:general@thread.tacv2;messageid=17"
    assert "1. Grace Okafor, MD" in call.text
    assert house.turn.heard[0].place == Shared("19:general@thread.tacv2", "17")
    assert house.turn.heard[0].text == "find a cardiologist"


async def test_a_chat_of_many_is_shared_even_when_it_does_not_say_so(house: House) -> None:
    """Only a conversation that Teams calls personal is one: a missing type is a shared place."""
    for kind in ("groupChat", "channel", "Personal", None, 1):
        body = house.teams.message("what did I owe")
        body["conversation"] = {"id": "19:many", "tenantId": TENANT, "conversationType": kind}
        await house.deliver(body)
    assert all(isinstance(message.place, Shared) for message in house.turn.heard)
    assert all(PLANTED not in call.text for call in house.teams.sent() if call.conversation == "19:many")


@pytest.mark.parametrize("how", ["execute", "submit"])
async def test_a_press_carries_its_opaque_id(house: House, how: str) -> None:
    """A button brings its id to the turn, by either way that clients know; the answer is a message of its own."""
    body = await house.ask(getattr(house.teams, how)("opaque1"))
    assert house.turn.heard[0].press == "opaque1"
    assert house.turn.heard[0].place == OneToOne("a:chat-u1")
    assert len(house.teams.sent()) == 1
    if how == "execute":
        assert body == {
            "statusCode": 200,
            "type": "application/vnd.microsoft.activity.message",
            "value": "One moment, I'm looking.",
        }


async def test_a_press_in_a_channel_is_answered_in_private(house: House) -> None:
    """A member answer behind a button in a channel goes to the presser's own chat, whoever got the card."""
    await house.ask(house.teams.execute("mine", personal=False, user="u2"))
    assert [call.conversation for call in house.teams.sent() if PLANTED in call.text] == ["a:chat-u2"]


async def test_a_press_without_an_id_is_refused(house: House) -> None:
    """A card of another version, or a forged one, gets a refusal that the client can show."""
    values: list[Any] = [{}, {"action": {}}, {"action": {"data": {"press": 5}}}, {"action": {"data": "x"}}, None, "x"]
    for value in values:
        body = await house.ask(house.teams.activity("invoke", name="adaptiveCard/action", value=value))
        assert body["statusCode"] == 400
        assert body["type"] == "application/vnd.microsoft.error"
    assert house.turn.heard == []


async def test_a_sign_in_pop_up_brings_the_code(house: House) -> None:
    """What the page handed to the client is as if the person had typed it, in the same chat."""
    body = house.teams.activity("invoke", name="signin/verifyState", value={"state": "K7PM-4RTX"})
    assert await house.ask(body) is None
    assert [(message.text, message.press) for message in house.turn.heard] == [("K7PM-4RTX", None)]


@pytest.mark.parametrize("kind", ["message", "mention", "execute", "submit"])
async def test_one_answer_however_often_it_is_delivered(house: House, kind: str) -> None:
    """The same activity four times at once is answered once."""
    assert await house.deliver(getattr(house.teams, kind)("hello"), times=4) == [200] * 4
    assert len(house.turn.heard) == 1


async def test_a_persons_messages_are_answered_in_order(house: House) -> None:
    """The second question of a conversation waits for the first; another person's does not."""
    house.turn.gate.clear()
    for text, user in (("one", "u1"), ("two", "u1"), ("other", "u2")):
        await house.teams.deliver(house.teams.message(text, user=user))
    house.turn.gate.set()
    await house.drain()
    heard = [message.text for message in house.turn.heard]
    assert sorted(heard) == ["one", "other", "two"]
    assert heard.index("one") < heard.index("two")


async def test_the_answer_need_not_be_ready_when_teams_stops_waiting(house: House) -> None:
    """The activity is acknowledged before there is an answer, and typing is shown meanwhile; the answer comes later."""
    house.turn.gate.clear()
    house.app._typing_after = 0
    assert [status for status, _ in await house.teams.deliver(house.teams.message("hello"))] == [200]
    [typing] = await house.teams.wait_for(1, "typing")
    assert typing.conversation == "a:chat-u1"
    assert house.teams.sent() == []
    house.turn.gate.set()
    await house.drain()
    house.app._typing_after = 60
    assert len(house.teams.sent()) == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"type": "messageUpdate", "channelData": {"eventType": "editMessage", "tenant": {"id": TENANT}}},
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
    """Edits, deletions, reactions, bots and types that nobody knows get 200 and silence."""
    assert await house.deliver(house.teams.message("x") | fields) == [200]
    assert house.turn.heard == []


@pytest.mark.threat("T21")
async def test_adding_the_app_greets_and_removing_it_forgets(house: House) -> None:
    """Who adds it for themselves is greeted in their chat; who removes it is unlinked; a team's is neither (T21)."""
    await house.deliver(house.teams.activity("installationUpdate", action="add"))
    await house.deliver(house.teams.activity("installationUpdate", action="add", personal=False))
    await house.deliver(house.teams.activity("installationUpdate", action="remove", personal=False))
    assert [message.text for message in house.turn.heard] == ["hello"]
    assert house.gone == []
    await house.deliver(house.teams.activity("installationUpdate", action="remove"))
    assert [person.user for person in house.gone] == [house.teams.object_id("u1")]


@pytest.mark.parametrize(
    "member",
    [{"userRole": "guest"}, {"userRole": "anonymous"}, {"tenantId": OTHER_TENANT}, {"objectId": "somebody-else"}],
)
async def test_guests_and_strangers_may_ask_the_directory_only(house: House, member: dict[str, str]) -> None:
    """Whoever is no full member of the tenant is marked, so that no member answer is made."""
    house.teams.members["u1"] = member
    await house.deliver(house.teams.message("hello"))
    assert house.turn.heard[0].directory_only


async def test_without_an_object_id_there_is_no_link(house: House) -> None:
    """A person without an Entra id is somebody else than anyone who has one, and may ask the directory only."""
    await house.deliver(house.teams.message("hello", **{"from": {"id": "29:u1", "name": "Anonymous"}}))
    assert house.turn.heard[0].directory_only
    assert house.turn.heard[0].person.user == "29:u1"


async def test_an_unknown_person_is_a_stranger(house: House) -> None:
    """When Teams does not say who somebody is, they are not trusted; the next time it is asked again, then kept."""
    house.teams.statuses["member"] = [404]
    for text in ("one", "two", "three"):
        await house.deliver(house.teams.message(text))
    assert [message.directory_only for message in house.turn.heard] == [True, False, False]
    assert len([call for call in house.teams.calls if call.method == "member"]) == 1


async def test_a_message_without_words_in_a_channel_is_not_answered(house: House) -> None:
    """A bare mention or a picture is no question among others; alone with the bot it gets help."""
    await house.deliver(house.teams.mention(""))
    assert house.turn.heard == []
    await house.deliver(house.teams.message(""))
    assert [message.text for message in house.turn.heard] == [""]


async def test_a_rate_limit_is_waited_out(house: House) -> None:
    """412, 429, 502 and 504 delay the answer and do not lose it; Teams' own wait is kept, with some chance added."""
    house.teams.statuses["send"] = [429, 502, 504]
    house.teams.retry_after = "3"
    await house.deliver(house.teams.message("hello"))
    house.teams.retry_after = None
    assert len(house.teams.sent()) == 1
    assert len(house.waits) == 3
    assert all(3 <= wait < 8 for wait in house.waits)


async def test_few_sends_at_once(house: House) -> None:
    """At most eight calls are under way, whoever asks."""
    activities = [house.teams.message("hello", user=f"u{n}") for n in range(30)]
    for activity in activities:
        await house.teams.deliver(activity)
    await house.drain()
    assert len(house.teams.sent()) == 30
    assert house.teams.busiest <= 8


@pytest.mark.parametrize("status", [401, 403, 404, 500, 503, None])
async def test_an_error_of_teams_ends_the_answer(
    house: House, status: int | None, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Any other error ends it without a second try, and no log holds the answer, Teams' words or an address (T27)."""
    caplog.set_level(logging.DEBUG)
    house.teams.statuses["send"] = [status]
    assert await house.deliver(house.teams.message("what did I owe")) == [200]
    out, err = capfd.readouterr()
    logged = caplog.text + out + err
    assert PLANTED not in logged
    assert "what was said" not in logged
    assert "a:chat" not in logged
    assert "failed" in logged
    await house.deliver(house.teams.message("hello"))
    assert "heard hello" in house.teams.sent()[-1].text


@pytest.mark.parametrize("status", [400, 413])
async def test_a_card_that_teams_refuses_is_said_in_words(house: House, status: int) -> None:
    """The person gets one true sentence instead."""
    house.teams.statuses["send"] = [status]
    await house.deliver(house.teams.message("what did I owe"))
    [call] = house.teams.sent()
    assert "would not show it" in call.text
    assert call.body["textFormat"] == "plain"
    assert call.cards == []


async def test_a_broken_turn_reaches_no_log_and_no_person(
    house: House, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """An error's text stays inside: the log names its kind only."""
    caplog.set_level(logging.DEBUG)
    assert await house.deliver(house.teams.message("break")) == [200]
    out, err = capfd.readouterr()
    assert PLANTED not in caplog.text + out + err
    assert "RuntimeError" in out + err
    assert house.teams.sent() == []


async def test_who_removed_the_app_is_not_written_to(house: House) -> None:
    """Without a private chat there is no place for a private word."""
    await house.deliver(house.teams.message("what did I owe"))
    house.teams.statuses["create"] = [403]
    reply = await anext(house.turn.answer(house.turn.heard[0]))
    with pytest.raises(Unwritable):
        await house.app.push(house.turn.heard[0].person, reply)  # type: ignore[arg-type] # the keyword makes it private


async def test_a_person_is_written_to_unasked(house: House) -> None:
    """What went wrong in the browser is told in the chat, in the region where the person was last seen."""
    await house.deliver(house.teams.message("what did I owe"))
    person = house.turn.heard[0].person
    reply = await anext(house.turn.answer(house.turn.heard[0]))
    await house.app.push(person, reply)  # type: ignore[arg-type] # the keyword makes it private
    assert [call.conversation for call in house.teams.sent()] == ["a:chat-u1", "a:chat-u1"]


async def test_search_shows_providers(house: House) -> None:
    """Each entry is a card without our buttons, with what was searched and the directory's caution in it."""
    body = await house.ask(house.teams.search("find a cardiologist", personal=False))
    results = body["composeExtension"]
    assert (results["type"], results["attachmentLayout"]) == ("result", "list")
    first, second = results["attachments"]
    assert first["preview"]["content"] == {"title": "Grace Okafor, MD · 1 mile", "text": "Chattanooga"}
    assert fallback(first["content"]).splitlines() == [
        "Grace Okafor, MD · 1 mile",
        "Chattanooga",
        "[Map]",
        "find a cardiologist",
        "Call before you go.",
    ]
    assert "Details" not in str(second)
    asked = house.turn.heard[0]
    assert asked.directory_only
    assert asked.place.conversation == "search"


@pytest.mark.parametrize("words", ["what did I owe", "hello", "break"])
async def test_search_never_shows_a_member_answer(house: House, words: str) -> None:
    """A private answer, one without entries and a failure are a sentence: nothing of them can be dropped anywhere."""
    [(status, body)] = await house.teams.deliver(house.teams.search(words))
    assert PLANTED not in str(body)
    assert status == (503 if words == "break" else 200)
    if status == 200:
        assert body["composeExtension"]["type"] == "message"


async def test_search_answers_in_time(house: House) -> None:
    """Teams waits five seconds: what takes longer is said, not waited for; without words there is a hint."""
    from bot.channels.teams import search  # noqa: PLC0415 -- the SDK is imported by then

    house.turn.gate.clear()
    late = await search.find(house.teams.search("find"), house.turn, house.app._notices, seconds=0)
    house.turn.gate.set()
    opened = house.teams.search("true")
    opened["value"]["parameters"][0]["name"] = "initialRun"
    hint = await house.ask(opened)
    assert "Try a specialty" in late["composeExtension"]["text"]
    assert "cardiologist near 37402" in hint["composeExtension"]["text"]


async def test_an_unknown_call_is_501(house: House) -> None:
    """What we do not offer is not an error of ours."""
    for name in ("task/fetch", "composeExtension/queryLink", "signin/tokenExchange", "", None, 7):
        [(status, _)] = await house.teams.deliver(house.teams.activity("invoke", name=name, value={}))
        assert status == 501


WRONG: list[Any] = [None, 7, "x", [], {}, {"id": 7}, {"id": None}, [{"id": "x"}], True]


@pytest.mark.parametrize(
    "name", ["from", "conversation", "recipient", "channelData", "entities", "value", "text", "attachments", "locale"]
)
async def test_wrong_fields_are_no_errors(house: House, name: str, capfd: pytest.CaptureFixture[str]) -> None:
    """Whatever a field holds, Teams gets an answer and no log a trace."""
    made = (
        house.teams.mention("hello"),
        house.teams.submit("p"),
        house.teams.execute("p"),
        house.teams.search("find"),
        house.teams.activity("invoke", name="signin/verifyState", value={"state": "x"}),
        house.teams.activity("installationUpdate", action="add"),
    )
    bodies = [one | {name: wrong, "id": f"{name}{at}"} for one in made for at, wrong in enumerate(WRONG)]
    answers = await asyncio.gather(*map(house.teams.deliver, bodies))
    assert {status for [(status, _)] in answers} <= {200, 403}
    await house.drain()
    out, err = capfd.readouterr()
    assert "Traceback" not in out + err
    assert "failed" not in out + err


@pytest.mark.parametrize(("maybe_written", "exhausted"), [(True, False), (False, True)])
async def test_an_answer_that_may_stand_there_is_not_given_twice(
    house: House, maybe_written: bool, exhausted: bool
) -> None:
    """Teams' chats cannot be read: after a process died while it wrote, or too often, the person is told (F52)."""
    activity = house.teams.message("what did I owe")
    incoming = read_message(activity)
    assert incoming is not None
    body = msgspec.json.encode(incoming)
    await house.app._answer(Delivery("k", body, tries=2, maybe_written=maybe_written, exhausted=exhausted))
    assert house.turn.heard == []
    (told,) = [call for call in house.teams.calls if "interrupted" in call.text]
    assert "Me interrumpieron" in told.text
