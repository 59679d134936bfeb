"""A clock that goes back by an hour: nothing rests for an hour, whoever had it (F59)."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.ops.entrance import StoredWaits
from bot.ops.upkeep import correct_clock_change
from bot.stores.base import NewRow, Store
from bot.stores.postgres import open_postgres
from bot.stores.sqlite import open_sqlite
from tests.days import Clock

NOON = 1_800_000_000.0


@pytest.fixture(params=["sqlite", "postgres"])
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[tuple[Store, Clock]]:
    """An empty store of each kind, and its clock."""
    clock = Clock(NOON)
    store: Store
    if request.param == "sqlite":
        store = open_sqlite(tmp_path / "bot.db", clock=clock)
    else:
        store = await open_postgres(request.getfixturevalue("postgres_url"), clock=clock)
    yield store, clock
    await store.close()


async def _row(store: Store, kind: str, key: str, until: float) -> None:
    await store.take_in(NewRow(kind, key, b"", NOON + 90 * 86_400, "dana"), key, until=until)


@pytest.mark.fault("F59")
async def test_what_was_held_when_the_clock_was_ahead_is_free(world: tuple[Store, Clock]) -> None:
    """A message in work, a look that rests, a renewal and a count: each as long as it would have been, not an hour."""
    store, clock = world
    await _row(store, "inbox:slack", "held before", NOON + 4)
    clock.now += 3_600
    assert await correct_clock_change(store, clock) == 0
    await _row(store, "inbox:slack", "held", clock.now + 4)
    await _row(store, "watch:slack", "rests", clock.now + 1_800)
    await store.add("token_renewal", "t", expires=clock.now + 20)
    await store.count("links_asked", "dana", expires=clock.now + 600)
    clock.now = NOON + 10
    assert await correct_clock_change(store, clock) == pytest.approx(3_590)
    assert await correct_clock_change(store, clock) == 0
    await _row(store, "inbox:slack", "held since", clock.now + 120)
    clock.now += 25
    keys = [row.key for _ in range(3) if (row := await store.lease("inbox:slack", until=clock.now + 60))]
    assert keys == ["held before", "held"]
    assert await store.lease("watch:slack", until=clock.now) is None
    assert await store.add("token_renewal", "t", expires=clock.now + 20)
    clock.now = NOON + 1_820
    assert await store.lease("watch:slack", until=clock.now + 60) is not None
    assert await store.count("links_asked", "dana", expires=clock.now + 600) == 1


@pytest.mark.fault("F19", "F59")
async def test_a_wait_is_no_longer_than_it_was_told(world: tuple[Store, Clock]) -> None:
    """Told to wait 20 seconds while the clock was ahead: 20 seconds at most, from the moment it is right again."""
    store, clock = world
    waits = StoredWaits(store, clock)
    clock.now += 3_600
    await correct_clock_change(store, clock)
    await waits.keep("https://payer.example", 20)
    clock.now = NOON
    assert await waits.left("https://payer.example") == 20
    await correct_clock_change(store, clock)
    clock.now += 25
    assert await waits.left("https://payer.example") == 0


@pytest.mark.fault("F59")
async def test_clocks_that_differ_a_little_move_nothing(world: tuple[Store, Clock]) -> None:
    """Two machines, twenty seconds apart: a lease of one is one for the other."""
    store, clock = world
    await correct_clock_change(store, clock)
    await _row(store, "inbox:slack", "held", clock.now + 4)
    assert await correct_clock_change(store, lambda: clock.now - 20) == 0
    assert await store.lease("inbox:slack", until=clock.now + 60) is None
