"""The console: lines in, replies out, in order."""

import asyncio
import io
import json
import os
from collections.abc import AsyncIterator

from bot.channels.console import read_lines, run
from bot.message import Line, Message, OneToOne, Private, Shareable, Span


class Echo:
    """A turn that answers with what it heard; a line with "twice" gets two replies."""

    def __init__(self) -> None:
        self.heard: list[Message] = []

    async def answer(self, message: Message) -> AsyncIterator[Private | Shareable]:
        """The echo."""
        self.heard.append(message)
        blocks = (Line((Span(message.text, bold=True),)),)
        if "twice" in message.text:
            yield Private(intent="echo", language="en", blocks=blocks, final=False)
        yield Shareable(intent="echo", language="en", blocks=blocks)


async def test_a_line_is_a_message() -> None:
    """Each line is answered in order, from one person in one private place; empty lines are not answered."""
    turn, out = Echo(), io.StringIO()
    await run(turn, read_lines(io.StringIO("one\n\n twice \r\nlast")), out)
    assert out.getvalue() == "one\n\n twice\n\n twice\n\nlast\n\n"
    assert [message.id for message in turn.heard] == ["line-1", "line-3", "line-4"]
    assert {message.person.platform for message in turn.heard} == {"console"}
    assert all(isinstance(message.place, OneToOne) for message in turn.heard)


async def test_json_is_one_object_a_reply() -> None:
    """With JSON, every reply is one line that names the line it answers."""
    out = io.StringIO()
    await run(Echo(), read_lines(io.StringIO("á\n\ntwice\n")), out, as_json=True)
    replies = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [(reply["in_reply_to"], reply["final"]) for reply in replies] == [(1, True), (3, False), (3, True)]
    assert replies[0]["text"] == "á"


async def test_a_terminal_is_asked() -> None:
    """A prompt stands before each line, also before the end of input."""
    prompt = io.StringIO()
    assert [line async for line in read_lines(io.StringIO("a\n"), prompt)] == ["a"]
    assert prompt.getvalue() == "> > "


async def test_a_terminal_can_be_left_while_it_waits() -> None:
    """A line typed on a terminal is read; waiting for the next one ends at once when the bot is stopped."""
    ours, theirs = os.openpty()
    with open(theirs, encoding="utf-8") as terminal, open(ours, "wb", buffering=0) as keyboard:  # noqa: ASYNC230, PTH123 -- a pty has no path
        lines = read_lines(terminal)
        keyboard.write(b"hello\n")
        assert await anext(lines) == "hello"
        waiting = asyncio.ensure_future(anext(lines))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait({waiting})
        assert waiting.cancelled()
