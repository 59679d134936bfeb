"""How a record looked when its owner last asked what is new: digests, sealed with the connection and gone with it."""

from __future__ import annotations

from bot.accounts.rows import LastLook, LinkRow, Looked, Rows
from bot.message import Person


class LastLooks:
    """Keeps the last look at each record that a person's sign-in opens."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    async def of(self, person: Person, patient: str) -> LastLook | None:
        """The last look at this record; None for the first, and for one that the connection does not open."""
        kept, link = await self._rows.get(Looked, person.key), await self._rows.get(LinkRow, person.key)
        return kept.looks.get(patient) if kept and link and link.opens(patient) else None

    async def keep(self, person: Person, patient: str, look: LastLook) -> None:
        """Keep a look in place of the one before, as long as the connection lives; none without a connection.

        Looks at records that the connection does not open are dropped. "Unlink" in the same moment leaves nothing.
        """
        link = await self._rows.get(LinkRow, person.key)
        if link is None or not link.opens(patient):
            return
        kept = await self._rows.get(Looked, person.key)
        before = {of: one for of, one in (kept.looks if kept else {}).items() if link.opens(of)}
        expires = link.since + self._rows.link_lives
        await self._rows.put(person.key, Looked({**before, patient: look}), expires=expires, owner=person)
        now = await self._rows.get(LinkRow, person.key)
        if now is None or not now.opens(patient):
            await self._rows.drop(Looked, person.key)
