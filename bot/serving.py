"""Listening sockets, with error messages, and HTTP servers: uvicorn with a time limit for headers and a clean stop."""

import asyncio
import contextlib
import errno
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from functools import partial

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from bot.errors import ConfigError

_TURNS = 3  # of the event loop, after which a connection that was told to close is gone
_GRACE = 2.0  # seconds
_WAITING = 2_048  # connections that nobody has accepted yet


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
        sock.listen(_WAITING)
    except OSError:
        sock.close()
        raise
    return sock


@asynccontextmanager
async def running(app: ASGIApp, sock: socket.socket, config: uvicorn.Config | None = None) -> AsyncIterator[None]:
    """Serve an application on a listening socket within this context, without signal handlers.

    Without a `config` it has no logs, and only this machine may reach it. At the end, requests have two seconds.
    """
    config = config or uvicorn.Config(app, lifespan="off", access_log=False, log_config=None)
    config.load()
    ticking = uvicorn.Server(config)  # sets the date of responses each second
    state = ticking.server_state
    protocol: Callable[..., asyncio.Protocol] = config.http_protocol_class
    made = partial(protocol, config=config, server_state=state, app_state={})
    dating = asyncio.create_task(ticking.main_loop())
    server = await asyncio.get_running_loop().create_server(made, sock=sock, backlog=_WAITING)
    try:
        yield
    finally:
        dating.cancel()
        server.close()
        for connection in list(state.connections):
            connection.shutdown()
        if state.tasks:
            _, late = await asyncio.wait(state.tasks, timeout=_GRACE)
            for task in late:
                task.cancel()
        for _ in range(_TURNS):
            await asyncio.sleep(0)


_NEIGHBOURS = 20
_LAST_PORT = 65_535


def listen_for(option: str, host: str, port: int, then: str = "") -> socket.socket:
    """Return a listening socket.

    Raises:
        ConfigError: the address cannot be used; the message has the option or setting, the reason, `then`, and an
            alternative.
    """
    is_option = option.startswith("--")
    try:
        return listen(host, port)
    except OSError as error:
        if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
            name, way = ("--host", "try 127.0.0.1") if is_option else (option, "unset it, or name one of its own")
            raise ConfigError(f"{name}: {host} is no address of this machine{then}; {way}") from error
        near = free_near(host, port)
        way = f"try {option} {near}" if is_option else f"set another, such as {host}:{near}"
        raise ConfigError(f"{option}: {why_not(error, port)}{then}; {way}") from error


def why_not(error: OSError, port: int) -> str:
    """Return an explanation of the socket error for a port that cannot be used."""
    if error.errno == errno.EADDRINUSE:
        return f"another program uses port {port}"
    if error.errno in {errno.EACCES, errno.EPERM}:
        return f"this user may not use port {port}"
    return f"port {port} cannot be had ({error.strerror})"


def free_near(host: str, port: int) -> int:
    """Return a free port a little above `port` and above 8764; 0 if there is none."""
    for near in range(max(port, 8764) + 1, min(max(port, 8764) + _NEIGHBOURS, _LAST_PORT)):
        try:
            listen(host, near).close()
        except OSError:
            continue
        return near
    return 0


class HeaderTimeout(HttpToolsProtocol):
    """A protocol that closes a connection if a request's headers take too long or are too large.

    The limits are `head_within` seconds and `largest_head` bytes; uvicorn's parser has none. The bytes counted may
    include the end of the previous body, so the limit is generous.
    """

    head_within = 10.0
    largest_head = 512 * 1024
    _late: asyncio.TimerHandle | None = None
    _head = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """Start the timer for the headers of the first request."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Parse the data.

        Close the connection if more than `largest_head` bytes came without the end of the headers.
        """
        super().data_received(data)
        self._head = 0 if self._late is None else self._head + len(data)
        if self._head > self.largest_head:
            self.transport.close()

    def on_message_begin(self) -> None:
        """Start the timer for the headers of a request, unless it runs already."""
        super().on_message_begin()
        self._wait()

    def on_headers_complete(self) -> None:
        """Stop the timer, because the headers are complete."""
        self._wait_no_more()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timer."""
        self._wait_no_more()
        super().connection_lost(exc)

    def _wait(self) -> None:
        if self._late is None:
            self._late = self.loop.call_later(self.head_within, self.transport.close)

    def _wait_no_more(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None


def config_of(app: ASGIApp) -> uvicorn.Config:
    """Return uvicorn's configuration for an application.

    Proxy headers are ignored here; a middleware of the bot handles them for the trusted proxies.
    """
    return uvicorn.Config(
        app,
        http=HeaderTimeout,
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
    )


class WebServer(uvicorn.Server):
    """A uvicorn server that does not raise the signal again after a stop, so that the store is closed afterwards."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop the server at SIGINT or SIGTERM within this context. A second SIGINT stops it at once."""
        loop, numbers = asyncio.get_running_loop(), (signal.SIGINT, signal.SIGTERM)
        for number in numbers:
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in numbers:
                loop.remove_signal_handler(number)
