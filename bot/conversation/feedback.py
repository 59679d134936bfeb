"""What a person says of an answer: a thumb up or down, or "that's wrong"; and what was wrong with it.

Only a private chat offers it: a button there is its reader's own. The count holds the answer's intent and rule, and
nothing of who rated it. What was not understood is given to the operator only by who has read what is kept of it.
"""

from __future__ import annotations

import contextlib
from dataclasses import replace

from bot.conversation.exchange import ABOUT, RIGHT, RULE, WRONG, about_of
from bot.conversation.state import Asked, Memory
from bot.errors import StoreError
from bot.message import Message
from bot.ops.ratings import OUTCOMES, Ratings
from bot.ops.sentences import DAYS, Sentences

_WAS = "was"
_OURS = frozenset({_WAS, ABOUT, RULE})
SENTENCE, KEEP = "feedback.sentence", "feedback.keep"
"""To see what would be kept of what was not understood, and to agree."""
_THUMBS = {RIGHT: "right", WRONG: "wrong"}


class Feedback:
    """Counts what is said of answers, and keeps the sentences that are given."""

    def __init__(self, ratings: Ratings, sentences: Sentences) -> None:
        self._ratings, self._sentences = ratings, sentences

    async def given(self, asked: Asked, memory: Memory) -> dict[str, object]:
        """What the reply to a given sentence tells: its words, and whether it is kept; no words where it is over.

        Raises:
            StoreError: it is not kept.
        """
        key, words = memory.unread or ("", "")
        if not key or asked.arguments.get("key") != key:
            return {"words": "", "key": "", "kept": False, "days": DAYS}
        kept = asked.intent == KEEP and await self._sentences.keep(words, memory.language or asked.language)
        return {"words": words, "key": key, "kept": kept, "days": DAYS}

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
                    await self._ratings.count(intent, about.get(RULE, ""), outcome, message.person)
        if asked.intent in _THUMBS:
            return replace(asked, arguments={**asked.arguments, **about})
        kept = {name: value for name, value in asked.arguments.items() if value and name not in _OURS}
        return replace(asked, arguments=kept)
