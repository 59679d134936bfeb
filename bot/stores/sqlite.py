"""The store for one machine: a SQLite file in WAL mode, with small statements on one connection.

A power cut may lose the last moments (`synchronous=NORMAL`); a killed process loses nothing. Several processes of one
machine may share the file. Each statement is its own transaction, and waiting for a lock does not block the event loop.
"""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from sqlite_utils import Database, Migrations

from bot.errors import StoreBusy, StoreError, StoreUnusable
from bot.stores.base import NewRow, Store

# Migrations: new ones are only ever appended, and the file records which were applied.
_STEPS = {
    "rows_and_counters": (
        # `number` keeps the order in which rows were stored.
        """CREATE TABLE rows (number INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, key TEXT NOT NULL,
        value BLOB NOT NULL, owner TEXT NOT NULL, expires REAL NOT NULL, UNIQUE (kind, key))""",
        "CREATE INDEX rows_by_owner ON rows (owner, kind) WHERE owner <> ''",
        "CREATE INDEX rows_by_expiry ON rows (expires)",
        """CREATE TABLE counters (kind TEXT NOT NULL, key TEXT NOT NULL, times INTEGER NOT NULL, expires REAL NOT NULL,
        UNIQUE (kind, key))""",
        "CREATE INDEX counters_by_expiry ON counters (expires)",
    ),
    # The rows of a lane are worked on one after the other.
    "lanes_and_leases": (
        "ALTER TABLE rows ADD COLUMN lane TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE rows ADD COLUMN held REAL NOT NULL DEFAULT 0",
        "ALTER TABLE rows ADD COLUMN leases INTEGER NOT NULL DEFAULT 0",
        "CREATE INDEX rows_by_kind ON rows (kind, lane, number)",
    ),
    # Rows that wait for work are found without a look at the finished ones.
    "waiting_rows": ("CREATE INDEX rows_in_lanes ON rows (kind, number) WHERE lane <> ''",),
}
# What only makes statements faster is created if missing and not recorded, so that an older release, which refuses
# unknown migrations, can be started again beside this one. Here: the rows of a kind in order, without a sort.
_QUICKER = ("CREATE INDEX IF NOT EXISTS rows_of_kind ON rows (kind, number)",)


def bring_up_to_date(database: Database, name: str) -> None:
    """Apply the missing migrations in one transaction, also if two processes start at once. `name` is for errors.

    Raises:
        StoreUnusable: the database has migrations of a newer version.
    """
    migrations = Migrations("store")
    for step, statements in _STEPS.items():
        migrations(name=step)(lambda found, statements=statements: execute_all(statements, found))
    database.execute("BEGIN IMMEDIATE")
    try:
        _refuse_newer(migrations, database, name)
        migrations.apply(database)
        execute_all(_QUICKER, database)
    except BaseException:
        database.execute("ROLLBACK")
        raise
    database.execute("COMMIT")


def _refuse_newer(migrations: Migrations, database: Database, name: str) -> None:
    if {step.name for step in migrations.applied(database)} - _STEPS.keys():
        raise StoreUnusable(f"the store {name} was written by a newer version of this program")


def execute_all(statements: Iterable[str], database: Database) -> None:
    """Execute SQL statements one after the other."""
    for statement in statements:
        database.execute(statement)


T = TypeVar("T")
_WAITS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.8)
_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_WORDS = {
    sqlite3.SQLITE_READONLY: "is read-only",
    sqlite3.SQLITE_FULL: "cannot grow: the disk is full",
    sqlite3.SQLITE_CORRUPT: "is damaged; it was left as it is",
    sqlite3.SQLITE_NOTADB: "is not a SQLite database; it was left as it is",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened: look at its folder and its rights",
    sqlite3.SQLITE_IOERR: "cannot be read or written: look at the disk and the room on it",
}
_TAKE_IN = (
    "INSERT INTO rows (kind, key, value, owner, expires, lane, held, leases) "
    "SELECT :kind, :key, :value, :owner, :expires, :lane, CASE WHEN free THEN :until ELSE 0 END, free "
    "FROM (SELECT :until IS NOT NULL AND NOT EXISTS (SELECT 1 FROM rows AS older "
    "WHERE older.kind = :kind AND older.lane = :lane AND older.expires > :now) AS free) WHERE 1 "
    "ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value, owner = excluded.owner, expires = excluded.expires, "
    "lane = excluded.lane, held = excluded.held, leases = excluded.leases WHERE rows.expires <= :now "
    "RETURNING number, kind, key, value, leases, lane, expires"
)
_APPEND = (
    "INSERT OR REPLACE INTO rows (kind, key, value, expires, owner) SELECT * FROM (VALUES {rows}) "
    "WHERE NOT EXISTS (SELECT 1 FROM rows WHERE expires > ? AND (kind, key) IN (VALUES {keys})) RETURNING 1"
)


def open_sqlite(
    path_or_url: str | Path,
    *,
    clock: Callable[[], float] = time.time,
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> SqliteStore:
    """Open the store at a path or a `sqlite:///` URL and migrate it. A new file is readable by its owner only.

    Raises:
        StoreUnusable: the file is damaged, read-only, not a database, or written by a newer version. It is never
            recreated.
        StoreBusy: another process has locked the file.
    """
    path = Path(str(path_or_url).removeprefix("sqlite:///"))
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        return SqliteStore(_connect(path), name=path.name, clock=clock, pause=pause)
    except FileNotFoundError:
        folder = path.absolute().parent
        raise StoreUnusable(f"the folder {folder} does not exist; make it, or name another") from None
    except OSError as error:
        raise StoreUnusable(f"the store {path.name} cannot be opened: {error.strerror}") from None
    except sqlite3.Error as error:
        raise _store_error(error, path.name) from None


def _connect(path: Path) -> Database:
    connection = sqlite3.connect(path, timeout=2, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        # What was deleted is overwritten: an unlinked member's rows do not linger in free pages.
        connection.execute("PRAGMA secure_delete=ON")
        database = Database(connection)
        bring_up_to_date(database, path.name)
        # From here on nobody waits inside SQLite, which would hold the event loop: `_patiently` waits instead.
        connection.execute("PRAGMA busy_timeout=0")
    except BaseException:
        connection.close()
        raise
    return database


class SqliteStore(Store):
    """A `stores.base.Store` in a SQLite file. Created by `open_sqlite`."""

    shared = False
    put_statement = (
        "INSERT OR REPLACE INTO rows (kind, key, value, owner, expires) VALUES (:kind, :key, :value, :owner, :expires)"
    )
    take_in_statement = _TAKE_IN
    of_kinds = "kind IN (SELECT value FROM json_each(:kinds))"
    place = "rowid"

    def __init__(
        self, database: Database, *, name: str, clock: Callable[[], float], pause: Callable[[float], Awaitable[None]]
    ) -> None:
        super().__init__(clock, pause)
        self._database, self._name = database, name

    async def append(self, new: Sequence[NewRow], put: Sequence[NewRow] = (), *, drops: str = "") -> bool:
        """Delete an owner's rows and store others in one transaction, as `Store.append` does."""
        rows = [*new, *put]
        marks = {
            "rows": ", ".join("(?, ?, ?, ?, ?)" for _ in rows),
            "keys": ", ".join("(?, ?)" for _ in new) or "(NULL, NULL)",
        }
        values = [column for row in rows for column in row]
        values += [self._clock(), *(part for row in new for part in (row.kind, row.key))]
        statement = _APPEND.format(**marks)
        if not drops:
            return bool(await self._run(statement, values))

        def whole() -> bool:
            run = self._database.execute
            run("BEGIN IMMEDIATE")
            try:
                run(*self._dropping(drops)).fetchall()
                added = bool(run(statement, values).fetchall())
                run("COMMIT" if added else "ROLLBACK")
            except BaseException:
                self._database.conn.rollback()
                raise
            return added

        return await self._patiently(whole)

    async def sweep(self) -> int:
        """Delete expired rows and counters, in batches so that other statements can run between. Return their number.

        The deleted values are also removed from SQLite's write-ahead log.
        """
        gone = await super().sweep()
        # What was deleted stands in older pages of the file until the log is written into it, and in the log after.
        await self._run("PRAGMA wal_checkpoint(TRUNCATE)", ())
        return gone

    async def close(self) -> None:
        """Close the file."""
        self._database.conn.close()

    def _kinds(self, kinds: Sequence[str]) -> str:
        return json.dumps(kinds)

    async def _run(self, sql: str, values: Any) -> list[Any]:
        return await self._patiently(lambda: self._database.execute(sql, values).fetchall())

    async def _patiently(self, work: Callable[[], T]) -> T:
        """Return the result of `work`. While another process has locked the file, retry for about two seconds."""
        for wait in (*_WAITS, None):
            try:
                return work()
            except sqlite3.Error as error:
                trouble = _store_error(error, self._name)
                if wait is None or not isinstance(trouble, StoreBusy):
                    raise trouble from None
            await self._pause(wait)
        raise StoreBusy


def _store_error(error: sqlite3.Error, name: str) -> StoreError:
    """Return the exception to raise for a SQLite error. Its text has no statement or values."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the low byte is the primary code (sqlite.org/rescode.html)
    if code in _BUSY:
        return StoreBusy(f"the store {name} is held by another process")
    return StoreUnusable(f"the store {name} {_WORDS.get(code, 'cannot be used')}")
