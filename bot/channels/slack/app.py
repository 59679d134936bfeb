"""The web routes for Slack: the signature check, Slack's framework bolt, and the work after the acknowledgement."""

import asyncio
import hmac
import json
import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

import structlog
from slack_bolt.adapter.starlette.async_handler import to_starlette_response
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError
from slack_sdk.oauth.token_rotation.async_rotator import AsyncTokenRotator
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.channels.base import Acks, Body, ChannelHost, Pause, ShownAside
from bot.channels.slack.answers import SlackController, on_error, status_after
from bot.channels.slack.client import GONE, Connection, Socket, code_of, silent
from bot.channels.slack.errands import ENDINGS, ErrandKind, Errands, People, read_ending, where
from bot.channels.slack.incoming import (
    read_command,
    read_edit,
    read_event,
    read_home,
    read_press,
    read_shortcut,
    read_thread,
)
from bot.channels.slack.installations import Install, ManyWorkspaces, Workspaces
from bot.channels.slack.views import Modals
from bot.channels.slack.workspace import OneWorkspace, Workspace
from bot.channels.slack.writer import SEND, SHARE, ChannelRateLimit, Means, Notices
from bot.config import secret_of
from bot.delivery.retention import ShownMessage
from bot.message import Person
from bot.ops.entrance import read_request

log = structlog.get_logger("slack")

Ack = Callable[..., Awaitable[Any]]
_DRAIN_SECONDS = 25
LARGEST_BODY = 1024 * 1024
WINDOW_SECONDS = 300
_LONGEST_TIMESTAMP = 12
_FORM = "application/x-www-form-urlencoded"


class SlackApp:
    """The Slack channel, for one workspace or many. Call `start` before the first request and `stop` after the last."""

    def __init__(
        self,
        host: ChannelHost,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        pause: Pause = asyncio.sleep,
    ) -> None:
        """Create the channel without connecting. `pause` waits between two posts in one channel."""
        pack, table, now = host.pack, host.table, host.settings.now
        self._turn, self._settings, self._table = host.turn, host.settings, table
        self._secret = secret_of(host.settings.slack_signing_secret)
        self._refused, self._acks, self._monotonic = host.meter.refused, Acks(), monotonic
        self._commands = (f"/{pack.command}", *pack.commands)
        self._notices, self._people = Notices(pack.words), People(table, host.forget)
        self._retention, self._erasing = host.retention, host.retention.serve("slack", self._delete)
        self._aside = ShownAside("slack", table, self._notices, now)
        self._modals = Modals(host.turn.forms, self._notices, now)
        self._pace, self._pause = ChannelRateLimit(monotonic, pause), pause
        self._pages = host.renderer
        self._install: Install | None = None

    async def start(self) -> None:
        """Open the HTTP session for all calls to Slack, and the socket if Socket Mode is configured.

        Raises:
            SlackApiError: Slack rejects the app-level token.
        """
        link, settings, table = Connection(self._settings, self._pause), self._settings, self._table
        self._connection, client = link, link.client(link.token)
        if link.many:
            own, secret = settings.slack_client_id or "", secret_of(settings.slack_client_secret)
            rotator = AsyncTokenRotator(client_id=own, client_secret=secret, client=link.client(None))
            self._workspaces: Workspaces = ManyWorkspaces(table, link.client, rotator)
            self._install = Install(settings, link.client(None), table, self._pages, self._commands[0])
        else:
            self._workspaces = OneWorkspace(client)
        means = Means(self._notices, self._pace, self._retention, self._aside, link, client)
        desk = SlackController(self._turn, means, self._people, self._modals, self._workspaces, self._pause)
        self.push, self.hand_over, self.finds_post = desk.push, desk.hand_over, desk.pushed
        self._errands = Errands(desk, table, self._monotonic)
        self._bolt = self._listeners()
        await self._errands.inbox.start()
        await self._erasing.start()
        token = secret_of(settings.slack_app_token)
        self._socket = Socket(token, link.client(token), self._dispatched) if token else None
        if self._socket is not None:
            try:
                await self._socket.start()
            except SlackApiError:
                await self._errands.inbox.stop(0)
                await self._erasing.stop(0)
                await self._connection.close()
                raise

    async def stop(self) -> None:
        """Answer what was acknowledged, then close the session."""
        if self._socket is not None:
            await self._socket.stop()
        await self._errands.inbox.stop(_DRAIN_SECONDS)
        await self._erasing.stop(0)
        await self._errands.drain(_DRAIN_SECONDS)
        await self._connection.close()

    open_paths = ("/slack/install", "/slack/oauth_redirect")

    def routes(self) -> list[Route]:
        """Return the route for Slack's requests, if there is a signing secret, and the installation pages."""
        signed = [Route("/slack/events", self._receive, methods=["POST"])] if self._secret else []
        return [*signed, *(self._install.routes() if self._install else ())]

    async def is_present(self, person: Person) -> bool | None:
        """Return whether a person is a full member of their workspace; None if Slack does not say."""
        here = await self._workspaces.of(person.enterprise, person.team)
        return None if here is None else await here.is_present(person)

    async def are_present(self, people: Sequence[Person]) -> Mapping[Person, bool]:
        """Return for each of these people of one workspace whether they are a full member, from its list of users.

        People who are not found in the list are left out.
        """
        here = await self._workspaces.of(people[0].enterprise, people[0].team)
        return {} if here is None else await here.are_present(people, self._pause)

    async def _delete(self, shown: ShownMessage) -> bool:
        """Delete one of the bot's messages. Return whether the message no longer exists.

        Raises:
            Unreachable: a later try may succeed.
        """
        here = await self._workspaces.of(shown.person.enterprise, shown.person.team)
        if here is None:
            return False
        try:
            await here.client.chat_delete(channel=shown.conversation, ts=shown.message)
        except SlackApiError as error:
            return code_of(error) in GONE
        return True

    async def _receive(self, request: Request) -> Response:
        """Return the response to a request of Slack.

        The status is 200 if the request is accepted, 401 if Slack did not sign it, 400 if its body is too large or
        unreadable, and 503 if Slack should deliver it again.

        bolt returns 404 for events without a listener. That becomes 200, because Slack would count a 404 as a failure.
        """
        body = await read_request(request, LARGEST_BODY)
        if body is None:
            return self._refuse(400, "size")
        content_type = request.headers.get("content-type", "")
        if not is_signed(self._secret, request.headers, body, time.time()):
            if content_type.startswith(_FORM) and b"ssl_check=1" in body.split(b"&"):
                return Response()  # Slack's unsigned check of the certificate
            return self._refuse(401, "signature")
        payload = payload_of(content_type, body)
        if payload is None:
            return self._refuse(400, "body")
        try:
            answer = await self._acks.within(self._dispatched(payload))
        except Exception as error:  # noqa: BLE001 -- whatever it is, nobody reads a trace
            return Response(status_code=status_after(error))
        return Response() if answer.status == 404 else to_starlette_response(answer)  # noqa: PLR2004 -- HTTP

    def _refuse(self, status: int, reason: str) -> Response:
        self._refused("slack", reason)
        return Response(status_code=status)

    async def _dispatched(self, payload: Body) -> BoltResponse:
        """Return bolt's response to a delivery. The key `here` of bolt's context is the delivery's workspace.

        Deliveries of unknown workspaces get 200 without bolt, which would tell the person that the installation is
        broken. Events in `ENDINGS` are handled without bolt too, because their workspace's token may be invalid
        already. In a shared channel, a button press has the workspace of the person, and its message has the bot's
        workspace.
        """
        event = payload.get("event")
        if isinstance(event, Mapping) and event.get("type") in ENDINGS:
            await self._ended(payload, event)
            return BoltResponse(status=200)
        # With this mode bolt takes what is decoded already, whichever way it came.
        request = AsyncBoltRequest(mode="socket_mode", body=dict(payload))
        posted = (payload.get("message") or {}).get("team") if payload.get("type") == "block_actions" else None
        organization, own = request.context.enterprise_id or "", request.context.team_id or ""
        named = [team for team in (posted, own) if team or (team == "" and organization)]
        for team in named:
            if here := await self._workspaces.of(organization, team):
                request.context["team_id"], request.context["here"] = team, here
                return await self._bolt.async_dispatch(request)
        return BoltResponse(status=200) if named else await self._bolt.async_dispatch(request)  # a check of the address

    async def _ended(self, body: Body, event: Body) -> None:
        place = where(body)
        if event["type"] == "user_change" and (here := await self._workspaces.of(*place)):
            here.drop_profile(str((event.get("user") or {}).get("id")))
        if ending := read_ending(body):
            await self._errands.take_ending(str(body.get("event_id")), place, ending)

    def _listeners(self) -> AsyncApp:
        async def authorize(here: Workspace | None, team_id: str | None) -> AuthorizeResult | None:
            if here is None:
                return None
            installed = here.installed
            return AuthorizeResult(
                enterprise_id=installed.enterprise or None,
                team_id=installed.team or team_id,
                bot_token=here.client.token,
                bot_user_id=installed.bot_user,
                bot_id=installed.bot_id,
            )

        bolt = AsyncApp(
            name="slack",
            logger=silent(),
            client=self._connection.client(None),
            authorize=authorize,  # type: ignore[arg-type] # None is allowed; bolt handles it
            request_verification_enabled=False,
            ssl_check_enabled=False,
            ignoring_self_events_enabled=False,  # `read_event` and `read_edit` pass over the bot's own
            attaching_function_token_enabled=False,
            process_before_response=True,
            attaching_conversation_kwargs_enabled=False,
        )
        bolt.event(re.compile("^(message|app_mention)$"))(self._on_event)
        bolt.event("app_home_opened")(self._on_home)
        bolt.event("assistant_thread_started")(self._on_thread)
        for command in self._commands:
            bolt.command(command)(self._on_command)
        bolt.action(re.compile(""))(self._on_action)
        bolt.shortcut(re.compile(""))(self._on_action)
        bolt.view(re.compile("^form-"))(self._on_view)
        bolt.error(on_error)
        return bolt

    async def _on_event(self, body: Body, here: Workspace) -> None:
        event, bot_user = body["event"], here.installed.bot_user
        match event.get("subtype"):
            case "message_changed":
                await self._errands.take(here, read_edit(body, bot_user), "edited")
            case "message_deleted":
                self._errands.cancel(event.get("channel"), event.get("deleted_ts"))
            case _:
                await self._errands.take(here, read_event(body, bot_user))

    async def _on_command(self, ack: Ack, body: Body, here: Workspace) -> None:
        await self._errands.take(here, read_command(body, here.installed.bot_user))
        await ack()

    async def _on_action(self, ack: Ack, body: Body, here: Workspace) -> None:
        """Handle a button press or a shortcut."""
        incoming = read_press(body) if "actions" in body else read_shortcut(body)
        kind: ErrandKind = "answer"
        if incoming is not None and incoming.action in {SHARE, SEND}:
            kind = "pass_on"
        elif incoming is not None and self._modals.name_of(incoming.action):
            kind = "form"
        await self._errands.take(here, incoming, kind)
        await ack()

    async def _on_view(self, ack: Ack, body: Body, here: Workspace) -> None:
        """Handle a submitted form. If fields are invalid, the form stays open with messages at these fields."""
        incoming, errors = self._modals.read(body, await here.language(body["user"]["id"]))
        if errors:
            await ack(response_action="errors", errors=errors)
            return
        await self._errands.take(here, incoming)
        await ack()

    async def _on_home(self, body: Body, here: Workspace) -> None:
        opened = read_home(body)
        kinds: Mapping[str, ErrandKind] = {"messages": "prompts", "home": "home"}
        if kind := kinds.get(opened.action):
            await self._errands.take(here, opened, kind)

    async def _on_thread(self, body: Body, here: Workspace) -> None:
        await self._errands.take(here, read_thread(body), "prompts")


def is_signed(secret: str, headers: Mapping[str, str], body: bytes, now: float) -> bool:
    """Return whether Slack signed this body within five minutes of `now` (Unix seconds), as Slack's guide describes.

    A timestamp that is no number, or a signature that is not ASCII, counts as unsigned.
    """
    timestamp = headers.get("x-slack-request-timestamp", "")
    signature = headers.get("x-slack-signature", "")
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= _LONGEST_TIMESTAMP):
        return False
    if abs(now - int(timestamp)) > WINDOW_SECONDS:
        return False
    expected = "v0=" + hmac.digest(secret.encode(), f"v0:{timestamp}:".encode() + body, "sha256").hex()
    return signature.isascii() and hmac.compare_digest(expected.encode(), signature.encode())


def payload_of(content_type: str, body: bytes) -> Body | None:
    """Return the body of a request as a mapping: a JSON object, or the fields of a form.

    If the form has a field `payload`, return the JSON object in it. None for any other body.
    """
    try:
        text = body.decode()
        fields = (
            dict(parse_qsl(text, keep_blank_values=True, max_num_fields=50))
            if content_type.startswith(_FORM)
            else {"payload": text}
        )
        found = json.loads(fields["payload"]) if "payload" in fields else fields
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
