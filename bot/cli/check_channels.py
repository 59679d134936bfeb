"""Checks whether Slack and Microsoft accept the configured credentials."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli.findings import CheckResult, bad, note, ok, why_silent
from bot.cli.manifest import scopes
from bot.config import Settings, secret_of
from bot.errors import BotError, ConfigError
from bot.stores.opening import lacks

if TYPE_CHECKING:
    from slack_sdk.web.async_client import AsyncWebClient
    from slack_sdk.web.async_slack_response import AsyncSlackResponse

    from bot.channels.teams.gate import Cloud

_SECONDS = 10
# Of Entra's error codes: what an operator can put right by one setting.
_FAULTS = {
    "AADSTS7000215": "TEAMS_APP_PASSWORD: this is no secret of the app; make a new one and copy its value",
    "AADSTS7000222": "TEAMS_APP_PASSWORD: the secret has expired; make a new one",
    "AADSTS700016": "TEAMS_APP_ID: the tenant has no such app; look at its page in Azure, and at TEAMS_TENANT_ID",
    "AADSTS90002": "TEAMS_TENANT_ID: there is no such tenant",
}


async def slack(settings: Settings, pack: Path | None) -> AsyncIterator[CheckResult]:
    """Yield whether Slack accepts the tokens, and whether the app has its scopes; nothing if Slack is not set."""
    first: CheckResult | None = None
    if settings.slack_bot_token is not None:
        wanted = scopes(pack, settings) if pack else frozenset[str]()
        first = await _bot_token(settings, secret_of(settings.slack_bot_token), wanted)
    elif settings.slack_client_id is not None:
        first = ok("slack", f"workspaces install the app at {settings.bot_public_url}/slack/install")
    if first is not None:
        yield first
    if settings.slack_app_token is not None:
        second = await _app_token(settings, secret_of(settings.slack_app_token))
        if second != first:  # the same silence is told once
            yield second


async def _bot_token(settings: Settings, token: str, wanted: frozenset[str]) -> CheckResult:
    """Return whether Slack takes the bot token, and which of the scopes it lacks, as auth.test lists them."""
    try:
        answer = await _asked("SLACK_BOT_TOKEN", settings, token, lambda client: client.auth_test())
    except ConfigError as error:
        return bad("slack", str(error))
    named = {name.lower(): value for name, value in answer.headers.items()}.get("x-oauth-scopes", "")
    granted = {scope.strip() for scope in named.split(",") if scope.strip()}
    if granted and (missing := sorted(wanted - granted)):
        return bad("slack", f"SLACK_BOT_TOKEN: lacks {', '.join(missing)}; install the app again")
    return ok("slack", "the token is taken and has its scopes")


async def _app_token(settings: Settings, token: str) -> CheckResult:
    """Return whether Slack gives a Socket Mode address for the app-level token (apps.connections.open)."""
    try:
        await _asked("SLACK_APP_TOKEN", settings, None, lambda client: client.apps_connections_open(app_token=token))
    except ConfigError as error:
        return bad("slack", str(error))
    return ok("slack", "Socket Mode is open to the app-level token")


async def _asked(
    setting: str, settings: Settings, token: str | None, call: Callable[[AsyncWebClient], Awaitable[AsyncSlackResponse]]
) -> AsyncSlackResponse:
    """Return Slack's response; ConfigError if it rejects the token or is silent."""
    import aiohttp  # noqa: PLC0415 -- only who talks to Slack pays for its SDK
    from slack_sdk.errors import SlackApiError, SlackClientError  # noqa: PLC0415 -- as above
    from slack_sdk.web.async_client import AsyncWebClient  # noqa: PLC0415 -- as above

    from bot.channels.slack.client import in_words  # noqa: PLC0415 -- as above

    try:
        return await call(AsyncWebClient(token, base_url=settings.slack_api_url, timeout=_SECONDS))
    except SlackApiError as error:
        raise ConfigError(f"{setting}: {in_words(error)}") from None
    except (SlackClientError, aiohttp.ClientError, OSError):
        raise ConfigError(f"SLACK_API_URL: {await why_silent(settings.slack_api_url)}") from None


async def teams(settings: Settings, app_id: str) -> CheckResult:
    """Return whether Entra accepts the credentials, if all are set; missing ones are reported with the settings."""
    if settings.teams_missing:
        return note("teams", "Microsoft is not asked before the settings above are there")
    if missing := lacks("teams"):
        return bad("teams", f"TEAMS_APP_ID: Teams {missing}")
    from bot.channels.teams.gate import CLOUDS  # noqa: PLC0415 -- no file outside of a channel imports it at once

    try:
        await probe(
            app_id, secret_of(settings.teams_app_password), settings.teams_tenants[0], CLOUDS[settings.teams_cloud]
        )
    except BotError as error:
        return bad("teams", str(error))
    return ok("teams", f"Entra takes the credentials; people of {len(settings.teams_tenants)} tenants may ask")


async def probe(app_id: str, password: str, tenant: str, cloud: Cloud) -> None:
    """Request a token with these credentials; ConfigError names the setting, and of Entra's words only the code."""
    import aiohttp  # noqa: PLC0415 -- only who talks to Teams asks Microsoft

    form = {"grant_type": "client_credentials", "client_id": app_id, "client_secret": password}
    form |= {"scope": f"{cloud.issuer}/.default"}
    seconds = aiohttp.ClientTimeout(total=_SECONDS)
    try:
        async with aiohttp.ClientSession(timeout=seconds, cookie_jar=aiohttp.DummyCookieJar()) as session:
            url = f"{cloud.login_url}/{tenant}/oauth2/v2.0/token"
            answer = await session.post(url, data=form, allow_redirects=False)
            status, told = answer.status, await answer.text()
    except (aiohttp.ClientError, OSError):
        raise ConfigError(f"TEAMS_CLOUD: {await why_silent(cloud.login_url)}") from None
    if status != HTTPStatus.OK:
        code = next((code for code in _FAULTS if code in told), "")
        raise ConfigError(f"{_FAULTS.get(code, 'TEAMS_TENANT_ID: Entra refuses it')} ({code or f'HTTP {status}'})")
