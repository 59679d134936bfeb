"""One Slack workspace or organization where the bot is installed: its users and the bot's messages there.

Each post of an answer has an opaque key (F51, F52). Slack has no idempotency key, so the bot reads the chat to find out
whether a post succeeded. The bot may read only its own 1:1 chats; elsewhere the person is told that an answer may be
missing. Only messages newer than the question are read, because a thread's first page is its oldest and apps outside
the Marketplace get 15 messages a call (docs.slack.dev, changelog of 2025-05-29).
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any

import msgspec
import structlog
from cachetools import TTLCache
from msgspec.structs import replace
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.channels.base import Pause, Unreachable
from bot.channels.slack.client import GONE, NOBODY, SHUT, THREADLESS, code_of
from bot.message import Language, OneToOne, Person

log = structlog.get_logger("slack")

_MOST_PEOPLE = 10_000
_DAY_SECONDS = 86_400
_FRESH_SECONDS = 600
_A_PAGE, _PAGES_FOR, _BETWEEN_PAGES = 200, 10, 3.0  # people of a page, asked-about people it is worth, seconds
_RESTRICTED = ("deleted", "is_bot", "is_restricted", "is_ultra_restricted", "is_stranger")


class Installed(msgspec.Struct, frozen=True):
    """The installation that a token belongs to. An installation for a whole organization has no `team`."""

    enterprise: str
    team: str
    name: str
    bot_user: str
    bot_id: str


class WhoUnknown(Exception):
    """Slack does not give this app the profiles of people; the exception's text is Slack's error code."""


class SlackProfile(msgspec.Struct, frozen=True):
    """A person's name and language in Slack. `restricted`: the person may use the directory only.

    `unnamed`: Slack does not know this user id.
    """

    name: str
    restricted: bool
    language: Language = "en"
    enterprise: str = ""
    unnamed: bool = False


class Workspace:
    """The people of an installation and their 1:1 chats with the bot, as Slack's Web API returns them.

    Profiles and chats are cached for ten minutes, languages for a day.
    """

    def __init__(self, client: AsyncWebClient, installed: Installed) -> None:
        self.client, self.installed = client, installed
        self._profiles: TTLCache[str, SlackProfile] = TTLCache(_MOST_PEOPLE, _FRESH_SECONDS)
        self._chats: TTLCache[str, OneToOne] = TTLCache(_MOST_PEOPLE, _FRESH_SECONDS)
        self._languages: TTLCache[str, Language] = TTLCache(_MOST_PEOPLE, _DAY_SECONDS)

    async def person(self, user: str, team: str) -> tuple[Person, bool]:
        """Return the person, and whether they may use the directory only.

        Directory only: guests, people of other workspaces, and people whom Slack does not know.

        Raises:
            Unreachable: Slack does not respond.
            WhoUnknown: Slack does not give this app the profiles of people.
        """
        profile = await self.profile(user)
        person = replace(self.somebody(user, team), name=profile.name)
        return person, self._is_foreign(team, profile) or profile.restricted

    def somebody(self, user: str, team: str) -> Person:
        """Return a person without a name, from the ids of a delivery, without a request to Slack.

        For the same member of an organization, Slack gives the workspace's id with a message and the organization's id
        with a press. Therefore people of this installation always get the installation's ids.
        """
        here = self.installed
        home = f"Slack, {here.name}" if here.name else "Slack"
        foreign = here.team and team not in {"", here.enterprise}
        return Person("slack", here.enterprise, team if foreign else here.team, user, home=home)

    async def is_present(self, person: Person) -> bool | None:
        """Return whether a person is still a full member, without the cache; None if Slack does not say."""
        self.drop_profile(person.user)
        try:
            _, directory_only = await self.person(person.user, person.team)
        except (Unreachable, WhoUnknown):
            return None
        return not directory_only

    async def are_present(self, people: Sequence[Person], pause: Pause) -> dict[Person, bool]:
        """Return for each person whether they are a full member, according to the workspace's list of users.

        People who are not found are left out. The list is read only as far as that takes fewer calls than asking about
        each person. An organization has no list.
        """
        wanted, found = {person.user: person for person in people}, dict[Person, bool]()
        pages, cursor = len(people) // _PAGES_FOR, ""
        while self.installed.team and pages and len(found) < len(wanted):
            try:
                page = await self.client.users_list(limit=_A_PAGE, cursor=cursor or None)
            except (SlackApiError, Unreachable):
                break
            for one in page.get("members") or ():
                if person := wanted.get(str(one.get("id"))):
                    profile = SlackProfile("", restricted=any(one.get(flag) for flag in _RESTRICTED))
                    found[person] = not (profile.restricted or self._is_foreign(person.team, profile))
            cursor = str((page.get("response_metadata") or {}).get("next_cursor") or "")
            pages -= 1
            if not cursor:
                break
            await pause(_BETWEEN_PAGES)
        return found

    def _is_foreign(self, team: str, profile: SlackProfile) -> bool:
        """Return whether a person belongs to none of this installation's workspaces, as in a shared channel (T21).

        `team` may be the organization's id, because Slack may send that in place of the workspace's.
        """
        here = self.installed
        if here.team:
            return bool(team) and team not in {here.team, here.enterprise}
        return profile.enterprise != here.enterprise

    async def chat(self, user: str) -> OneToOne | None:
        """Return a person's 1:1 chat with the bot, opened if needed; None if Slack refuses to open it.

        Raises:
            Unreachable: Slack does not respond.
        """
        if user not in self._chats:
            try:
                answer = await self.client.conversations_open(users=user)
            except SlackApiError as error:
                log.warning("chat not opened", reason=code_of(error))
                return None
            self._chats[user] = OneToOne(answer["channel"]["id"])
        return self._chats[user]

    def drop_profile(self, user: str) -> None:
        """Remove a person's profile from the cache, because it changed in Slack."""
        self._profiles.pop(user, None)

    async def profile(self, user: str) -> SlackProfile:
        """Return a person's profile. For an id that Slack does not know, it is `unnamed` and `restricted`.

        Raises:
            Unreachable: Slack does not respond.
            WhoUnknown: Slack does not give this app the profiles of people.
        """
        if (known := self._profiles.get(user)) is not None:
            return known
        try:
            answer = await self.client.users_info(user=user, include_locale=True)
        except SlackApiError as error:
            log.warning("person unknown", reason=code_of(error))
            if code_of(error) not in NOBODY:
                raise WhoUnknown(code_of(error)) from None
            return SlackProfile("", restricted=True, unnamed=True)
        found, details = answer["user"], answer["user"].get("profile", {})
        name = details.get("display_name") or details.get("real_name") or found.get("name") or ""
        profile = SlackProfile(
            name,
            restricted=any(found.get(flag) for flag in _RESTRICTED),
            language=str(found.get("locale") or "en").partition("-")[0].casefold(),
            enterprise=str((found.get("enterprise_user") or {}).get("enterprise_id") or ""),
        )
        self._profiles[user], self._languages[user] = profile, profile.language
        return profile

    async def language(self, user: str) -> Language:
        """Return a person's language; if Slack does not respond, the language cached for a day, or else English."""
        try:
            return (await self.profile(user)).language
        except (Unreachable, WhoUnknown):
            return self._languages.get(user, "en")


_EVENT = "bcbst_bot_answer"
_MESSAGES = 15


class DeliveryMark(msgspec.Struct, frozen=True):
    """The mark in the metadata of every post of one answer: a hash of the delivery's id, "" for unmarked posts."""

    key: str = ""

    @classmethod
    def of(cls, delivery: str) -> DeliveryMark:
        """Return the mark for the delivery with this id."""
        return cls(hashlib.sha256(b"slack\x00" + delivery.encode()).hexdigest()[:32])

    def metadata(self, *, done: bool) -> dict[str, Any]:
        """Return the arguments of a post or an update that set its metadata; none for an unmarked post.

        `done` is True for the last page of the last reply once the page has its text.
        """
        if not self.key:
            return {}
        return {"metadata": {"event_type": _EVENT, "event_payload": {"key": self.key, "done": done}}}

    def done_in(self, message: Mapping[str, Any]) -> bool | None:
        """Return whether a message in the chat is the end of this answer; None if it belongs to another answer."""
        metadata = message.get("metadata") or {}
        payload = metadata.get("event_payload") or {}
        if metadata.get("event_type") != _EVENT or payload.get("key") != self.key:
            return None
        return bool(payload.get("done"))


async def clear_part(here: Workspace, place: OneToOne, mark: DeliveryMark, since: str) -> bool:
    """Return whether the whole answer is in a 1:1 chat. A part of one is deleted, so that it can be posted again.

    `since` is the `ts` of the question, or of an earlier moment; only newer messages are read.

    Raises:
        SlackApiError, Unreachable: the chat cannot be read.
    """
    ours: dict[str, bool] = {}
    async for message in _written(here, place, since):
        if (done := mark.done_in(message)) is not None:
            ours[str(message["ts"])] = done
    if any(ours.values()):
        return True
    for ts in ours:
        try:
            await here.client.chat_delete(channel=place.conversation, ts=ts)
        except SlackApiError as error:
            if code_of(error) not in GONE:
                raise
    return False


async def _written(here: Workspace, place: OneToOne, since: str) -> AsyncIterator[Mapping[str, Any]]:
    """Yield the newer messages of a place's thread; without a thread, or if it was deleted, those of the chat."""
    if place.thread:
        replies = partial(here.client.conversations_replies, ts=place.thread)
        try:
            async for message in _read(replies, place, since):
                yield message
        except SlackApiError as error:
            if code_of(error) not in THREADLESS:
                raise
        else:
            return
    async for message in _read(here.client.conversations_history, place, since):
        yield message


async def _read(
    call: Callable[..., Awaitable[AsyncSlackResponse]], place: OneToOne, since: str
) -> AsyncIterator[Mapping[str, Any]]:
    cursor = None
    while cursor != "":
        page = await call(
            channel=place.conversation, oldest=since, include_all_metadata=True, limit=_MESSAGES, cursor=cursor
        )
        for message in page.get("messages") or ():
            yield message
        cursor = str((page.get("response_metadata") or {}).get("next_cursor") or "")


class OneWorkspace:
    """The bot's only workspace: the one to which the token in SLACK_BOT_TOKEN belongs."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client
        self._workspace: Workspace | None = None
        self._asking: asyncio.Task[Workspace | None] | None = None

    async def of(self, enterprise: str, team: str) -> Workspace | None:
        """Return the workspace if the ids are its own, else None; None also if Slack rejects the token.

        Slack is asked about the token once, even if the first caller is cancelled.

        Raises:
            Unreachable: Slack does not say to which workspace the token belongs.
        """
        if self._workspace is None:
            if self._asking is None or self._asking.done():
                self._asking = asyncio.create_task(self._ask())
            self._workspace = await asyncio.shield(self._asking)
        if self._workspace is None:
            return None
        here = self._workspace.installed
        ours = team == here.team or (here.enterprise and here.enterprise == enterprise)
        return self._workspace if ours else None

    async def _ask(self) -> Workspace | None:
        try:
            found = await self._client.auth_test()
        except SlackApiError as error:
            code = code_of(error)
            log.error("token refused", reason=code)  # noqa: TRY400 -- a trace may hold the token
            if code not in SHUT:
                raise Unreachable(code) from None
            return None
        return Workspace(
            self._client,
            Installed(
                enterprise=found.get("enterprise_id") or "",
                team=found.get("team_id") or "",
                name=found.get("team") or "",
                bot_user=found.get("user_id") or "",
                bot_id=found.get("bot_id") or "",
            ),
        )

    async def remove(self, enterprise: str, team: str) -> None:  # noqa: ARG002 -- there is only one
        """Drop the cached workspace, so that Slack is asked about the token again."""
        self._workspace = None
