"""What every store must do (stores/base.py)."""

from __future__ import annotations

import asyncio

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.stores.base import Store
from tests.stores.conftest import Clock

SOON = 1_000_060.0


async def test_a_row_is_read_back_until_it_expires(store: Store, clock: Clock) -> None:
    """What was put is got, and is gone at its expiry."""
    await store.put("k", "a", b"\x00value", expires=SOON)
    assert await store.get("k", "a") == b"\x00value"
    assert await store.get("other", "a") is None
    clock.now = SOON
    assert await store.get("k", "a") is None
    assert await store.take("k", "a") is None


async def test_put_replaces_value_owner_and_expiry(store: Store, clock: Clock) -> None:
    """A second put with the same kind and key leaves nothing of the first."""
    await store.put("k", "a", b"1", expires=SOON, owner="x")
    await store.put("k", "a", b"2", expires=SOON + 60, owner="y")
    clock.now = SOON
    assert await store.get("k", "a") == b"2"
    assert await store.owned("k", "x") == []
    assert await store.owned("k", "y") == [("a", b"2")]


async def test_of_many_takers_exactly_one_gets_the_row(store: Store) -> None:
    """Taking is atomic (T04)."""
    for turn in range(50):
        await store.put("state", str(turn), b"v", expires=SOON)
        got = await asyncio.gather(*(store.take("state", str(turn)) for _ in range(8)))
        assert [value for value in got if value is not None] == [b"v"]


async def test_add_is_true_once_while_the_key_lives(store: Store, clock: Clock) -> None:
    """The dedupe of events lets the first through, and again after its time."""
    assert await store.add("event", "1", expires=SOON)
    assert not await store.add("event", "1", expires=SOON + 60)
    assert await store.add("event", "2", expires=SOON)
    clock.now = SOON
    assert await store.add("event", "1", expires=SOON + 60)
    assert not await store.add("event", "1", expires=SOON + 60)


async def test_a_dropped_key_can_be_added_again(store: Store) -> None:
    """A lease that is given back early is free at once."""
    assert await store.add("lease", "1", expires=SOON)
    await store.drop("lease", "1")
    assert await store.add("lease", "1", expires=SOON)


async def test_a_counter_starts_again_after_the_first_counts_expiry(store: Store, clock: Clock) -> None:
    """Counting on does not push the window forward."""
    assert [await store.count("c", "a", expires=clock.now + 60) for _ in range(3)] == [1, 2, 3]
    clock.now += 59
    assert await store.count("c", "a", expires=clock.now + 60) == 4
    clock.now += 1
    assert await store.count("c", "a", expires=clock.now + 60) == 1
    assert await store.count("c", "b", expires=clock.now + 60) == 1


async def test_owned_rows_come_oldest_first_and_alone(store: Store, clock: Clock) -> None:
    """Only the living rows of that kind and owner, in the order they were put."""
    await store.put("k", "late", b"3", expires=SOON + 60, owner="x")
    await store.put("k", "b", b"1", expires=SOON + 60, owner="x")
    await store.put("k", "dead", b"0", expires=SOON, owner="x")
    await store.put("k", "other", b"9", expires=SOON + 60, owner="y")
    await store.put("k", "late", b"4", expires=SOON + 60, owner="x")
    clock.now = SOON
    assert await store.owned("k", "x") == [("b", b"1"), ("late", b"4")]


async def test_drop_owned_removes_kinds_or_everything(store: Store) -> None:
    """Unlinking removes an owner's rows, and nobody else's."""
    for kind in ("a", "b", "c"):
        await store.put(kind, "1", b"", expires=SOON, owner="x")
        await store.put(kind, "2", b"", expires=SOON, owner="y")
    await store.put("a", "nobody", b"", expires=SOON)
    assert await store.drop_owned("x", "a", "b") == 2
    assert await store.get("c", "1") == b""
    assert await store.drop_owned("x") == 1
    assert await store.drop_owned("") == 0
    assert await store.get("a", "nobody") == b""
    assert [await store.get(kind, "2") for kind in ("a", "b", "c")] == [b"", b"", b""]


async def test_drop_of_a_missing_row_is_no_trouble(store: Store) -> None:
    """Dropping twice is the same as once."""
    await store.put("k", "a", b"1", expires=SOON)
    await store.drop("k", "a")
    await store.drop("k", "a")
    assert await store.get("k", "a") is None


async def test_sweep_removes_only_what_expired(store: Store, clock: Clock) -> None:
    """Rows and counters past their time go, however many; the living stay."""
    for number in range(1_203):
        await store.put("k", str(number), b"", expires=SOON)
    await store.put("k", "alive", b"1", expires=SOON + 60)
    await store.count("c", "a", expires=SOON)
    clock.now = SOON
    assert await store.sweep() == 1_204
    assert await store.sweep() == 0
    assert await store.get("k", "alive") == b"1"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(kind=st.text(), key=st.text(), value=st.binary())
async def test_any_text_is_a_key_and_any_bytes_a_value(store: Store, kind: str, key: str, value: bytes) -> None:
    """Quotes, control characters and other scripts are only data."""
    if any("\ud800" <= sign <= "\udfff" for sign in kind + key):
        return
    await store.put(kind, key, value, expires=SOON, owner="x")
    assert await store.get(kind, key) == value
    assert await store.take(kind, key) == value
    assert await store.get(kind, key) is None
