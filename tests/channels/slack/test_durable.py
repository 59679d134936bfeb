"""What Slack was told is taken is answered, whichever process dies meanwhile, and never twice (F50, F51, F52, F61)."""

import time
from pathlib import Path

import pytest

from bot.delivery.leases import Superseded
from bot.errors import Unwritable
from bot.message import Line, Person, Private, Span
from bot.stores.sqlite import SqliteStore
from tests.channels.slack.conftest import House, opened
from tests.doubles.slack import SECRET, TEAM, TOKEN


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
        await second.app.drain()
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
        await second.app.drain()
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
    await house.app.drain()
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
