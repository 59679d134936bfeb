"""Starts the Teams channel from the settings."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from bot.channels.base import ChannelHost
from bot.delivery.inbox import Inbox
from bot.errors import ConfigError
from bot.ops.metrics import Refusals
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
    from bot.channels.teams.app import REAL, TeamsApp  # noqa: PLC0415 -- its SDK takes more than a second to import
    from bot.channels.teams.regions import cloud_of  # noqa: PLC0415

    password = settings.teams_app_password
    teams = TeamsApp(
        host.turn,
        host.pack.words,
        app_id=settings.teams_app_id,
        password=password.get_secret_value() if password else None,
        tenants=settings.teams_tenants,
        cloud=cloud_of(settings.teams_cloud, settings.teams_service_hosts),
        commands=host.pack.commands,
        forms=host.turn.forms,
        table=host.table,
        now=settings.now,
        inbox=lambda handler, soothe: Inbox("teams", handler, host.table, soothe=soothe),
        retention=host.retention,
        gone=host.forget,
        renew=host.turn.renewed,
        refused=Refusals(host.meter),
        outside=outside or REAL,
    )
    await asyncio.to_thread(host.pack.places.read)  # the message box's first search is waited for, 4 seconds at most
    await teams.start()
    try:
        yield teams
    finally:
        await teams.stop()
