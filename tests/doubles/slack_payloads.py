"""What Slack delivers to an app: events, commands, presses, forms and shortcuts, and how they are signed and sent."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

Json = dict[str, Any]
TEAM, BOT_USER, BOT, APP = "T0TEAM", "U0BOT", "B0BOT", "A0APP"


class Payloads:
    """Makes the payloads of one workspace whose app listens at `port`."""

    team: str
    port: int
    _ids: itertools.count[int]

    def event(self, event: Mapping[str, Any], *, event_id: str | None = None, **envelope: Any) -> Json:
        """An event in its envelope."""
        number = next(self._ids)
        body = {"type": event["type"], "ts": f"1700000000.{number:06}", "team": self.team, **event}
        return {
            "type": "event_callback",
            "token": "deprecated",
            "team_id": self.team,
            "api_app_id": APP,
            "event_id": event_id or f"Ev{number:08}",
            "event_time": int(time.time()),
            "authorizations": [{"team_id": self.team, "user_id": BOT_USER, "is_bot": True}],
            "event": body,
            **envelope,
        }

    def direct_message(self, text: str, *, user: str = "U1", channel: str | None = None, **event: Any) -> Json:
        """A person writes to the bot."""
        place = channel or self.chat_of(user)
        return self.event(
            {"type": "message", "channel_type": "im", "channel": place, "user": user, "text": text, **event}
        )

    def mention(self, text: str, *, user: str = "U1", channel: str = "C1", **event: Any) -> Json:
        """A person mentions the bot in a channel."""
        words = f"<@{BOT_USER}> {text}"
        return self.event({"type": "app_mention", "channel": channel, "user": user, "text": words, **event})

    def command(self, command: str, text: str = "", *, user: str = "U1", channel: str = "C1", **form: Any) -> Json:
        """A slash command's form."""
        number = next(self._ids)
        return {
            "command": command,
            "text": text,
            "user_id": user,
            "team_id": self.team,
            "channel_id": channel,
            "channel_name": "directmessage" if channel.startswith("D") else "general",
            "api_app_id": APP,
            "trigger_id": f"1.2.{number}",
            "response_url": self.response_url(number),
            **form,
        }

    def press(self, value: str | None, *, user: str = "U1", channel: str = "D-U1", ephemeral: bool = False) -> Json:
        """A pressed button; without a value, one that opens a page."""
        number = next(self._ids)
        action = {"type": "button", "action_id": "press-0" if value else "open-0", "block_id": "b"}
        return {
            "type": "block_actions",
            "user": {"id": user, "team_id": self.team},
            "team": {"id": self.team},
            "enterprise": None,
            "api_app_id": APP,
            "trigger_id": f"1.2.{number}",
            "response_url": self.response_url(number),
            "channel": {"id": channel, "name": "directmessage"},
            "container": {
                "type": "message",
                "channel_id": channel,
                "message_ts": "1700000000.000100",
                "is_ephemeral": ephemeral,
            },
            "actions": [action | ({"value": value} if value else {"url": "https://bot.example/"})],
        }

    def own_press(self, action: str, value: str, **press: Any) -> Json:
        """A button with an action of its own, such as one that shares or opens a form."""
        body = self.press(value, **press)
        body["actions"][0] |= {"action_id": action}
        return body

    def home_press(self, action: str, value: str, *, user: str = "U1") -> Json:
        """A button in App Home: there is no channel."""
        body = self.own_press(action, value, user=user) | {"container": {"type": "view", "view_id": "V1"}}
        return {name: part for name, part in body.items() if name not in {"channel", "response_url"}}

    def submission(self, callback: str, *, user: str = "U1", **fields: str) -> Json:
        """A form that was sent; a field's value is what was typed or chosen."""
        view = {
            "id": f"V{next(self._ids)}",
            "hash": "h",
            "type": "modal",
            "callback_id": callback,
            "state": {"values": {name: {name: {"type": "x", "value": value}} for name, value in fields.items()}},
        }
        return {"type": "view_submission", "user": {"id": user}, "team": {"id": self.team}, "view": view}

    def shortcut(self, callback: str, *, user: str = "U1") -> Json:
        """A global shortcut."""
        number = next(self._ids)
        return {
            "type": "shortcut",
            "callback_id": callback,
            "trigger_id": f"1.2.{number}",
            "user": {"id": user, "team_id": self.team},
            "team": {"id": self.team},
        }

    def message_shortcut(self, text: str, *, user: str = "U1", channel: str = "C1") -> Json:
        """A shortcut on somebody's message."""
        body = self.shortcut("ask_message", user=user)
        message = {"type": "message", "user": "U5", "text": text, "ts": "1700000000.000200"}
        where = {"channel": {"id": channel}, "response_url": self.response_url(next(self._ids))}
        return body | {"type": "message_action", "message": message, **where}

    def home_opened(self, *, user: str = "U1", tab: str = "home") -> Json:
        """A person opens a tab of the app."""
        return self.event({"type": "app_home_opened", "user": user, "channel": self.chat_of(user), "tab": tab})

    def response_url(self, number: int) -> str:
        """Where a command's or a button's answer may be posted."""
        return f"http://127.0.0.1:{self.port}/response/{number}"

    def chat_of(self, user: str) -> str:
        """The id of a person's chat with the bot."""
        return f"D-{user}"


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """Slack's signature of a body."""
    return "v0=" + hmac.new(secret.encode(), f"v0:{timestamp}:".encode() + body, hashlib.sha256).hexdigest()


def wire(body: Json) -> tuple[bytes, str]:
    """The bytes and the content type with which Slack sends this body: commands and presses are forms."""
    if "command" in body:
        return urlencode(body).encode(), "application/x-www-form-urlencoded"
    if body.get("type") in {"block_actions", "view_submission", "shortcut", "message_action"}:
        return urlencode({"payload": json.dumps(body)}).encode(), "application/x-www-form-urlencoded"
    return json.dumps(body).encode(), "application/json"
