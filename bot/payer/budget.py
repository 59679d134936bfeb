"""The limits of one question, its report, and the responses in memory that cost it nothing.

The report has sources, gaps, and filters that the client applied itself (T42). Of equal requests one is in flight.
Responses of the open directory are fresh for 15 minutes; older ones are used if the payer is down. A member's are
cached for two minutes, separately for each link, and never if labelled as sensitive (`MemberCache`, T32, T33).
"""

from __future__ import annotations

import asyncio
import copy
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Literal, TypeVar

import httpx
import msgspec
from cachetools import LRUCache, TTLCache

from bot.errors import BotError, PayerBusy, PayerDown, PayerMaintenance, PayerSlow
from bot.records.shapes import labels_of
from bot.records.share import Step

MIB = 1024 * 1024
GapKind = Literal[
    "page_failed", "type_refused", "left_out", "unreadable", "cut_short", "said_incomplete", "not_interpreted"
]
_HIDING: frozenset[GapKind] = frozenset({"page_failed", "type_refused", "unreadable", "cut_short", "said_incomplete"})


class ReadRecord(msgspec.Struct, frozen=True):
    """A resource that was read: its type, its id, and when the payer returned it."""

    type: str
    id: str
    fetched_at: datetime


class Gap(msgspec.Struct, frozen=True):
    """Something missing from the data that was read. `count` is how many, if known.

    `detail` is from a closed list of words.

    `page_failed`: a later page could not be read. `type_refused`: the payer refuses this type. `left_out`: rows of
    another patient. `unreadable`: invalid rows or elements. `cut_short`: there was more than one question may read
    (count: how many were read), or the next page's address was not the payer's. `said_incomplete`: the payer says that
    its response is incomplete, or that there are more rows than it returned. `not_interpreted`: resources with
    extensions that change their meaning. `told`: the answer's own text mentions it.
    """

    kind: GapKind
    type: str
    count: int = 1
    detail: str = ""
    told: bool = False


class Progress(msgspec.Struct):
    """A long search: `read` claims of about `about`, None if unknown; `records`: other resources count too."""

    read: int = 0
    about: int | None = None
    records: bool = False

    def came(self, read: int, total: int | None) -> None:
        """Set the number of resources read. A total that is lower was wrong and is dropped (F30)."""
        self.about = total if self.about is None else self.about
        self.read, self.about = read, self.about if self.about and self.about >= read else None


class Report(msgspec.Struct):
    """What a question read, extended while pages arrive. `searches` contain no ids, so that they can be shown.

    `steps` are the calculations of the answer. `age` is how many seconds ago the payer returned the oldest data;
    `stale` is True if cached data was used beyond its time because the payer does not respond. `reused` is the age of
    the member's own records if an earlier question read them.
    """

    sources: list[ReadRecord] = msgspec.field(default_factory=list)
    pages: int = 0
    gaps: list[Gap] = msgspec.field(default_factory=list)
    applied_here: list[str] = msgspec.field(default_factory=list)
    searches: list[str] = msgspec.field(default_factory=list)
    steps: list[Step] = msgspec.field(default_factory=list)
    progress: Progress = msgspec.field(default_factory=Progress)
    age: float = 0.0
    stale: bool = False
    reused: float = 0.0

    @property
    def minutes(self) -> int:
        """The age in whole minutes."""
        return int(self.age // 60)

    @property
    def minutes_reused(self) -> int:
        """How many whole minutes ago the member's own records were read."""
        return int(self.reused // 60)

    @property
    def complete(self) -> bool:
        """Whether nothing is known to be missing."""
        return not self.gaps

    @property
    def hides(self) -> bool:
        """Whether records that belong in a sum may be missing, so that the sum is a lower bound ("at least")."""
        return any(gap.kind in _HIDING for gap in self.gaps)

    def absorb(self, other: Report) -> None:
        """Add the report of a part of the question that was read in parallel."""
        for name in ("sources", "gaps", "searches", "steps"):
            getattr(self, name).extend(getattr(other, name))
        self.pages += other.pages
        self.age, self.stale = max(self.age, other.age), self.stale or other.stale
        self.reused = max(self.reused, other.reused)
        for name in other.applied_here:
            self.read_here(name)

    def cite(self, resource_type: str, ids: Iterable[str]) -> None:
        """Keep only these resources of the type as sources, without duplicates: those that the answer is based on."""
        wanted = set(ids)
        kept = {(s.type, s.id): s for s in self.sources if s.type != resource_type or s.id in wanted}
        self.sources = list(kept.values())

    def read_here(self, name: str) -> None:
        """Record, without duplicates, that a filter or an order was applied in the client."""
        if name not in self.applied_here:
            self.applied_here.append(name)


class Budget:
    """The limits of one question: time in seconds, pages, resources, and decoded bytes, for one body and in total."""

    def __init__(
        self,
        seconds: float = 20.0,
        *,
        pages: int = 20,
        resources: int = 2000,
        body: int = 10 * MIB,
        total: int = 30 * MIB,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.report = Report()
        self.deadline = clock() + seconds
        self.pages_left, self.resources_left = pages, resources
        self.read = 0
        self._body, self._total = body, total
        self._clock = clock

    @property
    def cap(self) -> int:
        """The largest body that may be read next, in decoded bytes."""
        return max(0, min(self._body, self._total))

    @property
    def scarce(self) -> bool:
        """Whether less than the largest body may be read next, because of what this question has read."""
        return self.cap < self._body

    @property
    def spent(self) -> bool:
        """Whether no further page may be read."""
        return self.pages_left <= 0 or self.resources_left <= 0 or self.cap == 0 or self._clock() >= self.deadline

    @property
    def seconds(self) -> float:
        """How many seconds this question may still take."""
        return max(0.0, self.deadline - self._clock())

    def widen(self, *, pages: int, resources: int, total: int) -> None:
        """Allow this question to read more than others: a document of a whole period. The deadline stays."""
        self.pages_left, self.resources_left = max(self.pages_left, pages), max(self.resources_left, resources)
        self._total = max(self._total, total)

    def alone(self) -> Budget:
        """Return the same limits for one part of a question, with a report of its own, to be added with `absorb`."""
        part = copy.copy(self)
        part.report = Report(progress=self.report.progress)
        return part

    def spend(
        self, size: int, records: Iterable[tuple[str, str]], resources: int, kept: datetime | None = None
    ) -> None:
        """Count a page: its decoded bytes, the resources that it returned, and the number of all resources on it.

        One `kept` since that time costs no pages or bytes.
        """
        if kept is None:
            self._total -= size
            self.pages_left -= 1
        self.resources_left -= resources
        self.read += resources
        self.report.pages += 1
        moment = kept or datetime.now(UTC)
        self.report.sources += [ReadRecord(kind, id_, moment) for kind, id_ in records]


FRESH = 15 * 60.0
OLDEST = 24 * 60 * 60.0
_MOST = 32 * MIB


T = TypeVar("T")


class _Cached(msgspec.Struct, frozen=True):
    read: Any
    size: int
    at: float
    moment: datetime


CachedResponses = TTLCache[tuple[object, str], _Cached]


def room_for(most: int, seconds: float, clock: Callable[[], float]) -> CachedResponses:
    """Return a cache of at most this many bytes and seconds. The least recently used response is dropped first."""
    return TTLCache(most, seconds, clock, lambda kept: kept.size + 1024)


class ResponseCache:
    """What was read of responses, by URL. After a refusal or a damaged body the request is sent again.

    Within `fresh` seconds they replace a call; later, while they are in `room`, only a failed one. Several caches may
    share a room without access to each other's entries. `own`: the responses are a member's, and one with a label that
    hides a record is not cached.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        room: CachedResponses | None = None,
        fresh: float = FRESH,
        own: bool = False,
    ) -> None:
        self._clock, self._own, self._fresh = clock, own, fresh
        self._answers: CachedResponses = room_for(_MOST, OLDEST, clock) if room is None else room
        self._flights: dict[str, asyncio.Event] = {}
        self._ended = False

    def end(self) -> None:
        """Drop everything. Calls in flight are not cached either."""
        self._ended = True
        for key in [key for key in self._answers if key[0] is self]:
            self._answers.pop(key, None)

    async def ask(
        self, key: str, report: Report, fetch: Callable[[], Awaitable[tuple[httpx.Response, T]]]
    ) -> tuple[T, datetime | None]:
        """Return what was read of a fresh cached response, and when; else of the one that `fetch` returns, and None.

        An old response is used if the payer is down. Equal keys share one call.
        """
        flight = self._flights.get(key)
        if flight is not None:
            await flight.wait()
        kept = self._answers.get((self, key))
        if kept is not None and self._clock() - kept.at < self._fresh:
            return self._again(kept, report, stale=False)
        mine = self._flights.setdefault(key, asyncio.Event())
        try:
            response, read = await fetch()
            body = response.content
            hidden = self._own and labels_of(body)
            if not (self._ended or hidden) and len(body) < self._answers.maxsize // 8:
                self._answers[self, key] = _Cached(read, len(body), self._clock(), datetime.now(UTC))
        except (PayerBusy, PayerDown, PayerMaintenance, PayerSlow):
            old = self._answers.get((self, key))
            if old is None:
                raise
            return self._again(old, report, stale=True)
        else:
            return read, None
        finally:
            self._flights.pop(key, None)
            mine.set()

    def _again(self, kept: _Cached, report: Report, *, stale: bool) -> tuple[Any, datetime]:
        age = self._clock() - kept.at
        if self._own:
            report.reused = max(report.reused, age)
        else:
            report.age = max(report.age, age)
        report.stale = report.stale or stale
        return kept.read, kept.moment


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
            kept = people[patient] = ResponseCache(self._clock, room=self._room, fresh=OWN_SECONDS, own=True)
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


class Patience(msgspec.Struct, frozen=True):
    """Times of a question in seconds: first progress note, interval of further notes, and the limit."""

    notice: float = 2.0
    again: float = 6.0
    wall: float = 20.0


@asynccontextmanager
async def under_way(
    work: Callable[[Progress], Coroutine[Any, Any, T]], patience: Patience
) -> AsyncIterator[Callable[[], Awaitable[Progress | T]]]:
    """Run a search in a task of its own, which ends with the context.

    What is yielded returns its progress when a note is due, and the result when it is finished. It raises PayerSlow if
    the question has taken too long, and what `work` raises.
    """
    progress, clock = Progress(), asyncio.get_running_loop().time
    running, pause = {asyncio.create_task(work(progress))}, patience.notice
    end = clock() + patience.notice + patience.wall

    async def heard() -> Progress | T:
        nonlocal pause
        done, _ = await asyncio.wait(running, timeout=min(pause, max(0.0, end - clock())))
        if done:
            return done.pop().result()
        if clock() >= end:
            raise PayerSlow
        pause = patience.again
        return progress

    try:
        yield heard
    finally:
        # The task holds its error, the error's trace this frame: without the task the payer's body is let go.
        task = running.pop()
        if not task.done():
            task.cancel()
            await asyncio.wait({task})  # waited for, not awaited: who is cancelled meanwhile ends as well
            error = None if task.cancelled() else task.exception()
            if error is not None and not isinstance(error, BotError):
                raise error
        del task, work
