"""The one table of what is sealed at rest: AES-256-GCM, each value tied to the kind and the key of its row (T35, T36).

Keys lie outside of the store, set by the operator or in a file that is made at the first start (ASVS 11.3).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import secrets
import stat
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bot.config import Settings
from bot.errors import ConfigError
from bot.stores.base import NewRow, Row, Store


class SealedTable:
    """A store's rows, sealed when they are put and opened when they are read.

    A row that no key opens, or that was moved to another kind or key, reads as None. `store` is for what holds no value
    of its own: counters, leases, drops. `seal` is for texts that are kept outside of the store.
    """

    def __init__(self, store: Store, seal: Vault) -> None:
        self.store, self.seal = store, seal

    def sealed(self, kind: str, key: str, value: bytes) -> bytes:
        """The value as the row of this kind and key holds it."""
        return self.seal.seal(value, _about(kind, key))

    def opened(self, kind: str, key: str, sealed: bytes | None) -> bytes | None:
        """What the row of this kind and key holds."""
        return None if sealed is None else self.seal.unseal(sealed, _about(kind, key))

    def row(self, kind: str, key: str, value: bytes, *, expires: float, owner: str = "") -> NewRow:
        """A row to be put, or to be added in a transaction with others; `expires` in Unix seconds."""
        return NewRow(kind, key, self.sealed(kind, key, value), expires, owner)

    async def put(self, kind: str, key: str, value: bytes, *, expires: float, owner: str = "") -> None:
        """Keep a row, replacing the one of the same kind and key."""
        await self.store.put(kind, key, self.sealed(kind, key, value), expires=expires, owner=owner)

    async def get(self, kind: str, key: str) -> bytes | None:
        """What a living row holds."""
        return self.opened(kind, key, await self.store.get(kind, key))

    async def several(self, *places: tuple[str, str]) -> list[bytes | None]:
        """What living rows hold, by kind and key, in that order, read in one statement."""
        values = await self.store.several(*places)
        return [self.opened(*place, value) for place, value in zip(places, values, strict=True)]

    async def take(self, kind: str, key: str) -> bytes | None:
        """What a living row held, which is removed: of many takers one gets it (T04)."""
        return self.opened(kind, key, await self.store.take(kind, key))

    async def owned(self, kind: str, owner: str) -> list[tuple[str, bytes]]:
        """The keys and values of an owner's living rows that a key opens, oldest first."""
        rows = [(key, self.opened(kind, key, sealed)) for key, sealed in await self.store.owned(kind, owner)]
        return [(key, value) for key, value in rows if value is not None]

    async def listed(self, kind: str) -> AsyncIterator[tuple[Row, bytes | None]]:
        """Every living row of a kind with what it holds, in the order in which they were put, read a page at a time."""
        page = await self.store.listed(kind)
        while page:
            for row in page:
                yield row, self.opened(kind, row.key, row.value)
            page = await self.store.listed(kind, after=page[-1].number)


def _about(kind: str, key: str) -> str:
    """What a value is sealed about. Rows of every version so far are: another text would open none of them."""
    return f"{kind}/{key}"


_KEY_BYTES = 32
_ID_BYTES = 4
_NONCE_BYTES = 12
_VERSION = b"\x01"
_SETTING = "BOT_ENCRYPTION_KEYS"


class Vault:
    """Authenticated encryption with a ring of keys, newest first: the first one seals, any of them opens (T35).

    A sealed value is version, key id, nonce, then ciphertext with its tag. The key id only says which key to try.
    """

    def __init__(self, keys: Sequence[bytes], file: Path | None = None) -> None:
        if not keys or any(len(key) != _KEY_BYTES for key in keys):
            raise ConfigError(f"{_SETTING}: must hold at least one key, each of {_KEY_BYTES} bytes in base64")
        self._file = file
        self._take(keys)

    @classmethod
    def from_settings(cls, settings: Settings, store: Path | None = None) -> Self:
        """The vault of the configured keys, else of the key file beside a SQLite store, made at first start.

        Raises:
            ConfigError: naming the setting, or the file, whose keys are malformed.
        """
        if settings.bot_encryption_keys is not None:
            return cls(parse_keys(settings.bot_encryption_keys.get_secret_value()))
        file = key_file(settings, store)
        if file is None:
            raise ConfigError(f"{_SETTING}: required, as there is no SQLite store to keep a key file beside")
        return cls(_from_file(file), file)

    def seal(self, value: bytes, about: str) -> bytes:
        """The sealed value, readable only about the same thing."""
        nonce = os.urandom(_NONCE_BYTES)
        head = _VERSION + self._newest
        return head + nonce + self._ring[self._newest].encrypt(nonce, value, head + about.encode())

    def unseal(self, value: bytes, about: str) -> bytes | None:
        """The value, or None when no key opens it or it was sealed about something else."""
        head, rest = value[: 1 + _ID_BYTES], value[1 + _ID_BYTES :]
        cipher = self._ring.get(head[1:]) or self._reread(head)
        if cipher is None or head[:1] != _VERSION or len(rest) < _NONCE_BYTES:
            return None
        try:
            return cipher.decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], head + about.encode())
        except InvalidTag:
            return None

    def stale(self, value: bytes) -> bool:
        """Whether a sealed value is under one of the older keys."""
        return value[:1] == _VERSION and value[1 : 1 + _ID_BYTES] in self._ring.keys() - {self._newest}

    def _take(self, keys: Sequence[bytes]) -> None:
        self.size = len(keys)
        self._ring = {_key_id(key): AESGCM(key) for key in keys}
        self._newest = _key_id(keys[0])

    def _reread(self, head: bytes) -> AESGCM | None:
        """The cipher of a key that another process has put into the key file since (T36)."""
        if self._file is None or head[:1] != _VERSION:
            return None
        with suppress(ConfigError, OSError):
            self._take(_read(self._file))
        return self._ring.get(head[1:])


def key_file(settings: Settings, store: Path | None) -> Path | None:
    """The file of the keys: the one that was set, else the one beside a SQLite store; None when they are set."""
    if settings.bot_encryption_keys is not None:
        return None
    if settings.bot_keys_file is not None:
        return settings.bot_keys_file
    return store.with_name(store.name + ".keys") if store is not None else None


def anchor_file(settings: Settings, store: Path | None) -> Path | None:
    """Where the audit trail's checkpoint is kept: the file that was set, else one beside the key file."""
    if settings.bot_audit_anchor is not None:
        return settings.bot_audit_anchor
    file = key_file(settings, store)
    return file.with_name(f"{file.name}.audit") if file is not None else None


def is_exposed(file: Path) -> bool:
    """Whether others than its owner may read or write a key file."""
    try:
        return bool(file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))
    except OSError:
        return False


def leave_newest(file: Path) -> int:
    """Take all keys but the newest out of a key file; how many those were.

    Raises:
        ConfigError: the file's keys are malformed, or it cannot be written.
    """
    keys = _from_file(file)
    _write(file, base64.b64encode(keys[0]).decode(), os.replace)
    return len(keys) - 1


def add_key(file: Path) -> None:
    """Put a fresh key in front of those of a key file, which is replaced whole: a kill leaves the old or the new one.

    Raises:
        ConfigError: the file's keys are malformed, or it cannot be written.
    """
    _from_file(file)
    before = file.read_text(encoding="utf-8").strip()
    _write(file, f"{new_key()},{before}", os.replace)


def new_key() -> str:
    """A fresh key as the setting spells it."""
    return base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode()


def parse_keys(text: str) -> list[bytes]:
    """The keys of a comma-separated base64 text, newest first.

    Raises:
        ConfigError: one of them is not base64 of 32 bytes. The message never holds the text.
    """
    try:
        keys = [base64.b64decode(part.strip(), altchars=b"-_", validate=True) for part in _plain(text).split(",")]
    except (binascii.Error, ValueError):
        keys = []
    if not keys or any(len(key) != _KEY_BYTES for key in keys):
        raise ConfigError(
            f"{_SETTING}: must be comma-separated keys, newest first, each of {_KEY_BYTES} bytes in base64"
        )
    return keys


def _plain(text: str) -> str:
    """Both alphabets of base64 as the URL-safe one."""
    return text.strip().replace("+", "-").replace("/", "_")


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(b"key id\x00" + key).digest()[:_ID_BYTES]


def _from_file(path: Path) -> list[bytes]:
    """The keys of the file, made whole and only once even when two processes start together."""
    with suppress(FileNotFoundError):
        return _read(path)
    with suppress(FileExistsError):
        _write(path, new_key(), os.link)
    return _read(path)


def _write(path: Path, text: str, place: Callable[[Path, Path], None]) -> None:
    """Write a draft for its owner only, and put it in its place in one step."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        place(draft, path)
    except FileExistsError:
        raise
    except FileNotFoundError:
        raise ConfigError(f"BOT_KEYS_FILE: the folder {path.absolute().parent} does not exist; make it") from None
    except OSError as error:
        raise ConfigError(f"{_SETTING}: not set, and {path.name} cannot be made: {error.strerror}") from None
    finally:
        draft.unlink(missing_ok=True)


def _read(path: Path) -> list[bytes]:
    try:
        return parse_keys(path.read_text(encoding="utf-8"))
    except ConfigError:
        raise ConfigError(f"{path.name}: must hold keys as {_SETTING} does") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path.name}: must hold keys as {_SETTING} does") from None
    except PermissionError:
        raise ConfigError(f"{path.name}: cannot be read by this user") from None
