"""The state of one message while it is answered, and the dialogue state that it leaves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from bot.conversation import alarm
from bot.conversation.followups import is_of_list, record_after
from bot.conversation.own_words import older
from bot.conversation.owner import current
from bot.conversation.state import Asked, Dialogue, Memory, become, offered
from bot.language.context import RECORD
from bot.language.kernel import HELP
from bot.language.reading import Reading, Slot
from bot.message import (
    Action,
    Actions,
    Answered,
    Language,
    Message,
    OneToOne,
    Person,
    Press,
    Private,
    Rating,
    Shared,
)
from bot.pack import Pack

_A_LIST = 2
RIGHT, WRONG = "feedback.right", "feedback.wrong"
ABOUT, RULE = "about", "rule"
"""What a thumb carries of its answer."""


@dataclass(slots=True)
class Course:
    """The state of one message: dialogue state, the line of danger above its replies, the language of errors.

    `is_asked` once a question is being answered; `connects` when a kept question may follow the step.
    """

    message: Message
    memory: Memory = field(default_factory=Memory)
    language: Language = "en"
    line: alarm.AlarmLine | None = None
    is_asked: bool = False
    connects: bool = False

    def above(self, reply: Answered) -> tuple[Answered, ...]:
        """The reply under the line of danger, where there is danger."""
        return self.line.above(reply) if self.line is not None else (reply,)

    def around(self, problem: Private) -> tuple[Answered, ...]:
        """The words of an error: under the line of danger, or behind it when there was no question to answer."""
        if self.line is None or self.is_asked:
            return self.above(problem)
        return self.line.alone, problem


def asks_more(reply: Answered) -> bool:
    """Whether a reply has buttons of ours, whose ids and words are to be kept."""
    return any(button.press for block in reply.blocks if isinstance(block, Actions) for button in block.buttons)


class Keeper:
    """Issues opaque ids for a reply's buttons and stores the dialogue state."""

    def __init__(self, pack: Pack, dialogue: Dialogue) -> None:
        self._pack, self._dialogue = pack, dialogue

    async def alone(self, person: Person, reply: Private) -> Private:
        """The reply with working buttons. The stored dialogue state does not change (T54)."""
        meaning = self.meaning(None, reply.language)
        return replace(reply, blocks=await self._dialogue.issue_buttons(person, reply.blocks, meaning))

    async def endangered(
        self, message: Message, memory: Memory, reading: Reading, heard: Language, language: Language
    ) -> Answered | None:
        """The reply to a message of danger that nothing else is answered with; None for any other message."""
        if danger := alarm.instead(self._pack, reading, heard):
            return danger
        stop = alarm.for_now(self._pack, reading, language, message)
        slots = {str(reading.intent): reading.slots}
        return await self.remember(message, memory, stop, keeps=memory, slots=slots) if stop else None

    async def remember(
        self,
        message: Message,
        memory: Memory,
        reply: Answered,
        asked: Asked | None = None,
        *,
        wants: str | None = None,
        keeps: Memory | None = None,
        rates: bool = False,
        slots: Mapping[str, Mapping[str, Slot]] | None = None,
    ) -> Answered:
        """Issue opaque ids for the buttons and store the dialogue state.

        `keeps` is the memory of a topic that this reply does not end (thanks, help, what was not understood). `slots`
        are what a message said for each intent that it could have meant: the button of a reading takes them along.
        `rates`: the reply is an answer, which its reader may rate.
        """
        # A button without a question before it is about the person of whom the conversation speaks.
        meaning = self.meaning(asked or Asked("", whose=current(memory)), reply.language, slots)
        offers = offered(reply.blocks, meaning)
        if rates and asked is not None:
            reply = replace(reply, rating=rating_of(self._pack, message, asked, offers))
        issued, presses = self._dialogue.number(message.person, reply, meaning)
        kept_list = keeps is not None and not offers.choices and not offers.entries
        if kept_list or (asked is not None and len(offers.choices) < _A_LIST and is_of_list(memory, asked)):
            offers = replace(offers, choices=memory.choices, numbers=memory.numbers, entries=memory.entries)
        if isinstance(message.place, Shared) and isinstance(reply, Private):
            offers = Memory()  # a follow-up here must not tell whether there was an answer in the private chat
        if keeps is not None:
            offers = replace(offers, labels={**keeps.labels, **offers.labels})
        kept = replace(
            offers,
            asked=keeps.asked if keeps is not None else asked,
            earlier=keeps.earlier if keeps is not None else memory.topics(asked),
            record=record_after(offers, asked, keeps),
            wants=keeps.wants if keeps is not None else wants,
            language=reply.language,
            choice=memory.choice,
            whose=memory.whose,
            spoken=memory.spoken_after(asked),
            met=memory.met,
            older=older(memory),
            misses=0 if asked is not None and memory.asked is not asked else memory.misses,
        )
        await self._dialogue.remember(message, kept, presses, getattr(issued, "record", None))
        return replace(issued, record=None) if isinstance(issued, Private) else issued

    def meaning(
        self, after: Asked | None, language: Language, said_slots: Mapping[str, Mapping[str, Slot]] | None = None
    ) -> Callable[[Press], Asked]:
        """What a button under a reply asks; `said_slots` are what was said for each intent that was offered."""

        def meaning(press: Press) -> Asked:
            rules = self._pack.intents.get(press.intent)
            names = rules.slots if rules else ()
            if press.intent == HELP:  # it is about nobody's record
                return become(press, None, language, names)
            if said_slots is None or press.intent not in said_slots:
                return become(press, after, language, names)
            heard = Asked(press.intent, slots=said_slots[press.intent], whose=after.whose if after else "")
            return become(press, heard, language, names)

        return meaning


def rating_of(pack: Pack, message: Message, asked: Asked, offers: Memory) -> Rating | None:
    """The two buttons under an answer that was looked up in a private chat, by a pack that asks what was wrong.

    Each carries what it is about, so that it means the same tomorrow. `offers` are what the answer shows.
    """
    looked_up = asked.intent in pack.answers and WRONG in pack.intents
    if not looked_up or not isinstance(message.place, OneToOne):
        return None
    about = about_of(asked, offers)
    return Rating(Action("right", "", press=Press(RIGHT, about)), Action("wrong", "", press=Press(WRONG, about)))


def about_of(asked: Asked, shown: Memory) -> dict[str, str]:
    """The answer to a question as a button carries it: with its record, the first where its buttons name several."""
    about, record = {ABOUT: asked.intent, RULE: asked.rule or ""}, shown.record
    for one in () if shown.choices else shown.labels.values():
        record = record or one.arguments.get(RECORD)
    return {**about, RECORD: record} if record else about


def why_refused(message: Message) -> str:
    """The template that says why somebody gets answers from the directory only."""
    return "problems/unnamed" if message.unnamed else "problems/directory_only"
