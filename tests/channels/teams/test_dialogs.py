"""Forms and "Ask about this message": dialogs of any chat, answered in the person's own."""

from typing import Any

import pytest

from bot.channels.teams.dialogs import form_card
from bot.message import Language, OneToOne
from bot.replies.render import labels_of
from tests.channels.speaking import PLANTED
from tests.channels.teams.conftest import House
from tests.doubles.adaptive_card import form_faults, inside
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
    assert next(one["text"] for one in card["body"] if one.get("isSubtle")).startswith("A ZIP")
    data = {
        "form": "find",
        "near": "37402",
        "network": "Blue Network S,BlueCare",
        "only": "accepting:yes,telehealth:yes,style:bold",
        "language": "",
        "group": 'x" radius:5',
    }
    body = await house.ask(house.teams.filled_in("form-find", data, personal=False))
    assert body == {"task": {"type": "message", "value": "The answer comes in your chat with me."}}
    [message] = house.turn.heard
    assert (message.form, message.place) == ("provider.find", OneToOne("a:chat-u1"))
    wanted = 'near:"37402" network:"Blue Network S" network:"BlueCare" group:"x radius:5" accepting:"yes"'
    assert message.text == f'{wanted} telehealth:"yes"'


@pytest.mark.parametrize(
    ("form", "data", "told"),
    [
        ("find", {"near": "nowhere at all"}, {"near": "I don't know this place."}),
        ("find", {"specialty": "cardiologist"}, {"near": "Say where"}),
        ("find", {"npi": "1234567890", "match": "all"}, {"match": "Choose a network", "npi": "This is no NPI."}),
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


async def test_a_search_asks_two_things_and_the_rest_on_demand(house: House) -> None:
    """Who or what, and where, which wears a star; a button shows the others, which stand open once one is wrong."""
    card = card_of(await house.ask(house.teams.dialog("form-find")))
    seen = [one["label"] for one in card["body"] if one["type"].startswith("Input.")]
    assert seen == ["Who or what", "Where *"]
    more, rest = card["body"][-2:]
    assert more["actions"][0]["targetElements"] == [rest["id"]]
    assert (rest["isVisible"], sum(one["type"].startswith("Input.") for one in rest["items"])) == (False, 11)
    wrong = card_of(await house.ask(house.teams.filled_in("form-find", {"form": "find", "npi": "1234567890"})))
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


async def test_a_form_starts_on_its_members_network(house: House) -> None:
    """Only for who is linked and nobody's guest; nobody else sees a dialog."""
    own = card_of(await house.ask(house.teams.dialog("form-find", user="u9")))
    assert input_of(own, "network")["value"] == "Blue Network P"
    house.teams.members["u9"] = {"userRole": "guest"}
    house.app._people._members.clear()
    guest = card_of(await house.ask(house.teams.dialog("form-find", user="u9")))
    assert "value" not in input_of(guest, "network")


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
