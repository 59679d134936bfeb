"""The sealed table: what it puts it opens in its own place only, and nobody else binds a value to its row."""

import ast
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.stores.sealed import SealedTable, Vault
from bot.stores.sqlite import SqliteStore, open_sqlite
from tests.trees import nodes_of

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
