"""Messages at a steady rate, and processes that are killed while they answer: what is lost, and what is said twice."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from tests.commands.running import environment
from tests.doubles.slack import SlackDouble

ASKED = ("what did i owe for my last visit", "find a cardiologist near 37402", "what can you do", "am i linked")
_PATIENCE = 60.0


@dataclass
class Toll:
    """What a siege came to. `busy` are the kills that met work under way."""

    asked: int = 0
    kills: int = 0
    busy: int = 0
    lost: int = 0
    doubled: int = 0
    left_neutral: int = 0
    problems: int = 0
    trail: tuple[str, ...] = ()

    def __str__(self) -> str:
        return (
            f"{self.asked} messages, {self.kills} kills ({self.busy} with work in flight): {self.lost} lost, "
            f"{self.doubled} doubled, {self.left_neutral} empty promises, {self.problems} apologies, "
            f"audit trail {'; '.join(self.trail) or 'whole'}"
        )


@dataclass
class Siege:
    """One store, `replicas` processes on it, and a Slack that delivers to whichever lives.

    `program` is what is started, `serve` and a port behind it. Every message is another person's, so that what
    stands in a chat tells what became of its question.
    """

    slack: SlackDouble
    settings: Mapping[str, str]
    folder: Path
    program: Sequence[str]
    ports: Sequence[int]
    kills: int
    rate: float = 20.0
    random: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311 -- when to kill is no secret
    _up: set[int] = field(default_factory=set)
    _acked: int = 0
    _asked: int = 0
    _toll: Toll = field(default_factory=Toll)

    async def run(self) -> Toll:
        """Everything asked, everybody killed in turn as often as wanted, then the count."""
        over = asyncio.Event()
        sender = asyncio.create_task(self._ask_on(over))
        share = [self.kills // len(self.ports) + (at < self.kills % len(self.ports)) for at in range(len(self.ports))]
        lives = [asyncio.create_task(self._live(port, deaths)) for port, deaths in zip(self.ports, share, strict=True)]
        try:
            # What is left of a process once it has died often enough goes on serving to the end.
            await asyncio.gather(*(life for life in lives))
            over.set()
            await sender
            return await self._settled()
        finally:
            await self._end()

    @asynccontextmanager
    async def standing(self) -> AsyncIterator[int]:
        """One process that nobody kills; its id."""
        await self._start(self.ports[0])
        try:
            yield self._alive[self.ports[0]].pid
        finally:
            await self._end()

    async def asked_until(self, over: asyncio.Task[None]) -> Toll:
        """Messages until that is done, then the count."""
        done = asyncio.Event()
        over.add_done_callback(lambda _: done.set())
        await self._ask_on(done)
        return await self._settled()

    async def _settled(self) -> Toll:
        """The count when everything is answered, or when no further answer has come for a minute."""
        clock = asyncio.get_running_loop().time
        known, since = -1, clock()
        while (answered := self.answered()) < self._asked and clock() - since < _PATIENCE:
            if answered > known:
                known, since = answered, clock()
            await asyncio.sleep(0.2)
        return self._count()

    async def _end(self) -> None:
        for process in self._alive.values():
            process.kill()
        await asyncio.gather(*(process.wait() for process in self._alive.values()))

    def __post_init__(self) -> None:
        """Nobody lives yet."""
        self._alive: dict[int, asyncio.subprocess.Process] = {}

    async def _live(self, port: int, deaths: int) -> None:
        for _ in range(deaths):
            await self._start(port)
            await asyncio.sleep(self.random.uniform(0.2, 1.5))
            self._toll.kills += 1
            self._toll.busy += self._acked > self.answered()
            self._up.discard(port)
            process = self._alive.pop(port)
            process.send_signal(signal.SIGKILL)
            await process.wait()
        await self._start(port)

    async def _start(self, port: int) -> None:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *self.program,
            "serve",
            "--port",
            str(port),
            cwd=self.folder,
            env=environment(PYTHONUNBUFFERED="1", PYTHONPATH=str(Path.cwd()), **self.settings),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        assert process.stderr is not None
        self._alive[port] = process
        async for line in process.stderr:
            if b'"serving"' in line:
                break
        self._alive[port] = process
        self._up.add(port)
        self._drained = asyncio.create_task(_read_on(process.stderr))

    async def _ask_on(self, over: asyncio.Event) -> None:
        deliveries: set[asyncio.Task[None]] = set()
        while not over.is_set():
            self._asked += 1
            task = asyncio.create_task(self._deliver(self._asked))
            deliveries.add(task)
            task.add_done_callback(deliveries.discard)
            await asyncio.sleep(1 / self.rate)
        await asyncio.gather(*deliveries)

    async def _deliver(self, number: int) -> None:
        """Once acknowledged, never again: what Slack was told is taken is the bot's to answer."""
        body = self.slack.direct_message(ASKED[number % len(ASKED)], user=f"U{number}")
        data = json.dumps(body).encode()
        while True:
            with contextlib.suppress(aiohttp.ClientError, ConnectionError):
                for port in self.random.sample(sorted(self._up), len(self._up)):
                    status, _ = await self.slack.send(
                        data, "application/json", to=f"http://127.0.0.1:{port}/slack/events"
                    )
                    if status == 200:
                        self._acked += 1
                        return
            await asyncio.sleep(0.05)

    def _said(self) -> dict[str, list[bool | None]]:
        """For each chat, what stands there: true for a finished answer, None for an apology, which bears no mark."""
        found: dict[str, list[bool | None]] = {}
        for (channel, _), said in self.slack.messages.items():
            payload = (said.get("metadata") or {}).get("event_payload")
            found.setdefault(channel, []).append(bool(payload.get("done")) if payload else None)
        return found

    def answered(self) -> int:
        """How many chats hold a finished answer, or an apology."""
        return sum(any(done is not False for done in said) for said in self._said().values())

    def _count(self) -> Toll:
        said = self._said()
        toll = self._toll
        toll.asked = self._asked
        toll.lost = self._asked - self.answered()
        toll.doubled = sum(done.count(True) > 1 for done in said.values())
        toll.left_neutral = sum(False in done for done in said.values())
        toll.problems = sum("Reference " in str(message) for message in self.slack.messages.values())
        toll.problems += sum(None in done for done in said.values())
        return toll


async def _read_on(stream: asyncio.StreamReader) -> None:
    async for _ in stream:
        pass
