"""What a person's answers keep between two questions: sealed as everything is, and gone with the sign-in or link."""

from __future__ import annotations

import time
from collections.abc import Callable

from bot.accounts.codes import digest
from bot.accounts.values import Access
from bot.message import Person
from bot.stores.sealed import SealedTable

KEPT = 3_600.0  # seconds at most, also for a sign-in that is renewed for months
_KIND = "drawer"


class SealedDrawer:
    """One record's drawer. Its rows are the person's, so that unlinking takes them away with everything else."""

    def __init__(
        self, table: SealedTable, person: Person, access: Access, clock: Callable[[], float] = time.time
    ) -> None:
        self._table, self._owner, self._clock = table, person.key, clock
        self._front = digest(f"{access.link_id}\x1f{access.patient}")
        self._ends = None if access.renewable else access.expires_at

    async def get(self, name: str) -> bytes | None:
        """What was put there under a name."""
        return await self._table.get(_KIND, self._key(name))

    async def put(self, name: str, value: bytes) -> None:
        """Keep it under a name."""
        hour = self._clock() + KEPT
        expires = hour if self._ends is None else min(hour, self._ends)
        await self._table.put(_KIND, self._key(name), value, expires=expires, owner=self._owner)

    async def clear(self) -> None:
        """Throw away what all drawers of this person hold: one file is made at a time."""
        await self._table.store.drop_owned(self._owner, _KIND)

    def _key(self, name: str) -> str:
        return f"{self._front}.{name}"
