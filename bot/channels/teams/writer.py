"""Replies out to Teams, as cards. No notification holds a private answer: its summary is a neutral line (T26)."""

from __future__ import annotations

import httpx
from cachetools import TTLCache

from bot.channels.base import Unreachable, Unwritable, Unwritten
from bot.channels.teams.connector import FAILURES, Connector, NotShown
from bot.channels.teams.incoming import address_of
from bot.channels.teams.notices import Notices
from bot.channels.teams.popup import with_pop_up
from bot.delivery.retention import Retention
from bot.message import FAREWELLS, Answered, Language, OneToOne, Person, Place, Private, Shareable, Shared
from bot.replies.cards import pages, renewing
from bot.replies.text import cut

_SUMMARY = 200

Chats = TTLCache[Person, OneToOne]


def chats() -> Chats:
    """An empty memory of who chats where: it is only asked again what is missing."""
    return TTLCache(10_000, 600)


class TeamsWriter:
    """The Teams channel for one region: posts in chats and threads, and points to the private chat.

    `retention` hears of every message that holds a member's data. `reader` is who reads the private chat, as this bot's
    conversations call them; empty when nobody wrote.
    """

    def __init__(  # noqa: PLR0917 -- one for each message, made in one place
        self,
        connector: Connector,
        notices: Notices,
        chats: Chats,
        service_url: str,
        retention: Retention,
        reader: str = "",
    ) -> None:
        self._connector, self._notices, self._chats, self._service_url = connector, notices, chats, service_url
        self._retention, self._reader = retention, reader

    async def post(self, place: OneToOne, reply: Answered, person: Person) -> None:
        """Write in the person's own chat."""
        shown = with_pop_up(reply, self._notices) if isinstance(reply, Private) else reply
        await self._write(place, shown, person)

    async def share(self, place: Shared, reply: Shareable, person: Person) -> None:
        """Write in the thread of a channel, or in a group chat."""
        await self._write(place, reply, person)

    async def private_place(self, person: Person) -> OneToOne | None:
        """The person's chat with the bot; None when they have not added the app."""
        if person not in self._chats:
            try:
                opened = await self._connector.chat(self._service_url, person.team, person.user)
            except FAILURES:
                return None
            self._chats[person] = OneToOne(opened)
        return self._chats[person]

    async def point(self, place: Shared, person: Person, language: Language, found: OneToOne | None) -> None:
        """One line with the way to the private chat. All may read it: it says nothing but that."""
        say = self._notices.unwritable if found is None else self._notices.aside
        page = say(language, person.team)
        await self._connector.show(self._service_url, address_of(place), page.card, cut(page.text, _SUMMARY))

    async def _write(self, place: Place, reply: Answered, person: Person) -> None:
        for told in pages(reply):
            page = told
            if isinstance(reply, Private) and not await reply.stands():
                page = self._notices.withdrawn(reply.language)  # disconnected while it was on its way (T53)
            summary = self._notices.ready(reply.language) if isinstance(reply, Private) else cut(page.text, _SUMMARY)
            card = page.card
            if isinstance(place, OneToOne) and self._reader and reply.renewal:
                card = renewing(card, reply.renewal.id, self._reader)
            try:
                sent = await self._connector.show(self._service_url, address_of(place), card, summary)
            except FAILURES as error:
                await self._tell(place, error, reply.language)
                raise error if isinstance(error, Unwritten) else Unwritten(type(error).__name__) from None
            if isinstance(reply, Private) and isinstance(place, OneToOne) and reply.intent not in FAREWELLS:
                await self._retention.note(person, place, sent, self._service_url)

    async def _tell(self, place: Place, error: Exception, language: Language) -> None:
        """One sentence in place of what could not be written, as far as anything can be written there.

        Raises:
            Unreachable: Teams gave no answer either.
        """
        if isinstance(error, Unwritable):
            return
        said = self._notices.not_shown if isinstance(error, NotShown) else self._notices.cut_off
        try:
            await self._connector.say(self._service_url, address_of(place), said(language))
        except httpx.TransportError as silence:
            raise Unreachable(type(silence).__name__) from None
        except FAILURES:
            return
