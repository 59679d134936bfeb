"""Processes on one PostgreSQL tell each other of work that is left; without that they look from time to time."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
import pytest

from bot.ops.entrance import StoredWaits
from bot.stores import postgres as postgres_store
from bot.stores.base import NewRow, Store
from bot.stores.opening import open_store
from bot.stores.postgres import NAME, PostgresStore, open_postgres
from tests.days import Clock
from tests.inbox.handling import Handler, inbox, until
from tests.stores.test_postgres import closing, opened

LATER = 4_000_000_000.0
NEVER = 3_600.0  # seconds between two looks, so that only a notice can tell


def hears(store: Store) -> bool:
    """Whether notices reach a store."""
    return isinstance(store, PostgresStore) and store._notices is not None and store._notices.hears


@asynccontextmanager
async def two(url: str) -> AsyncIterator[tuple[PostgresStore, PostgresStore, list[str]]]:
    """A store, another that hears of it, and what it heard."""
    async with opened(url) as one, opened(url) as other:
        heard: list[str] = []
        for kind in ("inbox:", "watch:"):
            other.heard(kind, lambda kind=kind: heard.append(kind))  # type: ignore[misc]
        await until(lambda: hears(other))
        yield one, other, heard


async def test_who_waits_hears_of_work_that_nobody_holds(postgres_url: str) -> None:
    """Taken in without a lease, or given back; what is begun with at once, or rests, is no news for the others."""
    async with two(postgres_url) as (one, _, heard):
        held = NewRow("inbox:slack", "held", b"", LATER)
        assert await one.take_in(held, "a", until=LATER)
        assert await one.take_in(NewRow("watch:slack", "free", b"", LATER), "b")
        await until(lambda: heard == ["watch:"])
        assert await one.hold("inbox:slack", "held", until=LATER)
        assert await one.hold("inbox:slack", "held", until=0)
        await until(lambda: heard == ["watch:", "inbox:"])


async def test_a_message_that_a_stopping_process_takes_in_is_answered_at_once_by_another(postgres_url: str) -> None:
    """The other one looks once an hour here."""
    async with opened(postgres_url) as one, opened(postgres_url) as other:
        ending, answering = Handler(), Handler()
        first, second = inbox(one, ending, look=NEVER), inbox(other, answering, look=NEVER)
        await second.start()
        await until(lambda: hears(other))
        await first.stop(0)
        assert await first.take("1", "lane", b"hello")
        await until(lambda: answering.answered == [("hello", 1)])
        assert ending.begun == []
        await second.stop(0)


async def test_a_connection_that_is_cut_is_made_anew(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a fail-over notices arrive again."""
    monkeypatch.setattr(postgres_store, "_AGAIN", 0.01)
    async with two(postgres_url) as (one, other, heard):
        with psycopg.connect(postgres_url, autocommit=True) as admin:
            admin.execute(
                "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE application_name = %s",
                (f"{NAME} listens",),
            )
        await until(lambda: not hears(other))
        await until(lambda: hears(other))
        assert await one.take_in(NewRow("inbox:slack", "1", b"", LATER), "a")
        await until(lambda: heard == ["inbox:"])


async def test_behind_a_pooler_of_transactions_everybody_looks(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The own notice is not heard, so nobody listens any more, and messages are found by looking."""
    monkeypatch.setattr(postgres_store, "_HEARD_IN", 0.1)
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute("DROP DATABASE IF EXISTS elsewhere")
        admin.execute("CREATE DATABASE elsewhere")
    elsewhere = psycopg.conninfo.make_conninfo(postgres_url, dbname="elsewhere")
    async with opened(postgres_url) as one, opened(postgres_url) as other:

        async def deaf() -> psycopg.AsyncConnection:
            """As a pooler's: another connection than those that statements run on."""
            return await psycopg.AsyncConnection.connect(elsewhere, autocommit=True)

        assert other._notices
        other._notices._connect = deaf
        handler = Handler()
        second = inbox(other, handler, look=0.01)
        await second.start()
        listening = other._notices._task
        await until(lambda: listening is not None and listening.done())
        assert await one.take_in(_of("1", second), "lane")
        await until(lambda: handler.answered == [("hello", 1)])
        await second.stop(0)


def _of(key: str, box: object) -> NewRow:
    """A message of an inbox that nobody has begun with."""
    return box._table.row("inbox:test", key, b"\x00hello", expires=LATER)  # type: ignore[attr-defined, no-any-return]


async def test_it_can_be_told_not_to_listen(postgres_url: str) -> None:
    """As the setting says: no connection more, and nothing told."""
    async with closing(await open_postgres(postgres_url, listens=False)) as store:
        store.heard("inbox:", lambda: None)
        assert store._notices is None
        assert await store.take_in(NewRow("inbox:slack", "1", b"", LATER), "a")
    assert await (await open_store(postgres_url, listens=False)).size("inbox:") == 1


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
