"""A store that cannot be written is refused at the start (F57); a sealed table opens what it put in its place only."""

import ast
import asyncio
import contextlib
import os
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from bot.errors import StoreUnusable
from bot.stores import open_store
from bot.stores.sealed import SealedTable, Vault
from bot.stores.sqlite import SqliteStore, open_sqlite
from tests.trees import nodes_of

_NOBODY = 65_534


@contextlib.contextmanager
def without_rights() -> Iterator[None]:
    """Nobody in particular, even where the tests are run by root, whom no mode keeps out."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(_NOBODY)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


def _folder_in_its_place(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _folder_for_its_log(path: Path) -> None:
    path.with_name(path.name + "-wal").mkdir()


def _of_a_later_sqlite(path: Path) -> None:
    """What SQLite takes for read-only: its header's write version is one that it does not know (fileformat2, 1.3.3)."""
    content = bytearray(path.read_bytes())
    content[18] = 3
    path.write_bytes(content)


def _takes_no_more(path: Path) -> None:
    """As a disk that became full: what is there is read and even deleted, and no row is added."""
    with sqlite3.connect(path) as database:
        database.execute("CREATE TRIGGER full BEFORE INSERT ON rows BEGIN SELECT RAISE(ABORT, 'full'); END")
    database.close()


@pytest.mark.fault("F56", "F57")
@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (_folder_in_its_place, "cannot be opened: Is a directory"),
        (_folder_for_its_log, "cannot be opened: look at its folder and its rights"),
        (_of_a_later_sqlite, "is read-only"),
        (_takes_no_more, "cannot be used"),
    ],
)
async def test_a_file_that_nobody_can_write(tmp_path: Path, harm: Callable[[Path], None], words: str) -> None:
    """Though it is up to date and could be read."""
    path = tmp_path / "bot.db"
    await (await open_store(f"sqlite:///{path}")).close()
    harm(path)
    with pytest.raises(StoreUnusable, match=rf"^the store bot\.db {words}$"):
        await open_store(f"sqlite:///{path}")


@pytest.mark.fault("F57")
@pytest.mark.parametrize(
    ("file", "folder", "words"),
    [(0o444, 0o777, "cannot be opened: Permission denied"), (0o666, 0o555, "is read-only")],
    ids=["the file's", "the folder's"],
)
async def test_a_user_without_rights(file: int, folder: int, words: str) -> None:
    """The mode of the file, or of the folder where its log would be."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "bot.db"
        await (await open_store(f"sqlite:///{path}")).close()
        path.chmod(file)
        path.parent.chmod(folder)
        with without_rights(), pytest.raises(StoreUnusable, match=rf"^the store bot\.db {words}$"):
            await open_store(f"sqlite:///{path}")
        path.parent.chmod(0o700)


@pytest.mark.fault("F57")
@pytest.mark.parametrize("made", [False, True], ids=["without tables", "with tables"])
async def test_a_database_user_without_rights(postgres_url: str, made: bool) -> None:
    """One that may not make the tables, and one for whom somebody else has made them."""
    if made:
        await (await open_store(postgres_url)).close()
    with psycopg.connect(postgres_url, autocommit=True) as owner:
        owner.execute("DROP ROLE IF EXISTS reader")
        owner.execute("CREATE ROLE reader LOGIN")
        try:
            with pytest.raises(StoreUnusable, match=r"^the store cannot be used: its user may not make, read or write"):
                await open_store(postgres_url.replace("//postgres:", "//reader:"))
        finally:
            owner.execute("DROP ROLE reader")


@pytest.mark.fault("F57")
async def test_a_standby(postgres_url: str) -> None:
    """A database that only reads cannot keep what is to be answered."""
    await (await open_store(postgres_url)).close()
    with pytest.raises(StoreUnusable, match=r"^the store is read-only: a standby"):
        await open_store(f"{postgres_url}&options=-c%20default_transaction_read_only%3Don")


async def test_a_process_holds_no_more_connections_than_it_may(postgres_url: str) -> None:
    """BOT_STORE_CONNECTIONS: what the arithmetic of docs/deploy.md counts on. Work waits, and is done."""
    store = await open_store(postgres_url, connections=2)
    try:
        await asyncio.gather(*(store.put("row", str(number), b"", expires=4e9) for number in range(40)))
        async with await psycopg.AsyncConnection.connect(postgres_url) as other:
            asked = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'bcbst-bot'"
            assert await (await other.execute(asked)).fetchone() in {(1,), (2,)}
        assert len(await store.listed("row")) == 40
    finally:
        await store.close()


BOT = Path(__file__).resolve().parents[2] / "bot"
LATER = 9e11
VAULT = Vault([b"k" * 32])
# What is sealed and is no row: a sign-in's state, the trail's checkpoint, a document under its link's own key.
NO_ROWS = {"channels/slack/installations.py", "ops/audit.py", "documents/desk.py"}


@pytest.fixture
async def table(tmp_path: Path) -> AsyncIterator[SealedTable]:
    """An empty table."""
    store = open_sqlite(tmp_path / "bot.db")
    yield SealedTable(store, VAULT)
    await store.close()


async def test_what_is_put_is_opened_and_the_store_never_sees_it(table: SealedTable) -> None:
    """By key, by owner, in a list, and once for who takes it."""
    await table.put("kind", "a", b"words", expires=LATER, owner="dana")
    await table.put("kind", "b", b"more", expires=LATER, owner="dana")
    assert b"words" not in (await table.store.get("kind", "a") or b"words")
    assert await table.get("kind", "a") == b"words"
    assert await table.owned("kind", "dana") == [("a", b"words"), ("b", b"more")]
    assert [(row.key, value) async for row, value in table.listed("kind")] == [("a", b"words"), ("b", b"more")]
    assert await table.take("kind", "a") == b"words"
    assert await table.get("kind", "a") is None


@pytest.mark.threat("T35")
@pytest.mark.parametrize(("kind", "key"), [("kind", "b"), ("other", "a")])
async def test_a_row_that_was_moved_opens_nowhere(table: SealedTable, kind: str, key: str) -> None:
    """Whoever can write the database gives nobody another's row; the list still tells that there is one."""
    await table.put("kind", "a", b"words", expires=LATER)
    await table.store.put(kind, key, await table.store.get("kind", "a") or b"", expires=LATER, owner="leah")
    assert await table.get(kind, key) is None
    assert await table.owned(kind, "leah") == []
    assert [value async for row, value in table.listed(kind) if row.key == key] == [None]


async def test_rows_of_earlier_versions_are_opened(table: SealedTable) -> None:
    """They were sealed about kind/key by whoever wrote them, and still are."""
    await table.store.put("link", "k", VAULT.seal(b"of before", "link/k"), expires=LATER)
    assert await table.get("link", "k") == b"of before"


async def test_rows_of_many_pages_are_all_listed(table: SealedTable) -> None:
    """The store gives 500 at a time."""
    assert isinstance(table.store, SqliteStore)
    rows = [table.row("kind", f"{number:04}", b"", expires=LATER) for number in range(1_001)]
    for start in range(0, len(rows), 100):
        await table.store.append((), rows[start : start + 100])
    assert [row.key async for row, _ in table.listed("kind")] == [row.key for row in rows]


def test_nobody_else_seals_rows() -> None:
    """Beside the table, only what is no row is sealed by hand."""
    sealing = {
        path.relative_to(BOT).as_posix()
        for path in BOT.rglob("*.py")
        for node in nodes_of(path)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in {"seal", "unseal"}
    }
    assert sealing == {"stores/sealed.py", *NO_ROWS}
