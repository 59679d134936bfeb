"""A store: rows that expire, rows that can be leased, with the heartbeat of a lease, and counters.

This module has the SQL statements that the databases share. Parameters are named as `:kind`. Each statement is its own
transaction. Where the dialects differ, the statement is an attribute of the store's class.
"""

import asyncio
import contextlib
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from typing import Any, ClassVar, NamedTuple

from bot.errors import StoreBusy, StoreError

_BATCH = 500
_REVISIONS = 20
_ADD = (
    "INSERT INTO rows (kind, key, value, owner, expires, lane) VALUES (:kind, :key, :value, :owner, :expires, :lane) "
    "ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value, owner = excluded.owner, "
    "expires = excluded.expires, lane = excluded.lane, held = 0, leases = 0 WHERE rows.expires <= :now RETURNING 1"
)
_LEASE = (
    "UPDATE rows SET held = :until, leases = leases + 1 WHERE number = (SELECT number FROM rows AS it "
    "WHERE kind = :kind AND lane <> '' AND held <= :now AND expires > :now AND NOT EXISTS ("
    "SELECT 1 FROM rows AS older WHERE older.kind = :kind AND older.lane = it.lane AND older.number < it.number "
    "AND older.expires > :now) {} ORDER BY number LIMIT 1 {}) "
    "RETURNING number, kind, key, value, leases, lane, expires"
)
_FINISH = (
    "UPDATE rows SET value = :nothing, owner = '', lane = '', held = :expires, expires = :expires "
    "WHERE kind = :kind AND key = :key AND leases = coalesce(:lease, leases) "
    "RETURNING :lane <> '' AND EXISTS (SELECT 1 FROM rows AS other WHERE other.kind = :kind AND other.lane = :lane "
    "AND other.number <> rows.number AND other.expires > :now)"
)
_COUNT = (
    "INSERT INTO counters (kind, key, times, expires) VALUES (:kind, :key, 1, :expires) ON CONFLICT (kind, key) "
    "DO UPDATE SET times = CASE WHEN counters.expires > :now THEN counters.times + 1 ELSE 1 END, "
    "expires = CASE WHEN counters.expires > :now THEN counters.expires ELSE excluded.expires END RETURNING times"
)
_SWAP = (
    "UPDATE rows SET value = :new WHERE kind = :kind AND key = :key AND value = :old AND expires > :now "
    "AND leases = coalesce(:lease, leases) RETURNING 1"
)
_HOLD = (
    "UPDATE rows SET held = :until WHERE kind = :kind AND key = :key AND leases = coalesce(:lease, leases) RETURNING 1"
)
_LISTED = "SELECT number, kind, key, value FROM rows WHERE kind = :kind AND number > :after AND expires > :now "


class NewRow(NamedTuple):
    """A row to store. `owner` is the key of the person whose data it is, deleted with theirs at disconnection."""

    kind: str
    key: str
    value: bytes
    expires: float
    owner: str = ""


class Row(NamedTuple):
    """A stored row that has not expired.

    `number` increases in the order in which rows were stored. `leases` is the number of leases so far. `lane` and
    `expires` are only set if the row was returned by `lease` or `take_in`.
    """

    number: int
    kind: str
    key: str
    value: bytes
    leases: int = 0
    lane: str = ""
    expires: float = 0.0


class Ended(NamedTuple):
    """The result of `finish`. `mine`: the caller still held the row's lease. `more`: the row's lane has more rows."""

    mine: bool
    more: bool


class Store(ABC):
    """Rows and counters in a SQL database. Values are bytes, which the caller has encrypted if needed.

    A row is identified by its kind and key. `owner` is a person's key. A lane is a queue of rows of one kind, of which
    only the first can be leased. Times are Unix seconds. Expired rows are never returned. Every method may raise
    `StoreBusy` or `StoreUnusable`.
    """

    shared: ClassVar[bool]
    """Whether processes on several machines use this store, so that counts within one process are not enough."""
    put_statement: ClassVar[str]
    take_in_statement: ClassVar[str]
    of_kinds: ClassVar[str]
    """The condition that `kind` is one of `:kinds`."""
    place: ClassVar[str]
    """The column that identifies a row of a table."""
    locks: ClassVar[tuple[str, str]] = "", ""
    """The locking clauses for leasing a row: of any lane, and of a given lane."""
    unsynced: ClassVar[str] = ""
    """What a statement returns as well so that it does not wait until the disk has it."""

    def __init__(self, clock: Callable[[], float], pause: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._clock, self._pause = clock, pause

    @abstractmethod
    async def _run(self, sql: str, values: Any) -> list[Any]:
        """Execute one statement and return its rows."""

    @abstractmethod
    def _kinds(self, kinds: Sequence[str]) -> object:
        """Return kinds as the value of the SQL parameter `:kinds`."""

    async def _asked(self, sql: str, **values: object) -> list[Any]:
        return await self._run(sql, {**values, "now": self._clock()})

    async def put(self, kind: str, key: str, value: bytes, *, expires: float, owner: str = "") -> None:
        """Store a row, replacing the row with the same kind and key."""
        await self._run(self.put_statement, NewRow(kind, key, value, expires, owner)._asdict())

    async def get(self, kind: str, key: str) -> bytes | None:
        """Return a row's value; None if there is no such row."""
        sql = "SELECT value FROM rows WHERE kind = :kind AND key = :key AND expires > :now"
        rows = await self._asked(sql, kind=kind, key=key)
        return bytes(rows[0][0]) if rows else None

    async def several(self, *places: tuple[str, str]) -> list[bytes | None]:
        """Return the values of several rows, given as (kind, key), in that order; None for a missing row.

        They are read in one statement.
        """
        one = "SELECT {0} AS at, value FROM rows WHERE kind = :kind{0} AND key = :key{0} AND expires > :now"
        sql, values = " UNION ALL ".join(one.format(at) for at in range(len(places))), dict[str, object]()
        for at, (kind, key) in enumerate(places):
            values |= {f"kind{at}": kind, f"key{at}": key}
        found = dict(await self._asked(sql, **values))
        return [bytes(found[at]) if at in found else None for at in range(len(places))]

    async def take(self, kind: str, key: str) -> bytes | None:
        """Delete a row and return its value; None if there is none, or if another caller got it first (T04)."""
        sql = "DELETE FROM rows WHERE kind = :kind AND key = :key RETURNING value, expires > :now"
        rows = await self._asked(sql, kind=kind, key=key)
        return bytes(rows[0][0]) if rows and rows[0][1] else None

    async def add(
        self, kind: str, key: str, value: bytes = b"", *, expires: float, owner: str = "", lane: str = ""
    ) -> bool:
        """Store a row if its key is unused, and return whether it was (T39).

        With `lane`, the row is added to that lane; rows of a lane are leased in the order in which they were stored.
        """
        return bool(await self._asked(_ADD, **NewRow(kind, key, value, expires, owner)._asdict(), lane=lane))

    async def take_in(self, new: NewRow, lane: str, *, until: float | None = None) -> Row | None:
        """Add a row to a lane, and lease it until `until` if it is the first of its lane. Return the row.

        None if its key is in use. The returned row's `leases` is 0 if it was not leased, as always if `until` is None.
        """
        rows = await self._asked(self.take_in_statement, **new._asdict(), lane=lane, until=until)
        return _row(rows[0]) if rows else None

    @abstractmethod
    async def append(self, new: Sequence[NewRow], put: Sequence[NewRow] = (), *, drops: str = "") -> bool:
        """Delete all rows of the owner `drops`, add the rows `new`, and store the rows `put`, in one transaction (T56).

        If the key of a row in `new` is in use, change nothing and return False.
        """

    async def swap(self, kind: str, key: str, old: bytes, new: bytes, *, lease: int | None = None) -> bool:
        """Replace a row's value if it still equals `old`. Return whether it was replaced (T36).

        With `lease`, the row must also still have that number of leases: nobody else has leased it since.
        """
        return bool(await self._asked(_SWAP, kind=kind, key=key, old=old, new=new, lease=lease))

    async def lease(self, kind: str, *, until: float, lane: str | None = None) -> Row | None:
        """Lease the oldest row of a kind that is the first of its lane and not leased; None if there is none.

        The lease lasts until `until`; afterwards the row can be leased again. `finish` or `drop` ends the work on the
        row. With `lane`, only that lane is searched.
        """
        any_lane, of_lane = self.locks
        sql = _LEASE.format("", any_lane) if lane is None else _LEASE.format("AND lane = :lane", of_lane)
        rows = await self._asked(sql, kind=kind, until=until, lane=lane)
        return _row(rows[0]) if rows else None

    async def hold(self, kind: str, key: str, *, until: float, lease: int | None = None) -> bool:
        """Change the end of a row's lease; a time in the past releases the row. Return whether the row still exists.

        With `lease`, the row must also still have that number of leases.
        """
        return bool(await self._asked(_HOLD, kind=kind, key=key, until=until, lease=lease))

    async def shift_times(self, seconds: float, *, after: float, kinds: Sequence[str] = ()) -> int:
        """Subtract `seconds` from all times later than `after`: of leases, counters and rows of these kinds.

        Call it when the clock was set back: leases and rows from before would otherwise last that much longer. Return
        the number of changed rows and counters.
        """
        moved, sooner = 0, "SET expires = expires - :seconds WHERE expires > :after"
        for sql in (
            "UPDATE rows SET held = held - :seconds WHERE lane <> '' AND held > :after RETURNING 1",
            f"UPDATE counters {sooner} RETURNING 1",
            f"UPDATE rows {sooner} AND {self.of_kinds} RETURNING 1",
        ):
            moved += len(await self._asked(sql, seconds=seconds, after=after, kinds=self._kinds(kinds)))
        return moved

    async def finish(
        self, kind: str, key: str, *, expires: float, lease: int | None = None, lane: str = "", synced: bool = True
    ) -> Ended:
        """End the work on a leased row: delete its value, remove it from its lane, keep its key until `expires` (T39).

        `lane` is the row's lane, "" if the result need not say whether the lane has more rows. With `lease`, the row
        must still have that number of leases. Without `synced`, the change may be lost if the database server crashes
        within a second; the row would then be leased again.
        """
        sql = _FINISH if synced else _FINISH + self.unsynced
        rows = await self._asked(sql, kind=kind, key=key, expires=expires, lease=lease, lane=lane, nothing=b"")
        return Ended(bool(rows), bool(rows and rows[0][0]))

    async def listed(self, kind: str, *, after: int = 0, limit: int = 500) -> list[Row]:
        """Return up to `limit` rows of a kind with a number above `after`, in the order in which they were stored."""
        sql = f"{_LISTED} ORDER BY number LIMIT :most"
        return [_row(row) for row in await self._asked(sql, kind=kind, after=after, most=limit)]

    async def every(self, kind: str) -> AsyncIterator[Row]:
        """Yield all rows of a kind in the order in which they were stored. They are read in batches."""
        page = await self.listed(kind)
        while page:
            for row in page:
                yield row
            page = await self.listed(kind, after=page[-1].number)

    async def revise(
        self, kind: str, key: str, made: Callable[[bytes | None], bytes | None], *, expires: float, owner: str = ""
    ) -> None:
        """Replace a row's value by what `made` makes of it (of None for a missing row), read anew if it has changed.

        If `made` returns None, the row is deleted. Raises StoreBusy if the row was changed again and again.
        """
        for _ in range(_REVISIONS):
            before = await self.get(kind, key)
            after = made(before)
            if after is None:
                return await self.drop(kind, key)
            added = before is None and await self.add(kind, key, after, expires=expires, owner=owner)
            if added or (before is not None and await self.swap(kind, key, before, after)):
                return None
        raise StoreBusy("a row was changed at the same moment")

    async def size(self, prefix: str) -> int:
        """Return the number of rows whose kind starts with `prefix`."""
        sql = "SELECT count(*) FROM rows WHERE kind >= :first AND kind < :behind AND expires > :now"
        [(rows,)] = await self._asked(sql, first=prefix, behind=f"{prefix}\U0010ffff")
        return int(rows)

    async def last(self, kind: str) -> Row | None:
        """Return the most recently stored row of a kind; None if there is none."""
        rows = await self._asked(f"{_LISTED} ORDER BY number DESC LIMIT 1", kind=kind, after=0)
        return _row(rows[0]) if rows else None

    async def kinds(self) -> list[str]:
        """Return the kinds that have rows, in alphabetical order."""
        rows = await self._asked("SELECT DISTINCT kind FROM rows WHERE expires > :now ORDER BY kind")
        return [_text(kind) for (kind,) in rows]

    async def count(self, kind: str, key: str, *, expires: float) -> int:
        """Add one to a counter and return the sum. After the `expires` of its first count, the counter starts again.

        A database server that crashes may lose the last second of counts: a wait for the disk would lock the counter.
        """
        rows = await self._asked(_COUNT + self.unsynced, kind=kind, key=key, expires=expires)
        return int(rows[0][0])

    async def owned(self, kind: str, owner: str) -> list[tuple[str, bytes]]:
        """Return an owner's rows of a kind as (key, value), oldest first."""
        sql = "SELECT key, value FROM rows WHERE owner = :owner AND owner <> '' AND kind = :kind AND expires > :now "
        rows = await self._asked(f"{sql} ORDER BY number", owner=owner, kind=kind)
        return [(_text(key), bytes(value)) for key, value in rows]

    async def drop(self, kind: str, key: str) -> None:
        """Delete a row if there is one."""
        await self._run("DELETE FROM rows WHERE kind = :kind AND key = :key", {"kind": kind, "key": key})

    async def drop_owned(self, owner: str, *kinds: str) -> int:
        """Delete an owner's rows of these kinds, or of all kinds, in one transaction. Return the number deleted."""
        return len(await self._run(*self._dropping(owner, kinds)))

    def _dropping(self, owner: str, kinds: Sequence[str] = ()) -> tuple[str, dict[str, object]]:
        """Return the SQL statement that deletes an owner's rows of these kinds, or all, and its parameters."""
        every = f"(:every OR {self.of_kinds})"
        sql = f"DELETE FROM rows WHERE owner = :owner AND owner <> '' AND {every} RETURNING 1"  # noqa: S608 -- our own
        return sql, {"owner": owner, "every": not kinds, "kinds": self._kinds(kinds)}

    async def sweep(self) -> int:
        """Delete expired rows and counters. Return the number deleted."""
        gone = 0
        for table in ("rows", "counters"):
            expired = f"SELECT {self.place} FROM {table} WHERE expires <= :now LIMIT :most"  # noqa: S608 -- our own
            sql = f"DELETE FROM {table} WHERE {self.place} IN ({expired}) RETURNING 1"  # noqa: S608 -- as above
            removed = _BATCH
            while removed == _BATCH:
                removed = len(await self._asked(sql, most=_BATCH))
                gone += removed
                await self._pause(0)
        return gone

    @abstractmethod
    async def close(self) -> None:
        """Close files and connections."""


def _text(kept: str | bytes | memoryview) -> str:
    return kept if isinstance(kept, str) else bytes(kept).decode()


def _row(values: Sequence[Any]) -> Row:
    number, kind, key, value, *leased = values
    leases, lane, expires = leased or (0, "", 0.0)
    return Row(number, _text(kind), _text(key), bytes(value), leases, _text(lane), expires)


class Superseded(Exception):
    """Another process leased the message because this one was too slow. This process must not write."""


class Heartbeat:
    """Renews a lease while its message is processed, and cancels the work if the lease is lost.

    A task for it begins with the first renewal: most messages are answered before.

    `number` is the number of the lease (`Row.leases`), which becomes invalid when another process leases the row.
    """

    def __init__(
        self, number: int, hold: Callable[[float, int], Awaitable[bool]], lease: float, clock: Callable[[], float]
    ) -> None:
        self.number, self._hold, self._lease, self._clock = number, hold, lease, clock
        self._last, self._over = clock(), False
        self._beat: asyncio.Task[None] | None = None

    @contextlib.asynccontextmanager
    async def going_on(self) -> AsyncIterator[None]:
        """Renew the lease three times within its length, while the context lasts.

        Raises:
            TimeoutError: all renewals failed, or another process has leased the message.
        """
        async with asyncio.timeout(self._lease) as self._limit:
            first = asyncio.get_running_loop().call_later(self._lease / 3, self._begin)
            try:
                yield
            finally:
                # A call to the store may swallow the cancellation (asyncio.wait_for before Python 3.12 does): a beat
                # that went on would hold the message for ever, and one behind the end would open it again.
                self._over = True
                first.cancel()
                if self._beat is not None:
                    self._beat.cancel()
                    await asyncio.wait({self._beat})

    async def renew(self) -> None:
        """Renew the lease before a write, if the last renewal is long ago. After an exception, nothing may be written.

        Raises:
            Superseded: another process has leased the message.
            StoreError: the store cannot be used.
        """
        if not 0 <= self._clock() - self._last <= self._lease / 2 and not await self._prolong():
            raise Superseded

    def _begin(self) -> None:
        self._beat = asyncio.create_task(self._go_on())

    async def _go_on(self) -> None:
        while not self._over:
            with contextlib.suppress(StoreError):
                await self._prolong()
            await asyncio.sleep(self._lease / 3)

    async def _prolong(self) -> bool:
        now, began = self._clock(), asyncio.get_running_loop().time()
        mine = await self._hold(now + self._lease, self.number)
        self._last = now
        if not self._limit.expired():
            self._limit.reschedule(began + self._lease if mine else began)
        return mine


async def finish(tasks: Iterable[asyncio.Task[Any]], seconds: float) -> None:
    """Wait up to `seconds` until the tasks are done; then cancel the rest and wait until they end."""
    if not (running := set(tasks)):
        return
    _, late = await asyncio.wait(running, timeout=seconds)
    for task in late:
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)
