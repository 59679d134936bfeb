"""What holds from one message to the next: the list that was shown, the place, the plan year."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.cli.browser import Browser
from bot.message import Item
from bot.replies.plain import plain
from tests.stage import Stage, Talk

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def _linked(stage: Stage, username: str) -> Talk:
    talk = stage.somebody()
    await talk.connect(username)
    return talk


async def test_a_plan_year_is_that_of_the_coverage(stage: Stage) -> None:
    """Noor's coverage began this month, so her plan year did; a day more on both sides is asked for."""
    talk = await _linked(stage, "noor")
    before = len(stage.sandbox.requests)
    await talk.say("how much did I spend this plan year")
    claims = [seen.query for seen in list(stage.sandbox.requests)[before:] if "/ExplanationOfBenefit" in seen.path]
    assert claims
    assert all("service-date=ge2026-04-30" in query for query in claims)


async def test_thanks_leave_the_list_as_it_was(stage: Stage) -> None:
    """After small talk, entries are still entries, whatever is asked about them."""
    talk = stage.somebody()
    listed = await talk.say("urgent care near 38104")
    names = [block.lines[0].spans[0].text for block in listed[-1].blocks if isinstance(block, Item)]
    assert len(names) > 2
    await talk.say("thanks")
    for said, index in (("the second one", 1), ("phone of the third one", 2)):
        (reply,) = await talk.say(said)
        assert names[index] in plain(reply.blocks)


async def test_home_is_named_before_it_is_used(stage: Stage) -> None:
    """Who says "near me" hears whose address that is first, once in a row."""
    talk = await _linked(stage, "dana")
    told, found = await talk.say("find a dentist near me")
    assert (told.final, "home address" in plain(told.blocks)) == (False, True)
    assert "your home, 37402" in plain(found.blocks)
    (again,) = await talk.say("only women")
    assert "your home" in plain(again.blocks)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("find a dentist in Hartford CT", "Hartford, CT is too far away"),
        ("urgent care near Gotham", "a place called Gotham"),
        ("find a dentist in Georgia", "Where should I look?"),
    ],
)
async def test_a_place_that_cannot_be_searched_is_said_so(stage: Stage, said: str, words: str) -> None:
    """Nothing is searched; a button of a city keeps the rest of the question."""
    talk = stage.somebody()
    before = len(stage.sandbox.requests)
    (reply,) = await talk.say(said)
    assert words in plain(reply.blocks)
    searched = [seen.path.rpartition("/")[2] for seen in list(stage.sandbox.requests)[before:]]
    assert not {"PractitionerRole", "HealthcareService"} & set(searched)
    (found,) = await talk.press("Chattanooga")
    assert found.intent == reply.intent
    assert "Chattanooga" in plain(found.blocks)


@pytest.mark.fault("F51")
@pytest.mark.parametrize("spelt", [str, str.lower, lambda code: f"  {code.replace('-', ' ')} "])
async def test_a_code_whose_answer_was_lost_is_answered_again(stage: Stage, spelt: Callable[[str], str]) -> None:
    """A process dies after the code was taken: the next one says what it led to, to nobody else."""
    talk, other = stage.somebody(), stage.somebody()
    await talk.say("link")
    assert talk.link
    async with Browser() as browser:
        code = await browser.sign_in(talk.link, "dana")
    await talk.say(spelt(code))
    (again,) = await talk.say(spelt(code))
    assert again.intent == "account.status"
    assert "Dana M." in plain(again.blocks)
    (stranger,) = await other.say(spelt(code))
    assert "Dana" not in plain(stranger.blocks)
