"""The console: one line is one message, answered before the next is read."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import TextIO

from bot.channels.base import Answers
from bot.message import Message, OneToOne, Person
from bot.replies.data import as_data
from bot.replies.plain import plain

LOCAL = Person("console", "", "", "local", name="you", home="this console")
_HERE = OneToOne("console")
_PROMPT = "> "


async def read_lines(source: TextIO, prompt: TextIO | None = None) -> AsyncIterator[str]:
    """The lines of a file or terminal without their ends, read in a thread; `prompt` is where to ask for each."""
    while True:
        if prompt is not None:
            prompt.write(_PROMPT)
            prompt.flush()
        line = await asyncio.to_thread(source.readline)
        if not line:
            return
        yield line.rstrip("\r\n")


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
            shown = json.dumps(as_data(reply, number), ensure_ascii=False) if as_json else plain(reply.blocks) + "\n"
            out.write(shown + "\n")
            out.flush()
