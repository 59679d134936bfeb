"""One, two, four and eight processes on one PostgreSQL, far from payer and Slack: what each adds, and what limits it.

Every call to the payer takes 80 ms and every call to Slack 60, so that answers wait more than they compute and a small
machine can show whether processes hold each other up. Where others use its CPUs as well, a payer of `--payer` seconds
keeps what is asked for below what is free. Each has a few people who ask one question after the other. The
database writes its log to the disk before it says that something is kept, as a real one does.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg
import uvloop

from bench.far import PAYER, SLACK
from bench.processes import Process, family_cpu
from bench.run import CROWD, SUMMARY, paid
from bench.slack import Case, Measured, Workspace
from bench.startup import serving
from bot.ops import set_up
from tests.doubles.postgres import postgres

PROCESSES = (1, 2, 4, 8)
_IDLE, _SETTLE, _EVERY = 5.0, 1.5, 0.01  # seconds; backends tell what they did a second later
# `xact_commit` counts statements, for each of the store's is a transaction; numbers are given to those that write.
_DONE = (
    "SELECT xact_commit + xact_rollback, pg_snapshot_xmax(pg_current_snapshot())::text::bigint "
    "FROM pg_stat_database WHERE datname = current_database()"
)
_WAITS = (
    "SELECT count(*) FILTER (WHERE wait_event_type = 'Lock'), count(*) FILTER (WHERE wait_event LIKE 'WAL%%') "
    "FROM pg_stat_activity WHERE application_name = 'bcbst-bot' AND state = 'active'"
)

Bot = tuple[Process, str]


@dataclass
class Database:
    """What is counted while a load runs: statements, commits that write, seconds of waiting.

    `cpu` are the seconds of bots, database, payer and Slack together.
    """

    statements: float = 0.0
    writes: float = 0.0
    locked: float = 0.0
    logging: float = 0.0
    seconds: float = 0.0
    cpu: float = 0.0

    def beyond(self, idle: Database) -> Database:
        """What is more than while nobody asks, where that would be done at any time."""
        rate = self.seconds / idle.seconds
        return replace(
            self,
            statements=self.statements - idle.statements * rate,
            writes=self.writes - idle.writes * rate,
            cpu=self.cpu - idle.cpu * rate,
        )


@dataclass(frozen=True, slots=True)
class Load:
    """One number of processes under load; `busy` is the share of the machine's CPUs that anybody used."""

    processes: int
    taken: Measured
    database: Database
    busy: float

    def line(self, alone: Load) -> str:
        """A row of the table."""
        answers, done = len(self.taken.seconds), self.database
        each = [
            f"{self.taken.rate:.1f}",
            f"{self.taken.rate / alone.taken.rate:.2f}x",
            f"{self.taken.quantile(50):.0f}",
            f"{self.taken.cpu_each:.1f}",
            f"{done.cpu * 1000 / answers:.1f}",
            f"{done.statements / answers:.1f}",
            f"{done.writes / answers:.1f}",
            f"{done.locked * 1000 / answers:.2f}",
            f"{done.logging * 1000 / answers:.2f}",
            f"{self.busy:.0%}",
        ]
        return f"| {self.processes} | {' | '.join(each)} |"


_HEAD = (
    "| processes | answers/s | against one | p50 ms | CPU ms an answer | with database, payer and Slack "
    "| statements an answer | commits that write | ms in locks | ms for the log | CPUs in use |\n"
    "|---|---|---|---|---|---|---|---|---|---|---|"
)


async def loads(each: int, count: int, wait: float) -> AsyncIterator[Load]:
    """The load on every number of processes: `each` people, `count` answers a person, `wait` seconds a call."""
    with tempfile.TemporaryDirectory() as name, postgres(Path(name) / "data") as server, _watching(server.url) as watch:
        main = int((Path(name) / "data" / "postmaster.pid").read_text(encoding="utf-8").split()[0])
        folder, bots = Path(name), list[Bot]()
        async with (
            Workspace() as slack,
            paid(slack, folder, store=server.url, wait=wait) as (settings, _, _),
            contextlib.AsyncExitStack() as stack,
        ):
            slack.passing, slack.latency = True, SLACK  # a busy machine may be slow enough for notes on the way
            for processes in PROCESSES:
                while len(bots) < processes:
                    bot, url, _ = await stack.enter_async_context(serving(settings, folder, "bench.anew"))
                    bots.append((bot, url))
                await _asked(slack, bots, each, 3)
                idle = Database()
                async with _counted(watch, main, idle):
                    await asyncio.sleep(_IDLE)
                database, before = Database(), _ticks()
                async with _counted(watch, main, database):
                    taken = await _asked(slack, bots, each, count)
                busy, all_ticks = (now - then for now, then in zip(_ticks(), before, strict=True))
                yield Load(processes, taken, database.beyond(idle), busy / all_ticks)


async def _asked(slack: Workspace, bots: Sequence[Bot], each: int, count: int) -> Measured:
    """All bots under load at once."""

    async def asked(at: int) -> Measured:
        bot, url = bots[at]
        users = CROWD[at * each : (at + 1) * each]
        return await slack.load(users, Case(f"{url}/slack/events", SUMMARY), bot, count=count * each, seconds=120.0)

    taken = await asyncio.gather(*(asked(at) for at in range(len(bots))))
    seconds = tuple(sorted(second for one in taken for second in one.seconds))
    return Measured(seconds, max(one.wall for one in taken), sum(one.cpu for one in taken))


@contextmanager
def _watching(url: str) -> Iterator[psycopg.Connection[tuple[int, int]]]:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET fsync = on")
        connection.execute("SELECT pg_reload_conf()")
        yield connection


@asynccontextmanager
async def _counted(watch: psycopg.Connection[tuple[int, int]], main: int, into: Database) -> AsyncIterator[None]:
    """Count what is done within, in the database by its process `main`; looks of its own are no statements."""
    looks = 0

    async def look() -> None:
        nonlocal looks
        while True:
            began = time.perf_counter()
            await asyncio.sleep(_EVERY)
            [(locked, logging)] = watch.execute(_WAITS).fetchall()
            looks += 1
            passed = time.perf_counter() - began
            into.locked, into.logging = into.locked + locked * passed, into.logging + logging * passed

    await asyncio.sleep(_SETTLE)
    [(statements, writes)], began = watch.execute(_DONE).fetchall(), time.perf_counter()
    looking, cpu = asyncio.create_task(look()), family_cpu(main) + family_cpu(os.getpid())
    try:
        yield
    finally:
        looking.cancel()
        into.seconds = time.perf_counter() - began
        into.cpu = family_cpu(main) + family_cpu(os.getpid()) - cpu
        await asyncio.sleep(_SETTLE)
        [(statements_now, writes_now)] = watch.execute(_DONE).fetchall()
        into.statements, into.writes = statements_now - statements - looks, writes_now - writes


def _ticks() -> tuple[int, int]:
    """Of all CPUs since the machine began: in use, and in all (proc_stat(5))."""
    user, nice, system, idle, wait, *more = map(
        int, Path("/proc/stat").read_text(encoding="ascii").splitlines()[0].split()[1:9]
    )
    used = user + nice + system + sum(more)
    return used, used + idle + wait


async def _main(each: int, count: int, wait: float) -> None:
    alone: Load | None = None
    under = f"{os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}, {each} in flight a process, payer {wait} s"
    print(f"{under}\n\n{_HEAD}", flush=True)  # noqa: T201 -- what it prints is its result
    async for load in loads(each, count, wait):
        alone = alone or load
        print(load.line(alone), flush=True)  # noqa: T201 -- as above


if __name__ == "__main__":
    set_up("ERROR")
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--each", type=int, default=2)
    arguments.add_argument("--count", type=int, default=40)
    arguments.add_argument("--payer", type=float, default=PAYER, help="seconds that a call to the payer takes")
    given = arguments.parse_args()
    uvloop.run(_main(given.each, given.count, given.payer))
