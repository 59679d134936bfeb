"""Opens the store at a URL."""

from importlib.util import find_spec
from pathlib import Path
from typing import Unpack

from bot.config import StoreOptions
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


def sqlite_path(url: str) -> Path | None:
    """Return the path in a `sqlite:///` URL; None for PostgreSQL, which has no file to keep a key file beside."""
    return Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:") else None


async def open_store(url: str, *, connections: int = 16, prepares: bool = True, listens: bool = True) -> Store:
    """Open the store at a URL and check that it can be written: SQLite for `sqlite:///`, otherwise PostgreSQL.

    The PostgreSQL library is only imported if needed. `connections` is the most connections to use; some poolers do not
    support prepared statements (`prepares`) or LISTEN (`listens`).

    Raises:
        StoreUnusable, StoreBusy: the store cannot be opened or written; the message is one line that says why.
    """
    store = await _open(url, connections=connections, prepares=prepares, listens=listens)
    try:
        # A store that is up to date is opened without a write: on a full disk the first member would find out.
        await store.put(_PROBE, _PROBE, b"", expires=0)
        await store.drop(_PROBE, _PROBE)
    except StoreError:
        await store.close()
        raise
    return store


async def _open(url: str, **options: Unpack[StoreOptions]) -> Store:
    if url.startswith("sqlite:"):
        return open_sqlite(url)
    if missing := lacks("postgres"):
        raise StoreUnusable(f"PostgreSQL {missing}")
    from bot.stores.postgres import open_postgres  # noqa: PLC0415 -- a newcomer's SQLite start does not pay for it

    return await open_postgres(url, **options)
