"""Reading a platform's request with a size limit, and the time limit for acknowledging it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from typing import Any, TypeVar

from starlette.requests import Request

Body = Mapping[str, Any]
"""A platform's request, decoded from JSON or a form."""
_LONGEST_NUMBER = 12


async def read_request(request: Request, most: int) -> bytes | None:
    """Return the raw body; None if it is larger than `most` bytes, the most that is ever in memory (T19)."""
    declared = request.headers.get("content-length", "0")
    if not declared.isdecimal() or len(declared) > _LONGEST_NUMBER or int(declared) > most:
        return None
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            return None
    return bytes(body)


T = TypeVar("T")
SECONDS = 2.0  # Slack waits three; what is not acknowledged by then is delivered again


class Acks:
    """Limits the wait for a store before the acknowledgement.

    Late work continues, since a driver may take seconds to fail.
    """

    def __init__(self, seconds: float = SECONDS) -> None:
        self.seconds = seconds
        self._work: set[asyncio.Task[Any]] = set()

    async def within(self, work: Coroutine[Any, Any, T]) -> T:
        """Return the result of `work`.

        Raises:
            TimeoutError: it is not done yet. If it is stored later, the repeated delivery is recognized.
        """
        task = asyncio.create_task(work)
        self._work.add(task)
        task.add_done_callback(self._done)
        done, _ = await asyncio.wait({task}, timeout=self.seconds)
        if not done:
            raise TimeoutError
        return task.result()

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._work.discard(task)
        if not task.cancelled():
            task.exception()  # who waited has read it, or was told that it is late
