"""What a conversation remembers for ten minutes: the last answer, its buttons, what the bot asked, a kept question.

Everything is sealed in the store under its person and place: it is never shared between people or channels.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import msgspec

from bot.language.context import ABOUT_ONE, Context, merge
from bot.language.reading import Candidate, Reading, Slot, adds
from bot.message import Action, Actions, Block, Item, Language, Message, OneToOne, Person, Press, Private, Shareable
from bot.stores.base import Kept, Seal, Store

T = TypeVar("T")
AReply = TypeVar("AReply", bound=Private | Shareable)
IDLE_SECONDS = 10 * 60
_ZIP_DIGITS = 5
_NEEDS_A_PRESS = frozenset({"account.unlink", "account.forget", "account.decline", "answer.sources"})
_PLAIN = frozenset({"account.link", "account.forget", "account.privacy", "account.status", "help"})
_TWO = 2
_ORDINAL = "followup.ordinal"
_SURE = 0.65
_COMMON = frozenset({"MY", "BARE", "ASKED"})
_JOINED = re.compile(r"\b(?:and|also|plus|y|tambien|también|además)\b|[?;.]\s*\w")
BUTTON_SECONDS = 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that was understood: an intent, its slots, and what a button or a follow-up adds.

    `also` is the intent of a second question in the same message, to be offered after the answer with `also_slots`.
    """

    intent: str
    slots: Mapping[str, Slot] = field(default_factory=dict)
    arguments: Mapping[str, str] = field(default_factory=dict)
    language: Language = "en"
    rule: str | None = None
    score: float = 1.0
    concepts: tuple[str, ...] = ()
    also: str | None = None
    also_slots: Mapping[str, Slot] = field(default_factory=dict)

    @property
    def values(self) -> dict[str, object]:
        """The values of the slots that ask for one thing; what excludes or has several values is in `slots` alone."""
        return {name: slot.value for name, slot in self.slots.items() if slot.is_plain}


@dataclass(frozen=True, slots=True)
class Memory:
    """What the last turns left: `choices` of a list with their `numbers`, and `labels`, buttons by their words.

    `language` is that of the last reply, `choice` the one that the person asked for.
    """

    asked: Asked | None = None
    choices: tuple[Asked, ...] = ()
    numbers: tuple[int, ...] = ()
    labels: Mapping[str, Asked] = field(default_factory=dict)
    wants: str | None = None
    language: Language | None = None
    choice: Language | None = None
    misses: int = 0

    def context(self) -> Context | None:
        """The part that the language engine uses."""
        if self.asked is None:
            return None
        return Context(
            intent=self.asked.intent, slots=self.asked.slots, asked=self.wants, language=self.language or "en"
        )


class Dialogue:
    """The memory of all conversations, on the store."""

    def __init__(self, store: Store, seal: Seal, clock: Callable[[], float] = time.time) -> None:
        self._store, self._seal, self._clock = store, seal, clock

    async def recall(self, message: Message) -> Memory:
        """What this person's conversation in this place holds, empty after ten idle minutes."""
        return await self._read("dialogue", _conversation(message), Memory) or Memory()

    async def remember(self, message: Message, memory: Memory, presses: Sequence[Kept] = ()) -> None:
        """Keep the conversation for another ten minutes, and what the buttons ask that were numbered under it."""
        row = self._sealed("dialogue", _conversation(message), memory, message.person, IDLE_SECONDS)
        await self._store.append((), (*presses, row))

    async def forget(self, message: Message) -> None:
        """Start this conversation over."""
        await self._store.drop("dialogue", _conversation(message))

    async def keep(self, person: Person, asked: Asked) -> None:
        """Keep a question that waits for the person to sign in; one a person."""
        await self._write("kept", person.key, asked, person, IDLE_SECONDS)

    async def take_kept(self, person: Person) -> Asked | None:
        """The kept question, once."""
        sealed = await self._store.take("kept", person.key)
        return self._open("kept", person.key, sealed, Asked)

    async def press(self, person: Person, button: str) -> Asked | None:
        """What a button asks: for a day, for the person to whom it was shown; a plain one asks for whoever presses."""
        intent, _, language = button.rpartition(".")
        if intent in _PLAIN:
            return Asked(intent, language="es" if language == "es" else "en")
        row, _, index = button.partition(".")
        presses = await self._read("press", f"{row}\x1f{person.key}", tuple[Asked, ...])
        if not presses or not index.isdecimal() or int(index) >= len(presses):
            return None
        return presses[int(index)]

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
    ) -> tuple[AReply, tuple[Kept, ...]]:
        """The reply with an opaque id in each of its buttons, and what they ask, which is still to be kept."""
        unseen: tuple[Block, ...] = (Actions((reply.renewal,)),) if reply.renewal else ()
        issued, presses = self._numbered(person, (*reply.blocks, *unseen), become)
        shown, rest = issued[: len(reply.blocks)], issued[len(reply.blocks) :]
        renewal = next((block.buttons[0] for block in rest if isinstance(block, Actions)), None)
        return replace(reply, blocks=shown, renewal=renewal), presses

    def _numbered(
        self, person: Person, blocks: Sequence[Block], become: Callable[[Press], Asked]
    ) -> tuple[tuple[Block, ...], tuple[Kept, ...]]:
        row, presses = secrets.token_urlsafe(12), []

        def issue(action: Action) -> Action:
            if action.press is None:
                return action
            asked = become(action.press)
            if asked.intent in _PLAIN and not action.press.arguments:
                return replace(action, id=f"{asked.intent}.{asked.language}")
            presses.append(asked)
            return replace(action, id=f"{row}.{len(presses) - 1}")

        issued = tuple(_with_actions(block, issue) for block in blocks)
        if not presses:
            return issued, ()
        return issued, (self._sealed("press", f"{row}\x1f{person.key}", tuple(presses), person, BUTTON_SECONDS),)

    async def _read(self, kind: str, key: str, shape: type[T]) -> T | None:
        return self._open(kind, key, await self._store.get(kind, key), shape)

    def _open(self, kind: str, key: str, sealed: bytes | None, shape: type[T]) -> T | None:
        opened = self._seal.unseal(sealed, f"{kind}/{key}") if sealed else None
        return msgspec.json.decode(opened, type=shape) if opened else None

    async def _write(self, kind: str, key: str, value: object, person: Person, seconds: int) -> None:
        await self._keep((self._sealed(kind, key, value, person, seconds),))

    async def _keep(self, rows: Sequence[Kept]) -> None:
        for row in rows:
            await self._store.put(row.kind, row.key, row.value, expires=row.expires, owner=row.owner)

    def _sealed(self, kind: str, key: str, value: object, person: Person, seconds: int) -> Kept:
        sealed = self._seal.seal(msgspec.json.encode(value), f"{kind}/{key}")
        return Kept(kind, key, sealed, self._clock() + seconds, person.key)


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
    return Memory(choices=tuple(choices.values()), numbers=tuple(choices), labels=labels)


def become(press: Press, after: Asked | None, language: Language, slot_names: Collection[str]) -> Asked:
    """The whole question behind a button, so that it means the same tomorrow.

    A button of the same intent keeps the slots of the question that it stands under, less those named in `without`;
    arguments named like a slot fill it.
    """
    arguments = dict(press.arguments)
    without = set(arguments.pop("without", "").split(","))
    same = after is not None and after.intent == press.intent
    slots = {name: slot for name, slot in (after.slots if same and after else {}).items() if name not in without}
    slots |= {
        name: Slot(arguments[name], _typed(name, arguments.pop(name))) for name in list(arguments) if name in slot_names
    }
    return Asked(press.intent, slots=slots, arguments=arguments, language=language)


def _typed(name: str, text: str) -> object:
    """An argument as a slot's value: miles are numbers, "Memphis, TN" a place, everything else the pack's own word."""
    city, comma, state = text.partition(", ")
    if name == "location" and comma:
        return {"city": city, "state": state}
    return int(text) if text.isdecimal() and len(text) < _ZIP_DIGITS else text


def said(words: str) -> str:
    """A button's words as a person may type them: without case, brackets and closing marks."""
    return " ".join(words.casefold().strip(" []().!?¿¡").split())


def second_question(reading: Reading) -> Candidate | None:
    """The other question of a message that holds two, such as "show my claims and find a dentist in Memphis".

    It counts when the words join two parts, and its rule stands on a concept of its own and asks about something else.
    """
    if len(reading.candidates) < _TWO or not _JOINED.search(reading.text.casefold()):
        return None
    first, second = reading.candidates[:2]
    own = {concept for concept in second.concepts if concept.isupper()} - set(first.concepts) - _COMMON
    if second.slots and not adds(second.slots, first.slots):
        return None
    return second if own and second.score >= _SURE and not second.intent.startswith("followup.") else None


def heard_in(memory: Memory, reading: Reading) -> Language:
    """The language of a message; where its words could be either ("no", a ZIP), that of the last reply."""
    if not reading.told and memory.language is not None:
        return memory.language
    return "es" if reading.language == "es" else "en"


def of_entry(memory: Memory, asked: Asked, reading: Reading) -> Asked:
    """The question about the entry that it names: the second one's phone number, why the third one was denied.

    The entry's own button says which it is. A list of one means that one, "my last claim" the newest and no entry.
    """
    told = asked.slots.get("ordinal")
    index = told.value.get("index") if told and isinstance(told.value, Mapping) else None
    if index is None and asked.intent in ABOUT_ONE and "provider_name" not in reading.slots:
        index = 0
    slots = {name: slot for name, slot in asked.slots.items() if name != "ordinal"}
    if index == -1 and {"CLAIM", "VISIT"}.intersection(reading.concepts):
        return replace(asked, slots=slots)
    entry = _chosen(memory, int(index)) if index is not None and memory.choices else None
    if entry is None:
        return asked
    slots |= {name: slot for name, slot in entry.slots.items() if name == "provider_name"}
    arguments = {name: value for name, value in entry.arguments.items() if name == "id"}
    return replace(asked, slots=slots, arguments={**asked.arguments, **arguments})


def with_choice(memory: Memory, reading: Reading) -> Memory:
    """The language that a person asks for holds until they ask for another; "start over" forgets everything else."""
    if "start_over" in reading.slots:
        return Memory(choice=memory.choice)
    wish = reading.slots.get("reply_language")
    if wish is None or _asks_of_provider(memory, reading):
        return memory
    return replace(memory, choice="es" if wish.value == "es" else "en")


def _asks_of_provider(memory: Memory, reading: Reading) -> bool:
    """Whether "¿habla español?", said in Spanish after a provider, is about that one and not about the bot."""
    of_provider = memory.asked is not None and memory.asked.intent.startswith("provider.")
    return of_provider and memory.language == reading.language == "es"


def consent(memory: Memory, reading: Reading) -> Asked | None:
    """What a bare yes means: the first button of the last reply, unless it would take something away.

    To "where should I look?" it is no answer.
    """
    told = reading.slots.get("answer")
    first = next(iter(memory.labels.values()), None)
    if told is None or told.value != "yes" or first is None or memory.wants is not None:
        return None
    return None if first.intent in _NEEDS_A_PRESS else first


def resolve(memory: Memory, reading: Reading) -> Asked | None:
    """The question that a follow-up means after the last answer, None when it fits nothing that was said."""
    last = memory.asked
    if last is None or reading.intent is None:
        return None
    if reading.intent == "followup.more":
        return replace(last, arguments={**last.arguments, "page": str(_whole(last.arguments.get("page")) + 1)})
    if reading.intent == _ORDINAL:
        return _ordinal(memory, last, reading)
    context = memory.context()
    if context is None:
        return None
    intent, slots = merge(context, reading)
    return replace(last, intent=intent or last.intent, slots=slots, arguments={})


def beyond(memory: Memory, reading: Reading, language: Language) -> Asked | None:
    """What is said to an entry's number that the list which was shown does not have; None for anything else."""
    if reading.intent != _ORDINAL or not memory.choices:
        return None
    only = _press_of(memory.choices[0]) if len(memory.choices) == 1 else None
    return Asked(_ORDINAL, slots={"entries": Slot("", len(memory.choices)), "only": Slot("", only)}, language=language)


def _press_of(asked: Asked) -> Mapping[str, object]:
    """An entry's question as a template writes it in a button."""
    words = {name: value for name, value in asked.values.items() if isinstance(value, str)}
    return {"intent": asked.intent, "arguments": tuple({**words, **asked.arguments}.items())}


def _ordinal(memory: Memory, last: Asked, reading: Reading) -> Asked | None:
    """The second one is an entry of the list; the one before that, and the last one, walk from the last answer."""
    wanted = reading.slots["ordinal"].value if "ordinal" in reading.slots else {"step": 1}
    if not isinstance(wanted, Mapping):
        return None
    if memory.choices and "step" in wanted and (at := _place_in(memory, last)) is not None:
        return _at(memory, at + int(wanted["step"]))
    if memory.choices and wanted.get("step") == 1:
        return _before(memory, last)
    if memory.choices:
        return _chosen(memory, int(wanted.get("index", 0)))
    if "step" in wanted:
        pick = _whole(last.arguments.get("pick")) + int(wanted["step"])
        return replace(last, arguments={**last.arguments, "pick": str(max(pick, 0))})
    index = int(wanted["index"])
    pick = max(index - 1, 0) if index >= 0 else index
    return replace(last, arguments={**last.arguments, "pick": str(pick)})


def _place_in(memory: Memory, asked: Asked) -> int | None:
    """Where the question's provider or claim stands in the list that was shown, None for what is not in it."""
    subject = _subject(asked)
    places = (at for at, entry in enumerate(memory.choices) if subject and _subject(entry) == subject)
    return next(places, None)


def _subject(asked: Asked) -> object:
    return asked.arguments.get("id") or asked.values.get("provider_name")


def is_of_list(memory: Memory, asked: Asked) -> bool:
    """Whether a question is about an entry of the list that was shown, so that the list still holds after it."""
    return _place_in(memory, asked) is not None


def _at(memory: Memory, position: int) -> Asked | None:
    return memory.choices[position] if 0 <= position < len(memory.choices) else None


def _before(memory: Memory, last: Asked) -> Asked | None:
    """What a list's own button for the time before asks: "the visit before" under several claims of one day."""
    asks = memory.labels.values()
    return next((asked for asked in asks if asked.intent == last.intent and "pick" in asked.arguments), None)


def _chosen(memory: Memory, index: int) -> Asked | None:
    """The entry by its number as shown, else by its place: -1 is the last; "that one" is clear when there is one."""
    if index == 0:
        return memory.choices[0] if len(memory.choices) == 1 else None
    if index in memory.numbers:
        return memory.choices[memory.numbers.index(index)]
    return _at(memory, index - 1 if index > 0 else len(memory.choices) + index)


def _whole(text: str | None) -> int:
    return int(text) if text and text.lstrip("-").isdecimal() else 0
