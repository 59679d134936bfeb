"""`bcbst-bot keys`: make a key, and see that the configured ones are keys."""

from __future__ import annotations

from bot.accounts.vault import Vault, new_key
from bot.config import Settings
from bot.stores.opening import sqlite_path


def make() -> str:
    """A fresh key for the front of BOT_ENCRYPTION_KEYS."""
    return new_key()


def check(settings: Settings) -> str:
    """Where the keys come from, when they can be used.

    Raises:
        ConfigError: naming the setting or the file whose keys are malformed.
    """
    Vault.from_settings(settings, sqlite_path(settings.bot_store_url))
    return "BOT_ENCRYPTION_KEYS" if settings.bot_encryption_keys else "the key file beside the store"
