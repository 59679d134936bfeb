"""One account in two chats, and answers that are on their way when the account is disconnected (T23, T53, F54)."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.app import Bot
from bot.cli.own_pages import Browser, link_in
from bot.message import Message, OneToOne, Person, Private
from bot.replies.plain import plain
from bot.sandbox.app import Sandbox, serve_sandbox
from bot.sandbox.behaviour import Fault
from tests.cases import saw
from tests.stage import TODAY, serving_bot
from tests.worlds import world_of

SLACK = Person("slack", "", "T1", "U1", name="Dana", home="Slack, Contoso")
TEAMS = Person("teams", "", "tenant", "object", name="Dana", home="Teams")
OTHER = Person("slack", "", "T1", "U2", name="Leah", home="Slack, Contoso")
OWED = "what did i owe for my last visit"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[tuple[Bot, Sandbox]]:
    """A bot and its payer."""
    async with serve_sandbox(world_of(TODAY)) as sandbox, serving_bot(sandbox, tmp_path / "bot.db") as bot:
        yield bot, sandbox


async def say(bot: Bot, person: Person, text: str) -> str:
    """What a person reads."""
    replies = [reply async for reply in bot.turn.answer(Message("m", person, OneToOne("chat"), text))]
    words = "\n".join(plain(reply.blocks) for reply in replies)
    saw(words)
    return words


async def link(bot: Bot, person: Person, member: str) -> None:
    """Connect a member."""
    replies = [reply async for reply in bot.turn.answer(Message("m", person, OneToOne("chat"), "link"))]
    url = next(found for reply in replies if (found := link_in(reply)))
    async with Browser() as browser:
        code = await browser.sign_in(url, member)
    assert "is connected" in await say(bot, person, code)


@pytest.mark.threat("T23")
async def test_the_older_chat_hears_of_a_second_and_both_are_listed(house: tuple[Bot, Sandbox]) -> None:
    """The same record from Slack and Teams: Slack is told, each sees that there is another, strangers see nothing."""
    bot, _ = house
    told: list[tuple[Person, str]] = []

    async def push(person: Person, reply: Private) -> None:
        told.append((person, plain(reply.blocks)))

    bot.reach.push["slack"] = bot.reach.push["teams"] = push
    await link(bot, OTHER, "leah")
    await link(bot, SLACK, "dana")
    assert told == []
    await link(bot, TEAMS, "dana")
    ((older, words),) = told
    assert older == SLACK
    assert "was just connected to another chat as well, in Teams" in words
    assert "Dana" not in words
    assert "also connected to 1 other chat (Teams)." in await say(bot, SLACK, "am i linked")
    assert "también está conectada a 1 chat más (Slack)" in await say(bot, TEAMS, "¿está vinculada mi cuenta?")
    assert "other chat" not in await say(bot, OTHER, "am i linked")
    await link(bot, TEAMS, "dana")
    assert len(told) == 1


@pytest.mark.threat("T53")
async def test_a_members_answer_stands_as_long_as_its_own_link(house: tuple[Bot, Sandbox]) -> None:
    """What a channel asks before it shows one: no longer after "unlink", not even when another link was made."""
    bot, _ = house
    await link(bot, SLACK, "dana")
    message = Message("m", SLACK, OneToOne("chat"), OWED)
    [reply] = [reply async for reply in bot.turn.answer(message)]
    assert isinstance(reply, Private)
    assert await reply.stands()
    await bot.accounts.unlink(SLACK)
    assert not await reply.stands()
    await link(bot, SLACK, "dana")
    assert not await reply.stands()


@pytest.mark.fault("F54")
@pytest.mark.threat("T53")
async def test_an_answer_on_its_way_is_not_shown_after_unlink(house: tuple[Bot, Sandbox]) -> None:
    """Disconnecting in another window while the payer is answering: no amount, one true sentence, no audit row."""
    bot, sandbox = house
    await link(bot, SLACK, "dana")
    release = asyncio.Event()
    sandbox.behaviour.faults.append(Fault("/fhir/r4/ExplanationOfBenefit", rewrite=lambda body: body, hold=release))
    asked = asyncio.create_task(say(bot, SLACK, OWED))
    async with asyncio.timeout(10):
        while not any("ExplanationOfBenefit" in seen.path for seen in sandbox.requests):  # noqa: ASYNC110 -- see it come
            await asyncio.sleep(0.01)
    await bot.accounts.unlink(SLACK)
    release.set()
    words = await asked
    assert "Your account was disconnected while I was reading" in words
    assert "$" not in words
    assert "answered" not in [row.what for row in await bot.audit.of(SLACK)]
