"""The store that a URL names."""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

from bot.config import StoreOptions
from bot.errors import StoreError, StoreUnusable
from bot.stores.base import Store
from bot.stores.extras import lacks
from bot.stores.sqlite import open_sqlite

_PROBE = "probe"


def sqlite_path(url: str) -> Path | None:
    """The file of a `sqlite:///` URL; None for PostgreSQL, beside which no key file can lie."""
    return Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:") else None


async def open_store(url: str, *, connections: int = 16, prepares: bool = True, listens: bool = True) -> Store:
    """SQLite for `sqlite:///`, else PostgreSQL, whose library is only imported then; it can be written.

    Of PostgreSQL at most so many `connections`; not every pooler in front lets it `prepare` statements or `listen`.

    Raises:
        StoreUnusable, StoreBusy: it cannot be opened, or not be written; the message says why in one line.
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
