"""Reminders are told once, by day, whatever dies; they go with their person, and who is gone hears nothing."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest

from bot.delivery.due import Mine
from bot.delivery.inbox import Later
from bot.delivery.reminders import MOST, NEWS, NotKept, Reminder, kind_of
from tests.doubles.mortal import Killed
from tests.reminded import DANA, LAST, WALTER, World, a_world, all_due


@pytest.fixture(params=["sqlite", "postgres"])
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    """An empty store of each kind."""
    async with a_world(request.param, request, tmp_path) as made:
        yield made


async def test_each_is_told_once_in_the_morning(world: World) -> None:
    """30, 7 and 1 days before, between nine and ten in the bot's time zone; afterwards the row goes."""
    await world.set()
    world.clock.to(date(2026, 10, 14), 8.9)
    assert await all_due(world.process()) == 0
    world.clock.to(date(2026, 10, 14), 10)
    assert await all_due(world.process()) == 1
    assert await world.live(date(2026, 11, 16)) == [30, 7, 1]
    assert await world.reminders.of(DANA) == []


async def test_what_ends_is_of_one_record(world: World) -> None:
    """A met deductible of one person ends nobody else's watch: their reminders are alike but for whose they are."""
    for whose in ("carmen", "mateo"):
        last = world.clock.at.date() + timedelta(days=30)
        await world.reminders.watch(Reminder(DANA, "deductible", "", last, (), whose=whose), 60)
    assert await world.reminders.delete_for_record(DANA, "carmen", "", "deductible") == 1
    assert [one.whose for _, one in await world.reminders.of(DANA)] == ["mateo"]


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
    assert await all_due(world.process()) == 0
    assert await world.live(date(2026, 10, 16)) == [29]
    assert [(moment.day, moment.hour) for moment in world.chat.at] == [(15, 11)]


async def test_after_a_long_silence_one_message_says_all(world: World) -> None:
    """Two that were missed are one; a day that is over is said to be over."""
    await world.set()
    await world.set("claim-2", last=LAST + timedelta(days=1))
    world.clock.to(LAST + timedelta(days=1), 9.2)
    assert sorted(await world.live(LAST + timedelta(days=4))) == [-1, 0]


async def test_a_kill_never_doubles(world: World) -> None:
    """Killed behind the post, or before it: nothing is posted again; the day itself follows an unsure last one."""
    await world.set()
    for day, before in ((date(2026, 10, 14), False), (date(2026, 11, 12), True)):
        world.clock.to(day, 11)
        world.chat.dies_behind, world.chat.fails = not before, [Killed()] if before else []
        with pytest.raises(Killed):
            await all_due(world.process())
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


@pytest.mark.fault("F51")
async def test_what_stood_in_a_message_whose_teller_died_is_told_once(world: World) -> None:
    """Of several days in one message, killed behind the post: who comes next reads the chat and repeats none."""
    world.chat.readable, world.chat.dies_behind, world.chat.bundles = True, True, world.reminders
    for record in ("claim-1", "claim-2", "claim-3"):
        await world.set(record)
    world.clock.to(LAST - timedelta(days=1), 12)
    with pytest.raises(Killed):
        await all_due(world.process())
    assert await world.live(LAST + timedelta(days=1)) == [1]
    assert {one.days for _, one in await world.reminders.of(DANA)} == {()}


async def test_what_a_later_release_keeps_is_left_alone(world: World) -> None:
    """A row of a kind that this release does not know ends no loop, and is there when it is known."""
    await world.set()
    [(key, one)] = await world.reminders.of(DANA)
    [row] = await world.store.listed(kind_of("slack"))
    later = msgspec.json.encode(one).replace(b'"appeal"', b'"premium"')
    await world.store.swap(row.kind, key, row.value, world.table.sealed(row.kind, key, later))
    await world.set("claim-2")
    world.clock.to(LAST - timedelta(days=1), 8)
    assert await world.live(LAST) == [1]
    assert [one.record for _, one in await world.reminders.of(DANA)] == ["claim-2"]
    assert len(await world.store.listed(kind_of("slack"))) == len(("claim-1", "claim-2"))


@pytest.mark.threat("T65")
async def test_a_person_gets_one_message_a_day(world: World) -> None:
    """What is due together stands in one; news found later come the next morning; a last day is never put off."""
    world.chat.bundles = world.reminders
    await world.set()
    await world.set("claim-2", last=date(2026, 12, 6))
    await world.set("claim-3", about="review")
    world.clock.to(date(2026, 11, 6), 8)
    await world.live(date(2026, 11, 7))
    assert [moment.day for moment in world.chat.at] == [6]
    assert sorted(one.days for _, one in await world.reminders.of(DANA)) == [(1,), (1,), (7, 1)]
    await world.watch("a", days=60)
    world.chat.claims.append("b")
    await world.live(date(2026, 11, 15))
    days = [moment.date() for moment in world.chat.at]
    assert len(days) == len(set(days))
    assert LAST - timedelta(days=1) in days
    assert world.chat.said.count(NEWS) == 1
    assert sorted(one.days for _, one in await world.reminders.of(DANA)) == [(), (), (), (7, 1)]


async def test_a_yearly_day_comes_again(world: World) -> None:
    """On the day, each year, for three years."""
    await world.set("plan", last=date(2027, 1, 1), about="year")
    days: list[int] = []
    for year in range(2027, 2032):
        world.clock.to(date(year, 1, 1), 8)
        await world.live(date(year, 1, 2))
        days += [moment.year for moment in world.chat.at[len(days) :]]
    assert days == [2027, 2028, 2029, 2030]


@pytest.mark.threat("T35")
async def test_a_row_says_nothing(world: World) -> None:
    """Neither the claim nor its day can be read in the store."""
    await world.set()
    [row] = await world.store.listed(kind_of("slack"))
    assert not [word for word in (b"claim-1", b"appeal", b"2026") if word in row.value + row.key.encode()]


@pytest.mark.fault("F52")
@pytest.mark.parametrize("frozen", [60, 130])
async def test_one_of_two_processes_posts(world: World, monkeypatch: pytest.MonkeyPatch, frozen: int) -> None:
    """A post has a whole lease, however long the platform took to say who is there; who lost it posts nothing."""
    world.chat.readable = True
    await world.set()
    world.clock.to(LAST - timedelta(days=30), 12)
    tell = world.chat.tell

    async def slow(_: object) -> bool:
        world.clock.at += timedelta(seconds=100)
        return True

    async def meanwhile(key: str, reminder: Reminder, days: int, mine: Mine) -> tuple[str, ...] | None:
        assert await mine()
        world.clock.at += timedelta(seconds=frozen)
        with monkeypatch.context() as patch:
            patch.setattr(world.chat, "tell", tell)
            for _ in range(2):  # what the first pass frees is told by the next
                await world.process().of_days()
        return await tell(key, reminder, days, mine)

    monkeypatch.setattr(world.chat, "is_present", slow)
    monkeypatch.setattr(world.chat, "tell", meanwhile)
    await world.process().of_days()
    assert world.chat.said == [30]
