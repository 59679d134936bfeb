"""Feedback on an answer: thumbs up, thumbs down, or "that's wrong" with what was wrong.

Offered in private chats only, where nobody else can press the button. The stored count has the intent and the rule of
the answer, and nothing about the person. A message that the bot did not understand is given to the operator only if the
person has first seen what would be stored.
"""

from __future__ import annotations

import contextlib

from msgspec.structs import replace

from bot.conversation.exchange import ABOUT, RIGHT, RULE, WRONG, Exchange, Parts, about_of
from bot.conversation.state import Asked
from bot.errors import StoreError
from bot.message import Private
from bot.ops.figures import DAYS, OUTCOMES, Ratings, Sentences
from bot.pack import template_of

_WAS = "was"
_OURS = frozenset({_WAS, ABOUT, RULE})
SENTENCE, KEEP = "feedback.sentence", "feedback.keep"
"""The intents to see what would be stored of a message that was not understood, and to agree."""
_THUMBS = {RIGHT: "right", WRONG: "wrong"}


class Feedback:
    """Counts feedback, and stores the sentences that people give."""

    def __init__(self, parts: Parts, ratings: Ratings, sentences: Sentences) -> None:
        self._pack, self._ratings, self._sentences = parts.pack, ratings, sentences

    async def answer(self, exchange: Exchange, asked: Asked) -> Private:
        """Return what would be stored of a message that was not understood; or store it, and say so.

        No words if it has expired.

        Raises:
            StoreError: it is not stored.
        """
        memory, kept = exchange.memory, False
        key, words = memory.unread or ("", "")
        if asked.arguments.get("key") != key:
            key, words = "", ""
        if asked.intent == KEEP:
            kept = bool(key) and await self._sentences.keep(words, memory.language or asked.language)
            exchange.memory = replace(memory, unread=None)
        values = {"words": words, "key": key, "kept": kept, "days": DAYS}
        return self._pack.reply(Private, asked.intent, template_of(asked.intent), values, asked.language)

    async def heard(self, exchange: Exchange, asked: Asked) -> Asked:
        """Count feedback on an answer. Return the question to go on with.

        "That's wrong" is about the last answer. The reply to it knows which; a question of a button under that reply
        does not.
        """
        outcome = _THUMBS.get(asked.intent) or asked.arguments.get(_WAS)
        if outcome not in OUTCOMES:
            return asked
        message, memory = exchange.message, exchange.memory
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
