"""Teams' requests: checked before the SDK sees them (T19), and converted to one type.

Only the SDK's check of the signature establishes trust. The checks here refuse requests that the SDK must not see: a
token of a foreign issuer, whose keys the SDK would fetch, and a token without expiry or service URL, which the SDK
would accept. An activity contains the address for replies. The connector signs activities for all channels of the bot,
so a caller of another channel could have our token sent to their own host. Therefore replies go to Teams' hosts only
(T40). A field that is missing or of another type than documented is treated as absent.
"""

import base64
import binascii
import html
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal
from urllib.parse import SplitResult, urlsplit

import msgspec
from msgspec.structs import replace

from bot.channels.base import Body, Delivered
from bot.config import LOOPBACK
from bot.message import Language, OneToOne, Place, Shared
from bot.replies.cards import ONLY

LARGEST_BODY = 256 * 1024
_LONGEST_TOKEN, _PARTS = 8_192, 3
_SURROGATE = rb"\ud"

Json = dict[str, Any]


def key_of(authorization: str, issuer: str) -> str | None:
    """Return the key id in a bearer token that may be the connector's; None if the token cannot be the connector's.

    The signature is not checked here.
    """
    scheme, _, token = authorization.partition(" ")
    parts = token.split(".")
    if scheme != "Bearer" or len(token) > _LONGEST_TOKEN or len(parts) != _PARTS:
        return None
    header, claims = _decoded(parts[0]), _decoded(parts[1])
    if header.get("alg") != "RS256" or claims.get("iss") != issuer:
        return None
    if type(claims.get("exp")) is not int or not _is_word(claims.get("serviceurl")):
        return None
    kid = header.get("kid")
    return kid if _is_word(kid) else None


def read_activity(body: bytes) -> Json | None:
    """Return a request's body as an activity; None if it is no JSON object or lacks a field that every activity has."""
    try:
        found = json.loads(body)
        if _SURROGATE in body.lower():
            # Lone surrogates, as in a cut emoji, are replaced, because no store accepts them.
            whole = json.dumps(found, ensure_ascii=False).encode("utf-16-le", "surrogatepass")
            found = json.loads(whole.decode("utf-16-le", "replace"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or not all(_is_word(found.get(name)) for name in ("type", "serviceUrl")):
        return None
    if not all(isinstance(found.get(name, ""), str) for name in ("id", "service_url")):
        return None
    return found


def _decoded(part: str) -> Mapping[str, Any]:
    try:
        found = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _is_word(value: object) -> bool:
    return isinstance(value, str) and bool(value)


CHANNEL = "msteams"
"""The `channelId` of Teams; Web Chat, Direct Line and others of the same bot have their own."""

CloudName = Literal["public", "gcc", "gcch", "dod"]


class Cloud(msgspec.Struct, frozen=True):
    """One of Microsoft's clouds, such as the public one or a government's.

    `sdk` is its name in the Teams SDK. `service_url` is used for a person whose region is unknown.
    """

    sdk: str
    issuer: str
    login_url: str
    service_url: str
    hosts: frozenset[str]


_PUBLIC_ISSUER, _US_ISSUER = "https://api.botframework.com", "https://api.botframework.us"


_PUBLIC_LOGIN, _US_LOGIN = "https://login.microsoftonline.com", "https://login.microsoftonline.us"


def _cloud(sdk: str, issuer: str, login_url: str, host: str) -> Cloud:
    return Cloud(sdk, issuer, login_url, f"https://{host}/teams", frozenset({host}))


CLOUDS: dict[CloudName, Cloud] = {
    "public": _cloud("public", _PUBLIC_ISSUER, _PUBLIC_LOGIN, "smba.trafficmanager.net"),
    "gcc": _cloud("public", _PUBLIC_ISSUER, _PUBLIC_LOGIN, "smba.infra.gcc.teams.microsoft.com"),
    "gcch": _cloud("usgov", _US_ISSUER, _US_LOGIN, "smba.infra.gov.teams.microsoft.us"),
    "dod": _cloud("usgovdod", _US_ISSUER, _US_LOGIN, "smba.infra.dod.teams.microsoft.us"),
}
"""The clouds by name, from Microsoft's guide to proactive messages, which has the global service URL of each."""


def cloud_of(name: CloudName, hosts: str | None) -> Cloud:
    """Return a cloud by name. `hosts`, separated by commas, replace the cloud's own hosts."""
    cloud = CLOUDS[name]
    return cloud if hosts is None else replace(cloud, hosts=frozenset(hosts.split(",")))


class Hosts:
    """The connector's hosts, to which replies may be sent.

    `stand_in` is the origin of a test double of the connector. With `loopback`, this machine's own names are allowed.
    """

    def __init__(self, hosts: Iterable[str], *, stand_in: str | None = None, loopback: bool = False) -> None:
        self._hosts, self._stand_in, self._loopback = frozenset(hosts), stand_in, loopback

    def allow(self, service_url: str) -> bool:
        """Return whether replies may be sent to a service URL.

        The URL must be https at one of the hosts, on the default port and without a user name, or at the test double or
        a name of this machine if these are allowed.
        """
        try:
            parts = urlsplit(service_url)
            port = parts.port
        except ValueError:
            return False
        if self._stand_in is not None and origin(parts) == self._stand_in:
            return True
        if self._loopback and parts.hostname in LOOPBACK:
            return True
        plain = parts.scheme == "https" and port in {None, 443} and parts.username is None
        return plain and parts.hostname in self._hosts


def origin(parts: SplitResult) -> str:
    """Return the scheme, host and port of a URL as text."""
    return f"{parts.scheme}://{parts.netloc}"


LONGEST = 4_000
LONGEST_ID, _LONGEST_ADDRESS = 255, 512
_TAG = re.compile(r"</?at[^<>]*>", re.IGNORECASE)
_THREAD = "19:"  # what the ids of channels, group chats and meetings begin with
_OLD = "old"  # a button's id that never was one
_CODE = re.compile(r"[A-Z2-7]{4}-?[A-Z2-7]{4}")
ANYTHING = "/"
"""The command of a message without a command's name: any question, in the person's own words."""


class Incoming(Delivered, frozen=True, kw_only=True):
    """A person's message or button press, or the code that a sign-in page passed on. `edited`: the message was changed.

    `object_id` is the person's id in their Entra tenant, "" for guests of a meeting. `sender` is the person's id in
    this bot's conversations. `aside`: in a conversation that others read, only this person sees the message and its
    answer.
    """

    id: str
    tenant: str
    sender: str
    object_id: str
    name: str
    conversation: str
    personal: bool
    service_url: str
    edited: bool = False
    aside: bool = False

    @property
    def key(self) -> str:
        """The id that identifies a repeated delivery. An edited message has the original's id with a suffix."""
        return f"{self.tenant}:{self.conversation}:{self.id}{':edited' if self.edited else ''}"

    @property
    def user(self) -> str:
        """The person's id in their tenant, or the id in this bot's conversations if there is none."""
        return self.object_id or self.sender

    @property
    def lane(self) -> str:
        """The key of the queue in which one person's messages in one conversation are answered one after the other."""
        return f"{self.tenant}:{self.conversation}:{self.user}"

    @property
    def place(self) -> Place:
        """The conversation for the answer: a 1:1 chat only if Teams clearly says so, otherwise a shared one."""
        conversation, _, thread = self.conversation.partition(";messageid=")
        return OneToOne(conversation) if self.personal else Shared(conversation, thread)


def read_message(body: Body) -> Incoming | None:
    """Return a message or a submitted button; None for messages of bots, empty messages and incomplete activities.

    A submitted value without text or button, as from a card of an earlier version, counts as an expired button.
    """
    value = body.get("value")
    press = word(value, "press")[:LONGEST_ID] or None
    text = "" if press else typed(body)
    if isinstance(value, Mapping) and not text:
        press = press or _OLD
    if not text and not press and not _is_personal(body) and not _is_aside(body):
        return None
    return as_message(body, text=text, press=press, aside=_is_aside(body) or _is_marked(value))


def with_command(incoming: Incoming | None, commands: Mapping[str, str]) -> Incoming | None:
    """Return a message that only its writer sees, with its command moved from the text to `command`.

    Every other message is returned unchanged. The menu for "/" inserts a command's name into the message box, so the
    command arrives as text: "find cardiologist 37402". `commands` maps the names in Teams, which have no prefix, to the
    pack's commands, such as `/bcbst-find`.
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
    return as_message(body, text=typed(body), edited=True) if changed else None


def read_press(body: Body) -> Incoming | None:
    """Return a button press by Action.Execute; None if the activity contains no button."""
    press = word(body, "value", "action", "data", "press")[:LONGEST_ID]
    if not press:
        return None
    return as_message(body, text="", press=press, aside=_is_aside(body) or _is_marked(body["value"]["action"]["data"]))


def read_code(body: Body) -> Incoming | None:
    """Return the code that a sign-in page passed to the person's client, as a message with the code as its text.

    None for a client's own values, such as CancelledByUser if the pop-up was closed.
    """
    code = word(body, "value", "state")
    return as_message(body, text=code) if _CODE.fullmatch(code) else None


def _is_aside(body: Body) -> bool:
    """Return whether only its writer and the bot can see a message, as Teams marks it."""
    recipient = body.get("recipient")
    return isinstance(recipient, Mapping) and recipient.get("isTargeted") is True


def _is_marked(data: object) -> bool:
    """Return whether the data of a button says that only the person who pressed it sees the card.

    A person who forges this mark only hides their own answer from others.
    """
    return isinstance(data, Mapping) and data.get(ONLY) is True


def as_message(
    body: Body, text: str, press: str | None = None, *, edited: bool = False, aside: bool = False
) -> Incoming | None:
    """Return an activity as a message with this text or button; None if it is incomplete or from a bot."""
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


def tenant_of(body: Body) -> str:
    """Return the conversation's tenant id, or "" if the activity has none or has two that differ."""
    named = {word(body, "conversation", "tenantId").casefold(), word(body, "channelData", "tenant", "id").casefold()}
    named -= {""}
    return named.pop() if len(named) == 1 else ""


def _is_personal(body: Body) -> bool:
    """Return whether a conversation is a 1:1 chat (T25).

    Its type "personal" is not believed if `isGroup` is set or the id is that of a group or channel. A conversation in
    Copilot is not private (T75): the member's own data is shown in their chat with the bot.
    """
    conversation = body.get("conversation")
    products = [word(one, "id") for one in sequence(body, "entities") if word(one, "type").casefold() == "productinfo"]
    copilot = any(one.casefold() == "copilot" for one in (*products, word(body, "channelId").partition(":")[2]))
    if not isinstance(conversation, Mapping) or conversation.get("isGroup") or copilot:
        return False
    return conversation.get("conversationType") == "personal" and not word(conversation, "id").startswith(_THREAD)


def address_of(place: Place) -> str:
    """Return Teams' id of a conversation, including its thread."""
    return f"{place.conversation};messageid={place.thread}" if place.thread else place.conversation


def language_of(body: Body) -> Language:
    """Return the language of the person's client, for texts sent before a question is understood."""
    language = word(body, "locale").casefold().partition("-")[0]
    return language if language.isalpha() else "en"


def typed(body: Body) -> str:
    """Return a message's text as typed, at most 4,000 characters.

    A mention of the bot is removed; other mentions become names.
    """
    text, bot = word(body, "text")[: 4 * LONGEST], word(body, "recipient", "id")
    for entity in sequence(body, "entities"):
        mention = word(entity, "text")
        if word(entity, "type") == "mention" and mention and word(entity, "mentioned", "id") == bot:
            text = text.replace(mention, " ")
    plain = html.unescape(_TAG.sub("", text)).replace("\N{NO-BREAK SPACE}", " ")
    return plain.strip()[:LONGEST]


def word(body: object, *path: str) -> str:
    """Return the text at a path of keys, such as `"from", "id"`; "" if there is no text there."""
    for name in path:
        if not isinstance(body, Mapping):
            return ""
        body = body.get(name)
    return body if isinstance(body, str) else ""


def sequence(body: Body, name: str) -> list[Any]:
    """Return the list under a key; [] if there is none."""
    found = body.get(name)
    return found if isinstance(found, list) else []
