"""Commands as an operator starts them, with none of this machine's settings: as processes, or inside this one."""

import asyncio
import contextlib
import gc
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli.cli import main
from bot.config import Settings
from tests.days import DAY
from tests.shipped import shipped_pack
from tests.worlds import world_of

COMMAND = (sys.executable, "-m", "bot")
_OURS = ("BOT_", "PAYER_", "SLACK_", "TEAMS_")
_PATIENCE = 60


def looking() -> Settings:
    """Settings of a bot that serves elsewhere and lets each person ask once a minute."""
    elsewhere = "https://bot.example"
    return Settings(_env_file=None, bot_today=DAY, bot_public_url=elsewhere, bot_questions_per_minute=1)  # type: ignore[call-arg]


def with_shared(patched: pytest.MonkeyPatch) -> None:
    """Commands have the pack and the payer's data that the tests share, in place of new ones for each run."""
    patched.setattr("bot.app.load_pack", lambda *_: shipped_pack())
    patched.setattr("bot.cli.rehearsal.build", lambda **_: world_of(DAY))


def environment(**settings: str) -> dict[str, str]:
    """This process's environment without the bot's settings, but with those given."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    return {**ours, **settings}


def _day(arguments: tuple[str, ...]) -> dict[str, str]:
    """BOT_TODAY for the commands that make up a payer; with a real one it would be refused."""
    return {"BOT_TODAY": str(DAY)} if {"--sandbox", "sandbox", "demo"} & {*arguments} else {}


def run(folder: Path, *arguments: str, said: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
    """A command to its end, with these lines as its input."""
    return subprocess.run(  # noqa: S603 -- our own command
        [*COMMAND, *arguments],
        input=said,
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=folder,
        env=environment(**_day(arguments) | settings),
        timeout=_PATIENCE,
        check=False,
    )


def inside(folder: Path, *arguments: str, said: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
    """The same in this process, with the tests' shared pack; what would be a traceback is raised."""
    without = dict.fromkeys(name for name in os.environ if name.startswith(_OURS))
    with contextlib.chdir(folder), pytest.MonkeyPatch.context() as patched:
        for module in ("app", "pack"):
            patched.setattr(f"bot.{module}.load_pack", lambda *_: shipped_pack())
        done = CliRunner().invoke(main, arguments, input=said, env={**without, **_day(arguments), **settings})
    gc.enable()  # `serve` turns it off until it serves
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return subprocess.CompletedProcess(arguments, done.exit_code, done.stdout, done.stderr)


@asynccontextmanager
async def started(folder: Path, *arguments: str, **settings: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A server command, stopped at the end as a supervisor stops it."""
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=folder,
        env=environment(PYTHONUNBUFFERED="1", **_day(arguments) | settings),
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        await process.communicate()


async def line_with(stream: asyncio.StreamReader | None, part: str) -> str:
    """The first line that holds this."""
    assert stream is not None
    async with asyncio.timeout(_PATIENCE):
        async for line in stream:
            if part in line.decode():
                return line.decode().strip()
    raise AssertionError(f"it ended without saying {part!r}")


def left_in(folder: Path) -> list[str]:
    """The names of what lies in a folder."""
    return sorted(path.name for path in folder.iterdir())
