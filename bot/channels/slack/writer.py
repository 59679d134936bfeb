"""Posts replies to Slack. A private reply is posted as a neutral line first, for notifications, and then filled in.

A writer is for the replies to one message. Its progress note is replaced by the answer. A command's answers are sent
to a response URL: only the asker sees them, with buttons to share them or send them to the 1:1 chat.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
import structlog
from cachetools import TTLCache
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.channels.base import ShownAside, Texts, Unreachable, purpose
from bot.channels.slack.client import BLOCKED, THREADLESS, UNDRAWN, Connection, code_of
from bot.channels.slack.workspace import DeliveryMark, Workspace
from bot.delivery.retention import Retention
from bot.errors import StoreError, Unwritable
from bot.message import (
    FAREWELLS,
    Answered,
    Language,
    OneToOne,
    Person,
    Place,
    Private,
    Reply,
    Shareable,
    Shared,
    always,
)
from bot.replies.blocks import BlockPage, pages
from bot.replies.buttons import Kit, plain_text

HELD_UP = "next"
"""The intent of the notice that an answer waits for another one."""
SECONDS = 1.0
_MOST_CHANNELS = 10_000


class ChannelRateLimit:
    """Limits posts to one a second in each channel."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._clock, self._pause = clock, pause
        self._free: TTLCache[str, float] = TTLCache(_MOST_CHANNELS, 60, timer=clock)

    async def turn(self, channel: str, *, waits: bool) -> None:
        """Count a post in a channel. With `waits`, wait until a second has passed since the previous post."""
        now = self._clock()
        at = max(now, self._free.get(channel, now))
        self._free[channel] = at + SECONDS
        if waits and at > now:
            await self._pause(at - now)


_ASKS = {"account.unlink": "form_unlink", "account.forget": "confirm_forget"}
"""The texts of the confirmation before a button deletes something, by intent."""


class Notices(Texts):
    """The channel's own texts, and the conversion of replies to Slack messages."""

    def pages(self, reply: Reply) -> tuple[BlockPage, ...]:
        """Return a reply as Slack messages.

        Buttons that delete something ask for confirmation, and answers that can be rated have thumbs.
        """
        asks = {intent: self.labels(name, reply.language) for intent, name in _ASKS.items()}
        return pages(reply, asks.get, self.labels("rating", reply.language))

    def page(self, name: str, language: Language, *, links: Mapping[str, str] | None = None) -> BlockPage:
        """Return a template as one message. The template must be short enough for one message."""
        return self.pages(self.notice(name, language, links))[0]


log = structlog.get_logger("slack")

QUIET: dict[str, Any] = {"unfurl_links": False, "unfurl_media": False}
UNMARKED = DeliveryMark()

Method = Callable[..., Awaitable[AsyncSlackResponse]]


class Means(msgspec.Struct, frozen=True):
    """The objects that all writers of a bot share. `retention` records messages that will contain a member's data.

    `client` has the bot token, and posts in a help desk's channel.
    """

    notices: Notices
    pace: ChannelRateLimit
    retention: Retention
    aside: ShownAside
    link: Connection
    client: AsyncWebClient


class _Writing(msgspec.Struct, frozen=True):
    """A reply that is being posted, with its conversation and its reader."""

    place: Place
    reply: Answered
    person: Person


class SlackWriter:
    """Posts replies in Slack chats and threads, and pointers as ephemeral messages.

    `mine` returns whether this process is still the one that answers the message.
    """

    def __init__(self, means: Means, workspace: Workspace, mark: DeliveryMark = UNMARKED) -> None:
        self._means, self._notices, self._mark = means, means.notices, mark
        self._workspace, self._client = workspace, workspace.client
        self._note: tuple[Place, str] | None = None
        self._noted: dict[str, str] = {}
        self.mine: Callable[[], Awaitable[bool]] = always

    async def post(self, place: OneToOne, reply: Answered, person: Person) -> None:
        """Post a reply in the person's 1:1 chat.

        A private reply is posted as a neutral line and then updated, because Slack builds notifications from the post,
        including its blocks, and shows them on locked screens and in e-mail (T26).
        """
        try:
            await self._write(_Writing(place, reply, person))
        except SlackApiError as error:
            if (code := code_of(error)) in BLOCKED:
                raise Unwritable(code) from None
            raise

    async def share(self, place: Shared, reply: Shareable, person: Person) -> None:
        """Post a reply in a channel's thread. Only the asker sees a reply that concerns the asker alone."""
        if reply.to_asker:
            for page in self._notices.pages(reply):
                await self._ephemeral(place, person, page)
        else:
            await self._write(_Writing(place, reply, person))

    async def private_place(self, person: Person) -> OneToOne | None:
        """Return the person's 1:1 chat with the bot; None if Slack refuses to open it."""
        return await self._workspace.chat(person.user)

    async def point(self, place: Shared, person: Person, language: Language, found: OneToOne | None) -> None:
        """Show one line to the asker only: where the answer is (`found`), or that it could not be sent (None).

        If Slack refuses to show the line, the answer in the 1:1 chat is not affected.

        Raises:
            Unreachable: `found` is None, and it is unknown whether the line was shown.
        """
        try:
            await self._ephemeral(place, person, self._pointer(person, language, found))
        except SlackApiError as error:
            log.warning("pointer not shown", reason=code_of(error), channel="slack")
        except Unreachable as error:
            log.warning("pointer not shown", reason=str(error), channel="slack")
            if found is None:
                raise

    async def _write(self, to: _Writing) -> None:
        """Post a reply, in place of the progress note if there is one. A progress note that Slack refuses is dropped.

        Raises:
            Unreachable: the outcome is unknown. For a progress note, only in the 1:1 chat, where it can be found again.
        """
        lost = (SlackApiError,) if isinstance(to.place, OneToOne) else (SlackApiError, Unreachable)
        with contextlib.suppress(*(lost if to.reply.passing else ())):
            fresh = to.reply.passing and self._note is None and to.reply.intent != HELD_UP
            if fresh and await self.show_status(to.place, to.reply.language):
                return
            shown = self._notices.pages(to.reply)
            for at, page in enumerate(shown):
                done = to.reply.final and at == len(shown) - 1
                note, self._note = self._note, None
                if note is not None and note[0] == to.place and await self._replaced(to, note[1], page, done=done):
                    sent = note[1]
                else:
                    # In a 1:1 chat the person's own typing sets the pace, so that only further pages wait.
                    await self._means.pace.turn(to.place.conversation, waits=at > 0 or isinstance(to.place, Shared))
                    sent = await self._posted(to, page, done=done)
                self._note = (to.place, sent) if to.reply.passing else None

    async def show_status(self, place: Place, language: Language) -> bool:
        """Set Slack's status that an answer is being made, in a thread of the 1:1 chat. Return whether Slack shows it.

        The status says nothing about the question. It ends when the answer is posted.
        """
        if not isinstance(place, OneToOne) or not place.thread:
            return False
        status = self._notices.labels("status", language)["status"]
        channel, thread = place.conversation, place.thread
        try:
            await self._client.assistant_threads_setStatus(channel_id=channel, thread_ts=thread, status=status)
        except (SlackApiError, Unreachable):
            return False
        return True

    async def _replaced(self, to: _Writing, ts: str, page: BlockPage, *, done: bool) -> bool:
        """Replace the progress note by the page.

        Return False if Slack refuses that, for example if the note was deleted.
        """
        try:
            await self._fill(to, ts, page, done=done)
        except SlackApiError:
            return False
        except Unreachable:
            if not to.reply.passing:
                raise
        return True

    async def _fill(self, to: _Writing, ts: str, page: BlockPage, *, done: bool) -> None:
        """Write the page into a posted message. A message in the 1:1 chat that gets member data is recorded before.

        If the person has disconnected their account meanwhile, the message says so instead of the page (T53).
        """
        if isinstance(to.reply, Private):
            known = ts in self._noted or to.reply.intent in FAREWELLS
            if isinstance(to.place, OneToOne) and not known:
                self._noted[ts] = await self._means.retention.note(to.person, to.place, ts)
            if not await to.reply.may_show():
                page = self._notices.page("withdrawn", to.reply.language)
        where = {"channel": to.place.conversation, "ts": ts, **self._mark.metadata(done=done)}
        await send_page(self._client.chat_update, page, **where)

    async def _posted(self, to: _Writing, page: BlockPage, *, done: bool) -> str:
        if not isinstance(to.reply, Private):
            return str((await self._send(to.place, page.text, page, done=done))["ts"])
        passing, language = to.reply.passing, to.reply.language
        # A notification says what the message is for, and nothing of its content (T26).
        if passing:
            neutral = self._notices.page("looking", language).text
        else:
            neutral = self._notices.labels("announced", language)[purpose(to.reply)]
        sent = await self._send(to.place, neutral)
        try:
            await self._fill(to, sent["ts"], page, done=done)
        except (Exception, asyncio.CancelledError):
            await self._take_back(to, sent["ts"])
            raise
        return str(sent["ts"])

    async def _take_back(self, to: _Writing, ts: str) -> None:
        """Delete a neutral line that no answer will replace, unless another process now answers the message.

        Raises:
            Unreachable: the line may still be there, so the next try has to look for it.
        """
        with contextlib.suppress(SlackApiError, StoreError):
            if not await self.mine():
                return
            await self._client.chat_delete(channel=to.place.conversation, ts=ts)
            await self._means.retention.drop(to.person, self._noted.pop(ts, ""))

    async def _send(
        self, place: Place, text: str, page: BlockPage | None = None, *, done: bool = False
    ) -> AsyncSlackResponse:
        said = page or BlockPage(text, ())
        where: dict[str, Any] = {"channel": place.conversation, **QUIET, **self._mark.metadata(done=done)}
        try:
            return await send_page(self._client.chat_postMessage, said, **where, thread_ts=place.thread or None)
        except SlackApiError as error:
            # The question was deleted meanwhile, and its thread with it.
            if place.thread and code_of(error) in THREADLESS:
                return await send_page(self._client.chat_postMessage, said, **where)
            raise

    async def _ephemeral(self, place: Place, person: Person, page: BlockPage) -> None:
        where = {"channel": place.conversation, "user": person.user}
        await send_page(self._client.chat_postEphemeral, page, **where)

    def _pointer(self, person: Person, language: Language, found: OneToOne | None) -> BlockPage:
        if found is None:
            return self._notices.page("cannot_write", language)
        team = f"&team={person.team}" if person.team else ""  # without one, Slack asks a person of an organization
        address = f"https://slack.com/app_redirect?channel={found.conversation}{team}"
        return self._notices.page("answered_aside", language, links={"chat": address})


async def send_page(method: Method, page: BlockPage, **arguments: Any) -> AsyncSlackResponse:
    """Call `method` with a page's text and blocks. If Slack rejects the blocks, try simpler ones, then text only."""
    *ways, _ = page.ways()
    for blocks in ways:
        try:
            return await method(text=page.text, blocks=list(blocks), **arguments)
        except SlackApiError as error:
            if code_of(error) not in UNDRAWN:
                raise
    return await method(text=page.text, blocks=None, **arguments)


SHARE, SEND = "desk-share", "desk-send"
_MOST_RESPONSES = 5


class EphemeralWriter(SlackWriter):
    """The writer for a slash command or an ephemeral button.

    In shared conversations only the asker sees its replies.
    """

    def __init__(self, means: Means, workspace: Workspace, response_url: str, mark: DeliveryMark) -> None:
        super().__init__(means, workspace, mark)
        self._url, self._left, self._replaces = response_url, _MOST_RESPONSES, False

    async def share(self, place: Shared, reply: Shareable, person: Person) -> None:
        """Post a reply to the response URL, so that only the asker sees it. Slack allows five posts to one URL.

        An answer that can be shared has buttons for that. A progress note is posted only first.
        """
        if reply.passing and self._left < _MOST_RESPONSES:
            return
        shown = self._notices.pages(reply)
        key = await self._means.aside.keep(reply, person, place)
        row = self._row(key, reply.language) if key else ()
        for page in shown:
            last = page is shown[-1]
            await self.respond(page.changed(lambda kits: (*kits, *row)) if last else page)
        self._replaces = reply.passing

    def _row(self, key: str, language: Language) -> tuple[Kit, ...]:
        """Return the buttons that share an answer or send it to the 1:1 chat; `key` is the key of the stored answer."""
        labels = self._notices.labels("desk", language)
        asks = ((at, plain_text(labels[at])) for at in (SHARE, SEND))
        buttons = [{"type": "button", "text": text, "action_id": at, "value": key} for at, text in asks]
        return ({"type": "actions", "elements": buttons},)

    async def point(self, place: Shared, person: Person, language: Language, found: OneToOne | None) -> None:
        """Show the asker a line with a link to their 1:1 chat, unless the command was typed in that chat."""
        if found is None or found.conversation != place.conversation:
            await self.respond(self._pointer(person, language, found))

    async def respond(self, page: BlockPage, *, to_all: bool = False) -> None:
        """Post once to the response URL: to everybody in the conversation with `to_all`, else to the asker.

        After five posts, nothing is posted.

        Raises:
            Unwritable: the URL is not Slack's.
            aiohttp.ClientError: Slack rejected the post: the URL has expired, or Slack is unavailable.
        """
        if not self._left:
            return
        self._left -= 1
        replaces, self._replaces = self._replaces, False
        kind = "in_channel" if to_all else "ephemeral"
        body = {"response_type": kind, "replace_original": replaces, "text": page.text, **QUIET}
        for blocks in page.ways():
            if await self._means.link.respond(self._url, body | {"blocks": list(blocks)}):
                return
