"""`bcbst-bot sandbox`: the embedded payer alone."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

from bot.config import load_day
from bot.errors import ConfigError
from bot.sandbox.data import load
from bot.sandbox.server import serve_sandbox
from bot.sandbox.synthetic import build


async def serve_payer(port: int, data: Path | None) -> None:
    """Serve the embedded payer until interrupted, and say who can sign in there.

    Raises:
        ConfigError: the port is taken, or BOT_TODAY is no date.
    """
    world = load(data, say=print) if data else build(today=load_day().bot_today)
    try:
        async with serve_sandbox(world, port) as payer:
            print(f"PAYER_FHIR_URL={payer.fhir_url}")  # noqa: T201 -- what the command prints is its result
            print(f"PAYER_AUTHORIZE_URL={payer.authorize_url}\nPAYER_TOKEN_URL={payer.token_url}")  # noqa: T201 -- as above
            print(f"PAYER_CLIENT_ID={payer.client_id}\nPAYER_CLIENT_SECRET={payer.client_secret}")  # noqa: T201 -- as above
            for account in {each.username: each for each in world.accounts.values()}.values():
                print(f"sign in as {account.username}: {account.display}. {account.about}")  # noqa: T201 -- as above
            print(f"{sum(1 for _ in world.of_type('Patient'))} patients; Ctrl+C stops", flush=True)  # noqa: T201 -- as above
            await _until_stopped()
    except OSError as error:
        raise ConfigError(f"--port: {port} cannot be listened on") from error


async def _until_stopped() -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    await stopped.wait()
