"""What every channel offers, and the one place that decides where a reply goes (T25)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Literal, Protocol

import structlog

from bot.config import Settings
from bot.conversation.turn import Turn
from bot.delivery.inbox import Later, Writing
from bot.delivery.retention import Retention
from bot.errors import Unwritten
from bot.message import Answered, Language, Message, OneToOne, Person, Private, Reply, Shareable, Shared
from bot.ops.metrics import Meter
from bot.pack import Pack
from bot.stores.sealed import SealedTable

log = structlog.get_logger("channel")

Refused = Callable[[str, str], None]
"""Hears of a request in a platform's name that is refused: the platform, and why."""

Pause = Callable[[float], Awaitable[None]]


def unheard(channel: str, reason: str) -> None:
    """Nobody counts what is refused."""


class Unreachable(Later):
    """The platform or the store gave no usable answer, so that nobody could be told; the message names the failure.

    What was to be done may be done all the same.
    """


Purpose = Literal["answer", "connect", "account", "privacy", "problem", "reply"]
"""What a private reply is for: `templates/channels/announced` has a line for each."""


def purpose(reply: Reply) -> Purpose:
    """What may be said of a private reply where everybody can read it. Only what was looked up is an answer."""
    if reply.error is not None:
        return "problem"
    if reply.renewal is not None:
        return "connect"
    if reply.intent == "account.privacy":
        return "privacy"
    if reply.intent.startswith("account."):
        return "account"
    return "answer" if reply.sources or reply.rating or reply.intent.startswith("answer.") else "reply"


class Answers(Protocol):
    """Who answers: the turn."""

    def answer(self, message: Message) -> AsyncIterator[Answered]:
        """The replies to one message, in order."""
        ...


class ChannelHost(Protocol):
    """What a channel may use of the bot."""

    @property
    def settings(self) -> Settings:
        """Those of the channel among them."""
        ...

    @property
    def pack(self) -> Pack:
        """Its words."""
        ...

    @property
    def table(self) -> SealedTable:
        """Where it keeps what must outlive the process."""
        ...

    @property
    def turn(self) -> Turn:
        """Who answers."""
        ...

    @property
    def retention(self) -> Retention:
        """Notes which messages hold a member's data."""
        ...

    @property
    def meter(self) -> Meter:
        """Counts what is refused."""
        ...

    @property
    def forget(self) -> Callable[[Person], Awaitable[None]]:
        """Deletes what is kept of a person who is gone."""
        ...


class Channel(Protocol):
    """A way to write. A private reply fits only `post`, by type: member data cannot be given to `share`."""

    async def post(self, place: OneToOne, reply: Answered, person: Person) -> None:
        """Write where only this person reads.

        Raises:
            Unwritable: they cannot be written to there.
            Unwritten: the platform did not take this.
        """
        ...

    async def share(self, place: Shared, reply: Shareable, person: Person) -> None:
        """Write where others read too."""
        ...

    async def private_place(self, person: Person) -> OneToOne | None:
        """The person's own conversation with the bot, opened when it must be; None when they cannot be written to."""
        ...

    async def point(self, place: Shared, person: Person, language: Language, found: OneToOne | None) -> None:
        """Tell only this person, in the shared place, where the answer went, or that it could go nowhere."""
        ...


async def nothing(*, findable: bool = False) -> None:
    """Do nothing before a reply is written."""


async def deliver(
    channel: Channel,
    answers: Answers,
    message: Message,
    writing: Writing = nothing,
    intents: set[str] | None = None,
) -> None:
    """Answer one message: private replies in the one-to-one chat only, with one pointer from a shared place.

    `writing` is called before the first reply is written, and before the first that goes to a shared place. `intents`
    takes in the intent of each reply, before it is written.
    """
    pointed, told, intents = False, None, set() if intents is None else intents
    async for reply in answers.answer(message):
        intents.add(reply.intent)
        aside = isinstance(message.place, Shared) and isinstance(reply, Private)
        own = await channel.private_place(message.person) if aside else None
        findable = aside or isinstance(message.place, OneToOne)
        if told is None or (told and not findable):
            told = findable
            await writing(findable=findable)
        match message.place, reply:
            case OneToOne() as here, _:
                await channel.post(here, reply, message.person)
            case Shared() as here, Shareable():
                await channel.share(here, reply, message.person)
            case Shared() as here, Private():
                pointed = await answer_aside(channel, here, own, reply, person=message.person, pointed=pointed)


async def answer_aside(
    channel: Channel, here: Shared, own: OneToOne | None, reply: Answered, *, person: Person, pointed: bool
) -> bool:
    """Answer what was asked in a shared place in the asker's own chat, and point there once; whether it is pointed."""
    try:
        if own is not None:
            await channel.post(own, reply, person)
    except Unwritten as error:  # who asked in a shared place reads a word there, whatever happens in their own chat
        log.warning("own chat not written", kind=type(error).__name__, reason=str(error), channel=person.platform)
        own = None
    if not pointed:
        await channel.point(here, person, reply.language, own)
    return True
