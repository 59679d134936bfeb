"""How work in hand ends."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any


async def finish(tasks: Iterable[asyncio.Task[Any]], seconds: float) -> None:
    """Wait until the tasks are done, at most this long; what is left then is cancelled, and its end waited for."""
    if not (running := set(tasks)):
        return
    _, late = await asyncio.wait(running, timeout=seconds)
    for task in late:
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)
