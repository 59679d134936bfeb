"""Calls to the Bot Connector: few at a time, and retried if the response says that a retry may succeed.

`People` decides who may ask about their own record: people of an allowed tenant whom Teams lists as members.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
import msgspec
import structlog
from cachetools import LRUCache, TTLCache

from bot.channels.base import Pause
from bot.channels.teams.incoming import Hosts, Incoming
from bot.channels.teams.sdk import (
    Account,
    ApiClient,
    App,
    Attachment,
    ConversationAccount,
    CreateConversationParams,
    MessageInput,
    SensitiveUsage,
    SensitiveUsageEntity,
    TeamsChannelAccount,
    TypingActivityInput,
)
from bot.errors import Unwritable, Unwritten
from bot.message import Message, Person
from bot.replies.cards import TYPE, AdaptiveCard

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
            return await self._call(lambda: _targeted(region, quoted(conversation), activity))
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
                    wait = _asked_to_wait(error.response)
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


async def _targeted(region: ApiClient, conversation: str, activity: Any) -> str:
    """Post a message that only its recipient sees. Return its id.

    The SDK's own method is not used, because it logs a warning at each call.
    """
    url = f"{region.service_url}/v3/conversations/{conversation}/activities"
    body = activity.model_dump(by_alias=True, exclude_none=True)
    sent = (await region.http.post(url, params={"isTargetedActivity": "true"}, json=body)).json()
    return str(sent.get("id", ""))


def _without_text(error: httpx.HTTPStatusError) -> Exception:
    """Return one of this module's exceptions for an HTTP error, with only the status as its text.

    httpx's own text contains the conversation's address.
    """
    status = error.response.status_code
    if status in _BLOCKED:
        return Unwritable(str(status))
    return NotShown(str(status)) if status in _TOO_MUCH else CallRefused(str(status))


def _asked_to_wait(response: httpx.Response) -> float:
    seconds = response.headers.get("retry-after", "")
    return min(float(seconds), _LONGEST_WAIT) if seconds.isdecimal() else 0.0


def quoted(part: str) -> str:
    """Return an id percent-encoded, as one segment of a URL path."""
    return quote(part, safe=":@;=")


log = structlog.get_logger("teams")

_MOST, _FRESH_SECONDS = 10_000, 600
_MEMBER, _NOBODY = "user", "404"

_Asked = tuple[Person, str, str, str]
"""Person, sender id, conversation and service URL; membership in one conversation proves nothing in another."""


class People:
    """Asks Teams whether people are members of their conversation. The results are cached for ten minutes."""

    def __init__(self, connector: Connector) -> None:
        self._connector = connector
        self._members: TTLCache[_Asked, bool] = TTLCache(_MOST, _FRESH_SECONDS)

    async def person(self, incoming: Incoming) -> tuple[Person, bool]:
        """Return the person, and whether they may use the directory only.

        Directory only: people without an id in the tenant, guests, anonymous people, people of other tenants, and
        people whom Teams does not confirm (T21).
        """
        person = Person("teams", "", incoming.tenant, incoming.user, name=incoming.name, home="Microsoft Teams")
        if not incoming.object_id:
            return person, True
        asked = (person, incoming.sender, incoming.conversation, incoming.service_url)
        if asked not in self._members:
            known = await self._is_member(incoming, person)
            if known is None:
                return person, True
            self._members[asked] = known
        return person, not self._members[asked]

    async def message(self, incoming: Incoming, delivery: str = "") -> Message:
        """Return a delivery as a message.

        Its sender may use only the directory, unless Teams lists them as a member.
        """
        person, directory_only = await self.person(incoming)
        return Message(
            incoming.key,
            person,
            incoming.place,
            incoming.text,
            press=incoming.press,
            command=incoming.command,
            directory_only=directory_only,
            form=incoming.form,
            delivery=delivery,
            origin="quoted" if incoming.quoted else "said",
        )

    async def is_present(self, person: Person, service_url: str, conversation: str) -> bool | None:
        """Return whether a person is still a full member, without the cache; None if Teams does not say."""
        try:
            return await self._confirmed(service_url, conversation, person.user, person)
        except Unwritable as error:
            return False if str(error) == _NOBODY else None
        except (*FAILURES, ValueError):
            return None

    async def _is_member(self, incoming: Incoming, person: Person) -> bool | None:
        try:
            return await self._confirmed(incoming.service_url, incoming.conversation, incoming.sender, person)
        except (*FAILURES, ValueError) as error:
            log.warning("person unknown", kind=type(error).__name__, channel="teams")
            return None

    async def _confirmed(self, service_url: str, conversation: str, member: str, person: Person) -> bool:
        found = await self._connector.member(service_url, conversation, member)
        role, tenant = (found.user_role or _MEMBER).casefold(), (found.tenant_id or "").casefold()
        same = (found.aad_object_id or "").casefold() == person.user
        return same and role == _MEMBER and tenant == person.team
