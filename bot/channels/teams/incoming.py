"""What Teams delivers, read into one shape: who, where, what, and by which id it is told from its duplicates.

Anything may be missing or of another kind than documented: then it is as if it were not there.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.channels.requests import Body
from bot.channels.teams.regions import CHANNEL
from bot.message import Language, OneToOne, Place, Shared
from bot.replies.cards import ONLY, RENEW

LONGEST = 4_000
LONGEST_ID, _LONGEST_ADDRESS = 255, 512
_TAG = re.compile(r"</?at[^<>]*>", re.IGNORECASE)
_THREAD = "19:"  # what the ids of channels, group chats and meetings begin with
_COPILOT = "copilot"
_OLD = "old"  # a button's id that never was one
_CODE = re.compile(r"[A-Z2-7]{4}-?[A-Z2-7]{4}")


@dataclass(frozen=True, slots=True)
class Incoming:
    """A person's message, press, typed-in code, or, `edited`, other words in place of a message's first ones.

    `object_id` is the person's id in their Entra tenant; guests of a meeting have none. `sender` is what this bot's
    conversations call them. `aside`: only they saw it where others read too, as a slash command, or a button of what
    only they see; so only they see its answer. `command` is the slash command that carried the text, `form` the
    intent whose form was filled in; `quoted` are words of a message that its person chose, not their own.
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
        """What tells it from others, and a second delivery of it from the first. An edit goes by its message's id."""
        return f"{self.tenant}:{self.conversation}:{self.id}{':edited' if self.edited else ''}"

    @property
    def user(self) -> str:
        """What a person is keyed by in their tenant."""
        return self.object_id or self.sender

    @property
    def lane(self) -> str:
        """What is answered in order: one person's messages in one conversation."""
        return f"{self.tenant}:{self.conversation}:{self.user}"

    @property
    def place(self) -> Place:
        """The one-to-one chat only when Teams says so in as many words; a channel's thread stands in its id."""
        conversation, _, thread = self.conversation.partition(";messageid=")
        return OneToOne(conversation) if self.personal else Shared(conversation, thread)


def read_message(body: Body) -> Incoming | None:
    """A message or a submitted button; None for bots, for what nobody wrote, and for what cannot be answered.

    What a card of an earlier version submits is a button that is over.
    """
    value = body.get("value")
    press = word(value, "press")[:LONGEST_ID] or None
    text = "" if press else typed(body)
    if isinstance(value, Mapping) and not text:
        press = press or _OLD
    if not text and not press and not _is_personal(body) and not _is_aside(body):
        return None
    return _incoming(body, text=text, press=press, aside=_is_aside(body) or _is_marked(value))


def read_edit(body: Body) -> Incoming | None:
    """A person's own words changed after they were sent, in their own chat; None for every other change."""
    changed = word(body, "channelData", "eventType") == "editMessage" and _is_personal(body)
    return _incoming(body, text=typed(body), edited=True) if changed else None


def read_press(body: Body) -> Incoming | None:
    """A button pressed by Action.Execute."""
    press = word(body, "value", "action", "data", "press")[:LONGEST_ID]
    if not press:
        return None
    return _incoming(body, text="", press=press, aside=_is_aside(body) or _is_marked(body["value"]["action"]["data"]))


def is_renewal(body: Body) -> bool:
    """Whether it is no press: a client shows a card again, and asks what it says now."""
    return word(body, "value", "action", "verb") == RENEW


def read_code(body: Body) -> Incoming | None:
    """The code that a sign-in page handed to the person's own client: as if they had typed it in their chat.

    None for what a client brings by itself, such as CancelledByUser when the pop-up was closed.
    """
    code = word(body, "value", "state")
    return _incoming(body, text=code) if _CODE.fullmatch(code) else None


def said(body: Body, text: str, press: str | None = None) -> Incoming | None:
    """Words or a button that stand for what an activity means, such as its being installed."""
    return _incoming(body, text=text, press=press)


def _is_aside(body: Body) -> bool:
    """Whether only its writer and the bot saw a message in a place that others read too."""
    recipient = body.get("recipient")
    return isinstance(recipient, Mapping) and recipient.get("isTargeted") is True


def _is_marked(data: object) -> bool:
    """Whether a button stood on a card that only its presser sees. Who forges the mark hides their own answer."""
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
    """Whether Teams is the channel that an activity came over, or Copilot by way of it."""
    return word(body, "channelId").partition(":")[0] == CHANNEL


def _is_of_copilot(body: Body) -> bool:
    """Whether it was asked in Microsoft 365 Copilot, whose conversations its organization keeps and looks through."""
    products = (word(one, "id") for one in sequence(body, "entities") if word(one, "type").casefold() == "productinfo")
    return any(one.casefold() == _COPILOT for one in (*products, word(body, "channelId").partition(":")[2]))


def tenant_of(body: Body) -> str:
    """The tenant of the conversation; empty when none is named, or when two places name two."""
    named = {word(body, "conversation", "tenantId").casefold(), word(body, "channelData", "tenant", "id").casefold()}
    named -= {""}
    return named.pop() if len(named) == 1 else ""


def _is_personal(body: Body) -> bool:
    """Only where every sign says so: `isGroup`, and the id of a thread, speak against what the type says (T25).

    A conversation in Copilot is no private one (T75): what is a person's own is answered in their chat with the bot.
    """
    conversation = body.get("conversation")
    if not isinstance(conversation, Mapping) or conversation.get("isGroup") or _is_of_copilot(body):
        return False
    return conversation.get("conversationType") == "personal" and not word(conversation, "id").startswith(_THREAD)


def address_of(place: Place) -> str:
    """The id of a conversation as Teams takes it."""
    return f"{place.conversation};messageid={place.thread}" if place.thread else place.conversation


def language_of(body: Body) -> Language:
    """The language of the person's client, for the few words that are said before a question is understood."""
    return word(body, "locale").casefold().partition("-")[0] or "en"


def typed(body: Body) -> str:
    """The words as typed: the bot's own mention gone, others by name, at most 4,000 characters."""
    text, bot = word(body, "text")[: 4 * LONGEST], word(body, "recipient", "id")
    for entity in sequence(body, "entities"):
        mention = word(entity, "text")
        if word(entity, "type") == "mention" and mention and word(entity, "mentioned", "id") == bot:
            text = text.replace(mention, " ")
    plain = html.unescape(_TAG.sub("", text)).replace("\N{NO-BREAK SPACE}", " ")
    return plain.strip()[:LONGEST]


def word(body: object, *path: str) -> str:
    """The text at a path; empty when there is none."""
    for name in path:
        if not isinstance(body, Mapping):
            return ""
        body = body.get(name)
    return body if isinstance(body, str) else ""


def sequence(body: Body, name: str) -> list[Any]:
    """The list under a name; empty when there is none."""
    found = body.get(name)
    return found if isinstance(found, list) else []
