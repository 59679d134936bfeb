"""Cards that request their current content when their own person looks at them again, in 1:1 chats only.

The person is taken from the activity, not from the card; for anybody else nothing has changed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from bot.channels.base import Body
from bot.channels.teams.incoming import Incoming, language_of, read_press
from bot.channels.teams.notices import Notices
from bot.channels.teams.people import People
from bot.message import Message, Private
from bot.replies.cards import TYPE, AdaptiveCard, pages, renewing

RenewCard = Callable[[Message], Awaitable[Private | None]]
_SECONDS = 4.0  # a client waits for ten, and shows the card as it was meanwhile
MESSAGE = "application/vnd.microsoft.activity.message"


class Renewals:
    """Answers a card's request with the card that replaces it."""

    def __init__(self, people: People, notices: Notices, renew: RenewCard) -> None:
        self._people, self._notices, self._renew = people, notices, renew

    async def answer(self, body: Body) -> dict[str, Any]:
        """Return the new card; or that nothing has changed, which is all that other people learn."""
        incoming = read_press(body)
        if incoming is not None and incoming.personal:
            try:
                async with asyncio.timeout(_SECONDS):
                    card = await self._card(incoming)
            except TimeoutError:
                card = None
            if card is not None:
                return {"statusCode": 200, "type": TYPE, "value": card}
        return {"statusCode": 200, "type": MESSAGE, "value": self._notices.text("nothing_new", language_of(body))}

    async def _card(self, incoming: Incoming) -> AdaptiveCard | None:
        reply = await self._renew(await self._people.message(incoming))
        if reply is None or incoming.press is None:
            return None
        return renewing(pages(reply)[0].card, incoming.press, incoming.sender)
