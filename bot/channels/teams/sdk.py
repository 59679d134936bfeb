"""The Teams SDK, restricted: no configuration from stray files, no logging of texts, no blocking of the event loop.

`Connector` makes few calls at a time, and retries those whose response says that a retry may succeed.
The SDK is imported in this module only. Importing it takes most of a second, so this module is imported only if Teams
is configured.
"""

import asyncio
import logging
import os
import random
import sys
import time
import warnings
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import httpx
import msgspec
import structlog
from cachetools import LRUCache
from opentelemetry import metrics
from pydantic import BaseModel

from bot.channels.base import Pause
from bot.channels.teams.incoming import CHANNEL, Cloud, Hosts, origin
from bot.errors import Unwritable, Unwritten
from bot.replies.cards import TYPE, AdaptiveCard

# httpcore looks for this package at every request, and one that is missing is looked for in every folder.
sys.modules.setdefault("sniffio", None)  # type: ignore[arg-type] # what an import fails by
# The SDK reads a `.env` of the working folder into the environment when it is imported, and one of its names switches
# the check of tokens off. Our settings come from `bot.config` alone.
_QUIET = "PYTHON_DOTENV_DISABLED"
_before = os.environ.get(_QUIET)
os.environ[_QUIET] = "1"
# It has hundreds of pydantic models, and FastAPI's beside them, of which few are used: each is built when it is.
BaseModel.model_config["defer_build"] = True
try:
    with warnings.catch_warnings():
        # It warns of previews of its own that it imports and nobody here uses.
        warnings.simplefilter("ignore")
        from microsoft_teams.apps import ActivityEvent, App
    from microsoft_teams.api import ApiClient, InvokeResponse
    from microsoft_teams.api.activities.message import MessageActivityInput
    from microsoft_teams.api.activities.typing import TypingActivityInput
    from microsoft_teams.api.auth.cloud_environment import from_name, with_overrides
    from microsoft_teams.api.clients.conversation.params import CreateConversationParams
    from microsoft_teams.api.models import Account, ConversationAccount, TeamsChannelAccount
    from microsoft_teams.api.models.attachment import Attachment
    from microsoft_teams.api.models.entity.sensitive_usage_entity import SensitiveUsage, SensitiveUsageEntity
    from microsoft_teams.apps.http.adapter import HttpMethod, HttpRequest, HttpResponse, HttpRouteHandler
    from microsoft_teams.common import ClientOptions
finally:
    del BaseModel.model_config["defer_build"]
    if _before is None:
        del os.environ[_QUIET]
    else:
        os.environ[_QUIET] = _before

__all__ = ["ActivityEvent", "App", "InvokeResponse"]

log = structlog.get_logger("teams")

ROUTE = "/teams/messages"
_CALL_SECONDS = 10
_COOLDOWN_SECONDS = 30
_FRESH_SECONDS = 60 * 60
_NEVER = float(10**9)


Token = Callable[[str, str | None], Awaitable[str]]


class Outside(msgspec.Struct, frozen=True):
    """Replacements for Microsoft's services in tests and rehearsals.

    `keys_url` replaces the URL of the connector's keys. `token` makes the bot's own tokens. `open` accepts activities
    without a token from this machine, as the Microsoft 365 Agents Playground sends them.
    """

    keys_url: str | None = None
    token: Token | None = None
    open: bool = False

    @property
    def stand_in(self) -> str | None:
        """The origin of `keys_url`, which also replaces the connector; None if it is not set."""
        return origin(urlsplit(self.keys_url)) if self.keys_url else None


class MessageInput(MessageActivityInput):
    """The SDK's message to send, with the field `summary`, which is for notifications and clients without cards."""

    summary: str | None = None


class Adapter:
    """Receives the SDK's one request handler, for use in the bot's web application; it starts no server."""

    def __init__(self) -> None:
        self.handler: HttpRouteHandler | None = None

    def register_route(self, method: HttpMethod, path: str, handler: HttpRouteHandler) -> None:  # noqa: ARG002 -- there is one
        """Store the handler of the one route."""
        self.handler = handler

    def serve_static(self, path: str, directory: str) -> None:
        """Do nothing: the bot serves no static files."""

    async def start(self, port: int) -> None:
        """Raise NotImplementedError, because the bot's web application listens in place of the SDK's server."""
        raise NotImplementedError(port)

    async def stop(self) -> None:
        """Do nothing: there is nothing to stop."""

    async def handle(self, body: dict[str, object], headers: dict[str, str]) -> HttpResponse:
        """Return the response of the SDK's handler, which verifies the request's token and calls `on_request`."""
        if self.handler is None:
            raise RuntimeError("the SDK was not initialised")
        return await self.handler(HttpRequest(body=body, headers=headers))


class Keys:
    """The connector's signing keys, fetched in a thread, because the SDK would block the event loop."""

    def __init__(self, app: App, clock: Callable[[], float] = time.monotonic) -> None:
        # The SDK has no setting for this. Its client keeps what it has for ever and fetches nothing by itself.
        validator: Any = app.server._token_validator  # noqa: SLF001 -- see above
        self._client = validator._service_validator._jwks_client  # noqa: SLF001 -- see above
        self._client.jwk_set_cache.lifespan = -1
        self._client.cooldown_duration = _NEVER
        self._client.timeout = _CALL_SECONDS
        self._clock, self._fetching = clock, asyncio.Lock()
        self._tried = -_NEVER

    async def endorse(self, kid: str) -> bool:
        """Return whether the connector has the key with this id, and it is endorsed for Teams.

        The keys are fetched again for an unknown id, and after an hour, at most twice a minute.
        """
        if kid not in self._known() or self._clock() - self._tried >= _FRESH_SECONDS:
            await self.fetch()
        return CHANNEL in self._known().get(kid, ())

    async def fetch(self) -> None:
        """Fetch the keys, unless that was tried less than 30 seconds ago. If it fails, the old keys stay valid."""
        async with self._fetching:
            if self._clock() - self._tried < _COOLDOWN_SECONDS:
                return
            self._tried = self._clock()
            try:
                await asyncio.to_thread(self._client.get_jwk_set, refresh=True)
            except Exception as error:  # noqa: BLE001 -- of many libraries; the next request tries again
                log.warning("keys not fetched", kind=type(error).__name__, channel="teams")

    def _known(self) -> dict[str, list[str]]:
        """Return the endorsements of each cached key, by the key's id."""
        kept = self._client.jwk_set_cache.get()
        endorsements = {key.key_id: key._jwk_data.get("endorsements") for key in kept.keys} if kept is not None else {}  # noqa: SLF001 -- PyJWK gives no other way to it
        return {kid: named if isinstance(named, list) else [] for kid, named in endorsements.items()}


def make_app(
    adapter: Adapter, *, app_id: str, password: str | None, tenant: str, cloud: Cloud, outside: Outside
) -> App:
    """Return the SDK's application. Every setting is passed, so that no environment variable has an effect."""
    # They log bodies, tokens and addresses; the SDK's clients set httpx's level to that of the SDK's logger.
    ours = logging.getLogger("microsoft_teams")
    ours.setLevel(logging.CRITICAL)
    ours.propagate = False
    ours.addHandler(logging.NullHandler())
    for name in ("microsoft_teams.common.http.client", "httpx", "httpcore", "msal", "urllib3"):
        logging.getLogger(name).setLevel(logging.WARNING)
    if not isinstance(metrics.get_meter_provider(), metrics.NoOpMeterProvider):
        # Without a meter the SDK keeps an instrument for every activity, for ever.
        metrics.set_meter_provider(metrics.NoOpMeterProvider())
    credentials: dict[str, Any] = {"token": outside.token} if outside.token else {"client_secret": password}
    return App(
        client_id=app_id,
        tenant_id=tenant,
        cloud=with_overrides(from_name(cloud.sdk), openid_metadata_url=outside.keys_url),
        service_url=cloud.service_url,
        http_server_adapter=adapter,
        messaging_endpoint=ROUTE,
        client=ClientOptions(timeout=_CALL_SECONDS),
        dangerously_allow_unauthenticated_requests=outside.open,
        fetch_user_token=False,
        **credentials,
    )


T = TypeVar("T")
_AT_ONCE, _TRIES, _MOST_REGIONS, _LONGEST_WAIT = 8, 4, 32, 30.0
# By Teams' guide to rate limits: these, and no others, are worth another try.
_AGAIN = {HTTPStatus.PRECONDITION_FAILED, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.BAD_GATEWAY, 504}
_BLOCKED = {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}
_TOO_MUCH = {HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE}


class NotShown(Unwritten):
    """Teams rejected a message's content; the exception's text is the HTTP status."""


class CallRefused(Unwritten):
    """Teams returned another error, whose HTTP status is the exception's text; or the host is not one of Teams'."""


FAILURES = (Unwritable, NotShown, CallRefused, httpx.HTTPError)
"""All exceptions of a failed call."""


class Extras(msgspec.Struct, frozen=True):
    """Additions to a message's card.

    `only` is the Teams id of the one member of a group or channel who sees the message, "" for all members. `label` is
    the name and the description of its sensitivity label. `rates`: the message has thumbs, which open a dialog.
    """

    only: str = ""
    label: tuple[str, str] | None = None
    rates: bool = False


PLAIN = Extras()


class Connector:
    """Posts in conversations and asks about their members. Every method takes the region's `service_url`.

    Raises `Unwritable` if the bot may not write, `NotShown` if Teams rejects a card, `CallRefused` for other error
    responses, and httpx's exceptions if there is no response.
    """

    def __init__(self, app: App, hosts: Hosts, pause: Pause = asyncio.sleep) -> None:
        self._app, self._hosts, self._pause = app, hosts, pause
        self._some = asyncio.Semaphore(_AT_ONCE)
        self._regions: LRUCache[str, ApiClient] = LRUCache(_MOST_REGIONS)

    async def close(self) -> None:
        """Close the connections, which all clients share."""
        await self._app.http_client.http.aclose()
        await self._app.api.http.http.aclose()

    async def show(
        self, service_url: str, conversation: str, card: AdaptiveCard, summary: str, extras: Extras = PLAIN
    ) -> str:
        """Post a card. Return the message's id. `summary` is the text of the notification."""
        message = MessageInput(attachments=[Attachment(content_type=TYPE, content=card)], summary=summary)
        if extras.only:
            message.recipient = Account(id=extras.only, is_targeted=True)
        if extras.label:
            name, about = extras.label
            message.add_entity(
                SensitiveUsageEntity(usage_info=SensitiveUsage(at_type="CreativeWork", name=name, description=about))
            )
        if extras.rates:
            message.add_feedback("custom")
        return await self._send(service_url, conversation, message)

    async def say(self, service_url: str, conversation: str, text: str) -> None:
        """Post a plain text, without a card."""
        await self._send(service_url, conversation, MessageInput(text=text, text_format="plain"))

    async def type(self, service_url: str, conversation: str) -> None:
        """Show a typing indicator in the conversation."""
        await self._send(service_url, conversation, TypingActivityInput())

    async def delete(self, service_url: str, conversation: str, message: str) -> None:
        """Delete one of the bot's messages."""
        conversations = self._region(service_url).conversations
        await self._call(lambda: conversations.delete_activity(quoted(conversation), quoted(message)))

    async def member(self, service_url: str, conversation: str, member: str) -> TeamsChannelAccount:
        """Return a member of a conversation."""
        conversations = self._region(service_url).conversations
        return await self._call(lambda: conversations.get_member_by_id(quoted(conversation), quoted(member)))

    async def chat(self, service_url: str, tenant: str, user: str) -> str:
        """Return the id of a person's 1:1 chat with the bot. The chat exists if the person has added the app."""
        asked = CreateConversationParams(
            members=[Account(id=user)], tenant_id=tenant, channel_data={"tenant": {"id": tenant}}
        )
        conversations = self._region(service_url).conversations
        return (await self._call(lambda: conversations.create(asked))).id

    async def _send(self, service_url: str, conversation: str, activity: Any) -> str:
        activity.from_ = Account(id=f"28:{self._app.id}")
        activity.conversation = ConversationAccount(id=conversation)
        region = self._region(service_url)
        if activity.recipient is not None:
            # The SDK's own method would log a warning at each call.
            url = f"{region.service_url}/v3/conversations/{quoted(conversation)}/activities"
            body, aside = activity.model_dump(by_alias=True, exclude_none=True), {"isTargetedActivity": "true"}
            answer = await self._call(lambda: region.http.post(url, params=aside, json=body))
            return str(answer.json().get("id", ""))
        sent = await self._call(lambda: region.conversations.create_activity(quoted(conversation), activity))
        return sent.id

    async def _call(self, call: Callable[[], Awaitable[T]]) -> T:
        async with self._some:
            for tried in range(1, _TRIES):
                try:
                    return await call()
                except httpx.HTTPStatusError as error:
                    if error.response.status_code not in _AGAIN:
                        raise _without_text(error) from None
                    seconds = error.response.headers.get("retry-after", "")
                    wait = min(float(seconds), _LONGEST_WAIT) if seconds.isdecimal() else 0.0
                except httpx.ConnectError:
                    wait = 0.0
                await self._pause(wait + random.uniform(0, 0.5 * 2**tried))  # noqa: S311 -- spreads retries, hides nothing
            try:
                return await call()
            except httpx.HTTPStatusError as error:
                raise _without_text(error) from None

    def _region(self, service_url: str) -> ApiClient:
        """Return the API client for a region. Clients are cached, because the SDK creates a dozen objects for each."""
        if not self._hosts.allow(service_url):
            raise CallRefused("foreign service URL")
        address = service_url.rstrip("/")
        if address not in self._regions:
            self._regions[address] = self._app.api.clone(service_url=address)
        return self._regions[address]


def _without_text(error: httpx.HTTPStatusError) -> Exception:
    """Return one of this module's exceptions for an HTTP error, with only the status as its text.

    httpx's own text contains the conversation's address.
    """
    status = error.response.status_code
    if status in _BLOCKED:
        return Unwritable(str(status))
    return NotShown(str(status)) if status in _TOO_MUCH else CallRefused(str(status))


def quoted(part: str) -> str:
    """Return an id percent-encoded, as one segment of a URL path."""
    return quote(part, safe=":@;=")
