"""Checks whether Slack and Microsoft accept the configured credentials."""

from collections.abc import AsyncIterator
from pathlib import Path

from bot.cli.findings import CheckResult, bad, note, ok
from bot.cli.manifest import scopes
from bot.config import Settings
from bot.errors import BotError, ConfigError
from bot.stores.opening import lacks


async def slack(settings: Settings, pack: Path | None) -> AsyncIterator[CheckResult]:
    """Yield whether Slack accepts the tokens, and whether the app has its scopes; nothing if Slack is not set."""
    first: CheckResult | None = None
    if settings.slack_bot_token is not None:
        first = await _bot_token(settings, settings.slack_bot_token.get_secret_value(), pack)
    elif settings.slack_client_id is not None:
        first = ok("slack", f"workspaces install the app at {settings.bot_public_url}/slack/install")
    if first is not None:
        yield first
    if settings.slack_app_token is not None:
        second = await _app_token(settings, settings.slack_app_token.get_secret_value())
        if second != first:  # the same silence is told once
            yield second


async def _bot_token(settings: Settings, token: str, pack: Path | None) -> CheckResult:
    from bot.cli.slack import probe  # noqa: PLC0415 -- only who talks to Slack pays for its SDK

    try:
        missing = await probe(token, settings.slack_api_url, scopes(pack, settings) if pack else frozenset())
    except BotError as error:
        return bad("slack", str(error))
    if missing:
        return bad("slack", f"SLACK_BOT_TOKEN: lacks {', '.join(missing)}; install the app again")
    return ok("slack", "the token is taken and has its scopes")


async def _app_token(settings: Settings, token: str) -> CheckResult:
    from bot.cli.slack import probe_socket  # noqa: PLC0415 -- as above

    try:
        await probe_socket(token, settings.slack_api_url)
    except ConfigError as error:
        return bad("slack", str(error))
    return ok("slack", "Socket Mode is open to the app-level token")


async def teams(settings: Settings, app_id: str) -> CheckResult:
    """Return whether Entra accepts the credentials, if all are set; missing ones are reported with the settings."""
    from bot.channels.teams.regions import CLOUDS  # noqa: PLC0415
    from bot.cli.teams import probe  # noqa: PLC0415 -- only who talks to Teams asks Microsoft

    if settings.teams_missing:
        return note("teams", "Microsoft is not asked before the settings above are there")
    if missing := lacks("teams"):
        return bad("teams", f"TEAMS_APP_ID: Teams {missing}")
    password = settings.teams_app_password.get_secret_value() if settings.teams_app_password else ""
    try:
        await probe(app_id, password, settings.teams_tenants[0], CLOUDS[settings.teams_cloud])
    except BotError as error:
        return bad("teams", str(error))
    return ok("teams", f"Entra takes the credentials; people of {len(settings.teams_tenants)} tenants may ask")
