"""Slash commands: only the asker sees the question and the answer, and nobody sees a member's own there."""

import pytest

from bot.message import OneToOne, Shared
from tests.channels.speaking import PLANTED
from tests.channels.teams.conftest import House

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
