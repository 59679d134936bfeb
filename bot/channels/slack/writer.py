"""Replies out to Slack. A private one is announced by a neutral line and filled in after: no notification holds it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.channels.base import Answer, Unwritable
from bot.channels.slack.notices import Notices
from bot.channels.slack.workspace import Workspace
from bot.message import Language, OneToOne, Person, Place, Private, Shareable, Shared
from bot.replies.blocks import Page, pages

_QUIET: dict[str, Any] = {"unfurl_links": False, "unfurl_media": False}
_BLOCKED = frozenset({"cannot_dm_bot", "messages_tab_disabled", "user_disabled", "channel_not_found", "is_archived"})
_MOST_RESPONSES = 5


async def _one_second() -> None:
    """Slack lets an app write about one message a second to a channel."""
    await asyncio.sleep(1)


class SlackWriter:
    """The Slack channel: posts in chats and threads, points with an ephemeral line."""

    def __init__(
        self,
        client: AsyncWebClient,
        workspace: Workspace,
        notices: Notices,
        *,
        pause: Callable[[], Awaitable[None]] = _one_second,
    ) -> None:
        self._client, self._workspace, self._notices, self._pause = client, workspace, notices, pause
        self._passing: tuple[Place, str] | None = None

    def for_one(self) -> SlackWriter:
        """The same channel for the replies to one message: a passing note is taken over by the reply that follows."""
        return SlackWriter(self._client, self._workspace, self._notices, pause=self._pause)

    async def post(self, place: OneToOne, reply: Answer, person: Person) -> None:  # noqa: ARG002 -- the chat is theirs
        """Write in the person's own chat.

        A private reply is posted as a neutral line and then updated: Slack builds notifications from what is posted,
        blocks included, and shows them on locked screens and in e-mail (T26).
        """
        try:
            await self._write(place, reply)
        except SlackApiError as error:
            if error.response.get("error") in _BLOCKED:
                raise Unwritable(str(error.response["error"])) from None
            raise

    async def share(self, place: Shared, reply: Shareable, person: Person) -> None:  # noqa: ARG002 -- all may read it
        """Write in the thread of a channel."""
        await self._write(place, reply)

    async def private_place(self, person: Person) -> OneToOne | None:
        """The person's chat with the bot."""
        return await self._workspace.chat(person.user)

    async def point(self, place: Shared, person: Person, language: Language, found: OneToOne | None) -> None:
        """One line that only this person sees."""
        page = self._pointer(person, language, found)
        await self._client.chat_postEphemeral(
            channel=place.conversation, user=person.user, text=page.text, blocks=list(page.blocks)
        )

    async def _write(self, place: Place, reply: Answer) -> None:
        """Write a reply; a passing note that Slack does not take is no loss."""
        with contextlib.suppress(*((SlackApiError,) if reply.passing else ())):
            await self._write_pages(place, reply)

    async def _write_pages(self, place: Place, reply: Answer) -> None:
        note, self._passing = self._passing, None
        sent = note[1] if note and note[0] == place else None
        for at, page in enumerate(pages(reply)):
            if at:
                await self._pause()
            if at or sent is None or not await self._replaced(place, sent, page):
                sent = await self._posted(place, page, reply)
        if reply.passing and sent is not None:
            self._passing = place, sent

    async def _replaced(self, place: Place, sent: str, page: Page) -> bool:
        """Whether the page could be written over the passing note; a note that was deleted takes nothing."""
        try:
            await self._client.chat_update(
                channel=place.conversation, ts=sent, text=page.text, blocks=list(page.blocks)
            )
        except SlackApiError:
            return False
        return True

    async def _posted(self, place: Place, page: Page, reply: Answer) -> str:
        if not isinstance(reply, Private):
            return str((await self._send(place, page.text, page))["ts"])
        neutral = self._notices.working if reply.passing else self._notices.ready
        return await self._announce(place, page, neutral(reply.language))

    async def _announce(self, place: Place, page: Page, neutral: str) -> str:
        sent = await self._send(place, neutral)
        where = {"channel": place.conversation, "ts": sent["ts"]}
        try:
            await self._client.chat_update(**where, text=page.text, blocks=list(page.blocks))
        except SlackApiError:
            # The neutral line alone would promise an answer that is not there.
            with contextlib.suppress(SlackApiError):
                await self._client.chat_delete(**where)
            raise
        return str(sent["ts"])

    async def _send(self, place: Place, text: str, page: Page | None = None) -> Any:
        return await self._client.chat_postMessage(
            channel=place.conversation,
            text=text,
            blocks=list(page.blocks) if page else None,
            thread_ts=place.thread or None,
            **_QUIET,
        )

    def _pointer(self, person: Person, language: Language, found: OneToOne | None) -> Page:
        if found is None:
            return self._notices.unwritable(language)
        address = f"https://slack.com/app_redirect?channel={found.conversation}&team={person.team}"
        return self._notices.aside(language, address)


class Whisper(SlackWriter):
    """The channel of a slash command or an ephemeral button: what is shared goes to the asker alone."""

    def __init__(
        self,
        client: AsyncWebClient,
        workspace: Workspace,
        notices: Notices,
        *,
        session: aiohttp.ClientSession,
        response_url: str,
    ) -> None:
        super().__init__(client, workspace, notices)
        self._session, self._response_url, self._left = session, response_url, _MOST_RESPONSES

    async def share(self, place: Shared, reply: Shareable, person: Person) -> None:  # noqa: ARG002 -- as the channel
        """Write to the asker through the response URL, which takes five posts and no more."""
        if reply.passing and self._left < _MOST_RESPONSES:
            return
        for page in pages(reply):
            await self._respond(page)

    async def point(self, place: Shared, person: Person, language: Language, found: OneToOne | None) -> None:
        """One line to the asker; none when the command was typed in the very chat that has the answer."""
        if found is None or found.conversation != place.conversation:
            await self._respond(self._pointer(person, language, found))

    async def _respond(self, page: Page) -> None:
        if not self._left:
            return
        self._left -= 1
        body = {
            "response_type": "ephemeral",
            "replace_original": False,
            "text": page.text,
            "blocks": list(page.blocks),
            **_QUIET,
        }
        async with self._session.post(self._response_url, json=body, allow_redirects=False) as answer:
            answer.raise_for_status()
