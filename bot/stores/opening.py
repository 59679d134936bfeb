"""The store that a URL names."""

from __future__ import annotations

from pathlib import Path

from bot.stores.base import Store
from bot.stores.sqlite import open_sqlite


def sqlite_path(url: str) -> Path | None:
    """The file of a `sqlite:///` URL; None for PostgreSQL, beside which no key file can lie."""
    return Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:") else None


async def open_store(url: str) -> Store:
    """SQLite for `sqlite:///`, else PostgreSQL, whose library is only imported then.

    Raises:
        StoreUnusable, StoreBusy: it cannot be opened; the message says why in one line.
    """
    if url.startswith("sqlite:"):
        return open_sqlite(url)
    from bot.stores.postgres import open_postgres  # noqa: PLC0415 -- a newcomer's SQLite start does not pay for it

    return await open_postgres(url)
