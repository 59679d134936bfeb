"""Rate limits for one person, one workspace and one address (T52), each over windows of a minute.

They are counted in memory, and if machines share a store also there, so that ten processes allow no more than one. The
Retry-After times of each server are shared in the same way (F19).
"""

import contextlib
import math
import time
from collections.abc import Awaitable, Callable

import msgspec
from cachetools import TTLCache

from bot.errors import StoreError, TooManyQuestions
from bot.message import Person
from bot.stores.base import Store

PERSON, ADDRESS = 20, 120  # in a minute
_BUSY = 30  # how many people of one workspace may ask as much as a person may at once
_MINUTE = 60.0
_KIND = "asked"
_MOST = 100_000  # keys that are counted at once; the longest unseen are forgotten first


class Limit:
    """At most `most` in a minute for each key; the minute begins with the first. `clock` returns seconds."""

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._clock = most, clock
        self._counts: TTLCache[str, tuple[float, int]] = TTLCache(_MOST, _MINUTE, timer=clock)

    def wait(self, key: str) -> int:
        """Count one request for the key. Return the seconds to wait if it exceeds the limit, else 0."""
        now = self._clock()
        began, count = self._counts.get(key, (now, 0))
        if now - began >= _MINUTE:
            began, count = now, 0
        if count >= self._most:
            return max(1, math.ceil(began + _MINUTE - now))
        self._counts[key] = (began, count + 1)
        return 0


class Counts(msgspec.Struct, frozen=True):
    """A store in which several processes count. `keyed` returns a keyed hash of a text, separate for each use."""

    store: Store
    keyed: Callable[[str, str], Awaitable[str]]


class SharedLimit:
    """At most `most` a minute for each key, in this process and, with `counts`, in all; `use` names the limit."""

    def __init__(
        self, most: int, use: str, counts: Counts | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most, self._use, self._counts, self._own = most, use, counts, Limit(most, clock)

    async def wait(self, key: str) -> int:
        """Count one request and return the seconds to wait, 0 within the limit; alone if the store is silent."""
        if (seconds := self._own.wait(key)) or self._counts is None:
            return seconds
        try:
            name = await self._counts.keyed(self._use, key)
            count = await self._counts.store.count(_KIND, name, expires=time.time() + _MINUTE)
        except StoreError:
            return 0
        return round(_MINUTE) if count > self._most else 0


class Limits:
    """The limits of people and workspaces; a workspace's limit is a multiple of a person's."""

    def __init__(
        self,
        *,
        person: int = PERSON,
        team: int | None = None,
        clock: Callable[[], float] = time.monotonic,
        counts: Counts | None = None,
    ) -> None:
        self._person = SharedLimit(person, "asking person", counts, clock)
        self._team = SharedLimit(team or _BUSY * person, "asking team", counts, clock)

    async def check(self, person: Person) -> None:
        """Count a person's question, not the console's; TooManyQuestions says in how many `seconds` again."""
        if person.platform == "console":
            return
        place = person.team or person.enterprise
        team = f"{person.platform}\x1f{person.enterprise}\x1f{person.team}"
        seconds = await self._person.wait(person.key) or (await self._team.wait(team) if place else 0)
        if seconds:
            raise TooManyQuestions("more questions in a minute than one person or workspace may ask", seconds=seconds)


_WAIT, _WAIT_FOR = "payer_wait", "payer_wait_for"


class StoredWaits:
    """Seconds to wait for each origin. If the store cannot be used, each process only knows its own waits."""

    def __init__(self, store: Store, clock: Callable[[], float] = time.time) -> None:
        self._store, self._clock = store, clock

    async def left(self, origin: str) -> float:
        """Return the seconds until requests to the origin may be sent; 0 if there is no wait."""
        with contextlib.suppress(StoreError):
            until, seconds = await self._store.several((_WAIT, origin), (_WAIT_FOR, origin))
            if until:  # a clock that went back makes no wait longer than it was told
                return max(0.0, min(float(until) - self._clock(), float(seconds or "inf")))
        return 0.0

    async def keep(self, origin: str, seconds: float) -> None:
        """Store a Retry-After for all processes, unless a longer one is stored."""
        if seconds <= await self.left(origin):
            return
        until = self._clock() + seconds
        with contextlib.suppress(StoreError):
            await self._store.put(_WAIT_FOR, origin, str(seconds).encode(), expires=until)
            await self._store.put(_WAIT, origin, str(until).encode(), expires=until)
