"""Who may answer a message, and for how long: queues that are taken over, late beats, leases that were lost (F51)."""

import asyncio
import contextlib
from pathlib import Path

import pytest

from bot.delivery.inbox import Delivery, Inbox
from bot.errors import StoreBusy
from bot.stores.base import Store
from bot.stores.sealed import SealedTable
from bot.stores.sqlite import SqliteStore, open_sqlite
from tests.inbox.handling import VAULT, Handler, inbox, until, working


async def test_a_long_queue_is_taken_over_a_few_at_a_time_and_oldest_first(store: Store) -> None:
    """A process that begins with everything at once finishes nothing before it dies, and counts a try for each.

    What is new waits behind it, and is begun at once when nothing older is left.
    """
    dead, alive = Handler(), Handler(held=True)
    first = inbox(store, dead)
    await first.stop(0)
    for number in range(40):
        await first.take(f"e{number}", f"chat {number}", str(number).encode())
    async with working(store, alive, look=30) as second:
        await until(lambda: alive.busy == 16)
        for number in range(40, 60):
            await second.take(f"e{number}", f"chat {number}", str(number).encode())
        alive.free.set()
        await until(lambda: len(alive.answered) == 60)
        await second.take("later", "chat", b"60")
        await until(lambda: len(alive.answered) == 61)
    assert (dead.begun, alive.most) == ([], 16)
    assert alive.begun == [str(number) for number in range(61)]
    assert {tries for _, tries in alive.answered} == {1}


async def test_more_than_a_process_can_hold_waits_in_the_store(store: Store) -> None:
    """A flood is acknowledged and answered to the last, with a bounded number of answers in work."""
    handler = Handler(held=True)
    box = inbox(store, handler)
    for number in range(300):
        await box.take(f"e{number}", f"chat {number}", b"hello")
    await until(lambda: handler.busy == 128)
    await box.start()
    handler.free.set()
    await until(lambda: len(handler.answered) == 300)
    await box.stop(1)
    assert handler.most <= 128 + 16


async def test_a_late_beat_is_made_up_for_before_anything_is_written(tmp_path: Path) -> None:
    """A process too busy to prolong its lease does so before it posts, or another would post the same."""
    now = 100.0
    store = open_sqlite(tmp_path / "late.db", clock=lambda: now)

    async def slow(delivery: Delivery) -> None:
        nonlocal now
        now += 7
        await delivery.writing()
        now += 7
        assert await store.lease("inbox:test", until=now + 10) is None
        answered.set()

    answered = asyncio.Event()
    box = Inbox("test", slow, SealedTable(store, VAULT), lease=10, clock=lambda: now)
    await box.take("e1", "chat", b"hello")
    async with asyncio.timeout(20):
        await answered.wait()
    await box.stop(1)
    await store.close()


async def test_work_ends_when_its_lease_cannot_be_prolonged(tmp_path: Path) -> None:
    """A store that takes no beats lets another begin with the message: this one stops before it writes."""
    store = open_sqlite(tmp_path / "mute.db")
    stopped = asyncio.Event()

    async def endless(delivery: Delivery) -> None:  # noqa: ARG001 -- a handler
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    class Mute:
        """A store of which nobody can prolong a lease."""

        def __getattr__(self, name: str) -> object:
            return getattr(store, name)

        async def hold(self, kind: str, key: str, *, until: float, lease: int) -> bool:  # noqa: ARG002 -- as the store
            raise StoreBusy("away")

    box = Inbox("test", endless, SealedTable(Mute(), VAULT), lease=0.05, look=30)  # type: ignore[arg-type] # all else is the store's
    await box.take("e1", "chat", b"hello")
    async with asyncio.timeout(20):
        await stopped.wait()
    await box.stop(1)
    assert await store.get("inbox:test", "e1")
    await store.close()


class Deaf(SqliteStore):
    """Its first beat is done when it is cancelled, and the cancellation lost, as by asyncio.wait_for of Python 3.11."""

    beaten = False

    async def hold(self, kind: str, key: str, *, until: float, lease: int | None = None) -> bool:
        """Prolong, whatever came meanwhile."""
        if not self.beaten:
            self.beaten = True
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
        return await super().hold(kind, key, until=until, lease=lease)


@pytest.mark.fault("F51")
async def test_a_beat_that_misses_its_end_holds_no_message_for_ever(tmp_path: Path) -> None:
    """A busy database let the lease run out, and the beat went on: the message is tried again, not held by nobody."""
    store, handler = open_sqlite(tmp_path / "bot.db"), Handler(held=True)
    store.__class__ = Deaf
    assert isinstance(store, Deaf)
    async with working(store, handler, lease=0.3) as box:
        await box.take("1", "chat", b"one")
        await until(lambda: len(handler.begun) > 1)
        handler.free.set()
        await until(lambda: bool(handler.answered))
    [(answered, tries)] = handler.answered
    assert (answered, tries > 1) == ("one", True)
    await store.close()


@pytest.mark.fault("F51")
async def test_who_lost_its_lease_ends_nothing(store: Store) -> None:
    """It failed and apologised, or stopped, after another began: that one, if it dies, must be replaced as well."""
    slow, dead, alive = Handler(held=True), Handler(held=True), Handler()
    first = inbox(store, slow)
    await first.take("e1", "chat", b"hello")
    await until(lambda: slow.begun == ["hello"])
    await store.hold("inbox:test", "e1", until=0)
    second = inbox(store, dead)
    await second.start()
    await until(lambda: dead.begun == ["hello"])
    slow.free.set()
    await until(lambda: bool(slow.answered))
    await first.stop(1)
    await second.stop(0)
    async with working(store, alive):
        await until(lambda: bool(alive.answered))
    assert alive.answered == [("hello", 3)]
