"""The load: people who write to the bot in Slack, and the moment at which each gets the whole answer."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Self

import aiohttp

from bench.processes import Process
from tests.doubles.slack import Call, SlackDouble, wire

_PATIENCE, _IDLE = 90.0, 2.0
_HUNDREDTHS = 100
_ROUNDS = 4
_ACKNOWLEDGED = 200


@dataclass(frozen=True, slots=True)
class Case:
    """A question, to whom it is sent, which call completes its answer, and how much of it to ask."""

    address: str
    text: str
    last_call: str = "chat.update"


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds of each answer in order of length, of the whole run, and of the server's CPU."""

    seconds: tuple[float, ...]
    wall: float
    cpu: float

    def quantile(self, hundredth: int) -> float:
        """Milliseconds within which this many hundredths of the answers came."""
        if len(self.seconds) == 1:
            return self.seconds[0] * 1000
        return statistics.quantiles(self.seconds, n=_HUNDREDTHS, method="inclusive")[hundredth - 1] * 1000

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.seconds) / self.wall

    @property
    def cpu_each(self) -> float:
        """Milliseconds of the server's CPU an answer."""
        return self.cpu * 1000 / len(self.seconds)

    def __add__(self, other: Measured) -> Measured:
        """Both runs as one."""
        return Measured(tuple(sorted(self.seconds + other.seconds)), self.wall + other.wall, self.cpu + other.cpu)


async def loaded(
    users: Sequence[str], ask: Callable[[str], Awaitable[float]], server: Process, *, count: int, seconds: float
) -> Measured:
    """`count` answers, or as many as come in `seconds`; each user has one question in flight."""
    left = iter(range(count))
    taken: list[float] = []
    cpu, started = server.cpu, time.perf_counter()

    async def person(user: str) -> None:
        for _ in left:
            taken.append(await ask(user))
            if time.perf_counter() - started > seconds:
                return

    await asyncio.gather(*(person(user) for user in users))
    return Measured(tuple(sorted(taken)), time.perf_counter() - started, server.cpu - cpu)


async def in_turns(*jobs: Callable[[], Awaitable[Measured]]) -> list[Measured]:
    """What each job measured, all rounds together."""
    rounds = [[await job() for job in jobs] for _ in range(_ROUNDS)]
    return [reduce(add, some) for some in zip(*rounds, strict=True)]


class Workspace(SlackDouble):
    """Slack's double that tells a waiting person of the call that completes the answer, and keeps no history."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting: dict[str, tuple[str, asyncio.Future[Call]]] = {}
        self.passing = False  # whether notes on the way to an answer are passed over
        self.made = 0  # calls so far

    async def __aenter__(self) -> Self:
        """Listen, and keep no connection for as long as servers do: theirs may end just as it is used again."""
        await super().__aenter__()
        await self._session.close()
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_IDLE))
        return self

    async def ask(self, user: str, case: Case) -> float:
        """Seconds from the signed event to the completed answer; TimeoutError without, RuntimeError if refused."""
        answered: asyncio.Future[Call] = asyncio.get_running_loop().create_future()
        self._waiting[self.chat_of(user)] = case.last_call, answered
        event = self.direct_message(case.text, user=user)
        started = time.perf_counter()
        status, _ = await self.send(*wire(event), to=case.address)
        if status != _ACKNOWLEDGED:
            raise RuntimeError(f"the event was answered with {status}")
        call = await asyncio.wait_for(answered, _PATIENCE)
        return call.at - started

    async def _record(self, call: Call) -> None:
        self.made += 1
        last_call, answered = self._waiting.get(str(call.arguments.get("channel")), ("", None))
        if answered is not None and call.method == last_call and not answered.done():
            if "$" in call.text:
                answered.set_result(call)
            elif not self.passing:
                answered.set_exception(RuntimeError("something else than the answer came"))
        elif call.method == last_call and not self.passing:
            raise RuntimeError("an answer that nobody waited for")
        if self.passing and answered is not None and not answered.done():
            return  # the answer will be written over this note
        self.messages.pop((str(call.arguments.get("channel")), str(call.arguments.get("ts"))), None)

    async def acknowledged_in(self, user: str, case: Case) -> float:
        """Seconds until an event is acknowledged; nobody waits for its answer; RuntimeError if it is not."""
        event = self.direct_message(case.text, user=user)
        started = time.perf_counter()
        if (await self.send(*wire(event), to=case.address))[0] != _ACKNOWLEDGED:
            raise RuntimeError("the event was not acknowledged")
        return time.perf_counter() - started

    async def load(self, users: Sequence[str], case: Case, server: Process, *, count: int, seconds: float) -> Measured:
        """This question to the server, as `loaded` asks."""
        return await loaded(users, lambda user: self.ask(user, case), server, count=count, seconds=seconds)
