"""`bcbst-bot serve`: the web application. `bcbst-bot mcp`: the directory as tools for AI assistants."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import structlog
from starlette.applications import Starlette
from starlette.routing import Route

from bot.app import Bot, assemble, health_of, web_app
from bot.channels.registry import started
from bot.cli.terminal import rehearsed
from bot.config import Settings, misspelt_names, spelling
from bot.errors import ConfigError
from bot.ops.entrance import entrance_of
from bot.serving import WebServer, config_of, listen_for, running
from bot.stores import lacks
from bot.stores.sealed import key_doubts

if TYPE_CHECKING:
    from mcp.server.lowlevel import Server as Tools
    from mcp.server.transport_security import TransportSecuritySettings


def welcome(settings: Settings, host: str, port: int, *, sandbox: bool) -> str:
    """Return the text for a person at a terminal: the addresses of the bot and how to talk to it."""
    here = f"http://{'127.0.0.1' if host in {'', '0.0.0.0'} else host}:{port}"  # noqa: S104 -- shown, not bound
    lines = [f"bcbst-bot serves at {here}. Ctrl-C stops it."]
    lines += [f"Talk to it at {here}/dev/chat; its payer is made up, and you sign in as dana."] if sandbox else []
    public = settings.bot_public_url
    if settings.slack_app_token is not None:
        lines.append('Slack: connected by Socket Mode. Open the app\'s "Messages" tab in Slack and write "help".')
    elif settings.slack_bot_token is not None:
        lines.append(f'Slack: waits for its requests at {public}/slack/events. Write "help" to the app.')
    elif settings.slack_client_id is not None:
        lines.append(f"Slack: a workspace adds the app at {public}/slack/install.")
    if settings.teams_app_id is not None:
        lines.append(f'Teams: waits for its requests at {public}/teams/messages. Write "help" to the app.')
    if not settings.has_channel and not sandbox:
        lines.append(f"{NOBODY_CAN_ASK} Step 2 of docs/running.md creates the Slack or the Teams app.")
    elif not settings.has_channel:
        lines.append("To talk to it in a Slack of your own: docs/first-workspace.md.")
    return "\n".join(lines)


NOBODY_CAN_ASK = "Neither Slack nor Teams is set, so nobody can ask."


log = structlog.get_logger("serve")
_OFTEN = (5_000, 10, 10)  # objects: what a few questions leave behind in circles goes; Python's 700 is twice a question


async def serve(settings: Settings, *, sandbox: bool, host: str, port: int) -> None:
    """Serve until stopped. Questions that were accepted are answered before the end.

    Raises:
        ConfigError, StoreUnusable: the bot cannot start.
    """
    began = time.monotonic()
    _say("Starting…" if not sandbox else "Starting: a made-up payer and the bot…")
    async with contextlib.AsyncExitStack() as stack:
        sock = stack.enter_context(contextlib.closing(listen_for("--port", host, port)))
        apart = settings.metrics_address and listen_for("BOT_METRICS_BIND", *settings.metrics_address)
        if sandbox and "bot_public_url" not in settings.model_fields_set:
            settings = settings.model_copy(update={"bot_public_url": f"http://127.0.0.1:{sock.getsockname()[1]}"})
        settings = await stack.enter_async_context(rehearsed(settings, sandbox=sandbox))
        for name, meant in misspelt_names().items():
            log.warning(spelling(name, meant), setting=meant)
        bot = await stack.enter_async_context(assemble(settings))
        for doubt in () if sandbox else key_doubts(settings):
            log.warning("keys", reason=doubt)
        channels = await stack.enter_async_context(started(bot))
        if apart:
            await stack.enter_async_context(running(watched := health_of(bot).apart(), apart, config_of(watched)))
            log.info("watched", port=apart.getsockname()[1])
        bot.pack.places.read()
        public = web_app(bot, channels.values(), more=dev_chat(bot) if sandbox else ())
        # What the start made stays: the collector, off since the command began, need never walk over it.
        gc.freeze()
        gc.set_threshold(*_OFTEN)
        gc.enable()
        # glibc keeps what the start has freed, some 8 MiB; other C libraries have no such function.
        with contextlib.suppress(AttributeError, OSError):
            ctypes.CDLL(None).malloc_trim(0)
        _say(f"Ready in {time.monotonic() - began:.1f} seconds.")
        port = sock.getsockname()[1]
        _say(welcome(settings, host, port, sandbox=sandbox))
        if not sys.stderr.isatty():
            if not settings.has_channel and not sandbox:
                log.warning(NOBODY_CAN_ASK, setting="SLACK_BOT_TOKEN")
            log.info("serving", port=port)
        await WebServer(config_of(public)).serve(sockets=[sock])
    if sys.stderr.isatty():
        sys.stderr.write("\nStopped.\n")


def _say(words: str) -> None:
    """Write a line to stderr, and flush it, if stderr is a terminal."""
    if sys.stderr.isatty():
        sys.stderr.write(f"{words}\n")
        sys.stderr.flush()


def dev_chat(bot: Bot) -> list[Route]:
    """Return the routes of the developers' chat page.

    Unsolicited replies, such as after a cancelled sign-in, are sent to that page too.
    """
    from bot.cli.devchat import DevChat  # noqa: PLC0415 -- a real payer needs none

    desk = DevChat(bot.turn.answer, bot.pack.words, bot.settings)
    bot.reach.push["console"] = desk.push
    return desk.routes()


_PATH = "/mcp"
_OWN = ("127.0.0.1:*", "localhost:*", "[::1]:*")


async def serve_tools(settings: Settings, *, sandbox: bool, http: bool, host: str, port: int) -> None:
    """Serve the tools for AI assistants: over HTTP with `http`, otherwise over stdio until the client disconnects.

    Raises:
        ConfigError: the extra is missing, or the port is not free.
    """
    if (missing := lacks("mcp")) is not None:
        raise ConfigError(f"mcp: {missing}")
    from mcp.server.stdio import stdio_server  # noqa: PLC0415 -- an extra

    from bot.channels.mcp import Callers, make_server  # noqa: PLC0415 -- an extra

    async with contextlib.AsyncExitStack() as stack:
        sock = stack.enter_context(contextlib.closing(listen_for("--port", host, port))) if http else None
        settings = await stack.enter_async_context(rehearsed(settings, sandbox=sandbox))
        bot = await stack.enter_async_context(assemble(settings))
        callers = Callers(settings.bot_questions_per_minute, bot.counters)
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
    """Yield the web application of the tools, with the middleware of `serve`.

    Each call is one POST; there is no GET.
    """
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
    """Return the allowed hosts and origins, so that another website cannot use the tools through a browser."""
    from mcp.server.transport_security import TransportSecuritySettings  # noqa: PLC0415 -- an extra

    named = [entry for host in settings.trusted_hosts for entry in (host, f"{host}:*")]
    origins = [f"http://{own}" for own in _OWN] + [f"https://{host}" for host in settings.trusted_hosts]
    return TransportSecuritySettings(allowed_hosts=[*_OWN, *named], allowed_origins=origins)
