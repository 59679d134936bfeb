"""What is known about one origin, shared by every question: the time to come back, calls in flight, and its breakers.

Each type of resource has a breaker of its own, and takes only so many slots that others find some: claims that fail or
hang keep nobody from the directory.
"""

from __future__ import annotations

import asyncio
import math
from collections import Counter, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

from bot.errors import PayerBusy, PayerDown

OPENS_AT = 5
STAYS_OPEN = 30.0
IN_FLIGHT = 24
_SHARE = 2  # a type may have so many times the slots that are left free: of 24, one takes 16, two take 10 each
FRESH = 1.0  # seconds for which what other processes were told is not asked for again


class Waits(Protocol):
    """Seconds to wait by origin, as told to any process of this bot."""

    async def left(self, origin: str) -> float:
        """Seconds until the origin may be asked."""
        ...

    async def keep(self, origin: str, seconds: float) -> None:
        """Remember a wait for every process."""
        ...


class Slots:
    """Limits the calls in flight. The more calls one type has, the fewer of the free slots it may take."""

    def __init__(self, most: int) -> None:
        self._free, self._taken = most, Counter[str]()
        self._waiting: deque[tuple[str, asyncio.Future[None]]] = deque()

    @asynccontextmanager
    async def of(self, kind: str) -> AsyncIterator[None]:
        """A slot for a call about this type of resource; first come, first served among those that may have one."""
        if not self._fits(kind):
            turn = asyncio.get_running_loop().create_future()
            self._waiting.append((kind, turn))
            try:
                await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():
                    self._give_back(kind)
                raise
        else:
            self._take(kind)
        try:
            yield
        finally:
            self._give_back(kind)

    def _fits(self, kind: str) -> bool:
        return self._free > 0 and self._taken[kind] < _SHARE * self._free

    def _take(self, kind: str) -> None:
        self._free -= 1
        self._taken[kind] += 1

    def _give_back(self, kind: str) -> None:
        self._free += 1
        self._taken[kind] -= 1
        left: deque[tuple[str, asyncio.Future[None]]] = deque()
        for waiting, turn in self._waiting:
            if turn.done():
                continue
            if self._fits(waiting):
                self._take(waiting)
                turn.set_result(None)
            else:
                left.append((waiting, turn))
        self._waiting = left


class Origin:
    """One scheme, host and port: its slots, and when it may be asked again. Times are of the monotonic clock."""

    def __init__(self, in_flight: int = IN_FLIGHT, name: str = "", waits: Waits | None = None) -> None:
        self.slots = Slots(in_flight)
        self.name, self._waits, self._heard_at = name, waits, -math.inf
        self._back_at = 0.0

    async def wait(self, now: float) -> float:
        """Seconds until it may be asked; what other processes were told is looked at once a second (F19)."""
        if self._waits is not None and now >= self._heard_at + FRESH:
            self._heard_at = now
            self._back_at = max(self._back_at, now + await self._waits.left(self.name))
        return self._back_at - now

    async def told_to_wait(self, now: float, seconds: float) -> None:
        """Remember the payer's Retry-After for everybody, in this process and in the others (F19)."""
        self._back_at = max(self._back_at, now + seconds)
        if self._waits is not None:
            self._heard_at = now + seconds  # what this process was told itself, it need not be told again
            await self._waits.keep(self.name, seconds)


class Breaker:
    """The circuit breaker of one type of resource at an origin, and the `origin` itself."""

    def __init__(self, origin: Origin) -> None:
        self.origin = origin
        self._failures = 0
        self._opened_at: float | None = None
        self._probing = False

    def admit(self, now: float) -> None:
        """Let a call through.

        Raises:
            PayerDown: the breaker is open, or its one probe is under way (F20).
        """
        if self._opened_at is None:
            return
        if now < self._opened_at + STAYS_OPEN or self._probing:
            raise PayerDown("the breaker is open")
        self._probing = True

    def succeeded(self) -> None:
        """The origin answered: close the breaker."""
        self._failures, self._opened_at, self._probing = 0, None, False

    def failed(self, now: float) -> None:
        """The origin did not answer, or with 5xx. The fifth time in a row opens the breaker, a failed probe again."""
        self._failures += 1
        if self._probing or self._failures >= OPENS_AT:
            self._opened_at = now
        self._probing = False

    def released(self) -> None:
        """The call ended without an outcome, for example because it was cancelled."""
        self._probing = False


def busy(seconds: float) -> PayerBusy:
    """The error that says when to come back: `seconds`, and the same in whole `minutes`."""
    return PayerBusy("told to wait", seconds=math.ceil(seconds), minutes=max(1, math.ceil(seconds / 60)))
