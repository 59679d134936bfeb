"""What has to be kept before it is acknowledged, waited for no longer than a platform waits."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
SECONDS = 2.0  # Slack waits three; what is not acknowledged by then is delivered again


class Acks:
    """Bounds the wait for a store. Work that is late goes on: a database's driver may take seconds to give it up."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self.seconds = seconds
        self._work: set[asyncio.Task[Any]] = set()

    async def within(self, work: Coroutine[Any, Any, T]) -> T:
        """What the work gives.

        Raises:
            TimeoutError: it is not done yet. What it keeps later is known when it is delivered again.
        """
        task = asyncio.create_task(work)
        self._work.add(task)
        task.add_done_callback(self._done)
        done, _ = await asyncio.wait({task}, timeout=self.seconds)
        if not done:
            raise TimeoutError
        return task.result()

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._work.discard(task)
        if not task.cancelled():
            task.exception()  # who waited has read it, or was told that it is late
