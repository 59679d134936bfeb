"""Sends reminders when they are due, each once, whichever of the processes that share a store sends it.

Reminders of days and reminders of news have separate queues, so that a slow payer, which news depends on, does not
delay the others. News is checked for only in daytime and while the sign-in is valid. Checks start a moment apart and
are spread over the interval, a few at a time, so that a slow payer delays nobody else and no burst of requests arises.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

import msgspec
import structlog

from bot.delivery import reminders
from bot.delivery.tellings import UNREAD, Tellings
from bot.stores.base import Row

log = structlog.get_logger("reminders")

_AT_ONCE, _LOOKS_AT_ONCE = 4, 8  # messages to one platform; checks for news
_APART = 0.25  # seconds between the beginnings of two checks

_Work = Callable[[Row, reminders.Reminder, datetime], Awaitable[bool]]


class DueReminders(Tellings):
    """Sends due reminders, and checks for news with `look`. `pause` waits until the next check may begin."""

    _free_at = 0.0

    async def once(self) -> int:
        """Send what is due now and not being sent by another process. Return the number of reminders sent."""
        return await self.of_days() + await self.of_news()

    async def of_days(self) -> int:
        """Send the reminders of days that are due. Return the number of reminders sent."""
        kinds = {reminders.kind_of(one): asyncio.Semaphore(_AT_ONCE) for one in self.platforms()}
        return await self._work(kinds, self._day_due)

    async def of_news(self) -> int:
        """Check for the news whose check is due. Return the number of news messages sent."""
        slots = asyncio.Semaphore(_LOOKS_AT_ONCE)
        return await self._work({reminders.kind_of(one, "news"): slots for one in self.platforms()}, self._news_due)

    async def _work(self, kinds: Mapping[str, asyncio.Semaphore], work: _Work) -> int:
        """Work on due rows of these kinds until none is due. Return for how many `work` returned True.

        If one fails, the others are cancelled. A row is leased only when a slot of its kind is free and the previous
        lease found a row, so that the store is asked only once if nothing is due.
        """
        told = list[bool]()

        async def next_row(kind: str, slots: asyncio.Semaphore) -> None:
            async with slots:
                row = await self.leased(kind)
                if row is not None:
                    group.create_task(next_row(kind, slots))
                    told.append(await self._due(work, row))

        try:
            async with asyncio.TaskGroup() as group:
                for kind, slots in kinds.items():
                    group.create_task(next_row(kind, slots))
        except BaseExceptionGroup as failed:
            raise failed.exceptions[0] from None
        return sum(told)

    async def _due(self, work: _Work, row: Row) -> bool:
        """Work on the reminder in a row. If it cannot be read, hide the row for a while and return False."""
        reminder = self.read(row)
        if reminder is None:  # it counts as missing
            await self.hold(row, UNREAD)
            return False
        return await work(row, reminder, self.now())

    async def _day_due(self, row: Row, reminder: reminders.Reminder, now: datetime) -> bool:
        """Send a reminder of a day if it is due. Return whether it was sent."""
        settled = await self.settled(row, reminder)
        if settled is None:
            return False
        moment = reminders.moment_of(settled, row.key, now)
        if moment is None or reminders.waking(max(moment, now)) > now:
            await self.put(row, settled)
            return False
        return await self.tell(row, settled, (settled.last - now.date()).days)

    async def _news_due(self, row: Row, reminder: reminders.Reminder, now: datetime) -> bool:
        """Check for one person's news, only in daytime, and send any to the person. Return whether any was sent."""
        if reminders.waking(now) > now:
            late = reminders.spread(row.key, await self.interval.minutes() * 60)
            await self.hold(row, (reminders.waking(now) - now).total_seconds() + late)
            return False
        settled = await self.settled(row, reminder)
        if settled is None:
            return False
        if settled.asleep:
            over = settled.last < now.date()
            return await self.tell(row, settled, reminders.TIME_OVER if over else reminders.ASK_AGAIN)
        if settled.found:
            return await self.tell(
                row, settled, reminders.MAYBE_NEWS if settled.doubt else reminders.NEWS, settled.found
            )
        return await self._looked(row, settled, now)

    async def _looked(self, row: Row, reminder: reminders.Reminder, now: datetime) -> bool:
        await self._in_turn()
        try:
            look = await self._look(reminder)
        except reminders.LookEnded as error:
            if str(error) == "gone":
                await self.drop(row)
            return str(error) != "gone" and await self._sign_in_over(row, reminder)
        except Exception as error:  # noqa: BLE001 -- of payer and store: the next look may do better
            log.warning("not looked", kind=type(error).__name__)
            await self.put(row, reminder)
            return False
        reminder = msgspec.structs.replace(reminder, whole=look.whole)
        if look.is_news or reminder.doubt:
            return await self.tell(
                row, reminder, reminders.MAYBE_NEWS if reminder.doubt else reminders.NEWS, look.known
            )
        over = reminders.is_last(reminder.ends, self.clock())
        if over:
            return await self._sign_in_over(row, msgspec.structs.replace(reminder, known=look.known))
        if reminder.last < now.date():
            return await self.tell(row, reminder, reminders.TIME_OVER)
        await self.put(row, msgspec.structs.replace(reminder, known=look.known, missed=0))
        return False

    async def _sign_in_over(self, row: Row, reminder: reminders.Reminder) -> bool:
        """Tell the person that checking has stopped, or pause until the person is asked to sign in again.

        Return whether a message was sent.
        """
        if not reminder.every:
            return await self.tell(row, reminder, reminders.SIGN_IN_OVER)
        await self.put(row, msgspec.structs.replace(reminder, asleep=True, missed=0))
        return False

    async def _in_turn(self) -> None:
        """Wait until the next check may begin."""
        clock = asyncio.get_running_loop().time
        async with self._turn:
            if (wait := self._free_at - clock()) > 0:
                await self._pause(wait)
            self._free_at = clock() + _APART
