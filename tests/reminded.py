"""A store, a clock and a chat in which reminders are told, by processes that start anew and die."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.delivery.due import DueReminders, Mine
from bot.delivery.inbox import Later
from bot.delivery.reminders import (
    About,
    Interval,
    Look,
    LookEnded,
    NotKept,
    Reminder,
    Reminders,
    due_today,
    mark_of,
    marks_of,
)
from bot.errors import Unwritable
from bot.message import Person
from bot.stores.base import Store, Superseded
from bot.stores.postgres import open_postgres
from bot.stores.sealed import SealedTable, Vault, new_key, parse_keys
from bot.stores.sqlite import open_sqlite
from tests.doubles.mortal import Killed

VAULT = Vault(parse_keys(new_key()))
CHICAGO = ZoneInfo("America/Chicago")
DANA, WALTER = (Person("slack", "", "T1", user) for user in ("U-DANA", "U-WALTER"))
LAST = date(2026, 11, 13)


class Clock:
    """A clock for people and store, which a test moves."""

    def __init__(self) -> None:
        self.at = datetime(2026, 5, 20, 12, tzinfo=CHICAGO)

    def now(self) -> datetime:
        """The moment."""
        return self.at

    def seconds(self) -> float:
        """The same in Unix seconds."""
        return self.at.timestamp()

    def to(self, day: date, hour: float) -> None:
        """Move on to an hour of a day."""
        self.at = datetime.combine(day, datetime.min.time(), CHICAGO) + timedelta(hours=hour)


@dataclass
class Chat:
    """What was posted, as days before; `fails` is raised instead, or after the post for what is killed behind it."""

    clock: Clock
    said: list[int] = field(default_factory=list)
    at: list[datetime] = field(default_factory=list)
    fails: list[BaseException] = field(default_factory=list)
    dies_behind: bool = False
    blocked: Person | None = None
    refuses: int = 0
    present: bool | None = True
    ended: list[tuple[Person, str]] = field(default_factory=list)
    claims: list[str] = field(default_factory=list)
    looked: list[datetime] = field(default_factory=list)
    sign_in: bool = True
    posts: set[str] = field(default_factory=set)
    parts: set[str] = field(default_factory=set)
    readable: bool = False
    most: int = 0
    bundles: Reminders | None = None
    _at_once: int = 0

    async def look(self, reminder: Reminder) -> Look:
        """What is on record."""
        self.looked.append(self.clock.at)
        self._at_once += 1
        self.most = max(self.most, self._at_once)
        await asyncio.sleep(0)
        self._at_once -= 1
        if not self.sign_in:
            raise LookEnded("sign_in")
        if self.fails:
            raise self.fails.pop(0)
        known = marks_of(self.claims)
        found = reminder.record in self.claims if reminder.record else not set(known).issubset(reminder.known)
        return Look(known, found)

    async def stands(self, _: Person, mark: str, __: float) -> bool:
        """Whether it was posted; what was begun goes."""
        self.parts.discard(mark)
        return mark in self.posts

    async def tell(self, key: str, reminder: Reminder, days: int, mine: Mine) -> tuple[str, ...] | None:
        """Post it, a line first, then what it says; the keys of what it tells: all that is due, where it `bundles`."""
        if reminder.person == self.blocked:
            raise Unwritable("channel_not_found")
        if self.refuses:
            self.refuses -= 1
            raise Later("refused")
        if not await mine():
            raise Superseded
        self.parts.add(mark_of(key, reminder))
        if self.fails:
            raise self.fails.pop(0)
        self.parts.discard(mark_of(key, reminder))
        self.posts.add(mark_of(key, reminder))
        self.said.append(days)
        self.at.append(self.clock.at)
        if self.dies_behind:
            self.dies_behind = False
            raise Killed
        if self.bundles is None:
            return None
        rows = [(each, one) for each, one in await self.bundles.of(reminder.person) if each != key]
        return (key, *(each for each, one in rows if due_today(one, each, self.clock.at)))

    async def is_present(self, _: Person) -> bool | None:
        """What the platform says."""
        return self.present

    async def is_gone(self, person: Person) -> bool:
        """Whether the platform says that a person left."""
        return await self.is_present(person) is False

    async def hear(self, person: Person, why: str) -> None:
        """Somebody's reminders ended."""
        self.ended.append((person, why))


async def all_due(due: DueReminders) -> int:
    """Send what is due now and not being sent by another process. Return the number of reminders sent."""
    return await due.of_days() + await due.of_news()


@dataclass
class World:
    """A store with two processes that remind, and what they say in one chat."""

    clock: Clock
    store: Store
    table: SealedTable
    reminders: Reminders
    chat: Chat
    per_day: int = 1_500
    paused: list[float] = field(default_factory=list)

    def process(self) -> DueReminders:
        """A process that starts now."""
        return DueReminders(
            self.table,
            self.chat.tell,
            interval=Interval(self.store, 30, self.per_day),
            platforms=("slack",),
            gone=self.chat.is_gone,
            finds_post={"slack": self.chat.stands} if self.chat.readable else {},
            ended=self.chat.hear,
            now=self.clock.now,
            clock=self.clock.seconds,
            look=self.chat.look,
            pause=self.pause,
        )

    async def pause(self, seconds: float) -> None:
        """Looks begin apart by that much."""
        self.paused.append(seconds)

    async def set(
        self, record: str = "claim-1", person: Person = DANA, last: date = LAST, about: About = "appeal"
    ) -> Reminder | NotKept:
        """Ask to be reminded."""
        return await self.reminders.keep(Reminder(person, about, record, last, ()))

    async def watch(
        self, *known: str, number: str = "", ends: float | None = None, days: int = 30, every: int = 0
    ) -> None:
        """Ask to be told of news; the first look is due at once."""
        self.chat.claims = list(known)
        last = self.clock.at.date() + timedelta(days=days)
        wish = Reminder(DANA, "news", number, last, (), known=marks_of(known), ends=ends, every=every)
        await self.reminders.watch(wish, 0)

    async def live(self, until: date) -> list[int]:
        """What is said until a day, looked at every three hours by two processes that start anew each time."""
        while self.clock.at.date() < until:
            one, two = self.process(), self.process()
            await all_due(one)
            await all_due(two)
            self.clock.at += timedelta(hours=3)
        return self.chat.said


@asynccontextmanager
async def a_world(kind: str, request: pytest.FixtureRequest, folder: Path) -> AsyncIterator[World]:
    """An empty store of a kind: "sqlite" or "postgres"."""
    clock = Clock()
    store: Store
    if kind == "sqlite":
        store = open_sqlite(folder / "bot.db", clock=clock.seconds)
    else:
        store = await open_postgres(request.getfixturevalue("postgres_url"), clock=clock.seconds)
    table = SealedTable(store, VAULT)
    yield World(clock, store, table, Reminders(table, clock.now, clock.seconds), Chat(clock))
    await store.close()
