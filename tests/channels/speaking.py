"""What both platforms' doubles of the bot share: a turn that answers by keyword, and the host of a channel."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import cast

from bot.accounts.render import Renderer
from bot.channels.base import ChannelHost, Pause
from bot.config import Settings
from bot.conversation.forms import Forms
from bot.delivery.retention import Retention
from bot.message import Action, Actions, Line, Message, Person, Press, Span
from bot.ops.metrics import Meter
from bot.stores.sealed import SealedTable
from tests.shipped import shipped_pack

PLANTED = "$54.87 Grace Okafor"


class KeywordTurn:
    """Holds its answers while `gate` is closed. Who is in `linked` has connected an account, and has `networks`."""

    def __init__(self) -> None:
        self.heard: list[Message] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.linked: set[str] = set()
        self.networks: tuple[str, ...] = ("Blue Network P",)
        self.connected: Callable[[], bool] = lambda: True

    async def hear(self, message: Message) -> None:
        """Note a message, and wait until it may be answered."""
        self.heard.append(message)
        await self.gate.wait()
        if "break" in message.text:
            raise RuntimeError(PLANTED)

    async def stands(self) -> bool:
        """Whether the account of an answer that is on its way is still connected."""
        return self.connected()

    @property
    def forms(self) -> Forms:
        """The pack's forms, with the networks of this turn."""
        pack = shipped_pack()
        return Forms(pack.engine, pack.offers, self.listed_networks, self.own_networks, self.own_place)

    async def listed_networks(self) -> tuple[str, ...]:
        """What the directory lists."""
        return ("Blue Network P", "Blue Network S", "BlueCare Network")

    async def own_networks(self, person: Person) -> tuple[str, ...]:
        """What looks like the network of who is linked."""
        return self.networks if person.user in self.linked else ()

    async def own_place(self, person: Person) -> tuple[str, ...]:
        """Where who is linked lives."""
        return ("37402",) if person.user in self.linked else ()


def private_blocks(more: str) -> tuple[Line | Actions, ...]:
    """An answer with member data, a text that the platform must not read as its own, and both kinds of button."""
    buttons = (
        Action("opaque1", "Details", press=Press("claim.detail")),
        Action("link", "Connect", url="https://b.example/"),
    )
    return Line((Span(PLANTED, bold=True), Span(more))), Actions(buttons)


def host_of(
    turn: KeywordTurn,
    table: SealedTable,
    settings: SimpleNamespace,
    forget: Callable[[Person], Awaitable[None]],
    pause: Pause,
) -> ChannelHost:
    """The parts of a bot that a channel uses."""

    async def hashed(person: Person) -> str:
        return hashlib.sha256(person.key.encode()).hexdigest()

    host = SimpleNamespace(
        turn=turn,
        pack=shipped_pack(),
        table=table,
        retention=Retention(table, hashed, pause=pause),
        forget=forget,
        meter=Meter(),
        settings=settings,
        renderer=Renderer(shipped_pack().templates / "pages", Settings(_env_file=None)),  # type: ignore[call-arg] # nobody's .env
    )
    return cast("ChannelHost", host)
