"""Starts the Teams channel from the settings."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from bot.channels.base import ChannelHost
from bot.errors import ConfigError
from bot.stores.opening import lacks

if TYPE_CHECKING:
    from bot.channels.teams.app import TeamsApp
    from bot.channels.teams.sdk import Outside


@asynccontextmanager
async def start(host: ChannelHost, outside: Outside | None = None) -> AsyncIterator[TeamsApp | None]:
    """Within this context, Teams is started; yields None if its settings are missing. `outside` is for tests."""
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
