"""The embedded payer on its own, and the settings of a bot that uses it.

Only commands that use the embedded payer import this module.
"""

import asyncio
import contextlib
import json
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TextIO

from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from bot.cli.web_server import listen_for
from bot.config import ClientMethod, Settings, load_day
from bot.errors import ConfigError
from bot.sandbox.app import Sandbox, serve_sandbox
from bot.sandbox.behaviour import Behaviour
from bot.sandbox.data import load
from bot.sandbox.synthetic import build
from bot.sandbox.synthetic.tables import BENEFITS
from bot.sandbox.world import World


def behaviour_of(client_auth: ClientMethod, client_keys: str | None) -> Behaviour:
    """Return the payer's behaviour with this method of client authentication and these public keys of the client.

    Raises:
        ConfigError: the keys are no JWK Set, or are missing for private_key_jwt.
    """
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


async def serve_payer(*, port: int, data: Path | None, client_auth: ClientMethod, client_keys: TextIO | None) -> None:
    """Serve the embedded payer until interrupted. Print its settings and accounts.

    Raises:
        ConfigError: the port is in use, or BOT_TODAY, `data` or `client_keys` are invalid.
    """
    behaviour = behaviour_of(client_auth, client_keys.read() if client_keys else None)
    listen_for("--port", "127.0.0.1", port).close()
    world = load(data, say=print) if data else build(today=load_day().bot_today)
    async with serve_sandbox(world, port, behaviour) as payer:
        settings = (f"{name}={value}" for name, value in payer.environment.items() if name != "PAYER_ISSUER")
        print("\n".join([*settings, *_people_of(world)]), flush=True)  # noqa: T201 -- the command's result
        await _until_stopped()


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


@asynccontextmanager
async def sandbox_settings(settings: Settings, world: World | None = None) -> AsyncIterator[tuple[Settings, Sandbox]]:
    """Start the embedded payer within this context. Yield the settings that use it, and the payer.

    The store is in a temporary folder unless one was set. `world` is the payer's data; by default it is generated for
    the day of the settings, with its benefit table.
    """
    async with contextlib.AsyncExitStack() as stack:
        sandbox = await stack.enter_async_context(serve_sandbox(world or build(today=settings.bot_today)))
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        changes: dict[str, object] = {**sandbox.settings, "payer_directory_url": sandbox.fhir_url}
        if world is None and "bot_benefits" not in settings.model_fields_set:
            changes["bot_benefits"] = BENEFITS
        if "bot_store_url" not in settings.model_fields_set:
            changes["bot_store_url"] = f"sqlite:///{Path(folder) / 'bot.db'}"
        yield Settings(**{**settings.model_dump(exclude_unset=True), **changes}), sandbox
