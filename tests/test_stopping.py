"""A stop comes to its end, also when a library swallowed a cancellation (asyncio.wait_for before Python 3.12 can)."""

import asyncio
import contextlib

import pytest

from bot.conversation.under_way import Patience, under_way
from bot.message import Answered
from bot.ops.upkeep import stopped
from bot.payer.budget import Progress


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


@pytest.mark.fault("F61")
async def test_who_is_cancelled_while_a_search_ends_is_cancelled() -> None:
    """The search was given up and takes a moment to end; whoever waits for that has to end too."""
    ending, may_end = asyncio.Event(), asyncio.Event()

    async def slow(_: Progress) -> Answered:
        try:
            await asyncio.Event().wait()
        finally:
            ending.set()
            with contextlib.suppress(asyncio.CancelledError):
                await may_end.wait()
        raise AssertionError

    async def ask() -> None:
        async with under_way(slow, Patience(notice=0, wall=0)) as heard:
            await asyncio.sleep(0)
            await heard()

    task = asyncio.create_task(ask())
    await ending.wait()
    task.cancel()
    may_end.set()
    await asyncio.wait({task}, timeout=5)
    assert task.cancelled()
