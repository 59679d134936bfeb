"""What Slack delivers, read into one shape: who, where, what, and by which id it is told from its duplicates."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from bot.channels.requests import Body

LONGEST = 4_000
_TOKEN = re.compile(r"<([@#!]?)([^<>|\s]+)(?:\|([^<>]*))?>")

EVENTS = ("app_home_opened", "app_mention", "app_uninstalled", "message.im", "tokens_revoked", "user_change")
_LONGEST_ID = 255


@dataclass(frozen=True, slots=True)
class Incoming:
    """A person's message, command, press or form. `direct` is true in the one-to-one chat with the bot.

    `at` is Slack's own time of it, where it says one: what answers it is younger.
    `own_chat`: it came from a place that is no conversation (App Home, a form), so the answer goes to that chat.
    `quoted` are words of a message that its person chose, not their own. `action` is the kind of button pressed.
    `view` is the open form in which it was pressed.
    `trigger` opens a form within three seconds. `response_url` is a secret that lets its holder write to the person:
    never logged, and kept only sealed, until it is answered.
    """

    key: str
    user: str
    team: str
    channel: str
    text: str
    thread: str = ""
    direct: bool = False
    maybe_direct: bool = False
    own_chat: bool = False
    quoted: bool = False
    press: str | None = None
    action: str = ""
    command: str | None = None
    form: str | None = None
    view: str = ""
    trigger: str | None = None
    response_url: str | None = None
    at: str = ""

    def __post_init__(self) -> None:
        """Refuse what names nobody, ids and words that are no text, and ids that are none: Slack sends neither.

        Of an id of thousands of signs no call can be made, and each try would look like a fault that passes.
        """
        named = (self.key, self.user, self.team, self.channel, self.text, self.thread, self.action, self.at)
        given = (self.press, self.command, self.form, self.trigger, self.response_url)
        if not self.user or not all(isinstance(part, str) for part in (*named, *(each for each in given if each))):
            raise ValueError("no id or no text")
        if any(len(part) > _LONGEST_ID for part in (self.user, self.team, self.channel, self.thread, self.at)):
            raise ValueError("too long for an id")


def read_event(body: Body, bot_user: str) -> Incoming | None:
    """A direct message or a mention by a person; None for edits, deletions, bots and everything else."""
    event = body["event"]
    direct = event["type"] == "message" and event.get("channel_type") == "im"
    if not direct and event["type"] != "app_mention":
        return None
    if event.get("subtype") or event.get("bot_id") or not event.get("user") or event["user"] == bot_user:
        return None
    return Incoming(
        key=f"event:{body['event_id']}",
        user=event["user"],
        team=event.get("user_team") or event.get("team") or body.get("team_id") or "",
        channel=event["channel"],
        text=typed(event.get("text") or "", bot_user),
        thread=event.get("thread_ts") or event.get("ts") or "",
        direct=direct,
        at=event.get("ts") or "",
    )


def read_edit(body: Body, bot_user: str) -> Incoming | None:
    """A person's own words changed after they were sent; None for everything else that Slack calls a change."""
    event = body["event"]
    now, before = event.get("message") or {}, event.get("previous_message") or {}
    if event.get("subtype") != "message_changed" or event.get("channel_type") != "im":
        return None
    if not now.get("user") or now["user"] == bot_user or now.get("bot_id"):
        return None
    if not before.get("text") or now.get("text") == before["text"]:
        return None
    return Incoming(
        key=f"event:{body['event_id']}",
        user=now["user"],
        team=now.get("team") or body.get("team_id") or "",
        channel=event["channel"],
        text=typed(now.get("text") or "", bot_user),
        thread=now.get("thread_ts") or now.get("ts") or "",
        direct=True,
        at=event.get("event_ts") or now.get("ts") or "",
    )


def read_command(body: Body, bot_user: str) -> Incoming:
    """A slash command. Without words it asks for help.

    Slack calls a person's chat with any other person "directmessage" too, so the place is only maybe the bot's own.
    """
    return Incoming(
        key=f"trigger:{body['trigger_id']}",
        user=body["user_id"],
        team=body.get("team_id") or "",
        channel=body["channel_id"],
        text=typed(body.get("text") or "", bot_user) or "help",
        maybe_direct=body.get("channel_name") == "directmessage",
        command=body["command"],
        response_url=body.get("response_url"),
    )


def read_press(body: Body) -> Incoming | None:
    """A pressed button of ours, or a choice of a menu; None for one that only opens a page.

    The bot posts in a chat whose id starts with D only when it is its own; what a command showed there to one person
    is told by its being ephemeral, and then the chat may be somebody else's. An action that this version does not
    know, of an old card for one, is a button that nobody answers for: its presser is told so.
    """
    action, container = body["actions"][0], body.get("container", {})
    chosen = action.get("selected_option") or action
    if chosen.get("url"):
        return None
    channel = container.get("channel_id") or (body.get("channel") or {}).get("id") or ""
    ephemeral = bool(container.get("is_ephemeral"))
    return Incoming(
        key=f"trigger:{body['trigger_id']}",
        user=body["user"]["id"],
        team=_team(body),
        channel=channel,
        text="",
        thread="" if ephemeral else container.get("thread_ts") or container.get("message_ts") or "",
        direct=channel.startswith("D") and not ephemeral,
        own_chat=not channel,
        press=str(chosen.get("value") or "?")[:_LONGEST_ID],
        action=str(action.get("action_id") or ""),
        view=str(view["id"]) if (view := body.get("view") or {}).get("type") == "modal" else "",
        trigger=body.get("trigger_id"),
        response_url=body.get("response_url") if ephemeral else None,
        at=action.get("action_ts") or "",
    )


def read_home(body: Body) -> Incoming:
    """A person opened a tab of the app; `action` is the tab's name."""
    event = body["event"]
    return Incoming(
        key=f"event:{body['event_id']}",
        user=event["user"],
        team=body.get("team_id") or "",
        channel=event["channel"],
        text="",
        action=event.get("tab") or "",
    )


def read_thread(body: Body) -> Incoming | None:
    """A person opened a conversation in the assistant's own container; None where Slack names none."""
    thread = body["event"].get("assistant_thread") or {}
    if not thread.get("channel_id"):
        return None
    return Incoming(
        key=f"event:{body['event_id']}",
        user=thread["user_id"],
        team=body.get("team_id") or "",
        channel=thread["channel_id"],
        text="",
        thread=thread.get("thread_ts") or "",
    )


def read_shortcut(body: Body) -> Incoming:
    """A shortcut: a global one names a form, one on a message asks about that message's words."""
    message = body.get("message") or {}
    channel = (body.get("channel") or {}).get("id") or ""
    return Incoming(
        key=f"trigger:{body['trigger_id']}",
        user=body["user"]["id"],
        team=_team(body),
        channel=channel,
        text=typed(message.get("text") or "") or "help",
        maybe_direct=channel.startswith("D"),
        own_chat=not channel,
        quoted=bool(message),
        action=str(body.get("callback_id") or ""),
        trigger=body.get("trigger_id"),
        response_url=body.get("response_url"),
    )


def read_submission(body: Body, form: str, text: str) -> Incoming:
    """A form that was sent; `form` is the intent that it asks, `text` its fields as options."""
    return Incoming(
        key=f"view:{body['view']['id']}:{body['view'].get('hash', '')}",
        user=body["user"]["id"],
        team=_team(body),
        channel="",
        text=text,
        own_chat=True,
        form=form,
    )


def json_of(content_type: str, body: bytes) -> Body:
    """A body that says it is JSON, as an object; empty for any other."""
    found = json.loads(body) if content_type.startswith("application/json") else {}
    return found if isinstance(found, dict) else {}


def _team(body: Body) -> str:
    return body["user"].get("team_id") or (body.get("team") or {}).get("id") or ""


def typed(text: str, bot_user: str = "") -> str:
    """The words as typed: the bot's own mention gone, links and names as their labels, escapes undone.

    At most 4,000 characters are kept, which is what Slack lets a person type.
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
