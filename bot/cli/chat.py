"""`bcbst-bot chat`: the console channel, with the configured payer or the embedded one."""

import difflib
import sys

from bot.channels.console import LOCAL, read_lines, run, write
from bot.cli.own_pages import sign_in, with_pages
from bot.cli.terminal import HINT, NOBODY, rehearsed, until_quit
from bot.config import Settings
from bot.conversation.reminding import Push
from bot.errors import ConfigError
from bot.message import Person, Private


async def chat(settings: Settings, *, sandbox: bool, member: str | None, as_json: bool) -> None:
    """Chat in the terminal until the input ends or a line says "quit". With `member`, that member is signed in first.

    Raises:
        ConfigError: there is no such member, or the payer is a real one.
    """
    if member and member != NOBODY and not sandbox:
        raise ConfigError("--as: only the made-up payer's members can be signed in from here; add --sandbox")
    username = account_named(member) if member else None
    async with rehearsed(settings, sandbox=sandbox) as payer, with_pages(payer, any_port=sandbox) as bot:
        if username:
            await sign_in(bot, LOCAL, username)
        bot.reach.push["console"] = _print(as_json=as_json)
        prompt = sys.stdout if sys.stdin.isatty() and not as_json else None
        if prompt:
            prompt.write(f"{f'You are signed in as {username}. ' if username else ''}{HINT}")
        lines = read_lines(sys.stdin, prompt)
        await run(bot.turn, lines if as_json else until_quit(lines, sys.stdout), sys.stdout, as_json=as_json)


def _print(*, as_json: bool) -> Push:
    """Return the function that prints replies nobody asked for, such as after a cancelled sign-in.

    They are printed as answers to the message with the number 0.
    """

    async def push(_: Person, reply: Private) -> None:
        write(reply, sys.stdout, 0, as_json=as_json)

    return push


def account_named(name: str) -> str:
    """Return the user name of a synthetic member; upper and lower case do not matter.

    Raises:
        ConfigError: there is no such member; the message lists all members.
    """
    from bot.sandbox.synthetic.members import members  # noqa: PLC0415 -- only who asks for a member reads them

    about = {member.username: member.about for member in members() if member.username}
    wanted = name.strip().lower()
    if wanted in about:
        return wanted
    near = difflib.get_close_matches(wanted, about, n=1)
    head = "give one of these names" if name == NOBODY else f"the made-up payer has no member {name}"
    head += f"; did you mean {near[0]}?" if near else ":" if name == NOBODY else "; it has these:"
    width = max(map(len, about))
    raise ConfigError("\n".join([f"--as: {head}", *(f"  {one:<{width}}  {told}" for one, told in about.items())]))
