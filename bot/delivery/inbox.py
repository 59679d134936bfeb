"""The durable inbox: an incoming message is stored encrypted before it is acknowledged, until it is answered.

Each message is processed under a lease, in the order of its conversation, in whichever process received it. If that
process ends, the lease expires: another process takes the message over, and is told about the earlier try (F50, F51,
F61).
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any, Protocol

import msgspec
import structlog

from bot.errors import StoreError
from bot.message import always
from bot.stores.base import Heartbeat, Row, Superseded, finish
from bot.stores.sealed import SealedTable

log = structlog.get_logger("inbox")

KEPT = 60 * 60.0  # seconds: platforms deliver again for minutes, and an answer that comes later helps nobody
WANTED = 30 * 60.0  # seconds for which an answer is tried for; after that its asker is told that there is none
_LEASE = 4.0  # seconds that a message waits behind a process that died; a heartbeat a third as often prolongs it
_LOOK = 1.0
_SOOTHE_AFTER = 2.0  # seconds that a person waits behind another message of theirs before they hear of it
_LONGEST_REST = 30.0
# Tries that ended without a word, as in a process that died. `Later` is a word: it counts against nobody.
_MOST_TRIES = 10
# What a process begins with beside what is delivered to it: a long queue that is begun all at once is finished late,
# and a process that dies again and again would count a try for each of its messages.
_TAKEN_OVER_AT_ONCE = 16
_MOST_AT_ONCE = 128
_MOST_LATER = 63  # what six bits hold; by then it is too late for an answer


class Later(Exception):
    """Raised if the platform or the store does not work at the moment, so that the message is tried again later."""


class Writing(Protocol):
    """Records that a post is about to be made. `findable`: whether the post can be found in the chat afterwards."""

    async def __call__(self, *, findable: bool = False) -> None:
        """Record the post.

        Raises:
            Superseded: another process has taken over this message.
        """
        ...


async def unrecorded(*, findable: bool = False) -> None:
    """Record nothing: the default for `Writing`."""


class Delivery(msgspec.Struct, frozen=True):
    """A message being processed: its content, the number of the try, and when it was received, in Unix seconds.

    Attributes:
        writing: call it before the first post, and before the first post that cannot be found in the chat afterwards.
        maybe_written: True if an earlier try called `writing`. The answer may have been posted, so look for it, or
            apologize, before answering again (F52).
        findable: True if all posts of earlier tries can be found in the chat.
        exhausted: True if too many tries failed or it is too late: apologize instead of trying again.
        mine: returns whether this process still has the lease. Call it before deleting a post: another process may have
            taken over, found that post, and counted the message as answered.
    """

    key: str
    body: bytes
    tries: int = 1
    maybe_written: bool = False
    exhausted: bool = False
    writing: Writing = unrecorded
    findable: bool = False
    since: float = 0.0
    mine: Callable[[], Awaitable[bool]] = always


Handler = Callable[[Delivery], Awaitable[None]]
Soother = Callable[[Delivery], Awaitable[None]]


# The first byte of a stored message: two flags, and above them how often `Later` was raised.
_WRITTEN, _ELSEWHERE, _LATER = 1, 2, 4


class Inbox:
    """The messages of one platform. `handler` answers or apologizes, and returns when the reply is known to be posted.

    `handler` should raise only errors that another try, in any process, could avoid. `soothe` tells a person that their
    message waits behind an earlier one. `finds` says that the handler can find the posts of an earlier try: then
    nothing is recorded before a post, and a retry after a possible post only has to look for it.
    """

    def __init__(
        self,
        platform: str,
        handler: Handler,
        table: SealedTable,
        *,
        lease: float = _LEASE,
        look: float = _LOOK,
        clock: Callable[[], float] = time.time,
        soothe: Soother | None = None,
        soothe_after: float = _SOOTHE_AFTER,
        finds: bool = False,
    ) -> None:
        self._soothe, self._soothe_after, self._finds = soothe, soothe_after, finds
        self._soothing: dict[str, asyncio.Task[None]] = {}
        self._said: set[str] = set()
        self._kind, self._handler, self._table, self._store = f"inbox:{platform}", handler, table, table.store
        self._lease, self._look, self._clock = lease, look, clock
        self._lanes: dict[str, asyncio.Task[None]] = {}
        self._more: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._watch: asyncio.Task[None] | None = None
        self._taken_over: set[asyncio.Task[None]] = set()
        self._room = asyncio.Event()
        self._recovering = False
        self._working: dict[str, Heartbeat] = {}
        self._put_off: set[str] = set()
        self._stopping = False

    async def start(self) -> None:
        """Take over messages left by other processes, now and at intervals."""
        self._recovering = True
        self._watch = asyncio.create_task(self._watching())

    async def take(self, key: str, lane: str, body: bytes, *, owner: str = "", seconds: float | None = None) -> bool:
        """Store a message and start it. Return False if it was received before.

        Acknowledge the message after this returns, but not after a StoreError. `lane` identifies the conversation.
        """
        lane, expires = lane or key, self._clock() + (seconds or KEPT)
        # What is new waits behind what is older: begun beside it, neither would be finished before a process that keeps
        # dying dies.
        begins = not self._recovering and not self._stopping and len(self._tasks) < _MOST_AT_ONCE
        until = self._clock() + self._lease if begins else None
        new = self._table.row(self._kind, key, bytes([0]) + body, expires=expires, owner=owner)
        row = await self._store.take_in(new, lane, until=until)
        if row is None:
            return False
        if row.leases:
            self._lanes[lane] = self._task(self._work(lane, row))
        elif self._recovering:
            self._room.set()
        elif begins:
            # It waits for an earlier one of its lane: the process that answers that one answers this one too.
            if lane in self._lanes:
                self._more.add(lane)
            else:
                # Whoever had the lane may have looked for more in the very moment in which this one came.
                self._lanes[lane] = self._task(self._work(lane, None))
            if self._soothe is not None:
                task = asyncio.create_task(self._soothed(self._soothe, row, body))
                self._soothing[row.key] = task
                task.add_done_callback(lambda _: self._soothing.pop(row.key, None))
                task.add_done_callback(lambda _: self._said.discard(row.key))
        return True

    async def _soothed(self, soothe: Soother, row: Row, body: bytes) -> None:
        """Tell the person, after a while, that their message is still waiting."""
        await asyncio.sleep(self._soothe_after)

        async def writing(*, findable: bool = False) -> None:
            new = self._sealed(row.key, _written(0, findable=findable), body)
            if self._stopping or not await self._store.swap(self._kind, row.key, row.value, new, lease=0):
                raise Superseded
            self._said.add(row.key)

        with contextlib.suppress(Exception):
            await soothe(Delivery(row.key, body, tries=0, writing=writing, since=row.expires - KEPT))

    async def stop(self, seconds: float) -> None:
        """Start nothing more, wait up to `seconds` for running work, then release the rest at once (F61)."""
        self._stopping = True
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
        await finish(self._tasks, seconds)

    def _task(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _work(self, lane: str, first: Row | None) -> None:
        """Answer the messages of a lane in order, until none is left or another process has leased the next one."""
        try:
            row = first or await self._store.lease(self._kind, until=self._clock() + self._lease, lane=lane)
            while row is not None and not self._is_working_on(row):
                if self._stopping:
                    await self._store.hold(self._kind, row.key, until=0, lease=row.leases)
                    return
                self._more.discard(lane)
                more = await self._answer(row) or lane in self._more
                until = self._clock() + self._lease
                row = await self._store.lease(self._kind, until=until, lane=lane) if more else None
        except Exception as error:  # noqa: BLE001 -- nobody awaits this task; the row waits for another try
            log.error("failed", kind=type(error).__name__)  # noqa: TRY400 -- a trace may quote a message
        finally:
            if self._lanes.get(lane) is asyncio.current_task():
                del self._lanes[lane]

    async def _answer(self, row: Row) -> bool:
        """Answer one queued message. Return whether more messages of the same lane may be waiting."""
        plain, number, findable = self._table.opened(self._kind, row.key, row.value), row.leases, False
        if plain is None:
            log.error("given_up", kind="sealed")
        else:
            if soothing := self._soothing.get(row.key):
                if row.key not in self._said:  # what is being said is waited for, so that the answer comes behind it
                    soothing.cancel()
                await asyncio.wait({soothing})
            try:
                number, findable = await self._handle(row, plain[0], plain[1:])
            except Superseded:
                return True
        # Where another process leased it meanwhile, that one ends it: what was written here may not be the last word.
        # An answer that can be found in the chat needs no end that outlasts a crash of the database.
        ended = await self._store.finish(
            self._kind, row.key, expires=self._clock() + KEPT, lease=number, lane=row.lane, synced=not findable
        )
        self._put_off.discard(row.key)
        return ended.more or not ended.mine

    async def _handle(self, row: Row, state: int, body: bytes) -> tuple[int, bool]:
        """Process one message.

        Return the number of its lease, and whether all of its posts can be found in the chat.
        """
        overtaken, unsaid, value = False, False, row.value
        # A message that was tried too often may crash processes.
        too_late = row.expires - self._clock() < KEPT - WANTED
        if exhausted := too_late or row.leases - state // _LATER > _MOST_TRIES:
            log.error("given_up", kind="time" if too_late else "tries")

        async def note(new: int) -> bool:
            nonlocal state, value
            sealed = self._sealed(row.key, new, body)
            if noted := await self._store.swap(self._kind, row.key, value, sealed, lease=heartbeat.number):
                state, value = new, sealed
            return noted

        async def writing(*, findable: bool = False) -> None:
            nonlocal overtaken, unsaid
            overtaken, new = True, _written(state, findable=findable)
            if findable and self._finds and not state & _ELSEWHERE:
                unsaid = True
            elif not await note(new):
                raise Superseded
            await heartbeat.renew()
            overtaken = False

        async def mine() -> bool:
            until = self._clock() + self._lease
            return await self._store.hold(self._kind, row.key, until=until, lease=heartbeat.number)

        died = row.leases - 1 > state // _LATER
        written, since = bool(state & _WRITTEN) or (self._finds and died), row.expires - KEPT
        async with self._leased(row) as heartbeat:
            found = not state & _ELSEWHERE
            delivery = Delivery(row.key, body, row.leases, written, exhausted, writing, found, since, mine)
            try:
                await self._handler(delivery)
            except Later:
                self._put_off.add(row.key)
                with contextlib.suppress(StoreError):
                    noted = _written(state, findable=True) if unsaid or died else state
                    await note(min(noted + _LATER, _MOST_LATER * _LATER + noted % _LATER))
                raise
        if overtaken:
            raise Superseded
        return heartbeat.number, self._finds and not state & _ELSEWHERE

    def _sealed(self, key: str, state: int, body: bytes) -> bytes:
        return self._table.sealed(self._kind, key, bytes([state]) + body)

    @contextlib.asynccontextmanager
    async def _leased(self, row: Row) -> AsyncIterator[Heartbeat]:
        """Renew the lease while work goes on. A cancelled message is released at once, a failed one after a delay."""

        async def hold(until: float, number: int) -> bool:
            return await self._store.hold(self._kind, row.key, until=until, lease=number)

        heartbeat = Heartbeat(row.leases, hold, self._lease, self._clock)
        self._working[row.key] = heartbeat
        try:
            async with heartbeat.going_on():
                yield heartbeat
        except BaseException as error:
            del self._working[row.key]  # before it is free: leased anew, it is not work that goes on
            wait = min(self._look * row.leases, _LONGEST_REST)
            with contextlib.suppress(StoreError):
                await hold(0 if isinstance(error, asyncio.CancelledError) else self._clock() + wait, heartbeat.number)
            raise
        finally:
            self._working.pop(row.key, None)

    async def _watching(self) -> None:
        while not self._stopping:
            self._room.clear()
            with contextlib.suppress(StoreError):
                await self._take_over_some()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._look):
                    await self._room.wait()

    async def _take_over_some(self) -> None:
        while len(self._taken_over) < _TAKEN_OVER_AT_ONCE:
            row = await self._store.lease(self._kind, until=self._clock() + self._lease)
            if row is None:
                self._recovering = False
                return
            if not self._is_working_on(row):
                task = self._task(self._work(row.lane, row))
                self._taken_over.add(task)
                task.add_done_callback(self._taken_over.discard)
                task.add_done_callback(lambda _: self._room.set())

    def _is_working_on(self, row: Row) -> bool:
        """Return whether a newly leased row is already being processed here. If so, that work uses the new lease."""
        if heartbeat := self._working.get(row.key):
            heartbeat.number = row.leases
        return heartbeat is not None


def _written(state: int, *, findable: bool) -> int:
    """Return the state of a message of which a post begins; `findable` as in `Writing`."""
    return state | _WRITTEN | (0 if findable else _ELSEWHERE)
