"""What Slack delivers, read into one shape: who, where, what, and by which id it is told from its duplicates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.channels.slack.markup import typed

COMMANDS = ("/bcbst", "/bcbst-find", "/bcbst-help")
EVENTS = ("app_home_opened", "app_mention", "message.im")
_LONGEST_ID = 255

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Incoming:
    """A person's message, command or press. `direct` is true in the one-to-one chat with the bot.

    `response_url` is a secret that lets its holder write to the person: never logged, never stored.
    """

    key: str
    user: str
    team: str
    channel: str
    text: str
    thread: str = ""
    direct: bool = False
    maybe_direct: bool = False
    press: str | None = None
    command: str | None = None
    response_url: str | None = None


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
    """A pressed button of ours; None for one that only opens a page.

    The bot posts in a chat whose id starts with D only when it is its own; what a command showed there to one person
    is told by its being ephemeral, and then the chat may be somebody else's.
    """
    action, container = body["actions"][0], body.get("container", {})
    value = action.get("value")
    if not value:
        return None
    channel = container.get("channel_id") or body.get("channel", {}).get("id") or ""
    ephemeral = bool(container.get("is_ephemeral"))
    return Incoming(
        key=f"trigger:{body['trigger_id']}",
        user=body["user"]["id"],
        team=body["user"].get("team_id") or (body.get("team") or {}).get("id") or "",
        channel=channel,
        text="",
        thread="" if ephemeral else container.get("thread_ts") or container.get("message_ts") or "",
        direct=channel.startswith("D") and not ephemeral,
        press=str(value)[:_LONGEST_ID],
        response_url=body.get("response_url") if ephemeral else None,
    )
