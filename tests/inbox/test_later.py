"""What could be neither answered nor told is tried while an answer is wanted, and then apologised for (F53)."""

from pathlib import Path

import pytest

from bot.delivery.inbox import KEPT, WANTED, Delivery, Inbox, Later
from bot.stores.base import Store
from bot.stores.sealed import SealedTable
from bot.stores.sqlite import open_sqlite
from tests.inbox.handling import VAULT, until

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

    box = Inbox("test", handler, SealedTable(store, VAULT), look=0.001)
    await box.start()
    await box.take("e1", "chat", b"first")
    await box.take("e2", "chat", b"second")
    await until(lambda: len(seen) == 32)
    await box.stop(1)
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

    box = Inbox("test", handler, SealedTable(store, VAULT), look=0.001, clock=clock)
    await box.start()
    await box.take("e1", "chat", b"hello")
    await until(lambda: len(told) == 3)
    await box.stop(1)
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

    box = Inbox("test", handler, SealedTable(store, VAULT), look=0.001)
    await box.start()
    await box.take("e1", "chat", b"hello")
    await until(lambda: len(seen) == 4)
    await box.stop(1)
    assert seen == [(False, True), (True, True), (True, False), (True, False)]
