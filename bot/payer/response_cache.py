"""Responses cached in memory, with one call in flight for equal requests.

Those of the open directory are fresh for 15 minutes; older ones are used if the payer is down. A member's are cached
for two minutes, separately for each link, and never if labelled as sensitive (`MemberCache`, T32, T33).
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TypeVar

import httpx
import msgspec
from cachetools import LRUCache, TTLCache

from bot.errors import PayerBusy, PayerDown, PayerMaintenance, PayerSlow
from bot.payer.budget import MIB, Budget
from bot.records.shapes import labels_of

FRESH = 15 * 60.0
OLDEST = 24 * 60 * 60.0
_MOST = 32 * MIB


T = TypeVar("T")
Read = Callable[[httpx.Response], T]


class _Cached(msgspec.Struct, frozen=True):
    response: httpx.Response
    at: float
    moment: datetime


CachedResponses = TTLCache[tuple[object, str], _Cached]


def room_for(most: int, seconds: float, clock: Callable[[], float]) -> CachedResponses:
    """Return a cache of at most this many bytes and seconds. The least recently used response is dropped first."""
    return TTLCache(most, seconds, clock, lambda kept: len(kept.response.content) + 1024)


class ResponseCache:
    """Responses by URL. Only valid ones are cached: after a refusal or a damaged body the request is sent again.

    Within `fresh` seconds they replace a call; later, while they are in `room`, only a failed one. Several caches may
    share a room without access to each other's entries. `keeps` returns whether a body may be cached, and `own` says
    that the responses are a member's.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        room: CachedResponses | None = None,
        fresh: float = FRESH,
        keeps: Callable[[bytes], bool] = lambda _body: True,
        own: bool = False,
    ) -> None:
        self._clock, self._keeps, self._own, self._fresh = clock, keeps, own, fresh
        self._answers: CachedResponses = room_for(_MOST, OLDEST, clock) if room is None else room
        self._flights: dict[str, asyncio.Event] = {}
        self._ended = False

    def end(self) -> None:
        """Drop everything. Calls in flight are not cached either."""
        self._ended = True
        for key in [key for key in self._answers if key[0] is self]:
            self._answers.pop(key, None)

    async def ask(
        self, key: str, budget: Budget, read: Read[T], fetch: Callable[[], Awaitable[tuple[httpx.Response, T]]]
    ) -> T:
        """Return what `read` makes of a fresh cached response, else of the one that `fetch` returns with its reading.

        An old response is used if the payer is down. Equal keys share one call. Cached responses cost the budget
        neither pages nor bytes.
        """
        flight = self._flights.get(key)
        if flight is not None:
            await flight.wait()
        kept = self._answers.get((self, key))
        if kept is not None and self._clock() - kept.at < self._fresh:
            return self._again(kept, budget, read, stale=False)
        mine = self._flights.setdefault(key, asyncio.Event())
        try:
            response, result = await fetch()
            body = response.content
            if not self._ended and len(body) < self._answers.maxsize // 8 and self._keeps(body):
                self._answers[self, key] = _Cached(response, self._clock(), datetime.now(UTC))
        except (PayerBusy, PayerDown, PayerMaintenance, PayerSlow):
            old = self._answers.get((self, key))
            if old is None:
                raise
            return self._again(old, budget, read, stale=True)
        else:
            return result
        finally:
            self._flights.pop(key, None)
            mine.set()

    def _again(self, kept: _Cached, budget: Budget, read: Read[T], *, stale: bool) -> T:
        with budget.kept(kept.moment, self._clock() - kept.at, stale=stale, own=self._own):
            return read(kept.response)


OWN_SECONDS = 2 * 60.0
_LINKS = 4096
_MOST_OWN = 64 * MIB


class MemberCache:
    """Response caches by link and person, in one room of limited size. The least recently used entry is dropped.

    A link's responses are dropped with the link; requests still in flight then are not cached.
    """

    def __init__(self, clock: Callable[[], float], *, most: int = _MOST_OWN) -> None:
        self._clock = clock
        self._room = room_for(most, OWN_SECONDS, clock)
        self._links: LRUCache[str, dict[str, ResponseCache]] = LRUCache(_LINKS)
        self._sweep: asyncio.TimerHandle | None = None
        self._asked = False

    def of(self, link_id: str, patient: str = "") -> ResponseCache:
        """Return the cache of this link for one person, empty at first. A link may give access to several records."""
        people = self._links.get(link_id)
        if people is None:
            people = self._links[link_id] = {}
        kept = people.get(patient)
        if kept is None:
            kept = people[patient] = ResponseCache(
                self._clock, room=self._room, fresh=OWN_SECONDS, keeps=lambda body: not labels_of(body), own=True
            )
        self._asked = True
        if self._sweep is None:
            self._sweep = asyncio.get_running_loop().call_later(OWN_SECONDS, self._swept)
        return kept

    def _swept(self) -> None:
        """Drop expired entries, and schedule the next run while there are more. One timer serves all questions."""
        self._room.expire()
        more, self._asked = self._asked or bool(self._room), False  # who asked lately may be reading still
        self._sweep = asyncio.get_running_loop().call_later(OWN_SECONDS, self._swept) if more else None

    def forget(self, link_id: str) -> None:
        """Drop everything that was read for a link. Calls in flight are not cached either."""
        for kept in self._links.pop(link_id, {}).values():
            kept.end()

    @property
    def size(self) -> int:
        """The number of cached bytes."""
        return int(self._room.currsize)
