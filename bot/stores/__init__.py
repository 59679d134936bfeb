"""Storage of data that must outlive one question: rows, counters and leases, in SQLite or PostgreSQL."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.util import find_spec

from bot.config import Settings
from bot.errors import StoreError, StoreUnusable
from bot.stores.base import Store
from bot.stores.sqlite import open_sqlite

_MODULES = {
    "mcp": ("mcp",),
    "postgres": ("psycopg", "psycopg_pool"),
    "teams": ("microsoft_teams", "opentelemetry"),
    "xlsx": ("openpyxl",),
}


def lacks(extra: str) -> str | None:
    """Return a one-line message that says how to install an extra of pyproject.toml; None if it is installed."""
    if all(find_spec(name) for name in _MODULES[extra]):
        return None
    return f"needs an extra that is not installed: in the folder of the program's source, pip install '.[{extra}]'"


_PROBE = "probe"


async def open_store(url: str, *, connections: int = 16, prepares: bool = True) -> Store:
    """Open the store at a URL: SQLite for `sqlite:///`, otherwise PostgreSQL. Check that it can be written.

    The PostgreSQL library is only imported if needed. `connections` is the largest number of connections to PostgreSQL.
    Some poolers do not support prepared statements (`prepares`).

    Raises:
        StoreUnusable, StoreBusy: the store cannot be opened or written; the message is one line that says why.
    """
    store: Store
    if url.startswith("sqlite:"):
        store = open_sqlite(url)
    elif missing := lacks("postgres"):
        raise StoreUnusable(f"PostgreSQL {missing}")
    else:
        from bot.stores.postgres import open_postgres  # noqa: PLC0415 -- a newcomer's SQLite start does not pay for it

        store = await open_postgres(url, connections=connections, prepares=prepares)
    try:
        # A store that is up to date is opened without a write: on a full disk the first member would find out.
        await store.put(_PROBE, _PROBE, b"", expires=0)
        await store.drop(_PROBE, _PROBE)
    except StoreError:
        await store.close()
        raise
    return store


@asynccontextmanager
async def opened_store(settings: Settings) -> AsyncIterator[Store]:
    """Open the store of these settings within this context, and yield it.

    Raises:
        StoreUnusable, StoreBusy: as in `open_store`.
    """
    store = await open_store(
        settings.bot_store_url, connections=settings.bot_store_connections, prepares=settings.bot_store_prepares
    )
    try:
        yield store
    finally:
        await store.close()
