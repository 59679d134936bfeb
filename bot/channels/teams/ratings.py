"""Thumbs under private answers. A press opens a dialog: thanks, or "What was wrong?" with a button for each cause.

Teams sends the id of the rated message and nothing of ours, so the two buttons of an answer are stored by message, for
its reader only. Teams' own dialog would ask for text, which is not stored.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

from bot.channels.base import Answers, Body
from bot.channels.teams.incoming import LONGEST_ID, Incoming, language_of, said, word
from bot.channels.teams.notices import Notices
from bot.channels.teams.people import People
from bot.errors import StoreError
from bot.message import Answered, OneToOne, Person, Rating
from bot.replies.cards import TYPE, pages, submitting
from bot.replies.plain import plain
from bot.stores.sealed import SealedTable

_KIND, _KEPT = "teams_rating", 86_400.0  # seconds for which a button can be pressed
_SECONDS = 4.0  # Teams waits five
_LONGEST = 4_000

Dialog = dict[str, Any]
KeepIncoming = Callable[[Incoming], Awaitable[None]]


class Thumbs:
    """Stores the buttons of answers, and handles presses. `keep` has a button of the dialog answered in the chat."""

    def __init__(
        self, table: SealedTable, answers: Answers, people: People, notices: Notices, keep: KeepIncoming
    ) -> None:
        self._table, self._answers, self._people, self._notices = table, answers, people, notices
        self._keep = keep

    async def note(self, person: Person, place: OneToOne, message: str, rating: Rating) -> None:
        """Store what the thumbs under a message press. Without it, a press reports that the button has expired."""
        kept = json.dumps({"like": rating.right.id, "dislike": rating.wrong.id}).encode()
        key = _key(person.team, person.user, place.conversation, message)
        with suppress(StoreError):
            await self._table.put(_KIND, key, kept, expires=time.time() + _KEPT, owner=person.key)

    async def open(self, body: Body) -> Dialog:
        """Return what a client shows when a thumb is pressed: the answer to its button."""
        reaction = word(body, "value", "data", "actionValue", "reaction")
        incoming = said(body, "", await self._press_of(body, reaction))
        reply = await self._answered(incoming) if incoming is not None and incoming.press else None
        if reply is None:
            return told(self._notices.text("old_button", language_of(body)))
        card = submitting(pages(reply)[0].card)
        if card == pages(reply)[0].card:
            return told(plain(reply.blocks))
        value = {"width": "small", "height": "small", "card": {"contentType": TYPE, "content": card}}
        return {"task": {"type": "continue", "value": value}}

    async def take(self, body: Body) -> None:
        """Have a button of the dialog answered in the chat; if it was not our dialog, the thumb's button.

        A client that does not support our dialog shows Teams' own, and sends the typed text, which is ignored.
        """
        press = _pressed_in(word(body, "value", "actionValue", "feedback"))
        press = press or await self._press_of(body, word(body, "value", "actionValue", "reaction"))
        incoming = said(body, "", press)
        if incoming is not None and incoming.press and incoming.personal:
            await self._keep(incoming)

    async def _press_of(self, body: Body, reaction: str) -> str | None:
        """Return the button behind a thumb under the message; None if the message is no answer to its sender."""
        incoming = said(body, "")
        if incoming is None or not incoming.personal:
            return None
        message = word(body, "replyToId")
        kept = await self._table.get(_KIND, _key(incoming.tenant, incoming.user, incoming.conversation, message))
        return word(json.loads(kept), reaction) or None if kept else None

    async def _answered(self, incoming: Incoming) -> Answered | None:
        """Return the answer to a press without posting it."""
        asked, found = await self._people.message(incoming), None
        with suppress(TimeoutError):
            async with asyncio.timeout(_SECONDS):
                async for reply in self._answers.answer(asked):
                    found = reply
        return found


def _pressed_in(feedback: str) -> str | None:
    with suppress(ValueError, RecursionError):
        return word(json.loads(feedback[:_LONGEST]), "press")[:LONGEST_ID] or None
    return None


def told(text: str) -> Dialog:
    """Return a text in place of a dialog."""
    return {"task": {"type": "message", "value": text}}


def _key(tenant: str, user: str, conversation: str, message: str) -> str:
    parts: Mapping[str, str] = {"tenant": tenant, "user": user, "conversation": conversation, "message": message}
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
