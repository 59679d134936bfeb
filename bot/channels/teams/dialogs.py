"""Dialogs opened from the message box and a message's menu: the pack's forms, and "Ask about this message".

They open in any chat, also without the bot in it, so answers go to the person's 1:1 chat with the bot. A form about a
member's record opens in that chat only.
"""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from bot.channels.abilities import ASK
from bot.channels.abilities import FORM as COMMAND
from bot.channels.base import Body
from bot.channels.teams.incoming import LONGEST, Incoming, language_of, said, word
from bot.channels.teams.notices import Notices
from bot.channels.teams.people import People
from bot.channels.teams.ratings import Dialog, KeepIncoming, told
from bot.conversation.forms import NOTHING, TICKED, Forms, KnownNetworks, choices_of, option_of, ticks_of
from bot.language.offers import Form, Offered
from bot.message import Language, OneToOne, Person
from bot.replies.cards import TYPE, AdaptiveCard
from bot.replies.markdown import cut

FORM = "form"
"""The key for the form's name in the data of a submitted form."""
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
    """Return a form as a card. `typed` are the initial values of its fields, `faults` the messages below fields.

    `known` are the networks of the form's own field.
    """
    said = [_text(labels["about"])] if "about" in labels else []
    seen = form.first or form.fields
    choices = {key: list(choices_of(key, labels, known if key == form.own else NOTHING)) for key in form.fields}
    ticks = ticks_of(form.fields, labels)
    asked = {
        key: list(_field(form, key, labels, choices[key], typed.get(key, ()), faults.get(key)))
        if key not in ticks
        else [_checkboxes(ticks, labels, typed)] * (key == next(iter(ticks)))
        for key in form.fields
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
    """Return a button that shows or hides the other fields, and these fields."""
    shows = {"type": "Action.ToggleVisibility", "title": labels["more"], "targetElements": [_MORE]}
    return [
        {"type": "ActionSet", "actions": [shows]},
        {"type": "Container", "id": _MORE, "isVisible": False, "items": fields},
    ]


def _checkboxes(ticks: Mapping[str, str], labels: Mapping[str, str], typed: Collection[str]) -> AdaptiveCard:
    """Return the fields of one choice each as one field; those in `typed` are checked."""
    return {
        "type": "Input.ChoiceSet",
        "id": TICKED,
        "label": cut(labels[TICKED], _LABEL),
        "isMultiSelect": True,
        "choices": [{"title": cut(labels[name], _CHOICE), "value": name} for name in ticks.values()],
        "value": ",".join(name for key, name in ticks.items() if key in typed),
    }


def _field(  # noqa: PLR0917 -- what a field is made of
    form: Form, key: str, labels: Mapping[str, str], listed: Choices, typed: Sequence[str], fault: str | None
) -> Iterator[AdaptiveCard]:
    """Yield one field. A star marks required fields, and the first of several fields of which one is required."""
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
    """Return a select if its values are known, a date picker, or a text input."""
    choices = [(cut(value, _LINE), cut(label, _CHOICE)) for value, label in known]
    started = {value.casefold() for value in typed}
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
    """Opens dialogs and processes their submission. `own_chat` returns a person's chat, `keep` stores a message."""

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
        """Return what a client shows for a command: a form, or a note on where the answer will be."""
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
        """Handle a submitted form: ask in the person's own chat, or show the form again with messages at its fields."""
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
        """Store a question for the person's own chat and return a notice; a different one if there is no such chat."""
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
    """Return the text of the message that a person selected, without markup; "" if there is none."""
    content = word(body, "value", "messagePayload", "body", "content")[: 4 * LONGEST]
    return " ".join(html.unescape(_MARKUP.sub(" ", content)).split())[:LONGEST]


def fields_in(data: Mapping[str, Any], offered: Offered) -> dict[str, tuple[str, ...]]:
    """Return the values of a submitted form by field, without values that are not text or are no fields."""
    found: dict[str, tuple[str, ...]] = {}
    for key in offered.form.fields:
        value = data.get(key)
        if not isinstance(value, str):
            continue
        parts = value.split(",") if key in offered.form.several else [value]
        kept = tuple(part.strip()[:_LONGEST_FIELD] for part in parts if part.strip())
        if kept:
            found[key] = kept
    ticked = (one.strip().partition(":") for one in str(data.get(TICKED, "")).split(","))
    return found | {key: (value,) for key, _, value in ticked if value and key in offered.form.fields}
