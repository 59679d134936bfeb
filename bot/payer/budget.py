"""The limits of one question, the report of what it read, and the caches of responses.

The report has sources, gaps, and filters that the client applied itself (T42). Of equal requests, only one is sent at a
time. Responses of the open directory are used for 15 minutes, older ones if the payer is down. A member's responses are
cached for two minutes, separately for each link, and never if labelled as sensitive (`MemberCache`, T32, T33).
"""

from __future__ import annotations

import asyncio
import copy
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import msgspec
from cachetools import LRUCache, TTLCache

from bot.errors import BotError, PayerBusy, PayerDown, PayerMaintenance, PayerSlow
from bot.records.shapes import labels_of
from bot.records.share import Step

if TYPE_CHECKING:
    from bot.payer.http import HttpAnswer

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
    """Something missing from the data that was read. `count` is the number missing, if known.

    Attributes:
        kind: "page_failed": a later page could not be read. "type_refused": the payer refuses this type. "left_out":
            rows of another patient. "unreadable": invalid rows or elements. "cut_short": not all pages were read,
            because of the limits or the next page's address; `count` is then the number read. "said_incomplete": the
            payer says that the response is incomplete, or returned fewer rows than announced. "not_interpreted":
            resources with extensions that change their meaning.
        detail: the reason, from a closed list of words.
        mentioned: True if the text of the answer mentions the gap.
    """

    kind: GapKind
    type: str
    count: int = 1
    detail: str = ""
    mentioned: bool = False


class Progress(msgspec.Struct):
    """The progress of a long search: `read` claims of about `about` (None if unknown).

    `records` is True if other resources are counted too.
    """

    read: int = 0
    about: int | None = None
    records: bool = False

    def count_read(self, read: int, total: int | None) -> None:
        """Set the number of resources read. A total lower than that was wrong and is dropped (F30)."""
        self.about = total if self.about is None else self.about
        self.read, self.about = read, self.about if self.about and self.about >= read else None


class Report(msgspec.Struct):
    """What a question read, extended while pages arrive. `searches` contain no ids, so that they can be shown.

    `steps` are the calculations of the answer. `age` is the number of seconds since the payer returned the oldest data.
    `stale` is True if cached data was used beyond its time because the payer is down. `reused` is the age of the
    member's own records in seconds, if an earlier question read them.
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
        """Whether no missing data is known."""
        return not self.gaps

    @property
    def is_partial(self) -> bool:
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
            self.note_applied_here(name)

    def cite(self, resource_type: str, ids: Iterable[str]) -> None:
        """Keep only these resources of the type as sources, without duplicates: those that the answer is based on."""
        wanted = set(ids)
        kept = {(s.type, s.id): s for s in self.sources if s.type != resource_type or s.id in wanted}
        self.sources = list(kept.values())

    def note_applied_here(self, name: str) -> None:
        """Record that the client itself applied a filter or order, once for each name."""
        if name not in self.applied_here:
            self.applied_here.append(name)


class Budget:
    """The limits of one question: seconds, pages, resources, and decoded bytes, for one body and in total."""

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
        """Whether earlier responses of this question leave less than the usual limit for the next body."""
        return self.cap < self._body

    @property
    def spent(self) -> bool:
        """Whether no further page may be read."""
        return self.pages_left <= 0 or self.resources_left <= 0 or self.cap == 0 or self._clock() >= self.deadline

    @property
    def seconds(self) -> float:
        """The number of seconds that this question may still take."""
        return max(0.0, self.deadline - self._clock())

    def widen(self, *, pages: int, resources: int, total: int) -> None:
        """Raise the limits, for a document over a whole period. The deadline stays."""
        self.pages_left, self.resources_left = max(self.pages_left, pages), max(self.resources_left, resources)
        self._total = max(self._total, total)

    def alone(self) -> Budget:
        """Return a copy of the limits for one part of the question, with its own report, to be added with `absorb`."""
        part = copy.copy(self)
        part.report = Report(progress=self.report.progress)
        return part

    def spend(
        self, size: int, records: Iterable[tuple[str, str]], resources: int, kept: datetime | None = None
    ) -> None:
        """Count a page: its decoded bytes, its matching resources, and the number of all resources on it.

        A cached page, read at the time `kept`, costs no pages and bytes.
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


def response_store(most: int, seconds: float, clock: Callable[[], float]) -> CachedResponses:
    """Return an empty cache with a limit of bytes and of seconds. The least recently used response is dropped first."""
    return TTLCache(most, seconds, clock, lambda kept: kept.size + 1024)


class ResponseCache:
    """Parsed responses by URL. An entry is used for `fresh` seconds; an older one only if the new request fails.

    Several caches may share the size limit of one `room` without access to each other's entries. After a refusal or a
    damaged body the old entry is not used. `own`: the responses are a member's, and one with a sensitive label is not
    cached.
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
        self._answers: CachedResponses = response_store(_MOST, OLDEST, clock) if room is None else room
        self._flights: dict[str, asyncio.Event] = {}
        self._ended = False

    def end(self) -> None:
        """Delete all cached responses. The responses to requests in progress will not be cached either."""
        self._ended = True
        for key in [key for key in self._answers if key[0] is self]:
            self._answers.pop(key, None)

    async def ask(
        self, key: str, report: Report, fetch: Callable[[], Awaitable[tuple[HttpAnswer, T]]]
    ) -> tuple[T, datetime | None]:
        """Return a fresh cached result and when it was received; otherwise the result of `fetch`, and None.

        An old result is used if the payer is down. Equal keys share one call.
        """
        flight = self._flights.get(key)
        if flight is not None:
            await flight.wait()
        kept = self._answers.get((self, key))
        if kept is not None and self._clock() - kept.at < self._fresh:
            return self._reused(kept, report, stale=False)
        mine = self._flights.setdefault(key, asyncio.Event())
        try:
            response, read = await fetch()
            body = response.content
            hidden = self._own and labels_of(body)
            if not (self._ended or hidden) and len(body) < self._answers.maxsize // 8:
                self._answers[self, key] = _Cached(read, len(body), self._clock(), datetime.now(UTC))
                if self._own:  # a member's goes when its time is over, though nobody asks again
                    asyncio.get_running_loop().call_later(self._fresh, self._answers.expire)
        except (PayerBusy, PayerDown, PayerMaintenance, PayerSlow):
            old = self._answers.get((self, key))
            if old is None:
                raise
            return self._reused(old, report, stale=True)
        else:
            return read, None
        finally:
            self._flights.pop(key, None)
            mine.set()

    def _reused(self, kept: _Cached, report: Report, *, stale: bool) -> tuple[Any, datetime]:
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
    """Response caches, one for each link and person, that share one size limit.

    At the limit, the least recently used entry is dropped. The responses of a link are dropped with the link; responses
    to requests still in flight are then not cached.
    """

    def __init__(self, clock: Callable[[], float], *, most: int = _MOST_OWN) -> None:
        self._clock = clock
        self._room = response_store(most, OWN_SECONDS, clock)
        self._links: LRUCache[str, dict[str, ResponseCache]] = LRUCache(_LINKS)

    def of(self, link_id: str, patient: str = "") -> ResponseCache:
        """Return the cache of this link for one person, empty at first.

        A link may give access to several people's records.
        """
        people = self._links.setdefault(link_id, {})
        if patient not in people:
            people[patient] = ResponseCache(self._clock, room=self._room, fresh=OWN_SECONDS, own=True)
        return people[patient]

    def forget(self, link_id: str) -> None:
        """Drop everything that was read for a link. Responses to calls in flight are not cached either."""
        for kept in self._links.pop(link_id, {}).values():
            kept.end()


class Patience(msgspec.Struct, frozen=True):
    """How long a question waits, in seconds: until the first progress note, between notes, and at most."""

    notice: float = 2.0
    again: float = 6.0
    wall: float = 20.0


@asynccontextmanager
async def under_way(
    work: Callable[[Progress], Coroutine[Any, Any, T]], patience: Patience
) -> AsyncIterator[Callable[[], Awaitable[Progress | T]]]:
    """Run a search in a task of its own, which ends with the context.

    The yielded function returns the search's progress when a note is due, and the result of `work` when it has
    finished. It raises PayerSlow if the question has taken too long, and what `work` raises.
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
