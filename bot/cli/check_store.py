"""Checks the keys and the store; missing files are not created."""

import contextlib
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from bot.cli.findings import CheckResult, bad, note, ok
from bot.config import Settings
from bot.errors import ConfigError, StoreError
from bot.ops.audit import Audit
from bot.ops.entrance import LOOPBACK_HOSTS
from bot.stores.base import Store
from bot.stores.opening import open_store, sqlite_path
from bot.stores.sealed import SealedTable, Vault, is_exposed, key_file


def keys(settings: Settings) -> Iterator[CheckResult]:
    """Yield whether the keys can be used, and whether others can read them or the payer's client key."""
    client = settings.payer_client_key_file
    if client is not None and is_exposed(client):
        yield note(
            "keys", f"PAYER_CLIENT_KEY_FILE: others may read {client.name}; `chmod 600` it, and register a new one"
        )
    path = sqlite_path(settings.bot_store_url)
    file = key_file(settings, path)
    if file is not None and not file.exists():
        yield from _keys_to_be(settings, file, path)
        return
    try:
        Vault.from_settings(settings, path)
    except ConfigError as error:
        yield bad("keys", str(error))
        return
    if file is not None and is_exposed(file):
        yield note("keys", f"{file.name}: others may read it; `chmod 600` it, then `bcbst-bot keys rotate`")
    elif file is not None and settings.bot_keys_file is None:
        yield note("keys", "are kept next to the database. Set BOT_KEYS_FILE to keep them elsewhere.")
    else:
        yield ok("keys", "from BOT_ENCRYPTION_KEYS" if file is None else "from BOT_KEYS_FILE")


def _keys_to_be(settings: Settings, file: Path, path: Path | None) -> Iterator[CheckResult]:
    """Yield whether the first start can create a key file; the store's folder is reported with the store."""
    beside = path is not None and file.parent == path.parent
    if why := lacking_folder(file):
        if not beside:
            yield bad("keys", f"BOT_KEYS_FILE: {why}")
    elif path is not None and path.exists():
        yield note("keys", f"{file.name} is missing: what the store holds cannot be read, and members connect again")
    elif settings.bot_keys_file is None:
        yield note("keys", "will be kept next to the database. Set BOT_KEYS_FILE to keep them elsewhere.")
    else:
        yield ok("keys", f"{file} is made at the first start")


async def store(settings: Settings) -> AsyncIterator[CheckResult]:
    """Yield whether the store can be used: it is opened as at the start, which writes and removes a row."""
    path = sqlite_path(settings.bot_store_url)
    if path is not None and not path.exists():
        why = lacking_folder(path)
        made = ok("store", f"{path.absolute()} is made at the first start")
        yield bad("store", f"BOT_STORE_URL: {why}") if why else made
    else:
        yield await _opened(settings)
    if not is_verified(settings.bot_store_url):
        yield note("store", "BOT_STORE_URL: without sslmode=verify-full another may pose as the database")


def lacking_folder(file: Path) -> str | None:
    """Return why a file cannot be created at this path, None if it can."""
    folder = file.absolute().parent
    if not folder.is_dir():
        return f"the folder {folder} does not exist; make it, or name another"
    return None if os.access(folder, os.W_OK | os.X_OK) else f"this user may not write in the folder {folder}"


async def _opened(settings: Settings) -> CheckResult:
    try:
        store = await open_store(settings.bot_store_url, **settings.store_options)
        try:
            opens = await _opens(settings, store)
        finally:
            await store.close()
    except StoreError as error:
        return bad("store", f"BOT_STORE_URL: {error}")
    if not opens:
        return note("store", "none of the keys opens what is in it: members will be asked to connect again")
    return ok("store", "can be read and written")


async def _opens(settings: Settings, store: Store) -> bool:
    path = sqlite_path(settings.bot_store_url)
    file = key_file(settings, path)
    with contextlib.suppress(ConfigError):  # told with the keys
        if file is None or file.exists():
            return await Audit(SealedTable(store, Vault.from_settings(settings, path))).opens()
    return True


def is_verified(url: str) -> bool:
    """Return whether a store is local, or a database whose certificate and name are verified (libpq sslmode)."""
    parts = urlsplit(url)
    own = url.startswith("sqlite:") or (parts.hostname or "localhost") in LOOPBACK_HOSTS
    return own or "verify-full" in parse_qs(parts.query).get("sslmode", ())
