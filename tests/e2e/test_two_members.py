"""Two members ask at the same time, and the payer's answers overtake each other: nobody reads the other's (T34)."""

import asyncio
import contextlib
import random
import re
from collections.abc import AsyncIterator
from datetime import datetime
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest

from bot.app import Bot, assemble, web_app
from bot.cli.chat import link_in
from bot.message import Message, OneToOne, Person
from bot.payer.http import Http
from bot.replies.plain import plain
from bot.sandbox.app import create_app
from bot.serving import listen, running
from tests.connecting import signed_in
from tests.e2e.planted import found, needles, strings_of
from tests.shipped import shipped_pack
from tests.stage import TODAY, settings_for
from tests.worlds import world_of

NOON = datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=ZoneInfo("America/Chicago"))
MEMBERS = {name: Person("console", "", "", f"chat-of-{name}", name=name) for name in ("dana", "rosa")}
QUESTIONS = (
    "what did I owe for my last visit",
    "list my claims",
    "who am i",
    "what is my deductible",
    "show my id card",
    "my conditions",
    "my lab results",
    "how much have i paid this year",
)
EACH, AT_ONCE = 200, 24


class Overtaking(httpx.AsyncBaseTransport):
    """The payer in this process; each answer waits a chance number of the event loop's turns before and after."""

    def __init__(self, inner: httpx.AsyncBaseTransport, chance: random.Random) -> None:
        self._inner, self._chance = inner, chance

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The payer's answer, some time."""
        await self._dawdle()
        answer = await self._inner.handle_async_request(request)
        await self._dawdle()
        return answer

    async def _dawdle(self) -> None:
        for _ in range(self._chance.randrange(40)):
            await asyncio.sleep(0)


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncIterator[Bot]:
    """A bot with both members connected, each at a payer that answers out of order."""
    world, socks = world_of(TODAY), (listen(), listen())
    app = create_app(world, f"http://127.0.0.1:{socks[0].getsockname()[1]}")
    wire = partial(Http, transport=Overtaking(httpx.ASGITransport(app), random.Random(34)))  # noqa: S311 -- no secret
    public = f"http://127.0.0.1:{socks[1].getsockname()[1]}"
    settings = settings_for(app.state.sandbox, tmp_path / "bot.db", bot_public_url=public)
    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(running(app, socks[0]))
        made = await stack.enter_async_context(assemble(settings, pack=shipped_pack(), http=wire, now=lambda: NOON))
        await stack.enter_async_context(running(web_app(made), socks[1]))
        for name, person in MEMBERS.items():
            replies = [reply async for reply in made.turn.answer(Message("m", person, OneToOne("chat"), "link"))]
            code = await signed_in(next(filter(None, map(link_in, replies))), name)
            await said(made, person, code, "chat")
        yield made


async def said(bot: Bot, person: Person, words: str, chat: str) -> str:
    """What a person reads in the end, but for how long ago it was read at the payer: a busy machine takes minutes."""
    replies = [reply async for reply in bot.turn.answer(Message("m", person, OneToOne(chat), words))]
    shown = "\n".join(plain(reply.blocks, addresses=False) for reply in replies if not reply.passing)
    return re.sub(r"just now|\d+ minutes? ago", "lately", shown)


@pytest.mark.threat("T34")
async def test_four_hundred_questions_mix_nothing(bot: Bot) -> None:
    """Every answer is the one that its member gets when alone, and none holds a string of the other's record."""
    world, chance = world_of(TODAY), random.Random(43)  # noqa: S311 -- no secret
    own = {name: needles(strings_of(world, name)) for name in MEMBERS}
    alone = {(name, words): await said(bot, MEMBERS[name], words, words) for name in MEMBERS for words in QUESTIONS}
    assert all(found(own[name], "\n".join(alone[name, words] for words in QUESTIONS)) for name in MEMBERS)
    asked = [(name, QUESTIONS[at % len(QUESTIONS)]) for name in MEMBERS for at in range(EACH)]
    chance.shuffle(asked)
    gate, answers = asyncio.Semaphore(AT_ONCE), dict[int, str]()

    async def ask(at: int, name: str, words: str) -> None:
        async with gate:
            if at % 4 == 0:
                bot.recent._links.clear()
            answers[at] = await said(bot, MEMBERS[name], words, f"chat-{at}")

    await asyncio.gather(*(ask(at, *one) for at, one in enumerate(asked)))
    assert [at for at, one in enumerate(asked) if answers[at] != alone[one]] == []
    for name, other in (("dana", "rosa"), ("rosa", "dana")):
        heard = "\n".join(answers[at] for at, one in enumerate(asked) if one[0] == name)
        assert found({one: plain for one, plain in own[other].items() if plain not in own[name].values()}, heard) == []
