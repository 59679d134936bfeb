"""Rate limit on page requests for each address, before the requests are read (T52)."""

from collections.abc import Sequence
from http import HTTPStatus

import structlog
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.accounts.render import Renderer
from bot.errors import BotError, TooManyRequests
from bot.ops.entrance import UNNAMED, Sent, TooSlow, counted_as, is_loopback
from bot.ops.limits import SharedLimit

_log = structlog.get_logger()


class AddressLimit:
    """ASGI middleware: limits requests per address and minute to paths that begin with one of `guarded`.

    The address is the one determined by the entrance. Loopback is not counted, nor requests through a trusted proxy
    that names no client, so that one busy member does not lock out the others. Unexpected exceptions result in an error
    page.
    """

    def __init__(self, app: ASGIApp, *, renderer: Renderer, guarded: Sequence[str], limit: SharedLimit) -> None:
        self._app, self._renderer, self._guarded, self._limit = app, renderer, tuple(guarded), limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or respond with a page that says when to come back."""
        if scope["type"] != "http" or not scope["path"].startswith(self._guarded):
            await self._app(scope, receive, send)
            return
        address = (scope.get("client") or ("",))[0]
        seconds = 0 if is_loopback(address) or address == UNNAMED else await self._limit.wait(counted_as(address))
        if not seconds:
            await self._unbroken(scope, receive, send)
            return
        error = TooManyRequests("one address asks for too many pages")
        _log.warning("problem", kind=type(error).__name__, reference=error.reference)
        page = self._problem(scope, HTTPStatus.TOO_MANY_REQUESTS, "too_many_requests", error)
        page.headers["Retry-After"] = str(seconds)
        await page(scope, receive, send)

    async def _unbroken(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, with an error page for an unexpected exception."""
        sent = Sent(send)
        try:
            await self._app(scope, receive, sent)
        except Exception as failure:
            if sent.began or isinstance(failure, TooSlow):
                raise
            error = BotError()
            _log.error("unexpected", error=type(failure).__name__, reference=error.reference)
            await self._problem(scope, HTTPStatus.INTERNAL_SERVER_ERROR, "unexpected", error)(scope, receive, send)

    def _problem(self, scope: Scope, status: HTTPStatus, problem: str, error: BotError) -> HTMLResponse:
        accepts = Request(scope).headers.get("accept-language")
        return self._renderer.page("problem", accepts, status=status, problem=problem, reference=error.reference)
