"""What else is at work beside messages: a batch that is killed and goes on, and tools that assistants call."""

from __future__ import annotations

import asyncio
import contextlib
import csv
import json
import random
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.chaos.ground import Ground, free_port, ground
from tests.commands.running import environment

_PROGRAM = ("-m", "tests.chaos.quick")
_NAMES = 60
_BEGINS = 120.0  # seconds
_TAKES = {"accept": "application/json, text/event-stream", "content-type": "application/json"}
_TRUE = ("could not be asked just now", "Too many are asking")


@dataclass
class Batch:
    """What a killed `lookup` came to: rows of the list that are `missing`, there twice, or not `whole`."""

    kills: int = 0
    rows: int = 0
    missing: int = 0
    twice: int = 0
    torn: int = 0

    @property
    def faults(self) -> tuple[str, ...]:
        """What must not be, by name."""
        return tuple(name for name in ("missing", "twice", "torn") if getattr(self, name))


async def batch_under_kills(folder: Path, *, kills: int) -> Batch:
    """A list that is looked up by processes that are killed, then by one that is not."""
    dice, toll, out = random.Random(7), Batch(), folder / "out.csv"  # noqa: S311 -- when to kill is no secret
    names = [f"Given{at} Family{at}" for at in range(_NAMES)]
    (folder / "names.txt").write_text("\n".join(names), encoding="utf-8")
    async with ground(folder, replicas=1) as here:
        while True:
            process = await _started(here, "lookup", "names.txt", "--network", "Blue Network S", "--out", str(out))
            if toll.kills == kills:
                await process.wait()
                break
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(dice.uniform(4, 12)):
                    await process.wait()
            if process.returncode is None:
                process.kill()
                await process.wait()
            toll.kills += 1
    with out.open(encoding="utf-8-sig", newline="") as opened:
        header, *rows = csv.reader(opened)
    asked = [row[0] for row in rows]
    toll.rows, toll.missing = len(rows), len({*names} - {*asked})
    toll.twice, toll.torn = len(asked) - len({*asked}), sum(len(row) != len(header) for row in rows)
    return toll


@dataclass
class Calls:
    """Calls of the tools beside a soak: how many, and how many of them got neither an answer nor a true sentence."""

    made: int = 0
    wrong: int = 0


@asynccontextmanager
async def assistants(here: Ground, every: float = 1.0) -> AsyncIterator[Calls]:
    """`mcp --http` on the same store, asked from time to time until the end."""
    port, calls = free_port(), Calls()
    process = await _started(here, "mcp", "--http", "--port", str(port))
    async with asyncio.timeout(_BEGINS):
        while not await _listens(port):  # noqa: ASYNC110 -- another process begins
            await asyncio.sleep(0.2)
    asking = asyncio.create_task(_asking(port, calls, every))
    try:
        yield calls
    finally:
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        process.terminate()
        await process.wait()


async def _asking(port: int, calls: Calls, every: float) -> None:
    question = {"name": "ask_directory", "arguments": {"question": "find a cardiologist near 37402"}}
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": question}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as http:
        while True:
            calls.made += 1
            try:
                calls.wrong += not _is_true(await http.post("/mcp", json=call, headers=_TAKES))
            except httpx.HTTPError:
                calls.wrong += 1
            await asyncio.sleep(every)


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


def _is_true(answer: httpx.Response) -> bool:
    if answer.status_code != httpx.codes.OK:
        return False
    result = json.loads(answer.text.partition("data: ")[2] or answer.text)["result"]
    return not result.get("isError") or any(word in str(result["content"]) for word in _TRUE)


async def _started(here: Ground, *arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *_PROGRAM,
        *arguments,
        cwd=here.folder,
        env=environment(PYTHONPATH=str(Path.cwd()), **here.settings),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
