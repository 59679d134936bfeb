"""A value that parallel callers fetch once. A success is kept for a day, a failure for five minutes (F35)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")
DAY = 24 * 60 * 60.0
AGAIN = 5 * 60.0


class SingleFlight(Generic[T]):
    """Keeps the last good value. `fetch` returns None when the source is down or wrong; then the old value stays."""

    def __init__(self, clock: Callable[[], float], fetch: Callable[[], Awaitable[T | None]]) -> None:
        self._clock, self._fetch = clock, fetch
        self._value: T | None = None
        self._until = 0.0
        self._asked = False
        self._lock = asyncio.Lock()
        self.healthy = True

    async def get(self) -> T | None:
        """The value; None when it never came. Parallel callers share one fetch."""
        async with self._lock:
            if not self._asked or self._clock() >= self._until:
                fresh = await self._fetch()
                self._asked, self.healthy = True, fresh is not None
                self._value = fresh if fresh is not None else self._value
                self._until = self._clock() + (DAY if self.healthy else AGAIN)
            return self._value
