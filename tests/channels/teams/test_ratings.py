"""Thumbs under private answers, and the label that they wear."""

import json
from typing import Any

import pytest

from tests.channels.speaking import PLANTED
from tests.channels.teams.conftest import House

Json = dict[str, Any]
pytestmark = pytest.mark.asyncio(loop_scope="module")


async def answered(house: House) -> str:
    """The id of a private answer."""
    await house.deliver(house.teams.message("what did I owe"))
    return max(message for _, message in house.teams.standing)


async def test_a_private_answer_wears_its_label_and_thumbs(house: House) -> None:
    """In the own chat only; what the directory tells, or was disconnected on its way, has neither."""
    await answered(house)
    await house.deliver(house.teams.message("hello"))
    await house.deliver(house.teams.mention("what did I owe"))
    private, plain, again, pointer = (call.body for call in house.teams.sent())
    for body in (private, again):
        [entity] = body["entities"]
        assert entity["usageInfo"]["name"] == "Private: your health plan's data"
        assert PLANTED not in json.dumps(entity)
        assert body["channelData"]["feedbackLoop"] == {"type": "custom"}
    house.turn.connected = lambda: False
    await answered(house)
    withdrawn = house.teams.sent()[-1].body
    for body in (plain, pointer, withdrawn):
        assert not {"entities", "channelData"} & body.keys()


async def test_a_thumb_down_asks_what_was_wrong(house: House) -> None:
    """In a dialog with a button for each cause, whose answer comes to the chat; a thumb up is thanked for instead."""
    message = await answered(house)
    body = await house.ask(house.teams.thumb("dislike", message))
    card = body["task"]["value"]["card"]["content"]
    [button] = card["body"][-1]["actions"]
    assert button == {"type": "Action.Submit", "title": "The amount", "data": {"press": "amount1"}}
    assert [one.press for one in house.turn.heard] == [None, "wrong1"]
    assert len(house.teams.sent()) == 1
    assert await house.ask(house.teams.rated(button["data"])) is None
    assert house.turn.heard[-1].press == "amount1"
    assert len(house.teams.sent()) == 2
    thanks = await house.ask(house.teams.thumb("like", message))
    assert thanks["task"] == {"type": "message", "value": "heard "}
    assert house.turn.heard[-1].press == "right1"


async def test_nobody_rates_what_they_were_not_answered(house: House) -> None:
    """Another person, another chat, a message that cannot be rated, and no reaction that there is."""
    message = await answered(house)
    for made in (
        house.teams.thumb("like", message, user="u2"),
        house.teams.thumb("like", message, personal=False),
        house.teams.thumb("like", "m0"),
        house.teams.thumb("love", message),
    ):
        body = await house.ask(made)
        assert "earlier version" in body["task"]["value"]
    assert len(house.turn.heard) == 1


@pytest.mark.parametrize("feedback", ["", "{", "7", "[]", '{"press": 7}', '"amount1"', None, {"press": "amount1"}])
async def test_a_dialog_that_brings_no_button_asks_nothing(house: House, feedback: Any) -> None:
    """Words that a client sends by itself are not read."""
    made = house.teams.rated({})
    made["value"]["actionValue"]["feedback"] = feedback
    assert await house.ask(made) is None
    assert house.turn.heard == []


async def test_teams_own_dialog_leads_to_the_same_question(house: House) -> None:
    """In a client that does not know ours: what was wrong is asked in the chat, and the words are nowhere."""
    made = house.teams.rated({}, replyToId=await answered(house))
    made["value"]["actionValue"]["feedback"] = json.dumps({"feedbackText": "planted words"})
    assert await house.ask(made) is None
    assert house.turn.heard[-1].press == "wrong1"
    assert "What was wrong?" in house.teams.sent()[-1].text
    assert "planted words" not in str(house.turn.heard)
