"""Checks for the news that people asked to be notified of: in daytime only, and while their sign-in is valid.

Checks of several people run at the same time, a few at once and a moment apart, and are spread over the interval from
the morning on, so that a slow payer delays nobody else and a working one gets no burst of requests.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import msgspec
import structlog

from bot.delivery.news import Interval, LookEnded, LookNow, is_last
from bot.delivery.reminders import (
    ASK_AGAIN,
    MAYBE_NEWS,
    NEWS,
    SIGN_IN_OVER,
    TIME_OVER,
    Reminder,
    kind_of,
    next_morning,
    spread,
    waking,
)
from bot.delivery.tellings import UNREAD, Tellings
from bot.stores.base import Row, Store

log = structlog.get_logger("reminders")

_AT_ONCE = 8
_APART = 0.25  # seconds between the beginnings of two looks


class Looks:
    """Checks for due news. `now` returns the current time in BOT_TIMEZONE, `clock` Unix seconds."""

    def __init__(
        self,
        store: Store,
        tellings: Tellings,
        look: LookNow,
        *,
        interval: Interval,
        now: Callable[[], datetime],
        clock: Callable[[], float],
        pause: Callable[[float], Awaitable[None]],
    ) -> None:
        self._store, self._tellings, self._look, self._interval = store, tellings, look, interval
        self._now, self._clock, self._pause = now, clock, pause
        self._turn, self._free_at = asyncio.Lock(), 0.0

    async def once(self, platforms: Iterable[str]) -> int:
        """Make all checks that are due and not being made by another process. Return how many messages were sent."""
        kinds, slots = [kind_of(one, "news") for one in platforms], asyncio.Semaphore(_AT_ONCE)
        return await working(worked_off(partial(self._tellings.leased, one), self._due, slots) for one in kinds)

    async def _due(self, row: Row) -> bool:
        """Check for one person's news, in daytime only, and send any to the person. Return whether any was sent."""
        reminder, now = self._tellings.read(row), self._now()
        if reminder is None:  # it counts as missing
            await self._tellings.hold(row, UNREAD)
            return False
        if waking(now) > now:
            late = spread(row.key, await self._interval.minutes() * 60)
            await self._tellings.hold(row, (waking(now) - now).total_seconds() + late)
            return False
        settled = await self._tellings.settled(row, reminder)
        if settled is None:
            return False
        if settled.asleep:
            over = settled.last < now.date()
            return await self._tellings.tell(row, settled, TIME_OVER if over else ASK_AGAIN)
        if settled.found:
            return await self._tellings.tell(row, settled, MAYBE_NEWS if settled.doubt else NEWS, settled.found)
        return await self._looked(row, settled, now)

    async def _looked(self, row: Row, reminder: Reminder, now: datetime) -> bool:
        await self._in_turn()
        try:
            look = await self._look(reminder)
        except LookEnded as error:
            if str(error) == "gone":
                await self._store.drop(row.kind, row.key)
            return str(error) != "gone" and await self._sign_in_over(row, reminder)
        except Exception as error:  # noqa: BLE001 -- of payer and store: the next look may do better
            log.warning("not looked", kind=type(error).__name__)
            await self._tellings.put(row, reminder)
            return False
        reminder = msgspec.structs.replace(reminder, whole=look.whole)
        if look.is_news or reminder.doubt:
            return await self._tellings.tell(row, reminder, MAYBE_NEWS if reminder.doubt else NEWS, look.known)
        over = is_last(reminder.ends, self._clock())
        if over:
            return await self._sign_in_over(row, msgspec.structs.replace(reminder, known=look.known))
        if reminder.last < now.date():
            return await self._tellings.tell(row, reminder, TIME_OVER)
        await self._tellings.put(row, msgspec.structs.replace(reminder, known=look.known, missed=0))
        return False

    async def _sign_in_over(self, row: Row, reminder: Reminder) -> bool:
        """Tell the person that searching has stopped, or pause until they are asked to sign in again."""
        if not reminder.every:
            return await self._tellings.tell(row, reminder, SIGN_IN_OVER)
        await self._tellings.put(row, msgspec.structs.replace(reminder, asleep=True, missed=0))
        return False

    async def _in_turn(self) -> None:
        """Wait until the next check may begin."""
        clock = asyncio.get_running_loop().time
        async with self._turn:
            if (wait := self._free_at - clock()) > 0:
                await self._pause(wait)
            self._free_at = clock() + _APART


def asleep_for(reminder: Reminder, now: datetime) -> float:
    """Return the seconds until the person is asked to sign in again: on a morning, `every` days later."""
    return (next_morning(now + timedelta(days=reminder.every - 1)) - now).total_seconds()


async def worked_off(
    leased: Callable[[], Awaitable[Row | None]], work: Callable[[Row], Awaitable[bool]], slots: asyncio.Semaphore
) -> int:
    """Work on due rows until none is due. Return for how many `work` was true; if one fails, cancel the others.

    A row is leased when there is a slot for it and the one before was found: where nothing is due, the store is asked
    once.
    """
    told = list[bool]()

    async def next_row() -> None:
        async with slots:
            row = await leased()
            if row is not None:
                group.create_task(next_row())
                told.append(await work(row))

    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(next_row())
    except BaseExceptionGroup as failed:
        raise failed.exceptions[0] from None
    return sum(told)


async def working(jobs: Iterable[Coroutine[Any, Any, int]]) -> int:
    """Run jobs at the same time and return the sum of their results; if one fails, cancel the others."""
    tasks = [asyncio.create_task(job) for job in jobs]
    try:
        return sum(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()
