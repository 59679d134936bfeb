"""Starts the Slack channel from the settings."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from pydantic import SecretStr

from bot.channels.base import ChannelHost, Pause
from bot.errors import ConfigError

if TYPE_CHECKING:
    from bot.channels.slack.app import SlackApp


@asynccontextmanager
async def start(host: ChannelHost, *, pause: Pause = asyncio.sleep) -> AsyncIterator[SlackApp | None]:
    """Yield Slack, started, if it is configured, otherwise None. `pause` waits between messages to a channel."""
    settings = host.settings
    if settings.slack_bot_token is None and settings.slack_client_id is None:
        yield None
        return

    from slack_sdk.errors import SlackApiError  # noqa: PLC0415 -- a bot without Slack does not wait for its libraries

    from bot.channels.slack.app import SlackApp  # noqa: PLC0415 -- as above
    from bot.channels.slack.client import in_words  # noqa: PLC0415
    from bot.channels.slack.connection import Credentials  # noqa: PLC0415

    credentials = Credentials(
        api_url=settings.slack_api_url,
        public_url=settings.bot_public_url,
        bot_token=_secret(settings.slack_bot_token),
        signing_secret=_secret(settings.slack_signing_secret),
        client_id=settings.slack_client_id or "",
        client_secret=_secret(settings.slack_client_secret),
        app_token=_secret(settings.slack_app_token),
        tools=settings.bot_mcp_url is not None,
    )
    slack = SlackApp(host, credentials, pause=pause)
    try:
        await slack.start()
    except SlackApiError as error:
        raise ConfigError(f"SLACK_APP_TOKEN: {in_words(error)}") from None
    try:
        yield slack
    finally:
        await slack.stop()


def _secret(value: SecretStr | None) -> str:
    return value.get_secret_value() if value else ""
