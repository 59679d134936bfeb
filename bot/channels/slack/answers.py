"""What the Slack channel does behind the acknowledgement: answer, pass on, open forms, keep Home true."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from dataclasses import replace
from typing import Any

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError

from bot.channels.base import Answer, Unreachable, Unwritable, deliver
from bot.channels.slack import forms, home
from bot.channels.slack.again import Mark, cleared
from bot.channels.slack.codes import SHUT, code_of
from bot.channels.slack.home import Host
from bot.channels.slack.incoming import Incoming
from bot.channels.slack.notices import Notices
from bot.channels.slack.pace import Pace
from bot.channels.slack.people import People
from bot.channels.slack.prompts import PROMPTS
from bot.channels.slack.sharing import SHARE, Sharing
from bot.channels.slack.workspace import Workspace
from bot.channels.slack.writer import UNMARKED, SlackWriter, Whisper
from bot.errors import StoreError
from bot.inbox import Delivery, Overtaken
from bot.message import FAREWELLS, Message, OneToOne, Person, Place, Shareable, Shared
from bot.retention import Retention

log = structlog.get_logger("slack")

# What may be said again: nobody answered, or the connection ended.
_SILENT = (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, TimeoutError, StoreError)
_STATUS_AFTER = 0.5  # seconds; a status that is over at once would only flicker
_CHANGES_HOME = frozenset({"account.link", "account.unlink"})


class Desk:
    """One method a kind of delivery. Each is given the workspace that it came from."""

    def __init__(
        self,
        host: Host,
        notices: Notices,
        people: People,
        sharing: Sharing,
        pace: Pace,
        *,
        retention: Retention,
        session: aiohttp.ClientSession,
        pause: Callable[[float], Awaitable[None]],
    ) -> None:
        self._host, self._notices, self._people, self._sharing = host, notices, people, sharing
        self._pace, self._retention, self._session, self._pause = pace, retention, session, pause

    async def answer(self, here: Workspace, incoming: Incoming, delivery: Delivery) -> None:
        """Answer a message, a command, a press, a shortcut or a form; what an earlier try has written, never again.

        Raises:
            Unreachable: Slack or the store gave no answer, so that nobody could be told: another try may.
        """
        try:
            await self._or_sorry(here, incoming, self._answer(here, incoming, delivery), again=not delivery.exhausted)
        except _SILENT as error:
            raise Unreachable(type(error).__name__) from None

    async def _or_sorry(
        self,
        here: Workspace,
        incoming: Incoming,
        job: Coroutine[Any, Any, None],
        notice: str = "not_taken",
        *,
        again: bool = False,
    ) -> None:
        """Where Slack does not take what is written: a line in the log, and one sentence where it takes that.

        With `again`, what got no answer at all in a chat that can be read is left to another try, which looks first.
        """
        try:
            await job
        except Overtaken:
            raise
        except Exception as error:
            if again and incoming.direct and incoming.response_url is None and isinstance(error, _SILENT):
                raise
            failed(error)
            if code_of(error) not in SHUT:
                await self._sorry(here, incoming, notice)

    async def _sorry(self, here: Workspace, incoming: Incoming, notice: str) -> None:
        with contextlib.suppress(SlackApiError, Unwritable, aiohttp.ClientResponseError):
            try:
                await self.say(here, incoming, notice)
            except (SlackApiError, Unwritable, aiohttp.ClientError, TimeoutError):
                if incoming.direct:
                    raise
                await self.say(here, replace(incoming, own_chat=True, response_url=None), notice)

    async def _answer(self, here: Workspace, incoming: Incoming, delivery: Delivery) -> None:
        person, directory_only = await here.person(incoming.user, incoming.team)
        await self._people.note(person)
        place = await self._place(here, incoming)
        if place is None:
            log.warning("no chat to answer in", channel="slack")
            return
        message = Message(
            incoming.key,
            person,
            place,
            incoming.text,
            press=incoming.press,
            command=incoming.command,
            directory_only=directory_only,
            form=incoming.form,
            delivery=delivery.key,
        )
        mark = Mark.of(delivery.key)
        if delivery.exhausted or delivery.maybe_written:
            stands = await self._stands(here, incoming, place, mark)
            if delivery.exhausted and not stands:
                await self.say(here, incoming, "interrupted")
            if delivery.exhausted or stands:
                return
        watched = _Watched(self._host)
        try:
            async with self._status(here, message):
                await deliver(self._writer(here, incoming, mark), watched, message, delivery.writing)
        finally:
            if watched.leaves and not (await self._host.home(person, "en", directory_only=directory_only))[1]:
                await self._people.leave(person)
        if watched.home_changed:
            await self.show_home(here, incoming.user, incoming.team)

    async def _stands(self, here: Workspace, incoming: Incoming, place: Place, mark: Mark) -> bool:
        """Whether an earlier try's answer stands there, or may: where it cannot be seen, its asker is told so (F52)."""
        if isinstance(place, OneToOne) and place.thread:
            return await cleared(here, place, mark) == "whole"
        await self.say(here, incoming, "interrupted")
        return True

    async def say(self, here: Workspace, incoming: Incoming, notice: str) -> None:
        """One sentence of the channel's own in reply: the wording changed, or an earlier answer was interrupted."""
        language = (await here.profile(incoming.user)).language
        person, _ = await here.person(incoming.user, incoming.team)
        place = await self._place(here, incoming)
        reply = Shareable(
            intent=notice, language=language, blocks=self._notices.blocks(notice, language), to_asker=True
        )
        writer = self._writer(here, incoming)
        if isinstance(place, OneToOne):
            await writer.post(place, reply, person)
        elif place is not None:
            await writer.share(place, reply, person)

    async def pass_on(self, here: Workspace, incoming: Incoming, response_url: str) -> None:
        """Share an answer where its asker got it, or send it to their own chat."""
        await self._or_sorry(here, incoming, self._pass_on(here, incoming, response_url))

    async def _pass_on(self, here: Workspace, incoming: Incoming, response_url: str) -> None:
        person, _ = await here.person(incoming.user, incoming.team)
        shown = await self._sharing.shown(incoming.press or "", person)
        whisper = self._whisper(here, response_url)
        if shown is None:
            language = (await here.profile(incoming.user)).language
            await whisper.respond(self._notices.page("share_over", language))
        elif incoming.action == SHARE:
            for page in self._sharing.public(shown, person):
                await whisper.respond(page, to_all=True)
        else:
            own = await here.chat(incoming.user)
            if own is not None:
                await self._plain_writer(here).post(own, shown, person)
            await whisper.point(Shared(incoming.channel), person, shown.language, own)

    async def open_form(self, here: Workspace, incoming: Incoming) -> None:
        """Open the form that a button or a shortcut names, while its trigger lives."""
        name = forms.name_of(incoming.action)
        if name is not None and incoming.trigger:
            await self._or_sorry(here, incoming, self._open(here, incoming, name), "form_late")

    async def _open(self, here: Workspace, incoming: Incoming, name: str) -> None:
        view = forms.form(name, self._notices, (await here.profile(incoming.user)).language)
        await here.client.views_open(trigger_id=incoming.trigger, view=view)

    async def show_home(self, here: Workspace, user: str, team: str) -> None:
        """Bring a person's Home up to date."""
        await home.publish(here, self._host, self._notices, user, team)

    async def suggest(self, here: Workspace, user: str, channel: str, thread: str | None = None) -> None:
        """Offer a person who opens the chat what they may ask."""
        language = (await here.profile(user)).language
        prompts = [{"title": title, "message": message} for title, message in PROMPTS[language]]
        await here.client.assistant_threads_setSuggestedPrompts(
            channel_id=channel, prompts=prompts, **({"thread_ts": thread} if thread else {})
        )

    async def push(self, here: Workspace, person: Person, reply: Answer) -> None:
        """Write in a person's own chat without being asked."""
        own = await here.chat(person.user)
        if own is not None:
            await self._plain_writer(here).post(own, reply, person)

    async def _place(self, here: Workspace, incoming: Incoming) -> Place | None:
        if incoming.own_chat:
            return await here.chat(incoming.user)
        direct = incoming.direct
        if incoming.maybe_direct:
            own = await here.chat(incoming.user)
            direct = own is not None and own.conversation == incoming.channel
        kind = OneToOne if direct else Shared
        return kind(incoming.channel, incoming.thread)

    def _writer(self, here: Workspace, incoming: Incoming, mark: Mark = UNMARKED) -> SlackWriter:
        if incoming.response_url is None:
            return SlackWriter(here, self._notices, self._pace, self._retention, mark)
        return self._whisper(here, incoming.response_url)

    def _plain_writer(self, here: Workspace) -> SlackWriter:
        return SlackWriter(here, self._notices, self._pace, self._retention)

    def _whisper(self, here: Workspace, response_url: str) -> Whisper:
        return Whisper(
            here,
            self._notices,
            self._pace,
            self._retention,
            sharing=self._sharing,
            session=self._session,
            response_url=response_url,
        )

    @contextlib.asynccontextmanager
    async def _status(self, here: Workspace, message: Message) -> AsyncIterator[None]:
        """Says that it is looked up, under the bot's name in the 1:1 chat, when the answer takes a moment."""
        if not isinstance(message.place, OneToOne) or not message.place.thread:
            yield
            return
        task = asyncio.create_task(self._say_status(here, message.place, message.person))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _say_status(self, here: Workspace, place: OneToOne, person: Person) -> None:
        await self._pause(_STATUS_AFTER)
        status = self._notices.labels("status", (await here.profile(person.user)).language)["status"]
        with contextlib.suppress(SlackApiError, aiohttp.ClientError, TimeoutError):
            await here.client.assistant_threads_setStatus(
                channel_id=place.conversation, thread_ts=place.thread, status=status
            )


class _Watched:
    """The host, with a look at whether an account was connected or its person asked to be forgotten meanwhile."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self.home_changed = self.leaves = False

    async def answer(self, message: Message) -> AsyncIterator[Answer]:
        """The host's replies."""
        async for reply in self._host.answer(message):
            self.home_changed = self.home_changed or reply.intent in _CHANGES_HOME
            self.leaves = self.leaves or reply.intent in FAREWELLS
            yield reply


def failed(error: Exception) -> None:
    """Log the kind of an error and Slack's code for it, never its text, which may quote a message."""
    reason = str(error) if isinstance(error, Unwritable) else code_of(error)
    log.error("failed", kind=type(error).__name__, reason=reason, channel="slack")
