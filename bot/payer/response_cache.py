"""Responses cached in memory, with one call in flight for equal requests.

Those of the open directory are fresh for 15 minutes; older ones are used if the payer is down. A member's are cached
for two minutes, separately for each link, and never if labelled as sensitive (`MemberCache`, T32, T33).
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import httpx
import msgspec
from cachetools import LRUCache, TTLCache

from bot.errors import PayerBusy, PayerDown, PayerMaintenance, PayerSlow
from bot.payer.budget import MIB
from bot.payer.origin import judge
from bot.records.shapes import labels_of

FRESH = 15 * 60.0
OLDEST = 24 * 60 * 60.0
_MOST = 32 * MIB


class _Cached(msgspec.Struct, frozen=True):
    status: int
    headers: httpx.Headers
    body: bytes
    at: float
    moment: datetime


def _anything(_body: bytes) -> bool:
    return True


CachedResponses = TTLCache[tuple[object, str], _Cached]


def room_for(most: int, seconds: float, clock: Callable[[], float]) -> CachedResponses:
    """Return a cache of at most this many bytes and seconds. The least recently used response is dropped first."""
    return TTLCache(most, seconds, clock, lambda kept: len(kept.body) + 1024)


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
        keeps: Callable[[bytes], bool] = _anything,
        own: bool = False,
    ) -> None:
        self._clock, self._keeps, self.own, self._fresh = clock, keeps, own, fresh
        self._answers: CachedResponses = room_for(_MOST, OLDEST, clock) if room is None else room
        self.flights: dict[str, asyncio.Event] = {}
        self._ended = False

    def end(self) -> None:
        """Drop everything. Calls in flight are not cached either."""
        self._ended = True
        for key in [key for key in self._answers if key[0] is self]:
            self._answers.pop(key, None)

    def find(self, key: str) -> _Cached | None:
        """Return the cached response for a key, of any age, or None."""
        return self._answers.get((self, key))

    def is_fresh(self, kept: _Cached) -> bool:
        """Return whether the response is fresh enough to be used without a call."""
        return self.age(kept) < self._fresh

    def age(self, kept: _Cached) -> float:
        """Return the seconds since the payer returned it."""
        return self._clock() - kept.at

    def keep(self, key: str, response: httpx.Response) -> None:
        """Cache a response, if that is allowed."""
        body = response.content
        if not self._ended and len(body) < self._answers.maxsize // 8 and self._keeps(body):
            moment = datetime.now(UTC)
            self._answers[self, key] = _Cached(response.status_code, response.headers, body, self._clock(), moment)


class CacheTransport(httpx.AsyncBaseTransport):
    """The topmost transport: returns a cached response, or one from the transport below.

    A request's extension `key` is its cache key, a URL that may never have been requested; `budget` is the question's,
    which cached responses cost neither pages nor bytes.
    """

    def __init__(self, kept: ResponseCache, below: httpx.AsyncBaseTransport) -> None:
        self._kept, self._below = kept, below

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return a fresh kept response, a new one, or an old one if the payer is down; equal requests share it."""
        key = request.extensions["key"]
        flight = self._kept.flights.get(key)
        if flight is not None:
            await flight.wait()
        kept = self._kept.find(key)
        if kept is not None and self._kept.is_fresh(kept):
            return self._again(kept, request, stale=False)
        mine = self._kept.flights.setdefault(key, asyncio.Event())
        try:
            response = await self._below.handle_async_request(request)
            self._kept.keep(key, response)
        except (PayerBusy, PayerDown, PayerMaintenance, PayerSlow):
            old = self._kept.find(key)
            if old is None:
                raise
            return self._again(old, request, stale=True)
        else:
            return response
        finally:
            self._kept.flights.pop(key, None)
            mine.set()

    def _again(self, kept: _Cached, request: httpx.Request, *, stale: bool) -> httpx.Response:
        response = httpx.Response(kept.status, headers=kept.headers, content=kept.body)
        age, own = self._kept.age(kept), self._kept.own
        with request.extensions["budget"].kept(kept.moment, age, stale=stale, own=own):
            judge(request, response)
        return response


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
