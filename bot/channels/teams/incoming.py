"""Teams' deliveries converted to one type: who, where, what, and an id that identifies duplicates.

A field that is missing or of another type than documented is treated as absent.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from bot.channels.base import Body
from bot.channels.teams.gate import CHANNEL
from bot.message import Language, OneToOne, Place, Shared
from bot.replies.cards import ONLY, RENEW

LONGEST = 4_000
LONGEST_ID, _LONGEST_ADDRESS = 255, 512
_TAG = re.compile(r"</?at[^<>]*>", re.IGNORECASE)
_THREAD = "19:"  # what the ids of channels, group chats and meetings begin with
_COPILOT = "copilot"
_OLD = "old"  # a button's id that never was one
_CODE = re.compile(r"[A-Z2-7]{4}-?[A-Z2-7]{4}")
ANYTHING = "/"
"""The command of a message without a command's name: any question, in the person's own words."""


class Incoming(msgspec.Struct, frozen=True):
    """A person's message, press, or code from a pop-up; `edited` is a changed message.

    `object_id` is the person's id in their Entra tenant, "" for guests of a meeting. `sender` is their id in this bot's
    conversations. `aside`: only they saw it where others read too, so only they see its answer. `command` is the slash
    command of the text, `form` the intent of the submitted form. `quoted`: the text is from a message that the person
    chose.
    """

    id: str
    tenant: str
    sender: str
    object_id: str
    name: str
    conversation: str
    personal: bool
    service_url: str
    text: str
    press: str | None = None
    edited: bool = False
    aside: bool = False
    command: str | None = None
    form: str | None = None
    quoted: bool = False

    @property
    def key(self) -> str:
        """The id that identifies a repeated delivery. An edit has its message's id."""
        return f"{self.tenant}:{self.conversation}:{self.id}{':edited' if self.edited else ''}"

    @property
    def user(self) -> str:
        """The person's key in their tenant."""
        return self.object_id or self.sender

    @property
    def lane(self) -> str:
        """The lane of messages that are answered in order: one person's in one conversation."""
        return f"{self.tenant}:{self.conversation}:{self.user}"

    @property
    def place(self) -> Place:
        """The place: a 1:1 chat only if Teams clearly says so; a channel's thread is part of its id."""
        conversation, _, thread = self.conversation.partition(";messageid=")
        return OneToOne(conversation) if self.personal else Shared(conversation, thread)


def read_message(body: Body) -> Incoming | None:
    """Return a message or a submitted button; None for bots, empty messages, and what cannot be answered.

    A value that a card of an earlier version submits is a button that has expired.
    """
    value = body.get("value")
    press = word(value, "press")[:LONGEST_ID] or None
    text = "" if press else typed(body)
    if isinstance(value, Mapping) and not text:
        press = press or _OLD
    if not text and not press and not _is_personal(body) and not _is_aside(body):
        return None
    return _incoming(body, text=text, press=press, aside=_is_aside(body) or _is_marked(value))


def with_command(incoming: Incoming | None, commands: Mapping[str, str]) -> Incoming | None:
    """Return a message that only its writer saw with its command removed; every other message unchanged.

    The menu for "/" inserts a command's name into the message box, so it arrives as text: "find cardiologist 37402".
    `commands` are the pack's, such as `/bcbst-find`, by their names in Teams, which have no prefix.
    """
    if incoming is None or not incoming.aside or incoming.press:
        return incoming
    first, _, rest = incoming.text.partition(" ")
    command = commands.get(first.removeprefix("/").casefold())
    if command is None:
        return replace(incoming, command=ANYTHING, text=incoming.text or "help")
    return replace(incoming, command=command, text=rest.strip())


def read_edit(body: Body) -> Incoming | None:
    """Return the edited message if a person edited their own message in a 1:1 chat; None for any other update."""
    changed = word(body, "channelData", "eventType") == "editMessage" and _is_personal(body)
    return _incoming(body, text=typed(body), edited=True) if changed else None


def read_press(body: Body) -> Incoming | None:
    """Return a button press by Action.Execute."""
    press = word(body, "value", "action", "data", "press")[:LONGEST_ID]
    if not press:
        return None
    return _incoming(body, text="", press=press, aside=_is_aside(body) or _is_marked(body["value"]["action"]["data"]))


def is_renewal(body: Body) -> bool:
    """Return whether it is not a press but a client's request for a card's current content."""
    return word(body, "value", "action", "verb") == RENEW


def read_code(body: Body) -> Incoming | None:
    """Return the code that a sign-in page passed to the person's client, as if it were typed in the chat.

    None for a client's own values, such as CancelledByUser if the pop-up was closed.
    """
    code = word(body, "value", "state")
    return _incoming(body, text=code) if _CODE.fullmatch(code) else None


def said(body: Body, text: str, press: str | None = None) -> Incoming | None:
    """Return an activity such as an installation as a message with this text or button."""
    return _incoming(body, text=text, press=press)


def _is_aside(body: Body) -> bool:
    """Return whether only its writer and the bot saw a message in a place that others read."""
    recipient = body.get("recipient")
    return isinstance(recipient, Mapping) and recipient.get("isTargeted") is True


def _is_marked(data: object) -> bool:
    """Return whether a button was on a card that only its presser sees. Forging this hides only one's own answer."""
    return isinstance(data, Mapping) and data.get(ONLY) is True


def _incoming(
    body: Body, *, text: str, press: str | None = None, edited: bool = False, aside: bool = False
) -> Incoming | None:
    sender, tenant = word(body, "from", "id"), tenant_of(body)
    conversation, id_ = word(body, "conversation", "id"), word(body, "id")
    if not sender or not tenant or not conversation or not id_ or max(len(conversation), len(id_)) > _LONGEST_ADDRESS:
        return None
    if sender.startswith("28:") or word(body, "from", "role") == "bot":
        return None
    return Incoming(
        id=id_,
        tenant=tenant,
        sender=sender,
        object_id=word(body, "from", "aadObjectId").casefold(),
        name=word(body, "from", "name"),
        conversation=conversation,
        personal=_is_personal(body),
        service_url=word(body, "serviceUrl"),
        text=text,
        press=press,
        edited=edited,
        aside=aside and not _is_personal(body),
    )


def is_of_teams(body: Body) -> bool:
    """Return whether an activity came from Teams, or from Copilot through it."""
    return word(body, "channelId").partition(":")[0] == CHANNEL


def _is_of_copilot(body: Body) -> bool:
    """Return whether the message is from Microsoft 365 Copilot, whose chats the organization keeps and can search."""
    products = (word(one, "id") for one in sequence(body, "entities") if word(one, "type").casefold() == "productinfo")
    return any(one.casefold() == _COPILOT for one in (*products, word(body, "channelId").partition(":")[2]))


def tenant_of(body: Body) -> str:
    """Return the conversation's tenant id, or "" if the activity has none or has two that differ."""
    named = {word(body, "conversation", "tenantId").casefold(), word(body, "channelData", "tenant", "id").casefold()}
    named -= {""}
    return named.pop() if len(named) == 1 else ""


def _is_personal(body: Body) -> bool:
    """Return whether a conversation is a 1:1 chat: `isGroup`, or the id of a thread, overrule its type (T25).

    A conversation in Copilot is not private (T75): the member's own data is shown in their chat with the bot.
    """
    conversation = body.get("conversation")
    if not isinstance(conversation, Mapping) or conversation.get("isGroup") or _is_of_copilot(body):
        return False
    return conversation.get("conversationType") == "personal" and not word(conversation, "id").startswith(_THREAD)


def address_of(place: Place) -> str:
    """Return the id of a conversation in Teams."""
    return f"{place.conversation};messageid={place.thread}" if place.thread else place.conversation


def language_of(body: Body) -> Language:
    """Return the language of the person's client, for texts sent before a question is understood."""
    language = word(body, "locale").casefold().partition("-")[0]
    return language if language.isalpha() else "en"


def typed(body: Body) -> str:
    """Return the text as typed, at most 4,000 characters: without a mention of the bot, other mentions as names."""
    text, bot = word(body, "text")[: 4 * LONGEST], word(body, "recipient", "id")
    for entity in sequence(body, "entities"):
        mention = word(entity, "text")
        if word(entity, "type") == "mention" and mention and word(entity, "mentioned", "id") == bot:
            text = text.replace(mention, " ")
    plain = html.unescape(_TAG.sub("", text)).replace("\N{NO-BREAK SPACE}", " ")
    return plain.strip()[:LONGEST]


def word(body: object, *path: str) -> str:
    """Return the text at a path; "" if there is none."""
    for name in path:
        if not isinstance(body, Mapping):
            return ""
        body = body.get(name)
    return body if isinstance(body, str) else ""


def sequence(body: Body, name: str) -> list[Any]:
    """Return the list under a name; [] if there is none."""
    found = body.get(name)
    return found if isinstance(found, list) else []
