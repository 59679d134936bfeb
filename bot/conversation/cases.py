"""Appeals that people keep track of: an encrypted row for each denied claim, until they delete it or say "unlink".

A row's owner is its person, so that "unlink" deletes it. It has the id of the record: it is shown only while the
person's connection gives access to that record. It expires `LIVES` seconds after it began.
"""

from __future__ import annotations

import hashlib
import time

import msgspec

from bot.accounts.accounts import LinkRow
from bot.errors import StoreBusy
from bot.kit import AppealCase, CaseChange
from bot.message import Person
from bot.stores.sealed import SealedTable

LIVES = 400 * 86_400.0
"""Seconds: enough for the plan's answer, an external review of four to six months, and some time after it."""
_KIND = "appeal_case"
_TRIES = 5


class _Row(msgspec.Struct, frozen=True):
    """A case, and the Patient id of the record with its claim."""

    whose: str
    case: AppealCase


class Cases:
    """The stored cases."""

    def __init__(self, table: SealedTable) -> None:
        self._table, self._store = table, table.store

    async def of(self, person: Person, whose: str) -> tuple[AppealCase, ...]:
        """Return a person's cases about one record, oldest first."""
        return tuple(row.case for _, row in await self._rows(person) if row.whose == whose)

    async def change(self, person: Person, whose: str, change: CaseChange) -> AppealCase | None:
        """Apply a change and return the case; None if it was deleted.

        Raises:
            StoreBusy: it was changed concurrently, again and again.
        """
        key = hashlib.sha256(f"{person.key}\x1f{change.claim}".encode()).hexdigest()  # reveals neither
        for _ in range(_TRIES):
            sealed = await self._store.get(_KIND, key)
            plain = self._table.opened(_KIND, key, sealed)
            if sealed is not None and plain is None:  # of a key that is gone
                await self._store.drop(_KIND, key)
            present = msgspec.json.decode(plain, type=_Row).case if plain else AppealCase(claim=change.claim)
            case = change.made(present)
            # An empty case would catch all that is told later.
            if case is None or case == AppealCase(claim=change.claim):
                await self._store.drop(_KIND, key)
                return case
            value = msgspec.json.encode(_Row(whose, case))
            if await self._kept(person, key, value, sealed if plain else None):
                return case
        raise StoreBusy("a case was changed at the same moment")

    async def end_private(self, person: Person, row: LinkRow | None) -> None:
        """Delete the cases of patients that a person's connection does not cover; all of them without a connection."""
        for key, one in await self._rows(person):
            if not (row and row.opens(one.whose)):
                await self._store.drop(_KIND, key)

    async def count(self, person: Person) -> int:
        """Return how many cases a person has."""
        return len(await self._rows(person))

    async def _kept(self, person: Person, key: str, value: bytes, before: bytes | None) -> bool:
        """Store a row in place of the one that was read; False if that was changed meanwhile."""
        if before is not None:
            return await self._store.swap(_KIND, key, before, self._table.sealed(_KIND, key, value))
        row = self._table.row(_KIND, key, value, expires=time.time() + LIVES, owner=person.key)
        return await self._store.append((row,))

    async def _rows(self, person: Person) -> list[tuple[str, _Row]]:
        rows = await self._table.owned(_KIND, person.key)
        return [(key, msgspec.json.decode(plain, type=_Row)) for key, plain in rows]
