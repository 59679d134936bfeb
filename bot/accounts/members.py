"""The chats connected to a member's record, found without reading all links, and how many there may be (T23).

Each link has a row for each of the payer's ids of its member. The row's owner is a keyed hash of payer and id, so that
no member's id is in the store but all chats of one record can be found. Each row found is checked against its link, so
a row left over from an ended link has no effect.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from itertools import count

from bot.accounts.rows import LinkRow, PatientCandidate, Rows
from bot.message import Person, person_of
from bot.ops.audit import Audit
from bot.stores.base import NewRow, Store
from bot.stores.sealed import SealedTable

_SEAT = "member_seat"


class LinkQuota:
    """The limit on how many chats may be connected to one member's record: `most` seats each, unlimited if None.

    A seat's key is a keyed hash of payer and patient, so that no member's id is in the store. The seat is taken in the
    transaction that creates the link: of two chats that want the last seat at the same time, on any replica, one gets
    it.
    """

    def __init__(self, store: Store, audit: Audit, payer: str, most: int | None) -> None:
        self._store, self._audit, self._payer, self.most = store, audit, payer, most

    async def connect(self, person: Person, member: PatientCandidate, link: Sequence[NewRow], *, until: float) -> bool:
        """Store the link's rows, a seat and an audit row.

        Return False if no seat is free; only the refusal is then recorded.

        A person who already has a seat for this member keeps that seat.
        """
        # A member whom the payer keeps under several ids is one member, whichever of them signed in.
        name = await self._audit.keyed("member", f"{self._payer}\x1f{min((member.patient, *member.also))}")
        held = [key for key, _ in await self._store.owned(_SEAT, person.key)]
        mine = [NewRow(_SEAT, key, b"", until, person.key) for key in held if key.startswith(f"{name}/")]
        rows = (*link, *mine, *(NewRow(_SEAT, key, b"", 0.0) for key in held if not key.startswith(f"{name}/")))
        if mine:
            return await self._audit.record("linked", person, along=rows)
        for number in count(1) if self.most is None else range(1, self.most + 1):
            seat = NewRow(_SEAT, f"{name}/{number}", b"", until, person.key)
            free = await self._store.get(_SEAT, seat.key) is None
            if free and await self._audit.record("linked", person, claims=(seat,), along=rows):
                return True
        await self._audit.record("link_refused", person, detail="TooManyChats")
        return False


_KIND, _WHOLE = "member_link", "member_links_whole"
_REBUILT = 86_400.0  # seconds after which links are looked through again: an older release makes none of these rows


class MemberLinks:
    """The index rows of all links at one payer, whose FHIR base URL is `payer`."""

    def __init__(self, table: SealedTable, rows: Rows, audit: Audit, payer: str) -> None:
        self._table, self._store, self._rows, self._audit, self._payer = table, table.store, rows, audit, payer

    async def rows_of(self, person: Person, link: LinkRow | PatientCandidate, until: float = 0.0) -> tuple[NewRow, ...]:
        """Return the index rows of a link, to be stored together with the link.

        Without `until`, the rows are expired: storing them removes the index rows when the link ends.
        """
        named = [(name, await self._key(person.key, name)) for name in await self._names(link)]
        value = person.key.encode()
        return tuple(self._table.row(_KIND, key, value, expires=until, owner=name) for name, key in named)

    async def others(self, person: Person, own: LinkRow) -> tuple[Person, ...]:
        """Return the other chat identities connected to the same member's record, oldest first."""
        whole = await self._store.get(_WHOLE, _WHOLE) is not None
        links = [link async for link in (self._found(own) if whole else self._rows.all(LinkRow))]
        ids, chats = {own.patient, *own.also}, ((key, row) for key, row in links if key != person.key)
        same = {(row.since, key) for key, row in chats if not ids.isdisjoint((row.patient, *row.also))}
        return tuple(person_of(key) for _, key in sorted(same))

    async def keep_whole(self) -> int:
        """Add missing index rows, at the first start and once a day.

        Return the number of links that had rows missing.
        """
        if await self._store.get(_WHOLE, _WHOLE) is not None:
            return 0
        now, count = self._rows.now(), 0
        async for key, link in self._rows.all(LinkRow):
            await asyncio.sleep(0)  # there may be thousands, and who asks something is answered between them
            rows = await self.rows_of(person_of(key), link, link.since + self._rows.link_lives)
            if None in await self._store.several(*[(row.kind, row.key) for row in rows]):
                await self._store.append((), rows)
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

    async def _names(self, link: LinkRow | PatientCandidate) -> list[str]:
        ids: Iterable[str] = sorted({link.patient, *link.also})
        return [await self._audit.keyed("member_link", f"{self._payer}\x1f{one}") for one in ids]

    async def _key(self, person: str, name: str) -> str:
        return f"{name}/{await self._audit.keyed('linked_chat', person)}"
