"""What Slack answers instead of "ok": the person gets one true sentence where it takes one, the log one line (F53)."""

import asyncio
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from slack_sdk.errors import SlackApiError

from bot.channels.slack.client import code_of
from tests.channels.slack.conftest import House
from tests.channels.speaking import PLANTED

Json = dict[str, Any]
SENTENCE = "My answer may not have arrived here."
MEMBER, OPEN = "what did I owe", "hello"
SHUT = ("account_inactive", "invalid_auth", "token_revoked", "token_expired", "missing_scope")
UNREACHABLE = ("channel_not_found", "is_archived", "not_in_channel", "cannot_dm_bot", "user_disabled")
AS_TEXT = ("invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long")
SAID = ("msg_too_long", "no_text", "message_limit_exceeded", "a_code_that_nobody_knows")
WRITES = pytest.mark.parametrize(("method", "words"), [("chat.update", MEMBER), ("chat.postMessage", OPEN)])

pytestmark = pytest.mark.fault("F53")


async def asked(house: House, body: Json) -> list[str]:
    """What can be read in the chats after a delivery that found them empty."""
    house.slack.messages.clear()
    house.slack.calls.clear()
    assert await house.deliver(body) == [200]
    return [message["text"] for message in house.slack.messages.values()]


def failures(capfd: pytest.CaptureFixture[str]) -> list[str]:
    """The lines of the log that tell of a failure; none of its lines holds anything that was said."""
    out, err = capfd.readouterr()
    assert not [word for word in (PLANTED, "Traceback", "/response/", "oops") if word in out + err]
    return [line for line in out.splitlines() if "failed" in line]


@WRITES
async def test_an_answer_that_slack_refuses_is_told_of(
    house: House, method: str, words: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """No empty promise is left behind: one sentence stands there instead, and one line without content in the log."""
    for code in SAID:
        house.slack.errors[method] = [code]
        [said] = await asked(house, house.slack.direct_message(words))
        assert said.startswith(SENTENCE)
        assert len(failures(capfd)) == 1


async def test_where_slack_takes_nothing_nothing_is_tried_on_and_on(
    house: House, capfd: pytest.CaptureFixture[str]
) -> None:
    """A token that is over and a chat that is closed: a few calls, one line, and the next person is answered."""
    for code in (*SHUT, *UNREACHABLE):
        house.slack.errors["chat.postMessage"] = [code] * 10
        assert await asked(house, house.slack.direct_message(MEMBER)) == []
        assert len(house.slack.called("chat.postMessage")) == (1 if code in SHUT else 2)
        assert [code in line for line in failures(capfd)] == [True]
        house.slack.errors.clear()
        assert await asked(house, house.slack.direct_message(OPEN, user="U7")) == [f"heard {OPEN}"]


@WRITES
async def test_blocks_that_slack_refuses_come_as_text(house: House, method: str, words: str) -> None:
    """The text says the same, so nothing is lost and nothing has to be said."""
    for code in AS_TEXT:
        house.slack.errors[method] = [code]
        [said] = await asked(house, house.slack.direct_message(words))
        assert SENTENCE not in said
        assert not house.slack.called(method)[-1].arguments.get("blocks")


async def test_a_channel_that_takes_nothing(house: House) -> None:
    """What was asked in a channel and cannot be answered there: its asker reads it in their own chat."""
    for code in ("not_in_channel", "is_archived", "restricted_action"):
        house.slack.errors |= {"chat.postMessage": [code], "chat.postEphemeral": [code]}
        [said] = await asked(house, house.slack.mention(OPEN))
        assert said.startswith(SENTENCE)
        assert house.slack.called("chat.postMessage")[-1].arguments["channel"] == "D-U1"


async def test_a_pointer_that_is_not_shown_takes_no_answer_along(house: House) -> None:
    """Slack shows an ephemeral line to members of a channel only; the answer in the private chat stands anyway."""
    house.slack.errors["chat.postEphemeral"] = ["user_not_in_channel"]
    [said] = await asked(house, house.slack.mention(MEMBER))
    assert PLANTED in said


async def test_a_response_url_that_is_over(house: House, capfd: pytest.CaptureFixture[str]) -> None:
    """Half an hour later, or five answers on: the asker is told in their own chat, and the URL is in no log."""
    for status in (400, 404, 429, 500):
        for body in (
            house.slack.command("/bcbst-find", "cardiologist 37402"),
            house.slack.own_press("desk-share", "x", channel="C1", ephemeral=True),
        ):
            house.slack.broken["response_url"] = [status] * 2
            [said] = await asked(house, body)
            assert said.startswith(SENTENCE)
            assert len(failures(capfd)) == 1


async def test_a_form_that_does_not_open(house: House) -> None:
    """A trigger lives three seconds: who waits for a form is told, in their own chat."""
    for code in ("expired_trigger_id", "trigger_exchanged", "invalid_arguments", "fatal_error"):
        house.slack.errors["views.open"] = [code]
        [said] = await asked(house, house.slack.shortcut("form-find"))
        assert said.startswith("The form didn't open in time.")


async def test_an_answer_that_is_no_answer(house: House, capfd: pytest.CaptureFixture[str]) -> None:
    """HTML, no JSON, JSON of another shape, with whatever status: a refusal like the others, for every call."""
    odd = [(401, "text/html", "oops"), (404, "text/html", "oops"), (200, "text/plain", "oops")]
    odd += [(200, "application/json", body) for body in ("{", "[]", '"oops"', "{}")]
    for method in ("chat.update", "chat.postMessage", "users.info", "conversations.open"):
        for status, kind, body in odd:
            house.slack.odd[method] = [web.Response(status=status, content_type=kind, text=body)]
            said = await asked(house, house.slack.mention(MEMBER, user=f"U{status}{kind}{len(body)}"))
            assert len(said) <= 1
            assert not [text for text in said if PLANTED not in text and SENTENCE not in text]
            assert len(failures(capfd)) <= 1
    assert await asked(house, house.slack.direct_message(OPEN)) == [f"heard {OPEN}"]


async def test_a_server_error_is_tried_again(house: House) -> None:
    """Two more tries, and the person never knows."""
    house.slack.broken["chat.postMessage"] = [503]
    assert await asked(house, house.slack.direct_message(OPEN)) == [f"heard {OPEN}"]


def test_a_code_is_read_from_whatever_came() -> None:
    """Nothing that is no code of Slack's gets into a log."""

    def refused(answer: object) -> SlackApiError:
        return SlackApiError("", answer)  # type: ignore[no-untyped-call]

    for answer in (None, "text", b"bytes", [], {"error": "Dana Mercer"}, {"error": None}, object()):
        assert code_of(refused(answer)) == ""
    assert code_of(refused({"error": "is_archived"})) == "is_archived"
    assert code_of(aiohttp.ClientError()) == code_of(asyncio.CancelledError()) == ""
