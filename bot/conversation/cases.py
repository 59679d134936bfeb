"""The appeals that people keep track of: one sealed row a denied claim, theirs until they end it or say "unlink".

A row belongs to its person, so that "unlink" deletes it, and names the record that it is of: it is shown only while the
person's connection opens that record. It ends by itself `LIVES` after it began.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable

import msgspec

from bot.accounts.accounts import LinkRow
from bot.errors import StoreBusy
from bot.kit import AppealCase, CaseChange
from bot.message import Person
from bot.stores.sealed import SealedTable

LIVES = 400 * 86_400.0
"""Seconds: the plan's answer, an outside review of four to six months, and time to look back."""
_KIND = "appeal_case"
_TRIES = 5


class _Row(msgspec.Struct, frozen=True):
    """A case, and the Patient id of the record that its claim is in."""

    whose: str
    case: AppealCase


class Cases:
    """The rows. `clock` tells Unix seconds."""

    def __init__(self, table: SealedTable, clock: Callable[[], float] = time.time) -> None:
        self._table, self._store, self._clock = table, table.store, clock

    async def of(self, person: Person, whose: str) -> tuple[AppealCase, ...]:
        """What a person keeps of the claims of one record, the oldest first."""
        return tuple(row.case for _, row in await self._rows(person) if row.whose == whose)

    async def change(self, person: Person, whose: str, change: CaseChange) -> AppealCase | None:
        """Make a change and return the case as it is now; None once it is forgotten.

        Raises:
            StoreBusy: others changed it at the same moment, again and again.
        """
        key = _key(person, change.claim)
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
        """Forget the cases of records that a person's connection does not open; all of them without one."""
        for key, one in await self._rows(person):
            if not (row and row.opens(one.whose)):
                await self._store.drop(_KIND, key)

    async def count(self, person: Person) -> int:
        """How many cases a person keeps."""
        return len(await self._rows(person))

    async def _kept(self, person: Person, key: str, value: bytes, before: bytes | None) -> bool:
        """Keep a row in place of the one that was read; False when that is no longer there."""
        if before is not None:
            return await self._store.swap(_KIND, key, before, self._table.sealed(_KIND, key, value))
        row = self._table.row(_KIND, key, value, expires=self._clock() + LIVES, owner=person.key)
        return await self._store.append((row,))

    async def _rows(self, person: Person) -> list[tuple[str, _Row]]:
        rows = await self._table.owned(_KIND, person.key)
        return [(key, msgspec.json.decode(plain, type=_Row)) for key, plain in rows]


def _key(person: Person, claim: str) -> str:
    """The same for a person and a claim, and telling of neither."""
    return hashlib.sha256(f"{person.key}\x1f{claim}".encode()).hexdigest()
