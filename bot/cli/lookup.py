"""`bcbst-bot lookup`: a long list of names or NPIs checked against a network, part by part, into a CSV file.

Each part is asked as a message in a chat is, so a row says what the bot says there. A run that was ended goes on where
it stopped: lines that the file has already are not asked again.
"""

from __future__ import annotations

import contextlib
import csv
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx

from bot.app import Bot, assemble, web_app
from bot.cli.rehearsal import sandbox_settings
from bot.config import Settings
from bot.errors import ConfigError
from bot.message import Actions, Message, OneToOne, Person, Reply
from bot.replies.plain import plain
from bot.sandbox.server import listen, running

MOST = 5_000  # lines of a file
_PART = 25  # as many as one message asks
_BYTES = 1024 * 1024
_SECONDS = 10.0
_HERE = OneToOne("lookup")


def lines_of(file: Path) -> tuple[str, ...]:
    """The names and numbers of a file, a line each, in their order: without blanks and without those seen before.

    Raises:
        ConfigError: it cannot be read, is no UTF-8 text, is empty, or holds more than `MOST`.
    """
    try:
        if file.stat().st_size > _BYTES:
            raise ConfigError(f"{file.name}: larger than 1 MB; give at most {MOST:,} lines, one name or NPI each")
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigError(f"{file.name}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{file.name}: is no UTF-8 text; save it as UTF-8, one name or NPI a line") from None
    lines = tuple(dict.fromkeys(filter(None, (" ".join(line.split()) for line in text.splitlines()))))
    if not lines:
        raise ConfigError(f"{file.name}: holds no names; write one name or NPI a line")
    if len(lines) > MOST:
        raise ConfigError(f"{file.name}: holds {len(lines):,} names; at most {MOST:,} are checked in one go")
    return lines


async def look_up(settings: Settings, file: Path, network: str, out: Path, *, sandbox: bool) -> int:
    """Check the lines of a file against a network; how many rows the answer file has in the end for them.

    Raises:
        ConfigError: the file is none, the network is unknown, or the directory cannot be asked.
    """
    lines = lines_of(file)
    there = _asked_before(out)
    left = [line for line in lines if line not in there]
    if not left:
        return len(lines)
    async with contextlib.AsyncExitStack() as stack:
        if sandbox:
            settings, _ = await stack.enter_async_context(sandbox_settings(settings))
        # Its documents are fetched from here, whatever BOT_PUBLIC_URL says: that address may be served already.
        sock = stack.enter_context(contextlib.closing(listen()))
        here = {"bot_public_url": f"http://127.0.0.1:{sock.getsockname()[1]}"}
        bot = await stack.enter_async_context(assemble(settings.model_copy(update=here)))
        await stack.enter_async_context(running(web_app(bot), sock))
        await _in_parts(bot, left, network, out)
    return len(lines)


async def _in_parts(bot: Bot, lines: Sequence[str], network: str, out: Path) -> None:
    async with httpx.AsyncClient(timeout=_SECONDS, trust_env=False) as web:  # it asks this machine alone
        for number, part in enumerate(_parts(lines)):
            text = "\n".join((f"are these in {network}?", *(f"- {line}" for line in part)))
            # One question for each part, and nobody else waits: a person's limit in a chat is not for this.
            person = Person("console", "", "", f"lookup-{number}")
            message = Message(person.user, person, _HERE, text)
            replies = [reply async for reply in bot.turn.answer(message)]
            address = next((url for reply in replies if (url := _document_in(reply))), None)
            if address is None:
                raise ConfigError(plain(replies[-1].blocks).split("\n")[0] if replies else "no answer came")
            answer = await web.get(address, params={"as": "csv"})
            _append(out, answer.text.removeprefix("\ufeff"))
            print(f"{min((number + 1) * _PART, len(lines))} of {len(lines)} checked", file=sys.stderr, flush=True)  # noqa: T201 -- progress, for who waits


def _parts(lines: Sequence[str]) -> Iterator[Sequence[str]]:
    """Parts of at least two lines, as a message with a list has."""
    for at in range(0, len(lines), _PART):
        part = lines[at : at + _PART]
        yield part if len(part) > 1 else (*part, *part)


def _document_in(reply: Reply) -> str | None:
    buttons = (one for block in reply.blocks if isinstance(block, Actions) for one in block.buttons)
    return next((one.url for one in buttons if one.id == "document"), None)


def _asked_before(out: Path) -> set[str]:
    """What the answer file says in its first column; nothing where there is no such file.

    Raises:
        ConfigError: it is no answer file of ours.
    """
    if not out.exists():
        return set()
    try:
        with out.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(f"{out.name}: cannot be gone on with ({type(error).__name__}); name another file") from None
    if rows and len(rows[0]) < 2:  # noqa: PLR2004 -- ours has eleven columns
        raise ConfigError(f"{out.name}: is no answer file of this command; name another file")
    return {row[0].removeprefix("'") for row in rows[1:] if row}


def _append(out: Path, text: str) -> None:
    """Add a part's rows; its first line, the header, only to a new file."""
    new = not out.exists()
    body = text if new else text.partition("\r\n")[2]
    with out.open("a", encoding="utf-8-sig" if new else "utf-8", newline="") as file:
        file.write(body)
