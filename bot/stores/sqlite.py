"""The store for one machine: a SQLite file in WAL mode, small statements straight on one connection.

A power cut may lose the last moments (`synchronous=NORMAL`); a killed process loses nothing. Several processes of
one machine may share the file: each statement is its own transaction, and a held lock is waited for asynchronously.
"""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from sqlite_utils import Database

from bot.errors import StoreBusy, StoreError, StoreUnusable
from bot.stores.base import Ended, NewRow, Row
from bot.stores.sqlite_schema import bring_up_to_date

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
_BATCH = 500
_PUT = "INSERT OR REPLACE INTO rows (kind, key, value, owner, expires) VALUES (?, ?, ?, ?, ?)"
_ADD = (
    "INSERT INTO rows (kind, key, value, owner, expires, lane) VALUES (?1, ?2, ?3, ?4, ?5, ?6) "
    "ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value, owner = excluded.owner, "
    "expires = excluded.expires, lane = excluded.lane, held = 0, leases = 0 WHERE rows.expires <= ?7 RETURNING 1"
)
_TAKE_IN = (
    "INSERT INTO rows (kind, key, value, owner, expires, lane, held, leases) "
    "SELECT ?1, ?2, ?3, ?4, ?5, ?6, CASE WHEN free THEN ?8 ELSE 0 END, free FROM (SELECT ?8 IS NOT NULL AND NOT EXISTS "
    "(SELECT 1 FROM rows AS older WHERE older.kind = ?1 AND older.lane = ?6 AND older.expires > ?7) AS free) WHERE 1 "
    "ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value, owner = excluded.owner, expires = excluded.expires, "
    "lane = excluded.lane, held = excluded.held, leases = excluded.leases WHERE rows.expires <= ?7 "
    "RETURNING number, kind, key, value, leases, lane, expires"
)
_APPEND = (
    "INSERT OR REPLACE INTO rows (kind, key, value, owner, expires) SELECT * FROM (VALUES {rows}) "
    "WHERE NOT EXISTS (SELECT 1 FROM rows WHERE expires > ? AND (kind, key) IN (VALUES {keys})) RETURNING 1"
)
_DROP_OWNED = (
    "DELETE FROM rows WHERE owner = ?1 AND owner <> '' "
    "AND (?2 = '[]' OR kind IN (SELECT value FROM json_each(?2))) RETURNING 1"
)
_SWEEPS = (
    "DELETE FROM rows WHERE rowid IN (SELECT rowid FROM rows WHERE expires <= ? LIMIT ?) RETURNING 1",
    "DELETE FROM counters WHERE rowid IN (SELECT rowid FROM counters WHERE expires <= ? LIMIT ?) RETURNING 1",
)
_EARLIER = (
    "UPDATE rows SET held = held - ?1 WHERE lane <> '' AND held > ?2 AND ?3 <> '' RETURNING 1",
    "UPDATE counters SET expires = expires - ?1 WHERE expires > ?2 AND ?3 <> '' RETURNING 1",
    (
        "UPDATE rows SET expires = expires - ?1 WHERE expires > ?2 AND kind IN (SELECT value FROM json_each(?3)) "
        "RETURNING 1"
    ),
)
_FIRST_OF_ITS_LANE = (
    "UPDATE rows SET held = ?2, leases = leases + 1 WHERE number = (SELECT number FROM rows AS it "
    "WHERE kind = ?1 AND lane <> '' AND held <= ?4 AND expires > ?4 AND NOT EXISTS ("
    "SELECT 1 FROM rows AS older WHERE older.kind = ?1 AND older.lane = it.lane AND older.number < it.number "
    "AND older.expires > ?4) "
)
_LEASED = " ORDER BY number LIMIT 1) RETURNING number, kind, key, value, leases, lane, expires"
_LEASE_ANY = f"{_FIRST_OF_ITS_LANE} AND ?3 IS NULL {_LEASED}"
_LEASE_LANE = f"{_FIRST_OF_ITS_LANE} AND lane = ?3 {_LEASED}"


def open_sqlite(
    path_or_url: str | Path,
    *,
    clock: Callable[[], float] = time.time,
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> SqliteStore:
    """The store at a path or a `sqlite:///` URL, its schema brought up to date; a new file is the owner's only.

    Raises:
        StoreUnusable: damaged, read-only, not a database, or written by a newer version. The file is never recreated.
        StoreBusy: another process holds it.
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


class SqliteStore:
    """`stores.base.Store` over one SQLite file. Made by `open_sqlite`."""

    shared = False

    def __init__(
        self, database: Database, *, name: str, clock: Callable[[], float], pause: Callable[[float], Awaitable[None]]
    ) -> None:
        self._database, self._name, self._clock, self._pause = database, name, clock, pause

    def heard(self, prefix: str, then: Callable[[], None]) -> None:
        """Nobody is told: the file is looked at."""

    async def put(self, kind: str, key: str, value: bytes, *, expires: float, owner: str = "") -> None:
        """Keep a row, replacing the one of the same kind and key."""
        await self._run(_PUT, (kind, key, value, owner, expires))

    async def get(self, kind: str, key: str) -> bytes | None:
        """The row's value while it lives."""
        rows = await self._run(
            "SELECT value FROM rows WHERE kind = ? AND key = ? AND expires > ?", (kind, key, self._clock())
        )
        return bytes(rows[0][0]) if rows else None

    async def several(self, *places: tuple[str, str]) -> list[bytes | None]:
        """The values of rows by kind and key, in that order, read in one statement; None where no row lives."""
        now = self._clock()
        one = "SELECT {} AS at, value FROM rows WHERE kind = ? AND key = ? AND expires > ?"
        statement = " UNION ALL ".join(one.format(at) for at in range(len(places)))
        found = dict(await self._run(statement, [value for place in places for value in (*place, now)]))
        return [bytes(found[at]) if at in found else None for at in range(len(places))]

    async def take(self, kind: str, key: str) -> bytes | None:
        """The row's value, removed in the same statement: of many takers exactly one gets it."""
        rows = await self._run(
            "DELETE FROM rows WHERE kind = ? AND key = ? RETURNING value, expires > ?", (kind, key, self._clock())
        )
        return bytes(rows[0][0]) if rows and rows[0][1] else None

    async def add(
        self, kind: str, key: str, value: bytes = b"", *, expires: float, owner: str = "", lane: str = ""
    ) -> bool:
        """True for the first caller with this key while it lives, whose row is kept."""
        rows = await self._run(_ADD, (kind, key, value, owner, expires, lane, self._clock()))
        return bool(rows)

    async def take_in(self, new: NewRow, lane: str, *, until: float | None = None) -> Row | None:
        """Add a row to a lane and lease it until then, when it is the lane's first; None when its key is taken."""
        rows = await self._run(_TAKE_IN, (*_columns(new), lane, self._clock(), until))
        return Row(*rows[0]) if rows else None

    async def append(self, new: Sequence[NewRow], put: Sequence[NewRow] = (), *, drops: str = "") -> bool:
        """In one transaction: drop an owner's rows, add `new`, put `put`; False, and nothing, when a new one lives."""
        statement, values = _all_of(new, put, self._clock())
        if not drops:
            return bool(await self._run(statement, values))

        def whole() -> bool:
            run = self._database.execute
            run("BEGIN IMMEDIATE")
            try:
                run(_DROP_OWNED, (drops, "[]")).fetchall()
                added = bool(run(statement, values).fetchall())
                run("COMMIT" if added else "ROLLBACK")
            except BaseException:
                self._database.conn.rollback()
                raise
            return added

        return await self._patiently(whole)

    async def swap(self, kind: str, key: str, old: bytes, new: bytes, *, lease: int | None = None) -> bool:
        """Replace a living row's value only while it is still the old one; whether it was."""
        rows = await self._run(
            "UPDATE rows SET value = ?4 WHERE kind = ?1 AND key = ?2 AND value = ?3 AND expires > ?5 "
            "AND (?6 IS NULL OR leases = ?6) RETURNING 1",
            (kind, key, old, new, self._clock(), lease),
        )
        return bool(rows)

    async def lease(self, kind: str, *, until: float, lane: str | None = None) -> Row | None:
        """The oldest row of a kind that nobody holds and that is the first of its lane, held until then."""
        rows = await self._run(_LEASE_ANY if lane is None else _LEASE_LANE, (kind, until, lane, self._clock()))
        return Row(*rows[0]) if rows else None

    async def hold(self, kind: str, key: str, *, until: float, lease: int | None = None) -> bool:
        """Move the end of a lease; a time that is past gives the row back."""
        rows = await self._run(
            "UPDATE rows SET held = ?3 WHERE kind = ?1 AND key = ?2 AND (?4 IS NULL OR leases = ?4) RETURNING 1",
            (kind, key, until, lease),
        )
        return bool(rows)

    async def earlier(self, seconds: float, *, after: float, kinds: Sequence[str] = ()) -> int:
        """Move what ends after that time forward by so many seconds: leases, counters, and rows of these kinds."""
        moved = [await self._run(statement, (seconds, after, json.dumps(kinds))) for statement in _EARLIER]
        return sum(len(rows) for rows in moved)

    async def finish(self, kind: str, key: str, *, expires: float, lease: int | None = None, lane: str = "") -> Ended:
        """End the work on a row: its value is gone and its lane goes on; its key stays taken until then."""
        rows = await self._run(
            "UPDATE rows SET value = x'', owner = '', lane = '', held = ?3, expires = ?3 WHERE kind = ?1 AND key = ?2 "
            "AND (?4 IS NULL OR leases = ?4) RETURNING ?5 <> '' AND EXISTS (SELECT 1 FROM rows AS other "
            "WHERE other.kind = ?1 AND other.lane = ?5 AND other.number <> rows.number AND other.expires > ?6)",
            (kind, key, expires, lease, lane, self._clock()),
        )
        return Ended(bool(rows), bool(rows and rows[0][0]))

    async def listed(self, kind: str, *, after: int = 0, limit: int = 500) -> list[Row]:
        """The living rows of a kind after a number, in the order in which they were put, at most so many."""
        rows = await self._run(
            "SELECT number, kind, key, value FROM rows WHERE kind = ?1 AND number > ?2 AND expires > ?3 "
            "ORDER BY number LIMIT ?4",
            (kind, after, self._clock(), limit),
        )
        return [Row(*row) for row in rows]

    async def size(self, prefix: str) -> int:
        """How many living rows there are of the kinds that begin so."""
        statement = "SELECT count(*) FROM rows WHERE kind >= ?1 AND kind < ?1 || char(1114111) AND expires > ?2"
        [(rows,)] = await self._run(statement, (prefix, self._clock()))
        return int(rows)

    async def last(self, kind: str) -> Row | None:
        """The living row of a kind that was put last."""
        rows = await self._run(
            "SELECT number, kind, key, value FROM rows WHERE kind = ?1 AND expires > ?2 ORDER BY number DESC LIMIT 1",
            (kind, self._clock()),
        )
        return Row(*rows[0]) if rows else None

    async def kinds(self) -> list[str]:
        """The kinds of which there are living rows, in alphabetical order."""
        rows = await self._run("SELECT DISTINCT kind FROM rows WHERE expires > ?1 ORDER BY kind", (self._clock(),))
        return [kind for (kind,) in rows]

    async def count(self, kind: str, key: str, *, expires: float) -> int:
        """Add one to a counter and return it; it starts again after `expires` of its first count."""
        rows = await self._run(
            "INSERT INTO counters (kind, key, times, expires) VALUES (?1, ?2, 1, ?3) ON CONFLICT (kind, key) DO UPDATE "
            "SET times = CASE WHEN counters.expires > ?4 THEN counters.times + 1 ELSE 1 END, "
            "expires = CASE WHEN counters.expires > ?4 THEN counters.expires ELSE excluded.expires END RETURNING times",
            (kind, key, expires, self._clock()),
        )
        return int(rows[0][0])

    async def owned(self, kind: str, owner: str) -> list[tuple[str, bytes]]:
        """The living rows of a kind that belong to an owner, as (key, value), oldest first."""
        rows = await self._run(
            "SELECT key, value FROM rows WHERE owner = ? AND kind = ? AND expires > ? ORDER BY number",
            (owner, kind, self._clock()),
        )
        return [(key, bytes(value)) for key, value in rows]

    async def drop(self, kind: str, key: str) -> None:
        """Remove one row, if it is there."""
        await self._run("DELETE FROM rows WHERE kind = ? AND key = ?", (kind, key))

    async def drop_owned(self, owner: str, *kinds: str) -> int:
        """Remove every row of an owner, of these kinds or of all, in one transaction; how many there were."""
        rows = await self._run(_DROP_OWNED, (owner, json.dumps(kinds)))
        return len(rows)

    async def sweep(self) -> int:
        """Remove what has expired, a few hundred rows a statement so that others get their turn; how many rows."""
        now, gone = self._clock(), 0
        for statement in _SWEEPS:
            removed = _BATCH
            while removed == _BATCH:
                removed = len(await self._run(statement, (now, _BATCH)))
                gone += removed
                await self._pause(0)
        # What was deleted stands in older pages of the file until the log is written into it, and in the log after.
        await self._run("PRAGMA wal_checkpoint(TRUNCATE)", ())
        return gone

    async def close(self) -> None:
        """Give back the file."""
        self._database.conn.close()

    async def _run(self, sql: str, values: Sequence[object]) -> list[Any]:
        """One statement, which is its own transaction."""
        return await self._patiently(lambda: self._database.execute(sql, values).fetchall())

    async def _patiently(self, work: Callable[[], T]) -> T:
        """What the work gives, tried again for about two seconds while another process holds the file."""
        for wait in (*_WAITS, None):
            try:
                return work()
            except sqlite3.Error as error:
                trouble = _store_error(error, self._name)
                if wait is None or not isinstance(trouble, StoreBusy):
                    raise trouble from None
            await self._pause(wait)
        raise StoreBusy


def _columns(row: NewRow) -> tuple[object, ...]:
    return row.kind, row.key, row.value, row.owner, row.expires


def _all_of(new: Sequence[NewRow], put: Sequence[NewRow], now: float) -> tuple[str, list[object]]:
    """One statement that adds and puts all of these rows, or none when a living row has a key of `new`."""
    rows = [*new, *put]
    marks = {
        "rows": ", ".join("(?, ?, ?, ?, ?)" for _ in rows),
        "keys": ", ".join("(?, ?)" for _ in new) or "(NULL, NULL)",
    }
    values = [column for row in rows for column in _columns(row)]
    return _APPEND.format(**marks), [*values, now, *(part for row in new for part in (row.kind, row.key))]


def _store_error(error: sqlite3.Error, name: str) -> StoreError:
    """SQLite's trouble in the words of an operator, without the statement or its values."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the low byte is the primary code (sqlite.org/rescode.html)
    if code in _BUSY:
        return StoreBusy(f"the store {name} is held by another process")
    return StoreUnusable(f"the store {name} {_WORDS.get(code, 'cannot be used')}")
