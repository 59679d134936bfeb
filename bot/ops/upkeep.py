"""Background tasks of a running bot, and how they are stopped."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable

import structlog

from bot.errors import StoreError
from bot.ops.audit import Anchor
from bot.stores.base import Store

log = structlog.get_logger("clock")

EVERY = 15.0  # seconds
_JUMP = 30.0  # seconds by which the clocks of a store's machines may differ
_KIND = "clock_seen"
_SHORT = ("token_renewal", "payer_wait", "payer_wait_for", "roll_call")  # leases that are rows of their own
_LIVES = 30 * 86_400.0


async def correct_clock_change(store: Store, clock: Callable[[], float] = time.time) -> float:
    """If the clock was set back, move the times in the store back too. Return by how many seconds, 0 if it was not."""
    now, kept = clock(), await store.get(_KIND, _KIND)
    seen = 0.0 if kept is None else float(kept)
    back = seen - now if seen - now > _JUMP else 0.0
    if back:
        # What was held until then is due by now; what another machine, or this one since, has leased is not that far.
        count = await store.shift_times(back, after=now + back / 2, kinds=_SHORT)
        log.warning("the clock went back", seconds=round(back), count=count)
    if back or now - seen >= EVERY:
        await store.put(_KIND, _KIND, repr(now).encode(), expires=now + _LIVES)
    return back


_CANCEL_AGAIN = 0.2  # seconds


async def last_checkpoint(anchor: Anchor) -> None:
    """Write a checkpoint of the audit trail if the store can be used."""
    with contextlib.suppress(StoreError):
        await anchor.advance()


async def repeat(seconds: float, *jobs: Callable[[], Awaitable[object]], at_once: bool = False) -> None:
    """Do the jobs one after another every `seconds`, at first after them or `at_once`, until cancelled.

    If the store cannot be used, the next time tries again.
    """
    if not at_once:
        await asyncio.sleep(seconds)
    while True:
        try:
            for job in jobs:
                await job()
        except StoreError as error:
            log.warning("put off", kind=type(error).__name__)
        await asyncio.sleep(seconds)


async def stopped(task: asyncio.Task[None]) -> None:
    """Cancel a task, repeatedly if a library swallows the cancellation, and return once it has ended."""
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=_CANCEL_AGAIN)
