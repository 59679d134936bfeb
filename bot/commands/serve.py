"""`bcbst-bot serve` and `bcbst-bot sandbox`: the servers."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from pathlib import Path

import structlog
import uvicorn

from bot.app import assemble, slack_app, web_app
from bot.commands.rehearsal import sandbox_settings
from bot.config import Settings
from bot.errors import ConfigError
from bot.sandbox.data import load
from bot.sandbox.server import listen, serve_sandbox
from bot.sandbox.synthetic import build

log = structlog.get_logger("serve")


async def serve(settings: Settings, *, sandbox: bool, host: str, port: int) -> None:
    """Serve the bot until it is told to stop; questions in work are finished first.

    Raises:
        ConfigError: a setting that `serve` needs is missing, or the port is taken.
    """
    if not sandbox:
        _require(settings)
    try:
        sock = listen(host, port)
    except OSError as error:
        raise ConfigError(f"--port: {port} cannot be listened on") from error
    async with contextlib.AsyncExitStack() as stack:
        if sandbox:
            settings, _ = await stack.enter_async_context(sandbox_settings(settings))
        bot = await stack.enter_async_context(assemble(settings))
        slack = await stack.enter_async_context(slack_app(bot))
        config = uvicorn.Config(
            web_app(bot, slack=slack), lifespan="off", access_log=False, log_config=None, server_header=False
        )
        log.info("serving", port=sock.getsockname()[1])
        await uvicorn.Server(config).serve(sockets=[sock])


async def serve_payer(port: int, data: Path | None) -> None:
    """Serve the embedded payer until interrupted, and say who can sign in there.

    Raises:
        ConfigError: the port is taken.
    """
    world = load(data, say=print) if data else build()
    try:
        async with serve_sandbox(world, port) as payer:
            print(f"PAYER_FHIR_URL={payer.fhir_url}")  # noqa: T201 -- what the command prints is its result
            print(f"PAYER_AUTHORIZE_URL={payer.authorize_url}\nPAYER_TOKEN_URL={payer.token_url}")  # noqa: T201 -- as above
            print(f"PAYER_CLIENT_ID={payer.client_id}\nPAYER_CLIENT_SECRET={payer.client_secret}")  # noqa: T201 -- as above
            for account in world.accounts.values():
                print(f"sign in as {account.username}: {account.display}. {account.about}", flush=True)  # noqa: T201 -- as above
            await _until_stopped()
    except OSError as error:
        raise ConfigError(f"--port: {port} cannot be listened on") from error


async def _until_stopped() -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    await stopped.wait()


def _require(settings: Settings) -> None:
    for name in ("payer_client_id", "payer_client_secret"):
        if getattr(settings, name) is None:
            raise ConfigError(f"{name.upper()}: required; the payer gives it at registration (`bcbst-bot register`)")
