"""What could be neither answered nor told is tried while an answer is wanted, and then apologised for (F53)."""

from pathlib import Path

import pytest

from bot.delivery.inbox import KEPT, WANTED, Delivery, Inbox, Later
from bot.stores.base import Store, Superseded
from bot.stores.sealed import SealedTable
from bot.stores.sqlite import open_sqlite
from tests.inbox.handling import VAULT, Handler, inbox, until, working

pytestmark = pytest.mark.fault("F53")


async def test_later_is_not_counted_as_a_death(store: Store) -> None:
    """A platform that refuses for minutes costs nobody their answer; the next message of the chat waits for it."""
    seen: list[str] = []

    async def handler(delivery: Delivery) -> None:
        assert not delivery.exhausted
        if len(seen) < 30:
            seen.append("")
            raise Later
        seen.append(delivery.body.decode())

    async with working(store, handler, look=0.001) as box:
        await box.take("e1", "chat", b"first")
        await box.take("e2", "chat", b"second")
        await until(lambda: len(seen) == 32)
    assert seen[30:] == ["first", "second"]


async def test_an_answer_is_wanted_for_half_an_hour(tmp_path: Path) -> None:
    """After that its asker is told that there is none, for as long as that takes."""
    now, told = 1_000.0, list[float]()

    def clock() -> float:
        nonlocal now
        now += 0.01
        return now

    store = open_sqlite(tmp_path / "bot.db", clock=clock)

    async def handler(delivery: Delivery) -> None:
        nonlocal now
        assert delivery.since == pytest.approx(1_000, abs=1)
        if delivery.exhausted:
            told.append(now)
        if len(told) < 3:
            now += 60
            raise Later

    async with working(store, handler, look=0.001, clock=clock) as box:
        await box.take("e1", "chat", b"hello")
        await until(lambda: len(told) == 3)
    assert 1_000 + WANTED < told[0] < 1_000 + WANTED + 120
    assert told[2] < 1_000 + KEPT
    await store.close()


async def test_where_it_can_be_looked_for_is_remembered(store: Store) -> None:
    """Once something was posted where nobody can look, that holds for every later try."""
    seen: list[tuple[bool, bool]] = []

    async def handler(delivery: Delivery) -> None:
        seen.append((delivery.maybe_written, delivery.findable))
        if len(seen) < 4:
            await delivery.writing(findable=len(seen) != 2)
            raise Later

    async with working(store, handler, look=0.001) as box:
        await box.take("e1", "chat", b"hello")
        await until(lambda: len(seen) == 4)
    assert seen == [(False, True), (True, True), (True, False), (True, False)]


class Soothing:
    """Notes who was told that they are next."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.overtaken = 0

    async def __call__(self, delivery: Delivery) -> None:
        """Tell one."""
        try:
            await delivery.writing(findable=True)
        except Superseded:
            self.overtaken += 1
            raise
        self.told.append(delivery.body.decode())


async def test_who_waits_in_a_lane_is_told_so_once(store: Store) -> None:
    """Here and in another process; nobody hears of it who is answered before, and other lanes are not concerned."""
    handler, other, soothing = Handler(held=True), Handler(), Soothing()
    here, there = (inbox(store, one, soothe=soothing, soothe_after=0.05) for one in (handler, other))
    await here.take("e1", "chat", b"first")
    await here.take("e2", "chat", b"second")
    await there.take("e3", "chat", b"third")
    await there.take("e4", "another chat", b"alone")
    await until(lambda: len(soothing.told) == 2)
    handler.free.set()
    await until(lambda: len(handler.answered) + len(other.answered) == 4)
    await here.take("e5", "chat", b"fifth")
    await until(lambda: len(handler.answered) + len(other.answered) == 5)
    await here.stop(1)
    await there.stop(1)
    assert sorted(soothing.told) == ["second", "third"]
    assert soothing.overtaken == 0
    assert [body for body, _ in handler.answered] == ["first", "second", "third", "fifth"]


async def test_who_is_answered_soon_hears_nothing_else(store: Store) -> None:
    """The notice is called off when the message's turn comes."""
    handler, soothing = Handler(), Soothing()
    box = Inbox("test", handler, SealedTable(store, VAULT), soothe=soothing, soothe_after=5)
    for number in range(4):
        await box.take(f"e{number}", "chat", str(number).encode())
    await until(lambda: len(handler.answered) == 4)
    await box.stop(1)
    assert soothing.told == []
    assert not box._soothing


@pytest.mark.fault("F51")
async def test_a_message_is_free_four_seconds_after_its_process_died(store: Store) -> None:
    """A lane does not wait for ten: its next message, and the one that was in work, are answered by another."""
    handler = Handler(held=True)
    box = Inbox("test", handler, SealedTable(store, VAULT))
    await box.take("e1", "chat", b"first")
    await until(lambda: handler.begun == ["first"])
    (held,) = [row for row in await store.listed("inbox:test") if row.key == "e1"]
    assert box._working[held.key].number == 1
    assert box._lease <= 4
    assert box._lease + box._look <= 5
    handler.free.set()
    await box.stop(1)


@pytest.mark.fault("F61")
async def test_what_was_taken_as_a_process_stops_is_free_at_once(store: Store) -> None:
    """It was leased with the same statement that kept it: the next process need not wait for that to end."""
    handler, alive = Handler(), Handler()
    box = Inbox("test", handler, SealedTable(store, VAULT))
    await box.take("e1", "chat", b"late")
    await box.stop(1)
    assert await box.take("e2", "other", b"later")  # is kept, and left to whoever looks
    async with working(store, alive, look=1):
        await until(lambda: len(alive.answered) > 1)
    assert (handler.answered, sorted(alive.answered)) == ([], [("late", 2), ("later", 1)])
