"""Socket Mode: Slack's deliveries over a WebSocket that we open, where no public address can be had."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

log = structlog.get_logger("slack")

Take = Callable[[Mapping[str, Any]], Awaitable[bool]]


class Socket:
    """One connection, opened again when Slack or the network ends it. `take` is true for what may be acknowledged."""

    def __init__(self, app_token: str, client: AsyncWebClient, take: Take, logger: logging.Logger) -> None:
        self._take = take
        self._client = SocketModeClient(app_token, logger=logger, web_client=client)
        self._client.socket_mode_request_listeners.append(self._receive)
        self._connecting: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to connect, and go on trying: slack_sdk would also go on with a token that Slack never takes.

        Raises:
            SlackApiError: Slack does not take the app-level token.
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
        """Take no more."""
        if self._connecting is not None:
            self._connecting.cancel()
            await asyncio.gather(self._connecting, return_exceptions=True)
        await self._client.close()  # type: ignore[no-untyped-call]

    async def _receive(self, client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        """What is not acknowledged comes again, as over HTTP."""
        try:
            taken = await self._take(request.payload)
        except Exception as error:  # noqa: BLE001 -- Slack shall deliver again, and nobody reads a trace
            log.error("failed", kind=type(error).__name__, channel="slack")  # noqa: TRY400 -- a trace may quote a message
            return
        if taken:
            await client.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))
