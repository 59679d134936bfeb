"""Cache of member reads of the last two minutes, in memory, separate for each link.

A link's answers go with the link: who still reads for it keeps them nowhere. What carries a sensitivity label is never
kept (T32, T33).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from cachetools import LRUCache

from bot.payer.budget import MIB
from bot.payer.response_cache import ResponseCache, room_for
from bot.records.sensitivity import may_be_kept

SECONDS = 2 * 60.0
_LINKS = 4096
_MOST = 64 * MIB


class MemberCache:
    """Response caches by link and person, over one store of limited size. The least recently used entry is dropped."""

    def __init__(self, clock: Callable[[], float], *, most: int = _MOST) -> None:
        self._clock = clock
        self._room = room_for(most, SECONDS, clock)
        self._links: LRUCache[str, dict[str, ResponseCache]] = LRUCache(_LINKS)
        self._sweep: asyncio.TimerHandle | None = None
        self._asked = False

    def of(self, link_id: str, patient: str = "") -> ResponseCache:
        """What this link's questions about one person have read; empty at first. A link may open several records."""
        people = self._links.get(link_id)
        if people is None:
            people = self._links[link_id] = {}
        kept = people.get(patient)
        if kept is None:
            kept = people[patient] = ResponseCache(
                self._clock, room=self._room, fresh=SECONDS, keeps=may_be_kept, own=True
            )
        self._asked = True
        if self._sweep is None:
            self._sweep = asyncio.get_running_loop().call_later(SECONDS, self._swept)
        return kept

    def _swept(self) -> None:
        """Drop expired entries, and run again while there are more. One timer serves all questions."""
        self._room.expire()
        more, self._asked = self._asked or bool(self._room), False  # who asked lately may be reading still
        self._sweep = asyncio.get_running_loop().call_later(SECONDS, self._swept) if more else None

    def forget(self, link_id: str) -> None:
        """Drop everything that was read for a link. Calls in flight are not kept either."""
        for kept in self._links.pop(link_id, {}).values():
            kept.end()

    @property
    def size(self) -> int:
        """Bytes that are held now."""
        return int(self._room.currsize)
