"""One telling of a reminder: marked before the post, noted behind it, looked for in the chat when its teller died.

Where a platform's chat can be read, what stands there decides. Elsewhere nobody knows, and it is not posted again
(docs/decisions.md, "Reminders").
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Literal

import msgspec
import structlog

from bot.delivery.inbox import Later
from bot.delivery.reminders import About, Reminder, kind_of, mark_of
from bot.errors import Unwritable
from bot.message import Person
from bot.stores.base import Row
from bot.stores.sealed import SealedTable

log = structlog.get_logger("reminders")

PostOutcome = Literal["told", "nothing", "later", "unknown", "unwritable", "gone"]
Tell = Callable[[str, Reminder, int], Awaitable[None]]
"""Post a reminder by its key, as so many days before its last one; of news, `NEWS` and so on.

Raises `Unwritable` or `Later` when it is not posted; after anything else nobody knows.
"""
StillThere = Callable[[Person], Awaitable[bool | None]]
Stands = Callable[[Person, str, float], Awaitable[bool | None]]
"""Whether a post of this mark, begun at that Unix time, stands whole in a person's chat; parts of it are deleted.

None when the platform does not say. What it raises is mended by asking again.
"""

_LEASE = 120.0  # seconds; longer than a platform is tried for
_PATIENCE = 90.0  # seconds for which a platform is tried
_AGAIN = 15 * 60.0  # seconds until what was surely not posted is tried again
_LATER = 6 * 3_600.0  # seconds until a chat that took nothing is tried again
_MOST_MISSED = 8  # by day, so that it is tried on three days


class Tellings:
    """Tells and notes. `platforms` says how to ask whether a person is still there, `stands` how to look for a post.

    `rest` tells how many seconds a row rests until it is due next. `ended` hears of a person who cannot be reminded
    any more, and why.
    """

    def __init__(
        self,
        table: SealedTable,
        tell: Tell,
        *,
        platforms: Callable[[], Mapping[str, StillThere | None]],
        stands: Mapping[str, Stands],
        ended: Callable[[Person, str], Awaitable[None]],
        rest: Callable[[Row, Reminder], Awaitable[float]],
        clock: Callable[[], float],
    ) -> None:
        self._table, self._store, self._tell, self._platforms = table, table.store, tell, platforms
        self._stands, self._ended, self._rest, self._clock = stands, ended, rest, clock

    async def leased(self, kind: str) -> Row | None:
        """A row of a kind that is due, and that nobody else has."""
        return await self._store.lease(kind, until=self._clock() + _LEASE)

    def read(self, row: Row) -> Reminder | None:
        """What a row holds; None when its key is gone, or not here yet."""
        plain = self._table.opened(row.kind, row.key, row.value)
        return None if plain is None else msgspec.json.decode(plain, type=Reminder)

    async def tell(self, row: Row, reminder: Reminder, days: int, found: tuple[str, ...] = ()) -> bool:
        """Mark it, tell it, and note what came of that; whether it was told. `found` is what is known then."""
        if await self._is_gone(reminder.person):
            await self._end(reminder.person, "gone")
            return False
        marked = msgspec.structs.replace(reminder, telling=days, since=self._clock(), found=found)
        value = self._sealed(row, marked)
        if not await self._store.swap(row.kind, row.key, row.value, value, lease=row.leases):
            return False
        outcome = await self._outcome(row.key, marked, days)
        await self._note(row._replace(value=value), marked, days, outcome)
        return outcome == "told"

    async def settled(self, row: Row, reminder: Reminder) -> Reminder | None:
        """The reminder, when nobody has told it; None where who died, or may have, was telling it and that is noted."""
        if reminder.telling is None:
            return reminder
        outcome = await self._found(row.key, reminder)
        if outcome == "nothing":
            return reminder.untold
        await self._note(row, reminder, reminder.telling, outcome)
        return None

    async def put(self, row: Row, reminder: Reminder, seconds: float | None = None) -> None:
        """Keep a row and let it rest for these seconds, else until it is due next; not when another process has it."""
        seconds = await self._rest(row, reminder) if seconds is None else seconds
        if await self._store.swap(row.kind, row.key, row.value, self._sealed(row, reminder), lease=row.leases):
            await self.hold(row, seconds)

    async def hold(self, row: Row, seconds: float) -> None:
        """Let a row rest as it is."""
        await self._store.hold(row.kind, row.key, until=self._clock() + seconds, lease=row.leases)

    async def _note(self, row: Row, marked: Reminder, days: int, outcome: PostOutcome) -> None:
        match outcome:
            case "told" | "unknown":
                after = marked.told_as(days, surely=outcome == "told")
                await (self._store.drop(row.kind, row.key) if after is None else self.put(row, after))
            case "later":  # it may stand there: whoever has the row next looks
                await self.hold(row, _AGAIN)
            case "nothing":
                await self.put(row, marked.untold, _AGAIN)
            case "unwritable" if marked.missed + 1 < _MOST_MISSED:
                await self.put(row, msgspec.structs.replace(marked.untold, missed=marked.missed + 1), _LATER)
            case "unwritable" | "gone" as reason:
                await self._end(marked.person, reason)

    async def _outcome(self, key: str, reminder: Reminder, days: int) -> PostOutcome:
        platform = reminder.person.platform
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._tell(key, reminder, days)
        except Unwritable:
            return "unwritable"
        except Later:
            return "later" if platform in self._stands else "nothing"
        except Exception as error:  # noqa: BLE001 -- of many libraries: it may be posted or not
            log.warning("reminder unsure", kind=type(error).__name__, channel=platform)
            return "later" if platform in self._stands else "unknown"
        log.info("reminded", channel=platform)
        return "told"

    async def _found(self, key: str, reminder: Reminder) -> PostOutcome:
        """What stands in the chat of what who died was telling."""
        person, found = reminder.person, None
        if look := self._stands.get(person.platform):
            try:
                found = await look(person, mark_of(key, reminder), reminder.since)
            except Exception as error:  # noqa: BLE001 -- as above; it is looked for again
                log.warning("not looked for", kind=type(error).__name__, channel=person.platform)
                return "later"
        log.warning("reminder unsure" if found is None else "reminder found", channel=person.platform)
        return "unknown" if found is None else "told" if found else "nothing"

    async def _is_gone(self, person: Person) -> bool:
        """Whether the platform says so in as many words; where it says nothing, the reminder is posted."""
        present = self._platforms().get(person.platform)
        if present is None:
            return False
        try:
            return await present(person) is False
        except Exception as error:  # noqa: BLE001 -- as above, and whoever cannot be asked about is there
            log.warning("not asked", kind=type(error).__name__, channel=person.platform)
            return False

    async def _end(self, person: Person, reason: str) -> None:
        """End a person's reminders: who is gone is told no more, and neither is a chat that took none on three days."""
        kinds: tuple[About, ...] = ("appeal", "news")
        await self._store.drop_owned(person.key, *(kind_of(person.platform, about) for about in kinds))
        await self._ended(person, reason)
        log.info("reminders ended", reason=reason, channel=person.platform)

    def _sealed(self, row: Row, reminder: Reminder) -> bytes:
        return self._table.sealed(row.kind, row.key, msgspec.json.encode(reminder))
