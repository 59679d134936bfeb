"""Dialogs that the message box and a message's menu open: the pack's forms, and "Ask about this message".

They open in any chat, also in one that the bot is no part of, so their answers go to the person's own chat with it.
A form that asks about a member's record opens in that chat only.
"""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.channels.offered import ASK
from bot.channels.offered import FORM as COMMAND
from bot.channels.requests import Body
from bot.channels.teams.incoming import LONGEST, Incoming, language_of, said, word
from bot.channels.teams.notices import Notices
from bot.channels.teams.people import People
from bot.channels.teams.ratings import Dialog, KeepIncoming, told
from bot.conversation.forms import NOTHING, Forms, KnownNetworks, choices_of, option_of
from bot.language.offers import Form, Offered
from bot.message import Language, OneToOne, Person
from bot.replies.cards import TYPE, AdaptiveCard
from bot.replies.markdown import cut

FORM = "form"
"""What the data of a sent form holds beside its fields: the form's name."""
_LABEL, _CHOICE, _LINE = 200, 100, 200
Choices = Sequence[tuple[str, str]]
_MORE = "more"
_NOTHING = ("", "\u2013")  # a choice that was made can be taken back


def form_card(
    form: Form,
    labels: Mapping[str, str],
    language: Language,
    typed: Mapping[str, Sequence[str]],
    faults: Mapping[str, str],
    *,
    known: KnownNetworks = NOTHING,
) -> AdaptiveCard:
    """A form to fill in. `typed` are the values that its fields start with, `faults` what is said below a field.

    `known` are the networks of the form's own field.
    """
    said = [_text(labels["about"])] if "about" in labels else []
    seen = form.first or form.fields
    choices = {key: list(choices_of(key, labels, known if key == form.own else NOTHING)) for key in form.fields}
    asked = {
        key: list(_field(form, key, labels, choices[key], typed.get(key, ()), faults.get(key))) for key in form.fields
    }
    hidden = [key for key in form.fields if key not in seen]
    more = _more(labels, [one for key in hidden for one in asked[key]]) if hidden else []
    if hidden and (typed.keys() - {form.own} | faults.keys()) & set(hidden):
        more[1] |= {"isVisible": True}
    fields = [*(one for key in seen for one in asked[key]), *more]
    return {
        "type": "AdaptiveCard",
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "version": "1.5",
        "lang": language,
        "fallbackText": labels["title"],
        "body": [*said, *fields],
        "actions": [
            {"type": "Action.Submit", "title": labels["submit"], "style": "positive", "data": {FORM: form.name}}
        ],
    }


def _more(labels: Mapping[str, str], fields: list[AdaptiveCard]) -> list[AdaptiveCard]:
    """A button that shows the other fields and hides them again, and these."""
    shows = {"type": "Action.ToggleVisibility", "title": labels["more"], "targetElements": [_MORE]}
    return [
        {"type": "ActionSet", "actions": [shows]},
        {"type": "Container", "id": _MORE, "isVisible": False, "items": fields},
    ]


def _field(  # noqa: PLR0917 -- what a field is made of
    form: Form, key: str, labels: Mapping[str, str], listed: Choices, typed: Sequence[str], fault: str | None
) -> Iterator[AdaptiveCard]:
    """One field. A star says what has to be filled in; of fields of which one is enough, at the one seen first."""
    star = " *" if key in form.asked_first and key not in form.required else ""
    asked: AdaptiveCard = {"id": key, "label": cut(labels[key], _LABEL) + star, **_input(form, key, listed, typed)}
    if key in form.required:
        asked |= {"isRequired": True, "errorMessage": labels.get(f"missing:{key}", labels["unread"])}
    yield asked
    if hint := labels.get(f"hint:{key}"):
        yield {**_text(hint), "size": "Small", "isSubtle": True, "spacing": "None"}
    if fault:
        yield {**_text(fault), "color": "Attention", "spacing": "Small"}


def _input(form: Form, key: str, known: Choices, typed: Sequence[str]) -> AdaptiveCard:
    """A choice where its values are known, a switch for a single one, a day for a date, else a line."""
    choices = [(cut(value, _LINE), cut(label, _CHOICE)) for value, label in known]
    started = {value.casefold() for value in typed}
    if len(choices) == 1 and key not in form.several:
        value, label = choices[0]
        shown = value if value.casefold() in started else ""
        return {"type": "Input.Toggle", "title": label, "valueOn": value, "valueOff": "", "value": shown}
    if choices:
        one_of = choices if key in form.several or key in form.required else [_NOTHING, *choices]
        chosen = ",".join(value for value, _ in choices if value.casefold() in started)
        listed = [{"title": label, "value": value} for value, label in one_of]
        many = {"isMultiSelect": True} if key in form.several else {"style": "compact"}
        return {"type": "Input.ChoiceSet", "choices": listed, **many, **({"value": chosen} if chosen else {})}
    kept = {"value": typed[0]} if typed else {}
    if key in form.days:
        return {"type": "Input.Date", **kept}
    return {"type": "Input.Text", "maxLength": _LINE, **kept}


def _text(text: str) -> AdaptiveCard:
    return {"type": "TextBlock", "text": text, "wrap": True}


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
            return told(self._notices.text("old_button", language))
        if offered.linked and not incoming.personal:
            return told(self._notices.text("only_there", language))
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
            return told(self._notices.text("old_button", language))
        typed = fields_in(data, offered)
        options = {key: option_of(key, values) for key, values in typed.items()}
        faults = self._forms.faults(offered.form.name, options, self._now().date())
        if faults:
            labels = self._notices.labels(f"form_{offered.form.name}", language)
            wrong = {key: labels.get(f"{fault}:{key}", labels["unread"]) for key, fault in faults.items()}
            return self._form(offered, language, typed, wrong, await self._forms.known(offered.form.name, None))
        incoming = said(body, " ".join(options.values()))
        if incoming is not None and offered.linked and not incoming.personal:
            return told(self._notices.text("only_there", language))
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
            return told(self._notices.text("old_button", language))
        if not incoming.personal:
            person = Person("teams", "", incoming.tenant, incoming.user)
            try:
                async with asyncio.timeout(_SECONDS):
                    own = await self._own_chat(incoming, person)
            except TimeoutError:
                own = None
            if own is None:
                return told(self._notices.text("no_chat", language))
            incoming = replace(incoming, conversation=own.conversation, personal=True)
        await self._keep(incoming)
        return told(self._notices.text("in_our_chat", language))


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
