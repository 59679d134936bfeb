"""What is the PostgreSQL store's own: processes on one database, its schema, a server lost."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg_pool import AsyncConnectionPool

from bot.channels.base import ACK_SECONDS
from bot.errors import StoreBusy, StoreUnusable
from bot.ops.entrance import StoredWaits
from bot.stores import open_store
from bot.stores.base import Store
from bot.stores.postgres import PostgresStore, open_postgres
from tests.days import Clock
from tests.doubles.postgres import Postgres, postgres

LATER = 4_000_000_000.0
_NOTE_COMMITS = """
CREATE TABLE commits (at serial, relation text, waits text);
CREATE FUNCTION note_commit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO commits (relation, waits) VALUES (TG_TABLE_NAME, current_setting('synchronous_commit'));
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER noted AFTER INSERT OR UPDATE ON rows
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note_commit();
CREATE CONSTRAINT TRIGGER noted AFTER INSERT OR UPDATE ON counters
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note_commit();
"""  # deferred, it tells how the transaction is about to be committed


@asynccontextmanager
async def closing(store: PostgresStore) -> AsyncIterator[PostgresStore]:
    """The store, closed whatever comes: an open pool keeps a failed test's loop busy until the server is stopped."""
    try:
        yield store
    finally:
        await store.close()


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[PostgresStore]:
    """The store of a database, closed at the end."""
    async with closing(await open_postgres(url)) as store:
        yield store


async def test_replicas_that_start_together_make_the_tables_once(postgres_url: str) -> None:
    """Four processes on an empty database: all come up, and each sees the others' rows."""
    stores = await asyncio.gather(*(open_postgres(postgres_url) for _ in range(4)))
    await stores[0].put("k", "a", b"1", expires=LATER)
    assert [await store.get("k", "a") for store in stores] == [b"1"] * 4
    taken = await asyncio.gather(*(store.take("k", "a") for store in stores))
    assert [value for value in taken if value is not None] == [b"1"]
    for store in stores:
        await store.close()


async def test_only_what_must_outlast_a_crash_waits_for_the_disk(postgres_url: str) -> None:
    """A count that all replicas share, and an end that is found in the chat, hold no row until the disk has it."""
    async with opened(postgres_url) as store:
        with psycopg.connect(postgres_url, autocommit=True) as watch:
            watch.execute(_NOTE_COMMITS)
            await store.add("inbox", "1", lane="a", expires=LATER)
            await store.count("asked", "team", expires=LATER)
            await store.finish("inbox", "1", expires=LATER, synced=False)
            await store.finish("inbox", "1", expires=LATER)
            said = watch.execute("SELECT relation, waits FROM commits ORDER BY at").fetchall()
    assert said == [("rows", "on"), ("counters", "off"), ("rows", "off"), ("rows", "on")]


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
async def test_a_database_of_any_encoding_is_started_on_again(postgres_server: Postgres, encoding: str) -> None:
    """A second start, as of another replica, finds its own steps in a database that `initdb` made without a locale."""
    with psycopg.connect(postgres_server.url, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS other")
        connection.execute(f"CREATE DATABASE other TEMPLATE template0 ENCODING '{encoding}' LOCALE 'C'".encode())
    url = psycopg.conninfo.make_conninfo(postgres_server.url, dbname="other")
    for value in (b"1", "año".encode()):
        async with opened(url) as store:
            await store.put("kínd", "ключ", value, expires=LATER, owner="ñ")
            assert await store.get("kínd", "ключ") == value


@pytest.mark.fault("F57")
async def test_a_newer_schema_is_refused(postgres_url: str) -> None:
    """A database of a later version is left alone, with one line that says so."""
    await (await open_postgres(postgres_url)).close()
    with psycopg.connect(postgres_url) as connection:
        connection.execute("INSERT INTO store_steps (name) VALUES ('of_tomorrow')")
    with pytest.raises(StoreUnusable, match=r"^the store was written by a newer version of this program$"):
        await open_postgres(postgres_url)


@pytest.mark.fault("F58")
async def test_a_cut_connection_is_replaced(postgres_url: str) -> None:
    """After a fail-over the next question is answered on a new connection (F58)."""
    async with opened(postgres_url) as store:
        await store.put("k", "a", b"1", expires=LATER)
        with psycopg.connect(postgres_url, autocommit=True) as other:
            # With a time to wait, the server answers when the other process is gone, and not when it was told to go.
            cut = other.execute(
                "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity "
                "WHERE application_name = 'bcbst-bot' AND datname = current_database()"
            ).fetchall()
        assert (True,) in cut
        assert (False,) not in cut
        assert await store.get("k", "a") == b"1"


@pytest.mark.fault("F58")
async def test_a_server_that_goes_away_is_told_as_busy() -> None:
    """Without a server nothing is decided: no event is let through, none is answered twice (F58)."""
    with tempfile.TemporaryDirectory(prefix="pg") as folder:
        with postgres(Path(folder)) as server:
            store = await open_postgres(server.emptied())
            assert await store.add("event", "1", expires=LATER)
        async with closing(store):
            began = time.monotonic()
            with pytest.raises(StoreBusy, match=r"^the store cannot be reached$"):
                await store.add("event", "2", expires=LATER)
            assert time.monotonic() - began < ACK_SECONDS, "a platform would wait longer than it does"


async def test_a_connection_that_works_costs_no_round_trip_of_its_own(postgres_url: str) -> None:
    """A statement is one statement: the pool asks only about a connection on which something came unasked."""
    sent: list[object] = []
    checked = AsyncConnectionPool.check_connection

    async def counted(connection: psycopg.AsyncConnection[object]) -> None:
        sent.append(connection)
        await checked(connection)

    async with opened(postgres_url) as store:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(AsyncConnectionPool, "check_connection", staticmethod(counted))
            for number in range(5):
                await store.put("k", str(number), b"", expires=LATER)
    assert sent == []


@pytest.mark.parametrize(
    "change", [("/postgres?", "/nowhere?"), ("host=/", "host=/nowhere/"), ("//postgres:", "//me:pw")]
)
async def test_an_unusable_address_is_told_in_one_line(postgres_url: str, change: tuple[str, str]) -> None:
    """The operator reads what is wrong, and never the address, which may hold a password."""
    with pytest.raises(
        StoreUnusable, match=r"^the store cannot be reached, or refuses this user, password or database$"
    ):
        await open_store(postgres_url.replace(*change))


async def test_a_closed_store_says_so(postgres_url: str) -> None:
    """Late work after the end gets a store error, not a library's."""
    store = await open_postgres(postgres_url)
    await store.close()
    with pytest.raises(StoreUnusable, match=r"^the store is closed$"):
        await store.get("k", "a")


async def test_an_older_release_may_be_started_again(postgres_url: str) -> None:
    """What this one adds is noted nowhere: the steps that the database names are those that releases before know."""
    async with opened(postgres_url):
        pass
    with psycopg.connect(postgres_url) as connection:
        taken = {name for (name,) in connection.execute("SELECT name FROM store_steps").fetchall()}
        assert taken == {"rows_and_counters", "waiting_rows", "functions"}
        indexes = {name for (name,) in connection.execute("SELECT indexname FROM pg_indexes").fetchall()}
        assert "rows_of_kind" in indexes
        connection.execute("DROP INDEX rows_of_kind")
    async with opened(postgres_url) as store:
        assert await store.last("k") is None


async def test_the_pool_and_what_it_prepares_can_be_set(postgres_url: str) -> None:
    """Two connections at most, and no prepared statement, as a pooler of transactions wants it."""
    store = await open_postgres(postgres_url, connections=2, prepares=False)
    for _ in range(8):
        await asyncio.gather(*(store.get("k", str(at)) for at in range(6)))
    assert store._pool.get_stats()["pool_size"] <= 2
    async with store._pool.connection() as connection:
        prepared = await (await connection.execute("SELECT count(*) FROM pg_prepared_statements")).fetchone()
    assert prepared == (0,)
    await store.close()


class Swallowing:
    """A pool that was about to give what was asked for when its caller was cancelled."""

    def __init__(self, fails: Exception | None) -> None:
        self._fails = fails
        self.waited = asyncio.Event()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Any]:
        """Wait for the end, and answer it with a connection or an error (asyncio.wait_for before Python 3.12 does)."""
        self.waited.set()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        if self._fails is not None:
            raise self._fails
        yield Answering()


class Answering:
    """A connection and a cursor that find nothing."""

    description = None

    async def execute(self, _sql: str, _values: object) -> Answering:
        """Nothing."""
        return self


@pytest.mark.fault("F61")
@pytest.mark.parametrize("fails", [None, psycopg.OperationalError("the connection is closed")])
async def test_who_is_cancelled_in_a_statement_ends(fails: Exception | None) -> None:
    """A loop that goes on when the store is busy would not end by one cancellation, and its process would not."""
    pool = Swallowing(fails)
    store = PostgresStore(pool, clock=time.time)  # type: ignore[arg-type] # it is asked for connections alone

    async def every_minute() -> None:
        while True:
            with contextlib.suppress(StoreBusy):
                await store.sweep()

    task = asyncio.create_task(every_minute())
    await pool.waited.wait()
    task.cancel()
    await asyncio.wait({task}, timeout=5)
    assert task.cancelled()


PAYER = "https://payer.example"


@pytest.mark.fault("F19")
async def test_a_wait_is_known_to_all_until_it_is_over(store: Store, clock: Clock) -> None:
    """The longest counts, other origins are free, and nothing is left afterwards."""
    told, other = StoredWaits(store, clock), StoredWaits(store, clock)
    await told.keep(PAYER, 600)
    await told.keep(PAYER, 2)
    clock.now += 100
    assert await other.left(PAYER) == 500
    assert await other.left("https://elsewhere.example") == 0
    clock.now += 500
    assert await other.left(PAYER) == 0


async def test_a_store_that_cannot_be_used_keeps_nobody_from_asking(store: Store, clock: Clock) -> None:
    """The payer may be asked; each process still knows what it was told itself."""
    await store.close()
    waits = StoredWaits(store, clock)
    await waits.keep(PAYER, 600)
    assert await waits.left(PAYER) == 0
