"""What every channel offers, and the one place that decides where a reply goes (T25)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Protocol

from bot.message import Language, Message, OneToOne, Person, Private, Shareable, Shared

Answer = Private | Shareable


class Unwritable(Exception):
    """The person does not take messages from the bot; the message names the platform's code."""


class Unreachable(Exception):
    """The platform or the store gave no answer, so that nobody could be told; the message is the kind of failure."""


class Answers(Protocol):
    """Who answers: the turn."""

    def answer(self, message: Message) -> AsyncIterator[Answer]:
        """The replies to one message, in order."""
        ...


class Channel(Protocol):
    """A way to write. A private reply fits only `post`, by type: member data cannot be given to `share`."""

    async def post(self, place: OneToOne, reply: Answer, person: Person) -> None:
        """Write where only this person reads.

        Raises:
            Unwritable: they cannot be written to there.
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


async def nothing() -> None:
    """Do nothing before the first reply is written."""


async def deliver(
    channel: Channel, answers: Answers, message: Message, writing: Callable[[], Awaitable[None]] = nothing
) -> None:
    """Answer one message: private replies in the one-to-one chat only, with one pointer from a shared place.

    `writing` is called once, before the first reply is written.
    """
    pointed = began = False
    async for reply in answers.answer(message):
        if not began:
            began = True
            await writing()
        match message.place, reply:
            case OneToOne() as here, _:
                await channel.post(here, reply, message.person)
            case Shared() as here, Shareable():
                await channel.share(here, reply, message.person)
            case Shared() as here, Private():
                pointed = await _aside(channel, here, reply, message.person, pointed=pointed)


async def _aside(channel: Channel, here: Shared, reply: Private, person: Person, *, pointed: bool) -> bool:
    own = await channel.private_place(person)
    try:
        if own is not None:
            await channel.post(own, reply, person)
    except Unwritable:
        own = None
    if not pointed:
        await channel.point(here, person, reply.language, own)
    return True
