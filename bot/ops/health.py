"""Pages for operators: whether the process is up, whether it can serve, and its metrics. No member data (T57)."""

from collections.abc import Callable, Sequence
from http import HTTPStatus

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot.errors import StoreError
from bot.ops.entrance import LOOPBACK_HOSTS, host_of, is_loopback
from bot.ops.metrics import CONTENT_TYPE, Meter
from bot.stores.base import Store

_FORWARDED = ("x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "forwarded", "via")


class Health:
    """The operators' pages. `faults` returns what is wrong with the payer or the set-up."""

    def __init__(self, store: Store, meter: Meter, faults: Callable[[], Sequence[str]]) -> None:
        self._store, self._meter, self._faults = store, meter, faults

    def public(self, *, apart: bool) -> list[Route]:
        """Return the routes of the public port. With `apart`, the only one is `/readyz` without details."""
        if apart:
            return [Route("/readyz", self.able)]
        return [Route("/readyz", self.ready), Route("/healthz", self.healthy), Route("/metrics", self.own_figures)]

    def apart(self) -> Starlette:
        """Return the app with all three pages, for an address that members' browsers cannot reach."""
        return Starlette(
            routes=[Route("/readyz", self.ready), Route("/healthz", self.healthy), Route("/metrics", self.scraped)]
        )

    async def healthy(self, _: Request) -> Response:
        """Respond that the process is up, with a list of what is degraded."""
        faults = self._faults()
        return JSONResponse({"status": "degraded" if faults else "ok", "payer": [*faults]})

    async def ready(self, _: Request) -> Response:
        """Respond with 503 if the store cannot be used. Other faults do not count: help, link and unlink still work."""
        usable, faults = await self._usable(), self._faults()
        return JSONResponse(
            {
                "status": "ok" if usable and not faults else "degraded",
                "store": "ok" if usable else "unusable",
                "payer": [*faults],
            },
            status_code=_ready(usable=usable),
        )

    async def able(self, _: Request) -> Response:
        """Respond with 503 if the store cannot be used. The body has no details."""
        usable = await self._usable()
        return JSONResponse({"status": "ok" if usable else "degraded"}, status_code=_ready(usable=usable))

    async def _usable(self) -> bool:
        try:
            await self._store.get("ready", "ready")
        except StoreError:
            return False
        return True

    async def scraped(self, request: Request) -> Response:
        """Respond with the metrics on the operators' port; 404 for a page in a browser of this machine."""
        return self._figures() if not _is_of_here(request) or _asks_for_here(request) else _nothing()

    async def own_figures(self, request: Request) -> Response:
        """Respond with the metrics to a direct request from a program on this machine; 404 for all others."""
        passed_on = any(name in request.headers for name in _FORWARDED)
        own = _is_of_here(request) and _asks_for_here(request) and not passed_on
        return self._figures() if own else _nothing()

    def _figures(self) -> Response:
        """Return the metrics in Prometheus's text format."""
        return Response(self._meter.page(len(self._faults())), media_type=CONTENT_TYPE)


def _ready(*, usable: bool) -> HTTPStatus:
    return HTTPStatus.OK if usable else HTTPStatus.SERVICE_UNAVAILABLE


def _is_of_here(request: Request) -> bool:
    """Return whether the request came over loopback, and not through a trusted proxy."""
    return is_loopback(request.client.host if request.client else "")


def _asks_for_here(request: Request) -> bool:
    """Return whether the Host header is a loopback name; another name that resolves to here is not (DNS rebinding)."""
    return host_of(request.headers.get("host", "")) in LOOPBACK_HOSTS


def _nothing() -> Response:
    return PlainTextResponse("Not Found", status_code=HTTPStatus.NOT_FOUND)
