"""The channels that a bot starts. A new channel has a module with a `start` function and a row in `CHANNELS`."""

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
    """A channel that was started."""

    @property
    def open_paths(self) -> tuple[str, ...]:
        """The paths that anybody's browser may open, which are rate limited by address."""
        ...

    def routes(self) -> list[Route]:
        """Return the routes that the platform calls."""
        ...

    async def push(self, person: Person, reply: Private) -> None:
        """Send a message to a person in their 1:1 chat, unasked."""
        ...

    async def is_present(self, person: Person) -> bool | None:
        """Return whether a person is a full member of their workspace; None if the platform does not say."""
        ...


@runtime_checkable
class Readable(Protocol):
    """A channel whose chats can be read."""

    async def stands(self, person: Person, mark: str, since: float) -> bool | None:
        """Return whether a pushed message with this mark, sent since that Unix time, is complete.

        Delete it if only partly there.

        None if the platform does not say.
        """
        ...


@runtime_checkable
class HasDesks(Protocol):
    """A channel with a help desk's channel."""

    async def hand_over(self, channel: str, reply: Shareable, person: Person) -> None:
        """Post a person's question in a channel, given its id; raises as documented for `Post`."""
        ...


@runtime_checkable
class ListsPeople(Protocol):
    """A channel whose platform can list the members of a workspace."""

    async def are_present(self, people: Sequence[Person]) -> Mapping[Person, bool]:
        """Return which of these people of one workspace are full members; people that are not listed are missing."""
        ...


class Reached(ChannelHost, Protocol):
    """A bot with which channels register: how to write to their people, and how to check that they are still there."""

    @property
    def push(self) -> dict[str, Push]:
        """How to send messages to people, by platform."""
        ...

    @property
    def desks(self) -> dict[str, Post]:
        """How to post in a help desk's channel, by platform."""
        ...

    @property
    def present(self) -> dict[str, Callable[[Person], Awaitable[bool | None]]]:
        """How to ask whether a person is still there, by platform."""
        ...

    @property
    def lists(self) -> dict[str, Callable[[Sequence[Person]], Awaitable[Mapping[Person, bool]]]]:
        """How to ask about many people of one workspace, by platform."""
        ...

    @property
    def stands(self) -> dict[str, Stands]:
        """How to check whether a message is complete in a chat, by platform."""
        ...


Start = Callable[[ChannelHost], AbstractAsyncContextManager[Running | None]]
"""Starts a channel; yields None if its settings are missing.

Raises ConfigError if they are wrong.
"""


def _slack(host: ChannelHost) -> AbstractAsyncContextManager[Running | None]:
    from bot.channels.slack.start import start  # noqa: PLC0415 -- only who has a channel waits for its library

    return start(host)


def _teams(host: ChannelHost) -> AbstractAsyncContextManager[Running | None]:
    from bot.channels.teams.start import start  # noqa: PLC0415 -- as above

    return start(host)


CHANNELS: Mapping[str, Start] = {"slack": _slack, "teams": _teams}
"""The channels by platform, as in `Person.platform`."""


@asynccontextmanager
async def started(bot: Reached, channels: Mapping[str, Start] = CHANNELS) -> AsyncIterator[dict[str, Running]]:
    """Within this context, the channels whose settings are present are started; yields them by platform."""
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
