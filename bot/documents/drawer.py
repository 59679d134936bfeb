"""Storage for a person's answers between two questions: encrypted, and deleted with the sign-in or link."""

import time
from collections.abc import Awaitable, Callable

from bot.accounts.codes import digest
from bot.accounts.values import Access
from bot.errors import Disconnected
from bot.message import Person
from bot.stores.sealed import SealedTable

KEPT = 3_600.0  # seconds at most, also for a sign-in that is renewed for months
_KIND = "drawer"


class SealedDrawer:
    """The storage for one record. Its rows are owned by the person, so that unlinking deletes them.

    `holds` returns whether the link under which it is read is still the person's current one.
    """

    def __init__(
        self,
        table: SealedTable,
        person: Person,
        access: Access,
        holds: Callable[[], Awaitable[bool]],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._table, self._owner, self._holds, self._clock = table, person.key, holds, clock
        self._front = digest(f"{access.link_id}\x1f{access.patient}")
        self._ends = None if access.renewable else access.expires_at

    async def get(self, name: str) -> bytes | None:
        """Return the value stored under a name; None if there is none."""
        return await self._table.get(_KIND, self._key(name))

    async def put(self, name: str, value: bytes) -> None:
        """Store a value under a name; Disconnected, and nothing kept, if the person unlinked meanwhile."""
        hour = self._clock() + KEPT
        expires = hour if self._ends is None else min(hour, self._ends)
        await self._table.put(_KIND, self._key(name), value, expires=expires, owner=self._owner)
        if not await self._holds():
            await self._table.store.drop(_KIND, self._key(name))
            raise Disconnected("the link changed while the record was read")

    async def clear(self) -> None:
        """Delete all stored values of this person for all records, because one file is made at a time."""
        await self._table.store.drop_owned(self._owner, _KIND)

    def _key(self, name: str) -> str:
        return f"{self._front}.{name}"
