"""A double of Slack: its Web API on a free port, and signed deliveries to an app, each as often as Slack would.

As its own process: `python -m tests.doubles.slack --port N --app URL --secret S`; then `POST /control/deliver` with
`{"event": …}` delivers a signed event, `GET /control/calls` lists what was called.
"""

import argparse
import asyncio
import io
import json
import time

import aiohttp
from aiohttp import web

from tests.doubles.slack_api import APP_TOKEN, CLIENT_ID, CLIENT_SECRET, TOKEN, Call, WebApi
from tests.doubles.slack_payloads import BOT_USER, TEAM, Json, sign, wire

__all__ = [
    "APP_TOKEN", "BOT_USER", "CLIENT_ID", "CLIENT_SECRET", "SECRET", "TEAM", "TOKEN",
    "Call", "SlackDouble", "sign", "wire",
]  # fmt: skip
SECRET = "double-signing-secret"
WAIT_SECONDS = 10


class SlackDouble(WebApi):
    """One workspace. People are users by id; whoever is not listed is a plain member."""

    def __init__(self, *, secret: str = SECRET, token: str = TOKEN, team: str = TEAM) -> None:
        super().__init__(token=token, team=team)
        self.secret, self.app_url = secret, ""
        self._sockets: list[web.WebSocketResponse] = []
        self.acknowledged: list[str] = []

    async def start(self, port: int = 0) -> None:
        """Listen on loopback; `api_url` is known afterwards."""
        app = web.Application(client_max_size=4 * 1024 * 1024)
        app.router.add_route("*", "/api/{method}", self._api)
        app.router.add_post("/response/{id}", self._response)
        app.router.add_get("/socket", self._socket)
        app.router.add_post("/control/deliver", self._control_deliver)
        app.router.add_get("/control/calls", self._control_calls)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        self.port = site.port
        self._session = aiohttp.ClientSession()

    async def stop(self) -> None:
        """Close everything."""
        for socket in self._sockets:
            await socket.close()
        await self._session.close()
        await self._runner.cleanup()

    @property
    def api_url(self) -> str:
        """What SLACK_API_URL is set to."""
        return f"http://127.0.0.1:{self.port}/api/"

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
        async with asyncio.timeout(WAIT_SECONDS), self._changed:
            await self._changed.wait_for(lambda: bool(self._sockets))
        kinds = {"block_actions": "interactive", "view_submission": "interactive"}
        kind = "slash_commands" if "command" in body else kinds.get(body["type"], "events_api")
        envelope = f"env-{next(self._ids)}"
        payload = {"type": kind, "envelope_id": envelope, "payload": body, "accepts_response_payload": False}
        await self._sockets[-1].send_json(payload)
        async with asyncio.timeout(WAIT_SECONDS), self._changed:
            await self._changed.wait_for(lambda: envelope in self.acknowledged)
        return envelope

    def called(self, method: str) -> list[Call]:
        """The calls of one method, in order."""
        return [call for call in self.calls if call.method == method]

    async def wait_for(self, method: str, count: int = 1) -> list[Call]:
        """The calls of a method, once there are this many; a failed test after ten seconds."""
        async with asyncio.timeout(WAIT_SECONDS), self._changed:
            await self._changed.wait_for(lambda: len(self.called(method)) >= count)
        return self.called(method)

    async def said(self, text: str) -> None:
        """Wait until a message stands somewhere that says exactly this; a failed test after ten seconds."""
        async with asyncio.timeout(WAIT_SECONDS), self._changed:
            await self._changed.wait_for(lambda: any(said["text"] == text for said in self.messages.values()))

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

    async def _control_deliver(self, request: web.Request) -> web.Response:
        asked = await request.json()
        body = self.event(asked["event"]) if "event" in asked else asked["body"]
        return web.json_response({"statuses": await self.deliver(body, times=asked.get("times", 1))})

    async def _control_calls(self, _: web.Request) -> web.Response:
        return web.json_response([{"method": call.method, "at": call.at, **call.arguments} for call in self.calls])


async def _serve(port: int, app_url: str, secret: str) -> None:
    double = SlackDouble(secret=secret)
    double.app_url = app_url
    await double.start(port)
    print(double.api_url, flush=True)  # noqa: T201 -- the starter reads the port here
    try:
        await asyncio.Event().wait()
    finally:
        await double.stop()


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--app", default="http://127.0.0.1:8765/slack/events")
    parser.add_argument("--secret", default=SECRET)
    asked = parser.parse_args()
    asyncio.run(_serve(asked.port, asked.app, asked.secret))


if __name__ == "__main__":
    main()
