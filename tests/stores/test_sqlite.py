"""What is the SQLite store's own: the file, its schema and other processes."""

import asyncio
import os
import sqlite3
import stat
from pathlib import Path

import pytest
from sqlite_utils import Database, Migrations

from bot.errors import StoreBusy, StoreUnusable
from bot.stores.sqlite import _STEPS, execute_all, open_sqlite

LATER = 4_000_000_000.0
FIRST_STEP = _STEPS["rows_and_counters"]


async def test_rows_survive_a_reopening(tmp_path: Path) -> None:
    """The schema's steps are taken once, and the rows are still there."""
    url = f"sqlite:///{tmp_path}/bot.db"
    first = open_sqlite(url)
    await first.put("k", "a", b"1", expires=LATER)
    await first.close()
    second = open_sqlite(url)
    assert await second.get("k", "a") == b"1"
    await second.close()


async def test_the_file_is_its_owners_only(tmp_path: Path) -> None:
    """Nobody else on the machine may read the store or its log."""
    store = open_sqlite(tmp_path / "bot.db")
    await store.put("k", "a", b"1", expires=LATER)
    assert {entry.name: stat.S_IMODE(entry.stat().st_mode) for entry in os.scandir(tmp_path)} == dict.fromkeys(
        ["bot.db", "bot.db-wal", "bot.db-shm"], 0o600
    )
    await store.close()


@pytest.mark.fault("F57")
async def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    """A file of a later version is left alone, with one line that says so."""
    await open_sqlite(tmp_path / "bot.db").close()
    with sqlite3.connect(tmp_path / "bot.db") as connection:
        connection.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('store', 'of_tomorrow', '')"
        )
    connection.close()
    with pytest.raises(StoreUnusable, match=r"^the store bot\.db was written by a newer version of this program$"):
        open_sqlite(tmp_path / "bot.db")


@pytest.mark.fault("F57")
@pytest.mark.parametrize(
    "content", [b"this is no database, but somebody's notes" * 100, b"SQLite format 3\x00" + b"\xff" * 9000]
)
def test_a_damaged_file_is_never_recreated(tmp_path: Path, content: bytes) -> None:
    """What cannot be read is refused and kept byte for byte."""
    path = tmp_path / "bot.db"
    path.write_bytes(content)
    with pytest.raises(StoreUnusable, match=r"^the store bot\.db is .* left as it is$"):
        open_sqlite(path)
    assert path.read_bytes() == content


def test_a_missing_folder_is_told_in_one_line(tmp_path: Path) -> None:
    """The operator learns what to look at."""
    with pytest.raises(StoreUnusable, match=r"^the folder /.*/nowhere does not exist; make it, or name another$"):
        open_sqlite(tmp_path / "nowhere" / "bot.db")


@pytest.mark.fault("F55")
async def test_a_held_file_is_waited_for_and_then_given_up(tmp_path: Path) -> None:
    """Another writer's lock is waited for without blocking, then told as busy; afterwards all is well."""
    waits: list[float] = []

    async def pause(seconds: float) -> None:
        waits.append(seconds)

    store = open_sqlite(tmp_path / "bot.db", pause=pause)
    other = sqlite3.connect(tmp_path / "bot.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreBusy):
        await store.put("k", "a", b"1", expires=LATER)
    assert waits == sorted(waits)
    assert 1 < sum(waits) < 3
    other.execute("ROLLBACK")
    other.close()
    await store.put("k", "a", b"1", expires=LATER)
    assert await store.get("k", "a") == b"1"
    await store.close()


async def test_a_closed_store_says_so(tmp_path: Path) -> None:
    """Late work after the end gets a store error, not a library's."""
    store = open_sqlite(tmp_path / "bot.db")
    await store.close()
    with pytest.raises(StoreUnusable):
        await store.get("k", "a")


async def test_two_stores_on_one_file_see_each_other(tmp_path: Path) -> None:
    """Two processes of one machine share state: what one takes, the other no longer finds."""
    one, two = open_sqlite(tmp_path / "bot.db"), open_sqlite(tmp_path / "bot.db")
    await one.put("k", "a", b"1", expires=LATER)
    assert await two.take("k", "a") == b"1"
    assert await one.take("k", "a") is None
    await one.close()
    await two.close()


@pytest.mark.fault("F57")
async def test_a_store_of_the_first_version_is_upgraded_and_keeps_its_rows(tmp_path: Path) -> None:
    """The columns that came later are added to a file that was written before there were any."""
    path = tmp_path / "bot.db"
    database = Database(path)
    before = Migrations("store")
    before(name="rows_and_counters")(lambda first: execute_all(FIRST_STEP, first))
    before.apply(database)
    database.execute("INSERT INTO rows (kind, key, value, owner, expires) VALUES ('k', 'a', x'31', '', ?)", (LATER,))
    database.conn.commit()
    database.conn.close()
    store = open_sqlite(path)
    assert await store.get("k", "a") == b"1"
    await store.add("k", "b", b"2", expires=LATER, lane="chat")
    assert await store.lease("k", until=LATER) == (2, "k", "b", b"2", 1, "chat", LATER)
    await store.close()


@pytest.mark.fault("F55")
async def test_a_file_that_another_holds_does_not_hold_the_loop(tmp_path: Path) -> None:
    """Two hundred who want to write wait beside each other: who needs no store goes on meanwhile."""
    store = open_sqlite(tmp_path / "bot.db")
    other = sqlite3.connect(tmp_path / "bot.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    wants = [asyncio.create_task(store.put("k", str(n), b"", expires=LATER)) for n in range(200)]
    loop = asyncio.get_running_loop()
    turns, began = 0, loop.time()
    while not all(task.done() for task in wants):
        await asyncio.sleep(0.02)
        turns += 1
    assert loop.time() - began < 10
    assert turns > 20
    assert {type(error) for error in await asyncio.gather(*wants, return_exceptions=True)} == {StoreBusy}
    other.execute("ROLLBACK")
    other.close()
    await store.put("k", "after", b"", expires=LATER)
    await store.close()
