"""The bot's own messages with a member's data: noted before they hold any, and deleted by Slack when asked (T31)."""

import pytest

from bot.delivery.retention import Erased
from bot.message import Person
from tests.channels.slack.conftest import House
from tests.channels.speaking import PLANTED
from tests.doubles.slack import all_done

PERSON = Person("slack", "", "T0TEAM", "U1")

pytestmark = pytest.mark.threat("T31")


async def forget(house: House) -> Erased | None:
    """Everything of the person who asks in these tests."""
    return await house.app._retention.forget(PERSON, "en")


async def test_only_private_answers_are_noted_and_each_once(house: House) -> None:
    """A page, an answer that grew out of a note, an answer behind a mention; no open answer, and no pointer."""
    for words in ("what did I owe", "what did I owe, slowly", "hello", "at length, what did I owe"):
        await house.deliver(house.slack.direct_message(words))
    await house.deliver(house.slack.mention("what did I owe, twice"))
    assert await house.app._retention.count(PERSON) == 5
    assert await forget(house) == Erased(5)
    assert [PLANTED in message["text"] for message in house.slack.messages.values()] == [False]


@pytest.mark.parametrize(
    ("errors", "noted"),
    [
        ({"chat.delete": ["fatal_error"], "chat.update": ["fatal_error"]}, 1),
        ({"chat.update": ["cant_update_message"]}, 0),  # the neutral line is deleted again, and its record with it
    ],
    ids=["killed after the update", "not given"],
)
async def test_a_message_is_noted_before_it_holds_anything(
    house: House, errors: dict[str, list[str]], noted: int
) -> None:
    """The store is written between the neutral line and the answer; one that was not given is not remembered."""
    house.slack.errors |= errors
    await house.deliver(house.slack.direct_message("what did I owe"))
    assert await house.app._retention.count(PERSON) == noted


async def test_what_slack_says_to_a_deletion(house: House) -> None:
    """Gone is gone, whoever deleted it; what Slack keeps is counted; what may work later waits."""
    for code, told in {
        "message_not_found": Erased(1),
        "cant_delete_message": Erased(0, kept=1),
        "compliance_exports_prevent_deletion": Erased(0, kept=1),
        "channel_not_found": Erased(0, kept=1),
        "token_revoked": Erased(0, kept=1),
        "fatal_error": Erased(0, waiting=1),
        "ratelimited": Erased(0, waiting=1),
    }.items():
        await house.deliver(house.slack.direct_message("what did I owe"))
        house.slack.errors["chat.delete"] = [code] * (3 if told.waiting else 1)
        assert await forget(house) == told, code
        await all_done(house.app)
        assert await house.app._retention.count(PERSON) == 0


async def test_a_rate_limit_is_waited_out(house: House) -> None:
    """As Slack says, and nothing is lost (F53)."""
    await house.deliver(house.slack.direct_message("what did I owe"))
    house.slack.limits["chat.delete"] = [0]
    assert await forget(house) == Erased(1)
    assert house.slack.messages == {}


async def test_a_workspace_that_is_gone_keeps_its_messages(house: House) -> None:
    """Without a token nothing can be deleted: the records go, and nobody is told in a chat that is no more."""
    await house.deliver(house.slack.direct_message("what did I owe"))
    house.slack.tokens.clear()
    await house.app._workspaces.remove("", "T0TEAM")
    await house.app._retention.forget_departed(PERSON)
    await all_done(house.app)
    assert await house.app._retention.count(PERSON) == 0
    assert len(house.slack.messages) == 1
