"""One message while it is answered, the reply to danger in its place or above it, its buttons, and what is kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from bot.conversation.followups import is_of_list
from bot.conversation.owner import current
from bot.conversation.state import Asked, Dialogue, Memory, become, offered
from bot.language.context import RECORD
from bot.language.kernel import HELP
from bot.language.reading import Reading, Slot
from bot.message import (
    SOURCES,
    Action,
    Actions,
    Answered,
    AReply,
    Block,
    Facts,
    Item,
    Language,
    Line,
    Message,
    Note,
    OneToOne,
    Person,
    Press,
    Private,
    Rating,
    Shareable,
    Shared,
    Title,
)
from bot.pack import Pack, template_of

ButtonMeaning = Callable[[Press], Asked]
_CONNECT = "account.link"
_TOLD = re.compile(
    r"\$\s?\d|\b(?:19|20)\d\d\b|\b\d{1,2} de [a-z]+|\b[A-Z][a-z]{2,8} \d{1,2}\b|[Nn]etwork|\b[Rr]ed(?:es)?\b"
)
"""Money, a date or a network, in either language: what one may want to know the source of."""


def useful(reply: Answered, here: Asked | None, meaning: ButtonMeaning, *, connected: bool) -> tuple[Block, ...]:
    """The reply's blocks without needless buttons. `here` is the question whose whole answer its reader has, if any.

    Whoever is `connected` needs no button for that, except beside what is said of the connection itself.
    """
    seen, kept = [_what(here)] if here else [], list[Block]()
    connected = connected and reply.error is None and not reply.intent.startswith("account.")

    def needed(action: Action) -> bool:
        if action.press is None:
            return True
        what = _what(meaning(action.press))
        if what in seen or (connected and action.press.intent == _CONNECT):
            return False
        seen.append(what)
        return True

    for block in reply.blocks:
        if not isinstance(block, Actions):
            kept.append(block)
        elif row := tuple(filter(needed, block.buttons)):
            kept.append(Actions(row))
    return tuple(kept)


def explained(reply: Answered) -> tuple[Block, ...]:
    """The reply's blocks; "How do you know?" stays only where they tell money, dates or networks."""
    if reply.intent == SOURCES or any(map(_TOLD.search, _words(reply.blocks))):
        return reply.blocks
    rows = (
        Actions(tuple(filter(_no_source, block.buttons))) if isinstance(block, Actions) else block
        for block in reply.blocks
    )
    return tuple(row for row in rows if not isinstance(row, Actions) or row.buttons)


def _no_source(action: Action) -> bool:
    return action.press is None or action.press.intent != SOURCES


def _what(asked: Asked) -> tuple[object, ...]:
    values = {name: (slot.value, slot.excluded, slot.values) for name, slot in asked.slots.items()}
    return asked.intent, values, dict(asked.arguments), asked.whose


def _words(blocks: Iterable[Block]) -> Iterator[str]:
    for block in blocks:
        match block:
            case Title(text):
                yield text
            case Line(spans) | Note(spans):
                yield "".join(span.text for span in spans)
            case Facts(rows):
                yield from (f"{row.label} {row.value}" for row in rows)
            case Item():
                yield block.text


_A_LIST = 2
_MOST_LABELS = 40  # of earlier replies in one conversation
UNREAD = Reading("", None, {}, None, 0.0, "en", 0.0, (), (), unclear=False)
RIGHT, WRONG = "feedback.right", "feedback.wrong"
ABOUT, RULE = "about", "rule"
"""What a thumb carries of its answer."""


@dataclass(slots=True)
class Exchange:
    """One message while it is answered: itself, the conversation's memory, and how it is understood.

    `heard` is the language of its words, `language` that of the reply, `errors` that in which what goes wrong is said.
    `unread` is how it was asked back or not understood, "" for what was answered, for who counts it.
    `line` is the line of danger above its replies. `is_asked` once a question is being answered; `connects` when a kept
    question may follow the step.
    """

    message: Message
    memory: Memory = field(default_factory=Memory)
    reading: Reading = UNREAD
    heard: Language = "en"
    language: Language = "en"
    errors: Language = "en"
    unread: str = ""
    line: AlarmLine | None = None
    is_asked: bool = False
    connects: bool = False

    @property
    def is_pressed(self) -> bool:
        """Whether a button asks, not words."""
        return self.message.press is not None

    def above(self, reply: Answered) -> tuple[Answered, ...]:
        """The reply under the line of danger, where there is danger."""
        return self.line.above(reply) if self.line is not None else (reply,)

    def around(self, problem: Private) -> tuple[Answered, ...]:
        """The words of an error: under the line of danger, or behind it when there was no question to answer."""
        if self.line is None or self.is_asked:
            return self.above(problem)
        return self.line.alone, problem


@dataclass(frozen=True, slots=True)
class Said:
    """A reply, and what the conversation keeps of it.

    `asked` is the question that it answers, `wants` the slot that it asks for. `keeps`: the topic goes on (thanks,
    help, what was not understood). `slots` are what a message said for each intent that it could have meant: the button
    of a reading takes them along. `rates`: the reply is an answer, which its reader may rate. `alone`: its buttons
    work, and the conversation stays as it was (T54).
    """

    reply: Answered
    asked: Asked | None = None
    wants: str | None = None
    keeps: bool = False
    slots: Mapping[str, Mapping[str, Slot]] | None = None
    rates: bool = False
    alone: bool = False


def asked_by(reply: Answered) -> frozenset[str]:
    """The intents that a reply's buttons ask."""
    buttons = (button for block in reply.blocks if isinstance(block, Actions) for button in block.buttons)
    return frozenset(button.press.intent for button in buttons if button.press)


def asks_more(reply: Answered) -> bool:
    """Whether a reply has buttons of ours, whose ids and words are to be kept."""
    return bool(asked_by(reply))


class Keeper:
    """Issues opaque ids for a reply's buttons and stores the dialogue state."""

    def __init__(self, pack: Pack, dialogue: Dialogue) -> None:
        self._pack, self._dialogue = pack, dialogue

    async def alone(self, person: Person, reply: AReply) -> AReply:
        """The reply with working buttons. The stored dialogue state does not change (T54)."""
        meaning = self.meaning(None, reply.language)
        return replace(reply, blocks=await self._dialogue.issue_buttons(person, reply.blocks, meaning))

    async def remember(self, exchange: Exchange, said: Said) -> Answered:
        """The reply with opaque ids for its buttons, once the dialogue state that it leaves is stored."""
        message, memory, reply, asked, slots = exchange.message, exchange.memory, said.reply, said.asked, said.slots
        if said.alone:
            return await self.alone(message.person, reply)
        keeps = memory if said.keeps else None
        # A button without a question before it is about the person of whom the conversation speaks.
        meaning = self.meaning(asked or Asked("", whose=current(memory)), reply.language, slots)
        # Words may ask for a part of an answer, and then its button leads to the whole of it.
        here = asked if exchange.is_pressed else None
        reply = replace(reply, blocks=useful(reply, here, meaning, connected=_is_connected(exchange)))
        offers = offered(reply.blocks, meaning)
        reply = replace(reply, blocks=explained(reply))
        if said.rates and asked is not None:
            reply = replace(reply, rating=rating_of(self._pack, message, asked, offers))
        issued, presses = self._dialogue.number(message.person, reply, meaning)
        kept_list = keeps is not None and not offers.choices and not offers.entries
        if kept_list or (asked is not None and len(offers.choices) < _A_LIST and is_of_list(memory, asked)):
            offers = replace(offers, choices=memory.choices, numbers=memory.numbers, entries=memory.entries)
        if isinstance(message.place, Shared) and isinstance(reply, Private):
            offers = Memory()  # a follow-up here must not tell whether there was an answer in the private chat
        if keeps is not None:
            offers = replace(offers, labels={**keeps.labels, **offers.labels})
        # The record that the next turn may ask about: of the topic that goes on, of the reply, or of the button.
        shown = keeps.record if keeps else offers.record or (asked.arguments.get(RECORD) if asked else None)
        kept = replace(
            offers,
            asked=keeps.asked if keeps is not None else asked,
            earlier=keeps.earlier if keeps is not None else memory.topics(asked),
            record=shown,
            wants=keeps.wants if keeps is not None else said.wants,
            language=reply.language,
            choice=memory.choice,
            whose=memory.whose,
            spoken=tuple(dict.fromkeys((*([asked.whose] if asked and asked.whose else ()), *memory.spoken))),
            met=memory.met,
            typed=memory.typed,
            unread=memory.unread if keeps is not None else None,
            older=dict(list({**memory.older, **memory.labels}.items())[-_MOST_LABELS:]),
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


def _is_connected(exchange: Exchange) -> bool:
    """Whether a reply here may say, by what it does not offer, that its reader is signed in."""
    return exchange.message.alone and exchange.memory.link is not None


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


DANGER = "safety."
_WHERE_CARE_IS = "facility_type"
_POISON = "poison"
_ASKS_POISON_CONTROL = ("poison control", "envenenamiento")


def endangered(pack: Pack, exchange: Exchange) -> Answered | Said | None:
    """The reply to a message of danger that nothing else is answered with; None for any other message."""
    reading, intent = exchange.reading, exchange.reading.intent or ""
    if intent.startswith(DANGER):
        blocks = _said(pack, intent, reading, exchange.heard, beside=False)
        return Shareable(intent=intent, language=exchange.heard, blocks=blocks)
    return _for_now(pack, exchange) if reading.alarm is not None else None


def _for_now(pack: Pack, exchange: Exchange) -> Said | None:
    """The line of danger with a button for the question; None where the question is answered at once, under the line.

    Whoever tells of poison, or of danger that happens now beside a search of the directory, reads no list, except of
    places of care such as emergency rooms.
    Where others read, no button offers what only a member may ask, so the question is answered as ever. A question
    about Poison Control itself is answered by the line, which says that it is free.
    """
    reading, language = exchange.reading, exchange.language
    kind, intent = reading.alarm, reading.intent or ""
    rules = pack.intents.get(intent)
    searches = rules is not None and rules.needs == "directory" and _WHERE_CARE_IS not in reading.slots
    stops = reading.present and (_POISON in reading.lines or searches)
    if kind is None or not stops or not isinstance(exchange.message.place, OneToOne):
        return None
    told = any(words in reading.text.casefold() for words in _ASKS_POISON_CONTROL)
    asked = () if told else ((intent, reading.slots),)
    blocks = (*_said(pack, kind, reading, language, beside=False), *pack.render("also", {"questions": asked}, language))
    reply = Shareable(intent=kind, language=language, blocks=blocks, to_asker=True, alarm=kind)
    return Said(reply, keeps=True, slots={str(reading.intent): reading.slots})


class AlarmLine:
    """The line above each reply to a message that holds a sign of danger and a question.

    Where others read, what is answered in the person's own chat leaves the line, for the person alone, where they
    wrote. When nothing can be answered, the line is said before the error is. Danger that is told as happening now is
    answered in the words of the whole reply: "if" stands only where the message tells of none.
    """

    def __init__(self, pack: Pack, reading: Reading, kind: str, language: Language, message: Message) -> None:
        blocks = _said(pack, kind, reading, language, beside=not reading.present)
        self.alone = Shareable(intent=kind, language=language, blocks=blocks, final=False, to_asker=True, alarm=kind)
        self._told = isinstance(message.place, OneToOne)

    def above(self, reply: Answered) -> tuple[Answered, ...]:
        """The reply with the line of danger above it, which nobody is asked to rate."""
        line = self.alone
        under = replace(reply, blocks=(*line.blocks, *reply.blocks), alarm=line.alarm, rating=None)
        if self._told or isinstance(reply, Shareable):
            return (under,)
        self._told = True
        return line, under


def _said(pack: Pack, intent: str, reading: Reading, language: Language, *, beside: bool) -> tuple[Block, ...]:
    return pack.render(template_of(intent), {"lines": reading.lines, "beside": beside}, language)
