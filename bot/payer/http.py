"""The HTTP client of this process: httpx requests over aiohttp connections.

It is shared by members, so it can keep nothing of anybody: measured, a shared jar sent member A's session cookie with
member B's request (T41b). A bare transport has no cookies, no redirects and no proxies of the environment.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from bot.errors import PayerDamaged, PayerDown, PayerError, PayerSlow
from bot.payer.base import origin_of
from bot.payer.body import LARGE_AT_ONCE, read_body
from bot.payer.budget import MIB
from bot.payer.origin import IN_FLIGHT, Breaker, Origin, Waits
from bot.payer.server_traits import ServerTraits

FAR = 5 * 60.0  # seconds: from here on signatures, id_tokens and expiries go wrong

_CONNECT = 5.0
_SILENCE = 20.0
_TIMEOUT = httpx.Timeout(_SILENCE, connect=_CONNECT).as_dict()
_OF_THE_WIRE = frozenset({"content-encoding", "content-length", "transfer-encoding"})
_HEADERS = {"accept": "*/*", "accept-encoding": "gzip", "user-agent": "bcbst-bot"}


def _unheard(_outcome: str, _seconds: float) -> None:
    """Nobody counts."""


HttpAnswer = httpx.Response
"""What the transports give: an answer that came whole, with its body decoded."""


class Http(httpx.AsyncBaseTransport):
    """The lowest transport of the stack: one call, with a wall deadline and a cap on decoded bytes.

    A request says in its extensions until when (`deadline`, a time of `clock`), how large (`cap`) and about which type
    of resource (`kind`) its answer may be. Responses come whole and decoded. Close it, or use it as an async context
    manager.

    `transport` swaps the wire. `clock` is the monotonic clock that deadlines are told by, `pause` waits between tries,
    `now` tells Unix seconds. `waits` shares what an origin told one process with all of them. `heard` is told what came
    of each call ("2xx", or the kind of its failure) and how many seconds it took.
    """

    def __init__(
        self,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        now: Callable[[], float] = time.time,
        in_flight: int = IN_FLIGHT,
        waits: Waits | None = None,
        heard: Callable[[str, float], None] = _unheard,
    ) -> None:
        logging.getLogger("httpx").setLevel(logging.WARNING)  # it logs whole URLs, patient ids included, at INFO
        self.clock, self.pause = clock, pause
        self.traits = ServerTraits(clock)
        self.clocks = Clocks(now)
        self._waits, self._heard = waits, heard
        self._in_flight, self._large = in_flight, asyncio.Semaphore(LARGE_AT_ONCE)
        self._origins: dict[str, Origin] = {}
        self._breakers: dict[tuple[str, str], Breaker] = {}
        self._transport = transport or _transport()

    async def aclose(self) -> None:
        """Close every connection."""
        await self._transport.aclose()

    def breaker(self, url: str | httpx.URL, kind: str = "") -> Breaker:
        """The circuit breaker of a type of resource at the URL's origin."""
        name = origin_of(url)
        if (name, kind) not in self._breakers:
            origin = self._origins.setdefault(name, Origin(self._in_flight, name, self._waits))
            self._breakers[name, kind] = Breaker(origin)
        return self._breakers[name, kind]

    async def get(
        self, url: str, headers: Mapping[str, str], deadline: float, cap: int = 10 * MIB, *, kind: str = ""
    ) -> httpx.Response:
        """One GET, tried once. `deadline` is a time of `clock`, `kind` the type of resource that it is about.

        Raises:
            PayerDown, PayerSlow, PayerDamaged, PayerOversized: no whole answer came.
        """
        return await self.handle_async_request(request_of(url, headers, deadline=deadline, cap=cap, kind=kind))

    async def post_form(
        self,
        url: str,
        form: Mapping[str, str] | str,
        headers: Mapping[str, str],
        deadline: float,
        cap: int = MIB,
        *,
        kind: str = "",
    ) -> httpx.Response:
        """One POST of a form (pairs, or already encoded), never retried: a token request may have been acted on (T50).

        Raises:
            PayerDown, PayerSlow, PayerDamaged, PayerOversized: no whole answer came.
        """
        encoded = form if isinstance(form, str) else str(httpx.QueryParams(dict(form)))
        request = request_of(url, headers, form=encoded, deadline=deadline, cap=cap, kind=kind)
        return await self.handle_async_request(request)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Make one call and report its outcome to the metrics.

        Raises:
            PayerDown, PayerSlow, PayerDamaged, PayerOversized: no whole answer came.
        """
        started = self.clock()
        try:
            response = await self._sent(request)
        except PayerError as error:
            self._heard(type(error).__name__, self.clock() - started)
            raise
        hundreds = response.status_code // 100
        self._heard(f"{hundreds}xx" if hundreds in range(1, 6) else "other", self.clock() - started)
        return response

    async def _sent(self, request: httpx.Request) -> httpx.Response:
        request.extensions["timeout"] = _TIMEOUT
        deadline, kind = request.extensions["deadline"], request.extensions["kind"]
        slots = self.breaker(request.url, kind).origin.slots
        try:
            async with asyncio.timeout(max(0.0, deadline - self.clock())), slots.of(kind):
                return await self._exchange(request)
        except TimeoutError:
            raise PayerSlow("no whole answer before the deadline") from None
        except (httpx.ReadTimeout, httpx.PoolTimeout, httpx.WriteTimeout):
            raise PayerSlow("silence on the line") from None
        except (httpx.TransportError, aiohttp.ClientError, OSError):
            raise PayerDown("no connection") from None

    async def _exchange(self, request: httpx.Request) -> httpx.Response:
        async with self._opened(request) as response:
            encoding = response.headers.get("content-encoding", "").strip().lower()
            try:
                body = await read_body(response.aiter_raw(), encoding, request.extensions["cap"], self._large)
            except (httpx.ReadError, httpx.RemoteProtocolError, httpx.ConnectTimeout):
                raise PayerDamaged("the body broke off") from None
            self.clocks.heard(origin_of(request.url), response.headers)
            headers = [pair for pair in response.headers.multi_items() if pair[0].lower() not in _OF_THE_WIRE]
            return httpx.Response(response.status_code, headers=headers, content=body)

    @asynccontextmanager
    async def _opened(self, request: httpx.Request) -> AsyncIterator[httpx.Response]:
        response = await self._transport.handle_async_request(request)
        try:
            yield response
        finally:
            await response.aclose()


def request_of(url: str, headers: Mapping[str, str], *, form: str | None = None, **extensions: Any) -> httpx.Request:
    """A GET, or the POST of an encoded form. The extensions are what the transports of the stack look at."""
    if form is None:
        return httpx.Request("GET", url, headers={**_HEADERS, **headers}, extensions=extensions)
    typed = {**_HEADERS, **headers, "content-type": "application/x-www-form-urlencoded"}
    return httpx.Request("POST", _target(url), headers=typed, content=form.encode("ascii"), extensions=extensions)


@lru_cache(maxsize=64)
def _target(url: str) -> httpx.URL:
    """The URL of a form, taken apart once: there is one for each type and the token's, and none names a member."""
    return httpx.URL(url)


def _transport() -> httpx.AsyncBaseTransport:
    """The wire of aiohttp under httpx: five times the throughput. Its session is made inside the running loop."""
    context = ssl.create_default_context()

    def session() -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(ssl=context, limit=0, keepalive_timeout=30)
        return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False)

    return AiohttpTransport(verify=context, trust_env=False, client=session)


class Clocks:
    """The last Date of each origin beside our own time. `now` tells Unix seconds."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._heard: dict[str, tuple[str, float]] = {}

    def heard(self, origin: str, headers: Mapping[str, str]) -> None:
        """Note an answer's Date. One that a cache kept tells of the past and is passed over."""
        if (date := headers.get("date")) and "age" not in headers:
            self._heard[origin] = date, self._now()

    @property
    def apart(self) -> bool:
        """True while an origin's clock is more than five minutes from ours."""
        return any(_seconds_apart(date, ours) > FAR for date, ours in self._heard.values())


def _seconds_apart(date: str, ours: float) -> float:
    """How far a Date is from our time; 0 for one that cannot be read."""
    try:
        return abs(parsedate_to_datetime(date).timestamp() - ours)
    except (TypeError, ValueError, OverflowError):
        return 0.0
