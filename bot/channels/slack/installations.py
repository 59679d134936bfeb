"""The workspaces and organizations where the bot is installed (T21), and their tokens, which are stored encrypted.

A workspace installs the bot by OAuth, over `/slack/install` and `/slack/oauth_redirect`. Each OAuth state can be used
once.
"""

import base64
import binascii
import hashlib
import logging
import time
from collections.abc import Callable, Sequence
from typing import Any

import structlog
from cachetools import TTLCache
from slack_bolt.adapter.starlette.async_handler import to_async_bolt_request, to_starlette_response
from slack_bolt.oauth.async_callback_options import AsyncCallbackOptions, AsyncFailureArgs, AsyncSuccessArgs
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackTokenRotationError
from slack_sdk.oauth.installation_store import Bot, Installation
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore
from slack_sdk.oauth.token_rotation.async_rotator import AsyncTokenRotator
from slack_sdk.web.async_client import AsyncWebClient
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.channels.slack.client import code_of, silent
from bot.channels.slack.workspace import Installed, OneWorkspace, Workspace
from bot.config import Settings, secret_of
from bot.stores.sealed import SealedTable

STATE_SECONDS = 600
_KIND, _STATES = "slack_installation", "slack_state"
_FOREVER = 20 * 365 * 86_400.0  # seconds: an installation ends when Slack says so
log = structlog.get_logger("slack")
_MOST, _FRESH_SECONDS = 1_000, 600
_ROTATE_BEFORE_SECONDS = 2 * 60 * 60
_LEASE_SECONDS = 60
ClientOf = Callable[[str], AsyncWebClient]


class Installations(AsyncInstallationStore):
    """slack_sdk's interface for stored installations: one encrypted row for each workspace or organization."""

    def __init__(self, table: SealedTable) -> None:
        self._table = table

    @property
    def logger(self) -> logging.Logger:
        """Return a logger without output."""
        return silent()

    async def async_save(self, installation: Installation) -> None:
        """Store the bot's token of an installation; user tokens are never requested."""
        await self.async_save_bot(installation.to_bot())

    async def async_save_bot(self, bot: Bot) -> None:
        """Store a bot's token, replacing the previous one."""
        # Under the workspace alone: of a person from elsewhere, Slack does not tell the organization of a workspace.
        key = _key(bot.enterprise_id, None) if bot.is_enterprise_install else _key(None, bot.team_id)
        await self._table.put(_KIND, key, vars(bot), expires=time.time() + _FOREVER)
        if bot.enterprise_id and bot.team_id:
            await self._table.store.drop(_KIND, _key(bot.enterprise_id, bot.team_id))

    async def async_find_bot(
        self, *, enterprise_id: str | None, team_id: str | None, is_enterprise_install: bool | None = False
    ) -> Bot | None:
        """Return the bot of a workspace: from the workspace's own installation, or else from its organization's.

        None if neither is installed.
        """
        team = None if is_enterprise_install else team_id
        for key in dict.fromkeys((_key(enterprise_id, team), _key(None, team), _key(enterprise_id, None))):
            row = await self._table.get(_KIND, key, dict[str, Any]) if key != "/" else None
            if row is not None:
                return Bot(**row)
        return None


class States(AsyncOAuthStateStore):
    """The OAuth states of installations. A state contains its own encrypted expiry, so issuing a state stores nothing.

    When a state comes back, its digest is stored, so that only the first callback with this state succeeds (T04).
    """

    def __init__(self, table: SealedTable, clock: Callable[[], float] = time.time) -> None:
        self._table, self._clock = table, clock

    @property
    def logger(self) -> logging.Logger:
        """Return a logger without output."""
        return silent()

    async def async_issue(self, *_: Any, **__: Any) -> str:
        """Return a new state, valid for ten minutes."""
        ends = str(self._clock() + STATE_SECONDS).encode()
        return base64.urlsafe_b64encode(self._table.seal.seal(ends, _STATES)).decode().rstrip("=")

    async def async_consume(self, state: str) -> bool:
        """Return whether the state is valid and unused. From then on it counts as used."""
        spent = f"{_STATES}:{hashlib.sha256((state or '').encode()).hexdigest()}"
        return self.passes(state or "") and await _is_first(self._table, spent, STATE_SECONDS)

    def passes(self, state: str) -> bool:
        """Return whether the state was issued here and has not expired. A used state passes too."""
        if "=" in state:
            return False  # what is issued has no padding: this is another text for the same bytes
        try:
            sealed = base64.b64decode(state + "=" * (-len(state) % 4), altchars=b"-_", validate=True)
            return float(self._table.seal.unseal(sealed, _STATES) or b"") > self._clock()
        except (binascii.Error, ValueError):
            return False


async def _is_first(table: SealedTable, key: str, seconds: float) -> bool:
    """Return whether this is the first call with this key within `seconds`.

    It marks states as used, and serves as a lease between processes (T39).
    """
    return await table.store.add("seen", key, expires=time.time() + seconds)


def _key(enterprise: str | None, team: str | None) -> str:
    return f"{enterprise or ''}/{team or ''}"


class ManyWorkspaces:
    """All workspaces and organizations that installed the bot. Tokens about to expire are renewed."""

    def __init__(self, table: SealedTable, client: ClientOf, rotator: AsyncTokenRotator) -> None:
        self._installations, self._table, self._client, self._rotator = Installations(table), table, client, rotator
        self._known: TTLCache[tuple[str, str], tuple[Bot, Workspace]] = TTLCache(_MOST, _FRESH_SECONDS)

    async def of(self, enterprise: str, team: str) -> Workspace | None:
        """Return a workspace by its own installation, or else by its organization's; None if neither is installed."""
        key = enterprise, team
        known = self._known.get(key)
        find = self._installations.async_find_bot
        bot = known[0] if known else await find(enterprise_id=enterprise, team_id=team)
        if bot is None:
            return None
        fresh = await self._rotated(bot)
        if known is None or fresh.bot_token != known[0].bot_token:
            installed = Installed(
                enterprise=fresh.enterprise_id or "",
                team="" if fresh.is_enterprise_install else fresh.team_id or "",
                name=(fresh.enterprise_name if fresh.is_enterprise_install else fresh.team_name) or "",
                bot_user=fresh.bot_user_id,
                bot_id=fresh.bot_id,
            )
            known = fresh, Workspace(self._client(fresh.bot_token), installed)
            self._known[key] = known
        return known[1]

    async def remove(self, enterprise: str, team: str) -> None:
        """Delete the installation of a workspace, or without `team` that of the organization."""
        self._known.clear()
        for key in {_key(enterprise, team), _key(None, team)} - {"/"}:
            await self._table.store.drop(_KIND, key)

    async def _rotated(self, bot: Bot) -> Bot:
        """Return the bot with a current token, renewed if the token expires within two hours.

        A refresh token works only once, so only the process with the lease uses it. The others continue with the old
        token until the new one is stored.
        """
        ends = bot.bot_token_expires_at
        if ends is None or ends - time.time() > _ROTATE_BEFORE_SECONDS:
            return bot
        stored = await self._installations.async_find_bot(enterprise_id=bot.enterprise_id, team_id=bot.team_id)
        if stored is None or stored.bot_token != bot.bot_token:
            return stored or bot
        lease = f"slack:rotation:{bot.enterprise_id or ''}/{bot.team_id or ''}"
        if not await _is_first(self._table, lease, _LEASE_SECONDS):
            return bot
        try:
            new = await self._rotator.perform_bot_token_rotation(
                bot=bot, minutes_before_expiration=_ROTATE_BEFORE_SECONDS // 60
            )
        except SlackTokenRotationError as error:
            log.error("token not rotated", reason=code_of(error.api_error))  # noqa: TRY400 -- tokens
            return bot
        if new is not None:
            await self._installations.async_save_bot(new)
        await self._table.store.drop("seen", lease)
        return new or bot


Workspaces = OneWorkspace | ManyWorkspaces
"""The workspaces that the bot serves."""
TOOLS = "mcp:connect"  # beside the others where BOT_MCP_URL names the tools for assistants
SCOPES = ("app_mentions:read", "chat:write", "commands", "im:history", "im:write", "users:read")
_HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff"}
_POLICY = {"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'"}
_KNOWN_REASONS = frozenset({"access_denied", "invalid_browser", "invalid_state", "missing_code", "invalid_code"})


class Install:
    """The two web pages for installation.

    An installation replaces the same workspace's or organization's previous one. `command` is the pack's slash command.
    """

    def __init__(
        self, settings: Settings, client: AsyncWebClient, table: SealedTable, pages: Any, command: str
    ) -> None:
        self._pages, self._command = pages, command
        flow = AsyncOAuthSettings(
            client_id=settings.slack_client_id or "",
            client_secret=secret_of(settings.slack_client_secret),
            scopes=[*SCOPES, *([TOOLS] if settings.bot_mcp_url else [])],
            redirect_uri=f"{settings.bot_public_url}/slack/oauth_redirect",
            authorization_url=settings.slack_api_url.removesuffix("api/") + "oauth/v2/authorize",
            installation_store=Installations(table),
            state_store=States(table),
            state_expiration_seconds=STATE_SECONDS,
            install_page_rendering_enabled=False,
            callback_options=AsyncCallbackOptions(success=self._installed, failure=self._refused),
            logger=silent(),
        )
        self._flow = AsyncOAuthFlow(client=client, logger=silent(), settings=flow)

    def routes(self) -> Sequence[Route]:
        """Return the routes of the page that redirects to Slack, and of the page to which Slack redirects back."""
        return (
            Route("/slack/install", self._begin, methods=["GET"]),
            Route("/slack/oauth_redirect", self._end, methods=["GET"]),
        )

    async def _begin(self, request: Request) -> Response:
        asked = to_async_bolt_request(request, b"")
        return self._guarded(to_starlette_response(await self._flow.handle_installation(asked)))

    async def _end(self, request: Request) -> Response:
        asked = to_async_bolt_request(request, b"")
        try:
            answer = await self._flow.handle_callback(asked)
        except Exception as error:  # noqa: BLE001 -- Slack or the store failed: the page says so, and no trace is shown
            log.error("not installed", kind=type(error).__name__, reason=code_of(error))  # noqa: TRY400 -- a trace may hold the code
            answer = self._page(asked, "not_installed", 502)
        return self._guarded(to_starlette_response(answer))

    async def _installed(self, args: AsyncSuccessArgs) -> BoltResponse:
        log.info("installed", channel="slack")
        answer = self._page(args.request, "installed", 200)
        answer.headers["set-cookie"] = [args.settings.state_utils.build_set_cookie_for_deletion()]
        return answer

    async def _refused(self, args: AsyncFailureArgs) -> BoltResponse:
        """Return the error page.

        The reason in the URL may be forged, so it is not shown, and logged only if it is a known one.
        """
        reason = args.reason if args.reason in _KNOWN_REASONS else "other"
        log.warning("not installed", reason=reason, channel="slack")
        status = 400 if args.suggested_status_code == 200 else args.suggested_status_code  # noqa: PLR2004 -- HTTP
        return self._page(args.request, "not_installed", status)

    def _page(self, request: AsyncBoltRequest, name: str, status: int) -> BoltResponse:
        """Return a page of the pack in the browser's language."""
        accepts = next(iter(request.headers.get("accept-language") or ()), None)
        page = self._pages.page(name, accepts, status=status, command=f"{self._command}-help")
        return BoltResponse(status=status, headers=dict(page.headers), body=bytes(page.body).decode())

    def _guarded(self, response: Response) -> Response:
        """Add the security headers that a response lacks, and return it (T30)."""
        response.headers.update({**_HEADERS, **_POLICY, **response.headers})
        return response
