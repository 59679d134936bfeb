"""One workspace, or organization, that the bot is installed in, and the people who write from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import structlog
from cachetools import TTLCache
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.channels.base import Pause, Unreachable
from bot.channels.slack.codes import NOBODY, code_of
from bot.message import Language, OneToOne, Person

log = structlog.get_logger("slack")

_MOST_PEOPLE = 10_000
_DAY_SECONDS = 86_400
_FRESH_SECONDS = 600
_A_PAGE, _PAGES_FOR, _BETWEEN_PAGES = 200, 10, 3.0  # people of a page, asked-about people it is worth, seconds
_RESTRICTED = ("deleted", "is_bot", "is_restricted", "is_ultra_restricted", "is_stranger")


@dataclass(frozen=True, slots=True)
class Installed:
    """Where a token belongs. An installation for a whole organization has no `team`."""

    enterprise: str
    team: str
    name: str
    bot_user: str
    bot_id: str

    @property
    def key(self) -> str:
        """The installation as one string."""
        return f"{self.enterprise}/{self.team}"


class WhoUnknown(Exception):
    """Slack does not tell this app who people are; the message is Slack's code."""


@dataclass(frozen=True, slots=True)
class SlackProfile:
    """How a person is called, in which language Slack speaks to them, and whether they may ask the directory only.

    `unnamed`: Slack says that it knows nobody of this id.
    """

    name: str
    restricted: bool
    language: Language = "en"
    enterprise: str = ""
    unnamed: bool = False


class Workspace:
    """Answers from users.info and conversations.open, asked once and kept for minutes; languages for a day."""

    def __init__(self, client: AsyncWebClient, installed: Installed) -> None:
        self.client, self.installed = client, installed
        self._profiles: TTLCache[str, SlackProfile] = TTLCache(_MOST_PEOPLE, _FRESH_SECONDS)
        self._chats: TTLCache[str, OneToOne] = TTLCache(_MOST_PEOPLE, _FRESH_SECONDS)
        self._languages: TTLCache[str, Language] = TTLCache(_MOST_PEOPLE, _DAY_SECONDS)

    async def person(self, user: str, team: str) -> tuple[Person, bool]:
        """The person, and whether they may ask about the directory only: guests, strangers, other workspaces' people.

        Whom Slack does not know is treated as a stranger.

        Raises:
            Unreachable: Slack does not answer. WhoUnknown: it does not tell this app who people are.
        """
        profile = await self.profile(user)
        person = replace(self.somebody(user, team), name=profile.name)
        return person, self._is_foreign(team, profile) or profile.restricted

    def somebody(self, user: str, team: str) -> Person:
        """The person by ids alone, without a question to Slack."""
        here = self.installed
        home = f"Slack, {here.name}" if here.name else "Slack"
        return Person("slack", here.enterprise, team or here.team, user, home=home)

    async def is_present(self, person: Person) -> bool | None:
        """Whether somebody is still a full member, asked anew; None when Slack does not say."""
        self.look_again(person.user)
        try:
            _, directory_only = await self.person(person.user, person.team)
        except (Unreachable, WhoUnknown):
            return None
        return not directory_only

    async def are_present(self, people: Sequence[Person], pause: Pause) -> dict[Person, bool]:
        """Which of these people are full members, by the workspace's list; whom it does not name is missing.

        It is read as long as it is cheaper than to ask about each. An organization has no list of its own.
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
        """Whose own workspace is not one of this installation: the other side of a shared channel (T21).

        Slack may name the organization where it otherwise names a team.
        """
        here = self.installed
        if here.team:
            return bool(team) and team not in {here.team, here.enterprise}
        return profile.enterprise != here.enterprise

    async def chat(self, user: str) -> OneToOne | None:
        """The person's own conversation with the bot; None when Slack refuses to open it.

        Raises:
            Unreachable: Slack does not answer.
        """
        if user not in self._chats:
            try:
                answer = await self.client.conversations_open(users=user)
            except SlackApiError as error:
                log.warning("chat not opened", reason=code_of(error))
                return None
            self._chats[user] = OneToOne(answer["channel"]["id"])
        return self._chats[user]

    def look_again(self, user: str) -> None:
        """Ask Slack anew who somebody is: something about them changed."""
        self._profiles.pop(user, None)

    async def profile(self, user: str) -> SlackProfile:
        """Who somebody is; a stranger when Slack does not know them.

        Raises:
            Unreachable: Slack does not answer. WhoUnknown: it does not tell this app who people are.
        """
        if user in self._profiles:
            return self._profiles[user]
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
            language="es" if str(found.get("locale") or "").startswith("es") else "en",
            enterprise=str((found.get("enterprise_user") or {}).get("enterprise_id") or ""),
        )
        self._profiles[user], self._languages[user] = profile, profile.language
        return profile

    async def language(self, user: str) -> Language:
        """In which language to speak to somebody, also while Slack does not answer: as within a day, else English."""
        try:
            return (await self.profile(user)).language
        except (Unreachable, WhoUnknown):
            return self._languages.get(user, "en")
