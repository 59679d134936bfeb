"""A double of Teams: the Bot Connector on a free port, its keys, and activities delivered with signed tokens."""

from __future__ import annotations

import asyncio
import io
import json
import time
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from aiohttp import web
from joserfc import jwt
from joserfc.jwk import RSAKey

from bot.channels.teams.sdk import Outside
from tests.doubles.adaptive_card import buttons, faults, shown
from tests.doubles.platform import Platform

if TYPE_CHECKING:
    from bot.channels.teams.app import TeamsApp

Json = dict[str, Any]
APP, TENANT, OTHER_TENANT = "11111111-2222-4333-8444-555555555555", "aaaaaaaa-0000-4000-8000-000000000001", "bbbbbbbb"
ISSUER = "https://api.botframework.com"
BOT = f"28:{APP}"
PASSWORD = "planted-teams-password"


@cache
def signing_key(kid: str) -> RSAKey:
    """A key of the connector, made once a process."""
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig"})


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the connector: `send`, `delete`, `member` or `create`. `only` is the one person who sees it."""

    method: str
    conversation: str
    body: Json
    at: float = field(default_factory=time.perf_counter)
    only: str = ""

    @property
    def cards(self) -> list[Json]:
        """The cards of a message."""
        return [one["content"] for one in self.body.get("attachments") or []]

    @property
    def text(self) -> str:
        """What a person reads of it."""
        return "\n".join([*([self.body["text"]] if self.body.get("text") else []), *map(shown, self.cards)])

    @property
    def buttons(self) -> dict[str, Json]:
        """Its buttons by their words."""
        return {title: action for card in self.cards for title, action in buttons(card).items()}


class TeamsDouble(Platform[Call]):
    """One tenant. Whoever is not listed in `members` is a plain member of it."""

    def __init__(self) -> None:
        super().__init__()
        self.members: dict[str, Json] = {}
        self.statuses: dict[str, list[int | None]] = {}
        self.retry_after: str | None = None
        self.standing: dict[tuple[str, str], Json] = {}
        self.key_fetches = 0
        self.busy = self.busiest = 0

    def _routes(self) -> list[web.RouteDef]:
        return [
            web.get("/keys", self._keys),
            web.post("/v3/conversations", self._create),
            web.post("/v3/conversations/{conversation}/activities", self._send),
            web.delete("/v3/conversations/{conversation}/activities/{activity}", self._delete),
            web.get("/v3/conversations/{conversation}/members/{member}", self._member),
        ]

    @property
    def service_url(self) -> str:
        """Where this region's connector is."""
        return f"http://127.0.0.1:{self.port}/"

    @property
    def keys_url(self) -> str:
        """The address from which the SDK makes that of the keys."""
        return f"http://127.0.0.1:{self.port}/openidconfiguration"

    @property
    def outside(self) -> Outside:
        """Microsoft, as far as the app asks it for anything."""
        return Outside(keys_url=self.keys_url, token=own_token)

    @property
    def settings(self) -> Json:
        """What connects a bot to this tenant."""
        return {"teams_app_id": APP, "teams_app_password": PASSWORD, "teams_tenant_id": TENANT}

    # activities

    def activity(self, kind: str, *, user: str = "u1", personal: bool = True, **fields: Any) -> Json:
        """Anything that this person's client did; fields given as None are left out."""
        place = self.chat_of(user) if personal else "19:general@thread.tacv2;messageid=17"
        made = {
            "type": kind,
            "id": f"a{next(self._ids)}",
            "timestamp": "2026-05-20T17:00:00Z",
            "serviceUrl": self.service_url,
            "channelId": "msteams",
            "from": {"id": f"29:{user}", "name": f"Person {user}", "aadObjectId": self.object_id(user)},
            "conversation": {
                "id": place,
                "conversationType": "personal" if personal else "channel",
                "tenantId": TENANT,
                **({} if personal else {"isGroup": True}),
            },
            "recipient": {"id": BOT, "name": "BCBST Bot"},
            "channelData": {"tenant": {"id": TENANT}},
            "locale": "en-US",
            **fields,
        }
        return {name: value for name, value in made.items() if value is not None}

    def message(self, text: str, **fields: Any) -> Json:
        """A person writes to the bot in their own chat."""
        return self.activity("message", text=text, textFormat="plain", **fields)

    def mention(self, text: str, **fields: Any) -> Json:
        """A person mentions the bot in a channel."""
        tag = "<at>BCBST Bot</at>"
        entity = {"type": "mention", "text": tag, "mentioned": {"id": BOT, "name": "BCBST Bot"}}
        return self.message(f"{tag}&nbsp;{text}\n", personal=False, entities=[entity], **fields)

    def slash(self, text: str, **fields: Any) -> Json:
        """A person writes to the bot behind "/" in a channel: nobody else there sees it."""
        return self.message(text, personal=False, recipient={"id": BOT, "isTargeted": True}, **fields)

    def execute(self, press: str, **fields: Any) -> Json:
        """A button pressed in a client that knows Action.Execute."""
        value = {"action": {"type": "Action.Execute", "verb": "press", "data": {"press": press}}, "trigger": "manual"}
        return self.activity("invoke", name="adaptiveCard/action", value=value, **fields)

    def look_again(self, card: Json, **fields: Any) -> Json:
        """A client shows a card again, and asks by itself what it says now."""
        value = {"action": card["refresh"]["action"], "trigger": "automatic"}
        return self.activity("invoke", name="adaptiveCard/action", value=value, **fields)

    def submit(self, press: str, **fields: Any) -> Json:
        """A button pressed in an older client: a message without words."""
        return self.activity("message", value={"press": press}, **fields)

    def search(self, words: str, **fields: Any) -> Json:
        """Words typed into the search of the message box."""
        value = {
            "commandId": "findProvider",
            "parameters": [{"name": "query", "value": words}],
            "queryOptions": {"skip": 0, "count": 25},
        }
        return self.activity("invoke", name="composeExtension/query", value=value, **fields)

    def dialog(self, command: str, **fields: Any) -> Json:
        """A command of the message box, or of a message's menu, that opens a dialog."""
        payload = {"id": "m9", "body": {"contentType": "html", "content": fields.pop("quoted", "")}}
        value = {"commandId": command, "commandContext": "compose", "messagePayload": payload}
        return self.activity("invoke", name="composeExtension/fetchTask", value=value, **fields)

    def filled_in(self, command: str, data: Json, **fields: Any) -> Json:
        """A dialog's form, sent."""
        value = {"commandId": command, "data": data}
        return self.activity("invoke", name="composeExtension/submitAction", value=value, **fields)

    def thumb(self, reaction: str, message: str, **fields: Any) -> Json:
        """A thumb under a message of ours."""
        value = {"data": {"actionName": "feedback", "actionValue": {"reaction": reaction}}}
        return self.activity("invoke", name="message/fetchTask", value=value, replyToId=message, **fields)

    def rated(self, data: Json, **fields: Any) -> Json:
        """A button of the dialog behind a thumb."""
        value = {"actionName": "feedback", "actionValue": {"reaction": "dislike", "feedback": json.dumps(data)}}
        return self.activity("invoke", name="message/submitAction", value=value, **fields)

    def chat_of(self, user: str) -> str:
        """The id of a person's chat with the bot."""
        return f"a:chat-{user}"

    def object_id(self, user: str) -> str:
        """A person's id in the tenant."""
        return f"00000000-0000-4000-8000-{user:>012}"

    # deliveries

    def token(self, *, key: RSAKey | None = None, header: Json | None = None, **claims: Any) -> str:
        """A token of the connector for this app, good for an hour; claims given as None are left out."""
        now = int(time.time())
        payload = {
            "iss": ISSUER,
            "aud": APP,
            "serviceurl": self.service_url,
            "nbf": now - 60,
            "exp": now + 3_600,
            **claims,
        }
        payload = {name: value for name, value in payload.items() if value is not None}
        return jwt.encode({"alg": "RS256", "kid": "k1", **(header or {})}, payload, key or signing_key("k1"))

    async def deliver(self, activity: Json, *, times: int = 1) -> list[tuple[int, Any]]:
        """Status and body of one delivery, or of several at once."""
        body = json.dumps(activity).encode()
        return list(await asyncio.gather(*(self.send(body, f"Bearer {self._good_token}") for _ in range(times))))

    @cached_property
    def _good_token(self) -> str:
        """The token of every delivery: to sign one takes longer than most deliveries, and no test takes an hour."""
        return self.token()

    async def send(self, body: bytes, authorization: str | None = None) -> tuple[int, Any]:
        """Status and JSON of one request."""
        headers = {"Content-Type": "application/json"}
        if authorization is not None:
            headers["Authorization"] = authorization
        async with self._session.post(self.app_url, data=io.BytesIO(body), headers=headers) as answer:
            text = await answer.text()
            return answer.status, json.loads(text) if text else None

    # what the app did

    def sent(self, kind: str = "message") -> list[Call]:
        """What was sent of a type of activity, in order."""
        return [call for call in self.calls if call.method == "send" and call.body["type"] == kind]

    async def wait_for(self, count: int, kind: str = "message") -> list[Call]:
        """What was sent, once there is this much of it; a failed test after ten seconds."""
        await self._until(lambda: len(self.sent(kind)) >= count)
        return self.sent(kind)

    # the connector

    async def _keys(self, _: web.Request) -> web.Response:
        self.key_fetches += 1
        """One key for Teams, one for other channels of the same connector, and one for nobody."""
        endorsed = {"k1": ["msteams", "acs"], "web": ["webchat", "directline"], "bare": None}
        keys: list[Json] = [
            {**signing_key(kid).as_dict(private=False), "endorsements": named} for kid, named in endorsed.items()
        ]
        return web.json_response({"keys": keys})

    async def _create(self, request: web.Request) -> web.Response:
        body = await request.json()
        if (failed := self._failure("create", request)) is not None:
            return failed
        await self._record(Call("create", "", body))
        user = body["members"][0]["id"].rpartition("-")[2].lstrip("0") or "0"
        return web.json_response({"id": self.chat_of(user)}, status=201)

    async def _send(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.busy += 1
        self.busiest = max(self.busiest, self.busy)
        try:
            await asyncio.sleep(0)
            only = body["recipient"]["id"] if request.query.get("isTargetedActivity") == "true" else ""
            if (failed := self._failure("targeted" if only else "send", request)) is not None:
                return failed
            if only and body["recipient"]["isTargeted"] is not True:
                self.refused.append("a targeted message to nobody")
            found = [fault for one in body.get("attachments") or [] for fault in faults(one["content"])]
            self.refused.extend(found)
            await self._record(Call("send", request.match_info["conversation"], body, only=only))
        finally:
            self.busy -= 1
        if found:
            return web.json_response({"error": {"code": "BadSyntax", "message": "no"}}, status=400)
        sent = f"m{next(self._ids)}"
        self.standing[request.match_info["conversation"], sent] = body
        return web.json_response({"id": sent}, status=201)

    async def _delete(self, request: web.Request) -> web.Response:
        place = request.match_info["conversation"], request.match_info["activity"]
        if (failed := self._failure("delete", request)) is not None:
            return failed
        await self._record(Call("delete", place[0], {"id": place[1]}))
        return web.Response(status=200 if self.standing.pop(place, None) else 404)

    async def _member(self, request: web.Request) -> web.Response:
        member = request.match_info["member"]
        if (failed := self._failure("member", request)) is not None:
            return failed
        await self._record(Call("member", request.match_info["conversation"], {"id": member}))
        user = member.removeprefix("29:")
        if user.startswith("00000000-"):  # a member is also known by the id in the tenant
            user = user.rpartition("-")[2].lstrip("0")
        plain = {"id": member, "objectId": self.object_id(user), "tenantId": TENANT, "userRole": "user"}
        return web.json_response(plain | self.members.get(user, {}))

    def _failure(self, method: str, request: web.Request) -> web.Response | None:
        """The next status that a method is to answer with; None ends the connection without an answer."""
        waiting = self.statuses.get(method)
        if not waiting:
            return None
        status = waiting.pop(0)
        if status is None and request.transport is not None:
            request.transport.close()
        headers = {"Retry-After": self.retry_after} if self.retry_after else {}
        body = json.dumps({"error": {"code": "Broken", "message": "what was said"}})
        return web.Response(status=status or 200, text=body, headers=headers)


async def settled(app: TeamsApp) -> None:
    """Wait for the answers to everything that the app took in so far."""
    while tasks := [*app._inbox._tasks, *app._erasing._tasks]:
        await asyncio.gather(*tasks)
        await asyncio.sleep(0)  # what has ended leaves in a turn of the loop, and gather alone takes none from 3.12 on


async def own_token(scope: str, tenant: str | None) -> str:  # noqa: ARG001 -- the SDK's shape
    """Stands for Microsoft's token service: the SDK reads what it gets as a token, here the same for an hour."""
    return _own_token()


@cache
def _own_token() -> str:
    nobody = TeamsDouble()
    nobody.port = 0
    return nobody.token()
