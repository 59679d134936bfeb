"""A search while its asker waits: its time limit, and its progress notes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Self

import msgspec

from bot.errors import BotError, PayerSlow
from bot.message import Answered
from bot.payer.budget import Progress


class Patience(msgspec.Struct, frozen=True):
    """Times of a question in seconds: first progress note, interval of further notes, and the limit."""

    notice: float = 2.0
    again: float = 6.0
    wall: float = 20.0


class UnderWay:
    """The search for an answer, in a task of its own. `progress` is updated while records are read."""

    def __init__(self, work: Callable[[Progress], Coroutine[Any, Any, Answered]], patience: Patience) -> None:
        self._work, self.progress, self._patience = work, Progress(), patience
        self._now = asyncio.get_running_loop().time
        self._pause, self._end = patience.notice, self._now() + patience.notice + patience.wall

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._work(self.progress))
        return self

    async def __aexit__(self, *_: object) -> None:
        task = self._task
        # The task holds its error, the error's trace this object: without the task the payer's body is let go.
        del self._task, self._work
        if not task.done():
            task.cancel()
            await asyncio.wait({task})  # waited for, not awaited: who is cancelled meanwhile ends as well
            error = None if task.cancelled() else task.exception()
            if error is not None and not isinstance(error, BotError):
                raise error
        del task

    async def goes_on(self) -> bool:
        """Return True if a progress note is due, False if the search is finished.

        Raises:
            PayerSlow: the question has taken too long.
        """
        silent = min(self._pause, max(0.0, self._end - self._now()))
        if (await asyncio.wait({self._task}, timeout=silent))[0]:
            return False
        if self._now() >= self._end:
            raise PayerSlow
        self._pause = self._patience.again
        return True

    def reply(self) -> Answered:
        """Return the finished reply. Raises what `Answering.answer` raises."""
        return self._task.result()
