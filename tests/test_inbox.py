"""The durable inbox: nothing that was acknowledged is lost or answered twice, and each chat keeps its order."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.accounts.vault import Vault, new_key, parse_keys
from bot.errors import StoreBusy
from bot.inbox import Delivery, Inbox, Overtaken
from bot.stores.base import Store
from bot.stores.opening import open_store
from bot.stores.sqlite import SqliteStore, open_sqlite

VAULT = Vault(parse_keys(new_key()))


class Handler:
    """Answers by noting down; holds what it was told to hold until it is let go."""

    def __init__(self) -> None:
        self.answered: list[tuple[str, int]] = []
        self.begun: list[str] = []
        self.apologised: list[str] = []
        self.most = self.busy = 0
        self.fails = 0
        self.poison = b""
        self.free = asyncio.Event()
        self.free.set()

    async def __call__(self, delivery: Delivery) -> None:
        """Answer one message."""
        self.begun.append(delivery.body.decode())
        self.busy += 1
        self.most = max(self.most, self.busy)
        await self.free.wait()
        self.busy -= 1
        if delivery.exhausted:
            self.apologised.append(delivery.body.decode())
            return
        if self.fails or delivery.body == self.poison:
            self.fails = max(0, self.fails - 1)
            raise RuntimeError("words of the message")
        self.answered.append((delivery.body.decode(), delivery.tries))


@pytest.fixture(params=["sqlite", "postgres"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    """An empty store of each kind."""
    url = f"sqlite:///{tmp_path}/bot.db" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    opened = await open_store(url)
    yield opened
    await opened.close()


def inbox(store: Store, handler: Handler, *, lease: float = 30, look: float = 0.01) -> Inbox:
    """An inbox that looks often."""
    return Inbox("test", handler, store, VAULT, lease=lease, look=look)


async def until(true: Callable[[], bool]) -> None:
    """Let others work until it is true."""
    async with asyncio.timeout(20):
        while not true():  # noqa: ASYNC110 -- what is waited for is seen by nobody but the handler
            await asyncio.sleep(0.001)


@pytest.mark.fault("F50")
@pytest.mark.threat("T39")
async def test_a_message_delivered_four_times_is_answered_once(store: Store) -> None:
    """Platforms deliver again, to any replica, at the same instant and after the answer (F50)."""
    handler = Handler()
    replicas = [inbox(store, handler) for _ in range(2)]
    taken = await asyncio.gather(*(replicas[n % 2].take("e1", "chat", b"hello") for n in range(4)))
    assert sorted(taken) == [False, False, False, True]
    await until(lambda: bool(handler.answered))
    assert not await replicas[1].take("e1", "chat", b"hello")
    for replica in replicas:
        await replica.stop(1)
    assert handler.answered == [("hello", 1)]


async def test_what_is_kept_is_sealed_and_gone_after_the_answer(store: Store) -> None:
    """The store holds no words of a person, before or after."""
    handler = Handler()
    handler.free.clear()
    box = inbox(store, handler)
    await box.take("e1", "chat", b"my mri was denied", owner="dana")
    held = await store.get("inbox:test", "e1")
    assert held
    assert b"mri" not in held
    handler.free.set()
    await until(lambda: bool(handler.answered))
    await box.stop(1)
    assert await store.get("inbox:test", "e1") == b""


async def test_a_chat_keeps_its_order_over_replicas(store: Store) -> None:
    """Messages of one chat are answered one after the other whoever takes them; chats do not wait for each other."""
    handler = Handler()
    replicas = [inbox(store, handler) for _ in range(3)]
    for replica in replicas:
        await replica.start()
    for number in range(12):
        await replicas[number % 3].take(f"e{number}", f"chat {number % 2}", str(number).encode())
    await until(lambda: len(handler.answered) == 12)
    for replica in replicas:
        await replica.stop(1)
    for chat in range(2):
        assert [int(body) for body, _ in handler.answered if int(body) % 2 == chat] == list(range(chat, 12, 2))


@pytest.mark.fault("F51")
async def test_a_process_that_dies_is_replaced(store: Store) -> None:
    """Its message is taken over when its lease ends, and the one who does knows that it may be answered (F51)."""
    dead, alive = Handler(), Handler()
    dead.free.clear()
    first = inbox(store, dead, lease=0.2)
    await first.take("e1", "chat", b"one")
    await first.take("e2", "chat", b"two")
    await until(lambda: dead.begun == ["one"])
    tasks = tuple(first._tasks)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await store.hold("inbox:test", "e1", until=0)
    second = inbox(store, alive)
    await second.start()
    await until(lambda: len(alive.answered) == 2)
    await second.stop(1)
    assert alive.answered == [("one", 2), ("two", 1)]


async def test_a_failed_answer_is_tried_again_and_then_apologised_for(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    """What another try can mend is mended; after ten the person is told, once; the log never quotes the message."""
    handler = Handler()
    handler.fails = 3
    box = inbox(store, handler, look=0.001)
    await box.start()
    await box.take("e1", "chat", b"hello")
    await until(lambda: bool(handler.answered))
    assert handler.answered == [("hello", 4)]
    handler.poison = b"poison"
    await box.take("e2", "chat", b"poison")
    await box.take("e3", "other chat", b"fine")
    await box.take("e4", "chat", b"next")
    await until(lambda: "next" in [body for body, _ in handler.answered])
    await box.stop(1)
    assert handler.apologised == ["poison"]
    assert "words of the message" not in capsys.readouterr().out


@pytest.mark.fault("F52")
async def test_who_takes_over_learns_whether_writing_had_begun(store: Store) -> None:
    """A message whose answer may stand there already is told from one whose answer cannot (F52)."""
    seen: list[tuple[bytes, int, bool]] = []

    async def handler(delivery: Delivery) -> None:
        seen.append((delivery.body, delivery.tries, delivery.maybe_written))
        if delivery.body == b"posts":
            await delivery.writing()
        if delivery.tries == 1:
            raise RuntimeError

    box = Inbox("test", handler, store, VAULT, look=0.001)
    await box.start()
    await box.take("e1", "a", b"thinks")
    await box.take("e2", "b", b"posts")
    await until(lambda: len(seen) == 4)
    await box.stop(1)
    assert sorted(seen) == [
        *((b"posts", 1, False), (b"posts", 2, True)),
        *((b"thinks", 1, False), (b"thinks", 2, False)),
    ]


@pytest.mark.fault("F61")
async def test_of_two_that_answer_one_writes(store: Store) -> None:
    """A process so slow that its lease ended is overtaken, and learns it before it writes (F51)."""
    seen: list[str] = []
    slow = asyncio.Event()

    async def first(delivery: Delivery) -> None:
        await slow.wait()
        try:
            await delivery.writing()
        except Overtaken:
            seen.append("overtaken")
            raise
        seen.append("first wrote")

    async def second(delivery: Delivery) -> None:
        await delivery.writing()
        seen.append("second wrote")
        slow.set()
        await until(lambda: "overtaken" in seen)

    one = Inbox("test", first, store, VAULT)
    await one.take("e1", "chat", b"hello")
    await until(lambda: bool(one._working))
    await store.hold("inbox:test", "e1", until=0)
    other = Inbox("test", second, store, VAULT, look=0.01)
    await other.start()
    await until(lambda: "overtaken" in seen)
    await other.stop(5)
    await one.stop(1)
    assert seen == ["second wrote", "overtaken"]
    assert await store.get("inbox:test", "e1") == b""


async def test_a_process_does_not_overtake_itself(store: Store) -> None:
    """A lease that ended while its own process still works on it starts nothing a second time."""
    handler = Handler()
    handler.free.clear()
    box = inbox(store, handler)
    await box.start()
    await box.take("e1", "chat", b"slow")
    await until(lambda: handler.begun == ["slow"])
    await store.hold("inbox:test", "e1", until=0)
    await asyncio.sleep(0.1)
    handler.free.set()
    await until(lambda: bool(handler.answered))
    await box.stop(1)
    assert handler.begun == ["slow"]
    assert await store.get("inbox:test", "e1") == b""


async def test_a_stop_finishes_or_hands_back(store: Store) -> None:
    """What cannot be finished in time is free for the next process at once (F61)."""
    slow, next_one = Handler(), Handler()
    slow.free.clear()
    first = inbox(store, slow)
    await first.take("e1", "a", b"slow")
    await until(lambda: slow.begun == ["slow"])
    await first.stop(0.01)
    assert await first.take("e2", "b", b"late")
    second = inbox(store, next_one)
    await second.start()
    await until(lambda: len(next_one.answered) == 2)
    await second.stop(1)
    assert sorted(next_one.answered) == [("late", 1), ("slow", 2)]
    assert slow.answered == []


async def test_a_long_answer_keeps_its_lease(store: Store) -> None:
    """An answer that takes longer than a lease is not given to two."""
    handler = Handler()
    handler.free.clear()
    replicas = [inbox(store, handler, lease=0.3) for _ in range(2)]
    for replica in replicas:
        await replica.start()
    await replicas[0].take("e1", "chat", b"long")
    await asyncio.sleep(0.8)
    handler.free.set()
    await until(lambda: bool(handler.answered))
    for replica in replicas:
        await replica.stop(1)
    assert handler.begun == ["long"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 2), st.integers(0, 1)), max_size=25))
async def test_any_mix_of_deliveries_is_answered_once_each(
    tmp_path_factory: pytest.TempPathFactory, deliveries: list[tuple[int, int, int]]
) -> None:
    """Whatever is delivered, how often, and to which replica: each message once, each chat in its order."""
    store = open_sqlite(tmp_path_factory.mktemp("inbox") / "bot.db")
    handler = Handler()
    replicas = [inbox(store, handler) for _ in range(2)]
    expected: dict[int, list[str]] = {}
    for event, chat, replica in deliveries:
        body = f"{event} in {chat}"
        if await replicas[replica].take(body, str(chat), body.encode()):
            expected.setdefault(chat, []).append(body)
    await until(lambda: len(handler.answered) == sum(map(len, expected.values())))
    for replica_box in replicas:
        await replica_box.stop(1)
    for chat, bodies in expected.items():
        assert [body for body, _ in handler.answered if body.endswith(f"in {chat}")] == bodies
    await store.close()


async def test_a_long_queue_is_taken_over_a_few_at_a_time_and_oldest_first(store: Store) -> None:
    """A process that begins with everything at once finishes nothing before it dies, and counts a try for each.

    What is new waits behind it, and is begun at once when nothing older is left.
    """
    dead, alive = Handler(), Handler()
    first = inbox(store, dead)
    await first.stop(0)
    for number in range(40):
        await first.take(f"e{number}", f"chat {number}", str(number).encode())
    alive.free.clear()
    second = inbox(store, alive, look=30)
    await second.start()
    await until(lambda: alive.busy == 16)
    for number in range(40, 60):
        await second.take(f"e{number}", f"chat {number}", str(number).encode())
    alive.free.set()
    await until(lambda: len(alive.answered) == 60)
    await second.take("later", "chat", b"60")
    await until(lambda: len(alive.answered) == 61)
    await second.stop(1)
    assert (dead.begun, alive.most) == ([], 16)
    assert alive.begun == [str(number) for number in range(61)]
    assert {tries for _, tries in alive.answered} == {1}


async def test_more_than_a_process_can_hold_waits_in_the_store(store: Store) -> None:
    """A flood is acknowledged and answered to the last, with a bounded number of answers in work."""
    handler = Handler()
    handler.free.clear()
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
    box = Inbox("test", slow, store, VAULT, lease=10, clock=lambda: now)
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

    box = Inbox("test", endless, Mute(), VAULT, lease=0.05, look=30)  # type: ignore[arg-type] # all else is the store's
    await box.take("e1", "chat", b"hello")
    async with asyncio.timeout(20):
        await stopped.wait()
    await box.stop(1)
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
    store, handler = open_sqlite(tmp_path / "bot.db"), Handler()
    store.__class__ = Deaf
    assert isinstance(store, Deaf)
    handler.free.clear()
    box = inbox(store, handler, lease=0.3)
    await box.start()
    await box.take("1", "chat", b"one")
    await until(lambda: len(handler.begun) > 1)
    handler.free.set()
    await until(lambda: bool(handler.answered))
    [(answered, tries)] = handler.answered
    assert (answered, tries > 1) == ("one", True)
    await box.stop(1)
    await store.close()


@pytest.mark.fault("F51")
async def test_who_lost_its_lease_ends_nothing(store: Store) -> None:
    """It failed and apologised, or stopped, after another began: that one, if it dies, must be replaced as well."""
    slow, dead, alive = Handler(), Handler(), Handler()
    slow.free.clear()
    dead.free.clear()
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
    third = inbox(store, alive)
    await third.start()
    await until(lambda: bool(alive.answered))
    await third.stop(1)
    assert alive.answered == [("hello", 3)]
