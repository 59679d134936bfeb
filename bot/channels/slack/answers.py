"""Answers Slack's deliveries after the acknowledgement, or tells the person that there is no answer.

A try ends in one of three ways: the answer is posted, the person is told that there is none, or `Unreachable` returns
the delivery to the inbox.
"""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import aiohttp
import structlog
from cachetools import TTLCache
from msgspec.structs import replace
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError

from bot.channels.base import Pause, Unreachable, beside, deliver, say
from bot.channels.slack.client import SHUT, code_of
from bot.channels.slack.incoming import Incoming
from bot.channels.slack.views import Modals, form_button, with_forms
from bot.channels.slack.workspace import DeliveryMark, WhoUnknown, Workspace, clear_part
from bot.channels.slack.writer import HELD_UP, QUIET, UNMARKED, EphemeralWriter, Means, SlackWriter, send_page
from bot.conversation.turn import Turn
from bot.delivery.inbox import KEPT, Delivery
from bot.errors import StoreError, Unwritable, Unwritten
from bot.message import FAREWELLS, OneToOne, Person, Place, Private, Shareable, Shared
from bot.stores.base import Superseded

if TYPE_CHECKING:
    from bot.channels.slack.errands import People
    from bot.channels.slack.installations import Workspaces

log = structlog.get_logger("slack")

# What another try may mend.
PASSING = (Unreachable, StoreError)
_TELLS_AT = 2  # the try at whose failure a person reads that their answer takes longer
_SKEW = 60.0  # seconds by which Slack's clock and this one may differ
_STATUS_AFTER = 0.5  # seconds; a status that is over at once would only flicker
_MOST_WAITING = 10_000
_CHANGES_HOME = frozenset({"account.link", "account.unlink"})

_UNREADABLE = (LookupError, TypeError, AttributeError, ValueError)

ErrandWork = Callable[[Workspace, Incoming, Delivery], Awaitable[None]]


class SlackController:
    """Answers deliveries, given the workspace that they came from, and sends messages to people of `workspaces`."""

    def __init__(  # noqa: PLR0917 -- the channel's front hands over what it made
        self, turn: Turn, means: Means, people: People, modals: Modals, workspaces: Workspaces, pause: Pause
    ) -> None:
        self._turn, self.means, self.notices, self.people, self.modals = turn, means, means.notices, people, modals
        self.workspaces, self._pause = workspaces, pause
        # Who was told that they are next: their answer takes that line's place.
        self._next: TTLCache[str, SlackWriter] = TTLCache(_MOST_WAITING, KEPT)

    async def work(self, here: Workspace, incoming: Incoming, delivery: Delivery, job: ErrandWork, notice: str) -> None:
        """Do `job` for a delivery. If Slack refuses a post of it, log that and send the asker the sentence `notice`.

        With `notice` "" nothing is sent.

        Raises:
            Unreachable: a later try may succeed. Nothing was posted, or only what a later try can find in the chat.
        """
        # Where posts may exist: nowhere (None), only where they can be found (True), or elsewhere too (False).
        found = delivery.findable if delivery.maybe_written else None
        record = delivery.writing

        async def writing(*, findable: bool = False) -> None:
            nonlocal found
            await record(findable=findable)
            found = findable and found is not False

        delivery = replace(delivery, writing=writing)
        try:
            await job(here, incoming, delivery)
        except Superseded:
            raise
        except PASSING as error:
            if found is False:
                failed(error)
                await self._sorry(here, incoming, delivery, notice)
                return
            if found is None and incoming.direct and delivery.tries == _TELLS_AT:
                await delivery.writing(findable=True)
                # The try that succeeds deletes this line.
                with contextlib.suppress(*PASSING, SlackApiError, Unwritable):
                    await self.say(here, incoming, "held_up", DeliveryMark.of(delivery.key), final=False)
            raise Unreachable(str(error) if isinstance(error, Unreachable) else type(error).__name__) from None
        except Exception as error:  # noqa: BLE001 -- whatever it is, the person reads a sentence and nobody a trace
            failed(error)
            notice = notice and ("who_unknown" if isinstance(error, WhoUnknown) else notice)
            if notice and code_of(error) not in SHUT:
                if found is None:
                    await writing(findable=incoming.direct)
                await self._sorry(here, incoming, delivery, notice)

    async def _sorry(self, here: Workspace, incoming: Incoming, delivery: Delivery, notice: str) -> None:
        """Post one sentence where the question was asked, or else in the 1:1 chat.

        If Slack refuses both, nothing is posted and no exception is raised.

        Raises:
            Unreachable: Slack does not respond.
        """
        mark = DeliveryMark.of(delivery.key)
        with contextlib.suppress(SlackApiError, Unwritable, aiohttp.ClientResponseError):
            try:
                await self.say(here, incoming, notice, mark)
            except (SlackApiError, Unwritable, Unreachable, aiohttp.ClientError, TimeoutError):
                if incoming.direct:
                    raise
                await self.say(here, replace(incoming, own_chat=True, response_url=None), notice, mark)

    async def answer(self, here: Workspace, incoming: Incoming, delivery: Delivery) -> None:
        """Answer a message, command, button press, shortcut or form. Posts of an earlier try are not repeated."""
        person, directory_only = await here.person(incoming.user, incoming.team)
        await self.people.note(person)
        place = await self._place(here, incoming)
        if place is None:
            log.warning("no chat to answer in", channel="slack")
            return
        message = incoming.message(
            *(incoming.key, person, place),
            directory_only=directory_only,
            delivery=delivery.key,
            unnamed=directory_only and (await here.profile(incoming.user)).unnamed,
            language=await here.language(incoming.user) if incoming.form else None,
        )
        writer = self._next.pop(delivery.key, None) if delivery.tries == 1 else None
        if writer is None and await self.is_answered(here, incoming, place, delivery):
            await self._home_again(here, incoming)
            return
        intents: set[str] = set()
        try:
            writer = writer or self._writer(here, incoming, DeliveryMark.of(delivery.key))
            writer.mine = delivery.mine
            async with beside(self._say_status(writer, here, place, person)):
                await deliver(writer, self._turn, message, delivery.writing, intents)
        finally:
            if (
                not intents.isdisjoint(FAREWELLS)
                and not (await self._turn.home(person, "en", directory_only=directory_only))[1]
            ):
                await self.people.leave(person)
        if not intents.isdisjoint(_CHANGES_HOME):
            await self._home_again(here, incoming)

    async def soothe(self, here: Workspace, incoming: Incoming, delivery: Delivery) -> None:
        """Tell a person in their 1:1 chat that their previous question is still being answered.

        In other conversations nothing is posted.
        """
        if not incoming.direct:
            return
        note = self.notices.notice(HELD_UP, await here.language(incoming.user), final=False, passing=True)
        writer, place = (
            self._writer(here, incoming, DeliveryMark.of(delivery.key)),
            OneToOne(incoming.channel, incoming.thread),
        )
        await delivery.writing(findable=True)
        await writer.post(place, note, here.somebody(incoming.user, incoming.team))
        self._next[delivery.key] = writer

    async def is_answered(self, here: Workspace, incoming: Incoming, place: Place, delivery: Delivery) -> bool:
        """Return whether nothing more has to be posted for a delivery that an earlier try may have answered.

        The result is True if the whole answer is in the chat. If the chat cannot be read or no try is left, the asker
        is told that an answer may be missing (F52), and the result is True too. Otherwise an incomplete answer is
        deleted, and the result is False.
        """
        if not (delivery.exhausted or delivery.maybe_written):
            return False
        own = place if isinstance(place, OneToOne) else None
        if own is None and delivery.maybe_written and delivery.findable:
            own = await here.chat(incoming.user)
        whole, mark = False, DeliveryMark.of(delivery.key)
        if own is not None:
            since = incoming.at or f"{max(0.0, delivery.since - _SKEW):.6f}"
            whole = await clear_part(here, own, mark, since)
        if whole or (own is not None and not delivery.exhausted):
            return whole
        await self.say(here, incoming, "interrupted", mark)
        return True

    async def say(
        self, here: Workspace, incoming: Incoming, notice: str, mark: DeliveryMark = UNMARKED, *, final: bool = True
    ) -> None:
        """Reply with one of the channel's own sentences, named by `notice`, without looking up the person in Slack."""
        language, place = await here.language(incoming.user), await self._place(here, incoming)
        if place is not None:
            reply = self.notices.notice(notice, language, to_asker=True, final=final)
            await say(self._writer(here, incoming, mark), place, reply, here.somebody(incoming.user, incoming.team))

    async def show_home(self, here: Workspace, incoming: Incoming, _: Delivery | None = None) -> None:
        """Replace a person's Home tab by a current one.

        Raises:
            SlackApiError: Slack rejects it, except if the app has no Home.
            Unreachable: Slack does not respond.
        """
        person, directory_only = await here.person(incoming.user, incoming.team)
        language = (await here.profile(incoming.user)).language
        page, linked = await self._turn.home(person, language, directory_only=directory_only)
        labels = self.notices.labels("home_buttons", language)
        forms = [form_button(name, labels[name]) for name in self.modals.offered("" if directory_only else linked)]
        view = {"type": "home", "blocks": with_forms(self.notices.pages(page)[0].blocks, forms)}
        try:
            await here.client.views_publish(user_id=incoming.user, view=view)
        except SlackApiError as error:
            if code_of(error) != "not_enabled":
                raise

    async def _home_again(self, here: Workspace, incoming: Incoming) -> None:
        """Update a person's Home tab after an answer.

        A failure is only logged, because Home is also updated whenever the person opens it.
        """
        try:
            await self.show_home(here, incoming)
        except (*PASSING, SlackApiError, WhoUnknown) as error:
            failed(error)

    async def push(self, person: Person, reply: Private) -> None:
        """Send a message to a person in their 1:1 chat without a question, for example after a failed sign-in.

        Raises:
            Unwritable: there is no such chat, or Slack rejected the message.
            Unreachable: Slack does not respond.
            Superseded: another process has taken the message over.
        """
        here = await self.workspaces.of(person.enterprise, person.team)
        own = None if here is None else await here.chat(person.user)
        if here is None or own is None:
            raise Unwritable("no chat")
        mark = DeliveryMark.of(reply.mark) if reply.mark else UNMARKED
        writer = SlackWriter(self.means, here, mark)
        writer.mine = reply.mine
        if not await reply.mine():
            raise Superseded
        try:
            await writer.post(own, reply, person)
        except SlackApiError as error:
            raise Unwritable(code_of(error)) from None

    async def hand_over(self, channel: str, reply: Shareable, person: Person) -> None:
        """Post a person's question in a help desk's channel, with a link to their profile if they use Slack.

        Raises:
            Unwritten: Slack rejected it.
            Unreachable: it is unknown whether it was posted.
        """
        page = self.notices.pages(reply)[0]
        if person.platform == "slack":
            asker = {"type": "context", "elements": [{"type": "mrkdwn", "text": f"<@{person.user}>"}]}
            page = page.changed(lambda kits: (*kits, asker))
        try:
            await send_page(self.means.client.chat_postMessage, page, channel=channel, **QUIET)
        except SlackApiError as error:
            raise Unwritten(code_of(error)) from None

    async def pushed(self, person: Person, name: str, since: float) -> bool | None:
        """Return whether the message with the mark `name`, posted since a Unix time, is complete in the person's chat.

        An incomplete message is deleted. None if the chat cannot be read.

        Raises:
            Unreachable: Slack does not respond.
        """
        here = await self.workspaces.of(person.enterprise, person.team)
        own = None if here is None else await here.chat(person.user)
        if here is None or own is None:
            return False
        try:
            return await clear_part(here, own, DeliveryMark.of(name), f"{since - _SKEW:.6f}")
        except SlackApiError:
            return None

    async def _place(self, here: Workspace, incoming: Incoming) -> Place | None:
        if incoming.own_chat:
            return await here.chat(incoming.user)
        direct = incoming.direct
        if incoming.maybe_direct:
            own = await here.chat(incoming.user)
            direct = own is not None and own.conversation == incoming.channel
        kind = OneToOne if direct else Shared
        return kind(incoming.channel, incoming.thread)

    def _writer(self, here: Workspace, incoming: Incoming, mark: DeliveryMark) -> SlackWriter:
        if incoming.response_url is None:
            return SlackWriter(self.means, here, mark)
        return EphemeralWriter(self.means, here, incoming.response_url, mark)

    async def _say_status(self, writer: SlackWriter, here: Workspace, place: Place, person: Person) -> None:
        """Show Slack's status that an answer is being made, in a thread of the 1:1 chat, after half a second."""
        if isinstance(place, OneToOne) and place.thread:
            await self._pause(_STATUS_AFTER)
            await writer.show_status(place, await here.language(person.user))


async def on_error(error: Exception) -> BoltResponse:
    """Return the response that bolt sends to Slack after a listener failed."""
    return BoltResponse(status=status_after(error))


def status_after(error: Exception) -> int:
    """Log an exception, and return the HTTP status for Slack.

    The status is 503, so that Slack delivers again, or 200 for an unreadable delivery, which would fail again.
    """
    failed(error)
    return 200 if isinstance(error, _UNREADABLE) else 503


def failed(error: Exception) -> None:
    """Log the class of an exception and Slack's error code, never its text, which may contain a message."""
    reason = str(error) if isinstance(error, Unwritable | Unreachable | WhoUnknown) else code_of(error)
    log.error("failed", kind=type(error).__name__, reason=reason, channel="slack")
