"""The one table of what is sealed at rest: each value is tied to the kind and the key of its row (T35)."""

from __future__ import annotations

from collections.abc import AsyncIterator

from bot.stores.base import NewRow, Row, Seal, Store


class SealedTable:
    """A store's rows, sealed when they are put and opened when they are read.

    A row that no key opens, or that was moved to another kind or key, reads as None. `store` is for what holds no value
    of its own: counters, leases, drops. `seal` is for texts that are kept outside of the store.
    """

    def __init__(self, store: Store, seal: Seal) -> None:
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
