"""A bot and its payer on loopback ports, and people who talk to it; everything in between is the real path."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from bot.app import Bot, assemble, web_app
from bot.cli.chat import link_in
from bot.config import Settings
from bot.message import Action, Actions, Item, Message, OneToOne, Person, Reply, Shared
from bot.payer.budget import Patience
from bot.replies.plain import plain
from bot.sandbox.app import Sandbox, serve_sandbox
from bot.sandbox.synthetic.tables import BENEFITS
from bot.sandbox.world import World
from bot.serving import listen, running
from tests.cases import saw
from tests.connecting import code_for, signed_in
from tests.shipped import shipped_pack
from tests.worlds import world_of

TODAY = date(2026, 5, 20)
UNHURRIED = Patience(notice=60, wall=60)  # on a busy machine, a slow answer is no "still looking"


class Elastic:
    """A monotonic clock that jumps over every wait, and knows how long the waits were."""

    def __init__(self) -> None:
        self.waited: list[float] = []

    def now(self) -> float:
        """Seconds, the skipped ones included."""
        return time.monotonic() + sum(self.waited)

    async def pause(self, seconds: float) -> None:
        """Skip these seconds."""
        self.waited.append(seconds)
        await asyncio.sleep(0)


@dataclass
class Stage:
    """A payer with its world, and a bot for each way of setting one up."""

    world: World
    sandbox: Sandbox
    bots: dict[str, Bot]
    people: int = 0

    def somebody(self, answers: str = "dm", *, guest: bool = False) -> Talk:
        """A new person who has never talked to the bot."""
        self.people += 1
        person = Person("console", "", "", f"person-{self.people}", name="Sam P.", home="a test")
        return Talk(self.bots[answers], self.sandbox, person, guest=guest)


@dataclass
class Talk:
    """One person's conversation."""

    bot: Bot
    sandbox: Sandbox
    person: Person
    guest: bool = False
    replies: list[Reply] = field(default_factory=list)
    link: str | None = None

    def message(self, text: str, *, place: str = "chat", press: str | None = None) -> Message:
        """What the channel would hand over."""
        where = OneToOne("chat") if place == "chat" else Shared("channel", "thread")
        return Message("m", self.person, where, text, press=press, directory_only=self.guest)

    async def say(self, text: str, *, place: str = "chat", press: str | None = None) -> list[Reply]:
        """The replies to a message."""
        message = self.message(text, place=place, press=press)
        self.replies = [reply async for reply in self.bot.turn.answer(message)]
        assert not [reply for reply in self.replies if getattr(reply, "record", None)], "not in the audit trail"
        saw("\n".join(plain(reply.blocks, addresses=False) for reply in self.replies))
        self.link = next((link for reply in self.replies if (link := link_in(reply))), self.link)
        return self.replies

    async def press(self, label: str, item: int | None = None, *, place: str = "chat") -> list[Reply]:
        """The replies to a click on a button of the last replies."""
        found = [one for reply in self.replies for one in buttons(reply, item) if one.label == label]
        assert found, f"no button {label!r}; there are {[b.label for r in self.replies for b in buttons(r)]}"
        return await self.say(label, place=place, press=found[0].id)

    async def sign_in(self, username: str) -> list[Reply]:
        """The replies to the code that the browser showed after this member signed in with the last link."""
        assert self.link, "no link was given"
        code = await signed_in(self.link, username)
        return await self.say(code)

    async def connect(self, username: str) -> list[Reply]:
        """The replies to the code of a member who has signed in (`tests.connecting`)."""
        return await self.say(await code_for(self.bot, self.sandbox, self.person, username))

    async def leave(self) -> None:
        """Be disconnected: a later person who signs in as the same member is no second chat of it then."""
        await self.bot.accounts.unlink(self.person)


def buttons(reply: Reply, item: int | None = None) -> Sequence[Action]:
    """The buttons of a reply in order, or those of one of its entries."""
    found: list[Action] = []
    for block in reply.blocks:
        if isinstance(block, Actions) and item is None:
            found += block.buttons
        elif isinstance(block, Item) and item in {None, block.number}:
            found += block.actions
    return found


def settings_for(sandbox: Sandbox, store: Path, **more: object) -> Settings:
    """Settings that point at a sandbox, with the store in that file."""
    values: dict[str, object] = {
        **sandbox.settings,
        "bot_store_url": f"sqlite:///{store}",
        **more,
    }
    return Settings(_env_file=None, **values)  # type: ignore[call-arg, arg-type] # pydantic checks each value


@asynccontextmanager
async def serving_bot(
    sandbox: Sandbox, store: Path, today: date = TODAY, *, patience: Patience = UNHURRIED, **more: object
) -> AsyncIterator[Bot]:
    """A bot of that sandbox with its linking pages on a free port, for which it is `today`."""
    sock = listen()
    settings = settings_for(sandbox, store, bot_public_url=f"http://127.0.0.1:{sock.getsockname()[1]}", **more)
    noon = datetime(today.year, today.month, today.day, 12, tzinfo=ZoneInfo("America/Chicago"))
    with contextlib.closing(sock):
        async with (
            assemble(settings, pack=shipped_pack(), patience=patience, now=lambda: noon) as bot,
            running(web_app(bot), sock),
        ):
            yield bot


@asynccontextmanager
async def staged(folder: Path, today: date = TODAY) -> AsyncIterator[Stage]:
    """The payer with its world as of `today`, and a bot with member answers, one without, one with a benefit table."""
    world = world_of(today)
    async with contextlib.AsyncExitStack() as stack:
        sandbox = await stack.enter_async_context(serve_sandbox(world))
        ways: dict[str, dict[str, Any]] = {
            "dm": {"bot_member_answers": "dm"},
            "off": {"bot_member_answers": "off"},
            "benefits": {"bot_benefits": BENEFITS, "bot_handoff_email": "help@acme.example"},
        }
        bots = {
            way: await stack.enter_async_context(serving_bot(sandbox, folder / f"{way}.db", today, **more))
            for way, more in ways.items()
        }
        yield Stage(world, sandbox, bots)
