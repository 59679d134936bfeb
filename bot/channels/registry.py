"""The channels that a bot starts. A new channel has a module with a `start` function and a row in `CHANNELS`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any, Protocol

from starlette.routing import Route

from bot.channels.base import ChannelHost
from bot.message import Person, Private


class Running(Protocol):
    """A channel that was started.

    It may have `hand_over`, `stands` and `are_present` as well: what `Reach` holds as `desks`, `stands` and `lists`.
    """

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
async def started(bot: ChannelHost, channels: Mapping[str, Start] = CHANNELS) -> AsyncIterator[dict[str, Running]]:
    """Within this context, the channels whose settings are present are started; yields them by platform."""
    reach = bot.reach
    more: Mapping[str, dict[str, Any]] = {
        "hand_over": reach.desks,
        "stands": reach.stands,
        "are_present": reach.lists,
    }
    async with AsyncExitStack() as stack:
        running: dict[str, Running] = {}
        for platform, start in channels.items():
            channel = await stack.enter_async_context(start(bot))
            if channel is not None:
                reach.push[platform], reach.present[platform] = channel.push, channel.is_present
                for name, known in more.items():
                    if hasattr(channel, name):
                        known[platform] = getattr(channel, name)
                running[platform] = channel
        yield running
