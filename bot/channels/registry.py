"""The channels: what each can do, and how the bot starts them.

A new channel needs a function that starts it, and a row in `CHANNELS`. Tests check `ABILITIES` against the code.

A channel's library is imported only if the channel's settings are present, so unused channels cost no time.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Protocol

from starlette.routing import Route

from bot.channels.base import ChannelHost, Pause, Reach
from bot.errors import ConfigError
from bot.message import Person, Private
from bot.stores import lacks

if TYPE_CHECKING:
    from bot.channels.slack.app import SlackApp
    from bot.channels.teams.app import TeamsApp
    from bot.channels.teams.sdk import Outside

ABILITIES: Mapping[str, tuple[str, str]] = {
    "own_chat": ("Ask in a private chat, also about one's own claims and coverage", "slack teams console"),
    "mention": ("Ask where others read, about doctors, places and networks", "slack teams"),
    "aside": ("An answer that only its asker sees where others read", "slack teams"),
    "slash": ("Slash commands", "slack teams"),
    "form": ("Forms", "slack teams"),
    "message": ("Ask about a message of somebody's", "slack teams"),
    "starter": ("Questions to begin with", "slack teams"),
    "search": ("Search in the message box, to drop a provider into a conversation", "teams"),
    "home": ("A page that says what is connected", "slack"),
    "share": ("Show a provider list that only its asker saw to everybody there", "slack teams"),
    "rating": ("Say whether an answer helped, and what was wrong", "slack teams"),
    "label": ("A label that says a message holds a health plan's data", "teams"),
    "progress": ("Shows that it is looking something up", "slack teams"),
    "pop_up": ("Sign in inside the client, without typing a code", "teams"),
    "renewal": ("An offer to connect that says when it is over", "teams"),
    "edited": ("Says that an edited question is not asked anew", "slack teams"),
    "erasing": ("Deletes its answers when asked to forget somebody", "slack teams"),
}
"""All abilities that a channel may have, in the table's order: what it is, and the channels that have it."""

PLATFORMS = ("slack", "teams", "console")

SEARCH, QUERY = "findProvider", "query"
"""The search command of the message box, and its one parameter."""
ASK = "ask_message"
"""The command in a message's menu."""
FORM = "form-"
"""The prefix of the command of a form, before the form's name."""


def name_of(command: str) -> str:
    """Return a slash command's name in Teams: `/bcbst-find` is `find`."""
    return command.removeprefix("/").rpartition("-")[2]


class Running(Protocol):
    """A channel that was started.

    It may also have the methods `hand_over`, `finds_post` and `are_present`, as in `Reach`.
    """

    @property
    def open_paths(self) -> tuple[str, ...]:
        """The paths that any browser may open; requests for these are limited by address."""
        ...

    def routes(self) -> list[Route]:
        """Return the routes that the platform calls."""
        ...

    async def push(self, person: Person, reply: Private) -> None:
        """Send a message to a person in their 1:1 chat without a question from them."""
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
    """Start Slack within this context; yield None if its settings are missing. `pause` waits between two posts.

    Raises:
        ConfigError: Slack rejects the app-level token.
    """
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
    """Start Teams within this context; yield None if its settings are missing. `outside` replaces Microsoft's services.

    Raises:
        ConfigError: a required setting or the library is missing.
    """
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
    """Start the channels whose settings are present, for the duration of this context. Yield them by platform."""
    async with AsyncExitStack() as stack:
        running: dict[str, Running] = {}
        for platform, start in channels.items():
            channel = await stack.enter_async_context(start(bot))
            if channel is not None:
                for name in filter(partial(hasattr, channel), Reach.__struct_fields__):
                    getattr(bot.reach, name)[platform] = getattr(channel, name)
                running[platform] = channel
        yield running
