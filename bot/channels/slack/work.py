"""Work behind the acknowledgement: kept alive, in order per person and conversation, finished before the end."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Hashable
from typing import Any


class Work:
    """Tasks with a strong reference each; asyncio itself would keep none."""

    def __init__(self) -> None:
        self._last: dict[Hashable, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, lane: Hashable, job: Coroutine[Any, Any, None]) -> None:
        """Run a job after every earlier one of the same lane."""
        task = asyncio.create_task(self._after(self._last.get(lane), job))
        self._last[lane] = task
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._forget(lane, done))

    async def drain(self, seconds: float) -> None:
        """Wait until everything is done, at most this long; what is left then is cancelled."""
        if not self._tasks:
            return
        _, late = await asyncio.wait(self._tasks, timeout=seconds)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def _after(self, earlier: asyncio.Task[None] | None, job: Coroutine[Any, Any, None]) -> None:
        try:
            if earlier is not None:
                await asyncio.wait({earlier})
            await job
        finally:
            job.close()

    def _forget(self, lane: Hashable, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if self._last.get(lane) is task:
            del self._last[lane]
