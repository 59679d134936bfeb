"""The sign-in pages for a chat in this terminal, and the sign-in of members over them by real HTTP."""

import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from bot.app import Bot, assemble, web_app
from bot.cli.browser import Browser
from bot.cli.ports import free_near, is_foreign, why_not
from bot.config import Settings
from bot.errors import ConfigError, SignInRefused
from bot.message import Actions, Message, OneToOne, Person, Reply
from bot.serving import listen, running


@asynccontextmanager
async def with_pages(settings: Settings, *, any_port: bool) -> AsyncIterator[Bot]:
    """Yield the bot with its sign-in pages at BOT_PUBLIC_URL, or at `any_port`; ConfigError if it cannot be had."""
    parts = urlsplit(settings.bot_public_url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        sock = listen(parts.hostname or "127.0.0.1", port)
    except OSError as error:
        if not any_port or "bot_public_url" in settings.model_fields_set:
            raise ConfigError(f"BOT_PUBLIC_URL: {_way_out(error, parts.hostname or '', port)}") from error
        sock = listen()
        address = f"http://127.0.0.1:{sock.getsockname()[1]}"
        settings = settings.model_copy(update={"bot_public_url": address})
    with contextlib.closing(sock):
        async with assemble(settings) as bot, running(web_app(bot), sock):
            yield bot


def _way_out(error: OSError, host: str, port: int) -> str:
    """Return why the sign-in pages cannot be served at that address, and what to do."""
    if is_foreign(error):
        return f"{host} is no address of this machine, and sign-in comes back there; unset it to chat here"
    another = f"http://127.0.0.1:{free_near('127.0.0.1', port)}"
    return (
        f"{why_not(error, port)}, and sign-in comes back there; stop that program, or set BOT_PUBLIC_URL={another} "
        "and have the payer register its callback"
    )


def link_in(reply: Reply) -> str | None:
    """Return the address of the reply's deep link, None if it has none."""
    for block in reply.blocks:
        for action in block.buttons if isinstance(block, Actions) else ():
            if action.id == "link":
                return action.url
    return None


async def sign_in(bot: Bot, person: Person, username: str) -> list[Reply]:
    """Connect a sandbox member as a person does, and return the replies to the code; SignInRefused if not."""
    links = [link async for reply in _say(bot, person, "link") if (link := link_in(reply))]
    if not links:
        raise SignInRefused("the bot gave no link")
    async with Browser() as browser:
        code = await browser.sign_in(links[-1], username)
    return [reply async for reply in _say(bot, person, code)]


async def _say(bot: Bot, person: Person, text: str) -> AsyncIterator[Reply]:
    async for reply in bot.turn.answer(Message("rehearsal", person, OneToOne("console"), text)):
        yield reply
