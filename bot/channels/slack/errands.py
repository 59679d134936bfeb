"""What is neither a question nor its answer: share or send on, open a form, keep Home true, offer what may be asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from bot.channels.base import Unreachable
from bot.channels.slack.again import DeliveryMark
from bot.channels.slack.answers import Job, SlackController
from bot.channels.slack.forms import Modals
from bot.channels.slack.incoming import Incoming
from bot.channels.slack.notices import Notices
from bot.channels.slack.people import Ending
from bot.channels.slack.sharing import SHARE, Sharing
from bot.channels.slack.workspace import WhoUnknown, Workspace
from bot.delivery.inbox import Delivery
from bot.message import OneToOne, Shared

_MOST_PROMPTS = 4  # Slack takes no more

ErrandKind = Literal["answer", "edited", "pass_on", "form", "home", "prompts"]


class StoredErrand(msgspec.Struct, frozen=True, omit_defaults=True):
    """A delivery as it lies in the inbox, with the installation that it came from."""

    enterprise: str
    team: str
    incoming: Incoming | None = None
    kind: ErrandKind = "answer"
    ending: Ending | None = None


class Errands:
    """Does whatever was kept of a delivery, by its kind."""

    def __init__(self, desk: SlackController, notices: Notices, sharing: Sharing, modals: Modals) -> None:
        self._desk, self._notices, self._sharing, self._modals = desk, notices, sharing, modals
        self._jobs: Mapping[ErrandKind, Job] = {
            "answer": desk.answer,
            "edited": self._edited,
            "pass_on": self._pass_on,
            "form": self._form,
            "home": desk.show_home,
            "prompts": self._suggest,
        }

    async def do(self, here: Workspace, kind: ErrandKind, incoming: Incoming, delivery: Delivery) -> None:
        """Do it, or tell its asker that it is not done. A page that nobody waits for is left as it is.

        Raises:
            Unreachable: another try may.
        """
        if kind in {"home", "prompts"}:
            if not delivery.exhausted:
                await self._jobs[kind](here, incoming, delivery)
        else:
            notice = "form_late" if kind == "form" else "not_taken"
            await self._desk.work(here, incoming, delivery, self._jobs[kind], notice)

    async def _edited(self, here: Workspace, incoming: Incoming, delivery: Delivery) -> None:
        """Tell once how to ask anew: an answer is not changed behind who reads it."""
        place = OneToOne(incoming.channel, incoming.thread)
        if not await self._desk.stands(here, incoming, place, delivery):
            await delivery.writing(findable=True)
            await self._desk.say(here, incoming, "edited", DeliveryMark.of(delivery.key))

    async def _pass_on(self, here: Workspace, incoming: Incoming, delivery: Delivery) -> None:
        """Share an answer where its asker got it, or send it to their own chat."""
        person, _ = await here.person(incoming.user, incoming.team)
        own = None if incoming.action == SHARE else await here.chat(incoming.user)
        if await self._desk.stands(here, incoming, own or Shared(incoming.channel), delivery):
            return
        shown = await self._sharing.shown(incoming.press or "", person)
        whisper = self._desk.whisper(here, incoming, DeliveryMark.of(delivery.key))
        if shown is None:
            await whisper.respond(self._notices.page("share_over", await here.language(incoming.user)))
        elif incoming.action == SHARE:
            await delivery.writing()
            for page in self._sharing.public(shown, person):
                await whisper.respond(page, to_all=True)
        else:
            await delivery.writing(findable=own is not None)
            if own is not None:
                await whisper.post(own, shown, person)
            await whisper.point(Shared(incoming.channel), person, shown.language, own)

    async def _form(self, here: Workspace, incoming: Incoming, delivery: Delivery) -> None:
        """Open the form that a button or a shortcut names, while its trigger lives: three seconds."""
        if delivery.tries > 1:
            notice = "interrupted" if delivery.maybe_written else "form_late"
            await self._desk.say(here, incoming, notice, DeliveryMark.of(delivery.key))
            return
        name = self._modals.name_of(incoming.action)
        if name is not None and incoming.trigger:
            try:
                person, directory_only = await here.person(incoming.user, incoming.team)
            except (Unreachable, WhoUnknown):  # a form asks nothing of a member by itself, so it opens all the same
                person, directory_only = here.somebody(incoming.user, incoming.team), True
            language = await here.language(incoming.user)
            # Others who look on in a channel must not learn from the form whether its opener has an account.
            own = incoming.own_chat or incoming.direct
            view = await self._modals.view(name, person if own and not directory_only else None, language)
            await delivery.writing()
            await here.client.views_open(trigger_id=incoming.trigger, view=view)

    async def _suggest(self, here: Workspace, incoming: Incoming, _: Delivery) -> None:
        """Offer a person who opens the chat what they may ask."""
        language = await here.language(incoming.user)
        offered = self._modals.prompts[:_MOST_PROMPTS]
        prompts = [{"title": one.title[language], "message": one.says[language]} for one in offered]
        thread = {"thread_ts": incoming.thread} if incoming.thread else {}
        await here.client.assistant_threads_setSuggestedPrompts(channel_id=incoming.channel, prompts=prompts, **thread)
