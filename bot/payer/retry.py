"""Calls that may be tried again: idempotent ones only, with jitter, Retry-After and the origin's breaker (T50)."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

from bot.errors import BotError, PayerDamaged, PayerDown, PayerSlow
from bot.payer.http import Answer
from bot.payer.origin import Origin, busy

T = TypeVar("T")
TRIES = 3
DAMAGED_TRIES = 2
LONGEST_WAIT = 30.0
UNSAID_WAIT = 5.0
_BASE = 0.2
_MARGIN = 0.01
_SPREAD = 0.5
_TOO_MANY = 429
_UNAVAILABLE = 503


class Retry:
    """How often and how long apart. `sleep`, `clock` and `jitter` are given so that tests need no time."""

    def __init__(
        self,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        jitter: Callable[[], float] = random.random,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._clock, self._sleep, self._jitter, self._now = clock, sleep, jitter, now

    async def run(
        self, origin: Origin, deadline: float, call: Callable[[], Awaitable[Answer]], read: Callable[[Answer], T]
    ) -> T:
        """What `read` makes of the first answer that it accepts.

        Raises:
            PayerDown, PayerDamaged: after the last try, or at once while the breaker is open. PayerSlow: at once.
            PayerBusy: somebody was told to wait longer than this question can.
            Whatever `read` raises otherwise.
        """
        for tried in range(1, TRIES + 1):
            await self._until_back(origin, deadline)
            origin.admit(self._clock())
            try:
                answer = await self._try(origin, call)
                wait = await self._told_to_wait(answer, origin, deadline, tried)
                if wait is None:
                    return self._judged(origin, answer, read)
            except (PayerDown, PayerDamaged) as error:
                wait = _BASE * 2**tried * (0.5 + self._jitter())
                allowed = DAMAGED_TRIES if isinstance(error, PayerDamaged) else TRIES
                if tried >= allowed or self._clock() + wait >= deadline:
                    raise
            await self._sleep(wait)
        raise PayerDown("no usable answer after the last try")

    async def _until_back(self, origin: Origin, deadline: float) -> None:
        """Wait until the payer may be asked, whoever was told so; not all at the same instant (F19)."""
        while (wait := await origin.place.wait(self._clock())) > 0:
            if wait > LONGEST_WAIT or self._clock() + wait >= deadline:
                raise busy(wait)
            await self._sleep(wait + _MARGIN + _SPREAD * self._jitter())

    async def _try(self, origin: Origin, call: Callable[[], Awaitable[Answer]]) -> Answer:
        """One call, reported to the breaker that let it through."""
        try:
            return await call()
        except (PayerDown, PayerSlow):
            origin.failed(self._clock())
            raise
        except BaseException:
            origin.released()
            raise

    def _judged(self, origin: Origin, answer: Answer, read: Callable[[Answer], T]) -> T:
        """Read the answer; a server error counts against the origin, any other answer for it."""
        try:
            result = read(answer)
        except PayerDown:
            origin.failed(self._clock())
            raise
        except BotError:
            origin.succeeded()
            raise
        origin.succeeded()
        return result

    async def _told_to_wait(self, answer: Answer, origin: Origin, deadline: float, tried: int) -> float | None:
        """The seconds to wait before the next try; None when the answer is to be read."""
        said = retry_after(answer.headers.get("retry-after"), self._now())
        if answer.status != _TOO_MANY and not (answer.status == _UNAVAILABLE and said is not None):
            return None
        origin.released()
        seconds = UNSAID_WAIT if said is None else said
        now = self._clock()
        await origin.place.told_to_wait(now, seconds)
        if seconds > LONGEST_WAIT or now + seconds >= deadline or tried >= TRIES:
            raise busy(seconds)
        return seconds + _MARGIN


def retry_after(text: str | None, now: datetime) -> float | None:
    """Seconds from a Retry-After header, which is a number or an HTTP date (RFC 9110 10.2.3); None for garbage."""
    if not text:
        return None
    if text.strip().isascii() and text.strip().isdigit():
        return min(float(text), 86_400.0)
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max(0.0, (aware - now).total_seconds()), 86_400.0)
