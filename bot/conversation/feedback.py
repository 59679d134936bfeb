"""What a person says of an answer: a thumb up or down, or "that's wrong"; and what was wrong with it.

Only a private chat offers it: a button there is its reader's own. The count holds the answer's intent and rule, and
nothing of who rated it.
"""

from __future__ import annotations

import contextlib
from dataclasses import replace

from bot.conversation.exchange import ABOUT, RIGHT, RULE, WRONG, about_of
from bot.conversation.state import Asked, Memory
from bot.errors import StoreError
from bot.message import Message
from bot.ops.ratings import OUTCOMES, Ratings

_WAS = "was"
_OURS = frozenset({_WAS, ABOUT, RULE})
_THUMBS = {RIGHT: "right", WRONG: "wrong"}


class Feedback:
    """Counts what is said of answers."""

    def __init__(self, ratings: Ratings) -> None:
        self._ratings = ratings

    async def heard(self, message: Message, asked: Asked, memory: Memory) -> Asked:
        """The question as it goes on, counted where it tells what somebody thinks of an answer.

        "That's wrong" is about the last answer. The reply to it goes on to know what it is about; what a button under
        that reply asks does not.
        """
        outcome = _THUMBS.get(asked.intent) or asked.arguments.get(_WAS)
        if outcome not in OUTCOMES:
            return asked
        last = about_of(memory.asked, memory) if memory.asked else {}
        about = asked.arguments if ABOUT in asked.arguments else last
        if intent := about.get(ABOUT):
            with contextlib.suppress(StoreError):  # whoever rates an answer reads what comes next all the same
                if message.press is None or await self._ratings.is_first(message.person, message.press):
                    await self._ratings.count(intent, about.get(RULE, ""), outcome)
        if asked.intent in _THUMBS:
            return replace(asked, arguments={**asked.arguments, **about})
        kept = {name: value for name, value in asked.arguments.items() if value and name not in _OURS}
        return replace(asked, arguments=kept)
