"""What the doubles of Slack and Teams share: a server on a free port of loopback, and the calls that it has had."""

import asyncio
import itertools
from collections.abc import Callable
from contextlib import closing
from typing import Generic, Self, TypeVar

import aiohttp
from aiohttp import web

from bot.serving import listen

_WAIT_SECONDS = 10
Call = TypeVar("Call")


def free_port() -> int:
    """A port of loopback that nobody has just now."""
    with closing(listen()) as sock:
        return int(sock.getsockname()[1])


class Platform(Generic[Call]):
    """A platform's server. `calls` are what the app has called, in order."""

    port: int

    def __init__(self) -> None:
        self.app_url = ""
        self.calls: list[Call] = []
        self.refused: list[str] = []
        self._ids = itertools.count(1)
        self._changed = asyncio.Condition()

    async def __aenter__(self) -> Self:
        """Listen on loopback; `self.port` is known afterwards."""
        app = web.Application(client_max_size=4 * 1024 * 1024)
        app.router.add_routes(self._routes())
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = site.port
        # The app ends a connection that was idle for five seconds, perhaps while the next request is on its way.
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(keepalive_timeout=2))
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close everything."""
        await self._session.close()
        await self._runner.cleanup()

    def _routes(self) -> list[web.RouteDef]:
        raise NotImplementedError

    async def _record(self, call: Call) -> None:
        async with self._changed:
            self.calls.append(call)
            self._changed.notify_all()

    async def _until(self, true: Callable[[], bool]) -> None:
        """Wait until something is true after a call; a failed test after ten seconds."""
        async with asyncio.timeout(_WAIT_SECONDS), self._changed:
            await self._changed.wait_for(true)
