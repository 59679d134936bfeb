"""`bcbst-bot sandbox`: the embedded payer on its own."""

import asyncio
import json
import signal
from collections.abc import Iterator
from pathlib import Path

from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from bot.cli.ports import listen_for
from bot.config import ClientMethod, load_day
from bot.errors import ConfigError
from bot.sandbox.app import Sandbox, serve_sandbox
from bot.sandbox.behaviour import Behaviour
from bot.sandbox.data import load
from bot.sandbox.synthetic import build
from bot.sandbox.world import World


def behaviour_of(client_auth: ClientMethod, client_keys: str | None) -> Behaviour:
    """Return the payer's behaviour: client authentication and an app's keys; ConfigError without a valid JWK Set."""
    if client_keys is None:
        if client_auth == "private_key_jwt":
            raise ConfigError("--client-keys: needed with private_key_jwt (`bcbst-bot keys jwks` prints them)")
        return Behaviour(client_auth=client_auth)
    try:
        keys = json.loads(client_keys)
        KeySet.import_key_set(keys)
    except (ValueError, KeyError, TypeError, JoseError):
        raise ConfigError("--client-keys: is no JWK Set, as `bcbst-bot keys jwks` prints one") from None
    return Behaviour(client_auth=client_auth, client_keys=keys)


async def serve_payer(port: int, data: Path | None, behaviour: Behaviour) -> None:
    """Serve the payer until interrupted, and print the accounts; ConfigError for a port in use or a wrong BOT_TODAY."""
    listen_for("--port", "127.0.0.1", port).close()
    world = load(data, say=print) if data else build(today=load_day().bot_today)
    async with serve_sandbox(world, port, behaviour) as payer:
        print("\n".join([*_settings_of(payer), *_people_of(world)]), flush=True)  # noqa: T201 -- the command's result
        await _until_stopped()


def _settings_of(payer: Sandbox) -> Iterator[str]:
    """Yield the settings of a bot that uses this payer."""
    yield from (f"{name}={value}" for name, value in payer.environment.items() if name != "PAYER_ISSUER")


def _people_of(world: World) -> Iterator[str]:
    for account in {each.username: each for each in world.accounts.values()}.values():
        yield f"sign in as {account.username}: {account.display}. {account.about}"
    yield f"{sum(1 for _ in world.of_type('Patient'))} patients; Ctrl-C stops"


async def _until_stopped() -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    await stopped.wait()
