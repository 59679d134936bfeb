"""Posts replies to Teams, as cards. The notification of a private answer is a neutral line (T26)."""

import contextlib

import httpx
import msgspec
from cachetools import TTLCache
from msgspec.structs import replace

from bot.channels.base import ShownAside, Unreachable, answer_aside
from bot.channels.teams.dialogs import Thumbs
from bot.channels.teams.incoming import address_of
from bot.channels.teams.people import Notices
from bot.channels.teams.sdk import FAILURES, PLAIN, Connector, Extras, NotShown
from bot.delivery.retention import Retention
from bot.errors import Unwritable, Unwritten
from bot.message import (
    FAREWELLS,
    Action,
    Actions,
    Answered,
    Language,
    OneToOne,
    Person,
    Place,
    Private,
    Shareable,
    Shared,
)
from bot.replies.cards import POP_UP, CardPage, only_seen, pages, renewing
from bot.replies.markdown import cut

_OPENED_BY = "?popup=teams"  # what tells our pages that a Teams client opened them


def with_pop_up(reply: Private, notices: Notices) -> Private:
    """Return a reply in which the button to sign in is replaced by two: one for a pop-up, one for the browser."""

    def ways(button: Action) -> tuple[Action, ...]:
        if button.id != "link" or not button.url:
            return (button,)
        pop_up = replace(button, id=POP_UP, url=f"{button.url}{_OPENED_BY}")
        return pop_up, replace(button, label=notices.text("by_browser", reply.language), primary=False)

    shown = (
        Actions(tuple(way for button in block.buttons for way in ways(button))) if isinstance(block, Actions) else block
        for block in reply.blocks
    )
    return replace(reply, blocks=tuple(shown))


SUMMARY = 200
SHARE = "share."
"""What the id of the button begins with that shares an answer, and no button of an answer."""


class Means(msgspec.Struct, frozen=True):
    """The objects that all writers of a bot share. `retention` records every message with a member's data.

    `chats` are people's 1:1 chats, cached for ten minutes.
    """

    connector: Connector
    notices: Notices
    retention: Retention
    thumbs: Thumbs
    aside: ShownAside
    chats: TTLCache[Person, OneToOne] = msgspec.field(default_factory=lambda: TTLCache(10_000, 600))


class TeamsWriter:
    """Posts replies in Teams chats and threads of one region, and pointers to the private chat.

    `reader` is the sender's id in this bot's conversations; "" if there is none. `is_aside`: the question was asked in
    a shared conversation, but only its sender can see it.
    """

    def __init__(self, means: Means, service_url: str, reader: str = "", *, is_aside: bool = False) -> None:
        self._means, self._notices, self._connector = means, means.notices, means.connector
        self._service_url, self._reader, self._is_aside = service_url, reader, is_aside
        self._sees_aside, self._pointed = True, False

    async def post(self, place: OneToOne, reply: Answered, person: Person) -> None:
        """Post a reply in the person's 1:1 chat."""
        shown = with_pop_up(reply, self._notices) if isinstance(reply, Private) else reply
        await self._write(place, shown, person)

    async def share(self, place: Shared, reply: Shareable, person: Person) -> None:
        """Post a reply in a channel's thread or a group chat.

        Only the asker sees the reply if only the asker saw the question or if the reply concerns nobody else. Where
        Teams cannot show a message to one person, the answer to a question that only its asker saw is posted in the
        private chat, and every other reply for all. An answer that only its asker sees has a button to share it.
        """
        if not self._reader or not (self._is_aside or reply.to_asker):
            await self._write(place, reply, person)
            return
        try:
            if self._sees_aside:
                shown = await self._offered(reply, person, place, "desk-share") if self._is_aside else reply
                for page in pages(shown):
                    await self._whisper(place, page)
        except FAILURES:
            self._sees_aside = False
        if not self._sees_aside:
            await self._share_otherwise(place, reply, person)

    async def _share_otherwise(self, place: Shared, reply: Shareable, person: Person) -> None:
        if not self._is_aside:
            await self._write(place, reply, person)
            return
        own = await self.private_place(person)
        shown = reply if own is None else await self._offered(reply, person, place, "desk-there")
        await answer_aside(self, place, own, shown, person=person, pointed=self._pointed)
        self._pointed = True

    async def _offered(self, reply: Shareable, person: Person, asked_in: Shared, label: str) -> Shareable:
        """Return an answer with a button that shares it in the conversation of the question.

        The button has the label with the name `label`. An answer that cannot be stored for sharing is returned
        unchanged.
        """
        key = await self._means.aside.keep(reply, person, asked_in)
        if key is None:
            return reply
        button = Action(f"{SHARE}{key}", self._notices.labels("desk", reply.language)[label])
        return replace(reply, blocks=(*reply.blocks, Actions((button,))))

    async def _whisper(self, place: Shared, page: CardPage) -> None:
        """Post a card that only the sender of the question sees."""
        summary = cut(page.text, SUMMARY)
        card, extras = only_seen(page.card), Extras(only=self._reader)
        await self._connector.show(self._service_url, address_of(place), card, summary, extras)

    async def private_place(self, person: Person) -> OneToOne | None:
        """Return the person's 1:1 chat with the bot; None if the person has not added the app."""
        if person not in self._means.chats:
            try:
                opened = await self._connector.chat(self._service_url, person.team, person.user)
            except FAILURES:
                return None
            self._means.chats[person] = OneToOne(opened)
        return self._means.chats[person]

    async def point(self, place: Shared, person: Person, language: Language, found: OneToOne | None) -> None:
        """Post one line with a link to the private chat. Only the asker sees the line if Teams supports it."""
        name, chat = "ask_aside" if found is None else "answered_aside", self._notices.chat(person.team)
        page = self._notices.page(name, language, {"chat": chat})
        if self._reader and self._sees_aside:
            with contextlib.suppress(*FAILURES):
                await self._whisper(place, page)
                return
        await self._connector.show(self._service_url, address_of(place), page.card, cut(page.text, SUMMARY))

    async def _write(self, place: Place, reply: Answered, person: Person) -> None:
        told = pages(reply)
        for at, page in enumerate(told, start=1):
            await self._write_page(place, reply, person, page, last=at == len(told))

    async def _write_page(self, place: Place, reply: Answered, person: Person, page: CardPage, *, last: bool) -> None:
        shown = not isinstance(reply, Private) or await reply.may_show()
        if not shown:
            page = self._notices.page("withdrawn", reply.language)  # disconnected while it was on its way (T53)
        summary = (
            self._notices.text("answer_ready", reply.language)
            if isinstance(reply, Private)
            else cut(page.text, SUMMARY)
        )
        card, extras = page.card, self._extras(place, reply, rates=last) if shown else PLAIN
        if isinstance(place, OneToOne) and self._reader and reply.renewal:
            card = renewing(card, reply.renewal.id, self._reader)
        try:
            sent = await self._connector.show(self._service_url, address_of(place), card, summary, extras)
        except FAILURES as error:
            await self._tell(place, error, reply.language)
            raise error if isinstance(error, Unwritten) else Unwritten(type(error).__name__) from None
        if isinstance(reply, Private) and isinstance(place, OneToOne) and reply.intent not in FAREWELLS:
            await self._means.retention.note(person, place, sent, self._service_url)
        if extras.rates and isinstance(place, OneToOne) and reply.rating:
            await self._means.thumbs.note(person, place, sent, reply.rating)

    def _extras(self, place: Place, reply: Answered, *, rates: bool) -> Extras:
        """Return a card's additions: a sensitivity label for a member's data, and thumbs if the answer can be rated.

        There are none outside of the person's own chat.
        """
        if not isinstance(place, OneToOne):
            return PLAIN
        ours = isinstance(reply, Private) and reply.intent not in FAREWELLS
        label = self._notices.label(reply.language) if ours else None
        return Extras(label=label, rates=rates and reply.rating is not None)

    async def _tell(self, place: Place, error: Exception, language: Language) -> None:
        """Post one sentence that says that a reply could not be posted.

        Nothing is posted if the bot may not write in the conversation.

        Raises:
            Unreachable: Teams gave no response to this post either.
        """
        if isinstance(error, Unwritable):
            return
        said = self._notices.text("not_shown" if isinstance(error, NotShown) else "interrupted", language)
        try:
            await self._connector.say(self._service_url, address_of(place), said)
        except httpx.TransportError as silence:
            raise Unreachable(type(silence).__name__) from None
        except FAILURES:
            return
