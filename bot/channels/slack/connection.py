"""Connections to Slack: one HTTP session, a client for each token, and the installed workspaces."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import aiohttp
import structlog
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import (
    AsyncConnectionErrorRetryHandler,
    AsyncRateLimitErrorRetryHandler,
)
from slack_sdk.oauth.token_rotation.async_rotator import AsyncTokenRotator
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.channels.base import Pause
from bot.channels.slack.client import Client, open_session, silent
from bot.channels.slack.installations import Install, Installations, ManyWorkspaces, Workspaces
from bot.channels.slack.sharing import ResponseUrls
from bot.channels.slack.workspace import OneWorkspace
from bot.channels.slack.writer import Notices
from bot.config import Settings, secret_of
from bot.stores.sealed import SealedTable

log = structlog.get_logger("slack")

Take = Callable[[Mapping[str, Any]], Awaitable[BoltResponse]]


class Socket:
    """A Socket Mode connection, reopened when it ends. `take` handles a delivery as if it had come over HTTP."""

    def __init__(self, app_token: str, client: AsyncWebClient, take: Take, logger: logging.Logger) -> None:
        self._take = take
        self._client = SocketModeClient(app_token, logger=logger, web_client=client)
        self._client.socket_mode_request_listeners.append(self._receive)
        self._connecting: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Connect, and keep trying in the background if Slack cannot be reached.

        The token is checked first, because slack_sdk would also keep trying with an invalid token.

        Raises:
            SlackApiError: Slack rejects the app-level token.
        """
        try:
            opened = await self._client.web_client.apps_connections_open(app_token=self._client.app_token)
            self._client.wss_uri = opened["url"]
        except SlackApiError:
            await self.stop()
            raise
        except (aiohttp.ClientError, OSError) as error:
            log.warning("not connected yet", kind=type(error).__name__, channel="slack")
        self._connecting = asyncio.create_task(self._client.connect())  # type: ignore[no-untyped-call]

    async def stop(self) -> None:
        """Close the connection."""
        if self._connecting is not None:
            self._connecting.cancel()
            await asyncio.gather(self._connecting, return_exceptions=True)
        await self._client.close()  # type: ignore[no-untyped-call]

    async def _receive(self, client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        """Handle a delivery, and acknowledge it if that succeeded; otherwise Slack delivers it again, as over HTTP."""
        try:
            taken = await self._take(request.payload)
        except Exception as error:  # noqa: BLE001 -- Slack shall deliver again, and nobody reads a trace
            log.error("failed", kind=type(error).__name__, channel="slack")  # noqa: TRY400 -- a trace may quote a message
            return
        if taken.status in {200, 404}:
            await client.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))


class Connection:
    """The open connections to Slack, for the bot token of one workspace or the OAuth client for many.

    Create it in a running event loop, and close it at the end.
    """

    def __init__(self, settings: Settings, pause: Pause = asyncio.sleep) -> None:
        self._settings, self._pause = settings, pause
        self._secret, self.token = secret_of(settings.slack_client_secret), secret_of(settings.slack_bot_token)
        self._many = bool(settings.slack_client_id and self._secret and not self.token)
        self.session = open_session()
        self.urls = ResponseUrls(self.session, settings.slack_api_url)

    def client(self, token: str | None) -> Client:
        """Return a client with a token. Calls that did not reach Slack, or that Slack rate-limited, are retried."""
        return Client(
            token,
            self._settings.slack_api_url,
            session=self.session,
            logger=silent(),
            retry_handlers=[
                AsyncConnectionErrorRetryHandler(error_types=[aiohttp.ClientConnectorError]),
                AsyncRateLimitErrorRetryHandler(max_retry_count=3),
            ],
            pause=self._pause,
        )

    def workspaces(self, table: SealedTable) -> Workspaces:
        """Return the one workspace of the bot token; without a bot token, all workspaces that install the bot."""
        if not self._many:
            return OneWorkspace(self.client(self.token))
        own = self._settings.slack_client_id or ""
        rotator = AsyncTokenRotator(client_id=own, client_secret=self._secret, client=self.client(None))
        return ManyWorkspaces(Installations(table), table, self.client, rotator)

    def install(self, table: SealedTable, notices: Notices) -> Install | None:
        """Return the OAuth installation pages; None if the bot serves the one workspace of a bot token."""
        if not self._many:
            return None
        return Install(self._settings, self.client(None), table, notices)

    def socket(self, take: Take) -> Socket | None:
        """Return the Socket Mode connection; None without an app-level token."""
        token = secret_of(self._settings.slack_app_token)
        return Socket(token, self.client(token), take, silent()) if token else None

    async def close(self) -> None:
        """Close the HTTP session."""
        await self.session.close()
