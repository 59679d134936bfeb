"""The HTTP client of this process: httpx requests over aiohttp connections, to the configured base URLs only (T40).

A body is read in pieces up to a limit, and only a few large bodies are read at the same time (F25).

The client is shared by all members, so it stores nothing of a member: in a test, a shared cookie jar sent member A's
session cookie with member B's request (T41b). A bare transport has no cookies, redirects or proxies from the
environment.
"""

from __future__ import annotations

import asyncio
import logging
import re
import ssl
import time
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, aclosing
from email.utils import parsedate_to_datetime
from functools import lru_cache

import aiohttp
import httpx
import msgspec
from cachetools import TTLCache
from httpx_aiohttp import AiohttpTransport

from bot.errors import PayerDamaged, PayerDown, PayerError, PayerOversized, PayerSlow
from bot.payer.budget import MIB
from bot.payer.origin import IN_FLIGHT, Breaker, Origin, Waits
from bot.payer.search import KnownTraits

FAR = 5 * 60.0  # seconds: from here on signatures, id_tokens and expiries go wrong

_FACTS, _DAY = 2_048, 24 * 60 * 60.0  # facts about servers, and seconds after which one is forgotten
_CONNECT = 5.0
_SILENCE = 20.0
_TIMEOUT = httpx.Timeout(_SILENCE, connect=_CONNECT).as_dict()
_HEADERS = {"accept": "*/*", "accept-encoding": "gzip", "user-agent": "bcbst-bot"}


class HttpAnswer(msgspec.Struct, frozen=True):
    """A complete response: its status, its headers as they were sent, and its body decoded."""

    status_code: int
    headers: httpx.Headers
    content: bytes


class Call(msgspec.Struct, frozen=True):
    """A GET of a URL, or the POST of an encoded `form`.

    `deadline` is a time of `Http.clock`, `cap` the limit of decoded bytes of the response, and `kind` the resource type
    requested.
    """

    url: str
    headers: Mapping[str, str]
    deadline: float
    cap: int = 10 * MIB
    kind: str = ""
    form: str | None = None

    def request(self) -> httpx.Request:
        """Return the call as an httpx request."""
        headers, extensions = {**_HEADERS, **self.headers}, {"timeout": _TIMEOUT}
        if self.form is None:
            return httpx.Request("GET", self.url, headers=headers, extensions=extensions)
        headers["content-type"] = "application/x-www-form-urlencoded"
        content = self.form.encode("ascii")
        return httpx.Request("POST", self.url, headers=headers, content=content, extensions=extensions)


class Http(AbstractAsyncContextManager["Http"]):
    """Makes calls, each with a deadline and a limit of decoded bytes. Use it as a context manager, which closes it.

    `transport` replaces the connection. `clock` is the monotonic clock of deadlines, `pause` waits between tries.
    `waits` shares Retry-After times with other processes. `heard` is called with the outcome of each call ("2xx", or
    the class of its exception) and its duration in seconds.
    """

    def __init__(
        self,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        in_flight: int = IN_FLIGHT,
        waits: Waits | None = None,
        heard: Callable[[str, float], None] = lambda _outcome, _seconds: None,
    ) -> None:
        logging.getLogger("httpx").setLevel(logging.WARNING)  # it logs whole URLs, patient ids included, at INFO
        self.clock, self.pause = clock, pause
        self.traits: KnownTraits = TTLCache(_FACTS, _DAY, timer=clock)
        self.clocks = Clocks()
        self._waits, self._heard = waits, heard
        self._in_flight, self._large = in_flight, asyncio.Semaphore(LARGE_AT_ONCE)
        self._origins: dict[str, Origin] = {}
        self._breakers: dict[tuple[str, str], Breaker] = {}
        self._transport = transport or _transport()

    async def __aexit__(self, *_: object) -> None:
        """Close all connections."""
        await self._transport.aclose()

    def breaker(self, url: str, kind: str = "") -> Breaker:
        """Return the circuit breaker for a resource type at the URL's origin."""
        name = origin_of(url)
        if (name, kind) not in self._breakers:
            origin = self._origins.setdefault(name, Origin(self._in_flight, name, self._waits))
            self._breakers[name, kind] = Breaker(origin)
        return self._breakers[name, kind]

    async def get(
        self, url: str, headers: Mapping[str, str], deadline: float, cap: int = 10 * MIB, *, kind: str = ""
    ) -> HttpAnswer:
        """Send one GET. `deadline` is a time of `clock`, `kind` the resource type requested; errors as in `send`."""
        return await self.send(Call(url, headers, deadline, cap, kind))

    async def send(self, call: Call) -> HttpAnswer:
        """Make one call, without retries: a POST may take effect even without a response (T50). Report it to `heard`.

        Raises:
            PayerError: there is no complete response.
        """
        started = self.clock()
        try:
            response = await self._sent(call)
        except PayerError as error:
            self._heard(type(error).__name__, self.clock() - started)
            raise
        hundreds = response.status_code // 100
        self._heard(f"{hundreds}xx" if hundreds in range(1, 6) else "other", self.clock() - started)
        return response

    async def _sent(self, call: Call) -> HttpAnswer:
        origin = self.breaker(call.url, call.kind).origin
        try:
            async with (
                asyncio.timeout(max(0.0, call.deadline - self.clock())),
                origin.slots.of(call.kind),
                aclosing(await self._transport.handle_async_request(call.request())) as response,
            ):
                return await self._whole(response, call.cap, origin.name)
        except TimeoutError:
            raise PayerSlow("no whole answer before the deadline") from None
        except (httpx.ReadTimeout, httpx.PoolTimeout, httpx.WriteTimeout):
            raise PayerSlow("silence on the line") from None
        except (httpx.TransportError, aiohttp.ClientError, OSError):
            raise PayerDown("no connection") from None

    async def _whole(self, response: httpx.Response, cap: int, origin: str) -> HttpAnswer:
        encoding = response.headers.get("content-encoding", "").strip().lower()
        try:
            body = await read_body(response.aiter_raw(), encoding, cap, self._large)
        except (httpx.ReadError, httpx.RemoteProtocolError, httpx.ConnectTimeout):
            raise PayerDamaged("the body broke off") from None
        self.clocks.heard(origin, response.headers)
        return HttpAnswer(response.status_code, response.headers, body)


def _transport() -> httpx.AsyncBaseTransport:
    """Return aiohttp as httpx's transport, for five times the throughput. Its session is created in the running loop.

    It trusts the certificates that aiohttp has read: reading them again takes 5 ms and 0.8 MiB.
    """

    def session() -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(ssl=True, limit=0, keepalive_timeout=30)
        return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False)

    unused = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # trusts nobody; without one the transport would read them again
    return AiohttpTransport(verify=unused, trust_env=False, client=session)


class Clocks:
    """The last Date header of each origin, with our time when it arrived. `now` returns Unix seconds."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._heard: dict[str, tuple[str, float]] = {}

    def heard(self, origin: str, headers: Mapping[str, str]) -> None:
        """Store the Date of a response. A cached response is ignored, as its Date is in the past."""
        if (date := headers.get("date")) and "age" not in headers:
            self._heard[origin] = date, self._now()

    @property
    def apart(self) -> bool:
        """Whether the clock of an origin differs from this machine's by more than five minutes."""
        return any(_seconds_apart(date, ours) > FAR for date, ours in self._heard.values())


def _seconds_apart(date: str, ours: float) -> float:
    """Return the seconds between a Date header and our time; 0 if the header cannot be parsed."""
    try:
        return abs(parsedate_to_datetime(date).timestamp() - ours)
    except (TypeError, ValueError, OverflowError):
        return 0.0


_PORTS = {"http": 80, "https": 443}
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_ORIGIN = re.compile(r"(?:[a-zA-Z][a-zA-Z0-9+.-]*:)?(?://[^/?#]*)?")
_BLANK = re.compile(r"[\x00-\x20]")
_PLAIN_LINK = re.compile(r"[\w:/?&=.,%+~$@!;*()|-]+", re.ASCII)
# Also what a server reads as one that cuts parameters off a segment ("..;x", as Java's do) or decodes it twice.
_CLIMBS = re.compile(r"(?:^|/)(?:\.|%2e){2}|\\|%5c|%2f|%25(?:2e|2f|5c)|%[01][0-9a-f]", re.IGNORECASE)


def origin_of(url: str) -> str:
    """Return scheme, host and port of a URL."""
    found = _ORIGIN.match(url)
    return _parsed_origin(found.group() if found else "")


@lru_cache(maxsize=64)
def _parsed_origin(start: str) -> str:
    """Return the origin for a URL's start; it has no path, so that the cache holds no id of a member."""
    parsed = httpx.URL(start)
    return f"{parsed.scheme}://{parsed.host}:{parsed.port or _PORTS.get(parsed.scheme, 0)}"


def is_safe(url: str) -> bool:
    """Return whether a URL is https, or plain http on loopback, and has no user name."""
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, ValueError):
        return False
    secure = parsed.scheme == "https" or (parsed.scheme == "http" and parsed.host in _LOOPBACK)
    return secure and bool(parsed.host) and not parsed.userinfo


class Base:
    """A FHIR base URL."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self.origin = origin_of(self.url)
        parsed = httpx.URL(self.url)
        self._path, self._host = parsed.path.rstrip("/"), parsed.host

    def own(self, link: str, current: str) -> str | None:
        """Return the absolute URL of a link found at `current`; None if it is outside the origin or the base path.

        Links may be absolute, host-relative or relative. Counted as outside are http instead of https, another port, a
        user name, and paths with "..", also encoded (F27). A link to another loopback name of a loopback server is
        changed to the configured name.
        """
        if _BLANK.search(link):
            return None
        climbs = _CLIMBS.search(link.split("?", maxsplit=1)[0])
        if link.startswith((f"{self.url}/", f"{self.url}?")) and _PLAIN_LINK.fullmatch(link) and not climbs:
            return link  # letter by letter, as next pages' are
        try:
            resolved = httpx.URL(current).join(link)
            if resolved.host == self._host or {resolved.host, self._host} <= _LOOPBACK:  # RFC 6761 6.3
                resolved = resolved.copy_with(host=self._host)
            same = origin_of(str(resolved)) == self.origin
        except (httpx.InvalidURL, ValueError, TypeError):
            return None
        path = resolved.raw_path.decode("ascii", "replace").split("?")[0]
        if not same or resolved.userinfo or _CLIMBS.search(path) or climbs:
            return None
        inside = path == self._path or path.startswith(f"{self._path}/")
        return str(resolved.copy_with(fragment=None)) if inside else None


base_of = lru_cache(maxsize=16)(Base)

_PIECE = 64 * 1024
_LARGE = 1024 * 1024  # bytes; hardly a page is larger
LARGE_AT_ONCE = 2
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS


async def read_body(pieces: AsyncIterator[bytes], encoding: str, cap: int, large: asyncio.Semaphore) -> bytes:
    """Return the decoded body. A large body is read while holding the semaphore `large`.

    Raises:
        PayerOversized: the body is larger than `cap`.
        PayerDamaged: the body is broken, or in an encoding that was not requested.
    """
    if encoding not in {"", "identity", "gzip", "x-gzip", "deflate"}:
        raise PayerDamaged("an encoding that was not asked for")
    inflater = None if encoding in {"", "identity"} else zlib.decompressobj(_GZIP_OR_ZLIB)
    body, is_alone = bytearray(), False
    try:
        async for piece in pieces:
            for step in (piece,) if inflater is None else _inflated(inflater, piece):
                _grow(body, step, cap)
                if len(body) > _LARGE and not is_alone:
                    is_alone = await large.acquire()
    except BaseException:
        body.clear()  # the error's trace holds this frame for as long as somebody holds the error
        raise
    finally:
        if is_alone:
            large.release()
    if inflater is not None and body and not inflater.eof:
        body.clear()
        raise PayerDamaged("a compressed body that is cut off")
    return bytes(body)


def _grow(body: bytearray, step: bytes, cap: int) -> None:
    body += step
    if len(body) > cap:
        raise PayerOversized("a body larger than its cap")


def _inflated(inflater: zlib._Decompress, piece: bytes) -> Iterator[bytes]:
    """Yield the decompressed bytes in small pieces, so that memory use stays below the limit plus one piece."""
    try:
        while piece and not inflater.eof:
            yield inflater.decompress(piece, _PIECE)
            piece = inflater.unconsumed_tail
    except zlib.error:
        raise PayerDamaged("a compressed body that is broken") from None
