"""Monthly counts for the operator, shown only where at least five people were counted (T57, T73).

A process counts in memory and adds its counts to the store every minute. A counter holds at most four keyed hashes of
people, which differ from counter to counter. With the fifth person the hashes are deleted. No words are counted.
"""

import asyncio
import contextlib
import hashlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from typing import Literal, NamedTuple

import msgspec

from bot.errors import StoreError
from bot.message import Person
from bot.stores.sealed import SealedTable

LEAST = 5
"""The smallest number of people of whom a count is shown."""
TallyKind = Literal["answered", "unread", "fault", "rated", "seconds", "day", "payer", "waited"]
_KIND = "tally"
_KEPT = 400 * 86_400.0  # seconds: a whole year can be held against the year before
_TRIES, _EVERY = 20, 60.0
_NOBODY = frozenset({"mcp"})  # each call of an assistant's is another person: one caller would be five people
_SHORT = 12  # letters of a hash

Pseudonym = Callable[[Person], Awaitable[str]]


class _Cell(msgspec.Struct):
    """A count, the hashes of at most four people, and whether there were five."""

    times: int = 0
    seen: list[str] = []
    enough: bool = False

    def add(self, times: int, people: set[str]) -> None:
        """Add to the count; from the fifth person on the hashes are deleted."""
        self.times += times
        everybody = {*self.seen, *people}
        self.enough = self.enough or len(everybody) >= LEAST
        self.seen = [] if self.enough else sorted(everybody)


class Counted(NamedTuple):
    """A count of a month ("2026-11"), and whether at least five people contributed; `name` is split into its parts."""

    month: str
    kind: str
    name: tuple[str, ...]
    times: int
    enough: bool


class Tally:
    """The counts of all processes in one store. `now` returns the local time; `pseudonym` hashes a person."""

    def __init__(
        self,
        table: SealedTable,
        pseudonym: Pseudonym,
        now: Callable[[], datetime],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._table, self._pseudonym, self._now, self._clock = table, pseudonym, now, clock
        self._waiting: dict[str, tuple[int, set[Person]]] = {}

    def today(self, person: Person) -> None:
        """Count one message for the current day."""
        self.add("day", f"{self._now():%d}", person=person)

    def add(self, kind: TallyKind, *name: str, person: Person | None = None) -> None:
        """Count one, in memory."""
        key = "\x1f".join((f"{self._now():%Y-%m}", kind, *name))
        times, people = self._waiting.get(key, (0, set()))
        if person is not None and person.platform not in _NOBODY and len(people) < LEAST:
            people.add(person)
        self._waiting[key] = times + 1, people

    async def flush(self) -> None:
        """Add the counts to the store; any that it rejects are kept for the next flush."""
        waiting, self._waiting = self._waiting, {}
        while waiting:
            key, (times, people) = waiting.popitem()
            try:
                hashes = {_hash(await self._pseudonym(person), key) for person in people}
                await self._merge(key, times, hashes)
            except (StoreError, asyncio.CancelledError) as error:
                for again, (more, others) in ((key, (times, people)), *waiting.items()):
                    before, known = self._waiting.get(again, (0, set()))
                    self._waiting[again] = before + more, known | others
                if isinstance(error, StoreError):
                    return
                raise

    async def every_minute(self) -> None:
        """Flush once a minute until cancelled."""
        while True:
            await asyncio.sleep(_EVERY)
            await self.flush()

    async def _merge(self, key: str, times: int, people: set[str]) -> None:
        store = self._table.store
        for _ in range(_TRIES):  # of two processes that add at once, the second reads anew
            sealed = await store.get(_KIND, key)
            cell = _cell(self._table.opened(_KIND, key, sealed))
            cell.add(times, people)
            row = self._table.row(_KIND, key, msgspec.json.encode(cell), expires=self._clock() + _KEPT)
            if sealed is None:
                if await store.add(_KIND, key, row.value, expires=row.expires):
                    return
            elif await store.swap(_KIND, key, sealed, row.value):
                return


async def counted(table: SealedTable) -> AsyncIterator[Counted]:
    """Yield all counts, in no order."""
    async for row, plain in table.listed(_KIND):
        with contextlib.suppress(ValueError):
            month, kind, *name = row.key.split("\x1f")
            cell = _cell(plain)
            yield Counted(month, kind, tuple(name), cell.times, cell.enough)


def _cell(plain: bytes | None) -> _Cell:
    return msgspec.json.decode(plain, type=_Cell) if plain else _Cell()


def _hash(pseudonym: str, key: str) -> str:
    return hashlib.sha256(f"{pseudonym}\x1f{key}".encode()).hexdigest()[:_SHORT]
