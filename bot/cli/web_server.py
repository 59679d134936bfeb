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
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class Hurried(HttpToolsProtocol):
    """Closes a connection on which the head of a request has not come in `head_within` seconds."""

    head_within = 10.0
    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """Wait for the first request."""
        super().connection_made(transport)
        self._wait()

    def on_message_begin(self) -> None:
        """Wait for the rest of a head that has begun."""
        super().on_message_begin()
        self._wait()

    def on_headers_complete(self) -> None:
        """The head is there."""
        self._wait_no_more()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody is waited for."""
        self._wait_no_more()
        super().connection_lost(exc)

    def _wait(self) -> None:
        if self._late is None:
            self._late = self.loop.call_later(self.head_within, self.transport.close)

    def _wait_no_more(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None


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
