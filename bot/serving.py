"""Listening sockets, and serving of applications in the running event loop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.types import ASGIApp

_TURNS = 3  # of the event loop, after which a connection that was told to close is gone


def listen(host: str = "127.0.0.1", port: int = 0) -> socket.socket:
    """Return a listening socket; port 0 takes a free one.

    Raises:
        OSError: the port is taken.
    """
    # asyncio turns Nagle's delay off (40 ms an answer here) only for sockets that name TCP; create_server names none.
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
        sock.listen(2_048)
    except OSError:
        sock.close()
        raise
    return sock


class _Server(uvicorn.Server):
    """A uvicorn server that signals when it is ready, handles no process signals and stops at once."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready, self.over = asyncio.Event(), asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Install no signal handlers."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then set `ready`."""
        await super().startup(sockets)
        self.ready.set()

    async def main_loop(self) -> None:
        """Run until `over` is set, which uvicorn itself would poll for ten times a second."""
        ticking, over = asyncio.create_task(super().main_loop()), asyncio.create_task(self.over.wait())
        await asyncio.wait({ticking, over}, return_when=asyncio.FIRST_COMPLETED)
        for task in (ticking, over):
            task.cancel()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop. Only open requests are waited for, while uvicorn always waits a tenth of a second."""
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        if self.server_state.connections or self.server_state.tasks:
            await super().shutdown(sockets)


@asynccontextmanager
async def running(app: ASGIApp, sock: socket.socket, config: uvicorn.Config | None = None) -> AsyncIterator[None]:
    """Serve an application on a listening socket within this context, without signal handlers.

    Without a `config` it has no logs, and only this machine may reach it.
    """
    quiet = uvicorn.Config(app, lifespan="off", access_log=False, log_config=None, timeout_graceful_shutdown=2)
    server = _Server(config or quiet)
    task = asyncio.create_task(server.serve(sockets=[sock]))
    ready = asyncio.create_task(server.ready.wait())
    await asyncio.wait({task, ready}, return_when=asyncio.FIRST_COMPLETED)
    try:
        yield
    finally:
        ready.cancel()
        server.over.set()
        await task
        sock.close()
