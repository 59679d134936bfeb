"""App Home, forms, shortcuts and the agent's view: what is shown there, and that none of it is a member's."""

import json
import re
from datetime import date

import pytest

from bot.channels.slack.views import modal
from bot.channels.slack.writer import Notices
from bot.conversation.forms import Forms, Known
from bot.conversation.slash_commands import Commands
from bot.language.options import read_options
from bot.message import Language, OneToOne, Shared
from tests.channels.slack.conftest import House, SlackTurn
from tests.channels.speaking import PLANTED
from tests.doubles.block_kit import shown, view_faults
from tests.doubles.slack import all_done
from tests.doubles.slack_payloads import wire
from tests.inside import objects
from tests.shipped import shipped_pack


def home_of(house: House, user: str = "U1") -> str:
    """Every string of a person's Home."""
    return shown("", house.slack.homes[user]["blocks"])


async def test_home_says_whether_an_account_is_connected(house: House) -> None:
    """It offers what makes sense: a bill and the end of a connection only where there is one, and to no guest."""
    await house.deliver(house.slack.home_opened())
    assert "not linked" in home_of(house)
    assert re.findall(r"form-\w+", home_of(house)) == ["form-find"]
    house.turn.linked |= {"U1", "U2"}
    house.slack.users["U2"] = {"is_restricted": True}
    await house.deliver(house.slack.home_opened())
    assert re.findall(r"form-\w+", home_of(house)) == ["form-find", "form-bill", "form-unlink"]
    await house.deliver(house.slack.home_opened(user="U2"))
    assert re.findall(r"form-\w+", home_of(house, "U2")) == ["form-find"]


async def test_home_is_brought_up_to_date_when_an_account_goes(house: House) -> None:
    """What stays in sight after a disconnect is neutral, without anybody opening it again."""
    await house.deliver(house.slack.submission("form-unlink"))
    assert house.turn.heard[0].form == "account.unlink"
    assert "not linked" in home_of(house)


async def test_a_missing_home_hurts_nothing(house: House) -> None:
    """An app whose Home was switched off answers all the same."""
    house.slack.errors["views.publish"] = ["not_enabled"]
    await house.deliver(house.slack.home_opened())
    await house.deliver(house.slack.direct_message("hello"))
    assert len(house.slack.called("chat.postMessage")) == 1


async def test_a_button_at_home_is_answered_in_the_chat(house: House) -> None:
    """Home is no conversation: a member's answer goes to the 1:1 chat."""
    await house.deliver(house.slack.home_press("press-0", "mine"))
    assert isinstance(house.turn.heard[0].place, OneToOne)
    [updated] = house.slack.called("chat.update")
    assert updated.arguments["channel"] == "D-U1"
    assert PLANTED in updated.text


@pytest.mark.parametrize("name", ["find", "bill", "unlink", "network", "compare"])
@pytest.mark.parametrize("language", ["en", "es"])
def test_a_form_fits_slack_and_holds_nothing_of_anybody(name: str, language: Language) -> None:
    """Within Slack's limits in both languages, and without any metadata that could carry something."""
    offered = shipped_pack().offers.forms
    assert set(offered) == {"find", "bill", "unlink", "network", "compare"}
    view = modal(offered[name].form, Notices(shipped_pack().words), language)
    assert view_faults(view) == []
    starts = [block["element"].get("initial_option") for block in view["blocks"] if block["type"] == "input"]
    assert {one["value"] for one in starts if one} <= {"\u2013"}
    assert not {"initial_options", "initial_value"} & {key for one in objects(view) for key in one}
    assert "private_metadata" not in view
    assert view["callback_id"] == f"form-{name}"


async def whole(house: House, user: str = "U1") -> None:
    """Press the button for more fields in the form that is open."""
    button = house.slack.views[-1]["blocks"][-1]["elements"][0]
    pressed = house.slack.home_press(button["action_id"], button["value"], user=user)
    await house.deliver(pressed | {"view": {"type": "modal", "id": "V9"}})


async def test_a_search_asks_five_things_and_the_rest_on_demand(house: House) -> None:
    """The most used first, and only the place is needed; a button puts the others into the same form."""
    await house.deliver(house.slack.shortcut("form-find"))
    await whole(house)
    short, full = house.slack.views
    fields = [[block["block_id"] for block in view["blocks"] if "block_id" in block] for view in (short, full)]
    ticks = ["accepting", "telehealth", "wheelchair"]
    others = [key for key in house.turn.forms.offers.forms["find"].form.fields if key not in ticks[1:]]
    all_of_them = ["only" if key == ticks[0] else key for key in others]
    assert fields == [all_of_them[:5], all_of_them]
    assert not {"group", "npi"} & {*all_of_them}
    [ticked] = [block["elements"][0]["options"] for block in full["blocks"] if block.get("block_id") == "only"]
    assert [one["value"] for one in ticked] == [f"{key}:yes" for key in ticks]
    where, name, *_ = [block for block in short["blocks"] if block["type"] == "input"]
    assert (where["label"]["text"], where["optional"], name["optional"]) == ("Where", True, True)
    [updated] = house.slack.called("views.update")
    assert updated.arguments["view_id"] == "V9"
    assert short["callback_id"] == full["callback_id"]


@pytest.mark.parametrize("how", ["shortcut", "home_press"])
async def test_a_form_opens_from_a_shortcut_and_from_home(house: House, how: str) -> None:
    """In the language that Slack speaks to the person."""
    house.slack.users["U1"] = {"locale": "es-MX"}
    made = house.slack.shortcut("form-find") if how == "shortcut" else house.slack.home_press("form-find", "find")
    assert await house.deliver(made) == [200]
    [view] = house.slack.views
    assert view["title"]["text"] == "Buscar médico"
    assert house.turn.heard == []


async def test_a_sent_form_asks_its_intent_in_the_chat(house: House) -> None:
    """Its fields are options; what was typed cannot become another option."""
    fields = {"specialty": "cardiologist", "near": "37402", "group": 'Galen" radius:500 x:"', "language": ""}
    assert await house.deliver(house.slack.submission("form-find", **fields)) == [200]
    [message] = house.turn.heard
    assert message.form == "provider.find"
    assert message.text == 'specialty:"cardiologist" near:"37402" group:"Galen radius:500 x:"'
    assert message.place == OneToOne("D-U1")


@pytest.mark.parametrize(
    ("form", "fields", "errors"),
    [
        ("find", {"near": "nowhere at all"}, {"near": "I don't know this place."}),
        ("find", {"specialty": "cardiologist"}, {"near": "Say where, or give a name."}),
        ("find", {"specialty": "cardiologist", "match": "all"}, {"near": "Say where", "match": "Choose a network"}),
        ("bill", {"amount": "much"}, {"amount": "Enter an amount, such as 150.00."}),
        ("bill", {"doctor": "Kim"}, {"amount": "Enter an amount, such as 150.00."}),
    ],
)
async def test_what_cannot_be_read_is_said_at_its_field(
    house: House, form: str, fields: dict[str, str], errors: dict[str, str]
) -> None:
    """The form stays open, nothing is asked, and the words are those of the field."""
    status, body = await house.slack.send(*wire(house.slack.submission(f"form-{form}", **fields)))
    told = json.loads(body)
    assert (status, told["response_action"], told["errors"].keys()) == (200, "errors", errors.keys())
    assert all(told["errors"][key].startswith(words) for key, words in errors.items())
    await all_done(house.app)
    assert house.turn.heard == []


def test_a_desk_may_search_by_name_or_number() -> None:
    """Where no member's record is read, the form has the fields of a desk, and a place is one of several ways."""
    pack, turn, today = shipped_pack(), SlackTurn(), date(2026, 5, 20)
    known = turn.listed_networks, turn.own_networks, turn.own_place
    desk = Forms(pack.engine, pack.offers, *known, members=False)
    assert {"group", "npi"} < {*desk.offers.forms["find"].form.fields}
    view = modal(desk.offers.forms["find"].form, Notices(pack.words), "en")
    assert all(block.get("optional", True) for block in view["blocks"] if block.get("block_id") in {"near", "npi"})
    assert desk.faults("find", {"npi": 'npi:"1999999976"'}, today) == {}
    assert desk.faults("find", {"npi": 'npi:"1234567890"'}, today) == {"npi": "unread"}
    assert desk.faults("find", {"specialty": 'specialty:"cardiologist"'}, today) == {"near": "nothing"}


@pytest.mark.parametrize("said", ["150", "$150", "150.00", "$150.00", "1,500", "1,500.00", "150 dólares"])
def test_a_bill_is_typed_as_people_write_amounts(said: str) -> None:
    """With or without a sign, cents and separators, it is the same amount."""
    pack, today = shipped_pack(), date(2026, 5, 20)
    turn = SlackTurn()
    forms = Forms(pack.engine, pack.offers, turn.listed_networks, turn.own_networks, turn.own_place)
    assert forms.faults("bill", {"amount": f'amount:"{said}"'}, today) == {}
    amount = read_options(pack.engine, f'amount:"{said}"', {"amount"}, today).slots["amount"].value
    assert str(amount) in {"150.00", "1500.00"}


async def test_a_form_in_spanish_is_answered_in_spanish(house: House) -> None:
    """What is chosen is sent in one language, whatever the labels: the form tells its own."""
    house.slack.users["U1"] = {"locale": "es-MX"}
    await house.deliver(house.slack.submission("form-find", specialty="cardiologist", near="37402"))
    assert [message.language for message in house.turn.heard] == ["es"]


async def test_a_form_with_every_wish_asks_for_all_of_them(house: House) -> None:
    """Boxes, choices of several and lines of text: each becomes an option that its intent takes."""
    wishes = {"network": ["Blue Network S", "BlueCare"], "telehealth": ["yes"], "wheelchair": ["yes"]}
    sent = house.slack.submission(
        "form-find", near="Hamilton County", match="none", open="saturday", ages="teens", gender="not male"
    )
    for key, values in wishes.items():
        chosen = {"type": "x", "selected_options": [{"value": value} for value in values]}
        sent["view"]["state"]["values"][key] = {key: chosen}
    assert await house.deliver(sent) == [200]
    [message] = house.turn.heard
    pack, today = shipped_pack(), date(2026, 5, 20)
    request = Commands(pack.engine).request(message, today)
    assert request is not None
    asked = Commands(pack.engine).asked(request, pack.engine.understand(request.options.said, today=today), today)
    assert (asked.intent, request.faults(asked), asked.unmet) == ("provider.find", {}, {})
    assert asked.slots["network"].excluded
    assert asked.slots["network"].values == ("Blue Network S", "BlueCare")
    assert asked.slots["gender"].excluded
    assert {"telehealth", "wheelchair", "open_at", "age_group", "location"} <= asked.slots.keys()


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ["10 miles, or the nearest", "Any of these networks", "Any day", "Any"]),
        ("es", ["10 millas, o lo más cercano", "Cualquiera de estas redes", "Cualquier día", "Cualquiera"]),
    ],
)
def test_a_choice_left_open_says_of_what(language: Language, said: list[str]) -> None:
    """Distances, networks and days have their own word for any; the other choices share one."""
    pack = shipped_pack()
    view = modal(pack.offers.forms["find"].form, Notices(pack.words), language)
    fields = {block["block_id"]: block["element"] for block in view["blocks"] if block["type"] == "input"}
    keys = ("radius", "match", "open", "ages")
    assert [fields[key]["initial_option"]["text"]["text"] for key in keys] == said


@pytest.mark.parametrize(("listed", "asked"), [((), True), (("S",), False), (("P", "S"), True)])
def test_how_several_networks_are_meant_is_asked_where_there_are_several(listed: tuple[str, ...], asked: bool) -> None:
    """Or where the directory did not name them in time, so that they are typed."""
    pack = shipped_pack()
    view = modal(pack.offers.forms["find"].form, Notices(pack.words), "en", Known(listed=listed))
    assert ("match" in {block.get("block_id") for block in view["blocks"]}) == asked


async def test_the_form_starts_on_the_network_and_place_of_its_member(house: House) -> None:
    """Only for who is linked, is nobody's guest, and when it is known in time; a modal is seen by its opener alone."""

    async def opened(form: str = "find") -> list[str]:
        house.slack.views.clear()
        await house.deliver(house.slack.shortcut(f"form-{form}"))
        if form == "find":
            await whole(house)
        view = house.slack.views[-1]
        assert view_faults(view) == []
        elements = {block["block_id"]: block["element"] for block in view["blocks"] if block["type"] == "input"}
        one = [elements["network"]["initial_option"]] if "initial_option" in elements["network"] else []
        told = [option["value"] for option in elements["network"].get("initial_options", one)]
        return [elements["near"].get("initial_value", ""), *(one for one in told if one != "\u2013")]

    assert await opened() == [""]
    assert "Blue Network S" in json.dumps(house.slack.views)  # as the directory lists it
    house.turn.linked.add("U1")
    assert await opened() == ["37402", "Blue Network P"]
    assert await opened("network") == ["", "Blue Network P"]
    house.turn.networks = ("Network Q",)
    assert await opened() == ["37402", "Network Q"]
    house.slack.views.clear()
    await house.deliver(house.slack.own_press("form-find", "find", channel="C1"))
    await whole(house)
    assert "Blue Network P" in json.dumps(house.slack.views)
    assert not re.findall("initial_(?:options|value)", json.dumps(house.slack.views))
    house.slack.users["U2"] = {"is_restricted": True}
    house.turn.linked.add("U2")
    house.slack.views.clear()
    await house.deliver(house.slack.shortcut("form-find", user="U2"))
    await whole(house, "U2")
    assert not re.findall("initial_(?:options|value)", json.dumps(house.slack.views))


@pytest.mark.parametrize("language", ["en", "es"])
def test_each_choice_of_a_form_can_be_read(language: Language) -> None:
    """Whatever is chosen means something to the intent that the form asks, in both languages."""
    pack, notices = shipped_pack(), Notices(shipped_pack().words)
    turn = SlackTurn()
    forms = Forms(pack.engine, pack.offers, turn.listed_networks, turn.own_networks, turn.own_place)
    for name, offered in pack.offers.forms.items():
        labels = notices.labels(f"form_{name}", language)
        for row in (row for row in labels if row.partition(":")[0] in offered.form.fields and ":" in row):
            key, _, value = row.partition(":")
            filled = {"near": "near:37402", "network": "network:S", "name": "name:Kim", key: f'{key}:"{value}"'}
            assert forms.faults(name, filled, date(2026, 5, 20)) == {}, row


async def test_a_shortcut_on_a_message_asks_its_words(house: House) -> None:
    """The answer is for the asker alone, also when the message is somebody else's."""
    await house.deliver(house.slack.message_shortcut("is <@U9> in network? cardiologist &amp; co"))
    [message] = house.turn.heard
    assert message.text == "is @someone in network? cardiologist & co"
    assert isinstance(message.place, Shared)
    assert message.person.user == "U1"
    [answer] = house.slack.called("response_url")
    assert answer.arguments["response_type"] == "ephemeral"


async def test_a_new_thread_with_the_agent_gets_prompts(house: House) -> None:
    """The older agent view opens threads; it is offered the same questions."""
    thread = {"user_id": "U1", "channel_id": "D-U1", "thread_ts": "17.5"}
    await house.deliver(house.slack.event({"type": "assistant_thread_started", "assistant_thread": thread}), times=2)
    [call] = house.slack.called("assistant.threads.setSuggestedPrompts")
    assert (call.arguments["channel_id"], call.arguments["thread_ts"]) == ("D-U1", "17.5")


async def test_a_wait_has_a_status_without_words_of_the_question(house: House) -> None:
    """In the 1:1 chat only; that Slack has no agent view there is no fault."""
    house.turn.gate.clear()
    house.slack.errors["assistant.threads.setStatus"] = ["channel_not_found"]
    await house.slack.deliver(house.slack.direct_message("what did I owe", ts="17.1"))
    [status] = await house.slack.wait_for("assistant.threads.setStatus")
    house.turn.gate.set()
    await all_done(house.app)
    assert "owe" not in json.dumps(status.arguments)
    assert status.arguments["thread_ts"] == "17.1"
    assert len(house.slack.called("chat.update")) == 1
