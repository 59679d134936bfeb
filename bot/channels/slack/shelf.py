"""What the Slack channel keeps in the store, sealed and tied to its place there."""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Callable

from bot.stores.base import Seal, Store


class Shelf:
    """Sealed rows of the channel's own kinds. A row that no key opens is as good as none."""

    def __init__(self, store: Store, seal: Seal, clock: Callable[[], float] = time.time) -> None:
        self._store, self._seal, self._clock = store, seal, clock

    async def put(self, kind: str, key: str, value: bytes, *, seconds: float, owner: str = "") -> None:
        """Keep a row for this long."""
        sealed = self._seal.seal(value, f"{kind}/{key}")
        await self._store.put(kind, key, sealed, expires=self._clock() + seconds, owner=owner)

    async def get(self, kind: str, key: str) -> bytes | None:
        """The living row."""
        return self._open(kind, key, await self._store.get(kind, key))

    async def take(self, kind: str, key: str) -> bytes | None:
        """The living row, removed: of many takers one gets it."""
        return self._open(kind, key, await self._store.take(kind, key))

    async def owned(self, kind: str, owner: str) -> list[bytes]:
        """The living rows of an owner."""
        rows = [(key, self._open(kind, key, sealed)) for key, sealed in await self._store.owned(kind, owner)]
        return [value for _, value in rows if value is not None]

    async def drop(self, kind: str, key: str) -> None:
        """Remove a row."""
        await self._store.drop(kind, key)

    async def first(self, key: str, *, seconds: float) -> bool:
        """True for the first caller with a key: the dedupe of deliveries, and a lease (T39)."""
        return await self._store.add("seen", key, expires=self._clock() + seconds)

    def pass_(self, kind: str, *, seconds: float) -> str:
        """A text that nobody else can make and that is good for this long; nothing of it is kept."""
        ends = str(self._clock() + seconds).encode()
        return base64.urlsafe_b64encode(self._seal.seal(ends, kind)).decode().rstrip("=")

    def passes(self, kind: str, text: str) -> bool:
        """Whether a text was made by `pass_` and is still good."""
        if "=" in text:
            return False  # `pass_` writes no padding: this is another text for the same bytes
        try:
            sealed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            ends = float(self._seal.unseal(sealed, kind) or b"")
        except (binascii.Error, ValueError):
            return False
        return ends > self._clock()

    async def release(self, key: str) -> None:
        """Let the next caller with a key be the first again."""
        await self._store.drop("seen", key)

    def _open(self, kind: str, key: str, sealed: bytes | None) -> bytes | None:
        return None if sealed is None else self._seal.unseal(sealed, f"{kind}/{key}")
