"""`bcbst-bot keys`: creates and checks encryption keys, and re-encrypts stored data with the newest key.

`bcbst-bot keys jwks` is about another key, with which the client authenticates to the payer.
"""

import json

from bot.accounts.endpoint import make_key, public_keys, read_key
from bot.cli.admin import opened_table
from bot.config import Settings
from bot.errors import ConfigError
from bot.ops.audit import Audit
from bot.stores.sealed import SealedTable, Vault, add_key, is_exposed, key_file, leave_newest, new_key


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


async def rotate(settings: Settings) -> str:
    """Re-encrypt every row with the newest key, and return what was done. The bot may serve meanwhile (T36).

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
        (resealed, remaining), older = await reseal(table), table.seal.size - 1
        await Audit(table).record("keys_rotated")
    told = f"{resealed} rows sealed anew under the newest key"
    if remaining:
        return f"{told}; {remaining} changed meanwhile: run it again"
    told += "; no row needs an older key"
    how = "remove them from BOT_ENCRYPTION_KEYS" if file is None else "`bcbst-bot keys prune` removes them"
    rest = f". {older} older remain and open old back-ups: once every process was restarted, {how}"
    return f"{told}{rest if older else ''}"


async def prune(settings: Settings) -> str:
    """Remove the older keys from the key file, and return a line with their number.

    Raises:
        ConfigError: the keys are not in a file, or some rows were still encrypted with an older key.
    """
    file = key_file(settings)
    if file is None:
        raise ConfigError("BOT_ENCRYPTION_KEYS: holds the keys; take the older ones out there")
    async with opened_table(settings) as table:
        if any(await reseal(table)):
            raise ConfigError("some rows were still under an older key: restart every process, then run it again")
        await Audit(table).record("keys_rotated", detail="pruned")
    return f"{leave_newest(file):,} older keys removed"


async def reseal(table: SealedTable) -> tuple[int, int]:
    """Re-encrypt each row that was encrypted with an older key. A row that changes meanwhile is left as it is.

    Return how many were re-encrypted, and how many were left.
    """
    store, resealed, remaining = table.store, 0, 0
    for kind in await store.kinds():
        async for row, plain in table.listed(kind):
            if plain is None or not table.seal.stale(row.value):
                continue
            done = await store.swap(kind, row.key, row.value, table.sealed(kind, row.key, plain))
            resealed, remaining = resealed + done, remaining + (not done)
    return resealed, remaining
