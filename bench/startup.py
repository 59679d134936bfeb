"""Cold start of `bcbst-bot serve`: CPU until it answers, and memory while nobody asks."""

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from bench.processes import Process, python
from bot.serving import listen

_STARTS = 3
_LOOK_AGAIN = 0.02
_SETTLE = 1.0
_PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Start:
    """Seconds of wall time and of CPU until /healthz answered, and idle MiB."""

    wall: float
    cpu: float
    idle: float


@asynccontextmanager
async def serving(
    settings: Mapping[str, str], folder: Path, module: str = "bench.deployed"
) -> AsyncIterator[tuple[Process, str, Start]]:
    """The bot as its own process, started as that module: the process, its address, and what its start took."""
    with listen() as free:
        port = free.getsockname()[1]
    started = time.perf_counter()
    with python("-m", module, "serve", "--port", str(port), settings=settings, folder=folder) as process:
        await _healthy(f"http://127.0.0.1:{port}/healthz")
        wall, cpu = time.perf_counter() - started, process.cpu
        await asyncio.sleep(_SETTLE)
        yield process, f"http://127.0.0.1:{port}", Start(wall, cpu, process.resident)


async def cold_start(settings: Mapping[str, str], folder: Path) -> Start:
    """The middle one of several starts."""
    starts = []
    for _ in range(_STARTS):
        async with serving(settings, folder) as (_, _, start):
            starts.append(start)
    return Start(
        *(statistics.median(values) for values in zip(*((s.wall, s.cpu, s.idle) for s in starts), strict=True))
    )


async def _healthy(url: str) -> None:
    async with asyncio.timeout(_PATIENCE), aiohttp.ClientSession() as session:
        while True:
            try:
                async with session.get(url) as answer:
                    if answer.ok:
                        return
            except aiohttp.ClientError:
                await asyncio.sleep(_LOOK_AGAIN)
