"""`bcbst-bot mcp`: the directory as tools for AI assistants, over stdio or streamable HTTP."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import structlog
from starlette.applications import Starlette
from starlette.routing import Route

from bot.app import Bot, assemble, health_of
from bot.cli.terminal import rehearsed
from bot.cli.web_server import WebServer, config_of, listen_for
from bot.config import Settings
from bot.errors import ConfigError
from bot.ops.entrance import entrance_of
from bot.stores.opening import lacks

if TYPE_CHECKING:
    from mcp.server.lowlevel import Server as Tools
    from mcp.server.transport_security import TransportSecuritySettings

_PATH = "/mcp"
_OWN = ("127.0.0.1:*", "localhost:*", "[::1]:*")
log = structlog.get_logger("mcp")


async def serve_tools(settings: Settings, *, sandbox: bool, http: bool, host: str, port: int) -> None:
    """Serve the tools until the client disconnects, by stdio without `http`; ConfigError without extra or free port."""
    if (missing := lacks("mcp")) is not None:
        raise ConfigError(f"mcp: {missing}")
    from mcp.server.stdio import stdio_server  # noqa: PLC0415 -- an extra

    from bot.channels.mcp import Callers, make_server  # noqa: PLC0415 -- an extra

    async with contextlib.AsyncExitStack() as stack:
        sock = stack.enter_context(contextlib.closing(listen_for("--port", host, port))) if http else None
        settings = await stack.enter_async_context(rehearsed(settings, sandbox=sandbox))
        bot = await stack.enter_async_context(assemble(settings))
        callers = Callers(settings.bot_questions_per_minute, bot.counts)
        tools = make_server(bot.pack, bot.turn, version("bcbst-bot"), callers=callers)
        if sock is not None:
            app = await stack.enter_async_context(tools_app(bot, tools))
            log.info("serving", port=sock.getsockname()[1])
            await WebServer(config_of(app)).serve(sockets=[sock])
            return
        reads, writes = await stack.enter_async_context(stdio_server())
        await tools.run(reads, writes, tools.create_initialization_options())


@asynccontextmanager
async def tools_app(bot: Bot, tools: Tools[Any]) -> AsyncIterator[Starlette]:
    """Yield the application of the tools, with the middleware of `serve`; a call is one POST, GET is not supported."""
    from mcp.server.streamable_http_manager import (  # noqa: PLC0415 -- an extra
        StreamableHTTPASGIApp,
        StreamableHTTPSessionManager,
    )

    manager = StreamableHTTPSessionManager(tools, stateless=True, security_settings=_origins(bot.settings))
    calls = Route(_PATH, StreamableHTTPASGIApp(manager), methods=["POST"])
    app = Starlette(routes=[calls, *health_of(bot).public(apart=True)], middleware=[entrance_of(bot.settings)])
    app.router.redirect_slashes = False  # it would redirect to the Host header
    async with manager.run():
        yield app


def _origins(settings: Settings) -> TransportSecuritySettings:
    """Return the allowed origins, so that another website cannot use the tools through a browser."""
    from mcp.server.transport_security import TransportSecuritySettings  # noqa: PLC0415 -- an extra

    named = [entry for host in settings.trusted_hosts for entry in (host, f"{host}:*")]
    origins = [f"http://{own}" for own in _OWN] + [f"https://{host}" for host in settings.trusted_hosts]
    return TransportSecuritySettings(allowed_hosts=[*_OWN, *named], allowed_origins=origins)
