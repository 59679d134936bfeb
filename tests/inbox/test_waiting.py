"""Who waits behind another message of theirs hears of it, and what a process held when it died is free soon."""

import pytest

from bot.delivery.inbox import Delivery, Inbox
from bot.delivery.leases import Superseded
from bot.stores.base import Store
from bot.stores.sealed import SealedTable
from tests.inbox.handling import VAULT, Handler, until

pytestmark = pytest.mark.fault("F22")


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
    handler, other, soothing = Handler(), Handler(), Soothing()
    handler.free.clear()
    here = Inbox("test", handler, SealedTable(store, VAULT), soothe=soothing, soothe_after=0.05, look=0.01)
    there = Inbox("test", other, SealedTable(store, VAULT), soothe=soothing, soothe_after=0.05, look=0.01)
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
    handler = Handler()
    handler.free.clear()
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
    after = Inbox("test", alive, SealedTable(store, VAULT))
    await after.start()
    await until(lambda: bool(alive.answered))
    await after.stop(1)
    assert (handler.answered, alive.answered) == ([], [("late", 2)])
