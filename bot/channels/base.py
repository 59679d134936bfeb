"""What channels share: their interfaces, the acknowledgement of a platform's request, and `deliver`.

`deliver` is the one place that decides where a reply is sent (T25).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import lru_cache, partial
from typing import Any, Literal, Protocol, TypeVar

import msgspec
import structlog

from bot.config import Settings
from bot.conversation.handing_over import Post
from bot.conversation.telling import Push
from bot.conversation.turn import Turn
from bot.delivery.inbox import Later, Writing, unrecorded
from bot.delivery.retention import Retention
from bot.delivery.tellings import Stands
from bot.errors import Unwritten
from bot.message import Answered, Block, Language, Message, OneToOne, Person, Place, Private, Reply, Shareable, Shared
from bot.ops.metrics import Meter
from bot.pack import Pack
from bot.replies.render import Words, labels_of
from bot.stores.sealed import SealedTable

log = structlog.get_logger("channel")

Body = Mapping[str, Any]
"""A platform's request, decoded from JSON or a form."""
T = TypeVar("T")

Pause = Callable[[float], Awaitable[None]]


class Unreachable(Later):
    """The platform or the store gave no usable response, so nobody could be told. The text names the failure.

    The action may have happened nevertheless.
    """


Purpose = Literal["answer", "connect", "account", "privacy", "problem", "reply"]
"""The purpose of a private reply: `templates/channels/announced` has a line for each."""


def purpose(reply: Reply) -> Purpose:
    """Return what a notification may say of a private reply where others can read it.

    Only looked-up data is an "answer".
    """
    if reply.error is not None:
        return "problem"
    if reply.renewal is not None:
        return "connect"
    if reply.intent == "account.privacy":
        return "privacy"
    if reply.intent.startswith("account."):
        return "account"
    return "answer" if reply.sources or reply.rating or reply.intent.startswith("answer.") else "reply"


class Texts:
    """The channels' own texts, from `templates/channels/`. `labels` returns a table's labels by name, cached."""

    def __init__(self, words: Words) -> None:
        self._words, self.labels = words, lru_cache(partial(labels_of, words))

    def blocks(
        self,
        name: str,
        language: Language,
        values: Mapping[str, object] | None = None,
        links: Mapping[str, str] | None = None,
    ) -> tuple[Block, ...]:
        """Return a template's blocks."""
        return self._words.render(f"channels/{name}", values or {}, language=language, links=links)


class Answers(Protocol):
    """Answers messages; implemented by the turn."""

    def answer(self, message: Message) -> AsyncIterator[Answered]:
        """Yield the replies to one message, in order."""
        ...


class Reach(msgspec.Struct, frozen=True):
    """How a bot reaches its people, by platform; each channel adds itself when it starts.

    `push` sends messages to people, `desks` posts in a help desk's channel, `stands` checks whether a message is
    complete in a chat. `present` asks whether a person is still there, `lists` asks about many of one workspace.
    """

    push: dict[str, Push]
    desks: dict[str, Post]
    stands: dict[str, Stands]
    present: dict[str, Callable[[Person], Awaitable[bool | None]]]
    lists: dict[str, Callable[[Sequence[Person]], Awaitable[Mapping[Person, bool]]]]


class ChannelHost(Protocol):
    """The parts of the bot that a channel may use."""

    settings: Settings
    pack: Pack
    table: SealedTable
    turn: Turn
    retention: Retention
    meter: Meter
    reach: Reach

    @property
    def forget(self) -> Callable[[Person], Awaitable[None]]:
        """Deletes the stored data of a person who left."""
        ...


class Channel(Protocol):
    """A way to send replies. By type, a private reply can only be sent with `post`, never with `share`."""

    async def post(self, place: OneToOne, reply: Answered, person: Person) -> None:
        """Send a reply to a conversation that only this person reads.

        Raises:
            Unwritable: the person cannot be written to there.
            Unwritten: the platform rejected this message.
        """
        ...

    async def share(self, place: Shared, reply: Shareable, person: Person) -> None:
        """Send a reply to a place that others read too."""
        ...

    async def private_place(self, person: Person) -> OneToOne | None:
        """Return the person's 1:1 chat with the bot, opened if needed; None if they cannot be written to."""
        ...

    async def point(self, place: Shared, person: Person, language: Language, found: OneToOne | None) -> None:
        """Tell only this person, in the shared place, where the answer is, or that it could not be sent."""
        ...


async def deliver(
    channel: Channel,
    answers: Answers,
    message: Message,
    writing: Writing = unrecorded,
    intents: set[str] | None = None,
) -> None:
    """Answer one message: private replies go to the 1:1 chat only, with a pointer from a shared place.

    `writing` is called before the first reply is sent, and before the first that goes to a shared place. The intent of
    each reply is added to `intents` before it is sent.
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
    """Send the reply to a question from a shared place to the asker's 1:1 chat, and point there once.

    Return whether it did.
    """
    try:
        if own is not None:
            await channel.post(own, reply, person)
    except Unwritten as error:  # who asked in a shared place reads a word there, whatever happens in their own chat
        log.warning("own chat not written", kind=type(error).__name__, reason=str(error), channel=person.platform)
        own = None
    if not pointed:
        await channel.point(here, person, reply.language, own)
    return True


async def say(channel: Channel, place: Place, reply: Shareable, person: Person) -> None:
    """Send a reply of the channel's own to a place."""
    match place:
        case OneToOne():
            await channel.post(place, reply, person)
        case Shared():
            await channel.share(place, reply, person)


@asynccontextmanager
async def beside(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Within this context, do some work beside, such as to show that an answer is made; it ends with the context."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


ACK_SECONDS = 2.0  # Slack waits three; what is not acknowledged by then is delivered again


class Acks:
    """Limits the wait for a store before the acknowledgement.

    Late work continues, since a driver may take seconds to fail.
    """

    def __init__(self) -> None:
        self.seconds = ACK_SECONDS
        self._work: set[asyncio.Task[Any]] = set()

    async def within(self, work: Coroutine[Any, Any, T]) -> T:
        """Return the result of `work`.

        Raises:
            TimeoutError: it is not done yet. If it is stored later, the repeated delivery is recognized.
        """
        task = asyncio.create_task(work)
        self._work.add(task)
        task.add_done_callback(self._work.discard)
        async with asyncio.timeout(self.seconds):
            return await asyncio.shield(task)
