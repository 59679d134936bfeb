"""Correction for a clock that was set back: leases from before would last too long, so their ends are moved too (F59).

The store keeps the latest time that any of its processes has seen. A process that finds it ahead of its own clock moves
what was written before, also after a restart.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable

import structlog

from bot.errors import StoreError
from bot.stores.base import Store

log = structlog.get_logger("clock")

EVERY = 15.0  # seconds
_JUMP = 30.0  # seconds by which the clocks of a store's machines may differ
_KIND = "clock_seen"
_SHORT = ("token_renewal", "payer_wait", "payer_wait_for", "roll_call")  # leases that are rows of their own
_LIVES = 30 * 86_400.0


async def put_right(store: Store, clock: Callable[[], float] = time.time) -> float:
    """Move times in the store if the clock was set back. Return by how many seconds it was, 0 if it was not."""
    now, kept = clock(), await store.get(_KIND, _KIND)
    seen = 0.0 if kept is None else float(kept)
    back = seen - now if seen - now > _JUMP else 0.0
    if back:
        # What was held until then is due by now; what another machine, or this one since, has leased is not that far.
        count = await store.earlier(back, after=now + back / 2, kinds=_SHORT)
        log.warning("the clock went back", seconds=round(back), count=count)
    if back or now - seen >= EVERY:
        await store.put(_KIND, _KIND, repr(now).encode(), expires=now + _LIVES)
    return back


async def watch_clock(store: Store) -> None:
    """Check the clock regularly until cancelled."""
    while True:
        with contextlib.suppress(StoreError):
            await put_right(store)
        await asyncio.sleep(EVERY)
