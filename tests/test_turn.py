"""The order of the steps, whoever asks: errors are answers, silence is broken, and nobody's answer reaches another."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.app import Bot
from bot.kit import Answer, Ask, Reroute, Summary
from bot.message import Private, Reply, Shareable
from bot.payer.budget import Patience
from bot.replies.plain import plain
from bot.sandbox.behaviour import Fault
from tests.shipped import shipped_pack
from tests.stage import Stage, Talk, buttons, serving_bot

pytestmark = pytest.mark.asyncio(loop_scope="module")
ASKED = "what did I owe for my last visit"
INTENTS = shipped_pack().intents
OF_MEMBERS = sorted(name for name, rules in INTENTS.items() if rules.needs == "member")
_CLAIMS = "/fhir/r4/ExplanationOfBenefit"


def _text(replies: list[Reply]) -> str:
    return "\n".join(plain(reply.blocks) for reply in replies)


async def _linked(stage: Stage, bot: Bot, username: str) -> Talk:
    talk = Talk(bot, stage.sandbox, stage.somebody().person)
    await talk.connect(username)
    return talk


async def test_silence_is_broken_and_the_answer_still_comes(stage: Stage, tmp_path: Path) -> None:
    """When the payer takes its time, the person hears so at once; the answer follows as the last reply."""
    async with serving_bot(stage.sandbox, tmp_path / "a.db", patience=Patience(notice=0.02)) as bot:
        talk = await _linked(stage, bot, "dana")
        hold = asyncio.Event()
        stage.sandbox.behaviour.faults.append(Fault(_CLAIMS, hold=hold, times=1))
        replies = []
        async for reply in bot.turn.answer(talk.message(ASKED)):
            replies.append(reply)
            hold.set()
    stage.sandbox.behaviour.faults.clear()
    assert [reply.final for reply in replies] == [False, True]
    assert {reply.intent for reply in replies} == {"claim.last_visit_cost"}
    assert isinstance(replies[0], Private)
    assert replies[0].passing
    assert not replies[1].passing
    assert "$54.87" in plain(replies[1].blocks)


SLOW_SUMS = {
    "what did I spend this year": "Still reading: 2 of about",
    "cuánto he gastado este año": "Sigo leyendo: 2 de unas",
}


@pytest.mark.parametrize("asked", SLOW_SUMS)
async def test_a_long_reading_says_how_far_it_is(stage: Stage, tmp_path: Path, asked: str) -> None:
    """While the second page is awaited, the person reads how many claims have come, and of about how many."""
    behaviour, hold, told, last = stage.sandbox.behaviour, asyncio.Event(), "", None
    async with serving_bot(stage.sandbox, tmp_path / "a.db", patience=Patience(notice=0.02, again=0.02)) as bot:
        talk = await _linked(stage, bot, "dana")
        most, behaviour.max_count = behaviour.max_count, 2
        behaviour.faults.append(Fault(_CLAIMS, hold=hold, after=1, times=None))
        async for last in bot.turn.answer(talk.message(asked)):
            if SLOW_SUMS[asked] in (words := plain(last.blocks)):
                assert isinstance(last, Private)
                told = words
                hold.set()
    behaviour.faults.clear()
    behaviour.max_count = most
    assert told
    assert last
    assert last.final
    assert "$" in plain(last.blocks)


async def test_a_question_ends_at_its_wall(stage: Stage, tmp_path: Path) -> None:
    """A payer that never answers is said to be slow; the question ends, with a reference."""
    async with serving_bot(stage.sandbox, tmp_path / "a.db", patience=Patience(notice=0.02, wall=0.1)) as bot:
        talk = await _linked(stage, bot, "dana")
        hold = asyncio.Event()
        stage.sandbox.behaviour.faults.append(Fault(_CLAIMS, hold=hold, times=None))
        replies = await talk.say(ASKED)
        hold.set()
    stage.sandbox.behaviour.faults.clear()
    assert [reply.final for reply in replies] == [False, True]
    assert replies[-1].error is not None
    assert "$" not in _text(replies)


async def test_whatever_goes_wrong_is_a_sentence_and_a_reference(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An answer that breaks shows nothing of what broke, to the person or in the log; the next question works."""

    async def broken(_: Ask) -> Summary:
        raise ValueError("ZXB900031337 of Dana Mercer")

    talk = await _linked(stage, stage.bots["dm"], "dana")
    with monkeypatch.context() as patched:
        answers: Any = stage.bots["dm"].pack.answers
        patched.setitem(answers, "claim.list", broken)
        (reply,) = await talk.say("show my claims")
    seen = plain(reply.blocks) + "".join(capsys.readouterr())
    assert isinstance(reply, Private)
    assert reply.error is not None
    assert reply.error in plain(reply.blocks)
    assert not any(word in seen for word in ("ZXB900031337", "Mercer", "Traceback"))
    assert "$54.87" in _text(await talk.say(ASKED))


@pytest.mark.parametrize("of", ["said", "slots"])
async def test_answers_that_hand_on_to_each_other_end(stage: Stage, monkeypatch: pytest.MonkeyPatch, of: str) -> None:
    """Two answers that pass a question to each other end in one that goes by less of it, and that says so."""
    talk, own = await _linked(stage, stage.bots["dm"], "dana"), cast("dict[str, Answer]", stage.bots["dm"].pack.answers)

    def passing(name: str, other: str) -> Callable[[Ask], Awaitable[Summary]]:
        answered = own[name]

        async def answer(ask: Ask) -> Summary:
            if getattr(ask, of):
                raise Reroute(other, **ask.arguments)
            return await answered(ask)

        return answer

    with monkeypatch.context() as patched:
        for name, other in (("claim.list", "claim.visits"), ("claim.visits", "claim.list")):
            patched.setitem(own, name, passing(name, other))
        (reply,) = await talk.say("show my claims over $500 in 2025")
    assert reply.error is None
    assert "2025" in plain(reply.blocks).splitlines()[0]


async def test_two_people_at_once_each_get_their_own(stage: Stage) -> None:
    """Answers that are in work together do not mix."""
    dana, rosa = await _linked(stage, stage.bots["dm"], "dana"), await _linked(stage, stage.bots["dm"], "rosa")
    for talk in (dana, rosa):
        await talk.say(ASKED)  # the first answer says how to leave
    alone = _text(await rosa.say(ASKED))
    together = await asyncio.gather(*[talk.say(ASKED) for talk in (dana, rosa) * 8])
    assert {_text(replies) for replies in together[::2]} == {_text(await dana.say(ASKED))}
    assert {_text(replies) for replies in together[1::2]} == {alone}


async def test_a_button_means_the_same_after_other_questions(stage: Stage) -> None:
    """An old button still asks what it asked when it was shown."""
    talk = await _linked(stage, stage.bots["dm"], "dana")
    (first,) = await talk.say("my claims in March 2026")
    details = buttons(first)[0].id
    await talk.say("find a cardiologist near 37402")
    (reply,) = await talk.say("Details", press=details)
    assert "March 15, 2026" in plain(reply.blocks)


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("intent", OF_MEMBERS)
async def test_a_members_answer_is_private_by_type(stage: Stage, intent: str, language: str) -> None:
    """Each intent that needs a member: not linked, a private offer and no call; for a guest, words and no call."""
    said = INTENTS[intent].examples[language][0]
    before = len(stage.sandbox.requests)
    for guest in (False, True):
        for reply in await stage.somebody(guest=guest).say(said):
            assert reply.language == language
            assert isinstance(reply, Shareable) == (guest or INTENTS[intent].answer != "built")
            assert not reply.sources
    assert len(stage.sandbox.requests) == before


@given(st.text(max_size=4_000))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_any_text_gets_one_last_reply(stage: Stage, text: str) -> None:
    """Nothing that can be typed raises, loops or reads a member's data."""
    before = len(stage.sandbox.requests)
    replies = await stage.somebody().say(text)
    assert [reply.final for reply in replies][-1:] == [True]
    assert not any(reply.error for reply in replies)
    assert not any("authorization" in seen.header_names for seen in list(stage.sandbox.requests)[before:])
