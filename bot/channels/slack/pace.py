"""How fast Slack may be written to: about one message a second a channel."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from cachetools import TTLCache

SECONDS = 1.0
_MOST_CHANNELS = 10_000


class ChannelRateLimit:
    """Hands out turns, each a second after the channel's last one."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._clock, self._pause = clock, pause
        self._free: TTLCache[str, float] = TTLCache(_MOST_CHANNELS, 60, timer=clock)

    async def turn(self, channel: str) -> None:
        """Wait until the channel may be written to again."""
        now = self._clock()
        at = max(now, self._free.get(channel, now))
        self._free[channel] = at + SECONDS
        if at > now:
            await self._pause(at - now)

    def note(self, channel: str) -> None:
        """Something is written at once; the next turn comes a second later."""
        self._free[channel] = max(self._clock(), self._free.get(channel, 0.0)) + SECONDS
