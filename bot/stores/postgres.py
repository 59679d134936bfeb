"""The store for several replicas: PostgreSQL, one statement a call, over a pool of connections.

Each statement is its own transaction, so that `take`, `add` and `lease` are decided by the row lock. Whatever is
not reachable raises `StoreBusy`: nothing is tried twice after a statement was sent, as it may have been done.
"""

from __future__ import annotations

import select
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

import psycopg
from psycopg import errors
from psycopg_pool import AsyncConnectionPool, PoolClosed, PoolTimeout

from bot.errors import StoreBusy, StoreUnusable
from bot.stores.base import Ended, NewRow, Row
from bot.stores.notices import CHANNEL, WorkNotices
from bot.stores.postgres_schema import bring_up_to_date

NAME = "bcbst-bot"
_BATCH = 500
_WAIT = 1.5  # seconds for a connection of the pool, then the store is busy: platforms wait three to be acknowledged
# Whatever a database is encoded in (SQL_ASCII, where initdb found no locale), text comes as UTF-8.
_CONNECTION: dict[str, Any] = {"autocommit": True, "connect_timeout": 5, "client_encoding": "utf8"}
_UNPREPARED: dict[str, Any] = {"prepare_threshold": None}
_NO_RIGHTS = "cannot be used: its user may not make, read or write the tables"
_WORDS = {
    errors.InsufficientPrivilege.sqlstate: _NO_RIGHTS,
    errors.InvalidSchemaName.sqlstate: _NO_RIGHTS,
    errors.ReadOnlySqlTransaction.sqlstate: "is read-only: a standby, or a database that was made so",
    errors.DiskFull.sqlstate: "cannot grow: the disk is full",
}
_SWEEPS = (
    "DELETE FROM rows WHERE number IN (SELECT number FROM rows WHERE expires <= %s LIMIT %s) RETURNING 1",
    "DELETE FROM counters WHERE ctid IN (SELECT ctid FROM counters WHERE expires <= %s LIMIT %s) RETURNING 1",
)
_PUT = (
    "INSERT INTO rows (kind, key, value, owner, expires) VALUES (%s, %s, %s, %s, %s) "
    "ON CONFLICT (kind, key) DO UPDATE SET number = DEFAULT, value = excluded.value, owner = excluded.owner, "
    "expires = excluded.expires, lane = '', held = 0, leases = 0"
)
_ADD = (
    "INSERT INTO rows (kind, key, value, owner, expires, lane) VALUES (%s, %s, %s, %s, %s, %s) "
    "ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value, owner = excluded.owner, "
    "expires = excluded.expires, lane = excluded.lane, held = 0, leases = 0 WHERE rows.expires <= %s RETURNING 1"
)
_DROP_OWNED = "DELETE FROM rows WHERE owner = %s AND owner <> '' AND (%s OR kind = ANY (%s)) RETURNING 1"
_EARLIER = (
    "UPDATE rows SET held = held - %(seconds)s WHERE lane <> '' AND held > %(after)s RETURNING 1",
    "UPDATE counters SET expires = expires - %(seconds)s WHERE expires > %(after)s RETURNING 1",
    "UPDATE rows SET expires = expires - %(seconds)s WHERE expires > %(after)s AND kind = ANY (%(kinds)s) RETURNING 1",
)
_FIRST_OF_ITS_LANE = (
    "UPDATE rows SET held = %(until)s, leases = leases + 1 WHERE number = (SELECT number FROM rows AS it "
    "WHERE kind = %(kind)s AND lane <> '' AND held <= %(now)s AND expires > %(now)s "
    "AND NOT EXISTS (SELECT 1 FROM rows AS older "
    "WHERE older.kind = %(kind)s AND older.lane = it.lane AND older.number < it.number AND older.expires > %(now)s) "
)
_LEASED = " RETURNING number, kind, key, value, leases, lane, expires"
_LEASE_ANY = f"{_FIRST_OF_ITS_LANE} ORDER BY number LIMIT 1 FOR UPDATE SKIP LOCKED) {_LEASED}"
_LEASE_LANE = f"{_FIRST_OF_ITS_LANE} AND lane = %(lane)s ORDER BY number LIMIT 1 FOR UPDATE) {_LEASED}"


async def open_postgres(
    url: str,
    *,
    clock: Callable[[], float] = time.time,
    wait: float = _WAIT,
    connections: int = 16,
    prepares: bool = True,
    listens: bool = True,
) -> PostgresStore:
    """The store at a `postgresql://` URL, its tables brought up to date; `wait` seconds for a free connection.

    At most so many `connections`, and one more where it `listens` for work that others leave. Without `prepares` no
    statement is prepared: PgBouncer before 1.21 gives each transaction another connection, which knows none of them.

    Raises:
        StoreUnusable: the server, database or user cannot be used, or the tables are a newer version's.
    """
    pool = AsyncConnectionPool(
        url,
        min_size=1,
        max_size=connections,
        open=False,
        timeout=wait,
        kwargs={**_CONNECTION, "application_name": NAME, **({} if prepares else _UNPREPARED)},
        check=_check,
    )
    listener = partial(psycopg.AsyncConnection.connect, url, **_CONNECTION, application_name=f"{NAME} listens")
    store = PostgresStore(pool, clock=clock, listener=listener if listens else None)
    try:
        # One plain connection first: a pool would try again and again and tell only that time ran out.
        async with await psycopg.AsyncConnection.connect(url, **_CONNECTION) as first:
            await bring_up_to_date(first)
        await pool.open()
    except psycopg.Error as error:
        if error.sqlstate is None and isinstance(error, psycopg.OperationalError):
            # libpq gives a refused connection no code, and its text quotes the address.
            raise StoreUnusable("the store cannot be reached, or refuses this user, password or database") from None
        raise _store_error(error) from None
    return store


async def _check(connection: psycopg.AsyncConnection[Any]) -> None:
    """Ask the server whether a connection still works, where something came on it unasked, as its end does.

    An idle connection has nothing to read; to ask each time would be a round trip for every statement.
    """
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    if poll.poll(0):
        await AsyncConnectionPool.check_connection(connection)


class PostgresStore:
    """`stores.base.Store` over one PostgreSQL database. Made by `open_postgres`."""

    shared = True

    def __init__(
        self,
        pool: AsyncConnectionPool[Any],
        *,
        clock: Callable[[], float],
        listener: Callable[[], Awaitable[Any]] | None = None,
    ) -> None:
        self._pool, self._clock = pool, clock
        self._notices = None if listener is None else WorkNotices(listener, self._tell)

    def heard(self, prefix: str, then: Callable[[], None]) -> None:
        """Call `then` when a process leaves work of a kind that begins so to whoever finds it."""
        if self._notices is not None:
            self._notices.heard(prefix, then)

    async def put(self, kind: str, key: str, value: bytes, *, expires: float, owner: str = "") -> None:
        """Keep a row, replacing the one of the same kind and key."""
        await self._run(_PUT, (_b(kind), _b(key), value, _b(owner), expires))

    async def get(self, kind: str, key: str) -> bytes | None:
        """The row's value while it lives."""
        rows = await self._run(
            "SELECT value FROM rows WHERE kind = %s AND key = %s AND expires > %s", (_b(kind), _b(key), self._clock())
        )
        return bytes(rows[0][0]) if rows else None

    async def several(self, *places: tuple[str, str]) -> list[bytes | None]:
        """The values of rows by kind and key, in that order, read in one statement; None where no row lives."""
        now = self._clock()
        one = "SELECT {} AS at, value FROM rows WHERE kind = %s AND key = %s AND expires > %s"
        statement = " UNION ALL ".join(one.format(at) for at in range(len(places)))
        found = dict(await self._run(statement, [value for kind, key in places for value in (_b(kind), _b(key), now)]))
        return [bytes(found[at]) if at in found else None for at in range(len(places))]

    async def take(self, kind: str, key: str) -> bytes | None:
        """The row's value, removed in the same statement: of many takers exactly one gets it."""
        rows = await self._run(
            "DELETE FROM rows WHERE kind = %s AND key = %s RETURNING value, expires > %s",
            (_b(kind), _b(key), self._clock()),
        )
        return bytes(rows[0][0]) if rows and rows[0][1] else None

    async def add(
        self, kind: str, key: str, value: bytes = b"", *, expires: float, owner: str = "", lane: str = ""
    ) -> bool:
        """True for the first caller with this key while it lives, whose row is kept."""
        rows = await self._run(_ADD, (_b(kind), _b(key), value, _b(owner), expires, _b(lane), self._clock()))
        return bool(rows)

    async def take_in(self, new: NewRow, lane: str, *, until: float | None = None) -> Row | None:
        """Add a row to a lane and lease it until then, when it is the lane's first; None when its key is taken."""
        rows = await self._run(
            "SELECT number, kind, key, value, leases, lane, expires FROM bcbst_take_in(%s, %s, %s, %s, %s, %s, %s, %s)",
            (*_columns(new), _b(lane), self._clock(), until),
        )
        await self._left(new.kind, (until or 0) if rows else None)
        return _row(rows[0]) if rows else None

    async def append(self, new: Sequence[NewRow], put: Sequence[NewRow] = (), *, drops: str = "") -> bool:
        """In one transaction: drop an owner's rows, add `new`, put `put`; False, and nothing, when a new one lives."""
        kinds, keys, values, owners, ends = zip(*map(_columns, (*new, *put)), strict=True) if new or put else ((),) * 5
        rows = await self._run(
            "SELECT bcbst_append(%s, %s::bytea[], %s::bytea[], %s::bytea[], %s::bytea[], %s::float8[], %s, %s)",
            (len(new), [*kinds], [*keys], [*values], [*owners], [*ends], _b(drops), self._clock()),
        )
        return bool(rows[0][0])

    async def swap(self, kind: str, key: str, old: bytes, new: bytes, *, lease: int | None = None) -> bool:
        """Replace a living row's value only while it is still the old one; whether it was."""
        rows = await self._run(
            "UPDATE rows SET value = %s WHERE kind = %s AND key = %s AND value = %s AND expires > %s "
            "AND leases = coalesce(%s, leases) RETURNING 1",
            (new, _b(kind), _b(key), old, self._clock(), lease),
        )
        return bool(rows)

    async def lease(self, kind: str, *, until: float, lane: str | None = None) -> Row | None:
        """The oldest row of a kind that nobody holds and that is the first of its lane, held until then."""
        values = {"kind": _b(kind), "until": until, "lane": None if lane is None else _b(lane), "now": self._clock()}
        # A delivery that comes twice locks the row for a moment: whoever wants this lane's row waits for it.
        rows = await self._run(_LEASE_ANY if lane is None else _LEASE_LANE, values)
        return _row(rows[0]) if rows else None

    async def hold(self, kind: str, key: str, *, until: float, lease: int | None = None) -> bool:
        """Move the end of a lease; a time that is past gives the row back."""
        rows = await self._run(
            "UPDATE rows SET held = %s WHERE kind = %s AND key = %s AND leases = coalesce(%s, leases) RETURNING 1",
            (until, _b(kind), _b(key), lease),
        )
        await self._left(kind, until if rows else None)
        return bool(rows)

    async def earlier(self, seconds: float, *, after: float, kinds: Sequence[str] = ()) -> int:
        """Move what ends after that time forward by so many seconds: leases, counters, and rows of these kinds."""
        values = {"seconds": seconds, "after": after, "kinds": [_b(kind) for kind in kinds]}
        return sum([len(await self._run(statement, values)) for statement in _EARLIER])

    async def finish(self, kind: str, key: str, *, expires: float, lease: int | None = None, lane: str = "") -> Ended:
        """End the work on a row: its value is gone and its lane goes on; its key stays taken until then."""
        values = {"kind": _b(kind), "key": _b(key), "expires": expires, "lease": lease, "lane": _b(lane)}
        rows = await self._run(
            "UPDATE rows SET value = '', owner = '', lane = '', held = %(expires)s, expires = %(expires)s "
            "WHERE kind = %(kind)s AND key = %(key)s AND leases = coalesce(%(lease)s, leases) "
            "RETURNING %(lane)s <> ''::bytea AND EXISTS (SELECT 1 FROM rows AS other WHERE other.kind = %(kind)s "
            "AND other.lane = %(lane)s AND other.number <> rows.number AND other.expires > %(now)s)",
            {**values, "now": self._clock()},
        )
        return Ended(bool(rows), bool(rows and rows[0][0]))

    async def listed(self, kind: str, *, after: int = 0, limit: int = 500) -> list[Row]:
        """The living rows of a kind after a number, in the order in which they were put, at most so many."""
        rows = await self._run(
            "SELECT number, kind, key, value FROM rows WHERE kind = %s AND number > %s AND expires > %s "
            "ORDER BY number LIMIT %s",
            (_b(kind), after, self._clock(), limit),
        )
        return [_row(row) for row in rows]

    async def size(self, prefix: str) -> int:
        """How many living rows there are of the kinds that begin so."""
        statement = "SELECT count(*) FROM rows WHERE kind >= %s AND kind < %s AND expires > %s"
        [(rows,)] = await self._run(statement, (_b(prefix), _b(prefix) + b"\xff", self._clock()))
        return int(rows)

    async def last(self, kind: str) -> Row | None:
        """The living row of a kind that was put last."""
        rows = await self._run(
            "SELECT number, kind, key, value FROM rows WHERE kind = %s AND expires > %s ORDER BY number DESC LIMIT 1",
            (_b(kind), self._clock()),
        )
        return _row(rows[0]) if rows else None

    async def kinds(self) -> list[str]:
        """The kinds of which there are living rows, in alphabetical order."""
        rows = await self._run("SELECT DISTINCT kind FROM rows WHERE expires > %s ORDER BY kind", (self._clock(),))
        return [bytes(kind).decode() for (kind,) in rows]

    async def count(self, kind: str, key: str, *, expires: float) -> int:
        """Add one to a counter and return it; it starts again after `expires` of its first count."""
        values = {"kind": _b(kind), "key": _b(key), "expires": expires, "now": self._clock()}
        rows = await self._run(
            "INSERT INTO counters (kind, key, times, expires) VALUES (%(kind)s, %(key)s, 1, %(expires)s) "
            "ON CONFLICT (kind, key) DO UPDATE "
            "SET times = CASE WHEN counters.expires > %(now)s THEN counters.times + 1 ELSE 1 END, "
            "expires = CASE WHEN counters.expires > %(now)s THEN counters.expires ELSE excluded.expires END "
            "RETURNING times",
            values,
        )
        return int(rows[0][0])

    async def owned(self, kind: str, owner: str) -> list[tuple[str, bytes]]:
        """The living rows of a kind that belong to an owner, as (key, value), oldest first."""
        rows = await self._run(
            "SELECT key, value FROM rows WHERE owner = %s AND owner <> '' AND kind = %s AND expires > %s "
            "ORDER BY number",
            (_b(owner), _b(kind), self._clock()),
        )
        return [(bytes(key).decode(), bytes(value)) for key, value in rows]

    async def drop(self, kind: str, key: str) -> None:
        """Remove one row, if it is there."""
        await self._run("DELETE FROM rows WHERE kind = %s AND key = %s RETURNING 1", (_b(kind), _b(key)))

    async def drop_owned(self, owner: str, *kinds: str) -> int:
        """Remove every row of an owner, of these kinds or of all, in one transaction; how many there were."""
        rows = await self._run(_DROP_OWNED, (_b(owner), not kinds, [_b(kind) for kind in kinds]))
        return len(rows)

    async def sweep(self) -> int:
        """Remove what has expired, a few hundred rows a statement so that others get their turn; how many rows."""
        now, gone = self._clock(), 0
        for statement in _SWEEPS:
            removed = _BATCH
            while removed == _BATCH:
                removed = len(await self._run(statement, (now, _BATCH)))
                gone += removed
        return gone

    async def close(self) -> None:
        """Give back the connections."""
        if self._notices is not None:
            await self._notices.close()
        await self._pool.close()

    async def _left(self, kind: str, until: float | None) -> None:
        """Tell of work that nobody holds any longer than until then."""
        if self._notices is not None and until is not None and until <= self._clock():
            await self._tell(kind)

    async def _tell(self, kind: str) -> None:
        """Tell all who listen. It is seldom: a notice is sent under a lock of the whole server."""
        await self._run("SELECT pg_notify(%s, %s)", (CHANNEL, kind))

    async def _run(self, sql: str, values: Sequence[object] | dict[str, object]) -> list[Any]:
        try:
            async with self._pool.connection() as connection:
                cursor = await connection.execute(sql, values)
                return await cursor.fetchall() if cursor.description else []
        except psycopg.Error as error:
            raise _store_error(error) from None


def _b(text: str) -> bytes:
    """Text as the store keeps it."""
    return text.encode()


def _columns(row: NewRow) -> tuple[bytes, bytes, bytes, bytes, float]:
    return _b(row.kind), _b(row.key), row.value, _b(row.owner), row.expires


def _row(values: Sequence[Any]) -> Row:
    number, kind, key, value, *leased = values
    row = Row(number, bytes(kind).decode(), bytes(key).decode(), bytes(value))
    return row._replace(leases=leased[0], lane=bytes(leased[1]).decode(), expires=leased[2]) if leased else row


def _store_error(error: psycopg.Error) -> StoreBusy | StoreUnusable:
    """PostgreSQL's trouble in the words of an operator, without the address, the statement or its values."""
    state = error.sqlstate or ""
    if isinstance(error, PoolClosed):
        return StoreUnusable("the store is closed")
    if state in _WORDS:
        return StoreUnusable(f"the store {_WORDS[state]}")
    if isinstance(error, PoolTimeout | psycopg.OperationalError):
        return StoreBusy("the store cannot be reached")
    return StoreUnusable(f"the store cannot be used (PostgreSQL {state})")
