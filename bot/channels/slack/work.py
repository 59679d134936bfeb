"""Work behind the acknowledgement: kept alive, in order per person and conversation, finished before the end."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Hashable
from typing import Any

from bot.delivery.inbox import finish


class Work:
    """Tasks with a strong reference each; asyncio itself would keep none."""

    def __init__(self) -> None:
        self._last: dict[Hashable, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._tagged: dict[Hashable, asyncio.Task[None]] = {}

    def start(self, lane: Hashable, job: Coroutine[Any, Any, None], *, tag: Hashable = None) -> asyncio.Task[None]:
        """Run a job after every earlier one of the same lane; `tag` is how it can be called off."""
        task = asyncio.create_task(self._after(self._last.get(lane), job))
        self._last[lane] = task
        self._tasks.add(task)
        if tag is not None:
            self._tagged[tag] = task
        task.add_done_callback(lambda done: self._forget(lane, tag, done))
        return task

    def cancel(self, tag: Hashable) -> None:
        """Call a job off, if it is not done: its question was taken back."""
        if task := self._tagged.get(tag):
            task.cancel()

    async def drain(self, seconds: float) -> None:
        """Wait until everything is done, at most this long; what is left then is cancelled."""
        await finish(self._tasks, seconds)

    async def _after(self, earlier: asyncio.Task[None] | None, job: Coroutine[Any, Any, None]) -> None:
        try:
            if earlier is not None:
                await asyncio.wait({earlier})
            await job
        finally:
            job.close()

    def _forget(self, lane: Hashable, tag: Hashable, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if self._tagged.get(tag) is task:
            del self._tagged[tag]
        if self._last.get(lane) is task:
            del self._last[lane]
