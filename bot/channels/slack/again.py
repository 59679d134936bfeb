"""What is known of an answer that an earlier try may have written: its posts carry an opaque key (F51, F52).

Slack takes no key that makes a second post the same as the first, so the chat itself is read. That is allowed in the
bot's own 1:1 chats only; elsewhere the person is told that an answer may be missing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from bot.channels.slack.workspace import Workspace
from bot.message import Place

Found = Literal["whole", "part", "nothing"]
_EVENT = "bcbst_bot_answer"
_MOST = 50


@dataclass(frozen=True, slots=True)
class Mark:
    """What the posts of one message's answer carry: a hash of the delivery's id, which names nobody."""

    key: str = ""

    @classmethod
    def of(cls, delivery: str) -> Mark:
        """The mark of a delivery."""
        return cls(hashlib.sha256(b"slack\x00" + delivery.encode()).hexdigest()[:32])

    def metadata(self, *, done: bool) -> dict[str, Any]:
        """The argument of a post or an update; `done` on the last page of the last reply, and when it is filled in."""
        if not self.key:
            return {}
        return {"metadata": {"event_type": _EVENT, "event_payload": {"key": self.key, "done": done}}}

    def done_in(self, message: Mapping[str, Any]) -> bool | None:
        """Whether a message of the chat is the end of this answer; None when it is none of its posts."""
        metadata = message.get("metadata") or {}
        payload = metadata.get("event_payload") or {}
        if metadata.get("event_type") != _EVENT or payload.get("key") != self.key:
            return None
        return bool(payload.get("done"))


async def cleared(here: Workspace, place: Place, mark: Mark) -> Found:
    """How much of an answer stands in a 1:1 chat; parts of it are deleted, so that it can be given anew.

    Raises:
        SlackApiError: the chat cannot be read.
    """
    answer = await here.client.conversations_replies(
        channel=place.conversation, ts=place.thread, include_all_metadata=True, limit=_MOST
    )
    own = {message["ts"]: mark.done_in(message) for message in answer.get("messages") or ()}
    ours = {ts: done for ts, done in own.items() if done is not None}
    if any(ours.values()):
        return "whole"
    for ts in ours:
        await here.client.chat_delete(channel=place.conversation, ts=ts)
    return "part" if ours else "nothing"
