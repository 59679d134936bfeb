"""The PostgreSQL store's tables, as steps that are only ever appended to; the database itself says which were taken."""

from __future__ import annotations

from typing import Any

from psycopg import AsyncConnection

from bot.errors import StoreUnusable

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
_STEPS = {"rows_and_counters": _ROWS_AND_COUNTERS, "waiting_rows": _WAITING_ROWS}


async def bring_up_to_date(connection: AsyncConnection[Any]) -> None:
    """Take the steps that the database lacks, all in one transaction, one process at a time.

    Raises:
        StoreUnusable: the database holds steps that this version does not know.
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
