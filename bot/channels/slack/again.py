"""What is known of an answer that an earlier try may have written: its posts carry an opaque key (F51, F52).

Slack takes no key that makes a second post the same as the first, so the chat itself is read. That is allowed in the
bot's own 1:1 chats only; elsewhere the person is told that an answer may be missing.

Only what is younger than the question is read: a thread's first page is its oldest, and apps outside the Marketplace
get 15 messages a call (docs.slack.dev, changelog of 2025-05-29).
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.channels.slack.codes import GONE, THREADLESS, code_of
from bot.channels.slack.workspace import Workspace
from bot.message import OneToOne

Posted = Literal["whole", "part", "nothing"]
_EVENT = "bcbst_bot_answer"
_A_PAGE = 15


@dataclass(frozen=True, slots=True)
class DeliveryMark:
    """The mark on the posts of one message's answer: a hash of the delivery's id."""

    key: str = ""

    @classmethod
    def of(cls, delivery: str) -> DeliveryMark:
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


async def cleared(here: Workspace, place: OneToOne, mark: DeliveryMark, since: str) -> Posted:
    """How much of an answer stands in a 1:1 chat; parts of it are deleted, so that it can be given anew.

    `since` is the `ts` of the question, or of a moment before it.

    Raises:
        SlackApiError, Unreachable: the chat cannot be read.
    """
    ours: dict[str, bool] = {}
    async for message in _written(here, place, since):
        if (done := mark.done_in(message)) is not None:
            ours[str(message["ts"])] = done
    if any(ours.values()):
        return "whole"
    for ts in ours:
        await _delete(here, place, ts)
    return "part" if ours else "nothing"


async def _written(here: Workspace, place: OneToOne, since: str) -> AsyncIterator[Mapping[str, Any]]:
    """What stands in a thread and, when the thread is gone or there was none, in the chat beside it."""
    if place.thread:
        replies = partial(here.client.conversations_replies, ts=place.thread)
        try:
            async for message in _read(replies, place, since):
                yield message
        except SlackApiError as error:
            if code_of(error) not in THREADLESS:
                raise
        else:
            return
    async for message in _read(here.client.conversations_history, place, since):
        yield message


async def _read(
    call: Callable[..., Awaitable[AsyncSlackResponse]], place: OneToOne, since: str
) -> AsyncIterator[Mapping[str, Any]]:
    cursor = None
    while cursor != "":
        page = await call(
            channel=place.conversation, oldest=since, include_all_metadata=True, limit=_A_PAGE, cursor=cursor
        )
        for message in page.get("messages") or ():
            yield message
        cursor = str((page.get("response_metadata") or {}).get("next_cursor") or "")


async def _delete(here: Workspace, place: OneToOne, ts: str) -> None:
    try:
        await here.client.chat_delete(channel=place.conversation, ts=ts)
    except SlackApiError as error:
        if code_of(error) not in GONE:
            raise
