"""Retry-After times for each server, shared by all processes that use a store (F19)."""

import contextlib
import time
from collections.abc import Callable

from bot.errors import StoreError
from bot.stores.base import Store

_KIND, _FOR = "payer_wait", "payer_wait_for"


class StoredWaits:
    """Seconds to wait for each origin. If the store cannot be used, each process only knows its own waits."""

    def __init__(self, store: Store, clock: Callable[[], float] = time.time) -> None:
        self._store, self._clock = store, clock

    async def left(self, origin: str) -> float:
        """Return the seconds until requests to the origin may be sent; 0 if there is no wait."""
        with contextlib.suppress(StoreError):
            until, seconds = await self._store.several((_KIND, origin), (_FOR, origin))
            if until:  # a clock that went back makes no wait longer than it was told
                return max(0.0, min(float(until) - self._clock(), float(seconds or "inf")))
        return 0.0

    async def keep(self, origin: str, seconds: float) -> None:
        """Store a Retry-After for all processes, unless a longer one is stored."""
        if seconds <= await self.left(origin):
            return
        until = self._clock() + seconds
        with contextlib.suppress(StoreError):
            await self._store.put(_FOR, origin, str(seconds).encode(), expires=until)
            await self._store.put(_KIND, origin, str(until).encode(), expires=until)
