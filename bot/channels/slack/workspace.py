"""The workspace the bot is installed in, and the people who write from it: asked once, kept for minutes."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import structlog
from cachetools import TTLCache
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.message import OneToOne, Person

log = structlog.get_logger("slack")

_MOST_PEOPLE = 10_000
_FRESH_SECONDS = 600
_RESTRICTED = ("deleted", "is_bot", "is_restricted", "is_ultra_restricted", "is_stranger")


@dataclass(frozen=True, slots=True)
class Profile:
    """How a person is called, and whether they may ask about the directory only."""

    name: str
    restricted: bool


class Workspace:
    """Answers from auth.test, users.info and conversations.open."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client
        self._installed: AuthorizeResult | None = None
        self._asking = asyncio.Lock()
        self._profiles: TTLCache[str, Profile] = TTLCache(_MOST_PEOPLE, _FRESH_SECONDS)
        self._chats: TTLCache[str, OneToOne] = TTLCache(_MOST_PEOPLE, _FRESH_SECONDS)

    async def installed(self) -> AuthorizeResult:
        """Where this token belongs.

        Raises:
            SlackApiError: Slack does not take the token.
        """
        async with self._asking:
            if self._installed is None:
                answer = await self._client.auth_test()
                self._installed = AuthorizeResult.from_auth_test_response(
                    auth_test_response=answer,
                    bot_token=self._client.token,
                )
        return self._installed

    async def authorize(self, enterprise_id: str | None, team_id: str | None) -> AuthorizeResult | None:
        """What bolt needs for a request; None when it comes from a workspace that this token does not serve."""
        try:
            found = await self.installed()
        except SlackApiError as error:
            log.error("token refused", reason=str(error.response.get("error")))  # noqa: TRY400 -- a trace may hold the token
            return None
        same_team = found.team_id == team_id
        return found if same_team or (found.enterprise_id and found.enterprise_id == enterprise_id) else None

    async def person(self, user: str, team: str) -> tuple[Person, bool]:
        """The person, and whether they may ask about the directory only: guests, strangers, other workspaces' people.

        When Slack does not say who they are, they are treated as a stranger.
        """
        here = await self.installed()
        profile = await self._profile(user)
        foreign = bool(team and here.team_id and team != here.team_id)
        person = Person(
            "slack",
            here.enterprise_id or "",
            team or here.team_id or "",
            user,
            name=profile.name,
            home=f"Slack, {here.team}" if here.team else "Slack",
        )
        return person, foreign or profile.restricted

    async def chat(self, user: str) -> OneToOne | None:
        """The person's own conversation with the bot; None when Slack does not open it."""
        if user not in self._chats:
            try:
                answer = await self._client.conversations_open(users=user)
            except SlackApiError as error:
                log.warning("chat not opened", reason=str(error.response.get("error")))
                return None
            self._chats[user] = OneToOne(answer["channel"]["id"])
        return self._chats[user]

    async def _profile(self, user: str) -> Profile:
        if user in self._profiles:
            return self._profiles[user]
        try:
            answer = await self._client.users_info(user=user)
        except SlackApiError as error:
            log.warning("person unknown", reason=str(error.response.get("error")))
            return Profile("", restricted=True)
        found, details = answer["user"], answer["user"].get("profile", {})
        name = details.get("display_name") or details.get("real_name") or found.get("name") or ""
        profile = Profile(name, restricted=any(found.get(flag) for flag in _RESTRICTED))
        self._profiles[user] = profile
        return profile
