"""`bcbst-bot chat`: the console channel, against the configured payer or the embedded one."""

from __future__ import annotations

import contextlib
import sys

from bot.app import Bot
from bot.channels.console import LOCAL, read_lines, run, write
from bot.cli.rehearsal import sandbox_settings, sign_in, with_pages
from bot.config import Settings
from bot.conversation.telling import Push
from bot.errors import ConfigError, SignInRefused
from bot.message import Person, Private
from bot.ops.clock import refuse_made_up_day


async def chat(settings: Settings, *, sandbox: bool, member: str | None, as_json: bool) -> None:
    """Talk until the input ends. `member` signs in first, over the pages that a browser would see.

    Raises:
        ConfigError: `member` without the sandbox, or a setting that keeps the bot from starting.
    """
    if member and not sandbox:
        raise ConfigError("--as: only the members of the sandbox can be signed in from here; add --sandbox")
    if not sandbox:
        refuse_made_up_day(settings)
    async with contextlib.AsyncExitStack() as stack:
        if sandbox:
            settings, _ = await stack.enter_async_context(sandbox_settings(settings))
        bot = await stack.enter_async_context(with_pages(settings, any_port=sandbox))
        if member:
            await _sign_in(bot, member)
        bot.push["console"] = _print(as_json=as_json)
        prompt = sys.stdout if sys.stdin.isatty() and not as_json else None
        await run(bot.turn, read_lines(sys.stdin, prompt), sys.stdout, as_json=as_json)


async def _sign_in(bot: Bot, member: str) -> None:
    try:
        await sign_in(bot, LOCAL, member)
    except SignInRefused as error:
        raise ConfigError(f"--as: {member} cannot sign in at the sandbox; `bcbst-bot sandbox` lists who can") from error


def _print(*, as_json: bool) -> Push:
    """Replies to no message, such as a sign-in that was cancelled in the browser: they count as answers to line 0."""

    async def push(_: Person, reply: Private) -> None:
        write(reply, sys.stdout, 0, as_json=as_json)

    return push
