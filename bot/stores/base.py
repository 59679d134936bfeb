"""What the bot asks of a store: rows that expire, rows that can be taken once, counters, and links."""

from __future__ import annotations

from typing import Protocol


class Store(Protocol):
    """Every value is bytes that the caller has sealed where it must be; `owner` is a person's key, for unlinking.

    Times are Unix seconds. An expired row is never returned. Raises `StoreBusy` and `StoreUnusable`.
    """

    async def put(self, kind: str, key: str, value: bytes, *, expires: float, owner: str = "") -> None:
        """Keep a row, replacing the one of the same kind and key."""
        ...

    async def get(self, kind: str, key: str) -> bytes | None:
        """The row's value while it lives."""
        ...

    async def take(self, kind: str, key: str) -> bytes | None:
        """The row's value, removed in the same statement: of many takers exactly one gets it (T04)."""
        ...

    async def add(self, kind: str, key: str, *, expires: float) -> bool:
        """True for the first caller with this key while it lives: the dedupe of events (T39)."""
        ...

    async def count(self, kind: str, key: str, *, expires: float) -> int:
        """Add one to a counter and return it; it starts again after `expires` of its first count."""
        ...

    async def owned(self, kind: str, owner: str) -> list[tuple[str, bytes]]:
        """The living rows of a kind that belong to an owner, as (key, value), oldest first."""
        ...

    async def drop(self, kind: str, key: str) -> None:
        """Remove one row, if it is there."""
        ...

    async def drop_owned(self, owner: str, *kinds: str) -> int:
        """Remove every row of an owner, of these kinds or of all, in one transaction; how many there were."""
        ...

    async def sweep(self) -> int:
        """Remove what has expired; how many rows."""
        ...

    async def close(self) -> None:
        """Give back files and connections."""
        ...


class Seal(Protocol):
    """Authenticated encryption of a row's value, tied to the row by `about` (T35)."""

    def seal(self, value: bytes, about: str) -> bytes:
        """The sealed value."""
        ...

    def unseal(self, value: bytes, about: str) -> bytes | None:
        """The value, or None when no key opens it or it was sealed about something else."""
        ...
