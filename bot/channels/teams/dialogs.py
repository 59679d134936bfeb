"""Dialogs in Teams: the pack's forms, "Ask about this message", and the thumbs under answers.

Forms are opened from the message box, "Ask about this message" from a message's menu. Both open in any chat, also
without the bot in it, so answers go to the person's 1:1 chat with the bot. A form about a member's record opens in that
chat only.

A thumb under a private answer opens a thank-you, or "What was wrong?" with a button for each cause. Teams sends only
the id of the rated message, so the two buttons of an answer are stored by message, for its reader only. Teams' own
dialog would ask for text, which is not stored.
"""

import asyncio
import hashlib
import html
import json
import re
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from bot.channels.base import Answers, Body
from bot.channels.registry import ASK
from bot.channels.registry import FORM as COMMAND
from bot.channels.teams.incoming import LONGEST, LONGEST_ID, Incoming, as_message, language_of, word
from bot.channels.teams.people import Notices, People
from bot.conversation.forms import NOTHING, TICKED, FormField, Forms, Known, fields_of
from bot.errors import StoreError
from bot.language.offers import Form, Offered
from bot.message import Answered, Language, OneToOne, Person, Rating
from bot.replies.cards import TYPE, AdaptiveCard, pages, submitting
from bot.replies.markdown import cut
from bot.replies.plain import plain
from bot.stores.sealed import SealedTable

_RATINGS, _KEPT = "teams_rating", 86_400.0  # seconds for which a button can be pressed
_ANSWER_WITHIN = 4.0  # Teams waits five
_LONGEST_FEEDBACK = 4_000

Dialog = dict[str, Any]
KeepIncoming = Callable[[Incoming], Awaitable[None]]


class Thumbs:
    """Handles the thumbs under answers. `keep` stores a button press, whose answer is then posted in the chat."""

    def __init__(
        self, table: SealedTable, answers: Answers, people: People, notices: Notices, keep: KeepIncoming
    ) -> None:
        self._table, self._answers, self._people, self._notices = table, answers, people, notices
        self._keep = keep

    async def note(self, person: Person, place: OneToOne, message: str, rating: Rating) -> None:
        """Store the actions of the thumbs up and down under a message, for a day.

        For a message without stored buttons, a thumb reports that the button has expired.
        """
        kept = {"like": rating.right.id, "dislike": rating.wrong.id}
        key = _key(person.team, person.user, place.conversation, message)
        with suppress(StoreError):
            await self._table.put(_RATINGS, key, kept, expires=time.time() + _KEPT, owner=person.key)

    async def open(self, body: Body) -> Dialog:
        """Return the dialog that a client shows when a thumb is pressed: the answer to the thumb's button."""
        reaction = word(body, "value", "data", "actionValue", "reaction")
        incoming = as_message(body, "", await self._press_of(body, reaction))
        reply = await self._answered(incoming) if incoming is not None and incoming.press else None
        if reply is None:
            return text_dialog(self._notices.text("old_button", language_of(body)))
        card = submitting(pages(reply)[0].card)
        if card == pages(reply)[0].card:
            return text_dialog(plain(reply.blocks))
        value = {"width": "small", "height": "small", "card": {"contentType": TYPE, "content": card}}
        return {"task": {"type": "continue", "value": value}}

    async def take(self, body: Body) -> None:
        """Store the button that was pressed in the dialog of a thumb; its answer is posted in the chat.

        If the client showed Teams' own dialog instead, the thumb's button is stored; the typed text is ignored.
        """
        press = _pressed_in(word(body, "value", "actionValue", "feedback"))
        press = press or await self._press_of(body, word(body, "value", "actionValue", "reaction"))
        incoming = as_message(body, "", press)
        if incoming is not None and incoming.press and incoming.personal:
            await self._keep(incoming)

    async def _press_of(self, body: Body, reaction: str) -> str | None:
        """Return the id of the button for a thumb; None if the message is no answer to the person who pressed it."""
        incoming = as_message(body, "")
        if incoming is None or not incoming.personal:
            return None
        message = word(body, "replyToId")
        key = _key(incoming.tenant, incoming.user, incoming.conversation, message)
        return word(await self._table.get(_RATINGS, key, dict[str, str]), reaction) or None

    async def _answered(self, incoming: Incoming) -> Answered | None:
        """Return the last reply to a button press, without posting it; None if there is none within four seconds."""
        asked, found = await self._people.message(incoming), None
        with suppress(TimeoutError):
            async with asyncio.timeout(_ANSWER_WITHIN):
                async for reply in self._answers.answer(asked):
                    found = reply
        return found


def _pressed_in(feedback: str) -> str | None:
    with suppress(ValueError, RecursionError):
        return word(json.loads(feedback[:_LONGEST_FEEDBACK]), "press")[:LONGEST_ID] or None
    return None


def text_dialog(text: str) -> Dialog:
    """Return a dialog that shows only a text."""
    return {"task": {"type": "message", "value": text}}


def _key(tenant: str, user: str, conversation: str, message: str) -> str:
    parts: Mapping[str, str] = {"tenant": tenant, "user": user, "conversation": conversation, "message": message}
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


FORM = "form"
"""The key for the form's name in the data of a submitted form."""
_LABEL, _CHOICE, _LINE = 200, 100, 200
_MORE = "more"


def form_card(
    form: Form,
    labels: Mapping[str, str],
    language: Language,
    typed: Mapping[str, Sequence[str]],
    faults: Mapping[str, str],
    *,
    known: Known = NOTHING,
) -> AdaptiveCard:
    """Return a form as a card. `typed` are the initial values of its fields, `faults` the messages below fields.

    `known` has the networks to choose from in the form's network field.
    """
    said = [_text(labels["about"])] if "about" in labels else []
    hidden = {key for key in form.fields if form.first and key not in form.first}
    body: dict[bool, list[AdaptiveCard]] = {True: [], False: []}
    for one in fields_of(form, labels, form.fields, known, typed):
        body[one.key in hidden] += _field(form, one, labels, faults.get(one.key))
    fields = body[False]
    if hidden:  # a button shows or hides the less important fields
        shows = {"type": "Action.ToggleVisibility", "title": labels["more"], "targetElements": [_MORE]}
        seen = bool((typed.keys() - {form.own} | faults.keys()) & hidden)
        box = {"type": "Container", "id": _MORE, "isVisible": seen, "items": body[True]}
        fields = [*fields, {"type": "ActionSet", "actions": [shows]}, box]
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


def _field(form: Form, field: FormField, labels: Mapping[str, str], fault: str | None) -> Iterator[AdaptiveCard]:
    """Yield the elements of one field: its input and its error message. Teams itself marks required fields."""
    key, is_required = field.key, field.key in form.required
    asked: AdaptiveCard = {"id": key, "label": cut(field.label, _LABEL), **_input(field)}
    if is_required:
        asked |= {"isRequired": True, "errorMessage": labels.get(f"missing:{key}", labels["unread"])}
    yield asked
    if fault:
        yield {**_text(fault), "color": "Attention", "spacing": "Small"}


def _input(field: FormField) -> AdaptiveCard:
    """Return the input of a field: a date picker for a day, a text input for text, otherwise a select or checkboxes."""
    kept = {"value": field.starts[0]} if field.starts else {}
    match field.kind:
        case "day":
            return {"type": "Input.Date", **kept}
        case "text":
            shown = {"placeholder": field.example} if field.example else {}
            return {"type": "Input.Text", "maxLength": _LINE, **shown, **kept}
    choices = [{"title": cut(label, _CHOICE), "value": cut(value, _LINE)} for value, label in field.choices]
    many = {"style": "compact"} if field.kind == "one" else {"isMultiSelect": True}
    chosen = ",".join(cut(value, _LINE) for value in field.chosen)
    return {"type": "Input.ChoiceSet", "choices": choices, **many, "value": chosen}


def _text(text: str) -> AdaptiveCard:
    return {"type": "TextBlock", "text": text, "wrap": True}


_SECONDS = 3.0  # Teams waits five
_LONGEST_FIELD, _WIDTH = 200, "small"
_MARKUP = re.compile(r"<[^<>]*>")

OwnChat = Callable[[Incoming, Person], Awaitable[OneToOne | None]]


class Dialogs:
    """Opens dialogs and processes submitted ones. `own_chat` returns a person's 1:1 chat, `keep` stores a message."""

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
        """Return what a client shows for a command of the message box: a form, or a text that says why there is none.

        For "Ask about this message", store the question and return a text that says where the answer will be.
        """
        language, command = language_of(body), word(body, "value", "commandId")
        if command == ASK:
            incoming = as_message(body, quoted_text(body))
            return await self._take(incoming and replace(incoming, quoted=True), language)
        offered = self._offered(command)
        incoming = as_message(body, "")
        if offered is None or incoming is None:
            return text_dialog(self._notices.text("old_button", language))
        if offered.linked and not incoming.personal:
            return text_dialog(self._notices.text("only_there", language))
        person, directory_only = await self._people.person(incoming)
        known = await self._forms.known(offered.form.name, None if directory_only else person)
        return self._form(offered, language, known.starts(offered.form), {}, known)

    async def take(self, body: Body) -> Dialog:
        """Handle a submitted form: store its question, or return the form again with messages at its invalid fields."""
        language = language_of(body)
        offered = self._offered(word(body, "value", "commandId"))
        data = body["value"].get("data") if isinstance(body.get("value"), Mapping) else None
        if offered is None or not isinstance(data, Mapping) or data.get(FORM) != offered.form.name:
            return text_dialog(self._notices.text("old_button", language))
        typed = fields_in(data, offered)
        labels = self._notices.labels(f"form_{offered.form.name}", language)
        text, wrong = self._forms.submitted(offered.form.name, typed, labels, self._now().date())
        if wrong:
            return self._form(offered, language, typed, wrong, await self._forms.known(offered.form.name, None))
        incoming = as_message(body, text)
        if incoming is not None and offered.linked and not incoming.personal:
            return text_dialog(self._notices.text("only_there", language))
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
        known: Known,
    ) -> Dialog:
        labels = self._notices.labels(f"form_{offered.form.name}", language)
        card = {"contentType": TYPE, "content": form_card(offered.form, labels, language, typed, faults, known=known)}
        height = "large" if len(offered.form.fields) > 5 else "medium"  # noqa: PLR2004 -- more do not fit
        value = {"title": labels["title"], "width": _WIDTH, "height": height, "card": card}
        return {"task": {"type": "continue", "value": value}}

    async def _take(self, incoming: Incoming | None, language: Language) -> Dialog:
        """Store a question for the person's 1:1 chat. Return a notice that the answer will be there.

        Without such a chat, nothing is stored and the notice says so.
        """
        if incoming is None or not incoming.text:
            return text_dialog(self._notices.text("old_button", language))
        if not incoming.personal:
            person = Person("teams", "", incoming.tenant, incoming.user)
            try:
                async with asyncio.timeout(_SECONDS):
                    own = await self._own_chat(incoming, person)
            except TimeoutError:
                own = None
            if own is None:
                return text_dialog(self._notices.text("no_chat", language))
            incoming = replace(incoming, conversation=own.conversation, personal=True)
        await self._keep(incoming)
        return text_dialog(self._notices.text("in_our_chat", language))


def quoted_text(body: Body) -> str:
    """Return the text of the message that a person selected, without markup; "" if there is none."""
    content = word(body, "value", "messagePayload", "body", "content")[: 4 * LONGEST]
    return " ".join(html.unescape(_MARKUP.sub(" ", content)).split())[:LONGEST]


def fields_in(data: Mapping[str, Any], offered: Offered) -> dict[str, tuple[str, ...]]:
    """Return the values of a submitted form by field. Unknown fields and values that are no text are ignored."""
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
