"""Slack's Web API as far as the bot calls it, with the faults that a test asks for."""

import asyncio
import base64
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.doubles.block_kit import faults, shown, view_faults
from tests.doubles.platform import Platform
from tests.doubles.slack_payloads import APP, BOT, BOT_USER, TEAM, Json, Payloads

TOKEN, APP_TOKEN = "xoxb-double", "xapp-double"
CLIENT_ID, CLIENT_SECRET = "client-double", "client-secret-double"


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


class WebApi(Payloads, Platform[Call]):
    """The methods, and what they have made of the workspace.

    Queues by method make the next calls fail: `errors` with `ok: false`, `limits` with 429 and these seconds to wait,
    `broken` with a status and a page of HTML, `odd` with any response. A method in `silent` ends the connection
    without an answer. Calls in `belated` are done, and answered with that status and HTML all the same; the status 0
    is a body that breaks off.

    `page` is the most messages that a call to read a chat gives: 15 for apps outside the Marketplace.
    """

    def __init__(self, *, token: str = TOKEN, team: str = TEAM) -> None:
        super().__init__()
        self.token, self.team = token, team
        self.users: dict[str, Json] = {}
        self.listed: list[str] = []
        self.errors: dict[str, list[str]] = {}
        self.limits: dict[str, list[int]] = {}
        self.broken: dict[str, list[int]] = {}
        self.odd: dict[str, list[web.Response]] = {}
        self.belated: dict[str, list[int]] = {}
        self.silent: set[str] = set()
        self.page = 1_000
        self.latency = 0.0
        self.messages: dict[tuple[str, str], Json] = {}
        self.homes: dict[str, Json] = {}
        self.views: list[Json] = []
        self.tokens: dict[str, Json] = {token: {"team_id": team, "team": "Contoso"}}
        self.codes: dict[str, Json] = {}
        self.refreshes: dict[str, Json] = {}

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
        if odd := self.odd.get(method):
            return odd.pop(0)
        if method in self.silent:
            if request.transport is not None:
                request.transport.close()
            return web.Response()
        await asyncio.sleep(self.latency / 2)
        answer = self._answer(method, arguments, str(token))
        await self._record(Call(method, arguments))
        await asyncio.sleep(self.latency / 2)
        if belated := self.belated.get(method):
            return _spoilt(belated.pop(0))
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
        try:
            return handler(arguments)
        except KeyError:
            return {"ok": False, "error": "invalid_arguments"}

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
        ts = f"{int(time.time())}.{next(self._ids):06}"
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
        """A thread, oldest first; its first message comes with every page, however old it is."""
        where = arguments["channel"], arguments["ts"]
        thread = self._read(lambda channel, said: (channel, said.get("thread_ts")) == where)
        page, cursor = self._paged(thread, arguments)
        root = {"ts": arguments["ts"], "text": "the question"}
        return {"ok": True, "messages": [root, *page], "response_metadata": {"next_cursor": cursor}}

    def _conversations_history(self, arguments: Json) -> Json:
        """What stands in a chat outside of threads, newest first."""
        chat = self._read(lambda channel, said: channel == arguments["channel"] and not said.get("thread_ts"))
        page, cursor = self._paged(chat[::-1], arguments)
        return {"ok": True, "messages": page, "response_metadata": {"next_cursor": cursor}}

    def _read(self, wanted: Callable[[str, Json], bool]) -> list[Json]:
        return [
            {"ts": ts, "metadata": said.get("metadata"), "text": said.get("text", "")}
            for (channel, ts), said in sorted(self.messages.items(), key=lambda kept: float(kept[0][1]))
            if wanted(channel, said)
        ]

    def _paged(self, messages: list[Json], arguments: Json) -> tuple[list[Json], str]:
        """A page of what is younger than `oldest`, and the cursor of the next one."""
        oldest, begin = float(arguments.get("oldest") or 0), int(arguments.get("cursor") or 0)
        end = begin + min(int(arguments.get("limit") or 100), self.page)
        younger = [message for message in messages if float(message["ts"]) > oldest]
        return younger[begin:end], str(end) if end < len(younger) else ""

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

    def _users_list(self, arguments: Json) -> Json:
        """The people of `listed`, a page at a time."""
        begin, size = int(arguments.get("cursor") or 0), min(int(arguments.get("limit") or 100), self.page)
        end = begin + size
        cursor = str(end) if end < len(self.listed) else ""
        members = [self._users_info({"user": user})["user"] for user in self.listed[begin:end]]
        return {"ok": True, "members": members, "response_metadata": {"next_cursor": cursor}}

    def _views_publish(self, arguments: Json) -> Json:
        self.homes[arguments["user_id"]] = arguments["view"]
        return self._view(arguments)

    def _views_open(self, arguments: Json) -> Json:
        self.views.append(arguments["view"])
        return self._view(arguments)

    def _views_update(self, arguments: Json) -> Json:
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

    async def _response(self, request: web.Request) -> web.Response:
        if odd := self.odd.get("response_url"):
            return odd.pop(0)
        if broken := self.broken.get("response_url"):
            return web.Response(status=broken.pop(0), text="expired_url")
        arguments = await request.json()
        self._refuse_bad(arguments)
        await self._record(Call("response_url", arguments | {"id": request.match_info["id"]}))
        return web.Response(text="ok")


async def read_arguments(request: web.Request) -> Json:
    """A method's arguments from query, form and JSON body: Slack takes all of them, and JSON inside a form's fields."""
    found: Json = {name: _read(value) for name, value in request.query.items()}
    if request.content_type == "application/json":
        found |= await request.json()
    elif request.method == "POST":
        form = await request.post()
        found |= {name: _read(value) for name, value in form.items() if isinstance(value, str)}
    return found


def _spoilt(status: int) -> web.Response:
    """An answer that tells nothing of what was done."""
    if not status:
        return web.Response(text='{"ok": true, "ts": "17', content_type="application/json")
    return web.Response(status=status, text="<html>oops</html>", content_type="text/html")


def _read(value: str) -> Any:
    return json.loads(value) if value[:1] in {"[", "{"} else value
