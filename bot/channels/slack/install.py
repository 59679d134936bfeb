"""Installation of the bot in a workspace by OAuth: `/slack/install` and `/slack/oauth_redirect`."""

from __future__ import annotations

import html
import logging
from collections.abc import Sequence

import structlog
from slack_bolt.adapter.starlette.async_handler import to_async_bolt_request, to_starlette_response
from slack_bolt.oauth.async_callback_options import AsyncCallbackOptions, AsyncFailureArgs, AsyncSuccessArgs
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.channels.slack.client import code_of
from bot.channels.slack.installations import STATE_SECONDS, Installations, States
from bot.channels.slack.writer import Notices
from bot.config import Settings, secret_of
from bot.replies.plain import plain
from bot.stores.sealed import SealedTable

log = structlog.get_logger("slack")

TOOLS = "mcp:connect"  # beside the others where BOT_MCP_URL names the tools for assistants
SCOPES = ("app_mentions:read", "chat:write", "commands", "im:history", "im:write", "users:read")
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_KNOWN_REASONS = frozenset({"access_denied", "invalid_browser", "invalid_state", "missing_code", "invalid_code"})


class Install:
    """The two installation pages. An installation replaces the previous one of the same workspace or organization."""

    def __init__(
        self, settings: Settings, client: AsyncWebClient, table: SealedTable, notices: Notices, logger: logging.Logger
    ) -> None:
        self._notices = notices
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
            logger=logger,
        )
        self._flow = AsyncOAuthFlow(client=client, logger=logger, settings=flow)

    def routes(self) -> Sequence[Route]:
        """Return the page that redirects to Slack, and the one to which Slack redirects back."""
        return (
            Route("/slack/install", self._begin, methods=["GET"]),
            Route("/slack/oauth_redirect", self._end, methods=["GET"]),
        )

    async def _begin(self, request: Request) -> Response:
        asked = to_async_bolt_request(request, b"")
        return _guarded(to_starlette_response(await self._flow.handle_installation(asked)))

    async def _end(self, request: Request) -> Response:
        asked = to_async_bolt_request(request, b"")
        try:
            answer = await self._flow.handle_callback(asked)
        except Exception as error:  # noqa: BLE001 -- Slack or the store failed: the page says so, and no trace is shown
            log.error("not installed", kind=type(error).__name__, reason=code_of(error))  # noqa: TRY400 -- a trace may hold the code
            answer = self._page("not_installed", 502)
        return _guarded(to_starlette_response(answer))

    async def _installed(self, args: AsyncSuccessArgs) -> BoltResponse:
        log.info("installed", channel="slack")
        return self._page("installed", 200, args)

    async def _refused(self, args: AsyncFailureArgs) -> BoltResponse:
        """Return the error page. Slack's text in the URL may be forged, so it is neither shown nor logged."""
        reason = args.reason if args.reason in _KNOWN_REASONS else "other"
        log.warning("not installed", reason=reason, channel="slack")
        status = 400 if args.suggested_status_code == 200 else args.suggested_status_code  # noqa: PLR2004 -- HTTP
        return self._page("not_installed", status)

    def _page(self, name: str, status: int, args: AsyncSuccessArgs | None = None) -> BoltResponse:
        """Return a page of text, and delete the cookie if the installation is finished."""
        spent = args.settings.state_utils.build_set_cookie_for_deletion() if args else None
        return BoltResponse(
            status=status,
            headers={"Content-Type": "text/html; charset=utf-8", **({"Set-Cookie": spent} if spent else {})},
            body=said(self._notices, name),
        )


def said(notices: Notices, name: str) -> str:
    """Return the HTML page with a notice."""
    lines = plain(notices.blocks(name, "en")).splitlines()
    body = "".join(f"<p>{html.escape(line)}</p>" for line in lines)
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Slack</title>'
    )
    return f'<!doctype html><html lang="en">{head}<main><h1>Slack</h1>{body}</main></html>'


def _guarded(response: Response) -> Response:
    """Add the security headers of all pages to a response (T30)."""
    for name, value in _HEADERS.items():
        response.headers[name] = value
    return response
