"""`bcbst-bot keys`: creates and checks encryption keys, and re-encrypts stored data with the newest key.

`bcbst-bot keys jwks` is about another key, with which the client authenticates to the payer.
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
    """How many rows were re-encrypted, and how many were not because they changed meanwhile (`remaining`).

    `older` is the number of older keys, `in_file` whether the keys are in a file.
    """

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
    """Return a new key, to be put in front of the others in BOT_ENCRYPTION_KEYS."""
    return new_key()


def check(settings: Settings) -> str:
    """Return where the encryption keys are. No key is created.

    Raises:
        ConfigError: keys are malformed, or others can read the key file.
    """
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
    """Return the public JWK Set of the client's key. The key file is created if it does not exist.

    Raises:
        ConfigError: no file is configured, or it has no signing key.
    """
    file = settings.payer_client_key_file
    if file is None:
        raise ConfigError("PAYER_CLIENT_KEY_FILE: not set; name a file, and this command makes the key in it")
    if not file.exists():
        make_key(file)
    return json.dumps(public_keys(read_key(file)), indent=2)


async def rotate(settings: Settings) -> Rotated:
    """Re-encrypt every row with the newest key. The bot may serve meanwhile (T36).

    An interrupted run leaves every row readable. Before a run with keys in BOT_ENCRYPTION_KEYS, put a new key first and
    restart every process. Otherwise this function adds a new key to the key file, and running processes read the file
    again when they need it.

    Raises:
        ConfigError: the keys are malformed.
        StoreError: the store cannot be used.
    """
    file = key_file(settings)
    if file is not None:
        add_key(file)
    async with opened_table(settings) as table:
        rotated = await reseal(table)
        await Audit(table).record("keys_rotated")
        return replace(rotated, older=table.seal.size - 1, in_file=file is not None)


async def prune(settings: Settings) -> str:
    """Remove the older keys from the key file, and return a line with their number.

    Raises:
        ConfigError: the keys are not in a file, or some rows were still encrypted with an older key.
    """
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
    """Re-encrypt each row that was encrypted with an older key. A row that changes meanwhile is left as it is."""
    store, resealed, remaining = table.store, 0, 0
    for kind in await store.kinds():
        async for row, plain in table.listed(kind):
            if plain is None or not table.seal.stale(row.value):
                continue
            done = await store.swap(kind, row.key, row.value, table.sealed(kind, row.key, plain))
            resealed, remaining = resealed + done, remaining + (not done)
    return Rotated(resealed, remaining)
