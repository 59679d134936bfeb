"""What operators look at: whether the process is up, whether it can serve, its figures. Nothing of a member (T57)."""

from __future__ import annotations

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

_FORWARDED = ("x-forwarded-for", "forwarded", "via")


class Health:
    """The operators' pages. `faults` names what is missing of the payer or wrong in the set-up."""

    def __init__(self, store: Store, meter: Meter, faults: Callable[[], Sequence[str]]) -> None:
        self._store, self._meter, self._faults = store, meter, faults

    def public(self, *, apart: bool) -> list[Route]:
        """What the public port has. Bound apart, only whether it can serve: the rest is the operator's."""
        if apart:
            return [Route("/readyz", self.able)]
        return [
            Route("/readyz", self.ready),
            Route("/healthz", self.healthy),
            Route("/metrics", self.own_figures),
        ]

    def apart(self) -> Starlette:
        """All three, for an address that members' browsers do not reach."""
        return Starlette(
            routes=[
                Route("/readyz", self.ready),
                Route("/healthz", self.healthy),
                Route("/metrics", self.scraped),
            ]
        )

    async def healthy(self, _: Request) -> Response:
        """That the process is up, with what is degraded."""
        faults = self._faults()
        return JSONResponse({"status": "degraded" if faults else "ok", "payer": [*faults]})

    async def ready(self, _: Request) -> Response:
        """503 while the store cannot be used. Other faults do not count: help, link and unlink still work."""
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
        """503 while the store cannot be used. The body has no details."""
        usable = await self._usable()
        return JSONResponse({"status": "ok" if usable else "degraded"}, status_code=_ready(usable=usable))

    async def _usable(self) -> bool:
        try:
            await self._store.get("ready", "ready")
        except StoreError:
            return False
        return True

    async def scraped(self, request: Request) -> Response:
        """The figures for whoever reaches the address apart; a page in a browser of this machine is not who should."""
        return self._figures() if not _is_of_here(request) or _asks_for_here(request) else _nothing()

    async def own_figures(self, request: Request) -> Response:
        """The figures for a program of this machine that asks directly; for everybody else there is no such page."""
        passed_on = any(name in request.headers for name in _FORWARDED)
        own = _is_of_here(request) and _asks_for_here(request) and not passed_on
        return self._figures() if own else _nothing()

    def _figures(self) -> Response:
        """In Prometheus's text format."""
        return Response(self._meter.page(len(self._faults())), media_type=CONTENT_TYPE)


def _ready(*, usable: bool) -> HTTPStatus:
    return HTTPStatus.OK if usable else HTTPStatus.SERVICE_UNAVAILABLE


def _is_of_here(request: Request) -> bool:
    """Whether it came over loopback, and from no trusted proxy."""
    return is_loopback(request.client.host if request.client else "")


def _asks_for_here(request: Request) -> bool:
    """Whether it asks by a loopback name: a name of a web page's own that leads here (DNS rebinding) is none."""
    return host_of(request.headers.get("host", "")) in LOOPBACK_HOSTS


def _nothing() -> Response:
    return PlainTextResponse("Not Found", status_code=HTTPStatus.NOT_FOUND)
