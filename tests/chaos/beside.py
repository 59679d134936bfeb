"""What else is at work beside messages: a batch that is killed and goes on, and tools that assistants call."""

import asyncio
import base64
import contextlib
import csv
import json
import random
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from bot.documents.publisher import HealthLinks
from bot.errors import StoreBusy, StoreError
from bot.message import Person
from bot.ops.audit import Audit
from tests.chaos.ground import Ground, ground, opened_rows
from tests.commands.running import environment
from tests.doubles.platform import free_port
from tests.doubles.slack import TEAM

_PROGRAM = ("-m", "tests.chaos.quick")
_NAMES = 60
_BEGINS = 120.0  # seconds
_BUSY = httpx.codes.SERVICE_UNAVAILABLE  # the store
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
    """What was asked of something beside a soak: how often, and what it did that it must not."""

    made: int = 0
    wrong: list[str] = field(default_factory=list)

    async def make(self, job: Callable[[], Awaitable[str]], every: float) -> None:
        """Do it from time to time until cancelled. A job returns what is wrong with what it got."""
        while True:
            with contextlib.suppress(StoreError):  # a busy file shows nothing of what is asked here
                try:
                    wrong = await job()
                except httpx.HTTPError as error:
                    wrong = repr(error)
                self.made += 1
                self.wrong += [wrong] * bool(wrong)
            await asyncio.sleep(every)

    def __str__(self) -> str:
        return f"{self.made}, {len(self.wrong)} wrong{''.join(f'; {one}' for one in self.wrong[:5])}"


@asynccontextmanager
async def beside(here: Ground) -> AsyncIterator[dict[str, Calls]]:
    """Tools for assistants, cards for front desks and lists from a file, on the store of the process that serves."""
    port, base = free_port(), f"http://127.0.0.1:{here.ports[0]}"
    anew = httpx.Limits(max_keepalive_connections=0)  # each caller is another one, as at a front desk
    calls = {name: Calls() for name in ("tools", "health links", "lists")}
    mcp = await _started(here, "mcp", "--http", "--port", str(port))
    async with asyncio.timeout(_BEGINS):
        while not await _listens(port):  # noqa: ASYNC110 -- another process begins
            await asyncio.sleep(0.2)
    async with (
        opened_rows(here.settings) as table,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60, limits=anew) as tools,
        httpx.AsyncClient(base_url=base, timeout=60, limits=anew) as desk,
    ):
        links = HealthLinks(table, Audit(table), base)
        jobs = (
            calls["tools"].make(partial(_answers, tools), 1.0),
            calls["health links"].make(partial(opens, links, desk), 2.0),
            calls["lists"].make(partial(_looks_up, here), 20.0),
        )
        tasks = [asyncio.create_task(job) for job in jobs]
        try:
            yield calls
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            mcp.terminate()
            await mcp.wait()


async def _answers(http: httpx.AsyncClient) -> str:
    question = {"name": "ask_directory", "arguments": {"question": "find a cardiologist near 37402"}}
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": question}
    return _untrue(await http.post("/mcp", json=call, headers=_TAKES))


async def opens(links: HealthLinks, http: httpx.AsyncClient) -> str:
    """A card opens for its passcode alone, and not once a newer one is there. What did not hold, empty if all did.

    Raises:
        StoreBusy: the store was never free, so that nothing was shown.
    """
    person = Person("slack", "", TEAM, "U-DESK")
    paths, codes = list[str](), list[str]()
    for _ in range(2):
        shlink, code = await links.offer(b'{"resourceType": "Bundle"}', person)
        coded = shlink.removeprefix("shlink:/")
        url = json.loads(base64.urlsafe_b64decode(coded + "=" * (-len(coded) % 4)))["url"]
        paths, codes = [*paths, urlsplit(url).path], [*codes, code]
    tries = ((paths[0], codes[0]), (paths[1], "AAAA-AAAA"), (paths[1], codes[1]))
    found = [(await http.post(at, json={"recipient": "desk", "passcode": code})).status_code for at, code in tries]
    told = [(code, due) for code, due in zip(found, (404, 401, 200), strict=True) if code != _BUSY]
    if not told:
        raise StoreBusy("the store was busy all the time")
    return "" if all(code == due for code, due in told) else f"replaced, wrong and right code: {found}"


async def _looks_up(here: Ground) -> str:
    """A short list is answered whole by a process of its own, or not at all: the payer fails now and then."""
    out = here.folder / "beside.csv"
    out.unlink(missing_ok=True)
    (here.folder / "beside.txt").write_text("Grace Okafor\nNobody Atall\n", encoding="utf-8")
    process = await _started(here, "lookup", "beside.txt", "--network", "Blue Network S", "--out", str(out))
    failed = await process.wait()
    if not out.exists():
        return "" if failed else "no list, and no failure"
    with out.open(encoding="utf-8-sig", newline="") as opened:
        rows = len(list(csv.reader(opened)))
    return "" if rows == 1 + 2 else f"{rows} rows"


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


def _untrue(answer: httpx.Response) -> str:
    if answer.status_code != httpx.codes.OK:
        return str(answer.status_code)
    result = json.loads(answer.text.partition("data: ")[2] or answer.text)["result"]
    is_true = not result.get("isError") or any(word in str(result["content"]) for word in _TRUE)
    return "" if is_true else str(result["content"])[:200]


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
