"""Reminders are told once, by day, whatever dies; they go with their person, and who is gone hears nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.accounts.vault import Vault, new_key, parse_keys
from bot.delivery.due import NEWS, SIGN_IN_OVER, TIME_OVER, DueReminders
from bot.delivery.inbox import Later
from bot.delivery.news import Look, LookEnded, marks_of
from bot.delivery.reminders import MOST, NotKept, Reminder, Reminders, kind_of
from bot.errors import Unwritable
from bot.message import Person
from bot.stores.base import Store
from bot.stores.postgres import open_postgres
from bot.stores.sealed import SealedTable
from bot.stores.sqlite import open_sqlite

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


class Killed(BaseException):
    """The process ends here."""


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

    async def look(self, reminder: Reminder) -> Look:
        """What is on record."""
        self.looked.append(self.clock.at)
        if not self.sign_in:
            raise LookEnded("sign_in")
        if self.fails:
            raise self.fails.pop(0)
        known = marks_of(self.claims)
        found = reminder.record in self.claims if reminder.record else not set(known).issubset(reminder.known)
        return Look(known, found)

    async def tell(self, _: str, reminder: Reminder, days: int) -> None:
        """Post it."""
        if reminder.person == self.blocked:
            raise Unwritable("channel_not_found")
        if self.refuses:
            self.refuses -= 1
            raise Later("refused")
        if self.fails:
            raise self.fails.pop(0)
        self.said.append(days)
        self.at.append(self.clock.at)
        if self.dies_behind:
            self.dies_behind = False
            raise Killed

    async def is_present(self, _: Person) -> bool | None:
        """What the platform says."""
        return self.present

    async def hear(self, person: Person, why: str) -> None:
        """Somebody's reminders ended."""
        self.ended.append((person, why))


@dataclass
class World:
    """A store with two processes that remind, and what they say in one chat."""

    clock: Clock
    store: Store
    table: SealedTable
    reminders: Reminders
    chat: Chat

    def process(self) -> DueReminders:
        """A process that starts now."""
        return DueReminders(
            self.table,
            self.chat.tell,
            self.chat.look,
            minutes=30,
            platforms=lambda: {"slack": self.chat.is_present},
            ended=self.chat.hear,
            now=self.clock.now,
            clock=self.clock.seconds,
        )

    async def set(self, record: str = "claim-1", person: Person = DANA, last: date = LAST) -> Reminder | NotKept:
        """Ask to be reminded."""
        return await self.reminders.keep(Reminder(person, "appeal", record, last, ()))

    async def watch(self, *known: str, number: str = "", ends: float | None = None, days: int = 30) -> None:
        """Ask to be told of news; the first look is due at once."""
        self.chat.claims = list(known)
        last = self.clock.at.date() + timedelta(days=days)
        await self.reminders.watch(Reminder(DANA, "news", number, last, (), known=marks_of(known), ends=ends), 0)

    async def live(self, until: date) -> list[int]:
        """What is said until a day, looked at every three hours by two processes that start anew each time."""
        while self.clock.at.date() < until:
            one, two = self.process(), self.process()
            await one.once()
            await two.once()
            self.clock.at += timedelta(hours=3)
        return self.chat.said


@pytest.fixture(params=["sqlite", "postgres"])
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    """An empty store of each kind."""
    clock = Clock()
    store: Store
    if request.param == "sqlite":
        store = open_sqlite(tmp_path / "bot.db", clock=clock.seconds)
    else:
        store = await open_postgres(request.getfixturevalue("postgres_url"), clock=clock.seconds)
    table = SealedTable(store, VAULT)
    yield World(clock, store, table, Reminders(table, clock.now, clock.seconds), Chat(clock))
    await store.close()


async def test_each_is_told_once_in_the_morning(world: World) -> None:
    """30, 7 and 1 days before, between nine and ten in the bot's time zone; afterwards the row goes."""
    await world.set()
    world.clock.to(date(2026, 10, 14), 8.9)
    assert await world.process().once() == 0
    world.clock.to(date(2026, 10, 14), 10)
    assert await world.process().once() == 1
    assert await world.live(date(2026, 11, 16)) == [30, 7, 1]
    assert await world.reminders.of(DANA) == []


async def test_only_the_days_that_are_to_come(world: World) -> None:
    """Ten days before two are left; on the day before, and after it, none."""
    world.clock.to(LAST - timedelta(days=10), 12)
    assert await world.set() == Reminder(DANA, "appeal", "claim-1", LAST, (7, 1))
    world.clock.to(LAST - timedelta(days=1), 12)
    assert await world.set("claim-2") == NotKept()
    world.clock.to(LAST + timedelta(days=1), 12)
    assert await world.set("claim-3") == NotKept()


async def test_nobody_is_written_to_in_the_evening(world: World) -> None:
    """A process that was down all day writes the next morning, and says how many days are left then."""
    await world.set()
    world.clock.to(date(2026, 10, 14), 20.5)
    assert await world.process().once() == 0
    assert await world.live(date(2026, 10, 16)) == [29]
    assert [(moment.day, moment.hour) for moment in world.chat.at] == [(15, 11)]


async def test_after_a_long_silence_one_message_says_all(world: World) -> None:
    """Two that were missed are one; a day that is over is said to be over."""
    await world.set()
    await world.set("claim-2", last=LAST + timedelta(days=1))
    world.clock.to(LAST + timedelta(days=1), 9.2)
    assert await world.live(LAST + timedelta(days=4)) == [-1, 0]


async def test_a_kill_never_doubles(world: World) -> None:
    """Killed behind the post, or before it: nothing is posted again; the day itself follows an unsure last one."""
    await world.set()
    for day, before in ((date(2026, 10, 14), False), (date(2026, 11, 12), True)):
        world.clock.to(day, 11)
        world.chat.dies_behind, world.chat.fails = not before, [Killed()] if before else []
        with pytest.raises(Killed):
            await world.process().once()
        await world.live(day + timedelta(days=1))
    assert await world.live(LAST + timedelta(days=2)) == [30, 0]


async def test_what_was_surely_not_posted_is_tried_again(world: World) -> None:
    """A platform that says that it took nothing is asked again a quarter of an hour later."""
    await world.set()
    world.chat.fails = [Later("busy"), Later("busy")]
    world.clock.to(date(2026, 10, 14), 11)
    assert await world.live(date(2026, 10, 15)) == [30]
    assert len(world.chat.at) == 1
    assert world.chat.at[0].hour == 17


async def test_a_chat_that_takes_nothing_ends_quietly(world: World) -> None:
    """After three days its person's reminders end; nobody else's do."""
    await world.set()
    await world.set("claim-2")
    await world.set(person=WALTER)
    world.chat.blocked = DANA
    world.clock.to(date(2026, 10, 14), 8)
    assert await world.live(date(2026, 10, 20)) == [30]
    assert set(world.chat.ended) == {(DANA, "unwritable")}
    assert [await world.reminders.of(DANA), len(await world.reminders.of(WALTER))] == [[], 1]


@pytest.mark.threat("T21", "T65")
@pytest.mark.attack("a reminder to somebody who left")
async def test_who_is_gone_is_told_nothing(world: World) -> None:
    """The platform is asked first; who left the workspace has no reminder left."""
    await world.set()
    world.chat.present = False
    world.clock.to(date(2026, 10, 14), 11)
    assert await world.live(date(2026, 10, 15)) == []
    assert world.chat.ended == [(DANA, "gone")]


@pytest.mark.threat("T65")
async def test_one_person_has_at_most_twenty(world: World) -> None:
    """The next is refused with the number; the same day again takes no place; nobody else is concerned."""
    for at in range(MOST):
        assert isinstance(await world.set(f"claim-{at}"), Reminder)
    assert await world.set("one more") == NotKept(MOST)
    assert isinstance(await world.set("claim-3"), Reminder)
    assert len(await world.reminders.of(DANA)) == MOST
    assert isinstance(await world.set(person=WALTER), Reminder)


async def test_they_are_ended_by_their_person_alone_and_by_unlink(world: World) -> None:
    """One by its key; all with the person's other rows, in whatever moment."""
    await world.set()
    await world.set("claim-2")
    [(one, _), (two, _)] = await world.reminders.of(DANA)
    assert await world.reminders.end(WALTER, one, two) == 0
    assert await world.reminders.end(DANA, one) == 1
    assert await world.store.drop_owned(DANA.key) == 1
    world.clock.to(date(2026, 10, 14), 8)
    assert await world.live(LAST) == []


@pytest.mark.threat("T35")
async def test_a_row_says_nothing(world: World) -> None:
    """Neither the claim nor its day can be read in the store."""
    await world.set()
    [row] = await world.store.listed(kind_of("slack"))
    assert not [word for word in (b"claim-1", b"appeal", b"2026") if word in row.value + row.key.encode()]


async def test_news_are_told_once_by_day(world: World) -> None:
    """Each new claim once, whichever of two processes looks; nobody looks at night."""
    await world.watch("a", "b")
    await world.live(date(2026, 5, 21))
    assert world.chat.said == []
    world.chat.claims.append("c")
    await world.live(date(2026, 5, 23))
    world.chat.claims.append("d")
    assert await world.live(date(2026, 5, 25)) == [NEWS, NEWS]
    assert {moment.hour for moment in world.chat.looked} <= set(range(9, 20))
    assert len(world.chat.looked) == len(set(world.chat.looked))
    assert len(await world.reminders.of(DANA)) == 1


async def test_a_decision_is_told_and_ends_the_looking(world: World) -> None:
    """A claim by its number; another one is no news of it."""
    await world.watch("a", number="7")
    world.chat.claims.append("b")
    await world.live(date(2026, 5, 21))
    assert world.chat.said == []
    world.chat.claims.append("7")
    assert await world.live(date(2026, 5, 23)) == [NEWS]
    assert await world.reminders.of(DANA) == []


async def test_a_sign_in_that_ends_is_said_once(world: World) -> None:
    """Found at the next look, or known before: shortly before its end there is a last look."""
    await world.watch("a")
    world.chat.sign_in = False
    assert await world.live(date(2026, 5, 21)) == [SIGN_IN_OVER]
    assert await world.reminders.of(DANA) == []
    world.chat.sign_in = True
    world.clock.to(date(2026, 5, 21), 12)
    await world.watch("a", ends=world.clock.seconds() + 3_600)
    world.chat.claims.append("b")
    world.clock.at += timedelta(minutes=58)
    await world.process().once()
    assert world.chat.said == [SIGN_IN_OVER, NEWS, SIGN_IN_OVER]
    assert await world.reminders.of(DANA) == []


async def test_looking_ends_after_its_days(world: World) -> None:
    """Said once, and nothing is looked for afterwards."""
    await world.watch("a", days=1)
    assert await world.live(date(2026, 5, 25)) == [TIME_OVER]
    assert await world.reminders.of(DANA) == []


async def test_news_of_who_died_are_not_told_again(world: World) -> None:
    """Killed behind the post: no second one. A payer that is away, and a platform that took nothing: the next look."""
    await world.watch("a")
    world.chat.claims.append("b")
    world.chat.fails = [OSError("the payer is away")]
    await world.process().once()
    assert world.chat.said == []
    world.chat.dies_behind = True
    world.clock.at += timedelta(hours=1)
    with pytest.raises(Killed):
        await world.process().once()
    assert await world.live(date(2026, 5, 22)) == [NEWS]
    world.chat.claims.append("c")
    refused = world.chat
    refused.refuses = 1
    assert await world.live(date(2026, 5, 24)) == [NEWS, NEWS]
    assert refused.refuses == 0
