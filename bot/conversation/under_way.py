"""A search while its asker waits: its time limit, and its progress notes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from bot.errors import BotError, PayerSlow
from bot.message import Answered
from bot.payer.budget import Progress


class Patience(msgspec.Struct, frozen=True):
    """Times of a question in seconds: first progress note, interval of further notes, and the limit."""

    notice: float = 2.0
    again: float = 6.0
    wall: float = 20.0


@asynccontextmanager
async def under_way(
    work: Callable[[Progress], Coroutine[Any, Any, Answered]], patience: Patience
) -> AsyncIterator[Callable[[], Awaitable[Progress | Answered]]]:
    """Run a search in a task of its own, which ends with the context.

    What is yielded returns its progress when a note is due, and the reply when it is finished. It raises PayerSlow if
    the question has taken too long, and what `work` raises.
    """
    progress, clock = Progress(), asyncio.get_running_loop().time
    running, pause = {asyncio.create_task(work(progress))}, patience.notice
    end = clock() + patience.notice + patience.wall

    async def heard() -> Progress | Answered:
        nonlocal pause
        done, _ = await asyncio.wait(running, timeout=min(pause, max(0.0, end - clock())))
        if done:
            return done.pop().result()
        if clock() >= end:
            raise PayerSlow
        pause = patience.again
        return progress

    try:
        yield heard
    finally:
        # The task holds its error, the error's trace this frame: without the task the payer's body is let go.
        task = running.pop()
        if not task.done():
            task.cancel()
            await asyncio.wait({task})  # waited for, not awaited: who is cancelled meanwhile ends as well
            error = None if task.cancelled() else task.exception()
            if error is not None and not isinstance(error, BotError):
                raise error
        del task, work
