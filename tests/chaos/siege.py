"""Messages at a steady rate, and processes that are killed while they answer: what is lost, and what is said twice.

Strangers ask once each; linked members hold conversations. Each question has a thread of its own, so that what stands
in it, and when it was finished, tells what became of it.
"""

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
from typing import Any

import aiohttp

from tests.chaos.forks import Forked, Forks
from tests.chaos.toll import Question, Toll, count, is_done
from tests.commands.running import environment
from tests.connecting import signed_in
from tests.doubles.slack import SlackDouble
from tests.inside import strings

ASKED = ("find a cardiologist near 37402", "what can you do", "am i linked")
MEMBER_ASKED = ("what did i owe for my last visit", "show my claims")
MEMBERS = ("dana", "walter", "keisha", "marcus")
_EVERY = 3  # of so many questions one is a member's
_PATIENCE = 60.0


@dataclass
class Siege:
    """One store, `replicas` processes on it, and a Slack that delivers to whichever lives.

    `program` is what is started, `serve` and a port behind it, unless processes come from `forks`. `members` are
    usernames at the payer, each linked to a person of the same name before the first process is killed.
    """

    slack: SlackDouble
    settings: Mapping[str, str]
    folder: Path
    program: Sequence[str]
    ports: Sequence[int]
    kills: int
    rate: float = 20.0
    members: Sequence[str] = MEMBERS
    forks: Forks | None = None
    random: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311 -- when to kill is no secret
    questions: list[Question] = field(default_factory=list)
    _up: set[int] = field(default_factory=set)
    _acked: int = 0
    _toll: Toll = field(default_factory=Toll)

    def __post_init__(self) -> None:
        """Nobody lives yet, and nobody has asked."""
        self._alive: dict[int, asyncio.subprocess.Process | Forked] = {}
        self._before: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> Toll:
        """Everybody linked, everything asked, everybody killed in turn as often as wanted, then the count."""
        await self._start(self.ports[0])
        await self.link_all()
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
            await self.end()

    @asynccontextmanager
    async def standing(self, *, linked: bool = False) -> AsyncIterator[int]:
        """One process that nobody kills; its id. With `linked`, the members are linked first."""
        await self._start(self.ports[0])
        try:
            if linked:
                await self.link_all()
            yield self._alive[self.ports[0]].pid
        finally:
            await self.end()

    async def begin(self) -> None:
        """Start a process."""
        await self._start(self.ports[0])

    async def killed(self, number: signal.Signals) -> None:
        """End the process by a signal."""
        self._up.discard(self.ports[0])
        process = self._alive.pop(self.ports[0])
        process.send_signal(number)
        await process.wait()

    async def asked_until(self, over: asyncio.Task[None]) -> Toll:
        """Messages until that is done, then the count."""
        done = asyncio.Event()
        over.add_done_callback(lambda _: done.set())
        await self._ask_on(done)
        return await self._settled()

    def answered(self) -> int:
        """How many questions have an answer or an apology."""
        return count(self.slack, self.questions).answered

    async def link_all(self) -> None:
        """Link the members."""
        for member in self.members:
            await self.said_to(member, "link")
            link = await self.seen(member, "/link/")
            code = await signed_in(link, member)
            await self.said_to(member, code)
            await self._answered_to(member, 2)
        self.slack.messages.clear()
        self.slack.calls.clear()

    async def said_to(self, member: str, text: str) -> None:
        """Write to the bot in a member's chat."""
        await self._deliver(self.slack.direct_message(text, user=member))

    async def seen(self, member: str, what: str) -> str:
        """The string in a member's chat that holds this, once there is one."""
        async with asyncio.timeout(_PATIENCE):
            while True:
                for (channel, _), said in [*self.slack.messages.items()]:
                    if channel == self.slack.chat_of(member):
                        for text in strings(said):
                            if what in text:
                                return text
                await asyncio.sleep(0.05)

    async def _answered_to(self, member: str, answers: int) -> None:
        """Wait for so many whole answers in a member's chat."""
        chat = self.slack.chat_of(member)
        async with asyncio.timeout(_PATIENCE):
            while sum(is_done(said) is True for (at, _), said in self.slack.messages.items() if at == chat) < answers:  # noqa: ASYNC110 -- what is waited for is another process's
                await asyncio.sleep(0.05)

    async def _settled(self) -> Toll:
        """The count when everything is answered, or when no further answer has come for a minute."""
        clock = asyncio.get_running_loop().time
        known, since = -1, clock()
        while (answered := self.answered()) < len(self.questions) and clock() - since < _PATIENCE:
            if answered > known:
                known, since = answered, clock()
            await asyncio.sleep(0.2)
        toll = count(self.slack, self.questions)
        toll.kills, toll.busy = self._toll.kills, self._toll.busy
        return toll

    async def end(self) -> None:
        """Kill whoever lives."""
        self._up.clear()
        for process in self._alive.values():
            process.kill()
        await asyncio.gather(*(process.wait() for process in self._alive.values()))
        self._alive.clear()

    async def _live(self, port: int, deaths: int) -> None:
        for _ in range(deaths):
            if port not in self._alive:
                await self._start(port)
            await asyncio.sleep(self.random.uniform(0.2, 1.5))
            await self._met_work()
            self._toll.kills += 1
            self._toll.busy += self._acked > self.answered()
            self._up.discard(port)
            process = self._alive.pop(port)
            process.send_signal(signal.SIGKILL)
            await process.wait()
        await self._start(port)

    async def _met_work(self) -> None:
        """Wait until something is acknowledged and not answered: a process that has nothing to do loses nothing."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                while self._acked <= self.answered():  # noqa: ASYNC110 -- another process answers
                    await asyncio.sleep(0.01)

    async def _start(self, port: int) -> None:
        process = await self._begun("serve", "--port", str(port))
        assert process.stderr is not None
        self._alive[port] = process
        async for line in process.stderr:
            if b'"serving"' in line:
                break
        self._up.add(port)
        self._drained = asyncio.create_task(_read_on(process.stderr))

    async def _begun(self, *arguments: str) -> asyncio.subprocess.Process | Forked:
        if self.forks is not None:
            return await self.forks.start(arguments, self.folder, self.settings)
        return await asyncio.create_subprocess_exec(
            sys.executable,
            *self.program,
            *arguments,
            cwd=self.folder,
            env=environment(PYTHONUNBUFFERED="1", PYTHONPATH=str(Path.cwd()), **self.settings),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )

    async def _ask_on(self, over: asyncio.Event) -> None:
        deliveries: set[asyncio.Task[None]] = set()
        while not over.is_set():
            task = self._ask(len(self.questions) + 1)
            deliveries.add(task)
            task.add_done_callback(deliveries.discard)
            await asyncio.sleep(1 / self.rate)
        await asyncio.gather(*deliveries)

    def _ask(self, number: int) -> asyncio.Task[None]:
        """The next question, of a member or of somebody new. Who has asked before asks on when that is acknowledged."""
        is_members = bool(self.members) and number % _EVERY == 0
        turn = number // _EVERY
        user = self.members[turn % len(self.members)] if is_members else f"U{number}"
        text = MEMBER_ASKED[turn // len(self.members) % len(MEMBER_ASKED)] if is_members else ASKED[number % len(ASKED)]
        body = self.slack.direct_message(text, user=user)
        self.questions.append(Question(user, body["event"]["ts"], is_members=is_members))
        before = self._before.get(user)
        self._before[user] = task = asyncio.create_task(self._ask_behind(before, body))
        return task

    async def _ask_behind(self, before: asyncio.Task[None] | None, body: Mapping[str, Any]) -> None:
        if before is not None:
            await asyncio.wait({before})
        await self._deliver(body)
        self._acked += 1

    async def _deliver(self, body: Mapping[str, Any]) -> None:
        """Once acknowledged, never again: what Slack was told is taken is the bot's to answer."""
        data = json.dumps(body).encode()
        while True:
            with contextlib.suppress(aiohttp.ClientError, ConnectionError):
                for port in self.random.sample(sorted(self._up), len(self._up)):
                    status, _ = await self.slack.send(
                        data, "application/json", to=f"http://127.0.0.1:{port}/slack/events"
                    )
                    if status == 200:
                        return
            await asyncio.sleep(0.05)


async def _read_on(stream: asyncio.StreamReader) -> None:
    async for _ in stream:
        pass
