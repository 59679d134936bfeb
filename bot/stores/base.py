"""The interface of a store: rows that expire, rows that can be leased, and counters."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol


class NewRow(NamedTuple):
    """A row to store. `owner` is a person's key, by which the row is deleted when the person disconnects."""

    kind: str
    key: str
    value: bytes
    expires: float
    owner: str = ""


class Row(NamedTuple):
    """A stored row that has not expired.

    `number` increases in the order in which rows were stored; `leases` is the number of leases so far. `lane` and
    `expires` are set for leased rows only.
    """

    number: int
    kind: str
    key: str
    value: bytes
    leases: int = 0
    lane: str = ""
    expires: float = 0.0


class Ended(NamedTuple):
    """The result of `finish`: whether the caller still held the row (`mine`), and whether its lane has more rows."""

    mine: bool
    more: bool


class Store(Protocol):
    """The interface of a store. Values are bytes, which the caller has encrypted if needed; `owner` is a person's key.

    Times are Unix seconds. Expired rows are never returned. Every method may raise `StoreBusy` or `StoreUnusable`.
    """

    @property
    def shared(self) -> bool:
        """Whether processes on several machines use this store, so that counts within one process are not enough."""
        ...

    def heard(self, prefix: str, then: Callable[[], None]) -> None:
        """Call `then` when a process leaves an unleased row of a kind with `prefix`; it may not, so poll too."""
        ...

    async def put(self, kind: str, key: str, value: bytes, *, expires: float, owner: str = "") -> None:
        """Store a row, replacing the row with the same kind and key."""
        ...

    async def get(self, kind: str, key: str) -> bytes | None:
        """Return a row's value; None if there is no such row."""
        ...

    async def several(self, *places: tuple[str, str]) -> list[bytes | None]:
        """Return the values of rows given as (kind, key), in that order, None for a missing one, in one statement."""
        ...

    async def take(self, kind: str, key: str) -> bytes | None:
        """Delete a row and return its value, in one statement: only one of several concurrent callers gets it (T04)."""
        ...

    async def add(
        self, kind: str, key: str, value: bytes = b"", *, expires: float, owner: str = "", lane: str = ""
    ) -> bool:
        """Store a row if its key is free, and return whether it was (T39); a lane's rows are leased in this order."""
        ...

    async def take_in(self, new: NewRow, lane: str, *, until: float | None = None) -> Row | None:
        """Add a row to a lane, and lease it until `until` if it is the first of its lane. Return it.

        None if its key is in use.

        The returned row's `leases` is 0 if it was added without a lease, as always when `until` is None.
        """
        ...

    async def append(self, new: Sequence[NewRow], put: Sequence[NewRow] = (), *, drops: str = "") -> bool:
        """In a transaction drop `drops`'s rows, add `new`, store `put` (T56); False, and nothing, if a key is used."""
        ...

    async def swap(self, kind: str, key: str, old: bytes, new: bytes, *, lease: int | None = None) -> bool:
        """Replace a value that still equals `old`, and return whether (T36); `lease`: only under that lease."""
        ...

    async def lease(self, kind: str, *, until: float, lane: str | None = None) -> Row | None:
        """Lease the oldest row of a kind that has no lease and is the first of its lane; None if there is none.

        The lease lasts until `until`; afterwards the row can be leased again. `finish` or `drop` ends the work on it.
        With `lane`, only that lane is searched.
        """
        ...

    async def hold(self, kind: str, key: str, *, until: float, lease: int | None = None) -> bool:
        """Change the end of a row's lease; a time in the past releases it. `lease` and the result are as for `swap`."""
        ...

    async def earlier(self, seconds: float, *, after: float, kinds: Sequence[str] = ()) -> int:
        """Move forward by `seconds` all times later than `after`: of leases, of counters and of rows of these kinds.

        Used when the clock was set back: rows written before would otherwise wait that much longer. Return the number
        changed.
        """
        ...

    async def finish(self, kind: str, key: str, *, expires: float, lease: int | None = None, lane: str = "") -> Ended:
        """End a row's work: drop its value, free its lane, keep its key until `expires` (T39); see `swap`."""
        ...

    async def listed(self, kind: str, *, after: int = 0, limit: int = 500) -> list[Row]:
        """Return up to `limit` rows of a kind with a number above `after`, in the order in which they were stored."""
        ...

    async def size(self, prefix: str) -> int:
        """Return the number of rows whose kind starts with `prefix`."""
        ...

    async def last(self, kind: str) -> Row | None:
        """Return the most recently stored row of a kind; None if there is none."""
        ...

    async def kinds(self) -> list[str]:
        """Return the kinds that have rows, in alphabetical order."""
        ...

    async def count(self, kind: str, key: str, *, expires: float) -> int:
        """Add one to a counter and return it. It starts again at the `expires` that was given with its first count."""
        ...

    async def owned(self, kind: str, owner: str) -> list[tuple[str, bytes]]:
        """Return an owner's rows of a kind as (key, value), oldest first."""
        ...

    async def drop(self, kind: str, key: str) -> None:
        """Delete a row if it exists."""
        ...

    async def drop_owned(self, owner: str, *kinds: str) -> int:
        """Delete an owner's rows of these kinds, or of all kinds, in one transaction. Return the number deleted."""
        ...

    async def sweep(self) -> int:
        """Delete expired rows and counters. Return the number deleted."""
        ...

    async def close(self) -> None:
        """Close files and connections."""
        ...
