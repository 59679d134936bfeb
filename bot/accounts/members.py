"""Finds who is connected to a member's record without reading all links (T23).

Each link has a row for each of the payer's ids of its member. The row's owner is a keyed hash of payer and id, so that
no member's id is in the store but all chats of one record can be found. Each row found is checked against its link, so
a row left over from an ended link has no effect.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable

from bot.accounts.rows import LinkRow, PatientCandidate, Rows
from bot.message import Person, person_of
from bot.ops.audit import Audit
from bot.stores.base import NewRow
from bot.stores.sealed import SealedTable

_KIND, _WHOLE = "member_link", "member_links_whole"
_REBUILT = 86_400.0  # seconds after which links are looked through again: an older release makes none of these rows


class MemberLinks:
    """The index rows of all links at the payer with this address."""

    def __init__(self, table: SealedTable, rows: Rows, audit: Audit, payer: str) -> None:
        self._table, self._store, self._rows, self._audit, self._payer = table, table.store, rows, audit, payer

    async def made(self, person: Person, link: LinkRow | PatientCandidate, until: float) -> tuple[NewRow, ...]:
        """Return the index rows of a link, to be stored with it."""
        return await self._put(person, link, until)

    async def ended(self, person: Person, link: LinkRow) -> tuple[NewRow, ...]:
        """Return the same rows with an expiry in the past, to be stored when the link ends."""
        return await self._put(person, link, 0.0)

    async def others(self, person: Person, own: LinkRow) -> tuple[Person, ...]:
        """Return the other chat identities connected to the same member's record, oldest first."""
        whole = await self._store.get(_WHOLE, _WHOLE) is not None
        links = [link async for link in (self._found(own) if whole else self._rows.all(LinkRow))]
        same = {(row.since, key) for key, row in links if key != person.key and row.is_same_member(own)}
        return tuple(person_of(key) for _, key in sorted(same))

    async def keep_whole(self) -> int:
        """Add missing index rows, at the first start and once a day. Return how many links had rows missing."""
        if await self._store.get(_WHOLE, _WHOLE) is not None:
            return 0
        now, count = self._rows.now(), 0
        async for key, row in self._missing():
            for new in await self._put(person_of(key), row, row.since + self._rows.link_lives):
                await self._store.put(new.kind, new.key, new.value, expires=new.expires, owner=new.owner)
            count += 1
        await self._store.put(_WHOLE, _WHOLE, b"", expires=now + _REBUILT)
        return count

    async def _found(self, own: LinkRow) -> AsyncIterator[tuple[str, LinkRow]]:
        """Yield the links of a member with their keys, found through the index rows."""
        for name in await self._names(own):
            for _, plain in await self._table.owned(_KIND, name):
                row = await self._rows.get(LinkRow, key := plain.decode())
                if row is not None:
                    yield key, row

    async def _missing(self) -> AsyncIterator[tuple[str, LinkRow]]:
        """Yield the links with missing index rows, with their keys."""
        async for key, row in self._rows.all(LinkRow):
            await asyncio.sleep(0)  # there may be thousands, and who asks something is answered between them
            kept = await self._store.several(*[(_KIND, await self._key(key, name)) for name in await self._names(row)])
            if None in kept:
                yield key, row

    async def _put(self, person: Person, link: LinkRow | PatientCandidate, until: float) -> tuple[NewRow, ...]:
        named = [(name, await self._key(person.key, name)) for name in await self._names(link)]
        value = person.key.encode()
        return tuple(self._table.row(_KIND, key, value, expires=until, owner=name) for name, key in named)

    async def _names(self, link: LinkRow | PatientCandidate) -> list[str]:
        ids: Iterable[str] = sorted({link.patient, *link.also})
        return [await self._audit.keyed("member_link", f"{self._payer}\x1f{one}") for one in ids]

    async def _key(self, person: str, name: str) -> str:
        return f"{name}/{await self._audit.keyed('linked_chat', person)}"
