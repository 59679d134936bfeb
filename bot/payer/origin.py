"""What is known about one origin, shared by every question: a breaker, the time to come back, calls in flight."""

from __future__ import annotations

import asyncio
import math
from typing import Protocol

from bot.errors import PayerBusy, PayerDown

OPENS_AT = 5
STAYS_OPEN = 30.0
IN_FLIGHT = 16
FRESH = 1.0  # seconds for which what other processes were told is not asked for again


class Waits(Protocol):
    """What the origins told any process of this bot about coming back, in seconds."""

    async def left(self, origin: str) -> float:
        """Seconds until the origin may be asked."""
        ...

    async def keep(self, origin: str, seconds: float) -> None:
        """Remember a wait for every process."""
        ...


class Origin:
    """The state of one scheme, host and port. Times are seconds of the monotonic clock."""

    def __init__(self, in_flight: int = IN_FLIGHT, name: str = "", waits: Waits | None = None) -> None:
        self.slots = asyncio.Semaphore(in_flight)
        self._name, self._waits, self._heard_at = name, waits, -math.inf
        self._failures = 0
        self._opened_at: float | None = None
        self._probing = False
        self._back_at = 0.0

    def admit(self, now: float) -> None:
        """Let a call through.

        Raises:
            PayerBusy: the payer said when to come back, and it is not that time yet (F19).
            PayerDown: the breaker is open, or its one probe is under way (F20).
        """
        if now < self._back_at:
            raise busy(self._back_at - now)
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
        """The call ended without telling anything, for example because it was cancelled."""
        self._probing = False

    async def hear(self, now: float) -> None:
        """Learn what other processes were told, at most once a second."""
        if self._waits is not None and now >= self._heard_at + FRESH:
            self._heard_at = now
            self._back_at = max(self._back_at, now + await self._waits.left(self._name))

    async def told_to_wait(self, now: float, seconds: float) -> None:
        """Remember the payer's Retry-After for everybody, in this process and in the others (F19)."""
        self._back_at = max(self._back_at, now + seconds)
        if self._waits is not None:
            self._heard_at = now + seconds  # what this process was told itself, it need not be told again
            await self._waits.keep(self._name, seconds)


def busy(seconds: float) -> PayerBusy:
    """The error that says in how many minutes to come back."""
    return PayerBusy("told to wait", minutes=max(1, math.ceil(seconds / 60)))
