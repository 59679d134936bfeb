"""The durable inbox: nothing that was acknowledged is lost or answered twice, and each chat keeps its order."""

import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.delivery.inbox import Delivery
from bot.stores.base import Store, Superseded
from bot.stores.sqlite import open_sqlite
from tests.inbox.handling import Handler, inbox, until, working


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
    handler = Handler(held=True)
    async with working(store, handler) as box:
        await box.take("e1", "chat", b"my mri was denied", owner="dana")
        held = await store.get("inbox:test", "e1")
        assert held
        assert b"mri" not in held
        handler.free.set()
        await until(lambda: bool(handler.answered))
    assert await store.get("inbox:test", "e1") == b""


async def test_a_chat_keeps_its_order_over_replicas(store: Store) -> None:
    """Messages of one chat are answered one after the other whoever takes them; chats do not wait for each other."""
    handler = Handler()
    async with working(store, handler) as one, working(store, handler) as two, working(store, handler) as three:
        for number in range(12):
            await (one, two, three)[number % 3].take(f"e{number}", f"chat {number % 2}", str(number).encode())
        await until(lambda: len(handler.answered) == 12)
    for chat in range(2):
        assert [int(body) for body, _ in handler.answered if int(body) % 2 == chat] == list(range(chat, 12, 2))


@pytest.mark.fault("F51")
async def test_a_process_that_dies_is_replaced(store: Store) -> None:
    """Its message is taken over when its lease ends, and the one who does knows that it may be answered (F51)."""
    dead, alive = Handler(held=True), Handler()
    first = inbox(store, dead, lease=0.2)
    await first.take("e1", "chat", b"one")
    await first.take("e2", "chat", b"two")
    await until(lambda: dead.begun == ["one"])
    tasks = tuple(first._tasks)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await store.hold("inbox:test", "e1", until=0)
    async with working(store, alive):
        await until(lambda: len(alive.answered) == 2)
    assert alive.answered == [("one", 2), ("two", 1)]


async def test_a_failed_answer_is_tried_again_and_then_apologised_for(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    """What another try can mend is mended; after ten the person is told, once; the log never quotes the message."""
    handler = Handler()
    handler.fails = 3
    async with working(store, handler, look=0.001) as box:
        await box.take("e1", "chat", b"hello")
        await until(lambda: bool(handler.answered))
        assert handler.answered == [("hello", 4)]
        handler.poison = b"poison"
        await box.take("e2", "chat", b"poison")
        await box.take("e3", "other chat", b"fine")
        await box.take("e4", "chat", b"next")
        await until(lambda: "next" in [body for body, _ in handler.answered])
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

    async with working(store, handler, look=0.001) as box:
        await box.take("e1", "a", b"thinks")
        await box.take("e2", "b", b"posts")
        await until(lambda: len(seen) == 4)
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
        except Superseded:
            seen.append("overtaken")
            raise
        seen.append("first wrote")

    async def second(delivery: Delivery) -> None:
        await delivery.writing()
        seen.append("second wrote")
        slow.set()
        await until(lambda: "overtaken" in seen)

    one = inbox(store, first, look=1)
    await one.take("e1", "chat", b"hello")
    await until(lambda: bool(one._working))
    await store.hold("inbox:test", "e1", until=0)
    async with working(store, second):
        await until(lambda: "overtaken" in seen)
    await one.stop(1)
    assert seen == ["second wrote", "overtaken"]
    assert await store.get("inbox:test", "e1") == b""


async def test_a_process_does_not_overtake_itself(store: Store) -> None:
    """A lease that ended while its own process still works on it starts nothing a second time."""
    handler = Handler(held=True)
    async with working(store, handler) as box:
        await box.take("e1", "chat", b"slow")
        await until(lambda: handler.begun == ["slow"])
        await store.hold("inbox:test", "e1", until=0)
        await asyncio.sleep(0.1)
        handler.free.set()
        await until(lambda: bool(handler.answered))
    assert handler.begun == ["slow"]
    assert await store.get("inbox:test", "e1") == b""


async def test_a_stop_finishes_or_hands_back(store: Store) -> None:
    """What cannot be finished in time is free for the next process at once (F61)."""
    slow, next_one = Handler(held=True), Handler()
    first = inbox(store, slow)
    await first.take("e1", "a", b"slow")
    await until(lambda: slow.begun == ["slow"])
    await first.stop(0.01)
    assert await first.take("e2", "b", b"late")
    async with working(store, next_one):
        await until(lambda: len(next_one.answered) == 2)
    assert sorted(next_one.answered) == [("late", 1), ("slow", 2)]
    assert slow.answered == []


async def test_a_long_answer_keeps_its_lease(store: Store) -> None:
    """An answer that takes longer than a lease is not given to two."""
    handler = Handler(held=True)
    async with working(store, handler, lease=1.0) as box, working(store, handler, lease=1.0):
        await box.take("e1", "chat", b"long")
        await asyncio.sleep(2.0)
        handler.free.set()
        await until(lambda: bool(handler.answered))
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
