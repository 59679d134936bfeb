"""Middleware before every route: checks the host, finds the client's address, and limits the time of a request.

Responses never repeat the Host header. X-Forwarded-For is used only if a proxy that the operator trusts sent it.

Rate limits for one person, one workspace and one address (T52) are over windows of a minute. They are counted in
memory, and if machines share a store also there, so that ten processes allow no more than one. The Retry-After times of
each server are shared in the same way (F19).
"""

import asyncio
import contextlib
import math
import re
import time
from collections.abc import Awaitable, Callable, Iterable, MutableMapping, Sequence
from http import HTTPStatus
from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_address
from typing import Any

import msgspec
from cachetools import TTLCache
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.config import LOOPBACK, Settings
from bot.errors import StoreError, TooManyQuestions
from bot.message import Person
from bot.stores.base import Store

PERSON, ADDRESS = 20, 120  # in a minute
_BUSY = 30  # how many people of one workspace may ask as much as a person may at once
_MINUTE = 60.0
_KIND = "asked"
_MOST = 100_000  # keys that are counted at once; the longest unseen are forgotten first


class Limit:
    """Allows `most` requests a minute for each key; the minute begins with the first. `clock` returns seconds."""

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._clock = most, clock
        self._counts: TTLCache[str, list[float]] = TTLCache(
            _MOST, _MINUTE, timer=clock
        )  # when a minute began, and how many

    def wait(self, key: str) -> int:
        """Count one request for the key. Return the seconds to wait if it exceeds the limit, else 0."""
        counted = self._counts.setdefault(key, [self._clock(), 0])
        if counted[1] >= self._most:
            return max(1, math.ceil(counted[0] + _MINUTE - self._clock()))
        counted[1] += 1
        return 0


class CounterStore(msgspec.Struct, frozen=True):
    """A store in which several processes count. `keyed` returns a keyed hash of a text, separate for each use."""

    store: Store
    keyed: Callable[[str, str], Awaitable[str]]


class SharedLimit:
    """Allows `most` requests a minute for each key, in this process and, with `counters`, in all that share its store.

    `use` is the name of the limit in the store.
    """

    def __init__(
        self, most: int, use: str, counters: CounterStore | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most, self._use, self._counters, self._own = most, use, counters, Limit(most, clock)

    async def wait(self, key: str) -> int:
        """Count one request. Return the seconds to wait if it exceeds the limit, else 0.

        If the store cannot be used, only this process's requests count.
        """
        if (seconds := self._own.wait(key)) or self._counters is None:
            return seconds
        try:
            name = await self._counters.keyed(self._use, key)
            count = await self._counters.store.count(_KIND, name, expires=time.time() + _MINUTE)
        except StoreError:
            return 0
        return round(_MINUTE) if count > self._most else 0

    async def wait_of(self, address: str) -> int:
        """Count one request of an address, as `wait`.

        Loopback is not counted, nor are requests through a trusted proxy that names no client.
        """
        return 0 if is_loopback(address) or address == UNNAMED else await self.wait(counted_as(address))


class Limits:
    """The rate limits of people and workspaces. By default, a workspace's limit is a multiple of a person's."""

    def __init__(
        self,
        *,
        person: int = PERSON,
        team: int | None = None,
        clock: Callable[[], float] = time.monotonic,
        counters: CounterStore | None = None,
    ) -> None:
        self._person = SharedLimit(person, "asking person", counters, clock)
        self._team = SharedLimit(team or _BUSY * person, "asking team", counters, clock)

    async def check(self, person: Person) -> None:
        """Count a person's question, unless it is from the console.

        Raises:
            TooManyQuestions: the person or the workspace exceeds its limit; `seconds` is the time to wait.
        """
        if person.platform == "console":
            return
        place = person.team or person.enterprise
        team = f"{person.platform}\x1f{person.enterprise}\x1f{person.team}"
        seconds = await self._person.wait(person.key) or (await self._team.wait(team) if place else 0)
        if seconds:
            raise TooManyQuestions("more questions in a minute than one person or workspace may ask", seconds=seconds)


_WAIT, _WAIT_FOR = "payer_wait", "payer_wait_for"


class StoredWaits:
    """Stores for each origin how long no request may be sent. Without a usable store, no wait is shared."""

    def __init__(self, store: Store, clock: Callable[[], float] = time.time) -> None:
        self._store, self._clock = store, clock

    async def left(self, origin: str) -> float:
        """Return the seconds until requests to the origin may be sent; 0 if there is no wait."""
        with contextlib.suppress(StoreError):
            until, seconds = await self._store.several((_WAIT, origin), (_WAIT_FOR, origin))
            if until:  # a clock that went back makes no wait longer than it was told
                return max(0.0, min(float(until) - self._clock(), float(seconds or "inf")))
        return 0.0

    async def keep(self, origin: str, seconds: float) -> None:
        """Store a Retry-After for all processes, unless a longer one is stored."""
        if seconds <= await self.left(origin):
            return
        until = self._clock() + seconds
        with contextlib.suppress(StoreError):
            await self._store.put(_WAIT_FOR, origin, str(seconds).encode(), expires=until)
            await self._store.put(_WAIT, origin, str(until).encode(), expires=until)


ARRIVES_WITHIN = 10.0  # seconds, for the whole body of a request
UNKNOWN, UNNAMED = "", "proxy"
"""The client's address if a trusted proxy sent an unusable one (UNKNOWN), or sent none (UNNAMED).

All UNKNOWN clients share one rate limit, UNNAMED ones have none; neither counts as this machine.
"""
_FORWARDED = "x-forwarded-for"
_HOST = re.compile(r"(?:\[([^\]]*)\]|([^:\[]*))(?::\d*)?")
_HSTS = "max-age=31536000"
_ANY_HOST = frozenset({"/healthz", "/readyz"})
_LONGEST_NUMBER = 12

Networks = Sequence[IPv4Network | IPv6Network]


class TooSlow(Exception):
    """The rest of a request did not arrive in time."""


class Sent:
    """Wraps an ASGI `send`. `began` is True once the response has started; no other response can then be sent.

    With `https`, the response has a Strict-Transport-Security header (RFC 6797).
    """

    def __init__(self, send: Send, *, https: bool = False) -> None:
        self._send, self._https, self.began = send, https, False

    async def __call__(self, message: Message) -> None:
        """Record that the response has started, and send the message."""
        self.began = True
        if self._https and message["type"] == "http.response.start":
            MutableHeaders(scope=message)["Strict-Transport-Security"] = _HSTS
        await self._send(message)


class Entrance:
    """ASGI middleware that refuses requests for a host outside `hosts`, except health checks; trusts `proxies`."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        hosts: Iterable[str],
        proxies: Networks = (),
        https: bool = False,
        seconds: float = ARRIVES_WITHIN,
    ) -> None:
        self._app, self._hosts, self._proxies = app, LOOPBACK | {*hosts}, proxies
        self._https, self._seconds = https, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its client's address; respond 421 for another host, 408 if the body is too slow."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        sent = Sent(send, https=self._https)
        if scope["path"] not in _ANY_HOST and host_of(headers.get("host", "")) not in self._hosts:
            await _plain(HTTPStatus.MISDIRECTED_REQUEST)(scope, receive, sent)
            return
        try:
            await self._app({**scope, "client": self._client(scope, headers)}, self._timed(receive), sent)
        except TooSlow:
            if sent.began:
                raise
            await _plain(HTTPStatus.REQUEST_TIMEOUT)(scope, receive, sent)

    def _client(self, scope: Scope, headers: Headers) -> tuple[str, int]:
        peer = scope.get("client") or (UNKNOWN, 0)
        if not self._is_trusted(peer[0]):
            return peer[0], peer[1]
        if _FORWARDED not in headers:
            return UNNAMED, 0
        # A proxy that adds a line of its own leaves the client's before it.
        for named in reversed(",".join(headers.getlist(_FORWARDED)).split(",")):
            address = _address(named)
            if not self._is_trusted(address):
                # A client that calls itself this machine is not: it came through the proxy.
                return (UNKNOWN if is_loopback(address) else address), 0
        return UNKNOWN, 0

    def _is_trusted(self, address: str) -> bool:
        try:
            found = ip_address(address)
        except ValueError:
            return False
        return any(found in network for network in self._proxies)

    def _timed(self, receive: Receive) -> Receive:
        """Return a `receive` that raises TooSlow unless the whole body arrives in time."""
        end, whole = asyncio.get_running_loop().time() + self._seconds, False

        async def timed() -> MutableMapping[str, Any]:
            nonlocal whole
            if whole:
                return await receive()
            try:
                async with asyncio.timeout_at(end):
                    message = await receive()
            except TimeoutError:
                raise TooSlow from None
            whole = not message.get("more_body", False)
            return message

        return timed


async def read_request(request: Request, most: int) -> bytes | None:
    """Return the raw body of a request; None if it is larger than `most` bytes.

    Never more than `most` bytes and one chunk are in memory (T19).
    """
    declared = request.headers.get("content-length", "0")
    if not declared.isdecimal() or len(declared) > _LONGEST_NUMBER or int(declared) > most:
        return None
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            return None
    return bytes(body)


def entrance_of(settings: Settings) -> Middleware:
    """Return the middleware as configured, for every port that is open to others than operators."""
    return Middleware(
        Entrance,
        hosts=settings.trusted_hosts,
        proxies=settings.trusted_proxies,
        https=settings.bot_public_url.startswith("https:"),
    )


def host_of(header: str) -> str:
    """Return the host name in a Host header, without its port (RFC 9110 7.2); "" if more than a port follows it."""
    found = _HOST.fullmatch(header.strip().lower())
    return found[1] or found[2] if found else ""


def is_loopback(address: str) -> bool:
    """Return whether an address is a loopback address."""
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def is_of_here(request: Request) -> bool:
    """Return whether a request came over loopback, and not through a trusted proxy."""
    return is_loopback(request.client.host if request.client else "")


def counted_as(address: str) -> str:
    """Return the key of an address for rate limits: the /64 network of an IPv6 address, else the address (RFC 6177)."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv4Address) or found.ipv4_mapped:
        return str(getattr(found, "ipv4_mapped", None) or found)
    return str(IPv6Network((int(found), 64), strict=False))


def _address(named: str) -> str:
    """Return the address in one entry of X-Forwarded-For, without its port; UNKNOWN if it is not an address."""
    text = named.strip()
    for one in (text, host_of(text)):
        try:
            return str(ip_address(one))
        except ValueError:
            continue
    return UNKNOWN


def _plain(status: HTTPStatus) -> PlainTextResponse:
    return PlainTextResponse(status.phrase, status, {"Connection": "close"})
