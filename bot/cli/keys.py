"""`bcbst-bot keys`: creates and checks keys, and re-encrypts stored data with the newest key.

`keys jwks` concerns another key, with which the client authenticates to the payer.
"""

import json

import msgspec
from msgspec.structs import replace

from bot.accounts.endpoint import make_key, public_keys, read_key
from bot.cli.admin import opened_table
from bot.config import Settings
from bot.errors import ConfigError
from bot.ops.audit import Audit
from bot.stores.sealed import SealedTable, Vault, add_key, is_exposed, key_file, leave_newest, new_key


class Rotated(msgspec.Struct, frozen=True):
    """How many rows were re-encrypted, and how many remain under an older key because they changed meanwhile."""

    resealed: int
    remaining: int
    older: int = 0
    in_file: bool = False

    def __str__(self) -> str:
        told = f"{self.resealed} rows sealed anew under the newest key"
        if self.remaining:
            return f"{told}; {self.remaining} changed meanwhile: run it again"
        told += "; no row needs an older key"
        if not self.older:
            return told
        how = "`bcbst-bot keys prune` removes them" if self.in_file else "remove them from BOT_ENCRYPTION_KEYS"
        return f"{told}. {self.older} older remain and open old back-ups: once every process was restarted, {how}"


def make() -> str:
    """Return a new key for the front of BOT_ENCRYPTION_KEYS."""
    return new_key()


def check(settings: Settings) -> str:
    """Return where the keys come from; none is created; ConfigError names the setting or file of malformed ones."""
    file = key_file(settings)
    if file is not None and not file.exists():
        return f"no keys yet: the first start makes {file.absolute()}"
    Vault.from_settings(settings)
    if file is not None and is_exposed(file):
        raise ConfigError(f"{file.name}: others may read it; `chmod 600` it, then rotate the keys")
    if settings.bot_keys_file is not None and file is not None:
        return f"BOT_KEYS_FILE, {file}"
    return "BOT_ENCRYPTION_KEYS" if file is None else "the key file beside the store"


def jwks(settings: Settings) -> str:
    """Return the public JWK Set of the client key, made if missing; ConfigError if it is unset or no signing key."""
    file = settings.payer_client_key_file
    if file is None:
        raise ConfigError("PAYER_CLIENT_KEY_FILE: not set; name a file, and this command makes the key in it")
    if not file.exists():
        make_key(file)
    return json.dumps(public_keys(read_key(file)), indent=2)


async def rotate(settings: Settings) -> Rotated:
    """Re-encrypt every row with the newest key while the bot serves; an interruption leaves every row readable (T36).

    Keys in the setting are used as they are: put the newest one first and restart every process before. Without the
    setting, a new key is added to the key file, which running processes reload when needed.

    Raises:
        ConfigError: If the keys are malformed.
        StoreError: If the store cannot be used.
    """
    file = key_file(settings)
    if file is not None:
        add_key(file)
    async with opened_table(settings) as table:
        rotated = await reseal(table)
        await Audit(table).record("keys_rotated")
        return replace(rotated, older=table.seal.size - 1, in_file=file is not None)


async def prune(settings: Settings) -> str:
    """Remove the older keys from the key file and say how many; ConfigError if they are needed or not in a file."""
    file = key_file(settings)
    if file is None:
        raise ConfigError("BOT_ENCRYPTION_KEYS: holds the keys; take the older ones out there")
    async with opened_table(settings) as table:
        rotated = await reseal(table)
        if rotated.resealed or rotated.remaining:
            raise ConfigError("some rows were still under an older key: restart every process, then run it again")
        await Audit(table).record("keys_rotated", detail="pruned")
    return f"{leave_newest(file):,} older keys removed"


async def reseal(table: SealedTable) -> Rotated:
    """Re-encrypt each row that uses an older key, in one statement that fails if the row was changed meanwhile."""
    store, resealed, remaining = table.store, 0, 0
    for kind in await store.kinds():
        async for row, plain in table.listed(kind):
            if plain is None or not table.seal.stale(row.value):
                continue
            done = await store.swap(kind, row.key, row.value, table.sealed(kind, row.key, plain))
            resealed, remaining = resealed + done, remaining + (not done)
    return Rotated(resealed, remaining)
