"""Slack's deliveries converted to one type: sender, conversation, text, and an id that identifies duplicates."""

import re
from collections.abc import Mapping
from typing import Annotated, Any

import msgspec

from bot.channels.base import Body, Delivered

LONGEST = 4_000
_TOKEN = re.compile(r"<([@#!]?)([^<>|\s]+)(?:\|([^<>]*))?>")

EVENTS = ("app_home_opened", "app_mention", "app_uninstalled", "message.im", "tokens_revoked", "user_change")
_LONGEST_ID = 255


_Id = Annotated[str, msgspec.Meta(max_length=_LONGEST_ID)]
"""An id. One of thousands of characters, as Slack sends none, would make each call fail as if for a moment."""


class Incoming(Delivered, frozen=True, kw_only=True):
    """A person's message, slash command, button press or form. `direct` is True in the 1:1 chat with the bot.

    `maybe_direct`: Slack does not say whether the 1:1 chat is the one with the bot. `at` is Slack's timestamp, "" if
    there is none; the answer is newer. `own_chat`: the answer goes to the 1:1 chat, because the delivery came from Home
    or a form. `action` is the kind of the pressed button, `view` the id of the open form with the button. `trigger`
    opens a form within three seconds. `response_url` is a secret that allows writing to the person; it is never logged,
    and it is stored encrypted, only until the answer is posted.
    """

    key: str
    user: Annotated[_Id, msgspec.Meta(min_length=1)]
    team: _Id
    channel: _Id
    thread: _Id = ""
    direct: bool = False
    maybe_direct: bool = False
    own_chat: bool = False
    action: str = ""
    view: str = ""
    trigger: str | None = None
    response_url: str | None = None
    at: _Id = ""


def read_event(body: Body, bot_user: str) -> Incoming | None:
    """Return a direct message or a mention by a person; None for any other event, such as one by a bot."""
    event = body["event"]
    direct = event["type"] == "message" and event.get("channel_type") == "im"
    if not direct and event["type"] != "app_mention":
        return None
    if event.get("subtype") or event.get("bot_id") or not event.get("user") or event["user"] == bot_user:
        return None
    thread, at = event.get("thread_ts") or event.get("ts") or "", event.get("ts") or ""
    return _incoming(body, event, typed(event.get("text") or "", bot_user), thread=thread, direct=direct, at=at)


def read_edit(body: Body, bot_user: str) -> Incoming | None:
    """Return a person's edit of their own message in the 1:1 chat; None if a bot's message or no text was changed."""
    event = body["event"]
    now, before = event.get("message") or {}, event.get("previous_message") or {}
    if event.get("channel_type") != "im":
        return None
    if not now.get("user") or now["user"] == bot_user or now.get("bot_id"):
        return None
    if not before.get("text") or now.get("text") == before["text"]:
        return None
    thread, at = now.get("thread_ts") or now.get("ts") or "", event.get("event_ts") or now.get("ts") or ""
    text, said = typed(now.get("text") or "", bot_user), {**now, "channel": event["channel"]}
    return _incoming(body, said, text, thread=thread, direct=True, at=at)


def read_command(body: Body, bot_user: str) -> Incoming:
    """Return a slash command. A command without text becomes the text "help".

    Slack names every 1:1 chat "directmessage", also one with another person, so `maybe_direct` is set.
    """
    return _incoming(
        body,
        {"user": body["user_id"], "channel": body["channel_id"]},
        typed(body.get("text") or "", bot_user) or "help",
        maybe_direct=body.get("channel_name") == "directmessage",
        command=body["command"],
        response_url=body.get("response_url"),
    )


def read_press(body: Body) -> Incoming | None:
    """Return a press of one of the bot's buttons, or a menu choice; None for a link, or a box of a form.

    A conversation whose id starts with D is the 1:1 chat with the bot if the bot posted there. That does not hold for
    an ephemeral message, which a command may have shown in any 1:1 chat. A button without a value, as on an old
    message, counts as an expired button.
    """
    action, container = body["actions"][0], body.get("container", {})
    chosen = action.get("selected_option") or action
    if chosen.get("url") or "selected_options" in action:
        return None
    channel = container.get("channel_id") or (body.get("channel") or {}).get("id") or ""
    ephemeral = bool(container.get("is_ephemeral"))
    return _incoming(
        body,
        {**body, "channel": channel},
        thread="" if ephemeral else container.get("thread_ts") or container.get("message_ts") or "",
        direct=channel.startswith("D") and not ephemeral,
        own_chat=not channel,
        press=str(chosen.get("value") or "?")[:_LONGEST_ID],
        action=str(action.get("action_id") or ""),
        view=str(view["id"]) if (view := body.get("view") or {}).get("type") == "modal" else "",
        response_url=body.get("response_url") if ephemeral else None,
        at=action.get("action_ts") or "",
    )


def read_home(body: Body) -> Incoming:
    """Return the event that a person opened a tab of the app; `action` is the tab's name."""
    return _incoming(body, body["event"], action=body["event"].get("tab") or "")


def read_thread(body: Body) -> Incoming | None:
    """Return the event that a person opened a conversation with the assistant; None if Slack names no channel."""
    thread = body["event"].get("assistant_thread") or {}
    if not thread.get("channel_id"):
        return None
    said = {"user": thread["user_id"], "channel": thread["channel_id"]}
    return _incoming(body, said, thread=thread.get("thread_ts") or "")


def read_shortcut(body: Body) -> Incoming:
    """Return a shortcut. A global one opens a form; one on a message asks about that message's text."""
    message = body.get("message") or {}
    channel = (body.get("channel") or {}).get("id") or ""
    return _incoming(
        body,
        {**body, "channel": channel},
        typed(message.get("text") or "") or "help",
        maybe_direct=channel.startswith("D"),
        own_chat=not channel,
        quoted=bool(message),
        action=str(body.get("callback_id") or ""),
        response_url=body.get("response_url"),
    )


def read_submission(body: Body, form: str, text: str) -> Incoming:
    """Return a submitted form; `form` is its intent, `text` its fields as `key:value` options."""
    return _incoming(body, {**body, "channel": ""}, text, own_chat=True, form=form)


def _incoming(body: Body, said: Body, text: str = "", **more: Any) -> Incoming:
    """Return a delivery. `said` is the part of it that names the person, their workspace and the conversation.

    Raises:
        ValueError: there is no user id, a value is not text, or an id is too long to be Slack's.
    """
    user, where = said["user"], body.get("team") or {}
    person = user if isinstance(user, Mapping) else {"id": user, "team_id": said.get("user_team") or said.get("team")}
    if "form" in more:
        key = f"view:{body['view']['id']}:{body['view'].get('hash', '')}"
    else:
        key = f"event:{body['event_id']}" if "event_id" in body else f"trigger:{body['trigger_id']}"
    more |= {"key": key, "user": person["id"], "channel": said["channel"], "text": text}
    team = person.get("team_id") or where.get("id") or body.get("team_id") or ""
    return msgspec.convert({**more, "team": team, "trigger": body.get("trigger_id")}, Incoming)


def typed(text: str, bot_user: str = "") -> str:
    """Return a text as the person typed it, from Slack's markup.

    A mention of the bot is removed, other mentions and links become their labels, and entities are unescaped. It is cut
    to 4,000 characters, the most that Slack lets a person type.
    """
    words = _TOKEN.sub(lambda token: _words(token, bot_user), text[: 2 * LONGEST])
    words = words.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return words.strip()[:LONGEST]


def _words(token: re.Match[str], bot_user: str) -> str:
    sign, target, label = token.groups()
    if sign == "@":
        return "" if target == bot_user else f"@{label or 'someone'}"
    if sign == "#":
        return f"#{label or 'channel'}"
    if sign == "!":
        return label or ""
    return label or target.removeprefix("mailto:").removeprefix("tel:")
