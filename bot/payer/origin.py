"""Shared state of one origin: when it may be called again, the calls in flight, and its circuit breakers.

Each resource type has a breaker of its own and a limited share of the slots, so that failing or hanging claims do not
block the directory. Idempotent calls are retried with jitter (T50).
"""

from __future__ import annotations

import asyncio
import math
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Protocol, TypeVar

from bot.errors import BotError, PayerBusy, PayerDamaged, PayerDown, PayerSlow

if TYPE_CHECKING:
    from bot.payer.http import Call, Http, HttpAnswer

OPENS_AT = 5
STAYS_OPEN = 30.0
IN_FLIGHT = 24
_SHARE = 2  # a type may have so many times the slots that are left free: of 24, one takes 16, two take 10 each
FRESH = 1.0  # seconds for which what other processes were told is not asked for again


class Waits(Protocol):
    """Retry-After times by origin, shared by all processes of this bot."""

    async def left(self, origin: str) -> float:
        """Return the seconds until the origin may be called."""
        ...

    async def keep(self, origin: str, seconds: float) -> None:
        """Store for all processes that the origin may not be called for `seconds`."""
        ...


class Slots:
    """Limits the calls in flight. The more calls one type has, the fewer of the free slots it may take."""

    def __init__(self, most: int) -> None:
        self._free, self._taken, self._given_back = most, Counter[str](), asyncio.Event()

    @asynccontextmanager
    async def of(self, kind: str) -> AsyncIterator[None]:
        """Hold a slot for a call about this type, within the context.

        Waiting calls of a type with free slots go in order.
        """
        while self._free <= 0 or self._taken[kind] >= _SHARE * self._free:
            await self._given_back.wait()
        self._free -= 1
        self._taken[kind] += 1
        try:
            yield
        finally:
            self._free += 1
            self._taken[kind] -= 1
            self._given_back.set()  # wakes all that wait, in order
            self._given_back = asyncio.Event()


class Origin:
    """One scheme, host and port: its slots, and when it may be called again. Times are those of the monotonic clock."""

    def __init__(self, in_flight: int = IN_FLIGHT, name: str = "", waits: Waits | None = None) -> None:
        self.slots = Slots(in_flight)
        self.name, self._waits, self._heard_at = name, waits, -math.inf
        self._back_at = 0.0

    async def wait(self, now: float) -> float:
        """Return the seconds until the origin may be called, not positive if at once.

        The waits stored by other processes are read once a second (F19).
        """
        if self._waits is not None and now >= self._heard_at + FRESH:
            self._heard_at = now
            self._back_at = max(self._back_at, now + await self._waits.left(self.name))
        return self._back_at - now

    async def told_to_wait(self, now: float, seconds: float) -> None:
        """Store the payer's Retry-After for this process and the others (F19)."""
        self._back_at = max(self._back_at, now + seconds)
        if self._waits is not None:
            self._heard_at = now + seconds  # what this process was told itself, it need not be told again
            await self._waits.keep(self.name, seconds)


class Breaker:
    """The circuit breaker of one resource type at an origin, and the `origin` itself."""

    def __init__(self, origin: Origin) -> None:
        self.origin = origin
        self._failures = 0
        self._opened_at: float | None = None
        self._probing = False

    def admit(self, now: float) -> None:
        """Allow a call.

        Raises:
            PayerDown: the breaker is open, or its one probe is in progress (F20).
        """
        if self._opened_at is None:
            return
        if now < self._opened_at + STAYS_OPEN or self._probing:
            raise PayerDown("the breaker is open")
        self._probing = True

    def succeeded(self) -> None:
        """Close the breaker, because the origin responded."""
        self._failures, self._opened_at, self._probing = 0, None, False

    def failed(self, now: float) -> None:
        """Count a missing response or a 5xx. The fifth in a row, or a failed probe, opens the breaker."""
        self._failures += 1
        if self._probing or self._failures >= OPENS_AT:
            self._opened_at = now
        self._probing = False

    def released(self) -> None:
        """End a call without an outcome, for example a cancelled one."""
        self._probing = False


def busy(seconds: float) -> PayerBusy:
    """Return the exception for a payer that must not be called for `seconds`, with the wait rounded up."""
    return PayerBusy("told to wait", seconds=math.ceil(seconds), minutes=max(1, math.ceil(seconds / 60)))


T = TypeVar("T")
TRIES = 3
DAMAGED_TRIES = 2
LONGEST_WAIT = 30.0
LONGEST_SAID = 3_600.0  # seconds; one wrong header is not to stop every member for longer
UNSAID_WAIT = 5.0
_BASE = 0.2
_MARGIN = 0.01
_SPREAD = 0.5
_TOO_MANY = 429
_UNAVAILABLE = 503


class Retry:
    """Sends calls with retries. It waits by the clock of `wire`; `jitter` returns a number from 0 to 1."""

    def __init__(self, wire: Http, jitter: Callable[[], float] = random.random) -> None:
        self._wire, self._clock, self._sleep, self._jitter = wire, wire.clock, wire.pause, jitter

    async def ask(self, call: Call, read: Callable[[HttpAnswer], T]) -> tuple[HttpAnswer, T]:
        """Return the first response that `read` accepts, and the result of `read`.

        A missing response or a server error counts as a failure of the origin, any other response as a success.

        Raises:
            PayerDown, PayerDamaged: after the last try, or at once while the breaker is open.
            PayerSlow: at once.
            PayerBusy: the payer's Retry-After is longer than this question may take.
            Exception: any other exception of `read`.
        """
        breaker = self._wire.breaker(call.url, call.kind)
        for tried in range(1, TRIES + 1):
            # An earlier Retry-After is waited for, with jitter (F19).
            while (left := await breaker.origin.wait(self._clock())) > 0:
                if left > LONGEST_WAIT or self._clock() + left >= call.deadline:
                    raise busy(left)
                await self._sleep(left + _MARGIN + _SPREAD * self._jitter())
            breaker.admit(self._clock())
            try:
                response = await self._wire.send(call)
                wait = await self._backoff(response, breaker, call.deadline, tried)
                if wait is None:
                    result = read(response)
                    breaker.succeeded()
                    return response, result
            except (PayerDown, PayerDamaged) as error:
                breaker.failed(self._clock()) if isinstance(error, PayerDown) else breaker.succeeded()
                wait = _BASE * 2**tried * (0.5 + self._jitter())
                allowed = DAMAGED_TRIES if isinstance(error, PayerDamaged) else TRIES
                if tried >= allowed or self._clock() + wait >= call.deadline:
                    raise
            except PayerSlow:
                breaker.failed(self._clock())
                raise
            except BaseException as error:
                heard = isinstance(error, BotError) and not isinstance(error, PayerBusy)
                breaker.succeeded() if heard else breaker.released()
                raise
            await self._sleep(wait)
        raise PayerDown("no usable answer after the last try")

    async def _backoff(self, answer: HttpAnswer, breaker: Breaker, deadline: float, tried: int) -> float | None:
        """Return the seconds to wait before the next try; None if the response is to be read.

        Raises:
            PayerBusy: the wait is too long, or this was the last try.
        """
        said = retry_after(answer.headers.get("retry-after"), datetime.now(UTC))
        if answer.status_code != _TOO_MANY and not (answer.status_code == _UNAVAILABLE and said is not None):
            return None
        breaker.released()
        seconds = UNSAID_WAIT if said is None else said
        now = self._clock()
        await breaker.origin.told_to_wait(now, seconds)
        if seconds > LONGEST_WAIT or now + seconds >= deadline or tried >= TRIES:
            raise busy(seconds)
        return seconds + _MARGIN


def retry_after(text: str | None, now: datetime) -> float | None:
    """Return the seconds in a Retry-After header (RFC 9110 10.2.3), at most an hour; None if missing or malformed.

    The header is a number of seconds or a date.
    """
    if not text:
        return None
    if (seconds := text.strip()).isascii() and seconds.isdigit():
        return min(float(seconds), LONGEST_SAID)
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max(0.0, (aware - now).total_seconds()), LONGEST_SAID)
