"""The key-value table of the Slack channel: values are encrypted and bound to their kind and key."""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Callable

from bot.stores.sealed import SealedTable


class KeyValueTable:
    """Encrypted rows of the channel's kinds. A row that cannot be decrypted counts as missing."""

    def __init__(self, table: SealedTable, clock: Callable[[], float] = time.time) -> None:
        self._table, self._store, self._clock = table, table.store, clock

    async def put(self, kind: str, key: str, value: bytes, *, seconds: float, owner: str = "") -> None:
        """Store a row for `seconds`."""
        await self._table.put(kind, key, value, expires=self._clock() + seconds, owner=owner)

    async def get(self, kind: str, key: str) -> bytes | None:
        """Return a row's value; None if there is none."""
        return await self._table.get(kind, key)

    async def take(self, kind: str, key: str) -> bytes | None:
        """Delete a row and return its value: only one of several concurrent callers gets it."""
        return await self._table.take(kind, key)

    async def owned(self, kind: str, owner: str) -> list[bytes]:
        """Return the values of an owner's rows."""
        return [value for _, value in await self._table.owned(kind, owner)]

    async def drop(self, kind: str, key: str) -> None:
        """Delete a row."""
        await self._store.drop(kind, key)

    async def first(self, key: str, *, seconds: float) -> bool:
        """Return True for the first caller with a key: used to detect duplicate deliveries, and as a lease (T39)."""
        return await self._store.add("seen", key, expires=self._clock() + seconds)

    def pass_(self, kind: str, *, seconds: float) -> str:
        """Return an encrypted token that is valid for `seconds`. Nothing is stored."""
        ends = str(self._clock() + seconds).encode()
        return base64.urlsafe_b64encode(self._table.seal.seal(ends, kind)).decode().rstrip("=")

    def passes(self, kind: str, text: str) -> bool:
        """Return whether a token is from `pass_` and still valid."""
        if "=" in text:
            return False  # `pass_` writes no padding: this is another text for the same bytes
        try:
            sealed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            ends = float(self._table.seal.unseal(sealed, kind) or b"")
        except (binascii.Error, ValueError):
            return False
        return ends > self._clock()

    async def release(self, key: str) -> None:
        """Let the next caller of `first` with this key be the first again."""
        await self._store.drop("seen", key)
