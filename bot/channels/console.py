"""The console: each line is one message, answered before the next is read."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import TextIO

from bot.channels.base import Answers
from bot.message import Answered, Message, OneToOne, Person
from bot.replies.plain import as_data, drawn

LOCAL = Person("console", "", "", "local", name="you", home="this console")
_HERE = OneToOne("console")
_PROMPT = "> "


async def read_lines(source: TextIO, prompt: TextIO | None = None) -> AsyncIterator[str]:
    """Yield the lines of a file, pipe or terminal without line ends. A prompt for each is printed to `prompt`."""
    while True:
        if prompt is not None:
            prompt.write(_PROMPT)
            prompt.flush()
        if source.isatty():  # read in a thread, but only once it has input, so that the bot can stop
            await _readable(source.fileno())
        line = await asyncio.to_thread(source.readline)
        if not line:
            return
        yield line.rstrip("\r\n")


async def _readable(terminal: int) -> None:
    ready, loop = asyncio.Event(), asyncio.get_running_loop()
    loop.add_reader(terminal, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(terminal)


async def run(answers: Answers, lines: AsyncIterator[str], out: TextIO, *, as_json: bool = False) -> None:
    """Answer each line in order until the lines end. Empty lines are counted, but not answered.

    As plain text, each reply is followed by a blank line; as JSON, each reply is one object on a line. Each reply is
    flushed at once.
    """
    number = 0
    async for line in lines:
        number += 1
        if not line.strip():
            continue
        async for reply in answers.answer(Message(f"line-{number}", LOCAL, _HERE, line)):
            write(reply, out, number, as_json=as_json)


def write(reply: Answered, out: TextIO, number: int, *, as_json: bool) -> None:
    """Write one reply, and flush it. `number` is the number of the message that the reply answers."""
    shown = json.dumps(as_data(reply, number), ensure_ascii=False) if as_json else drawn(reply.blocks) + "\n"
    out.write(shown + "\n")
    out.flush()
