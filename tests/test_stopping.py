"""A stop comes to its end, also when a library swallowed a cancellation (asyncio.wait_for before Python 3.12 can)."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from bot.ops.upkeep import stopped


@pytest.mark.fault("F61")
async def test_a_task_that_missed_its_cancellation_is_cancelled_again() -> None:
    """The sweep was in the middle of a statement; its loop went on, and the process has to end all the same."""
    missed = asyncio.Event()

    async def sweeping() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        missed.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(sweeping())
    await asyncio.sleep(0)
    async with asyncio.timeout(20):
        await stopped(task)
    assert missed.is_set()
    assert task.cancelled()
