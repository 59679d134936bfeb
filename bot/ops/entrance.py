"""Middleware before every route: checks the host, finds the client's address, and limits the time of a request.

Nothing is ever made of the Host header. A proxy's word for the address of a client counts only when it comes from a
proxy that the operator trusts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, MutableMapping, Sequence
from http import HTTPStatus
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.config import Settings

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "::1", "localhost"})
ARRIVES_WITHIN = 10.0  # seconds, for the whole body of a request
UNKNOWN, UNNAMED = "", "proxy"
"""The addresses of those whom a trusted proxy names in a way that says nothing, and whom it does not name at all.

All of the first are counted as one, and of the second none; neither is this machine.
"""
_FORWARDED = "x-forwarded-for"
_HSTS = "max-age=31536000"
_ANY_HOST = frozenset({"/healthz", "/readyz"})

Networks = Sequence[IPv4Network | IPv6Network]


class TooSlow(Exception):
    """The rest of a request did not come in time."""


class Sent:
    """The `send` of a request, which notes whether its answer has begun: then no other can be given."""

    def __init__(self, send: Send) -> None:
        self._send, self.began = send, False

    async def __call__(self, message: Message) -> None:
        """Send on."""
        self.began = True
        await self._send(message)


class Entrance:
    """ASGI middleware. `hosts` may be asked for, but for health, which probes ask for by any; `proxies` are trusted.

    With `https` every answer tells browsers to come back over TLS only (RFC 6797).
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        hosts: Iterable[str],
        proxies: Networks = (),
        https: bool = False,
        seconds: float = ARRIVES_WITHIN,
    ) -> None:
        self._app, self._hosts, self._proxies = app, LOOPBACK_HOSTS | frozenset(hosts), proxies
        self._https, self._seconds = https, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through with its client's true address; 421 for another host, 408 when it is too slow."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        send = _secured(send) if self._https else send
        if scope["path"] not in _ANY_HOST and host_of(headers.get("host", "")) not in self._hosts:
            await _plain(HTTPStatus.MISDIRECTED_REQUEST)(scope, receive, send)
            return
        sent = Sent(send)
        try:
            await self._app({**scope, "client": self._client(scope, headers)}, self._timed(receive), sent)
        except TooSlow:
            if sent.began:
                raise
            await _plain(HTTPStatus.REQUEST_TIMEOUT)(scope, receive, send)

    def _client(self, scope: Scope, headers: Headers) -> tuple[str, int]:
        peer = scope.get("client") or (UNKNOWN, 0)
        if not self._is_trusted(peer[0]):
            return peer[0], peer[1]
        if _FORWARDED not in headers:
            return UNNAMED, 0
        for named in reversed(headers[_FORWARDED].split(",")):
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
        """What gives the request's body, which has to be whole before its time is over."""
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


def _secured(send: Send) -> Send:
    async def secured(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message)["Strict-Transport-Security"] = _HSTS
        await send(message)

    return secured


def entrance_of(settings: Settings) -> Middleware:
    """The entrance as an operator set it, for every port that others than operators reach."""
    return Middleware(
        Entrance,
        hosts=settings.trusted_hosts,
        proxies=settings.trusted_proxies,
        https=settings.bot_public_url.startswith("https:"),
    )


def host_of(header: str) -> str:
    """The name in a Host header, without its port (RFC 9110 7.2)."""
    name = header.strip().lower()
    if name.startswith("["):
        return name[1:].partition("]")[0]
    return name.partition(":")[0]


def is_loopback(address: str) -> bool:
    """Whether an address is this machine's own."""
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def _address(named: str) -> str:
    """The address that one entry of X-Forwarded-For names, without a port; empty when it is none."""
    text = named.strip()
    for one in (text, host_of(text)):
        try:
            return str(ip_address(one))
        except ValueError:
            continue
    return UNKNOWN


def _plain(status: HTTPStatus) -> PlainTextResponse:
    return PlainTextResponse(status.phrase, status, {"Connection": "close"})
