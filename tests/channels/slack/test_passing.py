"""What Slack answers and may not mean: a fault is tried again by who looks first, and nobody is misled (F53)."""

import pytest

from tests.channels.slack.conftest import House
from tests.channels.slack.test_refusals import WRITES, asked
from tests.channels.speaking import PLANTED

MEMBER, OPEN = "what did I owe", "hello"
CODES = ("internal_error", "fatal_error", "service_unavailable", "ratelimited", "rate_limited", "team_added_to_org")
BELATED = {"500 after it was done": [500], "502 each time after it was done": [502] * 4, "a body that breaks off": [0]}
TROUBLES = (*CODES, "internal_error for a while", "500 for a while", *BELATED)

pytestmark = pytest.mark.fault("F53")


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
    await house.app.drain()
    stands = [said["text"] for said in house.slack.messages.values()]
    assert [PLANTED in text for text in stands] == [True, True, False]
    assert stands[2] == f"heard {OPEN}"
    told = [call for call in house.slack.called("chat.postMessage") if "This one is next" in call.text]
    assert len(told) == 2
    assert house.slack.called("conversations.replies") == []
    assert PLANTED not in str([call.arguments for call in told])
