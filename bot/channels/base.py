"""Code that all channels use: their interfaces, the acknowledgement of a platform's request, and `deliver`.

`deliver` is the only function that decides where a reply is sent (T25). Answers that only their asker saw are stored
for a day, so that the asker can share them. A row is bound to the asker, so nobody else can share it, and only a
`Shareable` is stored and returned, so no member data can be shared this way.
"""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from functools import lru_cache, partial
from typing import Any, Literal, Protocol, TypeVar

import msgspec
import structlog
from msgspec.structs import replace

from bot.config import Settings
from bot.conversation.handing_over import Post
from bot.conversation.reminding import Push
from bot.conversation.turn import Turn
from bot.delivery.due import FindsPost
from bot.delivery.inbox import Later, Writing, unrecorded
from bot.delivery.retention import Retention
from bot.errors import StoreError, Unwritten
from bot.message import (
    Actions,
    Answered,
    Block,
    Item,
    Language,
    Message,
    OneToOne,
    Person,
    Place,
    Private,
    Reply,
    Shareable,
    Shared,
)
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
    """The platform or the store gave no usable response, so the person got no message. The text names the failure.

    The platform may have carried out the action nevertheless.
    """


Purpose = Literal["answer", "connect", "account", "privacy", "problem", "reply"]
"""The purpose of a private reply: `templates/channels/announced` has a line for each."""


def purpose(reply: Reply) -> Purpose:
    """Return the purpose of a private reply. A notification that others may see says only this purpose.

    The purpose is "answer" only for a reply with looked-up data.
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
    """The channels' own texts, from `templates/channels/`. `labels` returns the labels of one file by name, cached."""

    def __init__(self, words: Words) -> None:
        self._words, self.labels = words, lru_cache(partial(labels_of, words))

    def blocks(
        self,
        name: str,
        language: Language,
        values: Mapping[str, object] | None = None,
        links: Mapping[str, str] | None = None,
    ) -> tuple[Block, ...]:
        """Render a template and return its blocks."""
        return self._words.render(f"channels/{name}", values or {}, language=language, links=links)

    def notice(self, name: str, language: Language, links: Mapping[str, str] | None = None, **how: Any) -> Shareable:
        """Return a template as a reply; `how` are fields of the reply, such as `to_asker`."""
        return Shareable(intent=name, language=language, blocks=self.blocks(name, language, links=links), **how)


class Delivered(msgspec.Struct, frozen=True, kw_only=True):
    """A person's message, command, button press or form, as every platform delivers it.

    `press` is the id of the pressed button, `command` the slash command of the text, `form` the intent of the submitted
    form. `quoted`: the text is from a message that the person selected.
    """

    text: str
    press: str | None = None
    command: str | None = None
    form: str | None = None
    quoted: bool = False

    def message(self, key: str, person: Person, place: Place, **more: Any) -> Message:
        """Return the delivery as a message with the id `key`; `more` are further fields of the message."""
        more |= {"press": self.press, "command": self.command, "form": self.form}
        return Message(key, person, place, self.text, **more, origin="quoted" if self.quoted else "said")


class Answers(Protocol):
    """The interface to answer messages; `Turn` implements it."""

    def answer(self, message: Message) -> AsyncIterator[Answered]:
        """Yield the replies to one message, in order."""
        ...


class Reach(msgspec.Struct, frozen=True):
    """The functions with which a bot contacts people, by platform. Each channel's methods of these names are added.

    `push` sends a message to a person. `hand_over` posts in a help desk's channel. `finds_post` checks whether a
    message is complete in a chat. `is_present` asks whether a person is still a member of their workspace, and
    `are_present` asks that about many people of one workspace.
    """

    push: dict[str, Push]
    hand_over: dict[str, Post]
    finds_post: dict[str, FindsPost]
    is_present: dict[str, Callable[[Person], Awaitable[bool | None]]]
    are_present: dict[str, Callable[[Sequence[Person]], Awaitable[Mapping[Person, bool]]]]


class ChannelHost(Protocol):
    """The parts of the bot that a channel may use."""

    settings: Settings
    pack: Pack
    table: SealedTable
    turn: Turn
    retention: Retention
    meter: Meter
    reach: Reach
    renderer: Any
    """The pack's web pages."""

    @property
    def forget(self) -> Callable[[Person], Awaitable[None]]:
        """The function that deletes the stored data of a person who left."""
        ...


class Channel(Protocol):
    """A way to send replies. By its type, a private reply can only be sent with `post`, never with `share`."""

    async def post(self, place: OneToOne, reply: Answered, person: Person) -> None:
        """Send a reply to a conversation that only this person reads.

        Raises:
            Unwritable: the bot cannot write to the person in this conversation.
            Unwritten: the platform rejected this message.
        """
        ...

    async def share(self, place: Shared, reply: Shareable, person: Person) -> None:
        """Send a reply to a conversation that others read too."""
        ...

    async def private_place(self, person: Person) -> OneToOne | None:
        """Return the person's 1:1 chat with the bot, opened if needed; None if the bot cannot write to the person."""
        ...

    async def point(self, place: Shared, person: Person, language: Language, found: OneToOne | None) -> None:
        """Tell only this person, in the shared conversation, where the answer is, or that it could not be sent."""
        ...


async def deliver(
    channel: Channel, answers: Answers, message: Message, writing: Writing = unrecorded, intents: set[str] | None = None
) -> None:
    """Answer one message. Private replies are sent to the 1:1 chat only, with a pointer from a shared conversation.

    `writing` is called before the first reply is sent, and again before the first reply that goes to a shared
    conversation. The intent of each reply is added to `intents` before the reply is sent.
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
                await answer_aside(channel, here, own, reply, person=message.person, pointed=pointed)
                pointed = True


async def answer_aside(
    channel: Channel, here: Shared, own: OneToOne | None, reply: Answered, *, person: Person, pointed: bool
) -> None:
    """Send the reply to a question from a shared conversation to the asker's 1:1 chat.

    Unless `pointed` is set, also tell the asker in the shared conversation where the reply is.
    """
    try:
        if own is not None:
            await channel.post(own, reply, person)
    except Unwritten as error:  # who asked in a shared place reads a word there, whatever happens in their own chat
        log.warning("own chat not written", kind=type(error).__name__, reason=str(error), channel=person.platform)
        own = None
    if not pointed:
        await channel.point(here, person, reply.language, own)


async def say(channel: Channel, place: Place, reply: Shareable, person: Person) -> None:
    """Send one of the channel's own texts to a conversation, with `post` or `share` according to its type."""
    match place:
        case OneToOne():
            await channel.post(place, reply, person)
        case Shared():
            await channel.share(place, reply, person)


@asynccontextmanager
async def beside(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run `work` concurrently with the body of this context, for example a typing indicator; cancel it at the end."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


ACK_SECONDS = 2.0  # Slack waits three; what is not acknowledged by then is delivered again


class Acks:
    """Limits how long the acknowledgement of a request waits for the store.

    Work that takes longer is not cancelled, because a database driver may take seconds to fail.
    """

    def __init__(self) -> None:
        self.seconds = ACK_SECONDS
        self._work: set[asyncio.Task[Any]] = set()

    async def within(self, work: Coroutine[Any, Any, T]) -> T:
        """Return the result of `work`.

        Raises:
            TimeoutError: the work is not done in time. It continues; a repeated delivery of the request is recognized.
        """
        task = asyncio.create_task(work)
        self._work.add(task)
        task.add_done_callback(self._work.discard)
        async with asyncio.timeout(self.seconds):
            return await asyncio.shield(task)


_KEPT = 86_400.0  # seconds


class _Row(msgspec.Struct, frozen=True):
    """A stored answer without its sources, and the conversation in which it was asked for."""

    intent: str
    language: str
    blocks: tuple[Block, ...]
    conversation: str = ""
    thread: str = ""


class ShownAside:
    """Stores answers that only the asker saw in a channel, so that the asker can share them later.

    `now` returns the current local time.
    """

    def __init__(self, platform: str, table: SealedTable, texts: Texts, now: Callable[[], datetime]) -> None:
        self._kind, self._table, self._texts, self._now = f"{platform}_shown", table, texts, now

    async def keep(self, reply: Shareable, person: Person, asked_in: Shared) -> str | None:
        """Store an answer and return the key to share it with.

        None if it cannot be stored, is not the final reply, has no looked-up data, or warns of an emergency.
        """
        if not reply.final or not reply.sources or reply.alarm:
            return None
        row = _Row(reply.intent, reply.language, reply.blocks, asked_in.conversation, asked_in.thread)
        key, expires = secrets.token_urlsafe(12), time.time() + _KEPT
        with suppress(StoreError):
            await self._table.put(self._kind, _of(key, person), row, expires=expires, owner=person.key)
            return key
        return None

    async def shown(self, key: str, person: Person, *, once: bool = False) -> tuple[Shared, Shareable] | None:
        """Return the conversation and the answer that this person was shown under a key; None if there is none.

        With `once` the answer is deleted, so that only one of several callers gets it.
        """
        kept = await (self._table.take if once else self._table.get)(self._kind, _of(key, person), _Row)
        if kept is None:
            return None
        reply = Shareable(intent=kept.intent, language=kept.language, blocks=kept.blocks)
        return Shared(kept.conversation, kept.thread), reply

    def for_everybody(self, reply: Shareable, person: Person) -> Shareable:
        """Return the answer with a line on who shared it and when.

        Its buttons are removed: only the asker may press them.
        """
        now = self._now()
        signed = self._texts.blocks(
            "shared", reply.language, {"who": person.name, "when": now.date(), "time": f"{now:%H:%M}"}
        )
        facts = (block for block in reply.blocks if not isinstance(block, Actions))
        bare = (replace(block, actions=()) if isinstance(block, Item) else block for block in facts)
        return replace(reply, blocks=(*bare, *signed))


def _of(key: str, person: Person) -> str:
    return f"{key}\x1f{person.key}"
