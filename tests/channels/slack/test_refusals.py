"""What Slack answers instead of "ok" (F53): a fault that may pass is tried again by who looks first.

Of what does not pass the person gets one true sentence where Slack takes one, and the log one line.
"""

import asyncio
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from slack_sdk.errors import SlackApiError

from bot.channels.slack.client import code_of
from tests.channels.slack.conftest import House
from tests.channels.speaking import PLANTED
from tests.doubles.slack import all_done

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


CODES = ("internal_error", "fatal_error", "service_unavailable", "ratelimited", "rate_limited", "team_added_to_org")
BELATED = {"500 after it was done": [500], "502 each time after it was done": [502] * 4, "a body that breaks off": [0]}
TROUBLES = (*CODES, "internal_error for a while", "500 for a while", *BELATED)


@WRITES
@pytest.mark.parametrize("trouble", TROUBLES)
async def test_a_fault_that_passes_costs_no_answer(house: House, method: str, words: str, trouble: str) -> None:
    """The answer stands there once: no second one, no empty promise, no apology, whatever Slack had done meanwhile."""
    times = 7 if trouble.endswith("for a while") else 1
    house.slack.errors[method] = [code for code in CODES if trouble.startswith(code)] * times
    house.slack.broken[method] = [500] * (times if trouble.startswith("500 for") else 0)
    house.slack.belated[method] = [*BELATED.get(trouble, ())]
    [said] = await asked(house, house.slack.direct_message(words))
    assert (PLANTED if words == MEMBER else f"heard {OPEN}") in said


async def test_an_empty_promise_that_cannot_be_deleted_goes_later(house: House) -> None:
    """Neither the update nor the deletion of the neutral line works: the next try finds it."""
    house.slack.errors |= {"chat.update": ["internal_error"] * 3, "chat.delete": ["internal_error"] * 3}
    [said] = await asked(house, house.slack.direct_message(MEMBER))
    assert PLANTED in said


@pytest.mark.parametrize("words", ["what did I owe, slowly", "at length"])
async def test_a_passing_note_that_may_stand_there_is_found(house: House, words: str) -> None:
    """How far the search is was posted, and Slack said that it was not: no note is left beside the answer."""
    house.slack.belated["chat.postMessage"] = [500]
    house.slack.errors["assistant.threads.setStatus"] = ["not_allowed"] * 9
    [said] = await asked(house, house.slack.direct_message(words))
    assert PLANTED in said or f"heard {words}" in said


async def test_a_private_answer_to_a_channel_is_looked_for_in_the_private_chat(house: House) -> None:
    """It is written where the bot may read, so it comes once, and its asker is pointed to it."""
    house.slack.belated["chat.postMessage"] = [500]
    [said] = await asked(house, house.slack.mention(MEMBER))
    assert PLANTED in said
    [pointer] = house.slack.called("chat.postEphemeral")
    assert "private chat" in pointer.text


async def test_where_nothing_can_be_looked_for_nothing_is_written_twice(house: House) -> None:
    """In a channel the bot may not read: its asker is told that the answer may be missing, once."""
    house.slack.belated["chat.postMessage"] = [500]
    [said] = await asked(house, house.slack.mention(OPEN))
    assert said == f"heard {OPEN}"
    [told] = house.slack.called("chat.postEphemeral")
    assert told.text.startswith("My answer may not have arrived here.")


@pytest.mark.parametrize("place", ["chat", "channel", "command"])
async def test_who_somebody_is_can_be_asked_again(house: House, place: str) -> None:
    """While users.info fails, nobody is taken for a guest: the answer comes later, and who waits long is told so."""
    house.slack.errors["users.info"] = ["internal_error"] * 9
    made = {
        "chat": house.slack.direct_message(MEMBER),
        "channel": house.slack.mention(MEMBER),
        "command": house.slack.command("/bcbst", MEMBER),
    }
    [said] = await asked(house, made[place])
    assert PLANTED in said
    assert [message.directory_only for message in house.turn.heard] == [False]
    waits = [call for call in house.slack.called("chat.postMessage") if "Slack is having trouble" in call.text]
    assert len(waits) == (place == "chat")


async def test_an_app_that_may_not_know_people_says_so(house: House) -> None:
    """A scope that is missing is the operator's to mend: nobody reads that they are a guest."""
    house.slack.errors["users.info"] = ["missing_scope"] * 9
    [said] = await asked(house, house.slack.direct_message(MEMBER))
    assert said.startswith("Slack didn't tell me who you are")
    assert house.turn.heard == []


@pytest.mark.parametrize("place", ["channel", "form"])
async def test_a_chat_that_does_not_open_now_is_opened_later(house: House, place: str) -> None:
    """A fault of conversations.open is no refusal: nobody reads that they cannot be written to."""
    house.slack.errors["conversations.open"] = ["internal_error"] * 4
    made = {"channel": house.slack.mention(MEMBER), "form": house.slack.submission("form-find", near="37402")}
    [said] = await asked(house, made[place])
    assert PLANTED in said or "heard near" in said
    assert not [call for call in house.slack.calls if "can't write" in call.text]


@pytest.mark.parametrize("trouble", ["internal_error", "500", "slow"])
async def test_a_process_that_does_not_know_its_workspace_yet_acknowledges_nothing(house: House, trouble: str) -> None:
    """auth.test fails in its first seconds: Slack delivers again, and the answer comes."""
    house.app._acks.seconds = 0.1
    question = house.slack.direct_message(OPEN)
    house.slack.errors["auth.test"] = ["internal_error"] * (3 if trouble == "internal_error" else 0)
    house.slack.broken["auth.test"] = [500] * (3 if trouble == "500" else 0)
    house.slack.latency = 0.3 if trouble == "slow" else 0
    assert await house.deliver(question) == [503]
    await house.slack.wait_for("auth.test", 0 if trouble == "500" else 1)
    house.slack.latency = 0
    house.app._acks.seconds = 10
    assert await house.deliver(question) == [200]
    assert [message.text for message in house.turn.heard] == [OPEN]


async def test_a_second_question_hears_that_it_is_next(house: House) -> None:
    """While the first is in work its own thread says so; the answer takes that line's place."""
    house.turn.gate.clear()
    for text in (OPEN, MEMBER, "what did I owe, slowly"):
        assert await house.slack.deliver(house.slack.direct_message(text)) == [200]
    await house.slack.wait_for("chat.postMessage", 2)
    house.turn.gate.set()
    await all_done(house.app)
    stands = [said["text"] for said in house.slack.messages.values()]
    assert [PLANTED in text for text in stands] == [True, True, False]
    assert stands[2] == f"heard {OPEN}"
    told = [call for call in house.slack.called("chat.postMessage") if "This one is next" in call.text]
    assert len(told) == 2
    assert house.slack.called("conversations.replies") == []
    assert PLANTED not in str([call.arguments for call in told])
