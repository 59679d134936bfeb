"""A double of Slack: its Web API on a free port, and signed deliveries to an app, each as often as Slack would."""

import asyncio
import io
import json
import time

import aiohttp
from aiohttp import web

from bot.channels.slack.app import SlackApp
from tests.doubles.slack_api import APP_TOKEN, CLIENT_ID, CLIENT_SECRET, TOKEN, Call, WebApi
from tests.doubles.slack_payloads import BOT_USER, TEAM, Json, sign, wire
from tests.inbox.handling import drained

__all__ = [
    "APP_TOKEN", "BOT_USER", "CLIENT_ID", "CLIENT_SECRET", "SECRET", "TEAM", "TOKEN",
    "Call", "SlackDouble", "all_done", "sign", "wire",
]  # fmt: skip
SECRET = "double-signing-secret"


class SlackDouble(WebApi):
    """One workspace. People are users by id; whoever is not listed is a plain member."""

    def __init__(self, *, secret: str = SECRET, token: str = TOKEN, team: str = TEAM) -> None:
        super().__init__(token=token, team=team)
        self.secret = secret
        self._sockets: list[web.WebSocketResponse] = []
        self.acknowledged: list[str] = []

    def _routes(self) -> list[web.RouteDef]:
        return [
            web.route("*", "/api/{method}", self._api),
            web.post("/response/{id}", self._response),
            web.get("/socket", self._socket),
        ]

    async def __aexit__(self, *_: object) -> None:
        """Close everything."""
        for socket in self._sockets:
            await socket.close()
        await super().__aexit__()

    @property
    def api_url(self) -> str:
        """What SLACK_API_URL is set to."""
        return f"http://127.0.0.1:{self.port}/api/"

    @property
    def settings(self) -> Json:
        """What connects a bot to this workspace."""
        return {"slack_bot_token": TOKEN, "slack_signing_secret": SECRET, "slack_api_url": self.api_url}

    @property
    def environment(self) -> dict[str, str]:
        """The same for a process."""
        return {name.upper(): value for name, value in self.settings.items()}

    async def deliver(self, body: Json, *, times: int = 1) -> list[int]:
        """The statuses of one delivery, or of several at once as Slack's retries may come."""
        sent = [self.send(*wire(body), retry=number) for number in range(times)]
        return [status for status, _ in await asyncio.gather(*sent)]

    async def send(
        self,
        body: bytes,
        content_type: str,
        *,
        retry: int = 0,
        timestamp: str | None = None,
        signature: str | None = None,
        to: str | None = None,
    ) -> tuple[int, str]:
        """Status and text of one request, signed now unless a timestamp or signature is given."""
        stamp = timestamp if timestamp is not None else str(int(time.time()))
        headers = {
            "Content-Type": content_type,
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": signature if signature is not None else sign(self.secret, stamp, body),
        }
        if retry:
            headers |= {"X-Slack-Retry-Num": str(retry), "X-Slack-Retry-Reason": "http_timeout"}
        async with self._session.post(to or self.app_url, data=io.BytesIO(body), headers=headers) as answer:
            return answer.status, await answer.text()

    async def deliver_by_socket(self, body: Json) -> str:
        """The id of an envelope that was sent over the app's WebSocket, once it has acknowledged it."""
        await self._until(lambda: bool(self._sockets))
        kinds = {"block_actions": "interactive", "view_submission": "interactive"}
        kind = "slash_commands" if "command" in body else kinds.get(body["type"], "events_api")
        envelope = f"env-{next(self._ids)}"
        payload = {"type": kind, "envelope_id": envelope, "payload": body, "accepts_response_payload": False}
        await self._sockets[-1].send_json(payload)
        await self._until(lambda: envelope in self.acknowledged)
        return envelope

    def called(self, method: str) -> list[Call]:
        """The calls of one method, in order."""
        return [call for call in self.calls if call.method == method]

    async def wait_for(self, method: str, count: int = 1) -> list[Call]:
        """The calls of a method, once there are this many; a failed test after ten seconds."""
        await self._until(lambda: len(self.called(method)) >= count)
        return self.called(method)

    async def said(self, text: str) -> None:
        """Wait until a message stands somewhere that says exactly this; a failed test after ten seconds."""
        await self._until(lambda: any(said["text"] == text for said in self.messages.values()))

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        """One WebSocket of Socket Mode: says hello, and collects what the app acknowledges."""
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"type": "hello", "num_connections": 1})
        async with self._changed:
            self._sockets.append(socket)
            self._changed.notify_all()
        async for message in socket:
            if message.type is aiohttp.WSMsgType.TEXT and message.data.startswith("{"):
                async with self._changed:
                    self.acknowledged.append(str(json.loads(message.data).get("envelope_id")))
                    self._changed.notify_all()
        return socket


async def all_done(app: SlackApp) -> None:
    """Wait until everything that the app acknowledged so far is answered."""
    await drained(app._errands.inbox)
    await app._errands.drain(25)
    await drained(app._erasing)
