"""The limit on how many chats may be connected to one member's record: each takes a numbered seat (T23).

A seat's key is a keyed hash of payer and patient, so that no member's id is in the store. It is taken in the
transaction that makes the link: of two chats that want the last seat at the same time, on any replica, one gets it.
"""

from collections.abc import AsyncIterator, Sequence
from itertools import count

from bot.accounts.rows import PatientCandidate
from bot.message import Person
from bot.ops.audit import Audit
from bot.stores.base import NewRow, Store

_KIND = "member_seat"


class LinkQuota:
    """The seats of every member at the payer with this address; at most `most` each, unlimited if None."""

    def __init__(self, store: Store, audit: Audit, payer: str, most: int | None) -> None:
        self._store, self._audit, self._payer, self.most = store, audit, payer, most

    async def connect(self, person: Person, member: PatientCandidate, link: Sequence[NewRow], *, until: float) -> bool:
        """Store the link's rows, seat and audit row, or nothing (False) without a seat; a member keeps theirs."""
        # A member whom the payer keeps under several ids is one member, whichever of them signed in.
        name = await self._audit.keyed("member", f"{self._payer}\x1f{min((member.patient, *member.also))}")
        held = [key for key, _ in await self._store.owned(_KIND, person.key)]
        mine = [NewRow(_KIND, key, b"", until, person.key) for key in held if key.startswith(f"{name}/")]
        rows = (*link, *mine, *(NewRow(_KIND, key, b"", 0.0) for key in held if not key.startswith(f"{name}/")))
        if mine:
            return await self._audit.record("linked", person, along=rows)
        async for seat in self._free(name):
            if await self._audit.record(
                "linked", person, claims=(NewRow(_KIND, seat, b"", until, person.key),), along=rows
            ):
                return True
        await self._audit.record("link_refused", person, detail="TooManyChats")
        return False

    async def _free(self, name: str) -> AsyncIterator[str]:
        """Yield the keys of seats that were free when read, lowest number first."""
        for number in count(1) if self.most is None else range(1, self.most + 1):
            if await self._store.get(_KIND, f"{name}/{number}") is None:
                yield f"{name}/{number}"
