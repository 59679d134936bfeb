"""What operators look at: whether the process is up, whether it can serve, its figures. Nothing of a member (T57)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from http import HTTPStatus

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot.errors import StoreError
from bot.ops.entrance import is_loopback
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
                Route("/metrics", self.figures),
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

    async def figures(self, _: Request) -> Response:
        """The figures in Prometheus's text format."""
        return Response(self._meter.page(len(self._faults())), media_type=CONTENT_TYPE)

    async def own_figures(self, request: Request) -> Response:
        """The figures for a program of this machine that asks directly; for everybody else there is no such page."""
        return await self.figures(request) if _from_here(request) else _nothing()


def _ready(*, usable: bool) -> HTTPStatus:
    return HTTPStatus.OK if usable else HTTPStatus.SERVICE_UNAVAILABLE


def _from_here(request: Request) -> bool:
    """Whether the request came over loopback, from no trusted proxy, and no other says that it passed it on."""
    own = is_loopback(request.client.host if request.client else "")
    return own and not any(name in request.headers for name in _FORWARDED)


def _nothing() -> Response:
    return PlainTextResponse("Not Found", status_code=HTTPStatus.NOT_FOUND)
