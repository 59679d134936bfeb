"""Two processes on one PostgreSQL beside one: what the second adds, with the load pinned apart from the bots.

Each bot gets a CPU of its own; payer, Slack, load and PostgreSQL share the others. A machine with fewer than four CPUs
cannot tell: then nothing is pinned, and what counts is the CPU of an answer, which says what a second core would add.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import uvloop

from bench.processes import Process
from bench.run import CROWD, SUMMARY, paid, workspace
from bench.slack import Case, Measured, Workspace
from bench.startup import serving
from bench.table import Row, markdown, times
from bot.ops.log import set_up
from tests.doubles.postgres import postgres

_EACH, _COUNT, _SECONDS = 24, 400, 20.0
_LEAST_CPUS = 4

Bot = tuple[Process, str]


async def rows() -> list[Row]:
    """One process under load, then two, each with as many questions in flight."""
    with tempfile.TemporaryDirectory() as name, postgres(Path(name) / "data") as database:
        folder = Path(name)
        async with workspace() as slack, paid(slack, folder, store=database.url) as (settings, _, payer_process):
            slack.passing = True  # a busy machine may be slow enough for notes on the way
            others = _apart(payer_process, folder / "data")
            async with serving(settings, folder, "bench.anew") as (first, first_url, _):
                _pinned(first, 0, others)
                one = await _asked(slack, [(first, first_url)])
                async with serving(settings, folder, "bench.anew") as (second, second_url, _):
                    _pinned(second, 1, others)
                    two = await _asked(slack, [(first, first_url), (second, second_url)])
    return _compared(one, two, others)


async def _asked(slack: Workspace, bots: Sequence[Bot]) -> Measured:
    """All bots under load at once, warmed up first."""

    async def asked(at: int, count: int) -> Measured:
        bot, url = bots[at]
        users = CROWD[at * _EACH : (at + 1) * _EACH]
        return await slack.load(users, Case(f"{url}/slack/events", SUMMARY), bot, count=count, seconds=_SECONDS)

    await asyncio.gather(*(asked(at, 2 * _EACH) for at in range(len(bots))))
    taken = await asyncio.gather(*(asked(at, _COUNT) for at in range(len(bots))))
    seconds = tuple(sorted(second for one in taken for second in one.seconds))
    return Measured(seconds, max(one.wall for one in taken), sum(one.cpu for one in taken))


def _apart(payer_process: Process, data: Path) -> tuple[int, ...]:
    """The CPUs of everything but the bots, which is pinned to them; none on a machine with too few."""
    cpus = sorted(os.sched_getaffinity(0))
    if len(cpus) < _LEAST_CPUS:
        return ()
    others = tuple(cpus[2:])
    payer_process.pin(*others)
    os.sched_setaffinity(0, others)
    server = int((data / "postmaster.pid").read_text(encoding="utf-8").split()[0])
    os.sched_setaffinity(server, others)  # what it forks for a connection inherits it
    return others


def _pinned(bot: Process, at: int, others: Sequence[int]) -> None:
    """Give a bot a CPU of its own, where the others have theirs."""
    free = sorted({*range(os.cpu_count() or 1)} - set(others))
    if others:
        bot.pin(free[at])


def _compared(one: Measured, two: Measured, others: Sequence[int]) -> list[Row]:
    pinned = f"a CPU each, the rest on {len(others)}" if others else f"not pinned: {_LEAST_CPUS} CPUs needed"
    rate, cpu = times(two.rate, one.rate), times(two.cpu_each, one.cpu_each)
    allowed = f"{2 * one.cpu_each / two.cpu_each:.2f}x"
    title = "PostgreSQL, two processes against one"
    return [
        Row(f"{title} ({pinned}): answers/s", f"{two.rate:.1f}", f"{one.rate:.1f}", rate, "≥ 1.7x" if others else ""),
        Row(f"{title}: CPU ms an answer", f"{two.cpu_each:.1f}", f"{one.cpu_each:.1f}", cpu),
        Row(f"{title}: what the CPU of an answer allows", "", "", allowed, "≥ 1.7x"),
    ]


if __name__ == "__main__":
    set_up("ERROR")
    print(markdown(uvloop.run(rows())))  # noqa: T201 -- what it prints is its result
