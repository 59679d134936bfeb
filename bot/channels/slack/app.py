"""The Slack side of the web application: the signed route, bolt behind it, and the work behind the acknowledgement."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import structlog
from slack_bolt.adapter.starlette.async_handler import to_async_bolt_request, to_starlette_response
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import (
    AsyncConnectionErrorRetryHandler,
    AsyncRateLimitErrorRetryHandler,
    AsyncServerErrorRetryHandler,
)
from slack_sdk.web.async_client import AsyncWebClient
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.channels.base import Answers, deliver
from bot.channels.slack import gate
from bot.channels.slack.incoming import COMMANDS, Body, Incoming, read_command, read_event, read_press
from bot.channels.slack.notices import Notices
from bot.channels.slack.prompts import PROMPTS
from bot.channels.slack.work import Work
from bot.channels.slack.workspace import Workspace
from bot.channels.slack.writer import SlackWriter, Whisper
from bot.message import Message, OneToOne, Place, Shared
from bot.replies.render import Words

log = structlog.get_logger("slack")

First = Callable[[str], Awaitable[bool]]
_CALL_SECONDS = 10
_DRAIN_SECONDS = 25


class SlackApp:
    """One workspace's Slack. `start` before the first request, `stop` after the last."""

    def __init__(
        self,
        answers: Answers,
        words: Words,
        *,
        bot_token: str,
        signing_secret: str,
        first: First,
        api_url: str = "https://slack.com/api/",
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`first` is true for the first caller with a key: the shared store's dedupe (T39)."""
        self._answers, self._first, self._clock = answers, first, clock
        self._token, self._secret, self._api_url = bot_token, signing_secret, api_url
        self._notices, self._work = Notices(words), Work()

    async def start(self) -> None:
        """Open the one HTTP session that every call to Slack shares."""
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=_CALL_SECONDS), cookie_jar=aiohttp.DummyCookieJar()
        )
        self._client = AsyncWebClient(
            self._token,
            self._api_url,
            session=self._session,
            logger=_silent(),
            retry_handlers=[
                AsyncConnectionErrorRetryHandler(error_types=[aiohttp.ClientConnectorError]),
                AsyncRateLimitErrorRetryHandler(max_retry_count=3),
                AsyncServerErrorRetryHandler(max_retry_count=2),
            ],
        )
        self._workspace = Workspace(self._client)
        self.channel = SlackWriter(self._client, self._workspace, self._notices)
        self._bolt = self._listeners()

    async def stop(self) -> None:
        """Finish what was acknowledged, then close the session."""
        await self.drain()
        await self._session.close()

    async def drain(self) -> None:
        """Wait for the answers to everything acknowledged so far."""
        await self._work.drain(_DRAIN_SECONDS)

    def routes(self) -> list[Route]:
        """The one route that Slack calls."""
        return [Route("/slack/events", self._receive, methods=["POST"])]

    async def _receive(self, request: Request) -> Response:
        """200 for what Slack signed, 400 for what cannot be read, 401 for what it did not sign, 503 to be asked again.

        bolt answers 404 where nobody listens; Slack would count that as our failure, so it is 200 too.
        """
        body = await gate.read_body(request)
        if body is None:
            return Response(status_code=400)
        content_type = request.headers.get("content-type", "")
        if not gate.is_signed(self._secret, request.headers, body, self._clock()):
            return Response(status_code=200 if gate.is_ssl_check(content_type, body) else 401)
        if not gate.is_readable(content_type, body):
            return Response(status_code=400)
        try:
            answer = await self._bolt.async_dispatch(to_async_bolt_request(request, body))
        except Exception as error:  # noqa: BLE001 -- whatever it is, Slack shall deliver again and nobody reads a trace
            return _failed(error)
        return Response() if answer.status == 404 else to_starlette_response(answer)  # noqa: PLR2004 -- HTTP

    def _listeners(self) -> AsyncApp:
        async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult | None:
            return await self._workspace.authorize(enterprise_id, team_id)

        bolt = AsyncApp(
            name="slack",
            logger=_silent(),
            client=AsyncWebClient(None, self._api_url, session=self._session, logger=_silent()),
            authorize=authorize,  # type: ignore[arg-type] # None is allowed; bolt handles it
            request_verification_enabled=False,
            ssl_check_enabled=False,
            process_before_response=True,
            attaching_conversation_kwargs_enabled=False,
        )
        bolt.event(re.compile("^(message|app_mention)$"))(self._on_event)
        bolt.event("app_home_opened")(self._on_home)
        for command in COMMANDS:
            bolt.command(command)(self._on_command)
        bolt.action(re.compile(""))(self._on_action)
        bolt.error(_on_error)
        return bolt

    async def _on_event(self, body: Body) -> None:
        here = await self._workspace.installed()
        await self._take(read_event(body, here.bot_user_id or ""))

    async def _on_command(self, ack: Callable[[], Awaitable[Any]], body: Body) -> None:
        here = await self._workspace.installed()
        await self._take(read_command(body, here.bot_user_id or ""))
        await ack()

    async def _on_action(self, ack: Callable[[], Awaitable[Any]], body: Body) -> None:
        await self._take(read_press(body))
        await ack()

    async def _on_home(self, body: Body) -> None:
        event = body["event"]
        if event.get("tab") == "messages" and await self._first(f"slack:event:{body['event_id']}"):
            self._work.start(("home", event["channel"]), self._suggest(event["channel"]))

    async def _take(self, incoming: Incoming | None) -> None:
        """Start the answer once, however often Slack delivers (F50)."""
        if incoming is not None and await self._first(f"slack:{incoming.key}"):
            self._work.start((incoming.channel, incoming.user), self._answer(incoming))

    async def _answer(self, incoming: Incoming) -> None:
        try:
            person, directory_only = await self._workspace.person(incoming.user, incoming.team)
            message = Message(
                incoming.key,
                person,
                await self._place(incoming),
                incoming.text,
                press=incoming.press,
                command=incoming.command,
                directory_only=directory_only,
            )
            await deliver(self._channel(incoming), self._answers, message)
        except Exception as error:  # noqa: BLE001 -- nobody awaits this task: its failure ends here, in the log
            _failed(error)

    async def _place(self, incoming: Incoming) -> Place:
        direct = incoming.direct
        if incoming.maybe_direct:
            own = await self._workspace.chat(incoming.user)
            direct = own is not None and own.conversation == incoming.channel
        kind = OneToOne if direct else Shared
        return kind(incoming.channel, incoming.thread)

    def _channel(self, incoming: Incoming) -> SlackWriter:
        if incoming.response_url is None:
            return self.channel.for_one()
        return Whisper(
            self._client,
            self._workspace,
            self._notices,
            session=self._session,
            response_url=incoming.response_url,
        )

    async def _suggest(self, channel: str) -> None:
        prompts = [{"title": title, "message": message} for title, message in PROMPTS]
        try:
            await self._client.assistant_threads_setSuggestedPrompts(channel_id=channel, prompts=prompts)
        except (SlackApiError, aiohttp.ClientError, TimeoutError) as error:
            _failed(error)


async def _on_error(error: Exception) -> BoltResponse:
    _failed(error)
    return BoltResponse(status=503)


def _failed(error: Exception) -> Response:
    """Log the kind of an error and Slack's code for it, never its text, which may quote a message."""
    reason = str(error.response.get("error")) if isinstance(error, SlackApiError) else ""
    log.error("failed", kind=type(error).__name__, reason=reason, channel="slack")
    return Response(status_code=503)


def _silent() -> logging.Logger:
    """A logger that says nothing: bolt and slack_sdk log whole bodies; what matters of them is logged here."""
    logger = logging.getLogger("bot.channels.slack.libraries")
    logger.setLevel(logging.CRITICAL)
    return logger
