"""The console: one line is one message, answered before the next is read."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import TextIO

from bot.channels.base import Answers
from bot.message import Answered, Message, OneToOne, Person
from bot.replies.data import as_data
from bot.replies.plain import drawn

LOCAL = Person("console", "", "", "local", name="you", home="this console")
_HERE = OneToOne("console")
_PROMPT = "> "


async def read_lines(source: TextIO, prompt: TextIO | None = None) -> AsyncIterator[str]:
    """The lines of a file, pipe or terminal without their ends; `prompt` is where to ask for each."""
    while True:
        if prompt is not None:
            prompt.write(_PROMPT)
            prompt.flush()
        line = await _next_line(source)
        if not line:
            return
        yield line.rstrip("\r\n")


async def _next_line(source: TextIO) -> str:
    """A thread reads; a terminal is first waited for, or leaving the bot would wait for that thread to get a line."""
    if source.isatty():
        await _readable(source.fileno())
    return await asyncio.to_thread(source.readline)


async def _readable(terminal: int) -> None:
    ready, loop = asyncio.Event(), asyncio.get_running_loop()
    loop.add_reader(terminal, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(terminal)


async def run(
    answers: Answers,
    lines: AsyncIterator[str],
    out: TextIO,
    *,
    as_json: bool = False,
    person: Person = LOCAL,
) -> None:
    """Answer every line in order, until the lines end. Empty lines count, but are not answered.

    Plain text leaves a blank line after each reply; JSON is one object a line. Each is flushed at once.
    """
    number = 0
    async for line in lines:
        number += 1
        if not line.strip():
            continue
        async for reply in answers.answer(Message(f"line-{number}", person, _HERE, line)):
            write(reply, out, number, as_json=as_json)


def write(reply: Answered, out: TextIO, number: int, *, as_json: bool) -> None:
    """One reply to the message of that number, flushed at once."""
    shown = json.dumps(as_data(reply, number), ensure_ascii=False) if as_json else drawn(reply.blocks) + "\n"
    out.write(shown + "\n")
    out.flush()
