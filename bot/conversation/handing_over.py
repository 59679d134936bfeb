"""What a person gives the operator: ratings of answers, a message not understood, a question for the help desk.

Rating buttons are offered in 1:1 chats only, where nobody else can press them. The counts are stored by intent and rule
of the answer, and contain nothing about the person. A message that the bot did not understand is stored only after the
person has seen what would be stored, and agrees. A question is sent to the help desk once, in the words that the member
saw and agreed to (T77).
"""

import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Literal

import structlog
from msgspec.structs import replace

from bot.conversation.exchange import ABOUT, RIGHT, RULE, WRONG, Exchange, Parts, Said, rating_arguments
from bot.conversation.state import Asked
from bot.errors import StoreError, Unwritten, new_reference
from bot.language.context import OBJECTS
from bot.message import Answered, Message, Person, Private, Shareable
from bot.ops.figures import DAYS, OUTCOMES, Ratings, Sentences
from bot.pack import template_of
from bot.stores.base import NewRow

_WAS = "was"
_OURS = frozenset({_WAS, ABOUT, RULE})
SENTENCE, KEEP = "feedback.sentence", "feedback.keep"
"""The intents to show what would be stored of a message that was not understood, and to store it."""
_THUMBS = {RIGHT: "right", WRONG: "wrong"}


class Feedback:
    """Counts ratings of answers, and stores the messages that people give to the operator."""

    def __init__(self, parts: Parts) -> None:
        self._pack, self._ratings = parts.pack, Ratings(parts.table.store, parts.meter, parts.now)
        self._sentences = Sentences(parts.table, parts.now)

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


log = structlog.get_logger("handoff")

Post = Callable[[str, Shareable, Person], Awaitable[None]]
"""Post a person's question in the channel with this id.

Raises `Unwritten` if the question was certainly not posted. After any other exception it may have been posted.
"""
HUMAN = "handoff.human"
ASK, SEND, DROP = "handoff.ask", "handoff.send", "handoff.drop"
"""The intents to show what would be sent, to send it, and to decline."""
_MATTER = OBJECTS | {"provider_name", "npi", "network", "appeals", "care", "claim_questions", "claims", "money"}
"""The slot types, and the subjects of concepts, in a request for a human that say what the request is about."""
_KIND, _SENT, _DAY = "handed_over", b"sent", 86_400.0
_LONGEST, MOST = 1_000, 5  # characters of a question; questions of a person in a day

Handed = Literal["sent", "unknown", "refused", "often", "gone"]


class HandingOver:
    """Sends questions to the help desk: to its `channel`, or by the person's own mail to `email`; both may be "".

    At startup, each platform adds to `post` its function to write to its channels.
    """

    def __init__(self, parts: Parts) -> None:
        (self._channel, self._email), self._pack, self._audit = parts.help_desk, parts.pack, parts.audit
        self._store = parts.table.store
        self.post: dict[str, Post] = {}

    @property
    def way(self) -> str:
        """How a question is sent: the platform of the channel, "mail", or "" if there is no help desk."""
        platform = "teams" if self._channel.startswith("19:") else "slack"
        if self._channel and platform in self.post:
            return platform
        return "mail" if self._email else ""

    def noted(self, exchange: Exchange, step: Asked | Said | Answered) -> None:
        """Remember the question that a person typed in their 1:1 chat, in case they ask for a human next.

        Codes, greetings and messages about the account are not remembered.
        """
        message, intent = exchange.message, step.intent if isinstance(step, Asked) else ""
        rules = self._pack.intents.get(intent)
        asks = exchange.unread or (intent and intent != HUMAN and not intent.startswith("account."))
        typed = message.alone and message.origin == "said" and not (exchange.message.press is not None or message.form)
        if self.way and typed and asks and not (rules is not None and rules.small_talk):
            exchange.memory = replace(exchange.memory, typed=message.text)

    def offered(self, exchange: Exchange, asked: Asked) -> Asked:
        """Return the request for a human, with the question to hand over as its argument if there is a help desk.

        The question is the one typed before, or the request itself if it says what it is about.
        """
        if not self.way or not exchange.message.alone:
            return asked
        own = "" if exchange.message.press is not None else exchange.message.text
        tells = any(_MATTER & {cell.cell, cell.name} for cell in exchange.reading.cells)
        words = own if own and (tells or not exchange.memory.typed) else exchange.memory.typed
        return replace(asked, arguments={**asked.arguments, "question": " ".join(words.split())[:_LONGEST]})

    async def answer(self, exchange: Exchange, asked: Asked) -> Private:
        """Return the reply to a person who wants to see what would be sent, agrees to send it, or declines.

        Raises:
            StoreError: nothing was sent.
        """
        message = exchange.message
        told = asked.arguments if message.alone else {}
        reference = told.get("reference") or new_reference()
        letter = {"question": told.get("question", ""), "reference": reference, "person": message.person}
        outcome = await self._sent(message, asked, letter) if asked.intent == SEND else ""
        values = {**letter, "way": self.way, "email": self._email, "outcome": outcome, "most": MOST}
        return self._pack.reply(Private, asked.intent, template_of(asked.intent), values, asked.language)

    async def _sent(self, message: Message, asked: Asked, letter: Mapping[str, object]) -> Handed:
        """Send the question and return the outcome.

        The question is posted once, even if the button is pressed several times or the process is killed (F72).
        """
        person = message.person
        row = NewRow(_KIND, f"{letter['reference']}\x1f{person.key}", b"", time.time() + _DAY, person.key)
        if not letter["question"] or self.way not in self.post:
            return "gone"
        if (known := await self._store.get(_KIND, row.key)) is not None:
            return "sent" if known == _SENT else "unknown"
        if len(await self._store.owned(_KIND, person.key)) >= MOST:
            return "often"
        if not await self._audit.record("handed_over", person, place=message.place, detail=self.way, claims=(row,)):
            return "unknown"
        post = self._pack.reply(Shareable, SEND, "handoff/letter", letter, asked.language)
        outcome = await self._posted(post, person)
        log.info("handing over", outcome=outcome, reference=letter["reference"], channel=self.way)
        with contextlib.suppress(StoreError):  # what is known of it is told, and it is not posted again
            if outcome == "sent":
                await self._store.swap(_KIND, row.key, b"", _SENT)
            elif outcome == "refused":
                await self._store.drop(_KIND, row.key)
        return outcome

    async def _posted(self, letter: Shareable, person: Person) -> Handed:
        try:
            await self.post[self.way](self._channel, letter, person)
        except Unwritten as error:
            log.warning("not handed over", reason=str(error), channel=self.way)
            return "refused"
        except Exception as error:  # noqa: BLE001 -- of many libraries: it may be posted or not
            log.warning("handing over unsure", kind=type(error).__name__, channel=self.way)
            return "unknown"
        return "sent"
