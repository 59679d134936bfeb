"""The store for several replicas of the bot: PostgreSQL over a pool of connections, with one statement for each call.

Each statement is its own transaction, so `take`, `add` and `lease` rely on the row lock. An unreachable server raises
`StoreBusy`. A statement is never repeated, because the server may have executed it already.
"""

from __future__ import annotations

import asyncio
import re
import select
import time
from collections.abc import Callable, Sequence
from typing import Any

import psycopg
from psycopg import AsyncConnection, errors
from psycopg_pool import AsyncConnectionPool, PoolClosed, PoolTimeout

from bot.errors import StoreBusy, StoreUnusable
from bot.stores.base import NewRow, Store

# Migrations are as in `stores.sqlite`: only ever appended, recorded, and an index is none.
# Any number that no other program on this database takes: one process at a time brings the tables up to date.
_LOCK = 0x62636273

# Kinds, keys and owners are bytes: PostgreSQL's text refuses NUL, and other people's ids may hold anything.
_ROWS_AND_COUNTERS = """
CREATE TABLE rows (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind bytea NOT NULL, key bytea NOT NULL, value bytea NOT NULL, owner bytea NOT NULL,
    expires double precision NOT NULL,
    lane bytea NOT NULL DEFAULT '', held double precision NOT NULL DEFAULT 0, leases integer NOT NULL DEFAULT 0,
    UNIQUE (kind, key)
);
CREATE INDEX rows_by_owner ON rows (owner, kind) WHERE owner <> '';
CREATE INDEX rows_by_expiry ON rows (expires);
CREATE INDEX rows_by_kind ON rows (kind, lane, number);
CREATE TABLE counters (
    kind bytea NOT NULL, key bytea NOT NULL, times integer NOT NULL, expires double precision NOT NULL,
    UNIQUE (kind, key)
);
CREATE INDEX counters_by_expiry ON counters (expires);
"""
# What waits to be worked on is found without a look at the many rows whose work is done.
_WAITING_ROWS = "CREATE INDEX rows_in_lanes ON rows (kind, number) WHERE lane <> '';"
# What has to be decided in several statements is one for the client. In a function each statement sees what others have
# committed by then, so that of two processes one finds the other's row; who comes second in a lane waits for the first.
_FUNCTIONS = """
CREATE FUNCTION bcbst_take_in(
    a_kind bytea, a_key bytea, a_value bytea, an_owner bytea, ends double precision, a_lane bytea,
    moment double precision, until double precision
) RETURNS SETOF rows LANGUAGE plpgsql AS $$
DECLARE free boolean;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(encode(a_kind || a_lane, 'hex'), 0));
    free := until IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM rows WHERE kind = a_kind AND lane = a_lane AND expires > moment);
    RETURN QUERY INSERT INTO rows AS r (kind, key, value, owner, expires, lane, held, leases)
        VALUES (a_kind, a_key, a_value, an_owner, ends, a_lane, CASE WHEN free THEN until ELSE 0 END, free::integer)
        ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value, owner = excluded.owner,
            expires = excluded.expires, lane = excluded.lane, held = excluded.held, leases = excluded.leases
            WHERE r.expires <= moment
        RETURNING *;
END $$;
CREATE FUNCTION bcbst_append(
    added integer, kinds bytea[], keys bytea[], contents bytea[], owners bytea[], ends double precision[],
    drops bytea, moment double precision
) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    IF drops <> '' THEN
        DELETE FROM rows WHERE owner = drops;
    END IF;
    FOR at IN 1 .. cardinality(kinds) LOOP
        INSERT INTO rows AS r (kind, key, value, owner, expires)
            VALUES (kinds[at], keys[at], contents[at], owners[at], ends[at])
            ON CONFLICT (kind, key) DO UPDATE SET number = DEFAULT, value = excluded.value, owner = excluded.owner,
                expires = excluded.expires, lane = '', held = 0, leases = 0
                WHERE at > added OR r.expires <= moment;
        IF NOT FOUND THEN
            RAISE EXCEPTION USING ERRCODE = 'BC001';
        END IF;
    END LOOP;
    RETURN true;
EXCEPTION WHEN SQLSTATE 'BC001' THEN
    RETURN false;
END $$;
"""
_STEPS = {"rows_and_counters": _ROWS_AND_COUNTERS, "waiting_rows": _WAITING_ROWS, "functions": _FUNCTIONS}
# Rows of a kind in the order in which they were put, and the last of them, without a sort.
_INDEXES = "SELECT indexname::text FROM pg_indexes WHERE schemaname = current_schema() AND tablename = 'rows'"
_QUICKER = {"rows_of_kind": "CREATE INDEX rows_of_kind ON rows (kind, number)"}


async def bring_up_to_date(connection: AsyncConnection[Any]) -> None:
    """Apply the missing migrations in one transaction. An advisory lock admits one process at a time.

    Raises:
        StoreUnusable: the database has migrations of a newer version.
    """
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        await connection.execute("CREATE TABLE IF NOT EXISTS store_steps (name text PRIMARY KEY)")
        taken = {name for (name,) in await (await connection.execute("SELECT name FROM store_steps")).fetchall()}
        if taken - _STEPS.keys():
            raise StoreUnusable("the store was written by a newer version of this program")
        for name in [name for name in _STEPS if name not in taken]:
            await connection.execute(_STEPS[name])
            await connection.execute("INSERT INTO store_steps (name) VALUES (%s)", (name,))
        # Looked for first: even an index that is there already would lock the table against writers for a moment.
        there = {name for (name,) in await (await connection.execute(_INDEXES)).fetchall()}
        for name in _QUICKER.keys() - there:
            await connection.execute(_QUICKER[name])


NAME = "bcbst-bot"
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
_PUT = (
    "INSERT INTO rows (kind, key, value, owner, expires) VALUES (:kind, :key, :value, :owner, :expires) "
    "ON CONFLICT (kind, key) DO UPDATE SET number = DEFAULT, value = excluded.value, owner = excluded.owner, "
    "expires = excluded.expires, lane = '', held = 0, leases = 0"
)
_NAME = re.compile(r":(\w+)")


async def open_postgres(
    url: str,
    *,
    clock: Callable[[], float] = time.time,
    wait: float = _WAIT,
    connections: int = 16,
    prepares: bool = True,
) -> PostgresStore:
    """Open the store at a `postgresql://` URL and migrate its tables.

    `wait` is how many seconds a call waits for a connection, of which there are up to `connections`. Without `prepares`
    no statements are prepared: PgBouncer before 1.21 gives each transaction another connection, where a statement
    prepared earlier is unknown.

    Raises:
        StoreUnusable: the server, database or user cannot be used, or the tables are from a newer version.
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
    store = PostgresStore(pool, clock=clock)
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
    """Check that an idle connection of the pool is usable, with a query only if there is data to read.

    There is data to read when the server has closed the connection.
    """
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    if poll.poll(0):
        await AsyncConnectionPool.check_connection(connection)


class PostgresStore(Store):
    """A `stores.base.Store` in a PostgreSQL database. Created by `open_postgres`."""

    shared = True
    put_statement = _PUT
    take_in_statement = (
        "SELECT number, kind, key, value, leases, lane, expires "
        "FROM bcbst_take_in(:kind, :key, :value, :owner, :expires, :lane, :now, :until)"
    )
    of_kinds = "kind = ANY (:kinds)"
    place = "ctid"
    # A delivery that comes twice locks the row for a moment: whoever wants this lane's row waits for it.
    locks = "FOR UPDATE SKIP LOCKED", "FOR UPDATE"
    unsynced = ", set_config('synchronous_commit', 'off', true)"

    def __init__(self, pool: AsyncConnectionPool[Any], *, clock: Callable[[], float]) -> None:
        super().__init__(clock)
        self._pool = pool

    async def append(self, new: Sequence[NewRow], put: Sequence[NewRow] = (), *, drops: str = "") -> bool:
        """Delete an owner's rows and store others in one transaction, as `Store.append` does."""
        rows = [*new, *put]
        kinds, keys, owners = ([_encoded(getattr(row, name)) for row in rows] for name in ("kind", "key", "owner"))
        [(done,)] = await self._run(
            "SELECT bcbst_append(%s, %s::bytea[], %s::bytea[], %s::bytea[], %s::bytea[], %s::float8[], %s, %s)",
            (
                *(len(new), kinds, keys, [row.value for row in rows], owners, [row.expires for row in rows]),
                *(_encoded(drops), self._clock()),
            ),
        )
        return bool(done)

    async def close(self) -> None:
        """Close the connections."""
        await self._pool.close()

    def _kinds(self, kinds: Sequence[str]) -> list[bytes]:
        return [*map(_encoded, kinds)]

    async def _run(self, sql: str, values: Any) -> list[Any]:
        if isinstance(values, dict):
            sql = _NAME.sub(r"%(\1)s", sql)
            values = {name: _encoded(one) if isinstance(one, str) else one for name, one in values.items()}
        task = asyncio.current_task()
        cancelled = task.cancelling() if task else 0
        try:
            async with self._pool.connection() as connection:
                cursor = await connection.execute(sql, values)
                return await cursor.fetchall() if cursor.description else []
        except psycopg.Error as error:
            raise _store_error(error) from None
        finally:
            # Pool (asyncio.wait_for before Python 3.12) and driver (whose connection broke) may answer a cancellation
            # with a result or an error: who is to end ends.
            if task is not None and task.cancelling() > cancelled:
                raise asyncio.CancelledError from None


def _encoded(text: str) -> bytes:
    """Return text as bytes, as the tables store it."""
    return text.encode()


def _store_error(error: psycopg.Error) -> StoreBusy | StoreUnusable:
    """Return the exception to raise for a PostgreSQL error. Its text has no address, statement or values."""
    state = error.sqlstate or ""
    if isinstance(error, PoolClosed):
        return StoreUnusable("the store is closed")
    if state in _WORDS:
        return StoreUnusable(f"the store {_WORDS[state]}")
    if isinstance(error, PoolTimeout | psycopg.OperationalError):
        return StoreBusy("the store cannot be reached")
    return StoreUnusable(f"the store cannot be used (PostgreSQL {state})")
