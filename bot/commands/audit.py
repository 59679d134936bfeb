"""`bcbst-bot audit`: list, check and export the trail of who asked for what."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec

from bot.accounts.vault import Vault
from bot.audit import Audit, Entry, Verdict
from bot.config import Settings
from bot.stores.opening import open_store, sqlite_path


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Audit]:
    """The trail of these settings' store.

    Raises:
        ConfigError: the keys are malformed. StoreError: the store cannot be used.
    """
    vault = Vault.from_settings(settings, sqlite_path(settings.bot_store_url))
    store = await open_store(settings.bot_store_url)
    try:
        yield Audit(store, vault)
    finally:
        await store.close()


async def lines(settings: Settings, *, as_json: bool) -> AsyncIterator[str]:
    """Every row, oldest first, as a line to read or as JSON; the reading itself becomes a row."""
    async with opened(settings) as audit:
        async for entry in audit.entries():
            yield msgspec.json.encode(entry).decode() if as_json else told(entry)
        await audit.record("audit_read")


async def verify(settings: Settings) -> Verdict:
    """Whether the trail is whole."""
    async with opened(settings) as audit:
        return await audit.verify()


def told(entry: Entry) -> str:
    """A row as a line to read."""
    read = ", ".join(f"{count} {kind}" for kind, count in sorted(entry.read.items()))
    parts = (f"{entry.number:>6}", entry.at, entry.what, entry.who[:8], entry.where, entry.detail, read)
    return "  ".join(part for part in parts if part)
