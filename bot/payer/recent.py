"""What members' questions read in the last two minutes: in memory only, and each link's apart from all others'.

A link's answers go with the link: who still reads for it keeps them nowhere. What carries a sensitivity label is never
kept (T32, T33).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from cachetools import LRUCache

from bot.payer.budget import MIB
from bot.payer.kept import Kept, room_for
from bot.records.sensitivity import may_be_kept

SECONDS = 2 * 60.0
_SETTLED = 2 * SECONDS  # by then all that a question kept is over
_LINKS = 4096
_MOST = 64 * MIB


class Recent:
    """Kept answers by link, all in one room: what was used longest ago makes way."""

    def __init__(self, clock: Callable[[], float], *, most: int = _MOST) -> None:
        self._clock = clock
        self._room = room_for(most, SECONDS, clock)
        self._links: LRUCache[str, Kept] = LRUCache(_LINKS)

    def of(self, link_id: str) -> Kept:
        """What this link's questions have read; empty at first."""
        kept = self._links.get(link_id)
        if kept is None:
            kept = Kept(self._clock, room=self._room, fresh=SECONDS, keeps=may_be_kept, own=True)
            self._links[link_id] = kept
        asyncio.get_running_loop().call_later(_SETTLED, self._room.expire)
        return kept

    def forget(self, link_id: str) -> None:
        """Let go of all that was read for a link, and of what is still under way."""
        kept = self._links.pop(link_id, None)
        if kept is not None:
            kept.end()

    @property
    def size(self) -> int:
        """Bytes that are held now."""
        return int(self._room.currsize)
