"""`python -m tests.coming`: every service with every fact that may be asked of it, and what the replies lack.

A row is a service, a column a fact: how many of the ways to ask it are answered. Below are the questions that are not.
"""

import asyncio
import sys
import tempfile
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path

from bot.sandbox.app import serve_sandbox
from tests.coming.coming import Cell, faults, matrix
from tests.stage import TODAY, Stage, serving_bot
from tests.worlds import world_of


async def _asked() -> dict[Cell, list[str]]:
    async with AsyncExitStack() as stack:
        world = world_of(TODAY)
        sandbox = await stack.enter_async_context(serve_sandbox(world))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        bot = await stack.enter_async_context(serving_bot(sandbox, folder / "coming.db"))
        talk = Stage(world, sandbox, {"dm": bot}).somebody()
        await talk.connect("dana")
        return {cell: await faults(talk, cell) for cell in matrix().cells()}


def main() -> int:
    """Print the table; 1 when any question is not answered."""
    found = asyncio.run(_asked())
    right = Counter((cell.service, cell.fact) for cell, wrong in found.items() if not wrong)
    facts = list(matrix().facts)
    _say(" " * 24 + " ".join(fact[:9].ljust(9) for fact in facts))
    for service in matrix().services:
        _say(service.ljust(24) + " ".join(str(right[service, fact]).ljust(9) for fact in facts))
    for cell, wrong in found.items():
        if wrong:
            _say(f"{cell.said}: {', '.join(wrong)}")
    kinds = Counter(fault for wrong in found.values() for fault in wrong)
    _say(f"{sum(right.values())} of {len(found)} answered; {dict(kinds)}")
    return 0 if sum(right.values()) == len(found) else 1


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    raise SystemExit(main())
