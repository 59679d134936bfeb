"""A process dies while it answers: who takes over writes what is missing, and nothing twice (F51, F52)."""

import msgspec
import pytest
from msgspec.structs import replace

from bot.channels.base import Unreachable
from bot.channels.slack.errands import StoredErrand
from bot.channels.slack.incoming import Incoming, read_command, read_event
from bot.channels.slack.workspace import DeliveryMark
from bot.delivery.inbox import Delivery
from tests.channels.slack.conftest import House
from tests.channels.speaking import PLANTED
from tests.doubles.slack import BOT_USER, TEAM


async def take_over(
    house: House, incoming: Incoming | None, *, maybe_written: bool = True, exhausted: bool = False
) -> None:
    """What another process does with a message whose lease has ended."""
    assert incoming is not None
    body = msgspec.json.encode(StoredErrand("", TEAM, incoming))
    delivery = Delivery(incoming.key, body, tries=2, maybe_written=maybe_written, exhausted=exhausted)
    await house.app._errands.handle(delivery)


def asked(house: House, text: str = "what did I owe") -> Incoming:
    """A message in a person's own chat."""
    incoming = read_event(house.slack.direct_message(text, ts="1700000000.000001"), BOT_USER)
    assert incoming is not None
    return incoming


def standing(house: House) -> list[str]:
    """What can be read in the chat."""
    return [said["text"] for said in house.slack.messages.values()]


@pytest.mark.fault("F52")
async def test_an_answer_that_stands_is_not_written_again(house: House) -> None:
    """Killed after the post and before that was noted: the chat is read, and nothing is asked or said twice."""
    incoming = asked(house)
    await take_over(house, incoming, maybe_written=False)
    before = standing(house)
    assert len(before) == 1
    await take_over(house, incoming)
    assert standing(house) == before
    assert len(house.turn.heard) == 1


@pytest.mark.fault("F52")
async def test_a_neutral_line_without_its_answer_is_replaced(house: House) -> None:
    """Killed between the neutral line and the answer: the line goes, the answer comes, once."""
    incoming = asked(house)
    mark = DeliveryMark.of(incoming.key).metadata(done=False)
    house.slack.messages["D-U1", "1700000001.5"] = {
        "text": "Your answer is ready.",
        "thread_ts": incoming.thread,
        **mark,
    }
    await take_over(house, incoming)
    assert ("D-U1", "1700000001.5") not in house.slack.messages
    (only,) = house.slack.messages.values()
    assert only["metadata"]["event_payload"]["done"] is True


async def test_nothing_written_is_answered_as_if_new(house: House) -> None:
    """Killed after writing was announced and before it began; another message's answer is none of this one's."""
    other = DeliveryMark.of("event:other").metadata(done=True)
    incoming = asked(house)
    house.slack.messages["D-U1", "1.5"] = {"text": "another answer", "thread_ts": incoming.thread, **other}
    await take_over(house, incoming)
    assert len(house.turn.heard) == 1
    assert len(house.slack.messages) == 2


@pytest.mark.fault("F53")
@pytest.mark.parametrize("method", ["chat.update", "chat.postMessage"])
async def test_what_slack_did_not_answer_is_looked_for_and_said_again(house: House, method: str) -> None:
    """A connection that ends is no refusal: no promise stays without its answer, and no answer comes twice."""
    incoming = asked(house)
    house.slack.silent.add(method)
    with pytest.raises(Unreachable):
        await take_over(house, incoming, maybe_written=False)
    house.slack.silent.clear()
    await take_over(house, incoming)
    (said,) = house.slack.messages.values()
    assert PLANTED in said["text"]
    assert said["metadata"]["event_payload"]["done"] is True


@pytest.mark.fault("F52")
@pytest.mark.parametrize("place", ["channel", "command"])
async def test_where_the_bot_cannot_look_the_asker_is_told(house: House, place: str) -> None:
    """In a channel and behind a slash command nothing is written twice: one line, for the asker, says to look."""
    if place == "channel":
        incoming = read_event(house.slack.mention("cardiologist 37402", ts="1700000000.000001"), BOT_USER)
    else:
        incoming = read_command(house.slack.command("/bcbst-find", "cardiologist 37402"), BOT_USER)
    await take_over(house, incoming)
    assert house.turn.heard == []
    method = "chat.postEphemeral" if place == "channel" else "response_url"
    (told,) = house.slack.called(method)
    assert "I was interrupted while answering this" in told.text
    assert house.slack.messages == {}


async def test_what_failed_too_often_is_apologised_for_and_not_tried_again(house: House) -> None:
    """A message that ends every process would end the next one too: its asker is told, and its parts go."""
    incoming = asked(house)
    mark = DeliveryMark.of(incoming.key).metadata(done=False)
    house.slack.messages["D-U1", "1700000001.5"] = {"text": "Your answer", "thread_ts": incoming.thread, **mark}
    await take_over(house, incoming, exhausted=True)
    assert house.turn.heard == []
    (told,) = standing(house)
    assert "I was interrupted while answering this" in told


async def test_what_failed_too_often_but_stands_there_is_left_alone(house: House) -> None:
    """An answer that reached the chat needs no apology."""
    incoming = asked(house)
    await take_over(house, incoming, maybe_written=False)
    before = standing(house)
    await take_over(house, incoming, exhausted=True)
    assert standing(house) == before


async def test_a_mark_names_nobody(house: House) -> None:
    """Metadata can be read by every app of the workspace: it holds a hash of the delivery's id, and no more."""
    incoming = replace(asked(house), key="event:Ev123")
    await take_over(house, incoming, maybe_written=False)
    (said,) = house.slack.messages.values()
    assert said["metadata"] == DeliveryMark.of("event:Ev123").metadata(done=True)["metadata"]
    assert "Ev123" not in str(said["metadata"])
