"""App Home, forms, shortcuts and the agent's view: what is shown there, and that none of it is a member's."""

import json
import re
from typing import get_args

import pytest

from bot.channels.slack import forms
from bot.channels.slack.notices import Notices
from bot.message import Language, OneToOne, Shared
from bot.replies.render import Words
from tests.channels.slack.conftest import PLANTED, TEMPLATES, House
from tests.doubles.block_kit import shown, view_faults


def home_of(house: House, user: str = "U1") -> str:
    """Every string of a person's Home."""
    return shown("", house.slack.homes[user]["blocks"])


async def test_home_says_whether_an_account_is_connected(house: House) -> None:
    """It offers what makes sense: a bill and the end of a connection only where there is one."""
    await house.deliver(house.slack.home_opened())
    assert "not linked" in home_of(house)
    assert re.findall(r"form-\w+", home_of(house)) == ["form-find"]
    house.turn.linked.add("U1")
    await house.deliver(house.slack.home_opened())
    assert re.findall(r"form-\w+", home_of(house)) == ["form-find", "form-bill", "form-unlink"]


async def test_home_of_a_guest(house: House) -> None:
    """Guests are offered the directory only."""
    house.slack.users["U1"] = {"is_restricted": True}
    house.turn.linked.add("U1")
    await house.deliver(house.slack.home_opened())
    assert re.findall(r"form-\w+", home_of(house)) == ["form-find"]


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


@pytest.mark.parametrize("name", list(forms.FORMS))
@pytest.mark.parametrize("language", get_args(Language))
def test_a_form_fits_slack_and_holds_nothing_of_anybody(name: str, language: Language) -> None:
    """Within Slack's limits in both languages, and without any metadata that could carry something."""
    view = forms.form(name, Notices(Words(TEMPLATES)), language)
    assert view_faults(view) == []
    assert "private_metadata" not in view
    assert view["callback_id"] == f"form-{name}"


@pytest.mark.parametrize("how", ["shortcut", "home_press"])
async def test_a_form_opens_from_a_shortcut_and_from_home(house: House, how: str) -> None:
    """In the language that Slack speaks to the person."""
    house.slack.users["U1"] = {"locale": "es-MX"}
    made = house.slack.shortcut("form-find") if how == "shortcut" else house.slack.home_press("form-find", "find")
    assert await house.deliver(made) == [200]
    [view] = house.slack.views
    assert view["title"]["text"] == "Buscar un proveedor"
    assert house.turn.heard == []


async def test_a_sent_form_asks_its_intent_in_the_chat(house: House) -> None:
    """Its fields are options; what was typed cannot become another option."""
    fields = {"specialty": "cardiologist", "near": '37402" radius:500 x:"', "language": ""}
    assert await house.deliver(house.slack.submission("form-find", **fields)) == [200]
    [message] = house.turn.heard
    assert message.form == "provider.find"
    assert message.text == 'specialty:"cardiologist" near:"37402 radius:500 x:"'
    assert message.place == OneToOne("D-U1")


async def test_a_form_is_answered_once(house: House) -> None:
    """However often Slack delivers it."""
    await house.deliver(house.slack.submission("form-bill", amount="120.00"), times=4)
    assert len(house.turn.heard) == 1


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
    await house.app.drain()
    assert "owe" not in json.dumps(status.arguments)
    assert status.arguments["thread_ts"] == "17.1"
    assert len(house.slack.called("chat.update")) == 1
