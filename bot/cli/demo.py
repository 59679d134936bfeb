"""`bcbst-bot demo`: a scripted conversation over the real code path, then a prompt for the user."""

import sys
from pathlib import Path
from typing import TextIO

from bot.app import Bot
from bot.channels.console import LOCAL, read_lines, run
from bot.cli.own_pages import Browser, link_in, with_pages
from bot.cli.rehearsal import sandbox_settings
from bot.cli.terminal import until_quit
from bot.config import Settings
from bot.errors import ConfigError
from bot.message import Message, OneToOne, Private, Shareable
from bot.replies.plain import plain
from bot.sandbox.data import load
from bot.sandbox.synthetic import build
from bot.sandbox.world import Account

_MEMBER = "dana"
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
    account = world.accounts.get(_MEMBER) or next(iter(world.accounts.values()), None)
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
            self._reply(reply)
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

    def _reply(self, reply: Private | Shareable) -> None:
        first, *rest = plain(reply.blocks).splitlines() or [""]
        self._write("\n".join([f"Bot: {first}", *(f"     {line}" for line in rest)]))

    def _write(self, text: str) -> None:
        self._out.write(text + "\n\n")
        self._out.flush()
