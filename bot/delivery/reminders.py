"""Reminders that people asked for, stored encrypted until the last day is over or the person deletes them.

The owner of a row is the person, so that "unlink" deletes the row. A row has the id of a record and a date, but no text
of the record. Each row is a lane of its own, leased until it is due (`due.py`).
"""

from __future__ import annotations

import hashlib
import math
import random
import secrets
import time
import zlib
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from datetime import time as clock_time
from typing import Literal, get_args

import msgspec

from bot.message import Language, Person
from bot.stores.base import Store
from bot.stores.sealed import SealedTable

MOST = 20
"""How many reminders one person may have."""
MORNING, EVENING = 9, 20
"""The hours between which people are sent messages unasked, in BOT_TIMEZONE."""
About = Literal["appeal", "answer", "review", "approval", "refill", "year", "news", "deductible"]
"""The subject of a reminder.

One of: the last day for an appeal, for the answer of the plan, for an external review request, of an approval or of a
supply; the first day of a plan year; or news: new claims, one decision, or a met deductible.
"""
DAYS_BEFORE: Mapping[About, tuple[int, ...]] = {
    "appeal": (30, 7, 1),
    "answer": (0,),
    "review": (30, 7, 1),
    "approval": (30, 7, 1),
    "refill": (3,),
    "year": (0,),
}
"""How many days before it people are reminded; empty for news, which is checked for."""
MAYBE_NEWS, NEWS, SIGN_IN_OVER, TIME_OVER, ASK_AGAIN = 1, 0, -1, -2, -3
"""What a message about news says, in place of a number of days."""
ABOUTS: tuple[About, ...] = get_args(About)
_YEARS = 3  # for which a yearly day is told
_SPREAD = 3_600  # seconds: not everybody's reminder is due in the same moment


class Reminder(msgspec.Struct, frozen=True):
    """A reminder of a day or of news, for one person.

    Attributes:
        record: the id of the record concerned; for news, a claim number or "".
        whose: the Patient id. The reminder ends with the connection that gives access to this patient.
        days: how many days before `last` the reminder is still to be sent, earliest first.
        telling: while it is being sent, the number of days before `last`; otherwise None.
        since: when sending began, in Unix seconds.
        missed: how often the chat could not be written to.
        known: for news, short hashes of the claims known before.
        found: for news, short hashes of the claims known now, while the news is not sent yet.
        ends: for news, when the sign-in ends, in Unix seconds; None if the sign-in is renewed.
        last: the day; for news, the last day on which it is checked for.
        doubt: True if it is unknown whether the last news was delivered.
        whole: when all claims were read, in Unix seconds, if they are more than a page; otherwise 0.
        every: after how many days the person is asked to sign in again when the sign-in has ended; 0 for never.
        asleep: True while the person has not signed in again.
    """

    person: Person
    about: About
    record: str
    last: date
    days: tuple[int, ...]
    language: Language = "en"
    whose: str = ""
    known: tuple[str, ...] = ()
    ends: float | None = None
    telling: int | None = None
    missed: int = 0
    since: float = 0.0
    found: tuple[str, ...] = ()
    doubt: bool = False
    whole: float = 0.0
    every: int = 0
    asleep: bool = False

    @property
    def is_sought(self) -> bool:
        """Whether the reminder is about news, not about a day."""
        return self.about not in DAYS_BEFORE

    @property
    def news(self) -> int:
        """The kind of message about news: `MAYBE_NEWS` if the last one may not have been delivered, else `NEWS`."""
        return MAYBE_NEWS if self.doubt else NEWS

    @property
    def unsent(self) -> Reminder:
        """The reminder as stored after sending failed: no longer marked as being sent (`telling`), with its news."""
        return msgspec.structs.replace(self, telling=None)

    def told_as(self, days: int, *, surely: bool = True) -> Reminder | None:
        """Return the reminder as stored after its notice `days` before the day was sent; None if that was the last one.

        If delivery is uncertain (`surely` is False) and no notice follows, one is added for the day itself, in other
        words, in case the person did not get the last one. News is likewise sent once more.
        """
        if self.asleep:
            return None if days == TIME_OVER else msgspec.structs.replace(self.unsent, missed=0)
        if self.is_sought:
            doubt = not surely and not self.doubt
            ends = days < 0 or ((self.record or self.about == "deductible") and not doubt)
            known = self.found or self.known
            noted = msgspec.structs.replace(self.unsent, known=known, found=(), doubt=doubt, missed=0)
            return None if ends else noted
        if self.about == "year":
            day = min(self.last.day, 28) if self.last.month == 2 else self.last.day  # noqa: PLR2004 -- February
            anew = self.last.replace(year=self.last.year + 1, day=day)
            return msgspec.structs.replace(self, last=anew, telling=None, missed=0)
        left = tuple(one for one in self.days if one < days)
        if not surely and not left and days > 0:
            left = (0,)
        return msgspec.structs.replace(self, days=left, telling=None, missed=0)


async def reminders_of(
    table: SealedTable, person: Person, abouts: Sequence[About] = ("appeal", "news")
) -> list[tuple[str, Reminder]]:
    """Return a person's reminders of days and of news, or of one of these, with their keys, oldest first."""
    kinds = [kind_of(person.platform, about) for about in abouts]
    return [row for kind in kinds for row in await table.owned(kind, person.key, Reminder)]


class NotKept(msgspec.Struct, frozen=True):
    """Why no reminder was stored: the day is too close or over, or the person already has `most` reminders."""

    most: int | None = None


WATCHES = "watch:"
"""The prefix of the kinds of rows of news, for all platforms."""


def kind_of(platform: str, about: About = "appeal") -> str:
    """Return the kind of a platform's rows. Due days and news have separate kinds, so that no day waits for news."""
    return f"{'reminder:' if about in DAYS_BEFORE else WATCHES}{platform}"


def moment_of(reminder: Reminder, key: str, zone: datetime) -> datetime | None:
    """Return when to send the reminder next, a morning in the time zone of `zone`; None if nothing is left to send."""
    if not reminder.days:
        return None
    return _morning(reminder.last - timedelta(days=reminder.days[0]), zone) + timedelta(seconds=spread(key, _SPREAD))


def spread(key: str, seconds: float) -> float:
    """Return a part of `seconds` that depends on the key, so that not everything is due at once."""
    return zlib.crc32(key.encode()) / 2**32 * seconds


def mark_of(key: str, reminder: Reminder) -> str:
    """Return the id of one delivery of a reminder, by which its post is found in the chat."""
    return f"{key}/{reminder.since!r}"


def due_today(reminder: Reminder, key: str, now: datetime) -> bool:
    """Return whether a reminder of a day is due on the day of `now` or before; False for news."""
    moment = None if reminder.is_sought else moment_of(reminder, key, now)
    return moment is not None and moment.date() <= now.date()


def next_morning(now: datetime) -> datetime:
    """Return the time tomorrow from which on people are sent messages."""
    return _morning(now.date() + timedelta(days=1), now)


def _morning(day: date, zone: datetime) -> datetime:
    return datetime.combine(day, clock_time(MORNING), zone.tzinfo)


def waking(moment: datetime) -> datetime:
    """Return the same time if it is in daytime; in the evening and at night, the next morning."""
    if moment.hour >= EVENING:
        return _morning(moment.date() + timedelta(days=1), moment)
    return max(moment, _morning(moment.date(), moment))


class Reminders:
    """The stored reminders. `now` returns the time in BOT_TIMEZONE, `clock` Unix seconds."""

    def __init__(self, table: SealedTable, now: Callable[[], datetime], clock: Callable[[], float] = time.time) -> None:
        self._table, self._store, self._now, self._clock = table, table.store, now, clock

    async def keep(self, wanted: Reminder) -> Reminder | NotKept:
        """Store a reminder of a day, replacing an equal one. `days` of `wanted` is ignored."""
        now = self._now()
        days = tuple(n for n in DAYS_BEFORE[wanted.about] if _morning(wanted.last - timedelta(days=n), now) > now)
        if not days:
            return NotKept()
        reminder = msgspec.structs.replace(wanted, days=days)
        key = secrets.token_urlsafe(12)
        return await self._add(key, reminder, moment_of(reminder, key, now) or now)

    async def watch(self, wanted: Reminder, seconds: float) -> Reminder | NotKept:
        """Store a reminder of news, to be checked for the first time after `seconds`."""
        return await self._add(secrets.token_urlsafe(12), wanted, self._now() + timedelta(seconds=seconds))

    async def same(self, wanted: Reminder) -> Reminder | None:
        """Return the person's reminder with the subject, record and patient of `wanted`; None if there is none."""
        return next((one for _, one in await self.of(wanted.person) if _what(one) == _what(wanted)), None)

    async def delete_for_record(self, person: Person, whose: str, record: str, *abouts: About) -> int:
        """Delete a person's reminders on these subjects for one record of a patient. Return the number deleted."""
        rows = [(key, one) for key, one in await self.of(person) if (one.whose, one.record) == (whose, record)]
        return await self.end(person, *(key for key, one in rows if one.about in abouts))

    async def of(self, person: Person) -> list[tuple[str, Reminder]]:
        """Return a person's reminders with their keys, oldest first."""
        return await reminders_of(self._table, person)

    async def end(self, person: Person, *keys: str) -> int:
        """Delete the person's reminders with these keys. Return the number deleted."""
        own = {key for key, _ in await self.of(person)}.intersection(keys)
        for key in own:
            for about in ABOUTS:
                await self._store.drop(kind_of(person.platform, about), key)
        return len(own)

    async def _add(self, key: str, reminder: Reminder, moment: datetime) -> Reminder | NotKept:
        """Store a reminder, replacing an equal one, hidden until `moment`. NotKept if the person has too many."""
        rows, now = await self.of(reminder.person), self._now()
        kind = kind_of(reminder.person.platform, reminder.about)
        same = [each for each, one in rows if _what(one) == _what(reminder)]
        if len(rows) - len(same) >= MOST:
            return NotKept(MOST)
        await self.end(reminder.person, *same)
        years = _YEARS * 366 if reminder.about == "year" else 0
        over = _morning(reminder.last + timedelta(days=2 + years), now)
        row = self._table.row(
            kind, key, reminder, expires=self._clock() + (over - now).total_seconds(), owner=reminder.person.key
        )
        await self._store.take_in(row, key, until=self._clock() + (moment - now).total_seconds())
        return reminder


def _what(reminder: Reminder) -> tuple[str, ...]:
    return reminder.about, reminder.record, reminder.whose


DAYS = 30
"""For how many days news is checked for, if the sign-in is renewed."""
LAST_LOOK = 120.0  # seconds before the sign-in ends: later no search is begun with it
_SHORTEST = 60.0
_SOONEST = 0.8  # of the interval: looks of many people spread out, and none is later than the interval
_MEAN = (1 + _SOONEST) / 2
_WAKING = (EVENING - MORNING) * 60.0  # minutes of a day in which anybody looks


class Look(msgspec.Struct, frozen=True):
    """The result of one check for news: short hashes of all claims, and whether there is news as requested.

    `whole` is when all claims were read, in Unix seconds, if they are more than a page.
    """

    known: tuple[str, ...]
    is_news: bool
    whole: float = 0.0


class LookEnded(Exception):
    """A check is not possible.

    The text is "sign_in" if the sign-in has ended, "gone" if nobody wants the news any more.
    """


LookNow = Callable[[Reminder], Awaitable[Look]]
"""Checks once. Raises `LookEnded`; after any other exception the next check may succeed."""


class Interval:
    """The longest time between two checks for one person: `least` minutes, or more to keep to `per_day` checks.

    `per_day` is the limit of checks for all people together.
    """

    def __init__(self, store: Store, least: int, per_day: int) -> None:
        self._store, self._least, self._per_day = store, least, per_day

    async def minutes(self) -> int:
        """Return the interval between checks for news in minutes, which grows with the number of reminders of news."""
        watches = await self._store.size(WATCHES)
        return max(self._least, math.ceil(watches * _WAKING / (_MEAN * self._per_day)))


def marks_of(ids: Iterable[str]) -> tuple[str, ...]:
    """Return short hashes of ids, by which known ids are recognized."""
    return tuple(sorted(hashlib.sha256(one.encode()).hexdigest()[:12] for one in ids))


def rest(minutes: int, ends: float | None, now: float) -> float:
    """Return the seconds until the next check: the interval or a little less, or shortly before the sign-in ends."""
    seconds = minutes * 60 * random.uniform(_SOONEST, 1)  # noqa: S311 -- no secret: looks of many people spread out
    return seconds if ends is None else max(_SHORTEST, min(seconds, ends - now - LAST_LOOK))


def is_last(ends: float | None, now: float) -> bool:
    """Return whether the sign-in ends before another check is possible."""
    return ends is not None and ends - now < LAST_LOOK + _SHORTEST
