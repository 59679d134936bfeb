"""Calls that may be tried again: idempotent ones only, with jitter, Retry-After and the origin's breaker (T50)."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from bot.errors import BotError, PayerDamaged, PayerDown, PayerSlow
from bot.payer.http import Http
from bot.payer.origin import Breaker, busy

TRIES = 3
DAMAGED_TRIES = 2
LONGEST_WAIT = 30.0
UNSAID_WAIT = 5.0
_BASE = 0.2
_MARGIN = 0.01
_SPREAD = 0.5
_TOO_MANY = 429
_UNAVAILABLE = 503


class Retry(httpx.AsyncBaseTransport):
    """The transport over the wire: tries again what may come. It waits by the wire's clock; `jitter` gives 0 to 1.

    A request's extension `read` judges each answer: what it raises says whether another try is worth it, and what it
    returns is the response's extension `read`.
    """

    def __init__(
        self,
        wire: Http,
        jitter: Callable[[], float] = random.random,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._wire, self._clock, self._sleep, self._jitter, self._now = wire, wire.clock, wire.pause, jitter, now

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The first answer that `read` accepts.

        Raises:
            PayerDown, PayerDamaged: after the last try, or at once while the breaker is open. PayerSlow: at once.
            PayerBusy: somebody was told to wait longer than this question can.
            Whatever `read` raises otherwise.
        """
        deadline = request.extensions["deadline"]
        breaker = self._wire.breaker(request.url, request.extensions["kind"])
        request.extensions["breaker"] = breaker
        for tried in range(1, TRIES + 1):
            await self._until_back(breaker, deadline)
            breaker.admit(self._clock())
            try:
                response = await self._try(breaker, request)
                wait = await self._backoff(response, breaker, deadline, tried)
                if wait is None:
                    return self._judged(breaker, request, response)
            except (PayerDown, PayerDamaged) as error:
                wait = _BASE * 2**tried * (0.5 + self._jitter())
                allowed = DAMAGED_TRIES if isinstance(error, PayerDamaged) else TRIES
                if tried >= allowed or self._clock() + wait >= deadline:
                    raise
            await self._sleep(wait)
        raise PayerDown("no usable answer after the last try")

    async def _until_back(self, breaker: Breaker, deadline: float) -> None:
        """Wait until the payer may be asked, whoever was told so; not all at the same instant (F19)."""
        while (wait := await breaker.origin.wait(self._clock())) > 0:
            if wait > LONGEST_WAIT or self._clock() + wait >= deadline:
                raise busy(wait)
            await self._sleep(wait + _MARGIN + _SPREAD * self._jitter())

    async def _try(self, breaker: Breaker, request: httpx.Request) -> httpx.Response:
        """One call, reported to the breaker that let it through."""
        try:
            return await self._wire.handle_async_request(request)
        except (PayerDown, PayerSlow):
            breaker.failed(self._clock())
            raise
        except BaseException:
            breaker.released()
            raise

    def _judged(self, breaker: Breaker, request: httpx.Request, response: httpx.Response) -> httpx.Response:
        """Read the answer; a server error counts against the origin, any other answer for it."""
        try:
            judge(request, response)
        except PayerDown:
            breaker.failed(self._clock())
            raise
        except BotError:
            breaker.succeeded()
            raise
        breaker.succeeded()
        return response

    async def _backoff(self, answer: httpx.Response, breaker: Breaker, deadline: float, tried: int) -> float | None:
        """The seconds to wait before the next try; None when the answer is to be read."""
        said = retry_after(answer.headers.get("retry-after"), self._now())
        if answer.status_code != _TOO_MANY and not (answer.status_code == _UNAVAILABLE and said is not None):
            return None
        breaker.released()
        seconds = UNSAID_WAIT if said is None else said
        now = self._clock()
        await breaker.origin.told_to_wait(now, seconds)
        if seconds > LONGEST_WAIT or now + seconds >= deadline or tried >= TRIES:
            raise busy(seconds)
        return seconds + _MARGIN


def judge(request: httpx.Request, response: httpx.Response) -> None:
    """Let the request's reader judge a response, and note what it makes of it."""
    response.extensions["read"] = request.extensions["read"](response)


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
