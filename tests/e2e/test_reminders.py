"""Reminders and news from the words that ask for them to the message that is told, and a calendar file."""

import re
import time as seconds
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec
import pytest
from icalendar import Calendar

from bot.delivery.reminders import Reminder, Reminders, kind_of
from bot.message import Private
from bot.sandbox.behaviour import Fault
from bot.stores.base import NewRow
from tests.days import DAY
from tests.e2e.house import EOB, House, Said
from tests.e2e.test_documents import browser, fetch, given
from tests.reminded import all_due

pytestmark = pytest.mark.calendar
TELLING = ("appeal", "claim", "theo", "mri", "kapoor", "$")


def clocked(house: House, now: Callable[[], datetime]) -> None:
    """Let it be that moment for what is told unasked."""
    house.bot.due.now = house.bot.turn._connecting._reminding._now = now


def noon_of(day: date) -> datetime:
    """Noon where the bot is."""
    return datetime.combine(day, time(12), ZoneInfo("America/Chicago"))


async def told(house: House, about: Literal["news"] | None = None) -> list[int]:
    """How many are told of the one wish that there is, once it is due, and then again."""
    [row] = await house.bot.store.listed(kind_of("console", about) if about else kind_of("console"))
    await house.bot.store.hold(row.kind, row.key, until=0)
    return [await all_due(house.bot.due), await all_due(house.bot.due)]


async def watching(house: House, rows: Reminders) -> None:
    """Ask for news, of which one claim was not there yet."""
    await house.say("tell me when a new claim comes")
    [(_, asked)] = await rows.of(house.person)
    assert isinstance(await rows.watch(msgspec.structs.replace(asked, known=asked.known[1:]), 0), Reminder)


@pytest.mark.threat("T26", "T65")
async def test_from_words_to_message_and_calendar(house: House) -> None:
    """Neither message nor calendar tells anything of the claim; the button under the message does, to its person."""
    await house.sign_in("theo")
    said = await house.say("remind me about the appeal")
    named = re.search(r"your last day to appeal: about (\w+ \d+, \d+)", said.text)
    assert named, said.text
    last = datetime.strptime(named.group(1), "%B %d, %Y").date()  # noqa: DTZ007 -- a day

    offer = given(await house.say("Add to my calendar", press=said.buttons["Add to my calendar"]))
    async with browser(house) as client:
        file = await fetch(client, offer.url, offer.code, "ics")
        assert (await client.get(offer.url)).status_code == 410
    assert file.headers["content-type"] == "text/calendar; charset=utf-8"
    assert file.headers["content-disposition"] == 'attachment; filename="health-plan-deadline.ics"'
    [event] = Calendar.from_ical(file.text).walk("VEVENT")
    assert (event.decoded("dtstart"), str(event["summary"])) == (last, "Deadline of your health plan")
    alarms = [alarm.decoded("trigger") for alarm in event.walk("VALARM")]
    assert alarms == [timedelta(days=-days, hours=9) for days in (30, 7, 1)]
    assert not [word for word in TELLING if word in file.text.casefold()]

    clocked(house, lambda: noon_of(last - timedelta(days=7)))
    assert await told(house) == [1, 0]
    [pushed] = house.pushed
    assert isinstance(pushed, Private)
    message = Said([pushed])
    assert "You asked me to remind you of a deadline: it's in 7 days." in message.text
    assert not [word for word in TELLING if word in message.text.casefold()]
    shown = await house.say("Show it", press=message.buttons["Show it"])
    assert f"You can appeal until about {named.group(1)}" in shown.text


@pytest.mark.threat("T26", "T55")
async def test_from_a_new_claim_to_the_end_of_the_sign_in(dana: House) -> None:
    """One of her claims was not there when she asked: told without a word of it, and so is that the looking ended."""
    bot, noon = dana.bot, noon_of(DAY)
    clocked(dana, lambda: noon)
    rows = Reminders(bot.table, lambda: noon)
    await watching(dana, rows)
    assert [await all_due(bot.due), await all_due(bot.due)] == [1, 0]
    [news] = dana.pushed
    message = Said([news])
    assert "There is something new that you asked me to tell you about." in message.text
    assert not [word for word in TELLING if word in message.text.casefold()]
    assert "Your claims" in (await dana.say("Show it", press=message.buttons["Show it"])).text
    assert [row.detail for row in await bot.audit.of(dana.person)].count("reminder.watch") == 2

    link = await bot.accounts.link(dana.person)
    assert link is not None
    await bot.store.drop("tokens", link.id)
    noon += timedelta(days=1)  # of today's one message was enough
    assert await told(dana, "news") == [1, 0]
    ended = Said([dana.pushed[-1]])
    assert (len(dana.pushed), "I've stopped checking: your sign-in has ended." in ended.text) == (2, True)
    again = await dana.say("Sign in and go on", press=ended.buttons["Sign in and go on"])
    assert "sign-in has ended" in again.text
    assert await rows.of(dana.person) == []


@pytest.mark.threat("T11", "T65")
@pytest.mark.attack("a wish that reads another member's record")
async def test_wishes_end_with_the_record_that_they_are_about(house: House) -> None:
    """Signed in again they stay; another member ends them, which is said, and none of them reads that record."""
    bot = house.bot
    clocked(house, lambda: noon_of(DAY))
    await house.sign_in("theo")
    for words in ("remind me about the appeal", "tell me when a new claim comes"):
        await house.say(words)
    again = await house.sign_in("theo")
    both = kind_of("console"), kind_of("console", "news")
    kept = [row for kind in both for row in await bot.store.listed(kind)]
    assert len(kept) == 2
    assert "reminder" not in again.text

    moved = await house.sign_in("dana")
    assert "Your 2 reminders about the record that was connected before are off." in moved.text
    assert [await bot.store.listed(kind) for kind in both] == [[], []]
    assert "You have no reminders." in (await house.say("my reminders")).text

    person = house.person
    for row in kept:  # the process died before it ended them
        await bot.store.take_in(
            NewRow(row.kind, row.key, row.value, seconds.time() + 3_600, person.key), row.key, until=0
        )
    before = len(house.sandbox.requests)
    assert await all_due(bot.due) == 0
    assert [seen.path for seen in list(house.sandbox.requests)[before:] if "ExplanationOfBenefit" in seen.path] == []
    assert house.pushed == []


@pytest.mark.fault("F16")
async def test_a_wave_of_401_ends_no_wish(dana: House) -> None:
    """The wish stays as long as the sign-in does, and the news are told when the payer takes the token again."""
    bot, rows = dana.bot, Reminders(dana.bot.table, lambda: noon_of(DAY))
    clocked(dana, lambda: noon_of(DAY))
    await watching(dana, rows)
    link = await bot.accounts.link(dana.person)
    assert link is not None
    bot.recent.forget(link.id)
    dana.break_(Fault(EOB, 401, times=None))
    assert await all_due(bot.due) == 0
    assert (dana.pushed, len(await rows.of(dana.person))) == ([], 1)
    dana.heal()
    assert await told(dana, "news") == [1, 0]


@pytest.mark.threat("T68")
@pytest.mark.attack("an appeal that another member's connection shows")
@pytest.mark.parametrize("unlinks", [False, True])
async def test_an_appeal_goes_with_its_connection_and_its_record(house: House, *, unlinks: bool) -> None:
    """The same member finds it again, and none of it is kept after unlink, or for another member in the same chat."""
    await house.sign_in("theo")
    said = await house.say("I sent the appeal for my MRI on Monday")
    assert len(await house.bot.store.listed("appeal_case")) == 1, said.text
    await house.sign_in("theo")
    assert "At your plan since" in (await house.say("where is my appeal")).text
    await (house.say("unlink") if unlinks else house.sign_in("dana"))
    assert await house.bot.store.listed("appeal_case") == []


@pytest.mark.threat("T26", "T65")
async def test_a_plans_answer_that_is_due_is_told_without_a_word_of_it(house: House) -> None:
    """On the day, once; its button shows the case, to its person."""
    await house.sign_in("theo")
    said = await house.say("I sent the appeal for my MRI on Monday")
    assert "on the day itself" in (await house.say("Remind me then", press=said.buttons["Remind me then"])).text
    [(_, kept)] = await Reminders(house.bot.table, lambda: datetime.now(ZoneInfo("UTC"))).of(house.person)
    morning = datetime.combine(kept.last, time(10, 30), ZoneInfo("America/Chicago"))
    clocked(house, lambda: morning)
    assert await told(house) == [1, 0]
    message = Said([*house.pushed])
    assert "You asked me to tell you when an answer is due: it's today." in message.text
    assert not [word for word in TELLING if word in message.text.casefold()]
    assert "At your plan since" in (await house.say("Show it", press=message.buttons["Show it"])).text
