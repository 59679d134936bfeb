"""The channels that a bot starts. A new channel has a function that starts it, and a row in `CHANNELS`.

A channel's library is imported when its settings are there: nobody waits for one that is not used.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any, Protocol

from starlette.routing import Route

from bot.channels.base import ChannelHost, Pause
from bot.errors import ConfigError
from bot.message import Person, Private
from bot.stores.opening import lacks

if TYPE_CHECKING:
    from bot.channels.slack.app import SlackApp
    from bot.channels.teams.app import TeamsApp
    from bot.channels.teams.sdk import Outside


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


@asynccontextmanager
async def start_slack(host: ChannelHost, *, pause: Pause = asyncio.sleep) -> AsyncIterator[SlackApp | None]:
    """Start Slack; `pause` waits between messages to a channel."""
    if host.settings.slack_bot_token is None and host.settings.slack_client_id is None:
        yield None
        return

    from slack_sdk.errors import SlackApiError  # noqa: PLC0415 -- see the module docstring

    from bot.channels.slack.app import SlackApp  # noqa: PLC0415 -- as above
    from bot.channels.slack.client import in_words  # noqa: PLC0415 -- as above

    slack = SlackApp(host, pause=pause)
    try:
        await slack.start()
    except SlackApiError as error:
        raise ConfigError(f"SLACK_APP_TOKEN: {in_words(error)}") from None
    try:
        yield slack
    finally:
        await slack.stop()


@asynccontextmanager
async def start_teams(host: ChannelHost, outside: Outside | None = None) -> AsyncIterator[TeamsApp | None]:
    """Start Teams; `outside` replaces Microsoft's services in tests."""
    settings = host.settings
    if settings.teams_app_id is None:
        yield None
        return

    if settings.teams_missing:
        raise ConfigError("\n".join(f"{name}: required with TEAMS_APP_ID" for name in settings.teams_missing))
    if missing := lacks("teams"):
        raise ConfigError(f"TEAMS_APP_ID: Teams {missing}")
    from bot.channels.teams.app import TeamsApp  # noqa: PLC0415 -- its SDK takes more than a second to import

    teams = TeamsApp(host, settings.teams_app_id, outside=outside)
    await asyncio.to_thread(host.pack.places.read)  # the message box's first search is waited for, 4 seconds at most
    await teams.start()
    try:
        yield teams
    finally:
        await teams.stop()


CHANNELS: Mapping[str, Start] = {"slack": start_slack, "teams": start_teams}
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
