"""A question asked twice within two minutes is read once, and says so; whoever disconnects is read anew."""

import asyncio
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.sandbox.behaviour import Fault
from tests.e2e.house import EOB, OWED, House, somebody


async def test_a_question_asked_again_calls_nobody_and_says_when_it_was_read(dana: House) -> None:
    """The answer is the same, its age is told, and the record's own time stays that of the reading."""
    first = await dana.say(OWED)
    calls = dana.asked()
    dana.clock.waited.append(90)
    again = await dana.say(OWED)
    assert dana.asked() == calls
    assert "$54.87" in again.text
    assert "just now" in first.text
    assert "BlueCross sent this 1 minute ago." in again.text
    assert again.last.sources[0].fetched_at - first.last.sources[0].fetched_at < timedelta(seconds=30)
    at = first.last.sources[0].fetched_at.astimezone(ZoneInfo("America/Chicago"))
    how = await dana.say("", press=again.buttons["How do you know?"])
    technical = await dana.say("", press=how.buttons["Technical"])
    assert f"at {at:%H:%M}" in technical.text


async def test_check_again_reads_anew(dana: House) -> None:
    """Who waits for a claim to change presses the button, and the same question is asked of the payer."""
    await dana.say(OWED)
    calls = dana.asked()
    dana.clock.waited.append(90)
    again = await dana.say(OWED)
    fresh = await dana.say("", press=again.buttons["Check again"])
    assert dana.asked() == calls + 1
    assert fresh.last.intent == "claim.last_visit_cost"
    assert "minute ago" not in fresh.text
    assert "Check again" not in fresh.text


@pytest.mark.threat("T32")
@pytest.mark.parametrize("another", [True, False], ids=["another person", "two minutes later"])
async def test_two_members_of_one_record_share_nothing(dana: House, *, another: bool) -> None:
    """Who is connected to the same member reads with their own sign-in, and later there may be something new."""
    await dana.say(OWED)
    calls = dana.asked()
    if another:
        dana.person = somebody("other")
        await dana.sign_in()
    else:
        dana.clock.waited.append(121)
    assert "ago" not in (await dana.say(OWED)).text
    assert dana.asked() == calls + 1


@pytest.mark.threat("T32")
async def test_unlinking_forgets_at_once(dana: House) -> None:
    """After "unlink" nothing is answered; connected again, the records are read again."""
    await dana.say(OWED)
    await dana.say("unlink")
    assert "$" not in (await dana.say(OWED)).text
    calls = dana.asked()
    await dana.sign_in()
    assert dana.asked() == calls + 1  # the question that waited answers itself


@pytest.mark.threat("T32")
async def test_connecting_as_somebody_else_shows_nothing_of_before(dana: House) -> None:
    """A second sign-in in the same chat is another link: what the first one read is not looked at."""
    assert "$54.87" in (await dana.say(OWED)).text
    await dana.sign_in("rosa")
    assert "$54.87" not in (await dana.say(OWED)).text


@pytest.mark.threat("T32")
async def test_an_unlink_while_a_page_is_under_way_keeps_nothing(dana: House) -> None:
    """The page that comes after the end of its link is held nowhere."""
    hold = asyncio.Event()
    dana.break_(Fault(EOB, hold=hold))
    question = asyncio.create_task(dana.say(OWED))
    while not dana.asked():  # noqa: ASYNC110 -- the payer has no event for a request that came
        await asyncio.sleep(0)
    await dana.say("unlink")
    hold.set()
    await question
    assert not dana.bot.recent._room.currsize


async def test_marked_records_are_read_each_time(house: House) -> None:
    """Records with a 42 CFR Part 2 label are never kept (T33)."""
    await house.sign_in("jesse")
    await house.say("list my claims")
    calls = house.asked()
    await house.say("list my claims")
    assert house.asked() == 2 * calls
    assert not house.bot.recent._room.currsize
