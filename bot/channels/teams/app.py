"""The web routes for Teams: requests verified by the SDK, acknowledged at once and processed in the background."""

import asyncio
import contextlib
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

import msgspec
import structlog
from cachetools import TTLCache
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.channels.base import Acks, Body, ChannelHost, Pause, ShownAside, Unreachable, beside, deliver, say
from bot.channels.registry import name_of
from bot.channels.teams import sdk, search
from bot.channels.teams.dialogs import Dialogs, Thumbs
from bot.channels.teams.incoming import (
    LARGEST_BODY,
    Hosts,
    Incoming,
    as_message,
    cloud_of,
    is_of_teams,
    key_of,
    language_of,
    read_activity,
    read_code,
    read_edit,
    read_message,
    read_press,
    tenant_of,
    with_command,
    word,
)
from bot.channels.teams.people import Notices, People
from bot.channels.teams.writer import SHARE, SUMMARY, Means, TeamsWriter
from bot.config import secret_of
from bot.delivery.inbox import Delivery, Inbox
from bot.delivery.retention import ShownMessage
from bot.errors import StoreError, StoreUnusable, Unwritable, Unwritten
from bot.message import Message, Person, Private, Shareable
from bot.ops.entrance import is_of_here, read_request
from bot.replies.cards import RENEW, TYPE, pages, renewing
from bot.replies.markdown import cut
from bot.stores.base import Superseded

log = structlog.get_logger("teams")

_DRAIN_SECONDS = 25
_TYPING_SECONDS = 0.5
_UNSIGNED = 401
_OK, _REFUSED, _FORBIDDEN, _FAILED, _UNKNOWN, _AWAY = 200, 400, 403, 500, 501, 503
_GONE = "404"
_MOST_TOLD, _TOLD_SECONDS = 10_000, 600  # who was told that nothing can be kept is not told again for ten minutes
_ERROR, _MESSAGE = "application/vnd.microsoft.error", "application/vnd.microsoft.activity.message"
_RENEWAL_SECONDS = 4.0  # a client waits for ten, and shows the card as it was meanwhile


class TeamsApp:
    """One bot registration. Call `start` before the first request and `stop` after the last."""

    def __init__(
        self,
        host: ChannelHost,
        app_id: str,
        *,
        outside: sdk.Outside | None = None,
        pause: Pause = asyncio.sleep,
        typing_after: float = _TYPING_SECONDS,
    ) -> None:
        """Create the app without connecting.

        `pause` waits between tries of a call. `typing_after` is the time in seconds after which a typing indicator is
        shown. The settings' tenants are those whose people may use the app; the first is the app's own.
        """
        settings, table, now, outside = host.settings, host.table, host.settings.now, outside or sdk.Outside()
        self._answers, self._gone, self._open, self._typing_after = host.turn, host.forget, outside.open, typing_after
        self._refused = host.meter.refused
        self._commands = {name_of(command): command for command in host.pack.commands}
        own, secret = settings.teams_tenants[0], secret_of(settings.teams_app_password) or None
        self._tenants, self._home = frozenset(map(str.casefold, settings.teams_tenants)), own.casefold()
        self._adapter, self._notices = sdk.Adapter(), Notices(host.pack.words, app_id)
        cloud = self._cloud = cloud_of(settings.teams_cloud, settings.teams_service_hosts)
        self._app = sdk.make_app(
            self._adapter, app_id=app_id, password=secret, tenant=own, cloud=cloud, outside=outside
        )
        self._hosts = Hosts(cloud.hosts, stand_in=outside.stand_in, loopback=outside.open)
        self._connector = sdk.Connector(self._app, self._hosts, pause)
        self._people = People(self._connector)
        self._renew = host.turn.renewed
        self._thumbs = Thumbs(table, host.turn, self._people, self._notices, self._keep)
        self._aside = ShownAside("teams", table, self._notices, now)
        self._dialogs = Dialogs(
            host.turn.forms,
            self._people,
            self._notices,
            own_chat=lambda one, person: TeamsWriter(self._means, one.service_url).private_place(person),
            keep=self._keep,
            now=now,
        )
        self._inbox = Inbox("teams", self._answer, table, soothe=self._soothe)
        self._means = Means(self._connector, self._notices, host.retention, self._thumbs, self._aside)
        self._erasing = host.retention.serve("teams", self._delete)
        self._regions: dict[str, str] = {}
        self._acks = Acks()
        self._unkept: TTLCache[str, asyncio.Task[None]] = TTLCache(_MOST_TOLD, _TOLD_SECONDS)

    async def start(self) -> None:
        """Replace the SDK's handler of activities by the bot's, and fetch the connector's keys in the background."""
        await self._app.initialize()
        # The SDK's own handlers would send what was typed to a token service, and answer unknown calls with 500.
        self._app.server.on_request = self._on_activity
        self._keys = None if self._open else sdk.Keys(self._app)
        self._warming = asyncio.create_task(self._keys.fetch()) if self._keys else None
        await self._inbox.start()
        await self._erasing.start()

    async def stop(self) -> None:
        """Answer what was acknowledged, then close the connections."""
        await self._inbox.stop(_DRAIN_SECONDS)
        await self._erasing.stop(0)
        if self._warming is not None:
            await asyncio.gather(self._warming, return_exceptions=True)
        await self._connector.close()

    open_paths = ()

    def routes(self) -> list[Route]:
        """Return the one route that Teams calls."""
        return [Route(sdk.ROUTE, self._receive, methods=["POST"])]

    async def push(self, person: Person, reply: Private) -> None:
        """Send a message to a person in their 1:1 chat without a question from them.

        Raises:
            Unwritable: the person has not added the app.
            Superseded: another process has taken the message over.
        """
        writer = TeamsWriter(self._means, self._region(person.team))
        place = await writer.private_place(person)
        if place is None:
            raise Unwritable("no chat")
        if not await reply.mine():
            raise Superseded
        await writer.post(place, reply, person)

    async def hand_over(self, channel: str, reply: Shareable, person: Person) -> None:  # noqa: ARG002 -- it says who asks
        """Post a question in a help desk's channel in the app's own tenant.

        Raises:
            Unwritten: Teams rejected it.
            Unreachable, httpx.HTTPError: it is unknown whether it was posted.
        """
        [page] = pages(reply)
        try:
            await self._connector.show(self._region(self._home), channel, page.card, cut(page.text, SUMMARY))
        except sdk.CallRefused as error:
            raise Unreachable(str(error)) from None

    async def is_present(self, person: Person) -> bool | None:
        """Return whether a person is a full member of their tenant; None if Teams does not say."""
        region = self._region(person.team)
        place = await TeamsWriter(self._means, region).private_place(person)
        return None if place is None else await self._people.is_present(person, region, place.conversation)

    def _region(self, tenant: str) -> str:
        return self._regions.get(tenant, self._cloud.service_url)

    async def _delete(self, shown: ShownMessage) -> bool:
        """Delete one of the bot's messages. Return whether the message no longer exists.

        Raises:
            CallRefused, httpx.HTTPError: a later try may succeed.
        """
        try:
            await self._connector.delete(shown.region or self._cloud.service_url, shown.conversation, shown.message)
        except (Unwritable, sdk.NotShown) as error:
            return str(error) == _GONE
        return True

    async def _receive(self, request: Request) -> Response:
        """Return the SDK's response to an activity that passed our checks; otherwise 413, 401, 400 or 403."""
        body = await read_request(request, LARGEST_BODY)
        if body is None:
            return self._refuse(413, "size")
        if not await self._may_come(request):
            return self._refuse(_UNSIGNED, "token")
        activity = read_activity(body)
        if activity is None:
            return self._refuse(_REFUSED, "body")
        if not is_of_teams(activity) or not self._hosts.allow(word(activity, "serviceUrl")):
            return self._refuse(_FORBIDDEN, "service_url" if is_of_teams(activity) else "channel")
        answer = await self._adapter.handle(activity, {"authorization": request.headers.get("authorization", "")})
        content, status = answer["body"], answer["status"]
        if status == _UNSIGNED:
            self._refused("teams", "signature")
        return Response(status_code=status) if content is None else JSONResponse(content, status)

    def _refuse(self, status: int, reason: str) -> Response:
        self._refused("teams", reason)
        return Response(status_code=status)

    async def _may_come(self, request: Request) -> bool:
        if self._keys is None:
            return is_of_here(request)
        kid = key_of(request.headers.get("authorization", ""), self._cloud.issuer)
        return kid is not None and await self._keys.endorse(kid)

    async def _on_activity(self, event: sdk.ActivityEvent) -> sdk.InvokeResponse[Any]:
        """Handle an activity whose token the SDK verified. Never raises, because the SDK would log the text."""
        try:
            status, body = await self._take(event.body.model_dump())
        except Exception as error:  # noqa: BLE001 -- whatever it is, Teams shall know, and nobody reads a trace
            _failed(error)
            status, body = _AWAY, None
        return sdk.InvokeResponse[Any](status=status, body=body)

    async def _take(self, body: Body) -> tuple[int, Any]:
        tenant = tenant_of(body)
        if tenant not in self._tenants:
            self._refused("teams", "tenant")
            return _FORBIDDEN, None
        self._regions[tenant] = word(body, "serviceUrl")
        match word(body, "type"):
            case "message":
                await self._keep(with_command(read_message(body), self._commands))
            case "messageUpdate":
                await self._keep(read_edit(body))
            case "installationUpdate":
                await self._installed(body)
            case "invoke":
                return await self._invoked(word(body, "name"), body)
        return _OK, None

    async def _invoked(self, name: str, body: Body) -> tuple[int, Any]:
        """Return the status and body of the response to an invoke activity.

        An unsupported invoke gets 501, so that Teams does not send it again.
        """
        renews = word(body, "value", "action", "verb") == RENEW  # no press: a client asks for a card's current content
        calls: Mapping[str, Callable[[Body], Awaitable[Any]]] = {
            "adaptiveCard/action": self._renewed if renews else self._pressed,
            "composeExtension/fetchTask": self._dialogs.open,
            "composeExtension/query": partial(search.find, answers=self._answers, notices=self._notices),
            "composeExtension/submitAction": self._dialogs.take,
            "message/fetchTask": self._thumbs.open,
            "message/submitAction": self._thumbs.take,
            "signin/verifyState": lambda body: self._keep(read_code(body)),
        }
        call = calls.get(name)
        return (_UNKNOWN, None) if call is None else (_OK, await call(body))

    async def _keep(self, incoming: Incoming | None) -> None:
        """Store a message until it is answered. A repeated delivery is stored once. None is ignored."""
        if incoming is None:
            return
        key, lane = _hash(incoming.key), _hash(incoming.lane)
        try:
            await self._acks.within(self._inbox.take(key, lane, msgspec.json.encode(incoming)))
        except StoreUnusable:
            if lane not in self._unkept:
                self._unkept[lane] = asyncio.create_task(self._tell_unkept(incoming))
            raise

    async def _tell_unkept(self, incoming: Incoming) -> None:
        """Tell the person that their message cannot be stored, because Teams retries without telling them."""
        person = Person("teams", "", incoming.tenant, incoming.user)
        try:
            told = self._notices.in_every_language("not_kept")
            await say(TeamsWriter(self._means, incoming.service_url), incoming.place, told, person)
        except Exception as error:  # noqa: BLE001 -- nobody awaits this task: its failure ends here, in the log
            _failed(error)

    async def _pressed(self, body: Body) -> dict[str, Any]:
        """Store a button press, and return what the client shows at once. The answer follows as a separate message."""
        language, press = language_of(body), read_press(body)
        if press is None:
            value = {"code": "BadRequest", "message": self._notices.text("old_button", language)}
            return {"statusCode": _REFUSED, "type": _ERROR, "value": value}
        await self._keep(press)
        return {"statusCode": _OK, "type": _MESSAGE, "value": self._notices.text("looking", language)}

    async def _renewed(self, body: Body) -> dict[str, Any]:
        """Return a card's current content, when the person it was made for opens it again in a 1:1 chat.

        The person is taken from the signed activity, not from the card. Everybody else gets the notice "nothing new".
        """
        incoming, reply = read_press(body), None
        if incoming is not None and incoming.personal:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_RENEWAL_SECONDS):
                    reply = await self._renew(await self._people.message(incoming))
            if reply is not None and incoming.press is not None:
                card = renewing(pages(reply)[0].card, incoming.press, incoming.sender)
                return {"statusCode": _OK, "type": TYPE, "value": card}
        return {"statusCode": _OK, "type": _MESSAGE, "value": self._notices.text("nothing_new", language_of(body))}

    async def _installed(self, body: Body) -> None:
        """Greet a person who added the app; delete the data of one who removed it (T21)."""
        incoming, action = as_message(body, self._notices.text("hello", language_of(body))), word(body, "action")
        if incoming is None or not incoming.personal:
            return
        if action.startswith("remove"):
            await self._gone(Person("teams", "", incoming.tenant, incoming.user))
        else:
            await self._keep(incoming)

    async def _soothe(self, delivery: Delivery) -> None:
        """Show a typing indicator to a person whose message waits until an earlier one is answered."""
        await self._type(msgspec.json.decode(delivery.body, type=Incoming))

    async def _answer(self, delivery: Delivery) -> None:
        try:
            incoming = msgspec.json.decode(delivery.body, type=Incoming)
            message = await self._people.message(incoming, delivery.key)
            writer = TeamsWriter(self._means, incoming.service_url, incoming.sender, is_aside=incoming.aside)
            if delivery.maybe_written or delivery.exhausted or incoming.edited:
                told = self._notices.in_every_language("edited" if incoming.edited else "interrupted")
                await say(writer, message.place, told, message.person)
                return
            if (incoming.press or "").startswith(SHARE):
                await self._pass_on(writer, incoming, message, delivery)
                return
            async with beside(self._type(incoming, self._typing_after)):
                await deliver(writer, self._answers, message, delivery.writing)
        except StoreError as error:
            raise Unreachable(type(error).__name__) from None
        except Unreachable:
            # Nobody could be told: the inbox tries again, and says that it was interrupted where an answer may stand.
            raise
        except Exception as error:  # noqa: BLE001 -- a second try would ask twice: its failure ends here, in the log
            _failed(error)

    async def _pass_on(self, writer: TeamsWriter, incoming: Incoming, message: Message, delivery: Delivery) -> None:
        """Share an answer with everybody in the conversation where it was asked for.

        If the button was pressed in the asker's own chat, confirm the sharing there.
        """
        key = (message.press or "").removeprefix(SHARE)
        found = await self._aside.shown(key, message.person, once=True)
        if found is None:
            await say(writer, message.place, self._notices.in_every_language("share_over"), message.person)
            return
        await delivery.writing()
        place, reply = found
        shown = self._aside.for_everybody(reply, message.person)
        await TeamsWriter(self._means, incoming.service_url).share(place, shown, message.person)
        if incoming.personal:
            told = self._notices.notice("shared_there", reply.language, to_asker=True)
            await say(writer, message.place, told, message.person)

    async def _type(self, incoming: Incoming, after: float = 0.0) -> None:
        """Show a typing indicator `after` some seconds; the task is cancelled when the answer is posted."""
        await asyncio.sleep(after)
        if not incoming.aside:  # the others in the place did not see that anything was asked
            with contextlib.suppress(*sdk.FAILURES):
                await self._connector.type(incoming.service_url, incoming.conversation)


def _hash(text: str) -> str:
    """Return the SHA-256 of an id. The inbox stores ids for an hour after the answer; a hash names no conversation."""
    return hashlib.sha256(text.encode()).hexdigest()


def _failed(error: Exception) -> None:
    """Log the class of an exception and Teams' status, never its text, which may contain a message."""
    reason = str(error) if isinstance(error, Unwritten) else ""
    log.error("failed", kind=type(error).__name__, reason=reason, channel="teams")
