"""Replies out to Slack. A private one is announced by a neutral line and filled in after: no notification holds it.

A writer serves one message: the note that says how far the search is becomes the answer.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.channels.base import Answer, Unwritable
from bot.channels.slack.again import Mark
from bot.channels.slack.notices import Notices
from bot.channels.slack.pace import Pace
from bot.channels.slack.sharing import Sharing
from bot.channels.slack.workspace import Workspace
from bot.message import Language, OneToOne, Person, Place, Private, Shareable, Shared
from bot.replies.blocks import CHART, Page, pages

_QUIET: dict[str, Any] = {"unfurl_links": False, "unfurl_media": False}
_BLOCKED = frozenset({"cannot_dm_bot", "messages_tab_disabled", "user_disabled", "channel_not_found", "is_archived"})
_UNDRAWN = frozenset({"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long"})
_THREADLESS = frozenset({"thread_not_found", "cannot_reply_to_message", "message_not_found"})
_MOST_RESPONSES = 5
UNMARKED = Mark()


class SlackWriter:
    """The Slack channel: posts in chats and threads, points with an ephemeral line."""

    def __init__(self, workspace: Workspace, notices: Notices, pace: Pace, mark: Mark = UNMARKED) -> None:
        self._workspace, self._notices, self._pace, self._mark = workspace, notices, pace, mark
        self._client = workspace.client
        self._note: tuple[Place, str] | None = None

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

    async def share(self, place: Shared, reply: Shareable, person: Person) -> None:
        """Write in the thread of a channel; what concerns the asker alone, to the asker alone."""
        if reply.to_asker:
            for page in pages(reply):
                await self._ephemeral(place, person, page)
        else:
            await self._write(place, reply)

    async def private_place(self, person: Person) -> OneToOne | None:
        """The person's chat with the bot."""
        return await self._workspace.chat(person.user)

    async def point(self, place: Shared, person: Person, language: Language, found: OneToOne | None) -> None:
        """One line that only this person sees."""
        await self._ephemeral(place, person, self._pointer(person, language, found))

    async def _write(self, place: Place, reply: Answer) -> None:
        """Write a reply; a passing note that Slack does not take is no loss."""
        with contextlib.suppress(*((SlackApiError,) if reply.passing else ())):
            shown = pages(reply)
            for at, page in enumerate(shown):
                done = reply.final and at == len(shown) - 1
                await self._write_page(place, reply, page, further=bool(at), done=done)

    async def _write_page(self, place: Place, reply: Answer, page: Page, *, further: bool, done: bool) -> None:
        note, self._note = self._note, None
        if note is not None and note[0] == place and await self._replaced(place, note[1], page, done=done):
            sent = note[1]
        else:
            await self._wait(place, further=further)
            sent = await self._posted(place, page, reply, done=done)
        self._note = (place, sent) if reply.passing else None

    async def _wait(self, place: Place, *, further: bool) -> None:
        """In a 1:1 chat the person's own typing sets the pace; only further pages wait."""
        if isinstance(place, Shared) or further:
            await self._pace.turn(place.conversation)
        else:
            self._pace.note(place.conversation)

    async def _replaced(self, place: Place, ts: str, page: Page, *, done: bool) -> bool:
        """Whether the page could be written over the passing note; a note that was deleted takes nothing."""
        try:
            marked = self._mark.metadata(done=done)
            await _drawn(self._client.chat_update, page, channel=place.conversation, ts=ts, **marked)
        except SlackApiError:
            return False
        return True

    async def _posted(self, place: Place, page: Page, reply: Answer, *, done: bool) -> str:
        if not isinstance(reply, Private):
            return str((await self._send(place, page.text, page, done=done))["ts"])
        neutral = self._notices.working if reply.passing else self._notices.ready
        sent = await self._send(place, neutral(reply.language))
        where: dict[str, Any] = {"channel": place.conversation, "ts": sent["ts"]}
        try:
            await _drawn(self._client.chat_update, page, **where, **self._mark.metadata(done=done))
        except (SlackApiError, asyncio.CancelledError):
            # The neutral line alone would promise an answer that is not there.
            with contextlib.suppress(SlackApiError):
                await self._client.chat_delete(**where)
            raise
        return str(sent["ts"])

    async def _send(
        self, place: Place, text: str, page: Page | None = None, *, done: bool = False
    ) -> AsyncSlackResponse:
        said = page or Page(text, ())
        where: dict[str, Any] = {"channel": place.conversation, **_QUIET, **self._mark.metadata(done=done)}
        try:
            return await _drawn(self._client.chat_postMessage, said, **where, thread_ts=place.thread or None)
        except SlackApiError as error:
            # The question was deleted meanwhile, and its thread with it.
            if place.thread and error.response.get("error") in _THREADLESS:
                return await _drawn(self._client.chat_postMessage, said, **where)
            raise

    async def tell(self, place: Place, person: Person, page: Page) -> None:
        """One line that only this person sees."""
        await self._ephemeral(place, person, page)

    async def _ephemeral(self, place: Place, person: Person, page: Page) -> None:
        where = {"channel": place.conversation, "user": person.user}
        await _drawn(self._client.chat_postEphemeral, page, **where)

    def _pointer(self, person: Person, language: Language, found: OneToOne | None) -> Page:
        if found is None:
            return self._notices.unwritable(language)
        address = f"https://slack.com/app_redirect?channel={found.conversation}&team={person.team}"
        return self._notices.aside(language, address)


async def _drawn(method: Any, page: Page, **arguments: Any) -> AsyncSlackResponse:
    """The call with its blocks; without charts, then without any, where Slack cannot draw them: the text says all."""
    blocks = list(page.blocks)
    try:
        answer: AsyncSlackResponse = await method(text=page.text, blocks=blocks or None, **arguments)
    except SlackApiError as error:
        if not blocks or error.response.get("error") not in _UNDRAWN:
            raise
        plainer = tuple(block for block in blocks if block["type"] != CHART)
        return await _drawn(method, Page(page.text, plainer if len(plainer) < len(blocks) else ()), **arguments)
    return answer


class Whisper(SlackWriter):
    """The channel of a slash command or an ephemeral button: what is shared goes to the asker alone."""

    def __init__(
        self,
        workspace: Workspace,
        notices: Notices,
        pace: Pace,
        *,
        sharing: Sharing,
        session: aiohttp.ClientSession,
        response_url: str,
    ) -> None:
        super().__init__(workspace, notices, pace)
        self._sharing, self._session = sharing, session
        self._response_url, self._left, self._replaces = response_url, _MOST_RESPONSES, False

    async def share(self, place: Shared, reply: Shareable, person: Person) -> None:  # noqa: ARG002 -- as the channel
        """Write to the asker through the response URL, which takes five posts; directory facts can be shared on."""
        if reply.passing and self._left < _MOST_RESPONSES:
            return
        shown = pages(reply)
        row = await self._sharing.offer(reply, person) if reply.final and reply.sources else ()
        for page in shown:
            last = page is shown[-1]
            await self.respond(Page(page.text, (*page.blocks, *row)) if last else page)
        self._replaces = reply.passing

    async def point(self, place: Shared, person: Person, language: Language, found: OneToOne | None) -> None:
        """One line to the asker; none when the command was typed in the very chat that has the answer."""
        if found is None or found.conversation != place.conversation:
            await self.respond(self._pointer(person, language, found))

    async def respond(self, page: Page, *, to_all: bool = False) -> None:
        """One post behind the response URL.

        Raises:
            aiohttp.ClientError: Slack did not take it: the URL is over, or Slack is.
        """
        if not self._left:
            return
        self._left -= 1
        replaces, self._replaces = self._replaces, False
        body = {
            "response_type": "in_channel" if to_all else "ephemeral",
            "replace_original": replaces,
            "text": page.text,
            "blocks": list(page.blocks),
            **_QUIET,
        }
        async with self._session.post(self._response_url, json=body, allow_redirects=False) as answer:
            answer.raise_for_status()
