"""The PostgreSQL store's migrations. New ones are only ever appended; the database records which were applied.

What only makes statements faster is not a migration: it is created if missing and not recorded, so that an older
release, which refuses unknown migrations, can be started again beside this one.
"""

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
    """Apply the missing migrations in one transaction, one process at a time; StoreUnusable for unknown ones."""
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
