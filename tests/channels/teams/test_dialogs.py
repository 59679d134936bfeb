"""What opens in Teams: forms and "Ask about this message", thumbs under private answers, and the search's results."""

import json
from typing import Any

import pytest

from bot.channels.teams.dialogs import form_card
from bot.message import Language, OneToOne
from bot.replies.render import labels_of
from tests.channels.speaking import PLANTED
from tests.channels.teams.conftest import House
from tests.doubles.adaptive_card import fallback, form_faults, inside
from tests.shipped import shipped_pack

Json = dict[str, Any]
pytestmark = pytest.mark.asyncio(loop_scope="module")
FORMS = ("find", "bill", "network", "compare")


def card_of(body: Json) -> Json:
    """The card of a dialog."""
    assert body["task"]["type"] == "continue"
    card: Json = body["task"]["value"]["card"]["content"]
    assert form_faults(card) == []
    return card


def input_of(card: Json, key: str) -> Json:
    """One field of a form."""
    [found] = [one for one in inside(card) if one.get("id") == key]
    return dict(found)


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("language", ["en", "es"])
async def test_forms_fit_and_hold_nothing_of_anybody(name: str, language: Language) -> None:
    """In both languages: a label at each field, no value that somebody else typed, one button."""
    form = shipped_pack().offers.forms[name].form
    card = form_card(form, labels_of(shipped_pack().words, f"form_{name}", language), language, {}, {})
    assert form_faults(card) == []
    assert [one["id"] for one in inside(card) if "id" in one] == [
        "only" if key == "accepting" else key for key in form.fields if key not in {"telehealth", "wheelchair"}
    ]
    assert not any(one.get("value") for one in inside(card))
    assert card["actions"][0]["data"] == {"form": name}


async def test_a_form_is_asked_in_the_own_chat(house: House) -> None:
    """From a channel: its fields are options of its intent, the answer comes to the chat, and the dialog says so."""
    card = card_of(await house.ask(house.teams.dialog("form-find", personal=False)))
    assert input_of(card, "near")["placeholder"] == "e.g. 37402 or Memphis"
    data = {
        "form": "find",
        "near": "37402",
        "network": "Blue Network S,BlueCare",
        "only": "accepting:yes,telehealth:yes,style:bold",
        "language": "",
        "name": 'x" radius:5',
    }
    body = await house.ask(house.teams.filled_in("form-find", data, personal=False))
    assert body == {"task": {"type": "message", "value": "The answer comes in your chat with me."}}
    [message] = house.turn.heard
    assert (message.form, message.place) == ("provider.find", OneToOne("a:chat-u1"))
    wanted = 'near:"37402" name:"x radius:5" network:"Blue Network S" network:"BlueCare"'
    assert message.text == f'{wanted} accepting:"yes" telehealth:"yes"'


@pytest.mark.parametrize(
    ("form", "data", "told"),
    [
        ("find", {"near": "nowhere at all"}, {"near": "I don't know this place."}),
        ("find", {"specialty": "cardiologist"}, {"near": "Say where"}),
        ("find", {"near": "37402", "match": "all"}, {"match": "Choose a network"}),
        ("network", {"network": "Blue Network S"}, {"name": "Give a name"}),
        ("compare", {"name": "Kim"}, {"provider": "Give a name"}),
        ("bill", {"amount": "much", "doctor": "Kim"}, {"amount": ""}),
    ],
)
async def test_what_cannot_be_read_is_said_at_its_field(house: House, form: str, data: Json, told: Json) -> None:
    """The form stays open with what was typed, and nothing is asked."""
    card = card_of(await house.ask(house.teams.filled_in(f"form-{form}", {"form": form, **data})))
    assert {key: input_of(card, key)["value"] for key in data} == data
    found, field = {}, ""
    for one in inside(card):
        field = one.get("id", field)
        if one.get("color") == "Attention":
            found[field] = one["text"]
    assert found.keys() == told.keys()
    assert all(found[key].startswith(words) for key, words in told.items())
    assert house.turn.heard == []


async def test_a_search_asks_five_things_and_the_rest_on_demand(house: House) -> None:
    """The most used first, one with a star; a button shows the others, which stand open once one is wrong."""
    card = card_of(await house.ask(house.teams.dialog("form-find")))
    seen = [one["label"] for one in card["body"] if one["type"].startswith("Input.")]
    assert seen == ["Where", "Name of a doctor", "Specialty", "Distance", "Show only"]
    more, rest = card["body"][-2:]
    assert more["actions"][0]["targetElements"] == [rest["id"]]
    assert (rest["isVisible"], sum(one["type"].startswith("Input.") for one in rest["items"])) == (False, 6)
    wrong = card_of(await house.ask(house.teams.filled_in("form-find", {"form": "find", "match": "all"})))
    assert wrong["body"][-1]["isVisible"] is True


async def test_the_bill_opens_in_the_own_chat_only(house: House) -> None:
    """It asks about a member's record: elsewhere it does not open, and what is sent as if it had is not asked."""
    filled = {"form": "bill", "amount": "120.00"}
    for made in (
        house.teams.dialog("form-bill", personal=False),
        house.teams.filled_in("form-bill", filled, personal=False),
    ):
        body = await house.ask(made)
        assert "private chat only" in body["task"]["value"]
    assert house.turn.heard == []
    assert input_of(card_of(await house.ask(house.teams.dialog("form-bill"))), "date")["type"] == "Input.Date"
    await house.ask(house.teams.filled_in("form-bill", filled))
    assert house.turn.heard[0].form == "claim.bill_check"


async def test_a_form_starts_on_its_members_network_and_place(house: House) -> None:
    """Only for who is linked and nobody's guest; nobody else sees a dialog."""
    own = card_of(await house.ask(house.teams.dialog("form-find", user="u9")))
    assert [input_of(own, key)["value"] for key in ("network", "near")] == ["Blue Network P", "37402"]
    house.teams.members["u9"] = {"userRole": "guest"}
    house.app._people._members.clear()
    guest = card_of(await house.ask(house.teams.dialog("form-find", user="u9")))
    assert [input_of(guest, key).get("value", "") for key in ("network", "near")] == ["", ""]


async def test_a_message_is_asked_about_in_the_own_chat(house: House) -> None:
    """Its words without markup, by whomever they were written; a member's answer stays out of the place."""
    quoted = "<div>what did <b>I</b> owe&nbsp;<at id='0'>BCBST</at>?</div>"
    body = await house.ask(house.teams.dialog("ask_message", quoted=quoted, personal=False))
    assert body["task"]["value"] == "The answer comes in your chat with me."
    [message] = house.turn.heard
    assert (message.text, message.place) == ("what did I owe BCBST ?", OneToOne("a:chat-u1"))
    [answer] = house.teams.sent()
    assert (answer.conversation, PLANTED in answer.text) == ("a:chat-u1", True)


@pytest.mark.parametrize("status", [403, 500, None])
async def test_where_there_is_no_own_chat_the_dialog_says_so(house: House, status: int | None) -> None:
    """Nothing is asked whose answer could be written nowhere."""
    house.teams.statuses["create"] = [status] * 4
    for made in (
        house.teams.dialog("ask_message", quoted="hello", personal=False),
        house.teams.filled_in("form-find", {"form": "find", "near": "37402"}, personal=False),
    ):
        body = await house.ask(made)
        assert "Add me to your chats" in body["task"]["value"]
        house.teams.statuses["create"] = [status] * 4
    assert house.turn.heard == []


@pytest.mark.parametrize(
    ("command", "value"),
    [
        ("form-unlink", {"form": "unlink"}),
        ("form-", {"form": ""}),
        ("form-find", {"form": "bill", "near": "37402"}),
        ("find", {"form": "find", "near": "37402"}),
        ("form-find", None),
        ("form-find", "x"),
        (None, {"form": "find"}),
    ],
)
async def test_what_no_form_of_ours_sends_is_not_asked(house: House, command: Any, value: Any) -> None:
    """Another app's data, or an older version's, is told to be over."""
    body = await house.ask(house.teams.filled_in(command, value))
    assert "earlier version" in body["task"]["value"]
    assert house.turn.heard == []


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


@pytest.mark.threat("T60")
@pytest.mark.attack("a search that shows a member's answer")
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
