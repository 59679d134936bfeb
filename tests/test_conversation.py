"""What holds from one message to the next: the list that was shown, the place, the plan year."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from bot.cli.admin import ratings_of
from bot.message import Shareable
from bot.replies.plain import plain
from tests.connecting import signed_in
from tests.stage import Stage, Talk, buttons

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
    assert all("service-date=ge2026-04-30" in one for one in claims if "missing=true" not in one), claims


@pytest.mark.attack("a button whose id was made up")
@pytest.mark.threat("T36")
async def test_a_button_that_nobody_showed_is_answered_like_any_other(stage: Stage) -> None:
    """An id may be made up, or outlive a release that knew its intent; its language is one that there are words in."""
    talk = await _linked(stage, "dana")
    made_up = ("nothing.here", "zz.zz", "home", "document", "account.choose", "account.anything", "reminder.due")
    of_an_answer = ("answer.entry", "answer.sources", "safety.crisis", "followup.more", "followup.ordinal")
    for intent in (*made_up, *of_an_answer):
        (reply,) = await talk.say("", press=f"{intent}.en")
        assert "button" in plain(reply.blocks), intent
    for language, meant in (("xx", "en"), ("es", "es")):
        reply = (await talk.say("", press=f"help.{language}"))[-1]
        assert (reply.intent, reply.language) == ("help", meant)
    await talk.say("", press="account.status.en")
    assert {sample.labels["language"] for one in talk.bot.meter._answers.collect() for sample in one.samples} <= {
        "en",
        "es",
    }


@pytest.mark.fault("F51")
@pytest.mark.parametrize("spelt", [str, str.lower, lambda code: f"  {code.replace('-', ' ')} "])
async def test_a_code_whose_answer_was_lost_is_answered_again(stage: Stage, spelt: Callable[[str], str]) -> None:
    """A process dies after the code was taken: the next one says what it led to, to nobody else."""
    talk, other = stage.somebody(), stage.somebody()
    await talk.say("link")
    assert talk.link
    code = await signed_in(talk.link, "dana")
    await talk.say(spelt(code))
    (again,) = await talk.say(spelt(code))
    assert again.intent == "account.status"
    assert "Dana M." in plain(again.blocks)
    (stranger,) = await other.say(spelt(code))
    assert "Dana" not in plain(stranger.blocks)


async def test_what_is_said_of_answers_is_counted_without_words_or_people(stage: Stage) -> None:
    """A thumb counts once, for the answer's intent and rule; "that's wrong" counts for the last answer."""
    talk = await _linked(stage, "dana")
    first = (await talk.say("how much was my last visit"))[-1].rating
    assert first is not None
    await talk.say("did I meet my deductible")
    for _ in range(2):
        assert "helps" in plain((await talk.say("", press=first.right.id))[0].blocks)
    await talk.say("that's wrong")
    await talk.press("The amount")
    await talk.say("", press=first.wrong.id)
    why = await talk.press("Hard to understand")
    assert (why[0].intent, "$54.87" in plain(why[0].blocks)) == ("claim.why", True)
    assert [line async for line in ratings_of(talk.bot.settings)] == [
        "2026-05  claim.last_visit_cost  care: helpful 1, not helpful 1, hard to understand 1",
        "2026-05  coverage.cost_share  share: not helpful 1, wrong amount 1",
    ]
    assert b'bot_ratings_total{intent="coverage.cost_share",outcome="amount",rule="share"} 1.0' in talk.bot.meter.page(
        0
    )


async def test_only_an_answer_to_its_reader_alone_can_be_rated(stage: Stage) -> None:
    """Not where others read, not under a line of danger, not what is no answer; a stranger's thumb counts nothing."""
    talk = await _linked(stage, "dana")
    rated = (await talk.say("what did I owe for my last visit"))[-1].rating
    assert rated is not None
    assert (await talk.say("find a cardiologist near 37402", place="channel"))[-1].rating is None
    danger = (
        await talk.say("I have crushing chest pain right now and can't breathe, what did I owe for my last visit")
    )[-1]
    assert (danger.alarm, danger.rating) == ("safety.emergency", None)
    assert (await talk.say("hello"))[-1].rating is None
    before = await talk.bot.store.listed("rating")
    assert "expired" in plain((await stage.somebody().say("", press=rated.right.id))[-1].blocks)
    assert await talk.bot.store.listed("rating") == before


async def test_what_is_not_understood_in_a_shared_place_is_said_to_its_writer_alone(stage: Stage) -> None:
    """Nobody else reads it, also the second time; who is connected is offered what everybody is."""
    talk = await _linked(stage, "dana")
    for _ in range(2):
        [reply] = await talk.say("blorp the frobnicator", place="channel")
        assert (reply.to_asker, isinstance(reply, Shareable)) == (True, True)
        intents = {button.press.intent for button in buttons(reply) if button.press}
        assert intents
        assert all(talk.bot.pack.intents[intent].needs != "member" for intent in intents)
    [own] = await talk.say("blorp the frobnicator")
    assert not own.to_asker


async def test_whom_the_platform_does_not_name_is_told_why(stage: Stage) -> None:
    """The reason is not that guests get the directory only; what the directory says is answered."""
    talk = stage.somebody()
    unnamed = replace(talk.message("my claims"), directory_only=True, unnamed=True)
    [refused] = [reply async for reply in talk.bot.turn.answer(unnamed)]
    assert "didn't tell me who you are" in plain(refused.blocks)
    listed = replace(unnamed, text="find a cardiologist near 37402")
    assert "Grace Okafor" in plain([reply async for reply in talk.bot.turn.answer(listed)][-1].blocks)


async def test_a_form_is_answered_in_its_own_language(stage: Stage) -> None:
    """Its choices are sent in one language, whatever their labels."""
    talk = stage.somebody()
    sent = replace(talk.message('specialty:"cardiologist" near:"37402"'), form="provider.find", language="es")
    replies = [reply async for reply in talk.bot.turn.answer(sent)]
    assert (replies[-1].intent, replies[-1].language) == ("provider.find", "es")


IN_FOCUS = (
    "what did okafor cost me", "is dr okafor in network", "did okafor send the referral", "change my pcp to dr okafor",
    "who did I see on may 11",
)  # fmt: skip
OF_THEM = {
    "whats her number": "(423) 555-0142",
    "book me with her": "(423) 555-0142",
    "her address": "620 Riverfront Pkwy",
    "does she do sports physicals": "Grace Okafor, MD",
    "is she a surgeon": "Grace Okafor, MD",
    "what kind of doctor is that": "Cardiology",
}


async def test_whoever_is_spoken_of_is_the_one_asked_about_next(stage: Stage) -> None:
    """However a doctor came up, and whatever is asked of her then: neither a refusal nor somebody else answers."""
    talk = await _linked(stage, "dana")
    wrong = []
    for first in IN_FOCUS:
        for then, told in OF_THEM.items():
            await talk.say("start over")
            await talk.say(first)
            reply = (await talk.say(then))[-1]
            if told not in plain(reply.blocks) or not (reply.intent or "").startswith("provider."):
                wrong.append((first, then, reply.intent, plain(reply.blocks)[:80]))
    assert wrong == [], "\n".join(map(str, wrong))


async def test_those_two_are_both_who_were_asked_about(stage: Stage) -> None:
    """Asked one after the other, they are compared by their listings and by the claims."""
    talk = await _linked(stage, "dana")
    for then, told in {
        "who takes new patients out of those 2": ("Grace Okafor, MD", "Linh Tran, MD"),
        "which of those two did I see last": ("The last was May 11, 2026", "April 9, 2026"),
    }.items():
        for said in ("start over", "is dr okafor in my network", "what about dr tran"):
            await talk.say(said)
        reply = plain((await talk.say(then))[-1].blocks)
        assert all(one in reply for one in told), reply
