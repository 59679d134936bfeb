"""Sends reminders when they are due, each once, whichever of the processes that share a store sends it.

A reminder is marked before the post and recorded after it, so that a crash between is noticed. If a platform's chat can
be read, the chat then shows whether the reminder was posted. Elsewhere it is not posted again (docs/decisions.md,
"Reminders").

Reminders of days and reminders of news have separate queues, so that a slow payer, which news depends on, does not
delay the others. News is checked for only in daytime and while the sign-in is valid. Checks start a moment apart and
are spread over the interval, a few at a time, so that a slow payer delays nobody else and no burst of requests arises.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Literal

import msgspec
import structlog

from bot.delivery import reminders
from bot.delivery.inbox import Later
from bot.errors import Unwritable
from bot.message import Person
from bot.stores.base import Row, Superseded
from bot.stores.sealed import SealedTable

log = structlog.get_logger("reminders")

PostOutcome = Literal["told", "nothing", "later", "unknown", "unwritable", "gone"]
Mine = Callable[[], Awaitable[bool]]
Tell = Callable[[str, reminders.Reminder, int, Mine], Awaitable[tuple[str, ...] | None]]
"""Posts a reminder, given its key and the number of days before its last day, or `NEWS` and so on for news.

Right before the post, `Mine` prolongs this process's lease and returns whether this process still has the lease.

The message may include other reminders of the person that are due that day. Returns the keys of all reminders in the
message. Raises `Unwritable`, `Later` or `Superseded` if nothing was posted; after any other exception that is unknown.
"""
FindsPost = Callable[[Person, str, float], Awaitable[bool | None]]
"""Returns whether a post with this mark, begun at that Unix time, is complete in a person's chat.

An incomplete post is deleted. None if the platform does not show it. After an exception a retry may succeed.
"""

_UNREAD = 3_600.0  # seconds that a row is left alone which this process cannot read; another may be able to
_LEASE = 120.0  # seconds; longer than a platform is tried for
_PATIENCE = 90.0  # seconds for which a platform is tried
_AGAIN = 15 * 60.0  # seconds until what was surely not posted is tried again
_LATER = 6 * 3_600.0  # seconds until a chat that took nothing is tried again
_TURN = 120.0  # seconds in which nobody else writes to the same person
_DAY = 2 * 86_400.0  # seconds for which it is known what was told on a day
_TOLD, _TELLING = "told_of_day", "telling_person"
_MOST_MISSED = 8  # by day, so that it is tried on three days
_AT_ONCE, _LOOKS_AT_ONCE = 4, 8  # messages to one platform; checks for news
_APART = 0.25  # seconds between the beginnings of two checks
_Work = Callable[[Row, reminders.Reminder, datetime], Awaitable[bool]]


class DueReminders:
    """Sends due reminders and records their delivery.

    Attributes:
        platforms: the platforms that this process can write to.
        gone: returns whether the platform reports that a person is gone.
        finds_post: the platforms whose chats can be read, with a function that finds a post.
        ended: called with a person who can no longer be reminded, and the reason.
        now: returns the time in BOT_TIMEZONE; `clock` returns Unix seconds.
        look: checks for news once, with `pause` between the beginnings of two checks.
    """

    def __init__(
        self,
        table: SealedTable,
        tell: Tell,
        *,
        interval: reminders.Interval,
        platforms: Collection[str],
        gone: Callable[[Person], Awaitable[bool]],
        finds_post: Mapping[str, FindsPost],
        ended: Callable[[Person, str], Awaitable[object]],
        now: Callable[[], datetime],
        look: reminders.LookNow,
        clock: Callable[[], float] = time.time,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._table, self._store, self._send = table, table.store, tell
        self.interval, self._platforms, self.now, self.clock = interval, platforms, now, clock
        self._finds_post, self._ended, self._gone = finds_post, ended, gone
        self._look, self._pause, self._turn = look, pause, asyncio.Lock()

    async def of_days(self) -> int:
        """Send the reminders of days that are due. Return the number of reminders sent."""
        kinds = {reminders.kind_of(one): asyncio.Semaphore(_AT_ONCE) for one in self._platforms}
        return await self._work(kinds, self._day_due)

    async def of_news(self) -> int:
        """Check for the news whose check is due. Return the number of news messages sent."""
        slots = asyncio.Semaphore(_LOOKS_AT_ONCE)
        return await self._work({reminders.kind_of(one, "news"): slots for one in self._platforms}, self._news_due)

    async def _work(self, kinds: Mapping[str, asyncio.Semaphore], work: _Work) -> int:
        """Work on due rows of these kinds until none is due. Return for how many `work` returned True.

        If one fails, the others are cancelled. A row is leased only when a slot of its kind is free and the previous
        lease found a row, so that the store is asked only once if nothing is due.
        """
        told = list[bool]()

        async def next_row(kind: str, slots: asyncio.Semaphore) -> None:
            async with slots:
                row = await self._store.lease(kind, until=self.clock() + _LEASE)
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
        reminder = self._table.opened(row.kind, row.key, row.value, reminders.Reminder)
        if reminder is None:  # it counts as missing
            await self._hide(row, _UNREAD)
            return False
        return await work(row, reminder, self.now())

    async def _day_due(self, row: Row, reminder: reminders.Reminder, now: datetime) -> bool:
        """Send a reminder of a day if it is due. Return whether it was sent."""
        settled = await self._settled(row, reminder)
        if settled is None:
            return False
        moment = reminders.moment_of(settled, row.key, now)
        if moment is None or reminders.waking(max(moment, now)) > now:
            await self._put(row, settled)
            return False
        return await self._tell(row, settled, (settled.last - now.date()).days)

    async def _news_due(self, row: Row, reminder: reminders.Reminder, now: datetime) -> bool:
        """Check for one person's news, only in daytime, and send any to the person. Return whether any was sent."""
        if reminders.waking(now) > now:
            late = reminders.spread(row.key, await self.interval.minutes() * 60)
            await self._hide(row, (reminders.waking(now) - now).total_seconds() + late)
            return False
        settled = await self._settled(row, reminder)
        if settled is None:
            return False
        if settled.asleep:
            over = settled.last < now.date()
            return await self._tell(row, settled, reminders.TIME_OVER if over else reminders.ASK_AGAIN)
        if settled.found:
            return await self._tell(row, settled, settled.news, settled.found)
        return await self._looked(row, settled, now)

    async def _looked(self, row: Row, reminder: reminders.Reminder, now: datetime) -> bool:
        async with self._turn:  # checks begin a moment apart
            await self._pause(_APART)
        try:
            look = await self._look(reminder)
        except reminders.LookEnded as error:
            if str(error) == "gone":
                await self._store.drop(row.kind, row.key)
            return str(error) != "gone" and await self._sign_in_over(row, reminder)
        except Exception as error:  # noqa: BLE001 -- of payer and store: the next look may do better
            log.warning("not looked", kind=type(error).__name__)
            await self._put(row, reminder)
            return False
        reminder = msgspec.structs.replace(reminder, whole=look.whole)
        if look.is_news or reminder.doubt:
            return await self._tell(row, reminder, reminder.news, look.known)
        if reminders.is_last(reminder.ends, self.clock()):
            return await self._sign_in_over(row, msgspec.structs.replace(reminder, known=look.known))
        if reminder.last < now.date():
            return await self._tell(row, reminder, reminders.TIME_OVER)
        await self._put(row, msgspec.structs.replace(reminder, known=look.known, missed=0))
        return False

    async def _sign_in_over(self, row: Row, reminder: reminders.Reminder) -> bool:
        """Tell the person that checking has stopped, or pause until the person is asked to sign in again.

        Return whether a message was sent.
        """
        if not reminder.every:
            return await self._tell(row, reminder, reminders.SIGN_IN_OVER)
        await self._put(row, msgspec.structs.replace(reminder, asleep=True, missed=0))
        return False

    async def _tell(self, row: Row, reminder: reminders.Reminder, days: int, found: tuple[str, ...] = ()) -> bool:
        """Send a reminder and record the outcome.

        Return whether it was sent. `found` are the claims known by then, for news.

        A person gets one message a day: reminders that were part of today's message are recorded as sent, all others
        wait until tomorrow. `found` is stored with a waiting reminder, because the sign-in may have ended by then.
        """
        person = reminder.person
        if await self._gone(person):
            await self._end(person, "gone")
            return False
        if await self._is_noted(row, reminder, days):
            return False
        if not await self._store.add(_TELLING, person.key, expires=self.clock() + _TURN, owner=person.key):
            await self._hide(row, _TURN)
            return False
        try:
            # A process that ended was sending another of the person's reminders, perhaps with this one.
            every = await reminders.reminders_of(self._table, person)
            if any(one.telling is not None and each != row.key for each, one in every):
                await self._hide(row, _TURN)
            elif await self._is_noted(row, reminder, days):
                pass
            elif (reminder.is_sought or days > 1) and await self._sent_today(person) is not None:
                now, put_off = self.now(), msgspec.structs.replace(reminder, found=found)
                await self._put(row, put_off, (reminders.next_morning(now) - now).total_seconds())
            else:
                return await self._post(row, reminder, days, found)
            return False
        finally:
            await self._store.drop(_TELLING, person.key)

    async def _is_noted(self, row: Row, reminder: reminders.Reminder, days: int) -> bool:
        """Return whether a reminder of a day was already in today's message. If so, record it as sent."""
        if reminder.is_sought or row.key not in (await self._sent_today(reminder.person) or ()):
            return False
        await self._note(row, reminder, days, "told")
        return True

    async def _post(self, row: Row, reminder: reminders.Reminder, days: int, found: tuple[str, ...]) -> bool:
        marked = msgspec.structs.replace(reminder, telling=days, since=self.clock(), found=found)
        value = self._sealed(row, marked)
        if not await self._store.swap(row.kind, row.key, row.value, value, lease=row.leases):
            return False

        async def mine() -> bool:
            # A whole lease from here on, however long the platform was asked for: whoever leased the row in the middle
            # of the post would take what stands there for a part, and delete it.
            return await self._store.hold(row.kind, row.key, until=self.clock() + _LEASE, lease=row.leases)

        outcome, told = await self._outcome(row.key, marked, days, mine)
        if outcome == "told":
            await self._store_sent(reminder.person, told)
        await self._note(row._replace(value=value), marked, days, outcome)
        return outcome == "told"

    async def _sent_today(self, person: Person) -> frozenset[str] | None:
        """Return the keys of the reminders that a person was sent today; None if nothing was sent."""
        return await self._table.get(_TOLD, self._day_of(person), frozenset[str])

    async def _store_sent(self, person: Person, keys: Iterable[str]) -> None:
        every = {*keys, *(await self._sent_today(person) or ())}
        expires = self.clock() + _DAY
        await self._table.put(_TOLD, self._day_of(person), sorted(every), expires=expires, owner=person.key)

    def _day_of(self, person: Person) -> str:
        return f"{person.key}/{self.now().date()}"

    async def _settled(self, row: Row, reminder: reminders.Reminder) -> reminders.Reminder | None:
        """Return the reminder if no process was sending it; otherwise record the outcome of that, and return None."""
        if reminder.telling is None:
            return reminder
        outcome = await self._outcome_after_crash(row.key, reminder)
        if outcome == "nothing":
            await self._put(row, reminder.unsent, 0)  # due at once, and known to the person's other rows as not begun
            return None
        if outcome == "told":
            # All that were due when the message was begun are in it.
            begun, person = datetime.fromtimestamp(reminder.since, self.now().tzinfo), reminder.person
            days = await reminders.reminders_of(self._table, person, ("appeal",))
            also = (each for each, one in days if reminders.due_today(one, each, begun))
            await self._store_sent(person, (row.key, *also))
        await self._note(row, reminder, reminder.telling, outcome)
        return None

    async def _put(self, row: Row, reminder: reminders.Reminder, seconds: float | None = None) -> None:
        """Store a row, hidden for `seconds` or until it is next due. Do nothing if another process has leased it."""
        seconds = await self._rest(row, reminder) if seconds is None else seconds
        if await self._store.swap(row.kind, row.key, row.value, self._sealed(row, reminder), lease=row.leases):
            await self._hide(row, seconds)

    async def _rest(self, row: Row, reminder: reminders.Reminder) -> float:
        """Return the seconds until a reminder is due next."""
        if reminder.asleep:
            now = self.now()  # the person is asked to sign in again on a morning, `every` days later
            return (reminders.next_morning(now + timedelta(days=reminder.every - 1)) - now).total_seconds()
        if reminder.is_sought:
            return reminders.rest(await self.interval.minutes(), reminder.ends, self.clock())
        now = self.now()
        moment = reminders.moment_of(reminder, row.key, now)
        return (
            row.expires - self.clock() if moment is None else (reminders.waking(max(moment, now)) - now).total_seconds()
        )

    async def _hide(self, row: Row, seconds: float) -> None:
        """Hide a row for `seconds`, unchanged."""
        await self._store.hold(row.kind, row.key, until=self.clock() + seconds, lease=row.leases)

    async def _note(self, row: Row, marked: reminders.Reminder, days: int, outcome: PostOutcome) -> None:
        match outcome:
            case "told" | "unknown":
                after = marked.told_as(days, surely=outcome == "told")
                await (self._store.drop(row.kind, row.key) if after is None else self._put(row, after))
            case "later":  # it may stand there: whoever has the row next looks
                await self._hide(row, _AGAIN)
            case "nothing":
                await self._put(row, marked.unsent, _AGAIN)
            case "unwritable" if marked.missed + 1 < _MOST_MISSED:
                await self._put(row, msgspec.structs.replace(marked.unsent, missed=marked.missed + 1), _LATER)
            case "unwritable" | "gone" as reason:
                await self._end(marked.person, reason)

    async def _outcome(
        self, key: str, reminder: reminders.Reminder, days: int, mine: Mine
    ) -> tuple[PostOutcome, tuple[str, ...]]:
        """Post a reminder. Return the outcome and the keys of all reminders in the message."""
        platform, alone = reminder.person.platform, (key,)
        try:
            async with asyncio.timeout(_PATIENCE):
                told = await self._send(key, reminder, days, mine) or alone
        except Unwritable:
            return "unwritable", alone
        except (Later, Superseded):
            return "later" if platform in self._finds_post else "nothing", alone
        except Exception as error:  # noqa: BLE001 -- of many libraries: it may be posted or not
            log.warning("reminder unsure", kind=type(error).__name__, channel=platform)
            return "later" if platform in self._finds_post else "unknown", alone
        log.info("reminded", channel=platform)
        return "told", told

    async def _outcome_after_crash(self, key: str, reminder: reminders.Reminder) -> PostOutcome:
        """Return the outcome of a delivery whose process stopped before recording it, as far as the chat shows it."""
        person, found = reminder.person, None
        if look := self._finds_post.get(person.platform):
            try:
                found = await look(person, reminders.mark_of(key, reminder), reminder.since)
            except Exception as error:  # noqa: BLE001 -- as above; it is looked for again
                log.warning("not looked for", kind=type(error).__name__, channel=person.platform)
                return "later"
        log.warning("reminder unsure" if found is None else "reminder found", channel=person.platform)
        return "unknown" if found is None else "told" if found else "nothing"

    async def _end(self, person: Person, reason: str) -> None:
        """Delete a person's reminders, because the person is gone or the chat could not be written to on three days."""
        await self._store.drop_owned(
            person.key, *{reminders.kind_of(person.platform, about) for about in reminders.ABOUTS}
        )
        await self._ended(person, reason)
        log.info("reminders ended", reason=reason, channel=person.platform)

    def _sealed(self, row: Row, reminder: reminders.Reminder) -> bytes:
        return self._table.sealed(row.kind, row.key, reminder)
