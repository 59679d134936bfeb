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
from bot.ops import set_up

HINT = 'Ask about your plan or a doctor. "help" says what you can ask; "quit" ends.\n\n'
NOBODY = "?"
"""The value of `--as` without a name."""
_GOODBYE = {"quit": "Goodbye.", "exit": "Goodbye.", "salir": "Hasta luego."}

_SETTING = re.compile(r"[A-Z]+(_[A-Z]+)+: ")
_INTERRUPTED = 130  # 128 and the number of SIGINT, as a shell has it


def open_streams() -> None:
    """Set stdin, stdout and stderr to UTF-8; characters that cannot be decoded or encoded are replaced.

    A terminal keeps its own encoding unless that is ASCII, as in the C locale if Python's UTF-8 mode is off. A closed
    stream becomes an empty one.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115, PTH123 -- until the end
        stream = getattr(sys, name)
        if isinstance(stream, io.TextIOWrapper):
            own = stream.isatty() and codecs.lookup(stream.encoding).name != "ascii"
            stream.reconfigure(encoding=stream.encoding if own else "utf-8", errors="replace")


def own_settings(
    *prefixes: str, serving: bool = False, level: str | None = None, file: str | None = ".env"
) -> Settings:
    """Return this process's settings, and set up logging with `level`, unless BOT_LOG_LEVEL is set.

    With `prefixes`, only invalid settings whose names start with one of them are errors.

    Raises:
        click.ClickException: settings are invalid; the message names them.
    """
    with errors_as_text():
        settings, faults = look_at_settings({"_env_file": file}, serving=serving)
    if told := [fault for fault in faults if fault.startswith(prefixes or "")]:
        raise click.ClickException(as_list(told))
    set_up(level if level and "bot_log_level" not in settings.model_fields_set else settings.bot_log_level)
    return settings


def as_list(faults: list[str]) -> str:
    """Return a single error unchanged, or several errors as a list under a line with their number."""
    if len(faults) == 1:
        return faults[0]
    return "\n".join([f"Fix these {len(faults)} settings:", *(f"  {fault}" for fault in faults)])


def run(job: Coroutine[Any, Any, None], *, until_interrupted: bool = False) -> None:
    """Run a coroutine, on uvloop if that is installed. Exceptions of this program are printed as one line.

    With `until_interrupted`, Ctrl-C is the usual end; otherwise it ends the process with exit status 130.
    """
    from uvicorn.loops.auto import auto_loop_factory  # noqa: PLC0415 -- short commands need no loop

    try:
        with errors_as_text(), asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
            runner.run(job)
    except KeyboardInterrupt:
        if until_interrupted and sys.stdout.isatty():
            click.echo()  # the shell's prompt begins a line of its own
        elif not until_interrupted:
            click.echo("Interrupted.", err=True)
            sys.exit(_INTERRUPTED)


@contextlib.contextmanager
def errors_as_text() -> Iterator[None]:
    """Within this context, turn exceptions of this program into click's, which print the text without a traceback."""
    try:
        yield
    except StoreError as error:
        raise click.ClickException(f"BOT_STORE_URL: {error}") from None
    except BotError as error:
        lines = str(error).splitlines()
        one_each = all(_SETTING.match(line) for line in lines)
        raise click.ClickException(as_list(lines) if one_each else str(error)) from None


@contextlib.asynccontextmanager
async def rehearsed(settings: Settings, *, sandbox: bool) -> AsyncIterator[Settings]:
    """Yield the settings.

    With `sandbox`, start the embedded payer within this context, and yield settings that use it.
    """
    if not sandbox:
        yield settings
        return
    from bot.cli.rehearsal import sandbox_settings  # noqa: PLC0415 -- a real payer needs no made-up one

    async with sandbox_settings(settings) as (changed, _):
        yield changed


async def until_quit(lines: AsyncIterator[str], out: TextIO) -> AsyncIterator[str]:
    """Yield lines until one says only "quit", "exit" or "salir". That line is answered with a good-bye to `out`."""
    async for line in lines:
        goodbye = _GOODBYE.get(line.strip().strip(".!/").casefold())
        if goodbye:
            out.write(goodbye + "\n")
            return
        yield line
    if out.isatty():
        out.write("\n")  # the shell's prompt begins a line of its own
