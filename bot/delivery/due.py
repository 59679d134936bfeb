"""Tells reminders when they are due: each once, whichever of a store's processes does it.

A row is marked before its message is posted. A process that finds the mark does not know whether the one that made it
has posted, so it does not post again (docs/decisions.md, "Reminders").
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Literal

import msgspec
import structlog

from bot.delivery.inbox import Later
from bot.delivery.news import LookEnded, LookNow, is_last, rest
from bot.delivery.reminders import Reminder, kind_of, moment_of, waking
from bot.errors import StoreError, Unwritable
from bot.message import Person
from bot.stores.base import Row
from bot.stores.sealed import SealedTable

log = structlog.get_logger("reminders")

PostOutcome = Literal["told", "later", "unknown", "unwritable", "gone"]
Tell = Callable[[str, Reminder, int], Awaitable[None]]
"""Post a reminder by its key, as so many days before its last one; of news, `NEWS` or why it ends.

Raises `Unwritable` or `Later` when it is not posted; after anything else nobody knows.
"""

NEWS, SIGN_IN_OVER, TIME_OVER = 0, -1, -2
"""What is told of news, in place of days."""
_LOOK = 60.0  # seconds
_LEASE = 120.0  # seconds; longer than a platform is tried for
_AGAIN = 15 * 60.0  # seconds until what was surely not posted is tried again
_LATER = 6 * 3_600.0  # seconds until a chat that took nothing is tried again
_DAY = 86_400.0
_MOST_MISSED = 8  # by day, so that it is tried on three days


class DueReminders:
    """`platforms` are those that this process can write to, with how to ask whether a person is still there.

    `ended` hears of a person who cannot be reminded any more, and why.
    """

    def __init__(
        self,
        table: SealedTable,
        tell: Tell,
        look: LookNow,
        *,
        minutes: int,
        platforms: Callable[[], Mapping[str, Callable[[Person], Awaitable[bool | None]] | None]],
        ended: Callable[[Person, str], Awaitable[None]],
        now: Callable[[], datetime],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._table, self._store, self._tell, self._platforms = table, table.store, tell, platforms
        self._look, self._minutes = look, minutes
        self._ended, self._now, self._clock = ended, now, clock

    async def every_minute(self) -> None:
        """Tell what is due until it is cancelled; a store that is away is tried the next minute."""
        while True:
            await asyncio.sleep(_LOOK)
            with contextlib.suppress(StoreError):
                await self.once()

    async def once(self) -> int:
        """Tell what is due now, as far as nobody else does; how many reminders were told."""
        told = 0
        for platform in tuple(self._platforms()):
            while row := await self._store.lease(kind_of(platform), until=self._clock() + _LEASE):
                told += await self._due(row)
        return told

    async def _due(self, row: Row) -> bool:
        plain = self._table.opened(row.kind, row.key, row.value)
        if plain is None:  # its key is gone, or not here yet: it counts as missing
            await self._hold(row, _DAY)
            return False
        reminder, now = msgspec.json.decode(plain, type=Reminder), self._now()
        if reminder.about == "news":
            return await self._looked(row, reminder, now)
        if reminder.telling is not None:
            log.warning("reminder unsure", channel=reminder.person.platform)
            reminder = reminder.told_as(reminder.telling, surely=False)
        moment = moment_of(reminder, row.key, now)
        if moment is None or waking(max(moment, now)) > now:
            await self._put(row, row.value, reminder)
            return False
        return await self._told(row, reminder, (reminder.last - now.date()).days)

    async def _looked(self, row: Row, reminder: Reminder, now: datetime) -> bool:
        """Look for news by day, and tell them; whether they were told."""
        if waking(now) > now:
            await self._put(row, row.value, reminder, (waking(now) - now).total_seconds())
            return False
        try:
            look = await self._look(reminder)
        except LookEnded as error:
            return await self._stopped(row, reminder, None if str(error) == "gone" else SIGN_IN_OVER)
        except Exception as error:  # noqa: BLE001 -- of payer and store: the next look may do better
            log.warning("not looked", kind=type(error).__name__)
            await self._put(row, row.value, reminder, self._rest(reminder))
            return False
        noted = msgspec.structs.replace(reminder, known=look.known, missed=0)
        told = look.is_news and await self._news(row, reminder, noted)
        if told and reminder.record:
            await self._stopped(row, reminder, None)
        elif is_last(reminder.ends, self._clock()):
            await self._stopped(row, reminder, SIGN_IN_OVER)
        elif reminder.last < now.date():
            await self._stopped(row, reminder, TIME_OVER)
        elif not look.is_news:
            await self._put(row, row.value, noted, self._rest(reminder))
        return told

    async def _news(self, row: Row, reminder: Reminder, noted: Reminder) -> bool:
        """Note what is known now, then tell: news that were noted by who died are told by nobody."""
        marked = self._sealed(row, noted)
        if not await self._store.swap(row.kind, row.key, row.value, marked, lease=row.leases):
            return False
        outcome = await self._outcome(row.key, noted, NEWS)
        missed = reminder.missed + (outcome == "unwritable")
        if outcome == "gone" or missed >= _MOST_MISSED:
            await self._end(row, reminder.person, outcome)
        elif outcome in {"later", "unwritable"}:  # the next look finds the same again
            await self._put(row, marked, msgspec.structs.replace(reminder, missed=missed), self._rest(reminder))
        else:
            await self._hold(row, self._rest(noted))
        return outcome == "told"

    async def _stopped(self, row: Row, reminder: Reminder, why: int | None) -> bool:
        """End looking, and say so once where there is something to say."""
        if await self._store.take(row.kind, row.key) is not None and why is not None:
            await self._outcome(row.key, reminder, why)
        return False

    def _rest(self, reminder: Reminder) -> float:
        return rest(self._minutes, reminder.ends, self._clock())

    async def _told(self, row: Row, reminder: Reminder, days: int) -> bool:
        """Mark it, tell it, and note what came of that."""
        marked = self._sealed(row, msgspec.structs.replace(reminder, telling=days))
        if not await self._store.swap(row.kind, row.key, row.value, marked, lease=row.leases):
            return False
        match await self._outcome(row.key, reminder, days):
            case "told":
                await self._put(row, marked, reminder.told_as(days))
                return True
            case "unknown":
                await self._put(row, marked, reminder.told_as(days, surely=False))
            case "later":
                await self._put(row, marked, reminder, _AGAIN)
            case "unwritable" if reminder.missed + 1 < _MOST_MISSED:
                await self._put(row, marked, msgspec.structs.replace(reminder, missed=reminder.missed + 1), _LATER)
            case "unwritable" | "gone" as reason:
                await self._end(row, reminder.person, reason)
        return False

    async def _outcome(self, key: str, reminder: Reminder, days: int) -> PostOutcome:
        person = reminder.person
        try:
            if await self._is_gone(person):
                return "gone"
            await self._tell(key, reminder, days)
        except Unwritable:
            return "unwritable"
        except Later:
            return "later"
        except Exception as error:  # noqa: BLE001 -- of many libraries: it may be posted or not
            log.warning("reminder unsure", kind=type(error).__name__, channel=person.platform)
            return "unknown"
        log.info("reminded", channel=person.platform)
        return "told"

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

    async def _end(self, row: Row, person: Person, reason: str) -> None:
        """End a person's reminders: who is gone is told no more, and neither is a chat that took none on three days."""
        await self._store.drop_owned(person.key, row.kind)
        await self._ended(person, reason)
        log.info("reminders ended", reason=reason, channel=person.platform)

    async def _put(self, row: Row, old: bytes, reminder: Reminder, seconds: float | None = None) -> None:
        """Keep a row and let it rest for these seconds, else until it is due next; not when another process has it."""
        now = self._now()
        if seconds is None:
            moment = moment_of(reminder, row.key, now)
            over = row.expires - self._clock()
            seconds = over if moment is None else (waking(max(moment, now)) - now).total_seconds()
        if await self._store.swap(row.kind, row.key, old, self._sealed(row, reminder), lease=row.leases):
            await self._hold(row, seconds)

    async def _hold(self, row: Row, seconds: float) -> None:
        await self._store.hold(row.kind, row.key, until=self._clock() + seconds, lease=row.leases)

    def _sealed(self, row: Row, reminder: Reminder) -> bytes:
        return self._table.sealed(row.kind, row.key, msgspec.json.encode(reminder))
