"""A Slack, an app behind a real server, and a turn that answers by keyword."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import uvicorn
from starlette.applications import Starlette

from bot.channels.slack.app import SlackApp
from bot.message import Action, Actions, Language, Line, Message, Press, Private, Shareable, Span
from bot.replies.render import Words
from tests.doubles.slack import SECRET, TOKEN, SlackDouble

TEMPLATES = Path(__file__).parents[3] / "templates"
PLANTED = "$54.87 Grace Okafor"


class KeywordTurn:
    """Member questions hold "owe" and get a private answer; the rest gets a shareable one."""

    def __init__(self) -> None:
        self.heard: list[Message] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def answer(self, message: Message) -> AsyncIterator[Private | Shareable]:
        """One reply, or two when "twice" is asked."""
        self.heard.append(message)
        await self.gate.wait()
        if "break" in message.text:
            raise RuntimeError(PLANTED)
        if "slowly" in message.text:
            for read in (100, 600):
                note = Line((Span(f"Still reading: {read} of about 1,000 claims."),))
                yield Private(intent="claim.spending", language="en", blocks=(note,), final=False, passing=True)
        language: Language = "es" if "debo" in message.text else "en"
        if "owe" in message.text or "debo" in message.text or message.press == "mine":
            for _ in range(2 if "twice" in message.text else 1):
                yield Private(intent="claim.last_visit_cost", language=language, blocks=private_blocks())
        else:
            said = Line((Span(f"heard {message.text}"),))
            yield Shareable(intent="provider.find", language="en", blocks=(said,))


def private_blocks() -> tuple[Line | Actions, ...]:
    """An answer with member data and both kinds of button."""
    buttons = (
        Action("opaque1", "Details", press=Press("claim.detail")),
        Action("link", "Connect", url="https://b.example/"),
    )
    return Line((Span(PLANTED, bold=True), Span(" <!channel> & more"))), Actions(buttons)


@dataclass
class Memory:
    """A dedupe that remembers; `lost` makes it fail."""

    seen: set[str] = field(default_factory=set)
    lost: bool = False

    async def first(self, key: str) -> bool:
        """True once a key."""
        if self.lost:
            raise OSError("the store is away")
        if key in self.seen:
            return False
        self.seen.add(key)
        return True


@dataclass
class House:
    """Everything a test needs."""

    slack: SlackDouble
    turn: KeywordTurn
    app: SlackApp
    memory: Memory

    async def deliver(self, body: dict[str, object], *, times: int = 1) -> list[int]:
        """Deliver, and wait until the answers are out."""
        statuses = await self.slack.deliver(body, times=times)
        await self.app.drain()
        return statuses


@pytest.fixture
async def house() -> AsyncIterator[House]:
    """The app behind uvicorn on a free port, wired to the double."""
    slack, turn, memory = SlackDouble(), KeywordTurn(), Memory()
    await slack.start()
    app = SlackApp(
        turn,
        Words(TEMPLATES),
        bot_token=TOKEN,
        signing_secret=SECRET,
        first=memory.first,
        api_url=slack.api_url,
    )
    await app.start()
    config = uvicorn.Config(Starlette(routes=app.routes()), port=0, log_config=None, lifespan="off")
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    port = server.servers[0].sockets[0].getsockname()[1]
    slack.app_url = f"http://127.0.0.1:{port}/slack/events"
    yield House(slack, turn, app, memory)
    await app.stop()
    await slack.stop()
    await server.shutdown()
    assert slack.refused == []
