"""Teams refuses, is away or says nothing; the bot's own work breaks; a process dies."""

import asyncio
import logging
from typing import Any

import msgspec
import pytest

from bot.channels.base import Unreachable
from bot.channels.teams.incoming import read_message
from bot.delivery.inbox import Delivery
from bot.errors import StoreUnusable, Unwritable
from bot.message import Line, Private, Span
from bot.stores.base import Superseded
from tests.channels.speaking import PLANTED
from tests.channels.teams.conftest import House
from tests.doubles.teams import TENANT
from tests.inbox.handling import until

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_rate_limit_is_waited_out(house: House) -> None:
    """412, 429, 502 and 504 delay the answer and do not lose it; Teams' own wait is kept, with some chance added."""
    house.teams.statuses["send"] = [429, 502, 504]
    house.teams.retry_after = "3"
    await house.deliver(house.teams.message("hello"))
    house.teams.retry_after = None
    assert len(house.teams.sent()) == 1
    assert len(house.waits) == 3
    assert all(3 <= wait < 8 for wait in house.waits)


async def test_few_sends_at_once(house: House) -> None:
    """At most eight calls are under way, whoever asks."""
    activities = [house.teams.message("hello", user=f"u{n}") for n in range(30)]
    for activity in activities:
        await house.teams.deliver(activity)
    await house.drain()
    assert len(house.teams.sent()) == 30
    assert house.teams.busiest <= 8


NOT_SHOWN, CUT_OFF = "would not show it", "If the answer isn't here, please ask again"
REFUSALS: dict[str, tuple[list[int | None], str]] = {
    "blocked": ([403], ""),
    "conversation gone": ([404], ""),
    "card refused": ([400], NOT_SHOWN),
    "too large": ([413], NOT_SHOWN),
    "not let in": ([401], CUT_OFF),
    "broken": ([500], CUT_OFF),
    "away": ([503], CUT_OFF),
    "no answer": ([None], CUT_OFF),
    "changed meanwhile": ([412] * 4, CUT_OFF),
    "too many": ([429] * 4, CUT_OFF),
    "gateway": ([502, 504, 502, 504], CUT_OFF),
    "broken for good": ([500, 500], ""),
}


@pytest.mark.parametrize("name", REFUSALS)
async def test_what_teams_does_not_take(
    house: House, name: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Where anything can be written the person reads one true sentence, and is answered again the next time.

    The log has one line of it, without the answer, Teams' words or an address (T27).
    """
    caplog.set_level(logging.DEBUG)
    house.teams.statuses["send"], sentence = list(REFUSALS[name][0]), REFUSALS[name][1]
    assert await house.deliver(house.teams.message("what did I owe")) == [200]
    assert [sentence in call.text and not call.cards for call in house.teams.sent()] == [True] * bool(sentence)
    out, err = capfd.readouterr()
    logged = caplog.text + out + err
    assert [secret for secret in (PLANTED, "what was said", "a:chat", TENANT) if secret in logged] == []
    assert logged.count("failed") == 1
    await house.deliver(house.teams.message("hello"))
    assert "heard hello" in house.teams.sent()[-1].text


async def test_teams_says_nothing_at_all(house: House) -> None:
    """Nobody can be told: the message stays in the inbox, and what may stand in the chat is asked to be looked at."""
    body = msgspec.json.encode(read_message(house.teams.message("what did I owe")))
    house.teams.statuses["send"] = [None, None]
    with pytest.raises(Unreachable):
        await house.app._answer(Delivery("k", body))
    assert house.teams.sent() == []
    await house.app._answer(Delivery("k", body, tries=2, maybe_written=True))
    [told] = house.teams.sent()
    assert CUT_OFF in str(told.body)


@pytest.mark.parametrize(
    ("call", "statuses"),
    [
        ("create", [None]),
        ("create", [403]),
        ("create", [500]),
        ("send", [403]),
        ("send", [400, 400]),
        ("send", [500, 500]),
        ("send", [None]),
    ],
)
async def test_a_private_answer_that_fails_is_pointed_to_all_the_same(
    house: House, call: str, statuses: list[int | None]
) -> None:
    """From a channel: when the private chat cannot be opened or written in, the way to it is still shown there."""
    house.teams.statuses[call] = list(statuses)
    await house.deliver(house.teams.mention("what did I owe"))
    pointer = house.teams.sent()[-1]
    assert pointer.conversation.startswith("19:general")
    assert list(pointer.buttons) == ["Open our chat"]
    assert PLANTED not in str(house.teams.calls)


async def test_a_broken_turn_reaches_no_log_and_no_person(
    house: House, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """An error's text stays inside: the log names its kind only."""
    caplog.set_level(logging.DEBUG)
    assert await house.deliver(house.teams.message("break")) == [200]
    out, err = capfd.readouterr()
    assert PLANTED not in caplog.text + out + err
    assert "RuntimeError" in out + err
    assert house.teams.sent() == []


async def test_who_removed_the_app_is_not_written_to(house: House) -> None:
    """Without a private chat there is no place for a private word."""
    await house.deliver(house.teams.message("what did I owe"))
    house.teams.statuses["create"] = [403]
    reply = await anext(house.turn.answer(house.turn.heard[0]))
    with pytest.raises(Unwritable):
        await house.app.push(house.turn.heard[0].person, reply)  # type: ignore[arg-type] # the keyword makes it private


async def test_what_another_process_tells_is_not_posted(house: House) -> None:
    """A reminder whose lease is lost is the other process's to post."""
    await house.deliver(house.teams.message("what did I owe"))
    person, before = house.turn.heard[0].person, len(house.teams.sent())

    async def mine() -> bool:
        return False

    reply = Private(intent="reminder.list", language="en", blocks=(Line((Span("soon"),)),), mark="a/1", mine=mine)
    with pytest.raises(Superseded):
        await house.app.push(person, reply)
    assert len(house.teams.sent()) == before


@pytest.mark.parametrize(("maybe_written", "exhausted"), [(True, False), (False, True)])
async def test_an_answer_that_may_stand_there_is_not_given_twice(
    house: House, maybe_written: bool, exhausted: bool
) -> None:
    """Teams' chats cannot be read: after a process died while it wrote, or too often, the person is told (F52)."""
    body = msgspec.json.encode(read_message(house.teams.message("what did I owe")))
    await house.app._answer(Delivery("k", body, tries=2, maybe_written=maybe_written, exhausted=exhausted))
    assert house.turn.heard == []
    await house.app._answer(Delivery("k", body, tries=11, exhausted=True))
    assert house.turn.heard == []
    told = house.teams.sent()
    assert ["interrupted" in call.text and "Me interrumpieron" in call.text for call in told] == [True, True]


@pytest.mark.fault("F56")
async def test_a_message_that_cannot_be_kept_is_told_of(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk: Teams is asked to deliver again, and who wrote reads once that nothing is answered yet."""

    async def full(*_: object, **__: object) -> bool:
        raise StoreUnusable("the store cannot grow: the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(house.app._inbox, "take", full)
        activity = house.teams.message("what did I owe")
        assert await house.teams.deliver(activity) == await house.teams.deliver(activity) == [(503, None)]
        await asyncio.gather(*house.app._unkept.values())
    [told] = house.teams.sent()
    assert "can't keep your message safely" in told.text
    assert await house.deliver(activity) == [200]


async def test_a_store_that_takes_long_is_not_waited_for(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Teams delivers again what is not acknowledged in time; what was kept late is known by then."""
    take, free = house.app._inbox.take, asyncio.Event()

    async def slow(*arguments: Any, **named: Any) -> bool:
        await free.wait()
        return await take(*arguments, **named)

    monkeypatch.setattr(house.app._inbox, "take", slow)
    monkeypatch.setattr(house.app._acks, "seconds", 0.05)
    activity = house.teams.message("hello")
    assert await house.teams.deliver(activity) == [(503, None)]
    free.set()
    assert await house.deliver(activity) == [200]
    assert [call.text for call in house.teams.sent()] == ["heard hello"]


async def test_who_waits_behind_another_question_sees_that_it_was_heard(house: House) -> None:
    """Teams shows that an answer is being written."""
    house.turn.gate.clear()
    for text in ("hello", "hello again"):
        assert await house.teams.deliver(house.teams.message(text)) == [(200, None)]
    await until(lambda: bool(house.teams.sent("typing")))
    house.turn.gate.set()
    await house.drain()
