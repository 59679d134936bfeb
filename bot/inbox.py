"""The durable inbox: what a platform delivered is kept, sealed, before it is acknowledged, until it is answered.

Each message is worked on under a lease, in the order of its conversation, whichever process took it in. A process that
dies leaves a lease that ends: another takes the message over, and is told that it does (F50, F51, F61).
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import structlog

from bot.errors import StoreError
from bot.stores.base import Row, Seal, Store

log = structlog.get_logger("inbox")

KEPT = 60 * 60.0  # seconds: platforms deliver again for minutes, and an answer that comes later helps nobody
WANTED = 30 * 60.0  # seconds for which an answer is tried for; after that its asker is told that there is none
_LEASE = 10.0
_LOOK = 2.0
_LONGEST_REST = 30.0
# Tries that ended without a word, as in a process that died. `Later` is a word: it counts against nobody.
_MOST_TRIES = 10
# What a process begins with beside what is delivered to it: a long queue that is begun all at once is finished late,
# and a process that dies again and again would count a try for each of its messages.
_TAKEN_OVER_AT_ONCE = 16
_MOST_AT_ONCE = 128
_MOST_LATER = 63  # what six bits hold; by then it is too late for an answer


class Overtaken(Exception):
    """This try was so slow that another process took its message over: that one writes, this one must not."""


class Later(Exception):
    """Neither answered nor told: the platform or the store does not work just now. The message is tried again."""


class Writing(Protocol):
    """Notes that something is about to be posted, only where it can be looked for later or also elsewhere."""

    async def __call__(self, *, findable: bool = False) -> None:
        """Note it.

        Raises:
            Overtaken: another process has this message now.
        """
        ...


async def _nothing(*, findable: bool = False) -> None:
    """Note nothing."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message in work: what the platform said, which try it is, and when it was taken in, in Unix seconds.

    `writing` is to be called before the first thing is posted, and before the first one that cannot be looked for.
    `maybe_written` says that an earlier try had called it: its answer may stand there already, so look, or apologise,
    before answering again (F52). `findable` says that all of it can be looked for. `exhausted` says that enough tries
    have failed or that it is too late: apologise instead of trying again.
    """

    key: str
    body: bytes
    tries: int = 1
    maybe_written: bool = False
    exhausted: bool = False
    writing: Writing = _nothing
    findable: bool = False
    since: float = 0.0


Handler = Callable[[Delivery], Awaitable[None]]


class _State(NamedTuple):
    """What earlier tries left, as the first byte of a kept message: 1 and 2 as flags, then how often `Later` came."""

    written: bool = False
    elsewhere: bool = False
    later: int = 0

    @classmethod
    def read(cls, byte: int) -> _State:
        return cls(bool(byte & 1), bool(byte & 2), byte >> 2)

    @property
    def byte(self) -> bytes:
        return bytes([self.written | self.elsewhere << 1 | self.later << 2])

    def writing(self, *, findable: bool) -> _State:
        return self._replace(written=True, elsewhere=self.elsewhere or not findable)

    def put_off(self) -> _State:
        return self._replace(later=min(self.later + 1, _MOST_LATER))


class _Beat:
    """Prolongs a lease while its message is worked on, and ends the work when it could not: another may have begun.

    `number` is the lease's, by `Row.leases`: whoever leases the row next makes it the number of nobody.
    """

    def __init__(
        self, number: int, hold: Callable[[float, int], Awaitable[bool]], lease: float, clock: Callable[[], float]
    ) -> None:
        self.number, self._hold, self._lease, self._clock = number, hold, lease, clock
        self._last, self._over = clock(), False

    @contextlib.asynccontextmanager
    async def going_on(self) -> AsyncIterator[None]:
        """Beats three times within the lease's length.

        Raises:
            TimeoutError: no beat reached the store for a whole lease, or another process leased the message meanwhile.
        """
        async with asyncio.timeout(self._lease) as self._limit:
            beating = asyncio.create_task(self._go_on())
            try:
                yield
            finally:
                # A call to the store may swallow the cancellation (asyncio.wait_for before Python 3.12 does): a beat
                # that went on would hold the message for ever, and one behind the end would open it again.
                self._over = True
                beating.cancel()
                await asyncio.wait({beating})

    async def renew(self) -> None:
        """Beat before anything is written, when the last one is long ago: what is posted late may be posted twice.

        Raises:
            StoreError, Overtaken: the lease could not be prolonged, so nothing may be written.
        """
        if self._clock() - self._last > self._lease / 2 and not await self._prolong():
            raise Overtaken

    async def _go_on(self) -> None:
        while not self._over:
            await asyncio.sleep(self._lease / 3)
            with contextlib.suppress(StoreError):
                await self._prolong()

    async def _prolong(self) -> bool:
        now, began = self._clock(), asyncio.get_running_loop().time()
        mine = await self._hold(now + self._lease, self.number)
        self._last = now
        if not self._limit.expired():
            self._limit.reschedule(began + self._lease if mine else began)
        return mine


class Inbox:
    """One platform's messages. `handler` answers one, or apologises, and returns when the reply is known to be posted.

    It may raise only for what another try, by whichever process, could mend.
    """

    def __init__(
        self,
        platform: str,
        handler: Handler,
        store: Store,
        seal: Seal,
        *,
        lease: float = _LEASE,
        look: float = _LOOK,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._kind, self._handler, self._store, self._seal = f"inbox:{platform}", handler, store, seal
        self._lease, self._look, self._clock = lease, look, clock
        self._lanes: dict[str, asyncio.Task[None]] = {}
        self._more: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._watch: asyncio.Task[None] | None = None
        self._taken_over: set[asyncio.Task[None]] = set()
        self._room = asyncio.Event()
        self._recovering = False
        self._working: dict[str, _Beat] = {}
        self._put_off: set[str] = set()
        self._stopping = False

    async def start(self) -> None:
        """Take over what earlier processes left, now and from time to time."""
        self._recovering = True
        self._watch = asyncio.create_task(self._watching())

    async def take(self, key: str, lane: str, body: bytes, *, owner: str = "", seconds: float | None = None) -> bool:
        """Keep a message and begin with it; False when it was delivered before. Acknowledge after this.

        It is kept for `seconds`, an hour when none are given, and its id is known as long.

        Raises:
            StoreError: it could not be kept: let the platform deliver it again.
        """
        sealed = self._sealed(key, _State(), body)
        expires = self._clock() + (seconds or KEPT)
        new = await self._store.add(self._kind, key, sealed, expires=expires, owner=owner, lane=lane or key)
        if new and self._recovering:
            # Behind what is older: begun beside it, neither would be finished before a process that keeps dying dies.
            self._room.set()
        elif new and not self._stopping:
            self._begin(lane or key)
        return new

    async def stop(self, seconds: float) -> None:
        """Begin nothing more, finish what is in work within this time, and hand the rest back at once (F61)."""
        self._stopping = True
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
        if not self._tasks:
            return
        _, late = await asyncio.wait(self._tasks, timeout=seconds)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def drain(self, seconds: float) -> None:
        """Wait, at most this long, until everything that was taken so far is answered."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self._tasks or self._put_off:
                    await (asyncio.wait(self._tasks) if self._tasks else asyncio.sleep(self._look))

    def _begin(self, lane: str) -> None:
        """Work on a lane; with too much in work already, what was kept waits to be taken over."""
        if lane in self._lanes:
            self._more.add(lane)
        elif len(self._tasks) < _MOST_AT_ONCE:
            self._lanes[lane] = self._task(self._work(lane, None))

    def _take_over(self, row: Row) -> None:
        task = self._task(self._work(row.lane, row))
        self._taken_over.add(task)
        task.add_done_callback(self._make_room)

    def _make_room(self, task: asyncio.Task[None]) -> None:
        self._taken_over.discard(task)
        self._room.set()

    def _task(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _work(self, lane: str, first: Row | None) -> None:
        """Answer a lane's messages one after the other until none is left or another process holds the next."""
        try:
            while not self._stopping:
                self._more.discard(lane)
                row = first or await self._store.lease(self._kind, until=self._clock() + self._lease, lane=lane)
                if row is not None and first is None and self._is_working_on(row):
                    return
                if row is not None:
                    await self._answer(row)
                elif lane not in self._more:
                    return
                first = None
        except Exception as error:  # noqa: BLE001 -- nobody awaits this task; the row waits for another try
            _failed(error)
        finally:
            if self._lanes.get(lane) is asyncio.current_task():
                del self._lanes[lane]

    async def _answer(self, row: Row) -> None:
        plain, number = self._seal.unseal(row.value, f"{self._kind}/{row.key}"), row.leases
        if plain is None:
            log.error("given_up", kind="sealed")
        else:
            try:
                number = await self._handle(row, _State.read(plain[0]), plain[1:])
            except Overtaken:
                return
        # Where another process leased it meanwhile, that one ends it: what was written here may not be the last word.
        await self._store.finish(self._kind, row.key, expires=self._clock() + KEPT, lease=number)
        self._put_off.discard(row.key)

    async def _handle(self, row: Row, state: _State, body: bytes) -> int:
        """The number of the lease in which it was handled."""
        exhausted, overtaken, value = self._is_exhausted(row, state), False, row.value

        async def note(new: _State) -> bool:
            nonlocal state, value
            sealed = self._sealed(row.key, new, body)
            if noted := await self._store.swap(self._kind, row.key, value, sealed, lease=beat.number):
                state, value = new, sealed
            return noted

        async def writing(*, findable: bool = False) -> None:
            nonlocal overtaken
            overtaken = True
            if not await note(state.writing(findable=findable)):
                raise Overtaken
            await beat.renew()
            overtaken = False

        before, since = state, row.expires - KEPT
        async with self._held(row) as beat:
            delivery = Delivery(
                row.key, body, row.leases, before.written, exhausted, writing, not before.elsewhere, since
            )
            try:
                await self._handler(delivery)
            except Later:
                self._put_off.add(row.key)
                with contextlib.suppress(StoreError):
                    await note(state.put_off())
                raise
        if overtaken:
            raise Overtaken
        return beat.number

    def _is_exhausted(self, row: Row, state: _State) -> bool:
        """Whether its asker is told that there is no answer: it may be what ends each process, or it is too late."""
        too_late = row.expires - self._clock() < KEPT - WANTED
        if too_late or row.leases - state.later > _MOST_TRIES:
            log.error("given_up", kind="time" if too_late else "tries")
            return True
        return False

    def _sealed(self, key: str, state: _State, body: bytes) -> bytes:
        return self._seal.seal(state.byte + body, f"{self._kind}/{key}")

    @contextlib.asynccontextmanager
    async def _held(self, row: Row) -> AsyncIterator[_Beat]:
        """Prolong the lease while work goes on. What is cancelled is free again at once, what failed after a rest."""

        async def hold(until: float, number: int) -> bool:
            return await self._store.hold(self._kind, row.key, until=until, lease=number)

        beat = _Beat(row.leases, hold, self._lease, self._clock)
        self._working[row.key] = beat
        try:
            async with beat.going_on():
                yield beat
        except BaseException as error:
            wait = min(self._look * row.leases, _LONGEST_REST)
            with contextlib.suppress(StoreError):
                await hold(0 if isinstance(error, asyncio.CancelledError) else self._clock() + wait, beat.number)
            raise
        finally:
            del self._working[row.key]

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
                self._take_over(row)

    def _is_working_on(self, row: Row) -> bool:
        """Whether a row that was leased anew is this process's own work, which then goes on in the new lease."""
        if beat := self._working.get(row.key):
            beat.number = row.leases
        return beat is not None


def _failed(error: Exception) -> None:
    """Log the kind of an error, never its text, which may quote a message."""
    log.error("failed", kind=type(error).__name__)
