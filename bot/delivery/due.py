"""Sends reminders when they are due, each once, whichever of a store's processes sends it.

Reminders of days have their own queue, so that a slow payer, which news depends on, does not delay them (`looks.py`).
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from functools import partial

import structlog

from bot.delivery.looks import Looks, asleep_for, worked_off, working
from bot.delivery.news import Interval, LookNow, rest
from bot.delivery.reminders import Reminder, kind_of, moment_of, waking
from bot.delivery.tellings import UNREAD, Stands, StillThere, Tell, Tellings
from bot.errors import StoreError
from bot.message import Person
from bot.stores.base import Row
from bot.stores.sealed import SealedTable

log = structlog.get_logger("reminders")

_LOOK = 60.0  # seconds
_AT_ONCE = 4  # messages to one platform


class DueReminders:
    """Sends due reminders.

    `platforms` maps each platform this process can write to onto a check that a person is still there.

    `stands` are the platforms whose chats can be read. `ended` is called with a person who can no longer be reminded,
    and the reason.
    """

    def __init__(
        self,
        table: SealedTable,
        tell: Tell,
        look: LookNow,
        *,
        interval: Interval,
        platforms: Callable[[], Mapping[str, StillThere | None]],
        stands: Mapping[str, Stands],
        ended: Callable[[Person, str], Awaitable[None]],
        now: Callable[[], datetime],
        clock: Callable[[], float] = time.time,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._table, self._store, self._platforms, self._interval = table, table.store, platforms, interval
        self._now, self._clock = now, clock
        self._tellings = Tellings(
            table, tell, platforms=platforms, stands=stands, ended=ended, rest=self._rest, clock=clock, now=now
        )
        self._looks = Looks(table.store, self._tellings, look, interval=interval, now=now, clock=clock, pause=pause)

    async def every_minute(self) -> None:
        """Send what is due every minute until cancelled; if the store cannot be used, the next minute tries again."""
        await working([self._minutely(self.of_days), self._minutely(self.of_news)])

    async def once(self) -> int:
        """Send what is due now and not being sent by another process. Return how many reminders were sent."""
        return await self.of_days() + await self.of_news()

    async def of_days(self) -> int:
        """Send reminders of days that are due. Return how many were sent."""
        return await working(self._told_of(kind_of(one)) for one in self._platforms())

    async def of_news(self) -> int:
        """Check for news that is due for a check. Return how many news messages were sent."""
        return await self._looks.once(self._platforms())

    async def _minutely(self, once: Callable[[], Awaitable[int]]) -> int:
        while True:
            await asyncio.sleep(_LOOK)
            with contextlib.suppress(StoreError):
                await once()

    async def _told_of(self, kind: str) -> int:
        return await worked_off(partial(self._tellings.leased, kind), self._due, asyncio.Semaphore(_AT_ONCE))

    async def _due(self, row: Row) -> bool:
        reminder, now = self._tellings.read(row), self._now()
        if reminder is None:  # it counts as missing
            await self._tellings.hold(row, UNREAD)
            return False
        if reminder.is_sought:  # of a version that kept both in one queue
            await self._moved(row, reminder)
            return False
        settled = await self._tellings.settled(row, reminder)
        if settled is None:
            return False
        moment = moment_of(settled, row.key, now)
        if moment is None or waking(max(moment, now)) > now:
            await self._tellings.put(row, settled)
            return False
        return await self._tellings.tell(row, settled, (settled.last - now.date()).days)

    async def _moved(self, row: Row, reminder: Reminder) -> None:
        """Move a row to the queue of news. It keeps its key, so that a kill leaves no duplicate."""
        kind, plain = kind_of(reminder.person.platform, "news"), self._table.opened(row.kind, row.key, row.value)
        owner = reminder.person.key
        new = self._table.row(kind, row.key, plain or b"", expires=row.expires, owner=owner)
        await self._store.take_in(new, row.key, until=self._clock())
        await self._store.drop(row.kind, row.key)

    async def _rest(self, row: Row, reminder: Reminder) -> float:
        """Return the seconds until a reminder is due next."""
        if reminder.asleep:
            return asleep_for(reminder, self._now())
        if reminder.is_sought:
            return rest(await self._interval.minutes(), reminder.ends, self._clock())
        now = self._now()
        moment = moment_of(reminder, row.key, now)
        return row.expires - self._clock() if moment is None else (waking(max(moment, now)) - now).total_seconds()
