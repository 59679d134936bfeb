"""News are looked for politely, by day, and told once, whatever dies; no look holds up the day of an appeal."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from bot.delivery.reminders import (
    ASK_AGAIN,
    MAYBE_NEWS,
    NEWS,
    SIGN_IN_OVER,
    TIME_OVER,
    Interval,
    Look,
    Reminder,
    marks_of,
)
from bot.message import Person
from bot.stores.base import Row
from tests.doubles.mortal import Killed
from tests.reminded import DANA, LAST, World, a_world, all_due


@pytest.fixture(params=["sqlite", "postgres"])
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    """An empty store of each kind."""
    async with a_world(request.param, request, tmp_path) as made:
        yield made


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
    for _ in range(2):
        await all_due(world.process())
        world.clock.at += timedelta(minutes=1)
    assert world.chat.said == [SIGN_IN_OVER, NEWS]
    world.chat.sign_in = False
    assert await world.live(date(2026, 5, 23)) == [SIGN_IN_OVER, NEWS, SIGN_IN_OVER]
    assert [moment.day for moment in world.chat.at] == [20, 21, 22]
    assert await world.reminders.of(DANA) == []


@pytest.mark.threat("T65")
async def test_who_chose_so_is_asked_to_sign_in_again(world: World) -> None:
    """Each week from the end of the sign-in on, without a look; ended by a word, and after a year."""
    await world.watch("a", every=7, days=365)
    world.chat.sign_in = False
    await world.live(date(2026, 5, 21))
    looked = len(world.chat.looked)
    assert (world.chat.said, looked) == ([], 1)
    assert await world.live(date(2026, 6, 15)) == [ASK_AGAIN, ASK_AGAIN, ASK_AGAIN]
    assert [moment.day for moment in world.chat.at] == [27, 3, 10]
    assert len(world.chat.looked) == looked
    [(key, one)] = await world.reminders.of(DANA)
    assert (one.asleep, one.known) == (True, marks_of(["a"]))
    await world.reminders.end(DANA, key)
    assert await world.live(date(2026, 7, 1)) == [ASK_AGAIN, ASK_AGAIN, ASK_AGAIN]


async def test_looking_ends_after_its_days(world: World) -> None:
    """Said once, and nothing is looked for afterwards."""
    await world.watch("a", days=1)
    assert await world.live(date(2026, 5, 25)) == [TIME_OVER]
    assert await world.reminders.of(DANA) == []


async def test_news_of_who_died_are_told_in_other_words(world: World) -> None:
    """Where no chat can be read: there may be something new. A payer away, or nothing taken: next time."""
    await world.watch("a")
    world.chat.claims.append("b")
    world.chat.fails = [OSError("the payer is away")]
    await all_due(world.process())
    assert world.chat.said == []
    world.chat.dies_behind = True
    world.clock.at += timedelta(hours=1)
    with pytest.raises(Killed):
        await all_due(world.process())
    assert await world.live(date(2026, 5, 22)) == [NEWS, MAYBE_NEWS]
    world.chat.claims.append("c")
    refused = world.chat
    refused.refuses = 1
    assert await world.live(date(2026, 5, 24)) == [NEWS, MAYBE_NEWS, NEWS]
    assert refused.refuses == 0


@pytest.mark.fault("F51", "F52")
@pytest.mark.parametrize("behind", [True, False])
async def test_news_of_who_died_are_told_once_where_the_chat_can_be_read(world: World, *, behind: bool) -> None:
    """Killed behind the post or in it: told once, and no line is left with nothing behind it."""
    await world.watch("a")
    world.chat.readable = True
    world.chat.claims.append("b")
    look, world.chat.dies_behind = world.chat.look, behind

    async def dying(reminder: Reminder) -> Look:
        seen = await look(reminder)
        world.chat.fails = [] if behind else [Killed()]
        return seen

    world.chat.look = dying  # type: ignore[method-assign]
    with pytest.raises(Killed):
        await all_due(world.process())
    assert len(world.chat.parts) == (not behind)
    world.chat.look = look  # type: ignore[method-assign]
    world.chat.fails = []
    assert await world.live(date(2026, 5, 22)) == [NEWS]
    assert world.chat.parts == set()
    [(_, kept)] = await world.reminders.of(DANA)
    assert (kept.telling, set(kept.known)) == (None, set(marks_of(["a", "b"])))


async def test_news_that_are_put_off_outlive_the_sign_in(world: World) -> None:
    """Found on a day with a message, or when the chat took nothing: told later, although nobody can look any more."""
    await world.set()
    world.clock.to(LAST - timedelta(days=7), 8)
    await world.watch("a", days=60)
    world.clock.at += timedelta(hours=2)
    await all_due(world.process())
    world.chat.claims.append("b")
    world.clock.at += timedelta(hours=1)
    await all_due(world.process())
    assert world.chat.said == [7]
    world.chat.sign_in = False
    assert await world.live(LAST - timedelta(days=5)) == [7, NEWS]
    assert world.chat.at[-1].date() == LAST - timedelta(days=6)
    world.chat.sign_in = True
    world.chat.claims.append("c")
    world.chat.refuses = 1
    world.clock.to(LAST - timedelta(days=5), 12)
    await all_due(world.process())
    assert world.chat.refuses == 0
    world.chat.sign_in = False
    assert (await world.live(LAST - timedelta(days=3)))[2:] == [NEWS, SIGN_IN_OVER]


async def test_who_may_be_told_is_asked_before_the_mark(world: World) -> None:
    """Killed while the platform is asked about the person: the news are told by who comes next, once."""
    await world.watch("a")
    world.chat.claims.append("b")
    present = world.chat.is_present

    async def dying(_: Person) -> bool | None:
        raise Killed

    world.chat.is_present = dying  # type: ignore[method-assign]
    with pytest.raises(Killed):
        await all_due(world.process())
    world.chat.is_present = present  # type: ignore[method-assign]
    assert await world.live(date(2026, 5, 22)) == [NEWS]


async def test_a_slow_payer_holds_up_no_day(world: World) -> None:
    """Looks that hang: the days of that morning are told at once, and so many looks at most are under way."""
    await world.set()
    world.clock.to(date(2026, 10, 14), 11)
    people = [Person("slack", "", "T1", f"U-{at}") for at in range(40)]
    for person in people:
        await world.reminders.watch(Reminder(person, "news", "", LAST, ()), 0)
    hangs, under_way = asyncio.Event(), 0

    async def hanging(reminder: Reminder) -> Look:
        nonlocal under_way
        under_way += 1
        await hangs.wait()
        return Look(reminder.known, is_news=False)

    world.chat.look = hanging  # type: ignore[method-assign]
    process = world.process()
    looks = asyncio.create_task(process.of_news())
    assert await process.of_days() == 1
    hangs.set()
    await looks
    assert under_way == len(people)


@pytest.mark.parametrize("world", ["sqlite"], indirect=True)
async def test_two_hundred_watchers_stay_in_their_budget(world: World) -> None:
    """1,500 looks a day at most, none later than the interval, a moment apart from each other."""
    world.clock.to(date(2026, 5, 21), 8.9)
    people = [Person("slack", "", "T1", f"U-{at}") for at in range(200)]
    for person in people:
        await world.reminders.watch(Reminder(person, "news", "", LAST, ()), 0)
    seen: dict[str, list[datetime]] = {}

    async def look(reminder: Reminder) -> Look:
        seen.setdefault(reminder.person.user, []).append(world.clock.at)
        return Look(reminder.known, is_news=False)

    world.chat.look = look  # type: ignore[method-assign]
    process, minutes = world.process(), await Interval(world.store, 30, world.per_day).minutes()
    while world.clock.at.hour < 21:
        await all_due(process)
        world.clock.at += timedelta(minutes=3)
    times = [at for one in seen.values() for at in one]
    assert len(seen) == len(people)
    assert len(times) <= world.per_day * 1.03
    longest = max(later - sooner for one in seen.values() for sooner, later in pairwise(one))
    assert longest <= timedelta(minutes=minutes + 3)
    assert max(min(one) for one in seen.values()) <= min(times) + timedelta(minutes=minutes + 3)
    assert max(Counter(times).values()) < 30  # in three minutes: nobody comes at nine with all others
    assert world.paused
    assert all(0 < one <= 0.25 for one in world.paused)


async def test_a_store_where_nothing_is_due_is_asked_once_a_queue(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each minute and process: reminders of days and looks for news."""
    asked, lease = list[str](), world.store.lease

    async def counted(kind: str, **rest: Any) -> Row | None:
        asked.append(kind)
        return await lease(kind, **rest)

    monkeypatch.setattr(world.store, "lease", counted)
    await all_due(world.process())
    assert len(asked) == len(set(asked)) == 2
