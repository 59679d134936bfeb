"""Work behind the acknowledgement."""

import asyncio

from bot.channels.slack.errands import Work


async def test_one_lane_is_in_order_and_others_are_not_held_up() -> None:
    """Jobs of a lane run one after another, jobs of different lanes side by side."""
    work, done, gate = Work(), [], asyncio.Event()

    async def job(name: str, wait: asyncio.Event | None = None) -> None:
        if wait is not None:
            await wait.wait()
        done.append(name)
        if name == "other":
            gate.set()

    work.start("a", job("first", gate))
    work.start("a", job("second"))
    work.start("b", job("other"))
    await work.drain(5)
    assert done == ["other", "first", "second"]


async def test_a_failed_job_does_not_stop_its_lane() -> None:
    """The next one runs all the same."""
    work, done = Work(), []

    async def fail() -> None:
        raise asyncio.CancelledError

    async def job() -> None:
        done.append("ran")

    work.start("a", fail())
    work.start("a", job())
    await work.drain(5)
    assert done == ["ran"]


async def test_what_does_not_end_is_cancelled() -> None:
    """Stopping takes bounded time, and leaves nothing behind."""
    work, ended = Work(), []

    async def forever() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("first")

    work.start("a", forever())
    work.start("a", forever())
    await asyncio.sleep(0)
    await work.drain(0.01)
    assert ended == ["first"]
    await work.drain(0)
