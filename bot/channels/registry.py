"""The channels that a bot starts. A new one has a module with such a `start`, and a row in `CHANNELS`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Protocol, runtime_checkable

from starlette.routing import Route

from bot.channels.base import ChannelHost
from bot.conversation.handing_over import Post
from bot.conversation.telling import Push
from bot.delivery.tellings import Stands
from bot.message import Person, Private, Shareable


class Running(Protocol):
    """A channel that has started."""

    @property
    def open_paths(self) -> tuple[str, ...]:
        """Paths that anybody's browser may open: how often one address asks for them is limited."""
        ...

    def routes(self) -> list[Route]:
        """What its platform calls."""
        ...

    async def push(self, person: Person, reply: Private) -> None:
        """Write to a person in their own chat, without being asked."""
        ...

    async def is_present(self, person: Person) -> bool | None:
        """Whether a person is a full member of their workspace; None when the platform does not say."""
        ...


@runtime_checkable
class Readable(Protocol):
    """A channel whose chats can be read."""

    async def stands(self, person: Person, mark: str, since: float) -> bool | None:
        """Whether what was pushed with a mark, since that Unix time, stands whole; a part of it is deleted.

        None when the platform does not say.
        """
        ...


@runtime_checkable
class HasDesks(Protocol):
    """A channel in which a help desk may read."""

    async def hand_over(self, channel: str, reply: Shareable, person: Person) -> None:
        """Post a person's question in a channel, by its id; raises as `Post` says."""
        ...


@runtime_checkable
class ListsPeople(Protocol):
    """A channel whose platform lists the members of a workspace."""

    async def are_present(self, people: Sequence[Person]) -> Mapping[Person, bool]:
        """Who of these people of one workspace is a full member; whom the list does not name is missing."""
        ...


class Reached(ChannelHost, Protocol):
    """A bot that channels enter themselves at: how to write to their people, and how to ask whether they are there."""

    @property
    def push(self) -> dict[str, Push]:
        """How to reach a person on each platform."""
        ...

    @property
    def desks(self) -> dict[str, Post]:
        """How to post in a help desk's channel of each platform."""
        ...

    @property
    def present(self) -> dict[str, Callable[[Person], Awaitable[bool | None]]]:
        """How to ask each platform whether a person is there."""
        ...

    @property
    def lists(self) -> dict[str, Callable[[Sequence[Person]], Awaitable[Mapping[Person, bool]]]]:
        """How to ask each platform about many people of one workspace."""
        ...

    @property
    def stands(self) -> dict[str, Stands]:
        """How to ask each platform whether a push stands."""
        ...


Start = Callable[[ChannelHost], AbstractAsyncContextManager[Running | None]]
"""Starts a channel; gives None when its settings are not there.

Raises ConfigError when they are wrong.
"""


def _slack(host: ChannelHost) -> AbstractAsyncContextManager[Running | None]:
    from bot.channels.slack.start import start  # noqa: PLC0415 -- only who has a channel waits for its library

    return start(host)


def _teams(host: ChannelHost) -> AbstractAsyncContextManager[Running | None]:
    from bot.channels.teams.start import start  # noqa: PLC0415 -- as above

    return start(host)


CHANNELS: Mapping[str, Start] = {"slack": _slack, "teams": _teams}
"""The channels by platform, as `Person.platform` names it."""


@asynccontextmanager
async def started(bot: Reached, channels: Mapping[str, Start] = CHANNELS) -> AsyncIterator[dict[str, Running]]:
    """The channels whose settings are there, by platform: started, and stopped in the end."""
    async with AsyncExitStack() as stack:
        running: dict[str, Running] = {}
        for platform, start in channels.items():
            channel = await stack.enter_async_context(start(bot))
            if channel is not None:
                bot.push[platform], bot.present[platform] = channel.push, channel.is_present
                if isinstance(channel, HasDesks):
                    bot.desks[platform] = channel.hand_over
                if isinstance(channel, ListsPeople):
                    bot.lists[platform] = channel.are_present
                if isinstance(channel, Readable):
                    bot.stands[platform] = channel.stands
                running[platform] = channel
        yield running
