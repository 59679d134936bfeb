"""Feedback on an answer: thumbs up, thumbs down, or "that's wrong" with what was wrong.

Rating buttons are offered in 1:1 chats only, where nobody else can press them. The counts are stored by intent and rule
of the answer, and contain nothing about the person. A message that the bot did not understand is stored for the
operator only after the person has seen what would be stored, and agrees.
"""

from __future__ import annotations

import contextlib

from msgspec.structs import replace

from bot.conversation.exchange import ABOUT, RIGHT, RULE, WRONG, Exchange, Parts, rating_arguments
from bot.conversation.state import Asked
from bot.errors import StoreError
from bot.message import Private
from bot.ops.figures import DAYS, OUTCOMES, Ratings, Sentences
from bot.pack import template_of

_WAS = "was"
_OURS = frozenset({_WAS, ABOUT, RULE})
SENTENCE, KEEP = "feedback.sentence", "feedback.keep"
"""The intents to show what would be stored of a message that was not understood, and to store it."""
_THUMBS = {RIGHT: "right", WRONG: "wrong"}


class Feedback:
    """Counts ratings of answers, and stores the messages that people give to the operator."""

    def __init__(self, parts: Parts, ratings: Ratings, sentences: Sentences) -> None:
        self._pack, self._ratings, self._sentences = parts.pack, ratings, sentences

    async def answer(self, exchange: Exchange, asked: Asked) -> Private:
        """Return the reply that shows what would be stored of the last message not understood, or store it and say so.

        If the message has expired, the reply shows no words, and nothing is stored.

        Raises:
            StoreError: the message is not stored.
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
        """Count the rating in a question, if it has one. Return the question to answer.

        The answer rated is the one that the question's arguments name, else the last answer. A thumb keeps these
        arguments; the question of any other button loses them.
        """
        outcome = _THUMBS.get(asked.intent) or asked.arguments.get(_WAS)
        if outcome not in OUTCOMES:
            return asked
        message, memory = exchange.message, exchange.memory
        last = rating_arguments(memory.asked, memory) if memory.asked else {}
        about = asked.arguments if ABOUT in asked.arguments else last
        if intent := about.get(ABOUT):
            with contextlib.suppress(StoreError):  # whoever rates an answer reads what comes next all the same
                if message.press is None or await self._ratings.is_first(message.person, message.press):
                    await self._ratings.count(intent, about.get(RULE, ""), outcome, message.person)
        if asked.intent in _THUMBS:
            return replace(asked, arguments={**asked.arguments, **about})
        kept = {name: value for name, value in asked.arguments.items() if value and name not in _OURS}
        return replace(asked, arguments=kept)
