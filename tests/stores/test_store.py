"""What every store must do (stores/base.py)."""

import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.stores.base import NewRow, Store
from tests.days import Clock

SOON = 1_000_060.0


async def test_a_row_is_read_back_until_it_expires(store: Store, clock: Clock) -> None:
    """What was put is got, and is gone at its expiry."""
    await store.put("k", "a", b"\x00value", expires=SOON)
    assert await store.get("k", "a") == b"\x00value"
    assert await store.get("other", "a") is None
    clock.now = SOON
    assert await store.get("k", "a") is None
    assert await store.take("k", "a") is None


async def test_several_rows_are_read_at_once_in_the_order_asked_for(store: Store, clock: Clock) -> None:
    """What is missing or over is None in its place; the same key of another kind is another row."""
    await store.put("a", "key", b"1", expires=clock.now + 10)
    await store.put("b", "key", b"2", expires=clock.now + 20)
    places = (("b", "key"), ("a", "none"), ("a", "key"), ("b", "key"))
    assert await store.several(*places) == [b"2", None, b"1", b"2"]
    clock.now += 15
    assert await store.several(*places) == [b"2", None, None, b"2"]
    assert await store.several(("a", "key")) == [None]


async def test_put_replaces_value_owner_and_expiry(store: Store, clock: Clock) -> None:
    """A second put with the same kind and key leaves nothing of the first."""
    await store.put("k", "a", b"1", expires=SOON, owner="x")
    await store.put("k", "a", b"2", expires=SOON + 60, owner="y")
    clock.now = SOON
    assert await store.get("k", "a") == b"2"
    assert await store.owned("k", "x") == []
    assert await store.owned("k", "y") == [("a", b"2")]


@pytest.mark.threat("T04")
async def test_of_many_takers_exactly_one_gets_the_row(store: Store) -> None:
    """Taking is atomic (T04)."""
    for turn in range(50):
        await store.put("state", str(turn), b"v", expires=SOON)
        got = await asyncio.gather(*(store.take("state", str(turn)) for _ in range(8)))
        assert [value for value in got if value is not None] == [b"v"]


async def test_add_is_true_once_while_the_key_lives(store: Store, clock: Clock) -> None:
    """The dedupe of events lets the first through, keeps what it brought, and is free after its time or a drop."""
    assert await store.add("event", "1", b"first", expires=SOON, owner="x", lane="chat")
    assert not await store.add("event", "1", b"second", expires=SOON + 60, owner="y", lane="chat")
    assert await store.get("event", "1") == b"first"
    assert await store.owned("event", "x") == [("1", b"first")]
    assert await store.add("event", "2", expires=SOON)
    clock.now = SOON
    assert await store.add("event", "1", expires=SOON + 60)
    assert not await store.add("event", "1", expires=SOON + 60)
    for _ in range(2):  # twice is the same as once
        await store.drop("event", "1")
    assert await store.get("event", "1") is None
    assert await store.add("event", "1", expires=SOON + 60)


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


async def test_swap_needs_the_old_value(store: Store, clock: Clock) -> None:
    """Of two that read the same value one writes; a row that was replaced or has expired is left alone (T36)."""
    await store.put("k", "a", b"old", expires=SOON)
    won = await asyncio.gather(*(store.swap("k", "a", b"old", bytes([number])) for number in range(8)))
    assert won.count(True) == 1
    assert await store.get("k", "a") == bytes([won.index(True)])
    assert not await store.swap("k", "missing", b"", b"new")
    clock.now = SOON
    assert not await store.swap("k", "a", bytes([won.index(True)]), b"new")


async def test_a_lane_is_worked_on_in_order_and_lanes_side_by_side(store: Store, clock: Clock) -> None:
    """The second message of a chat waits for the first; another chat does not wait."""
    for key, lane in (("a1", "a"), ("a2", "a"), ("b1", "b")):
        assert await store.add("inbox", key, key.encode(), expires=SOON, lane=lane)
    until = clock.now + 30
    leased = [await store.lease("inbox", until=until) for _ in range(2)]
    assert [row and (row.key, row.value) for row in leased] == [("a1", b"a1"), ("b1", b"b1")]
    assert await store.lease("inbox", until=until) is None
    await store.finish("inbox", "a1", expires=SOON)
    assert await store.lease("inbox", until=until, lane="b") is None
    third = await store.lease("inbox", until=until, lane="a")
    assert third
    assert third.key == "a2"


async def test_a_lease_that_is_over_goes_to_another(store: Store, clock: Clock) -> None:
    """What a killed process held is taken over after its lease; a lease may be prolonged or given back."""
    await store.add("inbox", "1", b"v", expires=SOON, lane="a")
    assert await store.lease("inbox", until=clock.now + 10)
    await store.hold("inbox", "1", until=clock.now + 20)
    clock.now += 10
    assert await store.lease("inbox", until=clock.now + 10) is None
    await store.hold("inbox", "1", until=0)
    taken = [await store.lease("inbox", until=clock.now + 10)]
    clock.now += 10
    taken.append(await store.lease("inbox", until=clock.now + 10))
    assert [row.leases for row in taken if row] == [2, 3]


async def test_a_lease_that_was_lost_changes_nothing(store: Store, clock: Clock) -> None:
    """Who was too slow neither prolongs, marks nor ends what another has leased meanwhile."""
    await store.add("inbox", "1", b"v", expires=SOON, lane="a")
    first = await store.lease("inbox", until=clock.now + 10)
    clock.now += 10
    second = await store.lease("inbox", until=clock.now + 10)
    assert first
    assert second
    for leased, holds in ((first, False), (second, True)):
        assert await store.hold("inbox", "1", until=clock.now + 20, lease=leased.leases) is holds
        assert await store.swap("inbox", "1", b"v", b"w", lease=leased.leases) is holds
        assert (await store.finish("inbox", "1", expires=SOON, lease=leased.leases)).mine is holds
    assert await store.get("inbox", "1") == b""


async def test_finished_work_leaves_its_key_and_nothing_else(store: Store, clock: Clock) -> None:
    """A delivery that comes again later is known; what it said is gone, and it is never leased again (T39)."""
    await store.add("inbox", "1", b"sealed words", expires=SOON, owner="x", lane="a")
    await store.lease("inbox", until=clock.now + 10)
    await store.finish("inbox", "1", expires=SOON)
    assert await store.get("inbox", "1") == b""
    assert await store.owned("inbox", "x") == []
    assert not await store.add("inbox", "1", b"again", expires=SOON, lane="a")
    clock.now += 30
    assert await store.lease("inbox", until=SOON) is None


async def test_of_many_leasers_exactly_one_gets_each_row(store: Store, clock: Clock) -> None:
    """Two processes never work on the same message."""
    for number in range(20):
        await store.add("inbox", str(number), b"", expires=SOON, lane=str(number))
    rows = await asyncio.gather(*(store.lease("inbox", until=clock.now + 30) for _ in range(40)))
    keys = [row.key for row in rows if row is not None]
    assert len(keys) == len(set(keys))
    while row := await store.lease("inbox", until=clock.now + 30):
        keys.append(row.key)
    assert sorted(keys) == sorted(str(number) for number in range(20))


async def test_rows_are_listed_page_by_page_in_the_order_put(store: Store, clock: Clock) -> None:
    """An operator's list and a rotation of keys see each living row once; the last one is found at once."""
    assert await store.last("k") is None
    await store.put("k", "dead", b"", expires=SOON - 30)
    for number in range(5):
        await store.put("k", str(number), bytes([number]), expires=SOON)
    await store.put("other", "9", b"", expires=SOON)
    clock.now = SOON - 30
    first = await store.listed("k", limit=3)
    rest = await store.listed("k", after=first[-1].number, limit=3)
    assert [(row.key, row.value) for row in first + rest] == [(str(n), bytes([n])) for n in range(5)]
    last = await store.last("k")
    assert last is not None
    assert (last.kind, last.key) == ("k", "4")
    assert await store.kinds() == ["k", "other"]


@pytest.mark.threat("T56")
async def test_what_is_appended_together_is_kept_together_or_not_at_all(store: Store, clock: Clock) -> None:
    """One taken key, and nothing is added, put or dropped; a key whose row is over is free."""
    await store.put("old", "1", b"", expires=SOON, owner="x")
    await store.put("k", "taken", b"first", expires=SOON)
    new, put = NewRow("k", "new", b"2", SOON), NewRow("head", "head", b"3", SOON)
    assert not await store.append((new, NewRow("k", "taken", b"second", SOON)), (put,), drops="x")
    assert (await store.get("k", "new"), await store.get("head", "head")) == (None, None)
    assert (await store.get("k", "taken"), await store.get("old", "1")) == (b"first", b"")
    clock.now = SOON - 1
    await store.put("k", "over", b"", expires=clock.now)
    new = NewRow("k", "over", b"4", SOON, "x")
    assert await store.append((new,), (put, NewRow("k", "taken", b"5", SOON)), drops="x")
    assert (await store.get("k", "over"), await store.get("head", "head")) == (b"4", b"3")
    assert (await store.get("k", "taken"), await store.get("old", "1")) == (b"5", None)
    assert await store.owned("k", "x") == [("over", b"4")]


async def test_of_many_who_append_the_same_key_exactly_one_does(store: Store) -> None:
    """The others leave no trace, not even their head."""
    done = await asyncio.gather(
        *(store.append((NewRow("row", "1", b"", SOON),), (NewRow("head", "head", bytes([n]), SOON),)) for n in range(8))
    )
    assert done.count(True) == 1
    assert await store.get("head", "head") == bytes([done.index(True)])


async def test_a_row_is_taken_in_and_leased_at_once_when_it_is_the_first_of_its_lane(
    store: Store, clock: Clock
) -> None:
    """One statement does what add and lease do in two, and never overtakes who came before."""
    until = clock.now + 10

    async def took(key: str, lane: str, until: float | None = until) -> int | None:
        row = await store.take_in(NewRow("inbox", key, key.encode(), SOON, "dana"), lane, until=until)
        assert row is None or (row.key, row.value, row.lane, row.expires) == (key, key.encode(), lane, SOON)
        return None if row is None else row.leases

    assert await took("a1", "a") == 1
    assert await took("a1", "a") is None
    assert await took("a2", "a") == 0
    assert await took("b1", "b", None) == 0
    assert await took("b2", "b") == 0
    assert await store.lease("inbox", until=until, lane="a") is None
    first = await store.lease("inbox", until=until, lane="b")
    assert first is not None
    assert (first.key, first.leases) == ("b1", 1)
    assert await store.finish("inbox", "a1", expires=SOON, lease=1, lane="a") == (True, True)
    second = await store.lease("inbox", until=until, lane="a")
    assert second is not None
    assert second.key == "a2"
    assert await store.finish("inbox", "a2", expires=SOON, lease=7, lane="a") == (False, False)
    assert await store.finish("inbox", "a2", expires=SOON, lease=1, lane="a") == (True, False)
    assert await took("a2", "a") is None
    assert await took("a3", "a") == 1


async def test_of_many_that_are_taken_in_at_once_one_is_leased(store: Store) -> None:
    """Replicas get messages of one chat at the same instant: the others wait in the lane."""
    rows = await asyncio.gather(
        *(store.take_in(NewRow("inbox", str(n), b"", SOON), "lane", until=SOON) for n in range(12))
    )
    assert sorted(row.leases for row in rows if row) == [0] * 11 + [1]
    oldest = min((row for row in rows if row), key=lambda row: row.number)
    assert oldest.leases == 1
