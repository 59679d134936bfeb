"""What a conversation remembers for ten minutes: the last answer, its buttons, what the bot asked, a kept question.

Everything is sealed in the store under its person and place: it is never shared between people or channels.
"""

from __future__ import annotations

import re
import secrets
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import msgspec

from bot.accounts.rows import LinkRow, PatientCandidate
from bot.language.context import MOST_TOPICS, Context
from bot.language.kernel import DANGER, FOLLOW
from bot.language.reading import Slot
from bot.message import (
    Action,
    Actions,
    AReply,
    Block,
    Item,
    Language,
    Message,
    OneToOne,
    Person,
    Press,
    Rating,
)
from bot.stores.base import NewRow
from bot.stores.sealed import SealedTable

T = TypeVar("T")
Recorder = Callable[..., Awaitable[bool]]
IDLE_SECONDS = 10 * 60
_ZIP_DIGITS = 5
BUTTON_SECONDS = 24 * 60 * 60
_PLAIN = re.compile(r"(?P<intent>[a-z_]+(?:\.[a-z_]+)?)\.(?P<language>[a-z]{2,3})")
"""The id of a button that asks for an intent and nothing else, which needs no row: Home shows such to anybody."""
_OF_AN_ANSWER = (FOLLOW, DANGER, "answer.")  # they mean nothing but beside the answer that showed them


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that was understood: an intent, its slots, and what a button or a follow-up adds.

    `also` holds the other questions of the same message, to be offered after the answer: slots by intent.
    `unmet` are the conditions that were said and that this intent's answer does not honour, by slot. `whose` is the
    Patient id of the record that is asked about, empty for the one that the person connected; it counts only as long as
    the person's sign-in opens that record. `pronoun` is the word that chose them ("her"), which the answer tells.
    """

    intent: str
    slots: Mapping[str, Slot] = field(default_factory=dict)
    arguments: Mapping[str, str] = field(default_factory=dict)
    language: Language = "en"
    rule: str | None = None
    score: float = 1.0
    concepts: tuple[str, ...] = ()
    also: Mapping[str, Mapping[str, Slot]] = field(default_factory=dict)
    unmet: Mapping[str, Slot] = field(default_factory=dict)
    whose: str = ""
    pronoun: str = ""

    @property
    def values(self) -> dict[str, object]:
        """The values of the slots that ask for one thing; what excludes or has several values is in `slots` alone."""
        return {name: slot.value for name, slot in self.slots.items() if slot.is_plain}


@dataclass(frozen=True, slots=True)
class Memory:
    """The dialogue state: `choices` of the last list with their `numbers`, and `labels`, buttons by their text.

    `older` are the labels of the replies before the last one.

    `asked` is the last question, `earlier` are those of other intents before it. `record` is the id of the one record
    that the last answer was about, None when it was about several. `entries` are a list's entries without a button, as
    they were shown, by number.

    `unread` is the last message that was not understood, as its writer may give it to the operator, behind the key that
    a button names; it goes with the next topic.

    `typed` are the last words that asked something, where there is a help desk that may get them.

    `language` is that of the last reply, `choice` the one that the person asked for. `whose` is the Patient id of the
    record that the person switched to, `spoken` are those that questions were about, the last first. `link` is their
    connection, read for each message and not kept. `met`: an answer of this conversation has said whose record it
    reads.
    """

    asked: Asked | None = None
    choices: tuple[Asked, ...] = ()
    numbers: tuple[int, ...] = ()
    labels: Mapping[str, Asked] = field(default_factory=dict)
    wants: str | None = None
    language: Language | None = None
    choice: Language | None = None
    misses: int = 0
    earlier: tuple[Asked, ...] = ()
    whose: str = ""
    spoken: tuple[str, ...] = ()
    link: LinkRow | None = None
    met: bool = False
    older: Mapping[str, Asked] = field(default_factory=dict)
    record: str | None = None
    entries: Mapping[int, str] = field(default_factory=dict)
    unread: tuple[str, str] | None = None
    typed: str = ""

    @property
    def people(self) -> tuple[PatientCandidate, ...]:
        """All whose records the person may ask about, where one of them is not who signed in."""
        return self.link.people if self.link is not None else ()

    def context(self) -> Context | None:
        """The part that the language engine uses."""
        if self.asked is None:
            return None
        return Context(
            intent=self.asked.intent,
            slots=self.asked.slots,
            asked=self.wants,
            language=self.language or "en",
            earlier=tuple(Context(asked.intent, asked.slots) for asked in self.earlier),
        )

    def topics(self, asked: Asked | None) -> tuple[Asked, ...]:
        """The questions that stay within reach when `asked` is the last one, the newest first."""
        if asked is None or self.asked is None or asked.intent == self.asked.intent:
            return self.earlier
        stack = (replace(self.asked, also={}), *self.earlier)
        return tuple(one for one in stack if one.intent != asked.intent)[:MOST_TOPICS]


class Dialogue:
    """The dialogue state of all conversations, in the store. `intents` are those of the pack."""

    def __init__(self, table: SealedTable, intents: Iterable[str] = (), clock: Callable[[], float] = time.time) -> None:
        self._table, self._store, self._clock = table, table.store, clock
        self._plain = frozenset(one for one in intents if not one.startswith(_OF_AN_ANSWER))

    async def recall(self, message: Message) -> Memory:
        """What this person's conversation in this place holds, empty after ten idle minutes."""
        memory, _ = await self.recall_beside(message)
        return memory

    async def recall_beside(self, message: Message, *places: tuple[str, str]) -> tuple[Memory, list[bytes | None]]:
        """What `recall` gives, and what the rows in other places hold, all in one statement."""
        kept, *others = await self._table.several(("dialogue", _conversation(message)), *places)
        return _decoded(kept, Memory) or Memory(), others

    async def remember(
        self, message: Message, memory: Memory, presses: Sequence[NewRow] = (), record: Recorder | None = None
    ) -> None:
        """Keep the conversation for ten minutes, and what the buttons under it ask, with the answer's record if any."""
        rows = (*presses, self._sealed("dialogue", _conversation(message), memory, message.person, IDLE_SECONDS))
        rows = () if message.passing else rows
        if (record is None or not await record(along=rows)) and rows:
            await self._store.append((), rows)

    async def forget(self, message: Message) -> None:
        """Start this conversation over."""
        await self._store.drop("dialogue", _conversation(message))

    async def keep(self, person: Person, asked: Asked) -> None:
        """Keep a question that waits for the person to sign in; one a person."""
        await self._keep((self._sealed("kept", person.key, asked, person, IDLE_SECONDS),))

    async def take_kept(self, person: Person) -> Asked | None:
        """The kept question, once."""
        return _decoded(await self._table.take("kept", person.key), Asked)

    async def press(self, person: Person, button: str) -> Asked | None:
        """What a button asks: for a day, for the person to whom it was shown; a plain one asks for whoever presses."""
        if plain := self._plainly(button):
            return plain
        row, _, index = button.partition(".")
        presses = _decoded(await self._table.get("press", f"{row}\x1f{person.key}"), tuple[Asked, ...])
        if not presses or not index.isdecimal() or int(index) >= len(presses):
            return None
        return presses[int(index)]

    def _plainly(self, button: str) -> Asked | None:
        """What a button's id says by itself; None where what it asks is kept in a row, or for an id that is made up."""
        plain = _PLAIN.fullmatch(button)
        return Asked(plain["intent"], language=plain["language"]) if plain and plain["intent"] in self._plain else None

    async def issue_buttons(
        self, person: Person, blocks: Sequence[Block], become: Callable[[Press], Asked]
    ) -> tuple[Block, ...]:
        """The same blocks with an opaque id in every button; what each asks stays in the store.

        A button that asks the same of everybody says so itself: under the last words after "unlink" nothing is kept.
        """
        issued, presses = self._numbered(person, blocks, become)
        await self._keep(presses)
        return issued

    async def issue(self, person: Person, reply: AReply, become: Callable[[Press], Asked]) -> AReply:
        """The reply with an opaque id in each of its buttons, the one that nobody sees included."""
        issued, presses = self.number(person, reply, become)
        await self._keep(presses)
        return issued

    def number(
        self, person: Person, reply: AReply, become: Callable[[Press], Asked]
    ) -> tuple[AReply, tuple[NewRow, ...]]:
        """The reply with an opaque id in each of its buttons, and what they ask, which is still to be kept."""
        unseen = [reply.renewal] if reply.renewal else []
        unseen += [reply.rating.right, reply.rating.wrong] if reply.rating else []
        issued, presses = self._numbered(person, (*reply.blocks, Actions(tuple(unseen))), become)
        shown, last = issued[:-1], issued[-1]
        numbered = last.buttons if isinstance(last, Actions) else ()
        return replace(
            reply,
            blocks=shown,
            renewal=numbered[0] if reply.renewal else None,
            rating=Rating(*numbered[-2:]) if reply.rating else None,
        ), presses

    def _numbered(
        self, person: Person, blocks: Sequence[Block], become: Callable[[Press], Asked]
    ) -> tuple[tuple[Block, ...], tuple[NewRow, ...]]:
        row, presses = secrets.token_urlsafe(12), []

        def issue(action: Action) -> Action:
            if action.press is None:
                return action
            asked = become(action.press)
            if asked == self._plainly(f"{asked.intent}.{asked.language}"):
                return replace(action, id=f"{asked.intent}.{asked.language}")
            presses.append(asked)
            return replace(action, id=f"{row}.{len(presses) - 1}")

        issued = tuple(_with_actions(block, issue) for block in blocks)
        if not presses:
            return issued, ()
        return issued, (self._sealed("press", f"{row}\x1f{person.key}", tuple(presses), person, BUTTON_SECONDS),)

    async def _keep(self, rows: Sequence[NewRow]) -> None:
        for row in rows:
            await self._store.put(row.kind, row.key, row.value, expires=row.expires, owner=row.owner)

    def _sealed(self, kind: str, key: str, value: object, person: Person, seconds: int) -> NewRow:
        expires = self._clock() + seconds
        return self._table.row(kind, key, msgspec.json.encode(value), expires=expires, owner=person.key)


def _decoded(plain: bytes | None, shape: type[T]) -> T | None:
    return msgspec.json.decode(plain, type=shape) if plain else None


def _conversation(message: Message) -> str:
    """One-to-one talk is one conversation whatever its thread; a shared place is one a thread."""
    place = message.place
    thread = "" if isinstance(place, OneToOne) else place.thread
    return f"{message.person.key}\x1f{place.conversation}\x1f{thread}"


def _with_actions(block: Block, issue: Callable[[Action], Action]) -> Block:
    if isinstance(block, Actions):
        return Actions(tuple(issue(action) for action in block.buttons))
    if isinstance(block, Item):
        return replace(block, actions=tuple(issue(action) for action in block.actions))
    return block


def offered(blocks: Sequence[Block], become: Callable[[Press], Asked]) -> Memory:
    """What a reply offers to later words: the entries' first buttons in order, and every button by its label."""
    choices: dict[int, Asked] = {}
    labels: dict[str, Asked] = {}
    for block in blocks:
        actions = block.actions if isinstance(block, Item) else block.buttons if isinstance(block, Actions) else ()
        asks = [(action.label, become(action.press)) for action in actions if action.press is not None]
        if isinstance(block, Item) and asks:
            choices[block.number] = asks[0][1]
        for label, asked in asks:
            labels.setdefault(said(label), asked)
    entries = {one.number: one.text for one in blocks if isinstance(one, Item) and one.number not in choices}
    record = _record(choices.values(), labels.values())
    return Memory(
        choices=tuple(choices.values()), numbers=tuple(choices), labels=labels, record=record, entries=entries
    )


def _record(choices: Collection[Asked], labels: Collection[Asked]) -> str | None:
    """The one record that was shown; beside a mention of others, the one that more buttons ask about than any other."""
    often = Counter([*_records(choices), *_records(labels)])
    first, second = ([*often.most_common(2), ("", 0), ("", 0)])[:2]
    return first[0] if first[1] and not (second[1] if choices else second[1] == first[1]) else None


def _records(buttons: Iterable[Asked]) -> Iterator[str]:
    """The ids of the records that were shown; what a button only `opens` is marked as sensitive and was not shown."""
    return (one.arguments["id"] for one in buttons if "id" in one.arguments and "opens" not in one.arguments)


def become(press: Press, after: Asked | None, language: Language, slot_names: Collection[str]) -> Asked:
    """The whole question behind a button, so that it means the same tomorrow.

    A button of the same intent keeps the slots of the question that it stands under, less those named in `without`;
    arguments named like a slot fill it.
    """
    arguments = dict(press.arguments)
    without = set(arguments.pop("without", "").split(","))
    same = after is not None and after.intent == press.intent
    whose = arguments.pop("whose", after.whose if after else "")
    slots = {name: slot for name, slot in (after.slots if same and after else {}).items() if name not in without}
    slots |= {
        name: Slot(arguments[name], _typed(name, arguments.pop(name))) for name in list(arguments) if name in slot_names
    }
    return Asked(press.intent, slots=slots, arguments=arguments, language=language, whose=whose)


def _typed(name: str, text: str) -> object:
    """An argument as a slot's value: miles are numbers, "Memphis, TN" a place, everything else the pack's own word."""
    city, comma, state = text.partition(", ")
    if name == "location" and comma:
        return {"city": city, "state": state}
    return int(text) if text.isdecimal() and len(text) < _ZIP_DIGITS else text


def said(words: str) -> str:
    """A button's words as a person may type them: without case, brackets and closing marks."""
    return " ".join(words.casefold().strip(" []().!?¿¡").split())
