"""Calls to Slack's Web API. A call that fails was either refused, or its outcome is unknown.

A refusal is a `SlackApiError`, as raised by slack_sdk. An unknown outcome is `Unreachable`: a 5xx, `internal_error` or
`fatal_error` ("some aspect of the operation may have succeeded", says Slack's reference), an unreadable body, or a
broken connection. After an unknown outcome, calls that may be made twice are repeated by `Client`. A post is not
repeated, because its caller must first check whether the message was posted.
"""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import SplitResult, urlsplit

import aiohttp
import msgspec
import structlog
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import (
    AsyncConnectionErrorRetryHandler,
    AsyncRateLimitErrorRetryHandler,
)
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.channels.base import Pause, Unreachable
from bot.config import Settings, secret_of
from bot.errors import Unwritable

# Where the bot may not write to a person or in a place, now and later.
BLOCKED = frozenset({
    "cannot_dm_bot", "channel_not_found", "is_archived", "messages_tab_disabled", "not_in_channel",
    "restricted_action", "restricted_action_non_threadable_channel", "restricted_action_read_only_channel",
    "restricted_action_thread_locked", "team_not_found", "user_disabled", "user_not_found", "user_not_in_channel",
    "user_not_visible",
})  # fmt: skip
# Where no call of this token works any more.
SHUT = frozenset({
    "access_denied", "account_inactive", "app_uninstalled", "ekm_access_denied", "enterprise_is_restricted",
    "invalid_auth", "missing_scope", "no_permission", "not_allowed_token_type", "not_authed", "org_login_required",
    "team_access_not_granted", "token_expired", "token_revoked", "two_factor_setup_required",
})  # fmt: skip
# Where a user id names nobody whom this app may know.
NOBODY = frozenset({"user_not_found", "user_not_in_enterprise", "user_not_visible", "users_not_found"})
# Where the blocks were refused: the same in words may be taken.
UNDRAWN = frozenset({"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long"})
# Where the message that was to be answered, and its thread, are gone.
THREADLESS = frozenset({"thread_not_found", "cannot_reply_to_message", "message_not_found"})
# Where a message is no longer there.
GONE = frozenset({"message_not_found"})
# What another try may mend.
PASSING = frozenset({
    "fatal_error", "internal_error", "rate_limited", "ratelimited", "request_timeout", "service_unavailable",
    "team_added_to_org",
})  # fmt: skip
_CODE = re.compile(r"[a-z_]{1,80}")


def code_of(error: BaseException | None) -> str:
    """Return Slack's error code of a failed call, such as `channel_not_found`.

    Return "" for any other exception and for a malformed code.
    """
    if not isinstance(error, SlackApiError):
        return ""
    answer = getattr(error.response, "data", error.response)
    code = str(answer.get("error")) if isinstance(answer, Mapping) else ""
    return code if _CODE.fullmatch(code) else ""


_IN_WORDS = {
    "invalid_auth": "Slack does not know this token; copy it again from the app's page",
    "not_authed": "Slack does not know this token; copy it again from the app's page",
    "account_inactive": "the app was removed from the workspace, or its bot was; install it again",
    "token_revoked": "the token was revoked; install the app again and copy the new one",
    "token_expired": "the token has expired; turn token rotation off for the app and install it again",
    "not_allowed_token_type": "this is another kind of token",
    "missing_scope": "the token lacks a scope; an app-level token needs connections:write",
    "team_access_not_granted": "the organization has not granted this workspace the app",
    "ratelimited": "Slack takes no more requests just now; try again in a minute",
}
"""Explanations for the operator of Slack's error codes for a token."""


def in_words(error: SlackApiError) -> str:
    """Return an explanation, for the operator, of why Slack refused a token, with Slack's error code."""
    code = code_of(error)
    told = _IN_WORDS.get(code, "Slack does not take it")
    return f"{told} ({code})" if code else "Slack's answer cannot be read; look at SLACK_API_URL"


# What leaves the same behind however often it is done.
_REPEATABLE = frozenset({
    "assistant.threads.setStatus", "assistant.threads.setSuggestedPrompts", "auth.test", "chat.delete", "chat.update",
    "conversations.history", "conversations.open", "conversations.replies", "users.info", "users.list", "views.publish",
})  # fmt: skip
# What slack_sdk itself calls and handles: the OAuth flow, token rotation and Socket Mode.
_OF_THE_SDK = frozenset({"apps.connections.open", "oauth.v2.access"})
_CALL_SECONDS = 10
_WAITS = (0.3, 1.0)  # seconds before the second and the third try
_SILENCE = (aiohttp.ClientError, OSError, TimeoutError)
_UNREADABLE = (AttributeError, LookupError, UnicodeError)  # from slack_sdk, for what is no JSON object


def silent() -> logging.Logger:
    """Return a logger without output, because bolt and slack_sdk would log whole request bodies."""
    logger = logging.getLogger("bot.channels.slack.libraries")
    logger.setLevel(logging.CRITICAL)
    return logger


class Client(AsyncWebClient):
    """slack_sdk's client, with the retries and exceptions of this module. `pause` waits between tries."""

    def __init__(self, *arguments: Any, pause: Pause = asyncio.sleep, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._pause = pause

    async def api_call(self, api_method: str, **options: Any) -> AsyncSlackResponse:
        """Make one call. A call that may be made twice is tried up to three times.

        Raises:
            SlackApiError: Slack refused it.
            Unreachable: the outcome is unknown.
        """
        if api_method in _OF_THE_SDK:
            return await super().api_call(api_method, **options)
        for wait in (*(_WAITS if api_method in _REPEATABLE else ()), None):
            try:
                return await super().api_call(api_method, **options)
            except SlackApiError as error:
                # Refused, and so nothing was done: a permanent error code, and no 5xx.
                status = getattr(error.response, "status_code", None) or getattr(error.response, "status", None)
                broken = isinstance(status, int) and status >= HTTPStatus.INTERNAL_SERVER_ERROR
                code = code_of(error)
                if code and code not in PASSING and not broken:
                    raise
                failure = code or "unreadable"
            except (*_SILENCE, *_UNREADABLE) as error:
                failure = type(error).__name__
            if wait is not None:
                await self._pause(wait)
        raise Unreachable(failure)


log = structlog.get_logger("slack")

Take = Callable[[Mapping[str, Any]], Awaitable[BoltResponse]]


class Socket:
    """A Socket Mode connection, reopened when it ends. `take` handles a delivery as if it had come over HTTP."""

    def __init__(self, app_token: str, client: AsyncWebClient, take: Take) -> None:
        self._take = take
        self._client = SocketModeClient(app_token, logger=silent(), web_client=client)
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


_HOOKS = "hooks."  # Slack's host for them is that of its Web API with this in front
_LONGEST_REFUSAL = 500


def is_slacks(url: str, api_url: str) -> bool:
    """Return whether a URL belongs to the Web API at `api_url`: the same host, or its hooks."""
    try:
        asked, own = _origin(urlsplit(url)), _origin(urlsplit(api_url))
    except ValueError:
        return False
    return asked in {own, (own[0], f"{_HOOKS}{own[1]}", own[2])}


def _origin(parts: SplitResult) -> tuple[str, str, int | None]:
    """Return the scheme, host and port of a URL.

    Raises:
        ValueError: the URL has a user name or password, as Slack's URLs never have, or its port is invalid.
    """
    if "@" in parts.netloc:
        raise ValueError("credentials")
    return parts.scheme, parts.hostname or "", parts.port or {"https": 443, "http": 80}.get(parts.scheme)


class Connection:
    """One HTTP session for all calls to Slack. Create it in a running event loop, and close it at the end.

    `many`: the OAuth client of many workspaces is configured, and no bot `token` of one workspace.
    """

    def __init__(self, settings: Settings, pause: Pause = asyncio.sleep) -> None:
        self._settings, self._pause = settings, pause
        self.token, secret = secret_of(settings.slack_bot_token), secret_of(settings.slack_client_secret)
        self.many = bool(settings.slack_client_id and secret and not self.token)
        self.session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=_CALL_SECONDS),
            cookie_jar=aiohttp.DummyCookieJar(),
            json_serialize=lambda body: msgspec.json.encode(body).decode(),
        )

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

    async def respond(self, url: str, body: dict[str, Any]) -> bool:
        """Post to a response URL. Return whether Slack accepted the post; False if it rejected the blocks.

        Slack signs the request with the URL; the check whose it is limits the harm that somebody with a stolen signing
        secret can do.

        Raises:
            Unwritable: the URL is not Slack's; nothing was posted.
            aiohttp.ClientError: Slack rejected the post otherwise: the URL has expired, or Slack is unavailable.
        """
        if not is_slacks(url, self._settings.slack_api_url):
            raise Unwritable("foreign_response_url")
        async with self.session.post(url, json=body, allow_redirects=False) as answer:
            if body["blocks"] and answer.status >= HTTPStatus.BAD_REQUEST:
                said = (await answer.content.read(_LONGEST_REFUSAL)).decode(errors="replace")
                if any(code in said for code in UNDRAWN):
                    return False
            answer.raise_for_status()
        return True

    async def close(self) -> None:
        """Close the HTTP session."""
        await self.session.close()
