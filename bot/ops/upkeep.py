"""Background tasks of a running bot, and how they are stopped."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from bot.delivery.retention import Retention
from bot.errors import StoreError
from bot.ops.anchor import Anchor
from bot.stores.base import Store

_SWEEP_SECONDS = 300
_CANCEL_AGAIN = 0.2  # seconds


async def last_checkpoint(anchor: Anchor) -> None:
    """Write a checkpoint of the audit trail if the store can be used."""
    with contextlib.suppress(StoreError):
        await anchor.advance()


async def sweep(
    store: Store, retention: Retention, anchor: Anchor, keep_whole: Callable[[], Awaitable[object]]
) -> None:
    """Every few minutes, delete expired rows and messages, and do other regular work."""
    while True:
        with contextlib.suppress(StoreError):
            await store.sweep()
            await retention.expire()
            await anchor.keep()
            await keep_whole()
        await asyncio.sleep(_SWEEP_SECONDS)


async def stopped(task: asyncio.Task[None]) -> None:
    """Cancel a task, repeatedly if a library swallows the cancellation, so that a stop does not take minutes."""
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=_CANCEL_AGAIN)
