"""`bcbst-bot mcp`: the directory as tools for assistants, over stdio or streamable HTTP."""

from __future__ import annotations

import contextlib
import socket
from importlib.metadata import version
from typing import TYPE_CHECKING

import structlog
import uvicorn
from starlette.types import ASGIApp

from bot.app import assemble
from bot.cli.rehearsal import sandbox_settings
from bot.config import Settings
from bot.errors import ConfigError
from bot.sandbox.sockets import listen
from bot.stores.extras import lacks

if TYPE_CHECKING:
    from mcp.server.transport_security import TransportSecuritySettings

_PATH = "/mcp"
_OWN = ("127.0.0.1:*", "localhost:*", "[::1]:*")
log = structlog.get_logger("mcp")


async def serve_tools(settings: Settings, *, sandbox: bool, port: int | None, host: str) -> None:
    """Serve the tools until the client leaves; without `port` over standard input and output.

    Raises:
        ConfigError: the extra `mcp` is not installed, or the port is taken.
    """
    if (missing := lacks("mcp")) is not None:
        raise ConfigError(f"mcp: {missing}")
    from mcp.server.stdio import stdio_server  # noqa: PLC0415 -- an extra

    from bot.channels.mcp import make_server  # noqa: PLC0415 -- an extra

    async with contextlib.AsyncExitStack() as stack:
        if sandbox:
            settings, _ = await stack.enter_async_context(sandbox_settings(settings))
        bot = await stack.enter_async_context(assemble(settings))
        server = make_server(bot.pack, bot.turn, version("bcbst-bot"))
        if port is not None:
            app = server.streamable_http_app(
                streamable_http_path=_PATH, stateless_http=True, transport_security=_hosts(settings)
            )
            await _over_http(app, stack.enter_context(contextlib.closing(_listen(host, port))))
            return
        reads, writes = await stack.enter_async_context(stdio_server())
        await server.run(reads, writes, server.create_initialization_options())


def _hosts(settings: Settings) -> TransportSecuritySettings:
    """Who may be asked for by which name: another site's page cannot reach the tools by a name of its own."""
    from mcp.server.transport_security import TransportSecuritySettings  # noqa: PLC0415 -- an extra

    named = [entry for host in settings.trusted_hosts for entry in (host, f"{host}:*")]
    origins = [f"http://{own}" for own in _OWN] + [f"https://{host}" for host in settings.trusted_hosts]
    return TransportSecuritySettings(allowed_hosts=[*_OWN, *named], allowed_origins=origins)


def _listen(host: str, port: int) -> socket.socket:
    try:
        return listen(host, port)
    except OSError as error:
        raise ConfigError(f"--port: another program uses {port}, or {host} is no address here; try another") from error


async def _over_http(app: ASGIApp, sock: socket.socket) -> None:
    log.info("serving", port=sock.getsockname()[1])
    config = uvicorn.Config(app, access_log=False, log_config=None, server_header=False, proxy_headers=False, ws="none")
    await uvicorn.Server(config).serve(sockets=[sock])
