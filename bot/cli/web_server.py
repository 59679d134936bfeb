"""uvicorn as each HTTP server of the bot runs it: a time for heads, quiet, and stopped without an error."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Iterator
from socket import socket

import structlog
import uvicorn
from starlette.types import ASGIApp

from bot.cli.hurry import Hurried

log = structlog.get_logger("serve")


def config_of(app: ASGIApp) -> uvicorn.Config:
    """What a proxy says of a client is read by the entrance, which knows whom the operator trusts."""
    return uvicorn.Config(
        app,
        http=Hurried,
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
    )


@contextlib.asynccontextmanager
async def beside(app: ASGIApp, sock: socket) -> AsyncIterator[None]:
    """Serve an application besides another one, until that has stopped."""
    server = Second(config_of(app))
    log.info("watched", port=sock.getsockname()[1])
    task = asyncio.create_task(server.serve(sockets=[sock]))
    try:
        yield
    finally:
        server.should_exit = True
        await task


class WebServer(uvicorn.Server):
    """Stops when it is told to. uvicorn's own would then raise the signal again, before the store is closed."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take the two signals that a terminal and a supervisor send; the second interrupt does not wait."""
        loop, numbers = asyncio.get_running_loop(), (signal.SIGINT, signal.SIGTERM)
        for number in numbers:
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in numbers:
                loop.remove_signal_handler(number)


class Second(uvicorn.Server):
    """A second server that stops when the first one has, and ignores signals."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to the first."""
        yield
