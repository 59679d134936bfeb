"""Calls to Slack's Web API. A failure is either a refusal or an unknown outcome.

Refused is `SlackApiError`, as slack_sdk raises it. Nobody knows is `Unreachable`: a 5xx, `internal_error` or
`fatal_error` ("some aspect of the operation may have succeeded", says Slack's reference), a body that cannot be read,
a connection that ended. What may be done twice is then tried again here; a post is not, because whoever posts has to
look first whether it stands there.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.channels.base import Pause, Unreachable
from bot.channels.slack.codes import PASSING, code_of

# What leaves the same behind however often it is done.
_REPEATABLE = frozenset({
    "assistant.threads.setStatus", "assistant.threads.setSuggestedPrompts", "auth.test", "chat.delete", "chat.update",
    "conversations.history", "conversations.open", "conversations.replies", "users.info", "users.list", "views.publish",
})  # fmt: skip
# What slack_sdk itself calls and handles: the OAuth flow, token rotation and Socket Mode.
_OF_THE_SDK = frozenset({"apps.connections.open", "oauth.v2.access"})
_WAITS = (0.3, 1.0)  # seconds before the second and the third try
_SILENCE = (aiohttp.ClientError, OSError, TimeoutError)
_UNREADABLE = (AttributeError, LookupError, UnicodeError)  # from slack_sdk, for what is no JSON object


class Client(AsyncWebClient):
    """slack_sdk's client with the rule above. `pause` waits between tries."""

    def __init__(self, *arguments: Any, pause: Pause = asyncio.sleep, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._pause = pause

    async def api_call(self, api_method: str, **options: Any) -> AsyncSlackResponse:
        """One call.

        Raises:
            SlackApiError: Slack refused it. Unreachable: it may be done or not; it was tried three times if it could.
        """
        if api_method in _OF_THE_SDK:
            return await super().api_call(api_method, **options)
        for wait in _WAITS if api_method in _REPEATABLE else ():
            try:
                return await self._called(api_method, options)
            except Unreachable:
                await self._pause(wait)
        return await self._called(api_method, options)

    async def _called(self, api_method: str, options: dict[str, Any]) -> AsyncSlackResponse:
        try:
            return await super().api_call(api_method, **options)
        except SlackApiError as error:
            if _is_refusal(error):
                raise
            raise Unreachable(code_of(error) or "unreadable") from None
        except (*_SILENCE, *_UNREADABLE) as error:
            raise Unreachable(type(error).__name__) from None


def _is_refusal(error: SlackApiError) -> bool:
    """Whether Slack's answer says that nothing was done: a code of its own that does not pass, on no 5xx."""
    status = getattr(error.response, "status_code", None) or getattr(error.response, "status", None)
    broken = isinstance(status, int) and status >= HTTPStatus.INTERNAL_SERVER_ERROR
    code = code_of(error)
    return bool(code) and code not in PASSING and not broken
