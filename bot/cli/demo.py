"""The newcomer's first minute: a scripted conversation over the real path, then a prompt of their own."""

from __future__ import annotations

import sys
from typing import TextIO

from bot.app import Bot
from bot.channels.console import LOCAL, read_lines, run
from bot.cli.browser import Browser
from bot.cli.farewell import until_quit
from bot.cli.rehearsal import link_in, sandbox_settings, with_pages
from bot.config import Settings
from bot.message import Message, OneToOne, Private, Shareable
from bot.replies.plain import plain

MEMBER = "dana"
_BEFORE = ("help", "what did I owe for my last visit")
_AFTER = (
    "and the one before that?",
    "find an in-network cardiologist near 37402 accepting new patients",
    "show more",
    "¿cuánto debo de mi última visita?",
    "unlink",
)
_HERE = OneToOne("console")


async def demo(settings: Settings, out: TextIO = sys.stdout, source: TextIO = sys.stdin) -> None:
    """Play the script, then chat while `source` is a terminal."""
    async with sandbox_settings(settings) as (rehearsal, sandbox), with_pages(rehearsal, any_port=True) as bot:
        show = _Show(bot, out)
        show.aside(f"A made-up payer runs at {sandbox.base_url}; everything below goes over real HTTP.")
        link = None
        for text in _BEFORE:
            link = await show.ask(text) or link
        if link:
            await show.sign_in(link)
        for text in _AFTER:
            await show.ask(text)
        if source.isatty():
            show.aside('Your turn. Ask anything; "quit" ends. Open a link in your browser, and sign in as dana.')
            await run(bot.turn, until_quit(read_lines(source, out), out), out)


class _Show:
    """Prints both sides of the conversation."""

    def __init__(self, bot: Bot, out: TextIO) -> None:
        self._bot, self._out, self._said = bot, out, 0

    async def ask(self, text: str) -> str | None:
        """Say something as the person; the deep link that came back, if one did."""
        self._write(f"You: {text}")
        self._said += 1
        link = None
        async for reply in self._bot.turn.answer(Message(f"demo-{self._said}", LOCAL, _HERE, text)):
            self._reply(reply)
            link = link_in(reply) or link
        return link

    async def sign_in(self, link: str) -> None:
        """Follow the link as the member's browser does, and type its code in the chat."""
        self.aside(f"{MEMBER.title()} opens the link, signs in at the payer's page and allows access.")
        async with Browser() as browser:
            code = await browser.sign_in(link, MEMBER)
        self.aside("The browser shows a code. Only the person in this chat can use it.")
        await self.ask(code)

    def aside(self, text: str) -> None:
        """A stage direction."""
        self._write(f"({text})")

    def _reply(self, reply: Private | Shareable) -> None:
        first, *rest = plain(reply.blocks).splitlines() or [""]
        self._write("\n".join([f"Bot: {first}", *(f"     {line}" for line in rest)]))

    def _write(self, text: str) -> None:
        self._out.write(text + "\n\n")
        self._out.flush()
