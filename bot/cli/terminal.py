"""Code shared by all commands: streams, help, settings, and errors as single lines."""

import asyncio
import codecs
import contextlib
import io
import os
import re
import sys
from collections.abc import AsyncIterator, Coroutine, Iterator
from typing import Any, TextIO

import click

from bot.config import Settings, look_at_settings
from bot.errors import BotError, StoreError
from bot.ops.log import set_up

HINT = 'Ask about your plan or a doctor. "help" says what you can ask; "quit" ends.\n\n'
NOBODY = "?"
"""The value of `--as` without a name."""
_GOODBYE = {"quit": "Goodbye.", "exit": "Goodbye.", "salir": "Hasta luego."}

_LAST_PORT = 65_535
_SETTING = re.compile(r"[A-Z]+(_[A-Z]+)+: ")
_INTERRUPTED = 130  # 128 and the number of SIGINT, as a shell has it


class ShownCommand(click.Command):
    """A command whose first sentence is shown in full in the list of commands."""

    def get_short_help_str(self, limit: int = 45) -> str:  # noqa: ARG002 -- nothing is cut
        """Return the first paragraph of the help text."""
        return " ".join((self.help or "").partition("\n\n")[0].split())


class ShownGroup(ShownCommand, click.Group):
    """A group of such commands."""

    command_class = ShownCommand
    group_class = type


def open_streams() -> None:
    """Set all streams to UTF-8, also in the C locale; undecodable and unencodable characters are replaced.

    Python would use ASCII there if its UTF-8 mode is off, and fail on the first accent. A closed stream becomes an
    empty one.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115, PTH123 -- until the end
        _take_any_letter(getattr(sys, name))


def _take_any_letter(stream: TextIO) -> None:
    if isinstance(stream, io.TextIOWrapper):
        own = stream.isatty() and codecs.lookup(stream.encoding).name != "ascii"
        stream.reconfigure(encoding=stream.encoding if own else "utf-8", errors="replace")


def own_settings(*, serving: bool = False, level: str | None = None, file: str | None = ".env") -> Settings:
    """Return this process's settings, and set up logging from `level` on; click.ClickException names invalid ones."""
    with told():
        settings, faults = look_at_settings({"_env_file": file}, serving=serving)
    if faults:
        raise click.ClickException(listed(faults))
    set_up(level if level and "bot_log_level" not in settings.model_fields_set else settings.bot_log_level)
    return settings


def settings_of(*prefixes: str) -> Settings:
    """Return this process's settings; click.ClickException names those with these prefixes that are invalid."""
    with told():
        settings, faults = look_at_settings()
    if of_these := [fault for fault in faults if fault.startswith(prefixes)]:
        raise click.ClickException(listed(of_these))
    return settings


def listed(faults: list[str]) -> str:
    """Return a single error unchanged, or several as a list with their number."""
    if len(faults) == 1:
        return faults[0]
    return "\n".join([f"Fix these {len(faults)} settings:", *(f"  {fault}" for fault in faults)])


def run(job: Coroutine[Any, Any, None], *, until_interrupted: bool = False) -> None:
    """Run a command, on uvloop if installed; errors become a line, and Ctrl-C may be the end (`until_interrupted`)."""
    from uvicorn.loops.auto import auto_loop_factory  # noqa: PLC0415 -- short commands need no loop

    try:
        with told(), asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
            runner.run(job)
    except KeyboardInterrupt:
        if until_interrupted and sys.stdout.isatty():
            click.echo()  # the shell's prompt begins a line of its own
        elif not until_interrupted:
            click.echo("Interrupted.", err=True)
            sys.exit(_INTERRUPTED)


@contextlib.contextmanager
def told() -> Iterator[None]:
    """Print the text of an error of this program, without a traceback."""
    try:
        yield
    except StoreError as error:
        raise click.ClickException(f"BOT_STORE_URL: {error}") from None
    except BotError as error:
        lines = str(error).splitlines()
        one_each = all(_SETTING.match(line) for line in lines)
        raise click.ClickException(listed(lines) if one_each else str(error)) from None


class Port(click.ParamType):  # type: ignore[type-arg] # generic from click 8.4 on
    """A port of this machine."""

    name = "port"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number, or raise click's error."""
        text = str(value)
        if not text.isascii() or not text.isdecimal() or int(text) > _LAST_PORT:
            self.fail(f"{text} is no port: give a number from 0 to {_LAST_PORT}; 0 takes a free one.", param, ctx)
        return int(text)


@contextlib.asynccontextmanager
async def rehearsed(settings: Settings, *, sandbox: bool) -> AsyncIterator[Settings]:
    """Yield the settings, in a `sandbox` with the embedded payer, which runs within this context."""
    if not sandbox:
        yield settings
        return
    from bot.cli.rehearsal import sandbox_settings  # noqa: PLC0415 -- a real payer needs no made-up one

    async with sandbox_settings(settings) as (changed, _):
        yield changed


async def until_quit(lines: AsyncIterator[str], out: TextIO) -> AsyncIterator[str]:
    """Yield the lines before one that says only "quit", "exit" or "salir", which is answered with a good-bye."""
    async for line in lines:
        goodbye = _GOODBYE.get(line.strip().strip(".!/").casefold())
        if goodbye:
            out.write(goodbye + "\n")
            return
        yield line
    if out.isatty():
        out.write("\n")  # the shell's prompt begins a line of its own
