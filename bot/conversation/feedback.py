"""What a person says of an answer: a thumb up or down, or "that's wrong"; and what was wrong with it.

Only a private chat offers it: a button there is its reader's own. The count holds the answer's intent and rule, and
nothing of who rated it.
"""

from __future__ import annotations

import contextlib
from dataclasses import replace

from bot.conversation.state import Asked, Memory
from bot.errors import StoreError
from bot.language.context import RECORD
from bot.message import Action, Message, OneToOne, Press, Rating
from bot.ops.ratings import OUTCOMES, Ratings
from bot.pack import Pack

RIGHT, WRONG = "feedback.right", "feedback.wrong"
_WAS, _ABOUT, _RULE = "was", "about", "rule"
_OURS = frozenset({_WAS, _ABOUT, _RULE})
_THUMBS = {RIGHT: "right", WRONG: "wrong"}


def is_offered(pack: Pack, message: Message, asked: Asked | None) -> bool:
    """Whether the answer to this question can be rated: looked up, in a private chat, by a pack that asks back."""
    looked_up = asked is not None and asked.intent in pack.answers
    return looked_up and WRONG in pack.intents and isinstance(message.place, OneToOne)


def rating_of(asked: Asked, offers: Memory) -> Rating:
    """The two buttons under an answer. Each carries what it is about, so that it means the same tomorrow.

    `offers` are what the answer shows.
    """
    about = _about(asked, offers)
    return Rating(*(Action(thumb, "", press=Press(intent, about)) for intent, thumb in _THUMBS.items()))


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
        last = _about(memory.asked, memory) if memory.asked else {}
        about = asked.arguments if _ABOUT in asked.arguments else last
        if intent := about.get(_ABOUT):
            with contextlib.suppress(StoreError):  # whoever rates an answer reads what comes next all the same
                if message.press is None or await self._ratings.is_first(message.person, message.press):
                    await self._ratings.count(intent, about.get(_RULE, ""), outcome)
        if asked.intent in _THUMBS:
            return replace(asked, arguments={**asked.arguments, **about})
        kept = {name: value for name, value in asked.arguments.items() if value and name not in _OURS}
        return replace(asked, arguments=kept)


def _about(asked: Asked, shown: Memory) -> dict[str, str]:
    """The answer to a question as a button carries it: with its record, the first where its buttons name several."""
    named = [] if shown.choices else [one.arguments[RECORD] for one in shown.labels.values() if RECORD in one.arguments]
    record = shown.record or next(iter(named), None)
    return {_ABOUT: asked.intent, _RULE: asked.rule or "", **({RECORD: record} if record else {})}
