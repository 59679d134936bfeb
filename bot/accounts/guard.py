"""A limit of page requests for each address, before anything is read of them (T52)."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from ipaddress import ip_address

import structlog
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.accounts.render import Renderer
from bot.errors import TooManyRequests
from bot.limits import ADDRESS, Limit

_log = structlog.get_logger()


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


class Guard:
    """ASGI middleware: paths that begin with one of `guarded` answer an address so often in a minute, others always.

    The address is the one that the server names: behind a proxy, the proxy's word for it, where the server trusts it
    (uvicorn's FORWARDED_ALLOW_IPS). Loopback is not counted: it is this machine, or a proxy that doesn't say for whom.
    """

    def __init__(self, app: ASGIApp, *, renderer: Renderer, guarded: Sequence[str], limit: Limit | None = None) -> None:
        self._app, self._renderer, self._guarded = app, renderer, tuple(guarded)
        self._limit = limit or Limit(ADDRESS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, or answer it with a page that says when to come back."""
        if scope["type"] != "http" or not scope["path"].startswith(self._guarded):
            await self._app(scope, receive, send)
            return
        address = (scope.get("client") or ("",))[0]
        seconds = 0 if _is_loopback(address) else self._limit.wait(address)
        if not seconds:
            await self._app(scope, receive, send)
            return
        error = TooManyRequests("one address asks for too many pages")
        _log.warning("problem", kind=type(error).__name__, reference=error.reference)
        page = self._renderer.page(
            "problem",
            Request(scope).headers.get("accept-language"),
            status=HTTPStatus.TOO_MANY_REQUESTS,
            problem="too_many_requests",
            reference=error.reference,
        )
        page.headers["Retry-After"] = str(seconds)
        await page(scope, receive, send)
