"""Background tasks of a running bot, and how they stop."""

from __future__ import annotations

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
    """Write the checkpoint of the audit trail if the store answers."""
    with contextlib.suppress(StoreError):
        await anchor.advance()


async def sweep(
    store: Store, retention: Retention, anchor: Anchor, keep_whole: Callable[[], Awaitable[object]]
) -> None:
    """Remove what has expired, delete messages whose time is over, and what else is due, every few minutes."""
    while True:
        with contextlib.suppress(StoreError):
            await store.sweep()
            await retention.expire()
            await anchor.keep()
            await keep_whole()
        await asyncio.sleep(_SWEEP_SECONDS)


async def stopped(task: asyncio.Task[None]) -> None:
    """End a task, again when a library swallowed the first cancellation: nobody waits for minutes at a stop."""
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=_CANCEL_AGAIN)
