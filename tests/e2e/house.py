"""One whole bot for a test: sandbox payer, linking pages on loopback, a person who talks, and everything it logged."""

from __future__ import annotations

import contextlib
import io
import logging
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import structlog
from msgspec.structs import replace

from bot.app import Bot, assemble, web_app
from bot.channels.registry import Running, Start, start_slack, start_teams, started
from bot.channels.slack.app import SlackApp
from bot.cli.chat import link_in
from bot.config import Settings
from bot.message import Actions, Item, Message, OneToOne, Person, Place, Private, Reply
from bot.ops import set_up
from bot.payer.budget import Patience
from bot.payer.http import Http
from bot.replies.plain import plain
from bot.sandbox.app import Sandbox, serve_sandbox
from bot.sandbox.behaviour import Fault
from bot.sandbox.world import World
from bot.serving import listen, running
from tests.cases import saw
from tests.connecting import code_for, signed_in
from tests.days import DAY
from tests.shipped import shipped_pack
from tests.stage import UNHURRIED, Elastic

if TYPE_CHECKING:
    from bot.channels.teams.app import TeamsApp
    from bot.channels.teams.sdk import Outside

DANA = Person("console", "", "", "dana-chat", name="Dana M.", home="the console")
CHAT = OneToOne("chat")
EOB = "/fhir/r4/ExplanationOfBenefit"
_TIME = re.compile(r'"timestamp": "[^"]*"')
OWED = "what did I owe for my last visit"


# It carries only the rehearsal's browser, and tells fifteen steps of each request: the bot's own wire is aiohttp.
logging.getLogger("httpcore").setLevel(logging.INFO)


class LogTrap(logging.Handler):
    """Every record of every library at DEBUG, with its arguments and traceback, beside what the bot itself printed."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.setFormatter(logging.Formatter("%(name)s %(message)s"))
        self.printed = io.StringIO()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the whole record."""
        self.lines.append(self.format(record))

    @property
    def text(self) -> str:
        """All that was logged so far, without when: at 54.87 seconds of a minute the time reads as an amount."""
        return _TIME.sub("", self.printed.getvalue()) + "\n".join(self.lines)


@contextmanager
def trapped_logs() -> Iterator[LogTrap]:
    """The bot's own log set-up at DEBUG, with the root logger open to everything, and whatever is printed meanwhile."""
    trap, root = LogTrap(), logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers = []
    with contextlib.redirect_stderr(trap.printed), contextlib.redirect_stdout(trap.printed):
        set_up("DEBUG")
        root.addHandler(trap)
        root.setLevel(logging.DEBUG)
        try:
            yield trap
        finally:
            root.handlers, root.level = handlers, level
            structlog.reset_defaults()


@dataclass
class Said:
    """The replies to one message."""

    replies: list[Reply]

    @property
    def text(self) -> str:
        """What the person reads, all replies in order."""
        return "\n".join(plain(reply.blocks, addresses=False) for reply in self.replies)

    @property
    def last(self) -> Reply:
        """The final reply."""
        return self.replies[-1]

    @property
    def buttons(self) -> dict[str, str]:
        """The ids of all pressable buttons by label."""
        found: dict[str, str] = {}
        for block in self.last.blocks:
            actions = block.buttons if isinstance(block, Actions) else block.actions if isinstance(block, Item) else ()
            found |= {action.label: action.id for action in actions if action.press is not None}
        return found


@dataclass
class House:
    """A bot, the payer that it talks to, and one person."""

    bot: Bot
    sandbox: Sandbox
    settings: Settings
    log: LogTrap
    clock: Elastic
    channels: Mapping[str, Running] = field(default_factory=dict)
    person: Person = DANA
    pushed: list[Private] = field(default_factory=list)

    @property
    def slack(self) -> SlackApp | None:
        """Slack, when it has started."""
        return cast("SlackApp | None", self.channels.get("slack"))

    @property
    def teams(self) -> TeamsApp | None:
        """Teams, when it has started."""
        return cast("TeamsApp | None", self.channels.get("teams"))

    def break_(self, fault: Fault) -> None:
        """Let the payer misbehave from now on."""
        self.sandbox.behaviour.faults.append(fault)

    def heal(self) -> None:
        """Let the payer behave again."""
        self.sandbox.behaviour.faults.clear()

    async def say(self, text: str, *, press: str | None = None, place: Place = CHAT, **message: Any) -> Said:
        """Say something; checks that exactly one reply is the last one (I1)."""
        said = Message("m", self.person, place, text, press=press, **message)
        replies = [reply async for reply in self.bot.turn.answer(said)]
        assert [reply.final for reply in replies].count(True) >= 1
        assert replies[-1].final
        heard = Said(list(replies))
        saw(heard.text)
        return heard

    async def link(self) -> str:
        """A fresh deep link."""
        links = [link for reply in (await self.say("link")).replies if (link := link_in(reply))]
        return links[-1]

    async def sign_in(self, username: str = "dana") -> Said:
        """Connect a member of the sandbox over HTTP; the replies to the typed code."""
        code = await signed_in(await self.link(), username)
        return await self.say(code)

    async def connect(self, username: str) -> Said:
        """Connect a member who has signed in (`tests.connecting`); the replies to the typed code."""
        return await self.say(await code_for(self.bot, self.sandbox, self.person, username))

    def problem(self, said: Said) -> str:
        """The text of a single reply that reports a problem whose reference is in it and in the log (I1, I6)."""
        final = [reply for reply in said.replies if reply.final]
        assert len(final) == 1, said.text
        reference = final[0].error
        assert reference, said.text
        assert f"Reference {reference}" in said.text or f"Referencia {reference}" in said.text
        assert reference in self.log.text
        return said.text

    @staticmethod
    def words(reply: Reply) -> str:
        """What the person reads of one reply."""
        return plain(reply.blocks, addresses=False)

    def asked(self, path: str = EOB, query: str = "") -> int:
        """How many requests for this path the payer has seen."""
        return len([seen for seen in self.sandbox.requests if seen.path.startswith(path) and query in seen.query])


@asynccontextmanager
async def open_house(
    world: World,
    folder: Path,
    *,
    patience: Patience | None = None,
    sandbox: Sandbox | None = None,
    outside: Outside | None = None,
    **settings: object,
) -> AsyncIterator[House]:
    """A house over a world, with Slack and Teams by settings, Microsoft as `outside`, and another bot on `sandbox`."""
    async with contextlib.AsyncExitStack() as stack:
        trap = stack.enter_context(trapped_logs())
        payer = sandbox
        if payer is None:
            payer = await stack.enter_async_context(serve_sandbox(world))
        sock = listen()
        stack.callback(sock.close)
        values = _settings(payer, folder, f"http://127.0.0.1:{sock.getsockname()[1]}") | settings
        chosen, clock = Settings(_env_file=None, **values), Elastic()  # type: ignore[call-arg, arg-type]
        http = partial(Http, clock=clock.now, pause=clock.pause)
        bot = await stack.enter_async_context(
            assemble(chosen, pack=shipped_pack(), patience=patience or UNHURRIED, http=http, pause=clock.pause)
        )
        starts: dict[str, Start] = {
            "slack": partial(start_slack, pause=clock.pause),
            "teams": partial(start_teams, outside=outside),
        }
        channels = await stack.enter_async_context(started(bot, starts))
        await stack.enter_async_context(running(web_app(bot, channels.values()), sock))
        house = House(bot, payer, chosen, trap, clock, channels)

        async def push(_: Person, reply: Private) -> None:
            house.pushed.append(reply)

        bot.reach.push["console"] = push
        yield house


def _settings(payer: Sandbox, folder: Path, address: str) -> dict[str, object]:
    return {
        "bot_public_url": address,
        "bot_store_url": f"sqlite:///{folder / 'bot.db'}",
        "bot_log_level": "DEBUG",
        "bot_today": DAY,
        **payer.settings,
        "payer_directory_url": payer.fhir_url,
    }


def somebody(user: str) -> Person:
    """Another person at the console."""
    return replace(DANA, user=user)
