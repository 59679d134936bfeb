"""Encryption of stored values: AES-256-GCM, each value bound to the kind and key of its row (T35, T36).

The keys are stored outside of the store: in the settings, or in a file that is created at the first start (ASVS 11.3).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import secrets
import stat
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bot.config import Settings, secret_of
from bot.errors import ConfigError
from bot.stores.base import NewRow, Row, Store

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    T = TypeVar("T", default=bytes)
_BYTES: Any = bytes  # the shape of values that are no JSON


class SealedTable:
    """A store's rows, encrypted when they are stored and decrypted when they are read.

    A value is bytes, or is stored as JSON and read as the `shape` that is asked for. The value of a row that no key
    decrypts, that was moved to another kind or key, or that has another shape, as of another release, is None. `store`
    is used directly for counters, leases and deletions; `seal` encrypts texts that are stored elsewhere.
    """

    def __init__(self, store: Store, seal: Vault) -> None:
        self.store, self.seal = store, seal

    def sealed(self, kind: str, key: str, value: object) -> bytes:
        """Return a value encrypted for the row with this kind and key."""
        plain = value if isinstance(value, bytes) else msgspec.json.encode(value)
        return self.seal.seal(plain, f"{kind}/{key}")  # rows of all versions so far use this text: it must not change

    def opened(self, kind: str, key: str, sealed: bytes | None, shape: type[T] = _BYTES) -> T | None:
        """Return the decrypted value of the row with this kind and key; None if it cannot be read."""
        return None if sealed is None else read_as(self.seal.unseal(sealed, f"{kind}/{key}"), shape)

    def row(self, kind: str, key: str, value: object, *, expires: float, owner: str = "") -> NewRow:
        """Return a row with an encrypted value, for `append`; `expires` is in Unix seconds."""
        return NewRow(kind, key, self.sealed(kind, key, value), expires, owner)

    async def put(self, kind: str, key: str, value: object, *, expires: float, owner: str = "") -> None:
        """Encrypt and store a row, replacing the row with the same kind and key."""
        await self.store.put(kind, key, self.sealed(kind, key, value), expires=expires, owner=owner)

    async def get(self, kind: str, key: str, shape: type[T] = _BYTES) -> T | None:
        """Return a row's decrypted value; None if there is no such row or it cannot be read."""
        return self.opened(kind, key, await self.store.get(kind, key), shape)

    async def several(self, *places: tuple[str, str]) -> list[bytes | None]:
        """Return the decrypted values of several rows, given as (kind, key), in that order, read in one statement.

        None for a row that is missing or cannot be decrypted.
        """
        values = await self.store.several(*places)
        return [self.opened(*place, value) for place, value in zip(places, values, strict=True)]

    async def take(self, kind: str, key: str, shape: type[T] = _BYTES) -> T | None:
        """Delete a row and return its decrypted value, None if there is none.

        Only one of concurrent callers gets it (T04).
        """
        return self.opened(kind, key, await self.store.take(kind, key), shape)

    async def owned(self, kind: str, owner: str, shape: type[T] = _BYTES) -> list[tuple[str, T]]:
        """Return the keys and values of an owner's rows that can be read, oldest first."""
        rows = [(key, self.opened(kind, key, sealed, shape)) for key, sealed in await self.store.owned(kind, owner)]
        return [(key, value) for key, value in rows if value is not None]

    async def listed(self, kind: str, shape: type[T] = _BYTES) -> AsyncIterator[tuple[Row, T | None]]:
        """Yield every row of a kind with its decrypted value, in the order of storing. They are read in batches."""
        async for row in self.store.every(kind):
            yield row, self.opened(kind, row.key, row.value, shape)


def read_as(plain: bytes | None, shape: type[T]) -> T | None:
    """Return a decrypted value as this shape; None for None, and for a value of another shape."""
    try:
        return plain if plain is None or shape is bytes else msgspec.json.decode(plain, type=shape)  # type: ignore[return-value]
    except msgspec.DecodeError:
        return None


_KEY_BYTES = 32
_ID_BYTES = 4
_NONCE_BYTES = 12
_VERSION = b"\x01"
_SETTING = "BOT_ENCRYPTION_KEYS"


class Vault:
    """Authenticated encryption with several keys, newest first (T35). The newest encrypts; all of them decrypt.

    An encrypted value consists of version, key id, nonce, and ciphertext with its tag. The key id only says which key
    to try.
    """

    def __init__(self, keys: Sequence[bytes], file: Path | None = None) -> None:
        if not keys or any(len(key) != _KEY_BYTES for key in keys):
            raise ConfigError(f"{_SETTING}: must hold at least one key, each of {_KEY_BYTES} bytes in base64")
        self._file = file
        self._take(keys)

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Return the vault with the configured keys, or with those in the key file, which is created if missing.

        Raises:
            ConfigError: the keys are malformed, or there is no key file.
        """
        if settings.bot_encryption_keys is not None:
            return cls(parse_keys(secret_of(settings.bot_encryption_keys)))
        file = key_file(settings)
        if file is None:
            raise ConfigError(f"{_SETTING}: required, as there is no SQLite store to keep a key file beside")
        return cls(_from_file(file), file)

    def seal(self, value: bytes, about: str) -> bytes:
        """Return a value encrypted, with `about` as the associated data."""
        nonce = os.urandom(_NONCE_BYTES)
        head = _VERSION + self._newest
        return head + nonce + self._ring[self._newest].encrypt(nonce, value, head + about.encode())

    def unseal(self, value: bytes, about: str) -> bytes | None:
        """Return the decrypted value; None if no key decrypts it or it was encrypted with another `about`."""
        head, rest = value[: 1 + _ID_BYTES], value[1 + _ID_BYTES :]
        cipher = self._ring.get(head[1:]) or self._reread(head)
        if cipher is None or head[:1] != _VERSION or len(rest) < _NONCE_BYTES:
            return None
        try:
            return cipher.decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], head + about.encode())
        except InvalidTag:
            return None

    def stale(self, value: bytes) -> bool:
        """Return whether a value was encrypted with one of the older keys."""
        return value[:1] == _VERSION and value[1 : 1 + _ID_BYTES] in self._ring.keys() - {self._newest}

    def _take(self, keys: Sequence[bytes]) -> None:
        self.size = len(keys)
        self._ring = {_key_id(key): AESGCM(key) for key in keys}
        self._newest = _key_id(keys[0])

    def _reread(self, head: bytes) -> AESGCM | None:
        """Read the key file again, and return the cipher for the key id in `head`; None if that key is not there (T36).

        Another process may have added the key. `head` is the start of an encrypted value.
        """
        if self._file is None or head[:1] != _VERSION:
            return None
        with suppress(ConfigError, OSError):
            self._take(_read(self._file))
        return self._ring.get(head[1:])


def key_file(settings: Settings) -> Path | None:
    """Return the key file: the configured one, or the one beside a SQLite store; None if there is no key file."""
    if settings.bot_encryption_keys is not None:
        return None
    if settings.bot_keys_file is not None:
        return settings.bot_keys_file
    store = settings.store_file
    return store.with_name(store.name + ".keys") if store is not None else None


def anchor_file(settings: Settings) -> Path | None:
    """Return the file for the audit trail's checkpoint: the configured one, or one beside the key file.

    None if neither is configured.
    """
    if settings.bot_audit_anchor is not None:
        return settings.bot_audit_anchor
    file = key_file(settings)
    return file.with_name(f"{file.name}.audit") if file is not None else None


def is_exposed(file: Path) -> bool:
    """Return whether users other than its owner may read or write a key file."""
    try:
        return bool(file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))
    except OSError:
        return False


def key_doubts(settings: Settings) -> Iterator[str]:
    """Yield what is doubtful about the places of keys: others may read them, or they are kept beside the data."""
    client, file = settings.payer_client_key_file, key_file(settings)
    if client is not None and is_exposed(client):
        yield f"PAYER_CLIENT_KEY_FILE: others may read {client.name}; `chmod 600` it, and register a new one"
    if file is not None and is_exposed(file):
        yield f"{file.name}: others may read it; `chmod 600` it, then `bcbst-bot keys rotate`"
    elif file is not None and settings.bot_keys_file is None and file.exists():
        yield "are kept next to the database. Set BOT_KEYS_FILE to keep them elsewhere."


def leave_newest(file: Path) -> int:
    """Remove all keys but the newest from a key file. Return how many were removed.

    Raises:
        ConfigError: the file is malformed or cannot be written.
    """
    keys = _from_file(file)
    _write(file, base64.b64encode(keys[0]).decode())
    return len(keys) - 1


def add_key(file: Path) -> None:
    """Add a new key to a key file, in front of the others. The file is replaced atomically.

    Raises:
        ConfigError: the file is malformed or cannot be written.
    """
    _from_file(file)
    before = file.read_text(encoding="utf-8").strip()
    _write(file, f"{new_key()},{before}")


def new_key() -> str:
    """Return a new random key in base64, the format of BOT_ENCRYPTION_KEYS."""
    return base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode()


def parse_keys(text: str) -> list[bytes]:
    """Return the keys in a comma-separated base64 text, newest first.

    Raises:
        ConfigError: a key is malformed; the message does not contain the text.
    """
    try:
        plain = text.strip().replace("+", "-").replace("/", "_")  # the URL-safe alphabet; both are taken
        keys = [base64.b64decode(part.strip(), altchars=b"-_", validate=True) for part in plain.split(",")]
    except (binascii.Error, ValueError):
        keys = []
    if not keys or any(len(key) != _KEY_BYTES for key in keys):
        raise ConfigError(
            f"{_SETTING}: must be comma-separated keys, newest first, each of {_KEY_BYTES} bytes in base64"
        )
    return keys


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(b"key id\x00" + key).digest()[:_ID_BYTES]


def _from_file(path: Path) -> list[bytes]:
    """Return the keys in the key file.

    If the file does not exist it is created, by one process if several start at once.
    """
    with suppress(FileNotFoundError):
        return _read(path)
    with suppress(FileExistsError):
        _write(path, new_key(), os.link)
    return _read(path)


def write_own(path: Path, text: str, place: Callable[[Path, Path], None] = os.replace) -> None:
    """Write a line to a file that only its owner can read.

    The line is written to a temporary file first, which `place` then moves to `path`.
    """
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        place(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def _write(path: Path, text: str, place: Callable[[Path, Path], None] = os.replace) -> None:
    """Write a key file, as `write_own` does.

    Raises:
        ConfigError: the file cannot be written.
    """
    try:
        write_own(path, text, place)
    except FileExistsError:
        raise
    except FileNotFoundError:
        raise ConfigError(f"BOT_KEYS_FILE: the folder {path.absolute().parent} does not exist; make it") from None
    except OSError as error:
        raise ConfigError(f"{_SETTING}: not set, and {path.name} cannot be made: {error.strerror}") from None


def _read(path: Path) -> list[bytes]:
    try:
        return parse_keys(path.read_text(encoding="utf-8"))
    except (ConfigError, UnicodeDecodeError):
        raise ConfigError(f"{path.name}: must hold keys as {_SETTING} does") from None
    except PermissionError:
        raise ConfigError(f"{path.name}: cannot be read by this user") from None
