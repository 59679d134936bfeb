"""The dialogue state, stored for ten minutes: the last question, what its answer showed, and the questions of buttons.

The state is stored encrypted for one person in one chat or channel thread. No other person or chat can read it.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence

import msgspec
from msgspec.structs import replace

from bot.accounts.rows import LinkRow, PatientCandidate
from bot.language.context import FOCUS, KINDS_OF_CARE, MOST_TOPICS, OF_CLAIMS, RECORD, THOSE, Context
from bot.language.kernel import DANGER, FOLLOW
from bot.language.reading import Slot
from bot.message import Action, AReply, Language, Message, OneToOne, Person, Press, Rating, with_buttons
from bot.stores.base import NewRow
from bot.stores.sealed import SealedTable, read_as

Recorder = Callable[..., Awaitable[bool]]
IDLE_SECONDS, BUTTON_SECONDS, _ZIP_DIGITS = 10 * 60, 24 * 60 * 60, 5
_PLAIN = re.compile(r"(?P<intent>[a-z_]+(?:\.[a-z_]+)?)\.(?P<language>[a-z]{2,3})")
"""Matches the id of a button whose intent has no arguments, as on the Home page. Such a button needs no stored row."""
THERE = re.compile(r"\b(?:there|same (?:area|town|place|zip)|all[ií]|ah[ií]|por ah[ií])\b", re.IGNORECASE)
ENTRY = "answer.entry"
TERM = "term"
"""The slot with a term whose meaning is asked."""
_OF_AN_ANSWER = (FOLLOW, DANGER, "answer.")  # they mean nothing but beside the answer that showed them


class Asked(msgspec.Struct, frozen=True, omit_defaults=True):
    """An understood question: an intent, its slots, and the arguments that a button or a follow-up adds.

    Attributes:
        also: Further intents that the message may have meant, with their slots. They become buttons under the answer.
        unmet: The conditions that the intent's answer ignores, by slot name.
        whose: The Patient id of the record asked about; "" for the record that the account is connected to. The id is
            valid only while the sign-in gives access to that record.
        pronoun: The word that selected the person ("her"). The answer mentions the word.
        chose: The conditions of earlier questions that chose the records which the arguments name, or were replaced.
        text: The text of this question, if the message has several.
        goes_on: The texts of the message's further questions, in order.
    """

    intent: str
    slots: Mapping[str, Slot] = msgspec.field(default_factory=dict)
    arguments: Mapping[str, str] = msgspec.field(default_factory=dict)
    language: Language = "en"
    rule: str | None = None
    score: float = 1.0
    concepts: tuple[str, ...] = ()
    also: Mapping[str, Mapping[str, Slot]] = msgspec.field(default_factory=dict)
    unmet: Mapping[str, Slot] = msgspec.field(default_factory=dict)
    whose: str = ""
    pronoun: str = ""
    chose: Mapping[str, Slot] = msgspec.field(default_factory=dict)
    text: str = ""
    goes_on: tuple[str, ...] = ()

    @property
    def values(self) -> dict[str, object]:
        """The values of the slots with one plain value. Exclusions and several values are in `slots` only."""
        return {name: slot.value for name, slot in self.slots.items() if slot.is_plain}

    @property
    def beside(self) -> dict[str, object]:
        """The values of the ignored conditions, and under `unknown` the words that the pack does not know."""
        unknown = next((slot.text for slot in self.unmet.values() if slot.value == "words"), "")
        return {**{name: slot.value for name, slot in self.unmet.items()}, "unknown": unknown}

    def without(self, *names: str) -> Asked:
        """Return the same question without these slots and ignored conditions."""
        slots, unmet = (
            {one: slot for one, slot in held.items() if one not in names} for held in (self.slots, self.unmet)
        )
        return replace(self, slots=slots, unmet=unmet)

    @property
    def alone(self) -> Asked:
        """The same question without the other questions of its message."""
        return replace(self, also={}, text="", goes_on=())


class Memory(msgspec.Struct, frozen=True, omit_defaults=True):
    """The dialogue state of one conversation.

    Attributes:
        asked: The last question.
        choices: The question of the first button of each entry in the last list; an entry without one is read out.
        numbers: The numbers of these entries, in the order of `choices`.
        texts: The texts of these entries, in the order of `choices`.
        lead: The place in `choices` of the entry that "that one" means, from 1: the only one, the one that the lines
            above the list name, or the one asked about since; 0 if there is none.
        labels: The questions of the last reply's buttons, by `typed_label`.
        wants: The slot that the bot asked for.
        language: The language of the last reply.
        choice: The language that the person asked for.
        misses: How many messages in a row were not understood.
        earlier: Earlier questions of other intents, newest first.
        whose: The Patient id of the person that the asker switched to.
        spoken: The Patient ids of the people that questions were about, most recent first.
        link: The account link. It is read for each message and not stored.
        met: Whether an answer of this conversation has stated whose record it is from.
        older: The questions of earlier replies' buttons, by `typed_label`.
        record: The id of the record that the last answer was about; None if there were several records.
        shown: The ids of the claims in the last answer, or of claims that were shown one after the other, the most
            recent one first.
        single: The ids of the claims of one doctor, month or other group that the answer singled out.
        listed: The ids of the claims in the last answer that showed several, also after answers about one of them.
        unread: A key, and the redacted text of the last message that was not understood. The person may give the text
            to the operator, until the topic changes.
        typed: The last question that the person typed, if there is a help desk.
        term: The words of the term that the last answer explained.
    """

    asked: Asked | None = None
    choices: tuple[Asked, ...] = ()
    numbers: tuple[int, ...] = ()
    texts: tuple[str, ...] = ()
    lead: int = 0
    labels: Mapping[str, Asked] = msgspec.field(default_factory=dict)
    wants: str | None = None
    language: Language | None = None
    choice: Language | None = None
    misses: int = 0
    earlier: tuple[Asked, ...] = ()
    whose: str = ""
    spoken: tuple[str, ...] = ()
    link: LinkRow | None = None
    met: bool = False
    older: Mapping[str, Asked] = msgspec.field(default_factory=dict)
    record: str | None = None
    shown: tuple[str, ...] = ()
    single: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()
    unread: tuple[str, str] | None = None
    typed: str = ""
    term: str = ""

    @property
    def people(self) -> tuple[PatientCandidate, ...]:
        """All people whose records the asker may read; empty if that is only the person who signed in."""
        return self.link.people if self.link is not None else ()

    @property
    def about(self) -> str | None:
        """The id of the record that the last answer was about, or of the first one that it singled out, or None."""
        return self.record or next(iter(self.single), None)

    @property
    def lists_records(self) -> bool:
        """Whether the last answer is a list of records."""
        return len(self.choices) > 1 and all(RECORD in one.arguments for one in self.choices)

    @property
    def chosen(self) -> str:
        """The Patient id of the person that the asker switched to, or of the first one; "" if `people` is empty."""
        known = {one.patient for one in self.people}
        return self.whose if self.whose in known else next((one.patient for one in self.people), "")

    @property
    def current(self) -> str:
        """The Patient id of the person that the last question was about, else of the `chosen` person."""
        known = {one.patient for one in self.people}
        return self.asked.whose if self.asked and self.asked.whose in known else self.chosen

    def context(self) -> Context | None:
        """Return the part of the state that the language engine uses; None before the first question."""
        if self.asked is None:
            return None
        return Context(
            intent=self.asked.intent,
            slots=self.asked.slots,
            asked=self.wants,
            language=self.language or "en",
            earlier=tuple(Context(asked.intent, asked.slots) for asked in self.earlier),
        )

    def objects(self, *, of_claims: bool) -> Mapping[str, Slot]:
        """Return what a pronoun may mean: a term just explained, or slots of the last question if it showed no record.

        `of_claims` is True if the last answer was about claims, and did not only count them.
        """
        shown = self.record or (of_claims and self.shown) or any(RECORD in one.arguments for one in self.choices)
        spoken = self.asked.slots if self.asked and (not shown or TERM in self.asked.slots) else {}
        if "provider_name" in spoken and KINDS_OF_CARE.isdisjoint(spoken) and self.earlier:  # one of a search's results
            spoken = {**{n: one for n, one in self.earlier[0].slots.items() if n in KINDS_OF_CARE}, **spoken}
        return {TERM: Slot(self.term, self.term)} if self.term else spoken if self.asked else self._offered

    def place_of(self, said: str) -> Slot | None:
        """Return the place of the last search if a text refers to it, as "there" does; else None."""
        searches = (one.slots for one in (self.asked, *self.earlier) if one)
        return (
            next((slots["location"] for slots in searches if "location" in slots), None) if THERE.search(said) else None
        )

    @property
    def _offered(self) -> Mapping[str, Slot]:
        """The kind of place or provider that a button of the conversation searches for; {} if there is none."""
        for one in self.labels.values():
            kinds = {name: slot for name, slot in one.slots.items() if name in KINDS_OF_CARE and slot.is_plain}
            if kinds and kinds.keys() == one.slots.keys():
                return {name: replace(slot, text=slot.text.replace("_", " ")) for name, slot in kinds.items()}
        return {}

    def chose(self, asked: Asked) -> dict[str, Slot]:
        """Return the conditions before `asked` that chose the records named in its arguments, or that it replaces."""
        if self.asked is None or self.asked.whose != asked.whose:
            return {}
        by_id, same = not {RECORD, THOSE, FOCUS}.isdisjoint(asked.arguments), self.asked.intent == asked.intent
        held = {name: one for name, one in {**self.asked.chose, **self.asked.slots}.items() if name in OF_CLAIMS}
        gone = {name: one for name, one in held.items() if name not in asked.slots or asked.slots[name] != one}
        return {name: one for name, one in gone.items() if by_id or (same and name in asked.slots)}

    def topics(self, asked: Asked | None) -> tuple[Asked, ...]:
        """Return the `earlier` questions of the next state, newest first, if `asked` becomes the last question."""
        if asked is None or self.asked is None or asked.intent == self.asked.intent:
            return self.earlier
        focus = {FOCUS: self.record} if self.record and RECORD not in self.asked.arguments else {}
        last = replace(self.asked.alone, arguments={**self.asked.arguments, **focus})
        stack = (last, *self.earlier)
        return tuple(one for one in stack if one.intent != asked.intent)[:MOST_TOPICS]


class Dialogue:
    """Stores dialogue states, and the question that each button asks. `intents` are the names of the pack's intents."""

    def __init__(self, table: SealedTable, intents: Iterable[str] = (), clock: Callable[[], float] = time.time) -> None:
        self._table, self._store, self._clock = table, table.store, clock
        self._plain = frozenset(one for one in intents if not one.startswith(_OF_AN_ANSWER))

    async def recall(self, message: Message, *rows: tuple[str, str]) -> tuple[Memory, list[bytes | None]]:
        """Return this person's dialogue state in this chat, and the values of the other rows, read in one statement.

        The state is empty after ten minutes without messages. The value of a row that does not exist is None.
        """
        kept, *others = await self._table.several(("dialogue", _conversation(message)), *rows)
        return read_as(kept, Memory) or Memory(), others

    async def remember(
        self, message: Message, memory: Memory, presses: Sequence[NewRow] = (), record: Recorder | None = None
    ) -> None:
        """Store the dialogue state for ten minutes, and `presses`, in one transaction with the audit record.

        `presses` are the rows of the reply's buttons. Of a `passing` message only the audit record, if any, is stored.
        """
        rows = (*presses, self._sealed("dialogue", _conversation(message), memory, message.person, IDLE_SECONDS))
        rows = () if message.passing else rows
        if (record is None or not await record(along=rows)) and rows:
            await self._store.append((), rows)

    async def keep(self, person: Person, asked: Asked) -> None:
        """Store a question that waits for the sign-in, for ten minutes. A person has only one, the newest."""
        await self._store.append((), (self._sealed("kept", person.key, asked, person, IDLE_SECONDS),))

    async def take_kept(self, person: Person) -> Asked | None:
        """Return and delete the question that waits for the person's sign-in; None if there is none."""
        return await self._table.take("kept", person.key, Asked)

    async def press(self, person: Person, button: str) -> Asked | None:
        """Return the question of the button with this id; None if the id is invalid or expired, or is another person's.

        An id that names its intent is valid for everybody. An id of a stored row is valid for a day, for the person to
        whom the button was shown.
        """
        if plain := self._plainly(button):
            return plain
        row, _, index = button.partition(".")
        presses = await self._table.get("press", f"{row}\x1f{person.key}", tuple[Asked, ...])
        if not presses or not index.isdecimal() or int(index) >= len(presses):
            return None
        return presses[int(index)]

    def _plainly(self, button: str) -> Asked | None:
        """Return the question that a button's id names; None if a row contains it, or if the id is invalid."""
        plain = _PLAIN.fullmatch(button)
        return Asked(plain["intent"], language=plain["language"]) if plain and plain["intent"] in self._plain else None

    async def issue(self, person: Person, reply: AReply, become: Callable[[Press], Asked]) -> AReply:
        """Return the reply with an id in each button, invisible ones included, and store the buttons' questions.

        Nothing is stored if every id names its intent, so that no row remains under the last reply after "unlink".
        """
        issued, presses = self.with_ids(person, reply, become)
        if presses:
            await self._store.append((), presses)
        return issued

    def with_ids(
        self, person: Person, reply: AReply, become: Callable[[Press], Asked]
    ) -> tuple[AReply, tuple[NewRow, ...]]:
        """Return the reply with an id in each button, and the rows with the buttons' questions, to be stored."""
        row, presses = secrets.token_urlsafe(12), list[Asked]()

        def issue(action: Action) -> Action:
            if action.press is None:
                return action
            asked = become(action.press)
            if asked == self._plainly(f"{asked.intent}.{asked.language}"):
                return replace(action, id=f"{asked.intent}.{asked.language}")
            presses.append(asked)
            return replace(action, id=f"{row}.{len(presses) - 1}")

        issued = replace(
            reply,
            blocks=tuple(with_buttons(block, issue) for block in reply.blocks),
            renewal=issue(reply.renewal) if reply.renewal else None,
            rating=Rating(issue(reply.rating.right), issue(reply.rating.wrong)) if reply.rating else None,
        )
        if not presses:
            return issued, ()
        return issued, (self._sealed("press", f"{row}\x1f{person.key}", tuple(presses), person, BUTTON_SECONDS),)

    def _sealed(self, kind: str, key: str, value: object, person: Person, seconds: int) -> NewRow:
        expires = self._clock() + seconds
        return self._table.row(kind, key, value, expires=expires, owner=person.key)


def _conversation(message: Message) -> str:
    """Return the key of a conversation. A 1:1 chat is one conversation; in a shared place, each thread is one."""
    place = message.place
    thread = "" if isinstance(place, OneToOne) else place.thread
    return f"{message.person.key}\x1f{place.conversation}\x1f{thread}"


def become(press: Press, after: Asked | None, language: Language, slot_names: Collection[str]) -> Asked:
    """Return the complete question of a button, which does not depend on later messages.

    If the button has the same intent as `after`, the question above it, the question's slots are kept. The button's
    argument `without` names slots that are dropped, `keep` slots that a button of another intent keeps. An argument
    with a slot's name fills that slot.
    """
    arguments = dict(press.arguments)
    without, keep = (arguments.pop(name, "").split(",") for name in ("without", "keep"))
    whose = arguments.pop("whose", after.whose if after else "")
    same = after is not None and after.intent == press.intent
    slots = {name: slot for name, slot in after.slots.items() if same or name in keep} if after else {}
    for name in [one for one in without if one in slots]:
        del slots[name]
    for name in [one for one in arguments if one in slot_names]:
        slots[name] = Slot(text := arguments.pop(name), _typed(name, text))
    return Asked(press.intent, slots=slots, arguments=arguments, language=language, whose=whose)


def _typed(name: str, text: str) -> object:
    """Return a button's argument as a slot value: "Memphis, TN" as a location, a short number as int, or the text."""
    city, comma, state = text.partition(", ")
    if name == "location" and comma:
        return {"city": city, "state": state}
    return int(text) if text.isdecimal() and len(text) < _ZIP_DIGITS else text


def typed_label(words: str) -> str:
    """Return a button's label as a person may type it: in lower case, without brackets and closing punctuation."""
    return " ".join(words.casefold().strip(" []().!?¿¡").split())
