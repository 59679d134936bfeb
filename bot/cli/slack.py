"""Checks whether Slack accepts a token, and which scopes it lacks; used by `check` only."""

from collections.abc import Awaitable

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.channels.slack.client import in_words
from bot.cli.reach import why_silent
from bot.errors import ConfigError

_SECONDS = 10


async def probe(token: str, api_url: str, wanted: frozenset[str]) -> list[str]:
    """Return the wanted scopes that the token lacks, as auth.test lists them; ConfigError if Slack rejects it."""
    answer = await _asked("SLACK_BOT_TOKEN", api_url, _client(api_url, token).auth_test())
    named = {name.lower(): value for name, value in answer.headers.items()}.get("x-oauth-scopes", "")
    granted = {scope.strip() for scope in named.split(",") if scope.strip()}
    return sorted(wanted - granted) if granted else []


async def probe_socket(app_token: str, api_url: str) -> None:
    """Request a Socket Mode address (apps.connections.open); ConfigError if Slack rejects the token or is silent."""
    await _asked("SLACK_APP_TOKEN", api_url, _client(api_url).apps_connections_open(app_token=app_token))


def _client(api_url: str, token: str | None = None) -> AsyncWebClient:
    return AsyncWebClient(token, base_url=api_url, timeout=_SECONDS)


async def _asked(setting: str, api_url: str, call: Awaitable[AsyncSlackResponse]) -> AsyncSlackResponse:
    try:
        return await call
    except SlackApiError as error:
        raise ConfigError(f"{setting}: {in_words(error)}") from None
    except (SlackClientError, aiohttp.ClientError, OSError):
        raise ConfigError(f"SLACK_API_URL: {await why_silent(api_url)}") from None
