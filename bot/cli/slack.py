"""Whether Slack takes a token, and which scopes it lacks. For an operator's check, not for a running bot."""

from __future__ import annotations

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.channels.slack.codes import code_of
from bot.errors import ConfigError

_SECONDS = 10


async def probe(token: str, api_url: str, wanted: frozenset[str]) -> list[str]:
    """The wanted scopes that the token lacks, by auth.test; none when Slack does not tell the token's scopes.

    Raises:
        ConfigError: Slack refuses the token, or does not answer.
    """
    try:
        answer = await AsyncWebClient(token, base_url=api_url, timeout=_SECONDS).auth_test()
    except SlackApiError as error:
        raise ConfigError(f"SLACK_BOT_TOKEN: Slack says {code_of(error) or 'nothing that can be read'}") from None
    except (SlackClientError, aiohttp.ClientError, OSError) as error:
        raise ConfigError(f"SLACK_API_URL: no answer ({type(error).__name__})") from None
    named = {name.lower(): value for name, value in answer.headers.items()}.get("x-oauth-scopes", "")
    granted = {scope.strip() for scope in named.split(",") if scope.strip()}
    return sorted(wanted - granted) if granted else []
