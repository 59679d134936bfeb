"""Teams end to end: what is delivered, what is answered, and where."""

from typing import Any

import pytest

from bot.delivery.retention import Erased
from bot.message import OneToOne, Person, Shared
from tests.channels.speaking import PLANTED
from tests.channels.teams.conftest import House
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
    """The summary, which notifications show, is a neutral line in the answer's language; an open one says its words."""
    await house.deliver(house.teams.message("what did I owe"))
    await house.deliver(house.teams.message("cuánto debo"))
    english, spanish = house.teams.sent()
    assert (english.body["summary"], spanish.body["summary"]) == ("Your answer is here.", "Aquí está su respuesta.")
    assert PLANTED in english.text
    assert "text" not in english.body
    await house.deliver(house.teams.mention("hello"))
    assert house.teams.sent()[-1].body["summary"] == "heard hello"


@pytest.mark.threat("T53")
@pytest.mark.fault("F54")
async def test_an_answer_whose_account_was_disconnected_on_its_way_is_not_shown(house: House) -> None:
    """A sentence comes in its place."""
    house.turn.connected = lambda: False
    await house.deliver(house.teams.message("what did I owe"))
    [sent] = house.teams.sent()
    assert sent.text.startswith("Your account was disconnected")
    assert PLANTED not in str(sent.body)


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


@pytest.mark.threat("T75")
async def test_in_copilot_only_the_directory_is_answered(house: House) -> None:
    """Dana's amount goes to her own chat; in Copilot stands that it did (T75)."""
    asked = house.teams.message("what did I owe", entities=[{"type": "ProductInfo", "id": "COPILOT"}])
    asked["conversation"] = {**asked["conversation"], "id": "copilot-of-u1"}
    await house.deliver(asked)
    there = [call.text for call in house.teams.sent() if call.conversation == "copilot-of-u1"]
    assert len(there) == 1
    assert "private chat" in there[0]
    assert [call.conversation for call in house.teams.sent() if PLANTED in call.text] == ["a:chat-u1"]


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
    # A member answer behind a button in a channel goes to the presser's own chat, whoever got the card.
    await house.deliver(getattr(house.teams, how)("mine", personal=False, user="u2"))
    assert [call.conversation for call in house.teams.sent() if PLANTED in call.text] == ["a:chat-u2"]


async def test_a_card_that_is_looked_at_again(house: House) -> None:
    """Its own person, in the personal chat, gets the card that takes its place; every other place and person a word."""
    card = {"refresh": {"action": {"type": "Action.Execute", "verb": "renew", "data": {"press": "mine"}}}}
    answers = {
        "own": await house.ask(house.teams.look_again(card)),
        "channel": await house.ask(house.teams.look_again(card, personal=False)),
        "unchanged": await house.ask(house.teams.look_again(changed(card, "theirs"))),
        "old": await house.ask(house.teams.look_again(changed(card, ""))),
    }
    assert PLANTED in str(answers.pop("own")["value"])
    assert {answer["value"] for answer in answers.values()} == {"This card is up to date."}
    assert [message.press for message in house.turn.heard] == ["mine", "theirs"]
    assert house.teams.sent() == []


def changed(card: dict[str, Any], press: str) -> dict[str, Any]:
    """The card with another button's id."""
    action = card["refresh"]["action"]
    return {"refresh": {"action": {**action, "data": {"press": press}}}}


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


@pytest.mark.threat("T21")
@pytest.mark.parametrize(
    "member",
    [
        *({"userRole": "guest"}, {"userRole": "anonymous"}),
        *({"tenantId": OTHER_TENANT}, {"tenantId": None}, {"objectId": "somebody-else"}, {"objectId": None}),
    ],
)
async def test_guests_and_strangers_may_ask_the_directory_only(house: House, member: dict[str, str]) -> None:
    """Whoever is no full member of the tenant, or is not named, is marked, so that no member answer is made.

    A person without an Entra id is somebody else than anyone who has one.
    """
    house.teams.members["u1"] = member
    await house.deliver(house.teams.message("hello"))
    assert house.turn.heard[0].directory_only
    await house.deliver(house.teams.message("hello", **{"from": {"id": "29:u1", "name": "Anonymous"}}))
    assert (house.turn.heard[1].directory_only, house.turn.heard[1].person.user) == (True, "29:u1")


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


async def test_a_person_is_written_to_unasked(house: House) -> None:
    """What went wrong in the browser is told in the chat, in the region where the person was last seen."""
    await house.deliver(house.teams.message("what did I owe"))
    person = house.turn.heard[0].person
    reply = await anext(house.turn.answer(house.turn.heard[0]))
    await house.app.push(person, reply)  # type: ignore[arg-type] # the keyword makes it private
    assert [call.conversation for call in house.teams.sent()] == ["a:chat-u1", "a:chat-u1"]


@pytest.mark.threat("T31")
async def test_private_answers_can_be_deleted(house: House) -> None:
    """Each message is noted by its id; an open answer is not, and stays."""
    person = Person("teams", "", TENANT, house.teams.object_id("u31"))
    await house.deliver(house.teams.message("hello", user="u31"))
    for answer, told in ((None, Erased(1)), (404, Erased(1)), (403, Erased(0, kept=1)), (500, Erased(0, waiting=1))):
        await house.deliver(house.teams.message("what did I owe", user="u31"))
        house.teams.statuses["delete"] = [] if answer is None else [answer]
        assert await house.app._means.retention.forget(person, "en") == told
        await house.drain()
        assert await house.app._means.retention.count(person) == 0
    [(open_answer, _)] = [item for item in house.teams.standing.items() if PLANTED not in str(item)]
    assert open_answer[0] == house.teams.chat_of("u31")
    assert len(house.teams.standing) == 3


@pytest.mark.threat("T21")
@pytest.mark.parametrize(
    ("member", "status", "present"),
    [({}, None, True), ({"userRole": "guest"}, None, False), ({}, 404, False), ({}, 403, None), ({}, 500, None)],
)
async def test_who_is_still_a_member_is_asked_of_teams(
    house: House, member: dict[str, str], status: int | None, present: bool | None
) -> None:
    """By the id in the tenant; only that nobody is known by it ends anything."""
    house.teams.members["u1"] = member
    house.teams.statuses["member"] = [] if status is None else [status]
    person = Person("teams", "", TENANT, house.teams.object_id("u1"))
    house.app._regions[TENANT] = house.teams.service_url
    assert await house.app.is_present(person) is present
