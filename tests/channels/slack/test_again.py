"""A process dies while it answers: who takes over writes what is missing, and nothing twice (F51, F52)."""

import time
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from bot.channels.base import Unreachable
from bot.channels.slack.errands import StoredErrand
from bot.channels.slack.incoming import Incoming, read_command, read_event
from bot.channels.slack.workspace import DeliveryMark
from bot.delivery.inbox import Delivery
from bot.errors import Unwritable
from bot.message import Line, Person, Private, Span
from bot.stores.base import Superseded
from bot.stores.sqlite import SqliteStore
from tests.channels.slack.conftest import House, opened
from tests.channels.speaking import PLANTED
from tests.doubles.slack import BOT_USER, SECRET, TEAM, TOKEN, all_done


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


async def interrupted(house: House, text: str) -> None:
    """A message is taken, its answer begins, and the process goes."""
    house.turn.gate.clear()
    assert await house.slack.deliver(house.slack.direct_message(text, ts="17.1")) == [200]
    await house.slack.wait_for("users.info")
    await house.app._errands.inbox.stop(0)


async def test_another_process_answers_what_the_first_had_taken(tmp_path: Path) -> None:
    """In the same thread, once, with nothing said about the change."""
    async with opened(tmp_path, bot_token=TOKEN, signing_secret=SECRET) as first:
        await interrupted(first, "hello")
        assert first.slack.called("chat.postMessage") == []
    async with opened(tmp_path, bot_token=TOKEN, signing_secret=SECRET) as second:
        [answer] = await second.slack.wait_for("chat.postMessage")
        await all_done(second.app)
        assert (answer.arguments["text"], answer.arguments["thread_ts"]) == ("heard hello", "17.1")
        assert len(second.turn.heard) == 1


async def test_an_answer_that_had_begun_is_not_given_twice(tmp_path: Path) -> None:
    """In a channel, which the bot may not read, its first line may stand there: the asker is told to look."""
    async with opened(tmp_path, bot_token=TOKEN, signing_secret=SECRET) as first:
        first.turn.then.clear()
        assert await first.slack.deliver(first.slack.mention("at length")) == [200]
        await first.slack.wait_for("chat.postMessage")
        await first.app._errands.inbox.stop(0)
    async with opened(tmp_path, bot_token=TOKEN, signing_secret=SECRET) as second:
        [told] = await second.slack.wait_for("chat.postEphemeral")
        await all_done(second.app)
        assert "I was interrupted while answering this." in told.arguments["text"]
        assert second.turn.heard == []


async def test_a_finished_answer_is_finished(tmp_path: Path) -> None:
    """The next process finds nothing to do, and a late repetition is known."""
    async with opened(tmp_path, bot_token=TOKEN, signing_secret=SECRET) as first:
        question = first.slack.direct_message("hello")
        await first.deliver(question)
    async with opened(tmp_path, bot_token=TOKEN, signing_secret=SECRET) as second:
        await second.deliver(question)
        assert second.turn.heard == []


async def test_what_another_process_found_answered_is_not_taken_back(house: House) -> None:
    """A process that was too slow loses its message: the answer that its successor has seen stays where it stands."""
    inbox, house.slack.latency = house.app._errands.inbox, 0.8
    inbox._lease = 0.6
    store = inbox._store
    assert isinstance(store, SqliteStore)
    assert await house.slack.deliver(house.slack.direct_message("what do I owe")) == [200]
    await house.slack.wait_for("chat.update")
    await store._run("UPDATE rows SET held = 0 WHERE lane <> ''", ())
    row = await store.lease("inbox:slack", until=time.time() + 60)
    assert row is not None
    await store.finish("inbox:slack", row.key, expires=time.time() + 60, lease=row.leases, lane=row.lane)
    await all_done(house.app)
    assert house.slack.called("chat.delete") == []
    assert ["54.87" in said["text"] for said in house.slack.messages.values()] == [True]


@pytest.mark.parametrize("held", [(False,), (True, False)])
async def test_a_reminder_of_another_process_is_let_be(house: House, held: tuple[bool, ...]) -> None:
    """Who lost the lease on what is said unasked posts nothing; lost in the middle of it, it deletes nothing."""
    dana, asked = Person("slack", "", TEAM, "UDANA"), list(held)

    async def mine() -> bool:
        return asked.pop(0)

    house.slack.errors["chat.update"] = ["message_not_found"]
    reply = Private(intent="reminder.list", language="en", blocks=(Line((Span("soon"),)),), mark="a/1", mine=mine)
    with pytest.raises((Superseded, Unwritable)):
        await house.app.push(dana, reply)
    assert (len(house.slack.called("chat.postMessage")), house.slack.called("chat.delete")) == (len(held) - 1, [])
    assert asked == []
