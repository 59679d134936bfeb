"""What a person asked to be reminded of: kept, sealed, until its last day is over or the person ends it.

A row belongs to its person, so that "unlink" deletes it. It names the record and the day that it follows from and holds
no word of the record. Its lane is its own, and its lease holds it until it is due (`due.py`, `looks.py`).
"""

from __future__ import annotations

import secrets
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as clock_time
from typing import Literal, get_args

import msgspec

from bot.message import Language, Person
from bot.stores.sealed import SealedTable

MOST = 20
"""How many reminders one person may have."""
MORNING, EVENING = 9, 20
"""The hours between which people are written to unasked, in BOT_TIMEZONE."""
About = Literal["appeal", "answer", "review", "approval", "refill", "year", "news", "deductible"]
"""A last day: to appeal, of the plan's answer, to ask for an outside review, of an approval, of a supply. The day on
which a plan's year begins. And what is looked for: new claims, or one claim's decision; a deductible that is met.
"""
DAYS_BEFORE: Mapping[About, tuple[int, ...]] = {
    "appeal": (30, 7, 1),
    "answer": (0,),
    "review": (30, 7, 1),
    "approval": (30, 7, 1),
    "refill": (3,),
    "year": (0,),
}
"""On which days before it people are reminded; what has none is looked for."""
MAYBE_NEWS, NEWS, SIGN_IN_OVER, TIME_OVER, ASK_AGAIN = 1, 0, -1, -2, -3
"""What is told of what is looked for, in place of days."""
ABOUTS: tuple[About, ...] = get_args(About)
_YEARS = 3  # for which a yearly day is told
_SPREAD = 3_600  # seconds: not everybody's reminder is due in the same moment


class Reminder(msgspec.Struct, frozen=True):
    """A day to be reminded of: `days` before it that are still to be told, the earliest first.

    `record` is the id of what it follows from, `whose` the Patient id: it ends with the connection that opens that one.
    `telling` is set while it is told: as how many days before; `since` is when that began, in Unix seconds. `missed`
    counts how often the chat could not be written to.

    Of "news" `record` is a claim's number or empty, `known` are short hashes of the claims that were there, `found` of
    those that are there and still to be told, and `ends` is when the sign-in does, in Unix seconds, None where it is
    renewed. It is looked for until `last`. `doubt`: nobody knows whether the last news were told. `whole` is when all
    claims were read, in Unix seconds, where they are more than a page; 0 where they are not. `every`: when the sign-in
    is over, the person is asked to sign in again after so many days, and `asleep` is set from then on.
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
        """Whether it is looked for, and not a day."""
        return self.about not in DAYS_BEFORE

    @property
    def untold(self) -> Reminder:
        """The reminder after it is known that it was not told: what was found is still to be."""
        return msgspec.structs.replace(self, telling=None)

    def told_as(self, days: int, *, surely: bool = True) -> Reminder | None:
        """The reminder after it was told as so many days before; None when that was the last of it.

        When nobody knows whether it was and no other follows, the day itself is added: whoever may not have read the
        last one is told once more, in other words. So are news, once.
        """
        if self.asleep:
            return None if days == TIME_OVER else msgspec.structs.replace(self.untold, missed=0)
        if self.is_sought:
            doubt = not surely and not self.doubt
            ends = days < 0 or ((self.record or self.about == "deductible") and not doubt)
            known = self.found or self.known
            noted = msgspec.structs.replace(self.untold, known=known, found=(), doubt=doubt, missed=0)
            return None if ends else noted
        if self.about == "year":
            return msgspec.structs.replace(self, last=_year_on(self.last), telling=None, missed=0)
        left = tuple(one for one in self.days if one < days)
        if not surely and not left and days > 0:
            left = (0,)
        return msgspec.structs.replace(self, days=left, telling=None, missed=0)


def read(plain: bytes) -> Reminder | None:
    """What a row holds; None for what a later release keeps and this one does not know."""
    try:
        return msgspec.json.decode(plain, type=Reminder)
    except msgspec.ValidationError:
        return None


@dataclass(frozen=True, slots=True)
class NotKept:
    """Why there is no reminder: the day is too close or over, or the person has `most` of them."""

    most: int | None = None


WATCHES = "watch:"
"""How the kinds of rows of news begin, whatever the platform."""


def kind_of(platform: str, about: About = "appeal") -> str:
    """The kind of a platform's rows: a process leases only what it can tell, and days wait behind no look for news."""
    return f"{'reminder:' if about in DAYS_BEFORE else WATCHES}{platform}"


def moment_of(reminder: Reminder, key: str, zone: datetime) -> datetime | None:
    """When it is to be told next, in the time zone of `zone`: in the morning; None when nothing is left to tell."""
    if not reminder.days:
        return None
    return _morning(reminder.last - timedelta(days=reminder.days[0]), zone) + timedelta(seconds=spread(key, _SPREAD))


def spread(key: str, seconds: float) -> float:
    """A part of these seconds, another one for each key: what is due for many is not due for all at once."""
    return zlib.crc32(key.encode()) / 2**32 * seconds


def mark_of(key: str, reminder: Reminder) -> str:
    """The name of one telling of a reminder, for who looks whether it stands in the chat."""
    return f"{key}/{reminder.since!r}"


def due_today(reminder: Reminder, key: str, now: datetime) -> bool:
    """Whether a day is told on the day of `now`, or should have been before."""
    moment = None if reminder.is_sought else moment_of(reminder, key, now)
    return moment is not None and moment.date() <= now.date()


def next_morning(now: datetime) -> datetime:
    """The hour of tomorrow from which on people are written to."""
    return _morning(now.date() + timedelta(days=1), now)


def _year_on(day: date) -> date:
    """The same day a year later; February 29 becomes the 28th."""
    return day.replace(year=day.year + 1, day=min(day.day, 28) if day.month == 2 else day.day)  # noqa: PLR2004 -- February


def _morning(day: date, zone: datetime) -> datetime:
    return datetime.combine(day, clock_time(MORNING), zone.tzinfo)


def waking(moment: datetime) -> datetime:
    """The same moment by day; at night and in the evening, the next morning."""
    if moment.hour >= EVENING:
        return _morning(moment.date() + timedelta(days=1), moment)
    return max(moment, _morning(moment.date(), moment))


class Reminders:
    """The rows. `now` is the present moment in BOT_TIMEZONE, `clock` the store's, in Unix seconds.

    What is due is counted from `now`; the store is told how many seconds that is away.
    """

    def __init__(self, table: SealedTable, now: Callable[[], datetime], clock: Callable[[], float] = time.time) -> None:
        self._table, self._store, self._now, self._clock = table, table.store, now, clock

    async def keep(self, wanted: Reminder) -> Reminder | NotKept:
        """Keep a reminder of a day, in place of an earlier one of the same; `days` of `wanted` do not count."""
        now = self._now()
        days = tuple(n for n in DAYS_BEFORE[wanted.about] if _morning(wanted.last - timedelta(days=n), now) > now)
        if not days:
            return NotKept()
        reminder = msgspec.structs.replace(wanted, days=days)
        key = _new_key()
        return await self._add(key, reminder, moment_of(reminder, key, now) or now)

    async def watch(self, wanted: Reminder, seconds: float) -> Reminder | NotKept:
        """Keep news to be looked for, the first time after so many seconds."""
        return await self._add(_new_key(), wanted, self._now() + timedelta(seconds=seconds))

    async def same(self, wanted: Reminder) -> Reminder | None:
        """What the person is reminded of already that is the same but for its days and what is known."""
        return next((one for _, one in await self.of(wanted.person) if _what(one) == _what(wanted)), None)

    async def end_of(self, person: Person, whose: str, record: str, *abouts: About) -> int:
        """End a person's reminders of these kinds about one record of a Patient; how many there were."""
        rows = [(key, one) for key, one in await self.of(person) if (one.whose, one.record) == (whose, record)]
        return await self.end(person, *(key for key, one in rows if one.about in abouts))

    async def of(self, person: Person) -> list[tuple[str, Reminder]]:
        """A person's reminders with their keys, the oldest first."""
        kinds = (kind_of(person.platform), kind_of(person.platform, "news"))
        rows = [row for kind in kinds for row in await self._table.owned(kind, person.key)]
        return [(key, reminder) for key, plain in rows if (reminder := read(plain))]

    async def end(self, person: Person, *keys: str) -> int:
        """End a person's reminders with these keys; how many of them there were. Nobody else's can be ended."""
        own = {key for key, _ in await self.of(person)}.intersection(keys)
        for key in own:
            for about in ABOUTS:
                await self._store.drop(kind_of(person.platform, about), key)
        return len(own)

    async def _add(self, key: str, reminder: Reminder, moment: datetime) -> Reminder | NotKept:
        """Keep it in place of an earlier one of the same, to be leased from that moment on."""
        rows, now = await self.of(reminder.person), self._now()
        kind = kind_of(reminder.person.platform, reminder.about)
        same = [each for each, one in rows if _what(one) == _what(reminder)]
        if len(rows) - len(same) >= MOST:
            return NotKept(MOST)
        await self.end(reminder.person, *same)
        years = _YEARS * 366 if reminder.about == "year" else 0
        over = _morning(reminder.last + timedelta(days=2 + years), now)
        row = self._table.row(
            kind,
            key,
            msgspec.json.encode(reminder),
            expires=self._clock() + (over - now).total_seconds(),
            owner=reminder.person.key,
        )
        await self._store.take_in(row, key, until=self._clock() + (moment - now).total_seconds())
        return reminder


def _new_key() -> str:
    return secrets.token_urlsafe(12)


def _what(reminder: Reminder) -> tuple[str, ...]:
    return reminder.about, reminder.record, reminder.whose
