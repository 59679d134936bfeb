"""Dialogs that the message box and a message's menu open: the pack's forms, and "Ask about this message".

They open in any chat, also in one that the bot is no part of, so their answers go to the person's own chat with it.
A form that asks about a member's record opens in that chat only.
"""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.channels.offered import ASK
from bot.channels.offered import FORM as COMMAND
from bot.channels.requests import Body
from bot.channels.teams.form_cards import FORM, form_card
from bot.channels.teams.incoming import LONGEST, Incoming, language_of, said, word
from bot.channels.teams.notices import Notices
from bot.channels.teams.people import People
from bot.channels.teams.ratings import Dialog, KeepIncoming, told
from bot.conversation.forms import Forms, KnownNetworks, option_of
from bot.language.offers import Offered
from bot.message import Language, OneToOne, Person
from bot.replies.cards import TYPE

_SECONDS = 3.0  # Teams waits five
_LONGEST_FIELD, _WIDTH = 200, "small"
_MARKUP = re.compile(r"<[^<>]*>")

OwnChat = Callable[[Incoming, Person], Awaitable[OneToOne | None]]


class Dialogs:
    """Opens dialogs and takes what they send. `own_chat` is a person's chat with the bot, `keep` has it answered."""

    def __init__(
        self,
        forms: Forms,
        people: People,
        notices: Notices,
        *,
        own_chat: OwnChat,
        keep: KeepIncoming,
        now: Callable[[], datetime],
    ) -> None:
        self._forms, self._people, self._notices = forms, people, notices
        self._own_chat, self._keep, self._now = own_chat, keep, now

    async def open(self, body: Body) -> Dialog:
        """What a client shows for a command: a form, or where the answer about a message will be."""
        language, command = language_of(body), word(body, "value", "commandId")
        if command == ASK:
            incoming = said(body, quoted_text(body))
            return await self._take(incoming and replace(incoming, quoted=True), language)
        offered = self._offered(command)
        incoming = said(body, "")
        if offered is None or incoming is None:
            return told(self._notices.old_button(language))
        if offered.linked and not incoming.personal:
            return told(self._notices.only_there(language))
        person, directory_only = await self._people.person(incoming)
        known = await self._forms.known(offered.form.name, None if directory_only else person)
        typed = {offered.form.own: known.own} if offered.form.own and known.own else {}
        return self._form(offered, language, typed, {}, known)

    async def take(self, body: Body) -> Dialog:
        """A form that was sent: asked in the person's own chat, or shown again with what is wrong at each field."""
        language = language_of(body)
        offered = self._offered(word(body, "value", "commandId"))
        data = body["value"].get("data") if isinstance(body.get("value"), Mapping) else None
        if offered is None or not isinstance(data, Mapping) or data.get(FORM) != offered.form.name:
            return told(self._notices.old_button(language))
        typed = fields_in(data, offered)
        options = {key: option_of(key, values) for key, values in typed.items()}
        faults = self._forms.faults(offered.form.name, options, self._now().date())
        if faults:
            labels = self._notices.labels(f"form_{offered.form.name}", language)
            wrong = {key: labels.get(f"{fault}:{key}", labels["unread"]) for key, fault in faults.items()}
            return self._form(offered, language, typed, wrong, await self._forms.known(offered.form.name, None))
        incoming = said(body, " ".join(options.values()))
        if incoming is not None and offered.linked and not incoming.personal:
            return told(self._notices.only_there(language))
        return await self._take(incoming and replace(incoming, form=offered.intent), language)

    def _offered(self, command: str) -> Offered | None:
        offered = self._forms.offers.forms.get(command.removeprefix(COMMAND)) if command.startswith(COMMAND) else None
        return None if offered is None or offered.form.linked else offered

    def _form(
        self,
        offered: Offered,
        language: Language,
        typed: Mapping[str, Sequence[str]],
        faults: Mapping[str, str],
        known: KnownNetworks,
    ) -> Dialog:
        labels = self._notices.labels(f"form_{offered.form.name}", language)
        card = {"contentType": TYPE, "content": form_card(offered.form, labels, language, typed, faults, known=known)}
        height = "large" if len(offered.form.fields) > 5 else "medium"  # noqa: PLR2004 -- more do not fit
        value = {"title": labels["title"], "width": _WIDTH, "height": height, "card": card}
        return {"task": {"type": "continue", "value": value}}

    async def _take(self, incoming: Incoming | None, language: Language) -> Dialog:
        """Have it answered in the person's own chat, and say that; or say that there is none."""
        if incoming is None or not incoming.text:
            return told(self._notices.old_button(language))
        if not incoming.personal:
            person = Person("teams", "", incoming.tenant, incoming.user)
            try:
                async with asyncio.timeout(_SECONDS):
                    own = await self._own_chat(incoming, person)
            except TimeoutError:
                own = None
            if own is None:
                return told(self._notices.no_chat(language))
            incoming = replace(incoming, conversation=own.conversation, personal=True)
        await self._keep(incoming)
        return told(self._notices.in_our_chat(language))


def quoted_text(body: Body) -> str:
    """The words of the message that a person chose in its menu, without its markup; empty when there are none."""
    content = word(body, "value", "messagePayload", "body", "content")[: 4 * LONGEST]
    return " ".join(html.unescape(_MARKUP.sub(" ", content)).split())[:LONGEST]


def fields_in(data: Mapping[str, Any], offered: Offered) -> dict[str, tuple[str, ...]]:
    """The values of a sent form by its fields; anything that is no text, or no field of it, is left out."""
    found: dict[str, tuple[str, ...]] = {}
    for key in offered.form.fields:
        value = data.get(key)
        if not isinstance(value, str):
            continue
        parts = value.split(",") if key in offered.form.several else [value]
        kept = tuple(part.strip()[:_LONGEST_FIELD] for part in parts if part.strip())
        if kept:
            found[key] = kept
    return found
