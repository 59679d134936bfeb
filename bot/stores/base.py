"""What the bot asks of a store: rows that expire, rows that can be taken once, counters, and links."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol


class NewRow(NamedTuple):
    """A row as it is to be kept; `owner` is a person's key, for unlinking."""

    kind: str
    key: str
    value: bytes
    expires: float
    owner: str = ""


class Row(NamedTuple):
    """A living row as it is listed; `number` grows in the order in which rows were put, `leases` with each lease.

    `lane` and `expires` are told of leased rows only.
    """

    number: int
    kind: str
    key: str
    value: bytes
    leases: int = 0
    lane: str = ""
    expires: float = 0.0


class Ended(NamedTuple):
    """What came of ending the work on a row: whether it was the caller's, and whether its lane has more."""

    mine: bool
    more: bool


class Store(Protocol):
    """Every value is bytes that the caller has sealed where it must be; `owner` is a person's key, for unlinking.

    Times are Unix seconds. An expired row is never returned. Raises `StoreBusy` and `StoreUnusable`.
    """

    @property
    def shared(self) -> bool:
        """Whether processes of several machines use it, so that what each counts for itself is too little."""
        ...

    def heard(self, prefix: str, then: Callable[[], None]) -> None:
        """Call `then` when a process leaves work of a kind that begins so to whoever finds it: rows that nobody holds.

        A store may call late or never: who waits for work looks from time to time as well.
        """
        ...

    async def put(self, kind: str, key: str, value: bytes, *, expires: float, owner: str = "") -> None:
        """Keep a row, replacing the one of the same kind and key."""
        ...

    async def get(self, kind: str, key: str) -> bytes | None:
        """The row's value while it lives."""
        ...

    async def several(self, *places: tuple[str, str]) -> list[bytes | None]:
        """The values of rows by kind and key, in that order, read in one statement; None where no row lives."""
        ...

    async def take(self, kind: str, key: str) -> bytes | None:
        """The row's value, removed in the same statement: of many takers exactly one gets it (T04)."""
        ...

    async def add(
        self, kind: str, key: str, value: bytes = b"", *, expires: float, owner: str = "", lane: str = ""
    ) -> bool:
        """True for the first caller with this key while it lives, whose row is kept: the dedupe of events (T39).

        Rows of one lane are leased in the order in which they were added.
        """
        ...

    async def take_in(self, new: NewRow, lane: str, *, until: float | None = None) -> Row | None:
        """Add a row to a lane and lease it until then, when it is the lane's first; None when its key is taken.

        `leases` of the row tells which: 0 when it was only added, as always without `until`.
        """
        ...

    async def append(self, new: Sequence[NewRow], put: Sequence[NewRow] = (), *, drops: str = "") -> bool:
        """All of this in one transaction, whoever is killed: drop an owner's rows, add `new`, put `put` (T56).

        False, and nothing done, when a living row has a key of `new`.
        """
        ...

    async def swap(self, kind: str, key: str, old: bytes, new: bytes, *, lease: int | None = None) -> bool:
        """Replace a living row's value only while it is still the old one; whether it was (T36).

        With `lease`, only while that one, by its number in `Row.leases`, is the row's last.
        """
        ...

    async def lease(self, kind: str, *, until: float, lane: str | None = None) -> Row | None:
        """The oldest row of a kind with a lane, that nobody holds and that is the first of its lane, held until then.

        A row whose lease is over can be leased again; `finish` or `drop` ends the work on it. With `lane`, only of
        that lane.
        """
        ...

    async def hold(self, kind: str, key: str, *, until: float, lease: int | None = None) -> bool:
        """Move the end of a lease; a time that is past gives the row back. With `lease` and the answer: as `swap`."""
        ...

    async def earlier(self, seconds: float, *, after: float, kinds: Sequence[str] = ()) -> int:
        """Move what ends after that time forward by so many seconds: leases, counters, and rows of these kinds.

        For a clock that went back: what was written before it did would rest as long as it went. How many rows.
        """
        ...

    async def finish(self, kind: str, key: str, *, expires: float, lease: int | None = None, lane: str = "") -> Ended:
        """End the work on a row: its value is gone and its lane goes on; its key stays taken until then (T39).

        With `lease`: as `swap`. `lane` is the row's, which is looked at for more.
        """
        ...

    async def listed(self, kind: str, *, after: int = 0, limit: int = 500) -> list[Row]:
        """The living rows of a kind after a number, in the order in which they were put, at most so many."""
        ...

    async def size(self, prefix: str) -> int:
        """How many living rows there are of the kinds that begin so."""
        ...

    async def last(self, kind: str) -> Row | None:
        """The living row of a kind that was put last."""
        ...

    async def kinds(self) -> list[str]:
        """The kinds of which there are living rows, in alphabetical order."""
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
