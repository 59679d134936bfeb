"""The embedded payer on its own, the settings of a bot that uses it, and `bcbst-bot demo`: a scripted conversation.

The conversation runs over the real code path, with a prompt for the user at its end. Only commands that use the
embedded payer import this module.
"""

import asyncio
import contextlib
import json
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TextIO

from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from bot.app import Bot
from bot.channels.console import LOCAL, read_lines, run
from bot.cli.chat import Browser, link_in, with_pages
from bot.cli.terminal import until_quit
from bot.config import ClientMethod, Settings, load_day
from bot.errors import ConfigError
from bot.message import Message, OneToOne
from bot.replies.plain import plain
from bot.sandbox.app import Sandbox, serve_sandbox
from bot.sandbox.behaviour import Behaviour
from bot.sandbox.data import load
from bot.sandbox.synthetic import build
from bot.sandbox.synthetic.tables import BENEFITS
from bot.sandbox.world import Account, World
from bot.serving import listen_for


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
        told = [f"{name}={value}" for name, value in payer.environment.items() if name != "PAYER_ISSUER"]
        people = {each.username: each for each in world.accounts.values()}.values()
        told += [f"sign in as {one.username}: {one.display}. {one.about}" for one in people]
        told.append(f"{sum(1 for _ in world.of_type('Patient'))} patients; Ctrl-C stops")
        print("\n".join(told), flush=True)  # noqa: T201 -- the command's result
        stopped, loop = asyncio.Event(), asyncio.get_running_loop()
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


_BEFORE = ("help", "what did I owe for my last visit")
_AFTER = (
    "and the one before that?",
    "find an in-network cardiologist near {place} accepting new patients",
    "only women",
    "¿cuánto debo de mi última visita?",
    "unlink",
)
_HERE = OneToOne("console")


async def demo(
    settings: Settings, out: TextIO = sys.stdout, source: TextIO = sys.stdin, data: Path | None = None
) -> None:
    """Play the script. If `source` is a terminal, let the user chat afterwards.

    The payer serves the FHIR data in the folder `data`, or synthetic data of Tennessee by default.

    Raises:
        ConfigError: no person in `data` can sign in.
    """
    world = load(data, say=lambda line: print(line, file=out)) if data else build(today=settings.bot_today)
    account = world.accounts.get("dana") or next(iter(world.accounts.values()), None)
    if account is None:
        raise ConfigError(f"--data: no Patient in {data}")
    async with sandbox_settings(settings, world) as (rehearsal, sandbox), with_pages(rehearsal, any_port=True) as bot:
        show, place = _Show(bot, out, account), bot.pack.engine.lexicon.area.example
        show.aside(f"A made-up payer runs at {sandbox.base_url}; everything below goes over real HTTP.")
        link = None
        for text in _BEFORE:
            link = await show.ask(text) or link
        if link:
            await show.sign_in(link)
        for text in _AFTER:
            await show.ask(text.format(place=place))
        if source.isatty():
            name = account.username
            show.aside(f'Your turn. Ask anything; "quit" ends. Open a link in your browser, and sign in as {name}.')
            await run(bot.turn, until_quit(read_lines(source, out), out), out)


class _Show:
    """Holds a conversation with the bot, and prints both sides."""

    def __init__(self, bot: Bot, out: TextIO, account: Account) -> None:
        self._bot, self._out, self._account, self._said = bot, out, account, 0

    async def ask(self, text: str) -> str | None:
        """Send a message as the person, and print the replies. Return the URL to sign in, None if no reply has one."""
        self._write(f"You: {text}")
        self._said += 1
        link = None
        async for reply in self._bot.turn.answer(Message(f"demo-{self._said}", LOCAL, _HERE, text)):
            first, *rest = plain(reply.blocks).splitlines() or [""]
            self._write("\n".join([f"Bot: {first}", *(f"     {line}" for line in rest)]))
            link = link_in(reply) or link
        return link

    async def sign_in(self, link: str) -> None:
        """Sign the member in as their browser would do, and send the code to the bot."""
        first, *_ = self._account.display.split()
        self.aside(f"{first} opens the link, signs in at the payer's page and allows access.")
        async with Browser() as browser:
            code = await browser.sign_in(link, self._account.username)
        self.aside("The browser shows a code. Only the person in this chat can use it.")
        await self.ask(code)

    def aside(self, text: str) -> None:
        """Print an explanation of what happens, in parentheses."""
        self._write(f"({text})")

    def _write(self, text: str) -> None:
        self._out.write(text + "\n\n")
        self._out.flush()
