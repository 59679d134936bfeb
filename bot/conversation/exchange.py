"""One message while it is answered; its emergency line, the buttons of its reply, and the dialogue state after it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal

import msgspec
from msgspec.structs import replace

from bot.accounts.accounts import Accounts
from bot.accounts.rows import Access
from bot.conversation.focus import index_in_list, of_named, records_shown
from bot.conversation.provenance import CONNECT, explained, useful, within
from bot.conversation.shown import beside_last
from bot.conversation.state import ENTRY, Asked, Dialogue, Memory, become, typed_label
from bot.delivery.reminders import Interval
from bot.delivery.retention import Retention
from bot.documents.publisher import Publisher
from bot.language.context import RECORD, THOSE
from bot.language.kernel import HELP
from bot.language.reading import Reading, Slot
from bot.message import (
    Action,
    Actions,
    Answered,
    AReply,
    Block,
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
    buttons_of,
    in_rows,
)
from bot.ops.audit import Audit
from bot.ops.entrance import Limits
from bot.ops.metrics import Meter
from bot.pack import Pack, template_of
from bot.payer.budget import MemberCache, Patience
from bot.payer.client import DirectoryClient, MemberClient
from bot.payer.discovery import PayerHealth
from bot.stores.sealed import SealedTable

_A_LIST = 2
_OFFERED = ("choices", "numbers", "texts", "lead", "labels")  # of a dialogue state: what the last reply offers
_MOST_LABELS = 40  # of earlier replies in one conversation
UNREAD = Reading(None, {})
RIGHT, WRONG = "feedback.right", "feedback.wrong"
ABOUT, RULE = "about", "rule"
"""The arguments of a rating button: the intent and the rule of the answer."""


class Several(msgspec.Struct, frozen=True):
    """The values of a slot of an intent that one description may mean."""

    intent: str
    slot: str
    values: tuple[str, ...]


class Exchange(msgspec.Struct):
    """One message while it is answered: the message, the dialogue state, and how the message is understood.

    `heard` is the language of the message, `language` that of the reply, `errors` that of error messages. `unread`
    names the text that asked back, for the metrics; "" if there was an answer. `line` is the emergency line above the
    replies. If there are several questions, `words` is the text of the first, and `further` are the others. `is_asked`
    is True once a question is answered; `connects` if a question that waited for the sign-in may follow.
    `several` are the values that a description in the message may mean; `meant` is True if the description has one
    value in the record.
    """

    message: Message
    memory: Memory = msgspec.field(default_factory=Memory)
    reading: Reading = UNREAD
    heard: Language = "en"
    language: Language = "en"
    errors: Language = "en"
    unread: str = ""
    line: AlarmLine | None = None
    words: str = ""
    further: tuple[str, ...] = ()
    several: Several | None = None
    meant: bool = False
    is_asked: bool = False
    connects: bool = False

    @property
    def known_names(self) -> tuple[tuple[str, str], ...]:
        """The (given, family) names of each person of the asker's sign-in, for the language engine.

        () in shared places, where the reply must not depend on whose records the asker may read.
        """
        link = self.memory.link if self.message.alone else None
        return tuple((one.given, one.family) for one in link.named) if link else ()


class Said(msgspec.Struct, frozen=True):
    """A reply, and what the dialogue state stores about it.

    `asked` is the question that the reply answers, `wants` the slot that the reply asks for. `keeps` is True if the
    previous topic continues (after thanks, help, or a message that was not understood), unless the message names a
    provider, who is then the topic. `slots` are the slots of the intents that the reply's buttons offer, by intent.
    `rates`: the reader may rate the answer. `alone`: the buttons work, and the dialogue state is unchanged (T54).
    """

    reply: Answered
    asked: Asked | None = None
    wants: str | None = None
    keeps: bool = False
    slots: Mapping[str, Mapping[str, Slot]] | None = None
    rates: bool = False
    alone: bool = False


def button_intents(reply: Answered) -> frozenset[str]:
    """Return the intents of a reply's buttons."""
    return frozenset(button.press.intent for button in in_rows(reply.blocks) if button.press)


class Keeper:
    """Assigns ids to a reply's buttons and stores the dialogue state."""

    def __init__(self, pack: Pack, dialogue: Dialogue) -> None:
        self._pack, self._dialogue = pack, dialogue

    async def alone(self, person: Person, reply: AReply) -> AReply:
        """Return the reply with working buttons. The stored dialogue state does not change (T54)."""
        return await self._dialogue.issue(person, reply, self.meaning(None, reply.language))

    async def remember(self, exchange: Exchange, said: Said) -> Answered:
        """Store the dialogue state after a reply, and return the reply with ids in its buttons."""
        message, memory, reply, asked, slots = exchange.message, exchange.memory, said.reply, said.asked, said.slots
        memory = of_named(memory, exchange.reading, self._pack.intents) if said.keeps else memory
        if message.directory_only and isinstance(message.place, OneToOne):  # what would be refused is not offered
            blocks = within(reply.blocks, lambda one: one == CONNECT or self._pack.is_of_member(one))
            reply = replace(reply, blocks=blocks)
        if said.alone:
            return await self.alone(message.person, reply)
        if asked:
            asked = beside_last(memory, self._with_named(asked, reply))
            asked = replace(asked, chose=memory.chose(asked))
        # A button without a question before it is about the person of whom the conversation speaks.
        meaning = self.meaning(asked or Asked("", whose=memory.current), reply.language, slots)
        # Words may ask for a part of an answer, and then its button leads to the whole of it.
        here = replace(asked, arguments=said.asked.arguments) if asked and said.asked and message.press else None
        connected = message.alone and memory.link is not None  # where others read, nothing depends on it
        blocks = useful(reply, here, meaning, connected=connected)
        offers = offered(blocks, meaning)
        rates = said.rates and not asks_back(blocks)
        rating = rating_of(self._pack, message, asked, offers) if rates and asked else reply.rating
        reply = replace(reply, blocks=explained(reply.intent, blocks), rating=rating)
        issued, presses = self._dialogue.with_ids(message.person, reply, meaning)
        listed = memory.choices and len(offers.choices) < _A_LIST
        at = index_in_list(memory, asked) if listed and asked else None
        if at is not None or (said.keeps and not offers.choices):
            lead = memory.lead if at is None else at + 1
            offers = replace(offers, choices=memory.choices, numbers=memory.numbers, texts=memory.texts, lead=lead)
        elsewhere = isinstance(message.place, Shared) and isinstance(reply, Private)
        if elsewhere:
            offers = Memory()  # a follow-up here must not tell whether there was an answer in the private chat
        if said.keeps:
            offers = replace(offers, labels={**memory.labels, **offers.labels})
        older = [pair for pair in {**memory.older, **memory.labels}.items() if pair[0] not in offers.labels]
        kept = replace(
            memory if said.keeps else self._next(memory, asked, None if elsewhere else reply, offers),
            **{name: getattr(offers, name) for name in _OFFERED},
            wants=memory.wants if said.keeps else said.wants,
            language=reply.language,
            older=dict(older[-_MOST_LABELS:]),
            misses=0 if asked is not None and memory.asked is not asked else memory.misses,
            link=None,
        )
        await self._dialogue.remember(message, kept, presses, getattr(issued, "record", None))
        return replace(issued, record=None) if isinstance(issued, Private) else issued

    def after(self, memory: Memory, asked: Asked, reply: Answered) -> Memory:
        """Return the dialogue state after a reply, for the next question of the same message. Nothing is stored."""
        told = self._with_named(asked.alone, reply)
        offers = offered(reply.blocks, self.meaning(told, reply.language))
        known = {name: getattr(offers, name) for name in _OFFERED}
        after = self._next(memory, told, reply, offers)
        return replace(after, **known, language=reply.language)

    def _next(self, memory: Memory, asked: Asked | None, reply: Answered | None, offers: Memory) -> Memory:
        """Return the state after an answer with its topic and records. `reply` is None if it was posted elsewhere."""
        shown = records_shown(reply, asked, self._pack.intents, offers, memory)
        spoken = tuple(dict.fromkeys((*([asked.whose] if asked and asked.whose else ()), *memory.spoken)))
        topics = {"asked": asked, "earlier": memory.topics(asked), "spoken": spoken}
        return replace(memory, wants=None, unread=None, term="", **topics, **shown)

    def _with_named(self, asked: Asked, reply: Answered) -> Asked:
        """Return the question as it was answered, with the values that the answer found (`reply.named`).

        Several values of a slot are separated by "; ".
        """
        told = self._pack.intents.get(reply.intent)
        asked = replace(asked, intent=reply.intent) if told and told.needs == "directory" else asked
        heard = self._pack.intents[asked.intent].heard if reply.named else {}
        values = {name: tuple(one.split("; ")) for name, one in reply.named.items() if name in heard}
        slots = {name: Slot(one[0], one[0], values=one if one[1:] else ()) for name, one in values.items()}
        others = {name: one for name, one in reply.named.items() if name not in {*heard, THOSE}}
        return replace(asked, slots={**asked.slots, **slots}, arguments={**asked.arguments, **others})

    def meaning(
        self, after: Asked | None, language: Language, said_slots: Mapping[str, Mapping[str, Slot]] | None = None
    ) -> Callable[[Press], Asked]:
        """Return a function from a button to its question.

        `after` is the question above the buttons, `said_slots` are the slots of the intents offered, by intent. The
        question of a button is made once.
        """
        made: dict[int, tuple[Press, Asked]] = {}

        def meaning(press: Press) -> Asked:
            if (key := id(press)) not in made:
                made[key] = press, meant(press)  # the button is kept, so that no other has its id
            return made[key][1]

        def meant(press: Press) -> Asked:
            rules, above = self._pack.intents.get(press.intent), after
            if press.intent == HELP:  # it is about nobody's record
                above = None
            elif said_slots is not None and press.intent in said_slots:
                above = Asked(press.intent, slots=said_slots[press.intent], whose=after.whose if after else "")
            return become(press, above, language, rules.slots if rules else ())

        return meaning


_END_OF_NAME = re.compile(r" · |: |\n")


def offered(blocks: Sequence[Block], become: Callable[[Press], Asked]) -> Memory:
    """Return a `Memory` of what a reply offers: its list entries, its buttons by label, and the record shown."""
    listed: dict[int, tuple[Asked, str]] = {}
    labels: dict[str, Asked] = {}
    for block in blocks:
        asks = [(action.label, become(action.press)) for action in buttons_of(block) if action.press is not None]
        if isinstance(block, Item):
            slots = {"number": Slot("", block.number), "entry": Slot("", block.text)}
            listed[block.number] = asks[0][1] if asks else Asked(ENTRY, slots), block.text
        for label, asked in asks:
            labels.setdefault(typed_label(label), asked)
    choices, texts = tuple(asked for asked, _ in listed.values()), tuple(text for _, text in listed.values())
    above = " ".join(one.text for one in blocks if isinstance(one, Line))
    named = [at for at, text in enumerate(texts, 1) if _END_OF_NAME.split(text)[0] in above]
    lead = 1 if len(choices) == 1 else named[0] if len(named) == 1 else 0
    # Of several records that were shown the one in most buttons is meant; one that only `opens` does not count.
    shown = [] if any("id" in one.arguments for one in choices) else [one.arguments for one in labels.values()]
    often = Counter(one["id"] for one in shown if "id" in one and "opens" not in one)
    first, second = ([*often.most_common(2), (None, 0), (None, 0)])[:2]
    record = first[0] if first[1] != second[1] else None
    return Memory(choices=choices, numbers=tuple(listed), texts=texts, lead=lead, labels=labels, record=record)


class Parts:
    """What all steps of answering share: the bot itself. `now` returns the local time.

    `member` makes the client for one member's record; `help_desk` is its channel and its mail address, both may be "".
    """

    pack: Pack
    table: SealedTable
    accounts: Accounts
    audit: Audit
    dialogue: Dialogue
    keeper: Keeper
    meter: Meter
    retention: Retention
    publisher: Publisher
    directory: DirectoryClient
    member: Callable[[Person, Access], MemberClient]
    recent: MemberCache
    health: Callable[[], Awaitable[PayerHealth]]
    patience: Patience
    clock: Callable[[], float]
    now: Callable[[], datetime]
    limits: Limits
    interval: Interval
    member_answers: Literal["dm", "off"]
    help_desk: tuple[str, str]


def asks_back(blocks: Iterable[Block]) -> bool:
    """Return whether a reply is one line with a question, besides notes and buttons, and so cannot be rated."""
    told = [block for block in blocks if not isinstance(block, Actions | Note)]
    return len(told) == 1 and isinstance(told[0], Line) and "?" in told[0].text


def rating_of(pack: Pack, message: Message, asked: Asked, offers: Memory) -> Rating | None:
    """Return the two rating buttons of a looked-up answer in a 1:1 chat; None otherwise, or if the pack has none.

    Each button names the answer it rates, so that it stays valid later. `offers` are the buttons of the answer.
    """
    looked_up = asked.intent in pack.answers and WRONG in pack.intents
    if not looked_up or not isinstance(message.place, OneToOne):
        return None
    about = rating_arguments(asked, offers)
    return Rating(Action("right", "", press=Press(RIGHT, about)), Action("wrong", "", press=Press(WRONG, about)))


def rating_arguments(asked: Asked, shown: Memory) -> dict[str, str]:
    """Return the arguments of a rating button: the answer's intent, its rule, and the id of the record shown."""
    about = {ABOUT: asked.intent, RULE: asked.rule or ""}
    return {**about, RECORD: shown.record} if shown.record else about


DANGER, _WHERE_CARE_IS, _POISON = "safety.", "facility_type", "poison"
_ASKS_POISON_CONTROL = ("poison control", "envenenamiento")


def endangered(pack: Pack, exchange: Exchange) -> Answered | Said | None:
    """Return the reply to an emergency that replaces any other answer; None for all other messages."""
    reading, intent = exchange.reading, exchange.reading.intent or ""
    if intent.startswith(DANGER):
        lines = {"lines": reading.lines, "beside": False}
        reply = pack.reply(Shareable, intent, template_of(intent), lines, exchange.heard)
        return Said(reply, keeps=True) if button_intents(reply) else reply
    return _for_now(pack, exchange) if reading.alarm is not None else None


def _for_now(pack: Pack, exchange: Exchange) -> Said | None:
    """Return the emergency line with a button for the question; None if the question is answered below the line.

    The question is not answered if the danger is present, and the line is about poison or the question searches the
    directory for anything but a type of facility, such as emergency rooms. In shared places the question is answered,
    because no button there may offer a member question. The line itself answers a question about Poison Control.
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
    lines = {"lines": reading.lines, "beside": False}
    reply = pack.reply(Shareable, kind, template_of(kind), lines, language, to_asker=True, alarm=kind)
    also = pack.render("also", {"questions": asked, "first": True}, language)
    slots = {str(reading.intent): reading.slots}
    return Said(replace(reply, blocks=(*reply.blocks, *also)), keeps=True, slots=slots)


class AlarmLine:
    """The line above each reply to a message that has a sign of an emergency and a question.

    In a shared place, if the answer goes to the 1:1 chat, the line is also posted there, for the writer alone. If there
    is no answer, the line precedes the error. The line begins with "if", unless the emergency is happening now.
    """

    def __init__(self, pack: Pack, reading: Reading, kind: str, language: Language, message: Message) -> None:
        values, template = {"lines": reading.lines, "beside": not reading.present}, template_of(kind)
        self.alone = pack.reply(Shareable, kind, template, values, language, final=False, to_asker=True, alarm=kind)
        self._told = isinstance(message.place, OneToOne)

    def above(self, reply: Answered) -> tuple[Answered, ...]:
        """Return the reply below the line, as messages to send; in a shared place, the line alone is sent first."""
        line = self.alone
        under = replace(reply, blocks=(*line.blocks, *reply.blocks), alarm=line.alarm, rating=None)
        if self._told or isinstance(reply, Shareable):
            return (under,)
        self._told = True
        return line, under
