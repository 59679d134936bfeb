"""A double of Slack: its Web API on a free port, and signed deliveries to an app, each as often as Slack would.

As its own process: `python -m tests.doubles.slack --port N --app URL --secret S`; then `POST /control/deliver` with
`{"event": …}` delivers a signed event, `GET /control/calls` lists what was called.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import hashlib
import hmac
import io
import itertools
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import aiohttp
from aiohttp import web

from tests.doubles.block_kit import faults, shown, view_faults

Json = dict[str, Any]
TOKEN, SECRET, APP_TOKEN = "xoxb-double", "double-signing-secret", "xapp-double"
CLIENT_ID, CLIENT_SECRET = "client-double", "client-secret-double"
TEAM, BOT_USER, BOT, APP = "T0TEAM", "U0BOT", "B0BOT", "A0APP"
WAIT_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the Web API, or one post to a response URL (method `response_url`)."""

    method: str
    arguments: Json
    at: float = field(default_factory=time.perf_counter)

    @property
    def text(self) -> str:
        """Every string that a person could see of it."""
        return shown(self.arguments.get("text", ""), self.arguments.get("blocks") or [])


class SlackDouble:
    """One workspace. People are users by id; whoever is not listed is a plain member."""

    def __init__(self, *, secret: str = SECRET, token: str = TOKEN, team: str = TEAM) -> None:
        self.secret, self.token, self.team = secret, token, team
        self.app_url = ""
        self.calls: list[Call] = []
        self.users: dict[str, Json] = {}
        self.errors: dict[str, list[str]] = {}
        self.limits: dict[str, list[int]] = {}
        self.broken: dict[str, list[int]] = {}
        self.refused: list[str] = []
        self.latency = 0.0
        self.messages: dict[tuple[str, str], Json] = {}
        self.homes: dict[str, Json] = {}
        self.views: list[Json] = []
        self.silent: set[str] = set()
        self.tokens: dict[str, Json] = {token: {"team_id": team, "team": "Contoso"}}
        self.codes: dict[str, Json] = {}
        self.refreshes: dict[str, Json] = {}
        self._sockets: list[web.WebSocketResponse] = []
        self.acknowledged: list[str] = []
        self._ids = itertools.count(1)
        self._changed = asyncio.Condition()

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

    # deliveries

    def event(self, event: Mapping[str, Any], *, event_id: str | None = None, **envelope: Any) -> Json:
        """An event in its envelope."""
        number = next(self._ids)
        body = {"type": event["type"], "ts": f"1700000000.{number:06}", "team": self.team, **event}
        return {
            "type": "event_callback",
            "token": "deprecated",
            "team_id": self.team,
            "api_app_id": APP,
            "event_id": event_id or f"Ev{number:08}",
            "event_time": int(time.time()),
            "authorizations": [{"team_id": self.team, "user_id": BOT_USER, "is_bot": True}],
            "event": body,
            **envelope,
        }

    def direct_message(self, text: str, *, user: str = "U1", channel: str | None = None, **event: Any) -> Json:
        """A person writes to the bot."""
        place = channel or self.chat_of(user)
        return self.event(
            {"type": "message", "channel_type": "im", "channel": place, "user": user, "text": text, **event}
        )

    def mention(self, text: str, *, user: str = "U1", channel: str = "C1", **event: Any) -> Json:
        """A person mentions the bot in a channel."""
        words = f"<@{BOT_USER}> {text}"
        return self.event({"type": "app_mention", "channel": channel, "user": user, "text": words, **event})

    def command(self, command: str, text: str = "", *, user: str = "U1", channel: str = "C1", **form: Any) -> Json:
        """A slash command's form."""
        number = next(self._ids)
        return {
            "command": command,
            "text": text,
            "user_id": user,
            "team_id": self.team,
            "channel_id": channel,
            "channel_name": "directmessage" if channel.startswith("D") else "general",
            "api_app_id": APP,
            "trigger_id": f"1.2.{number}",
            "response_url": self.response_url(number),
            **form,
        }

    def press(self, value: str | None, *, user: str = "U1", channel: str = "D-U1", ephemeral: bool = False) -> Json:
        """A pressed button; without a value, one that opens a page."""
        number = next(self._ids)
        action = {"type": "button", "action_id": "press-0" if value else "open-0", "block_id": "b"}
        return {
            "type": "block_actions",
            "user": {"id": user, "team_id": self.team},
            "team": {"id": self.team},
            "enterprise": None,
            "api_app_id": APP,
            "trigger_id": f"1.2.{number}",
            "response_url": self.response_url(number),
            "channel": {"id": channel, "name": "directmessage"},
            "container": {
                "type": "message",
                "channel_id": channel,
                "message_ts": "1700000000.000100",
                "is_ephemeral": ephemeral,
            },
            "actions": [action | ({"value": value} if value else {"url": "https://bot.example/"})],
        }

    def own_press(self, action: str, value: str, **press: Any) -> Json:
        """A button with an action of its own, such as one that shares or opens a form."""
        body = self.press(value, **press)
        body["actions"][0] |= {"action_id": action}
        return body

    def home_press(self, action: str, value: str, *, user: str = "U1") -> Json:
        """A button in App Home: there is no channel."""
        body = self.own_press(action, value, user=user) | {"container": {"type": "view", "view_id": "V1"}}
        return {name: part for name, part in body.items() if name not in {"channel", "response_url"}}

    def submission(self, callback: str, *, user: str = "U1", **fields: str) -> Json:
        """A form that was sent; a field's value is what was typed or chosen."""
        view = {
            "id": f"V{next(self._ids)}",
            "hash": "h",
            "type": "modal",
            "callback_id": callback,
            "state": {"values": {name: {name: {"type": "x", "value": value}} for name, value in fields.items()}},
        }
        return {"type": "view_submission", "user": {"id": user}, "team": {"id": self.team}, "view": view}

    def shortcut(self, callback: str, *, user: str = "U1") -> Json:
        """A global shortcut."""
        number = next(self._ids)
        return {
            "type": "shortcut",
            "callback_id": callback,
            "trigger_id": f"1.2.{number}",
            "user": {"id": user, "team_id": self.team},
            "team": {"id": self.team},
        }

    def message_shortcut(self, text: str, *, user: str = "U1", channel: str = "C1") -> Json:
        """A shortcut on somebody's message."""
        body = self.shortcut("ask_message", user=user)
        message = {"type": "message", "user": "U5", "text": text, "ts": "1700000000.000200"}
        where = {"channel": {"id": channel}, "response_url": self.response_url(next(self._ids))}
        return body | {"type": "message_action", "message": message, **where}

    def home_opened(self, *, user: str = "U1", tab: str = "home") -> Json:
        """A person opens a tab of the app."""
        return self.event({"type": "app_home_opened", "user": user, "channel": self.chat_of(user), "tab": tab})

    def response_url(self, number: int) -> str:
        """Where a command's or a button's answer may be posted."""
        return f"http://127.0.0.1:{self.port}/response/{number}"

    def chat_of(self, user: str) -> str:
        """The id of a person's chat with the bot."""
        return f"D-{user}"

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
        """Status and text of one request; signed now, unless a timestamp or a signature is given.

        `to` is another address than the app's.
        """
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

    # what the app did

    def called(self, method: str) -> list[Call]:
        """The calls of one method, in order."""
        return [call for call in self.calls if call.method == method]

    async def wait_for(self, method: str, count: int = 1) -> list[Call]:
        """The calls of a method, once there are this many; a failed test after ten seconds."""
        async with asyncio.timeout(WAIT_SECONDS), self._changed:
            await self._changed.wait_for(lambda: len(self.called(method)) >= count)
        return self.called(method)

    # the Web API

    async def _api(self, request: web.Request) -> web.Response:
        method, arguments = request.match_info["method"], await read_arguments(request)
        token = arguments.pop("token", None) or request.headers.get("Authorization", "").removeprefix("Bearer ")
        if str(token).startswith("Basic "):
            login, _, password = base64.b64decode(str(token).removeprefix("Basic ")).decode().partition(":")
            arguments |= {"client_id": login, "client_secret": password}
        if pending := self.limits.get(method):
            return web.json_response(
                {"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": str(pending.pop(0))}
            )
        if pending := self.broken.get(method):
            return web.Response(status=pending.pop(0), text="<html>oops</html>", content_type="text/html")
        if method in self.silent:
            if request.transport is not None:
                request.transport.close()
            return web.Response()
        await asyncio.sleep(self.latency / 2)
        answer = self._answer(method, arguments, str(token))
        await self._record(Call(method, arguments))
        await asyncio.sleep(self.latency / 2)
        return web.json_response(answer)

    def _answer(self, method: str, arguments: Json, token: str) -> Json:
        if pending := self.errors.get(method):
            return {"ok": False, "error": pending.pop(0)}
        if method == "oauth.v2.access":
            return self._grant(arguments)
        known = {APP_TOKEN} if method == "apps.connections.open" else self.tokens
        if token not in known:
            return {"ok": False, "error": "invalid_auth"}
        arguments = self.tokens[token] if method == "auth.test" else arguments
        handler: Callable[[Json], Json] | None = getattr(self, "_" + method.replace(".", "_"), None)
        if handler is None:
            return {"ok": False, "error": "unknown_method"}
        return handler(arguments)

    async def _record(self, call: Call) -> None:
        async with self._changed:
            self.calls.append(call)
            self._changed.notify_all()

    def _refuse_bad(self, arguments: Json) -> str | None:
        found = faults(arguments.get("text", ""), arguments.get("blocks") or [])
        self.refused.extend(found)
        return "invalid_blocks" if found else None

    def _grant(self, arguments: Json) -> Json:
        """A code or a refresh token for tokens: each works once, and for this client only."""
        if (arguments.get("client_id"), arguments.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return {"ok": False, "error": "bad_client_secret"}
        refreshes = arguments.get("grant_type") == "refresh_token"
        known = self.refreshes if refreshes else self.codes
        granted = known.pop(str(arguments.get("refresh_token" if refreshes else "code")), None)
        if granted is None:
            return {"ok": False, "error": "invalid_refresh_token" if refreshes else "invalid_code"}
        answer = {
            "ok": True,
            "app_id": APP,
            "token_type": "bot",
            "bot_user_id": BOT_USER,
            "scope": "commands",
            **granted,
        }
        team, enterprise = answer.get("team") or {}, answer.get("enterprise") or {}
        here = {"team_id": team.get("id"), "team": team.get("name"), "enterprise_id": enterprise.get("id")}
        self.tokens[answer["access_token"]] = here
        return answer

    def _apps_connections_open(self, _: Json) -> Json:
        return {"ok": True, "url": f"ws://127.0.0.1:{self.port}/socket"}

    def _auth_test(self, here: Json) -> Json:
        return {
            "ok": True,
            "url": "https://double.slack.example/",
            "user": "bcbst",
            "user_id": BOT_USER,
            "bot_id": BOT,
            **here,
        }

    def _chat_postMessage(self, arguments: Json) -> Json:  # noqa: N802 -- Slack's name
        if error := self._refuse_bad(arguments):
            return {"ok": False, "error": error}
        ts = f"1700000001.{next(self._ids):06}"
        self.messages[arguments["channel"], ts] = arguments
        return {"ok": True, "channel": arguments["channel"], "ts": ts, "message": {"text": arguments.get("text", "")}}

    def _chat_update(self, arguments: Json) -> Json:
        if error := self._refuse_bad(arguments):
            return {"ok": False, "error": error}
        place = arguments["channel"], arguments["ts"]
        if place not in self.messages:
            return {"ok": False, "error": "message_not_found"}
        self.messages[place] = self.messages[place] | arguments
        return {"ok": True, "channel": arguments["channel"], "ts": arguments["ts"], "text": arguments.get("text", "")}

    def _chat_delete(self, arguments: Json) -> Json:
        place = arguments["channel"], arguments["ts"]
        found = self.messages.pop(place, None)
        return {"ok": True, **arguments} if found else {"ok": False, "error": "message_not_found"}

    def _conversations_replies(self, arguments: Json) -> Json:
        where = arguments["channel"], arguments["ts"]
        thread = [
            {"ts": ts, "metadata": said.get("metadata"), "text": said.get("text", "")}
            for (channel, ts), said in self.messages.items()
            if (channel, said.get("thread_ts")) == where
        ]
        return {"ok": True, "messages": [{"ts": arguments["ts"], "text": "the question"}, *thread]}

    def _chat_postEphemeral(self, arguments: Json) -> Json:  # noqa: N802 -- Slack's name
        if error := self._refuse_bad(arguments):
            return {"ok": False, "error": error}
        return {"ok": True, "message_ts": f"1700000002.{next(self._ids):06}"}

    def _conversations_open(self, arguments: Json) -> Json:
        return {"ok": True, "channel": {"id": self.chat_of(arguments["users"])}}

    def _users_info(self, arguments: Json) -> Json:
        user = arguments["user"]
        flags = {"deleted": False, "is_bot": False, "is_restricted": False, "is_ultra_restricted": False}
        profile = {"display_name": f"Person {user}", "real_name": f"Person {user}"}
        return {
            "ok": True,
            "user": {"id": user, "team_id": self.team, "profile": profile, **flags, **self.users.get(user, {})},
        }

    def _views_publish(self, arguments: Json) -> Json:
        self.homes[arguments["user_id"]] = arguments["view"]
        return self._view(arguments)

    def _views_open(self, arguments: Json) -> Json:
        self.views.append(arguments["view"])
        return self._view(arguments)

    def _view(self, arguments: Json) -> Json:
        found = view_faults(arguments["view"])
        self.refused.extend(found)
        return {"ok": False, "error": "invalid_arguments"} if found else {"ok": True, "view": arguments["view"]}

    def _assistant_threads_setSuggestedPrompts(self, arguments: Json) -> Json:  # noqa: N802 -- Slack's name
        prompts = arguments.get("prompts") or []
        fits = 0 < len(prompts) <= 4 and all(prompt.get("title") and prompt.get("message") for prompt in prompts)
        return {"ok": True} if fits else {"ok": False, "error": "invalid_arguments"}

    def _assistant_threads_setStatus(self, _: Json) -> Json:  # noqa: N802 -- Slack's name
        return {"ok": True}

    def _assistant_threads_setTitle(self, _: Json) -> Json:  # noqa: N802 -- Slack's name
        return {"ok": True}

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

    async def _response(self, request: web.Request) -> web.Response:
        arguments = await request.json()
        self._refuse_bad(arguments)
        await self._record(Call("response_url", arguments | {"id": request.match_info["id"]}))
        return web.Response(text="ok")

    # control of a double that runs as its own process

    async def _control_deliver(self, request: web.Request) -> web.Response:
        asked = await request.json()
        body = self.event(asked["event"]) if "event" in asked else asked["body"]
        return web.json_response({"statuses": await self.deliver(body, times=asked.get("times", 1))})

    async def _control_calls(self, _: web.Request) -> web.Response:
        return web.json_response([{"method": call.method, "at": call.at, **call.arguments} for call in self.calls])


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """Slack's signature of a body."""
    return "v0=" + hmac.new(secret.encode(), f"v0:{timestamp}:".encode() + body, hashlib.sha256).hexdigest()


def wire(body: Json) -> tuple[bytes, str]:
    """The bytes and the content type with which Slack sends this body: commands and presses are forms."""
    if "command" in body:
        return urlencode(body).encode(), "application/x-www-form-urlencoded"
    if body.get("type") in {"block_actions", "view_submission", "shortcut", "message_action"}:
        return urlencode({"payload": json.dumps(body)}).encode(), "application/x-www-form-urlencoded"
    return json.dumps(body).encode(), "application/json"


async def read_arguments(request: web.Request) -> Json:
    """A method's arguments from query, form and JSON body: Slack takes all of them, and JSON inside a form's fields."""
    found: Json = {name: _read(value) for name, value in request.query.items()}
    if request.content_type == "application/json":
        found |= await request.json()
    elif request.method == "POST":
        form = await request.post()
        found |= {name: _read(value) for name, value in form.items() if isinstance(value, str)}
    return found


def _read(value: str) -> Any:
    return json.loads(value) if value[:1] in {"[", "{"} else value


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
