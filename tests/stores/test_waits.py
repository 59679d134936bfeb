"""What the payer told one process about coming back, kept for all processes of a store."""

import pytest

from bot.ops.limits import StoredWaits
from bot.stores.base import Store
from tests.days import Clock

PAYER = "https://payer.example"


@pytest.mark.fault("F19")
async def test_a_wait_is_known_to_all_until_it_is_over(store: Store, clock: Clock) -> None:
    """The longest counts, other origins are free, and nothing is left afterwards."""
    told, other = StoredWaits(store, clock), StoredWaits(store, clock)
    await told.keep(PAYER, 600)
    await told.keep(PAYER, 2)
    clock.now += 100
    assert await other.left(PAYER) == 500
    assert await other.left("https://elsewhere.example") == 0
    clock.now += 500
    assert await other.left(PAYER) == 0


async def test_a_store_that_cannot_be_used_keeps_nobody_from_asking(store: Store, clock: Clock) -> None:
    """The payer may be asked; each process still knows what it was told itself."""
    await store.close()
    waits = StoredWaits(store, clock)
    await waits.keep(PAYER, 600)
    assert await waits.left(PAYER) == 0
