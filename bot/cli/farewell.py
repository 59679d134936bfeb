"""How a conversation on a terminal ends."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TextIO

HINT = 'Ask about your plan or a doctor. "help" says what you can ask; "quit" ends.\n\n'
_GOODBYE = {"quit": "Goodbye.", "exit": "Goodbye.", "salir": "Hasta luego."}


async def until_quit(lines: AsyncIterator[str], out: TextIO) -> AsyncIterator[str]:
    """The lines up to one that only says "quit", "exit" or "salir", which is answered with a good-bye."""
    async for line in lines:
        goodbye = _GOODBYE.get(line.strip().strip(".!/").casefold())
        if goodbye:
            out.write(goodbye + "\n")
            return
        yield line
    if out.isatty():
        out.write("\n")  # the shell's prompt begins a line of its own
