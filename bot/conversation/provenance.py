"""The sources of an answer, the words and the payer's details in it, its ignored conditions, and its footer.

The sources (rule, searches, records) are stored in the answer's "How do you know?" button, encrypted for the person to
whom it was shown. Only the button's id is sent to the platform.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, tzinfo
from decimal import Decimal

import msgspec
from msgspec.structs import replace

from bot.conversation.state import Asked
from bot.kit import Ask, adds_to
from bot.kit.spelling import words_of
from bot.kit.which import is_close
from bot.language.left import CARE
from bot.language.lexicon import WISH_PLACE
from bot.language.reading import Slot
from bot.message import SOURCES, Action, Actions, Block, Item, Note, Press, Reply, buttons_of, sentences, with_buttons
from bot.payer.budget import ReadRecord, Report
from bot.records.share import Step

TECHNICAL = "technical"
"""The argument of the button that shows the rule, the searches and the ids."""
_TOLD, _ZIP_DIGITS, _SHOWN = "told", 5, 10
_DAY = re.compile(r"[A-Z][a-z]+ \d{1,2}, \d{4}|\d+ (?:days|días)\b|\d+ ?%")
_ELSEWHERE = {WISH_PLACE, "date_ahead", "date_range", "date_out", "person"}
_AMOUNT = re.compile(r"\$([\d,]+\.\d\d)")


class Trace(msgspec.Struct, frozen=True):
    """The sources of one answer.

    `rule` is None if the question came from a button or a follow-up. `searches` contain no ids. `records` are the first
    of `count` records. `here` are the filters and sort orders that the bot applied because the server did not. `steps`
    are the calculations.
    """

    intent: str
    rule: str | None
    score: float
    searches: tuple[str, ...]
    pages: int
    records: tuple[ReadRecord, ...]
    count: int
    here: tuple[str, ...]
    complete: bool
    steps: tuple[Step, ...] = ()

    @property
    def of_claims(self) -> bool:
        """Whether all listed records are claims."""
        return all(record.type == "ExplanationOfBenefit" for record in self.records)

    def day_of(self, record: ReadRecord, zone: tzinfo | None) -> datetime:
        """Return when a record was read, in this time zone."""
        return record.fetched_at.astimezone(zone)


def trace_of(asked: Asked, report: Report) -> Trace:
    """Return the trace of the answer to a question, from the report of its searches."""
    return Trace(
        intent=asked.intent,
        rule=asked.rule,
        score=asked.score,
        searches=tuple(dict.fromkeys(report.searches)),
        pages=report.pages,
        records=tuple(report.sources[:_SHOWN]),
        count=len(report.sources),
        here=tuple(report.applied_here),
        complete=report.complete,
        steps=tuple(report.steps),
    )


def with_trace(blocks: Iterable[Block], trace: Trace | None) -> tuple[Block, ...]:
    """Return the same blocks, with the trace in the arguments of each button that shows sources."""
    kept = {_TOLD: msgspec.json.encode(trace).decode()} if trace else {}

    def traced(one: Action) -> Action:
        shows = one.press and one.press.intent == SOURCES
        return replace(one, press=Press(SOURCES, {**one.press.arguments, **kept})) if one.press and shows else one

    return tuple(with_buttons(block, traced) for block in blocks)


def trace_in(asked: Asked) -> Trace | None:
    """Return the trace in the arguments of a pressed button; None if it has none."""
    told = asked.arguments.get(_TOLD)
    return msgspec.json.decode(told, type=Trace) if told else None


class PayerQuoted(dict[str, str]):
    """The payer's details for templates. `lacked` becomes True if a template uses the phone number and none is set."""

    lacked = False

    def __getitem__(self, name: str) -> str:
        found = super().__getitem__(name)
        self.lacked = self.lacked or (name == "number" and not found)
        return found


def quotable(text: str) -> str:
    """Return the words with "…" for any that may be a number or a password, which is not shown again (T17, T27)."""
    return " ".join("\u2026" if _is_code(chunk) else chunk for chunk in text.split())


def _is_code(chunk: str) -> bool:
    digits = sum(sign.isdigit() for sign in chunk)
    number, _, unit = chunk.partition("-")
    if number.isdecimal() and digits == len(number) < _ZIP_DIGITS and unit.isalpha():  # "90-day"
        return False
    return digits > _ZIP_DIGITS or (digits > 0 and any(sign.isalpha() for sign in chunk))


def unmet_in(asked: Asked, ask: Ask, blocks: Sequence[Block]) -> tuple[dict[str, Collection[str]], tuple[str, ...]]:
    """Return the values about ignored conditions for the template, and the slot names of all ignored conditions.

    `conditions` are those that the answer must mention, `replaced` the slots for which it used another value, and
    `elsewhere` those without which it is about another place, time or person, so that it begins with them.
    """
    missed = {name: slot for name, slot in asked.unmet.items() if adds_to(asked.slots.get(name), slot)}
    missed |= {name: asked.slots[name] for name in ask.unmet if name in asked.slots}
    if ask.found_care:
        missed.pop(CARE, None)
    heard = [name.casefold() for name in ask.named.values()]  # the record told whose name that is
    missed = {name: slot for name, slot in missed.items() if not any(one in slot.text.casefold() for one in heard)}
    ignored = missing({name: slot for name, slot in missed.items() if not ask.unmet.get(name)}, blocks)
    replaced = {name for name, slot in asked.unmet.items() if name in asked.slots and asked.slots[name] != slot}
    elsewhere = _ELSEWHERE & ignored.keys()
    return {"conditions": ignored, "replaced": replaced, "elsewhere": elsewhere}, tuple(missed)


def missing(conditions: Mapping[str, Slot], blocks: Sequence[Block]) -> dict[str, Slot]:
    """Return the conditions that an answer has to say it ignores, with quotable words.

    Left out are conditions that the answer itself shows, and all but one of those with the same words.
    """
    told = {name: slot for name, slot in conditions.items() if not _shows(blocks, name, slot)}
    first = {slot.text: name for name, slot in reversed(tuple(told.items()))}
    return {name: replace(slot, text=quotable(slot.text)) for name, slot in told.items() if first[slot.text] == name}


def _shows(blocks: Iterable[Block], name: str, slot: Slot) -> bool:
    """Return whether the sentences of an answer contain the amount of a condition, or all its words.

    The words do not count for an excluded value, for the person, and in an answer with a list.
    """
    if name == "amount":
        return any(
            is_close(Decimal(one.replace(",", "")), Decimal(str(slot.value))) for one in _AMOUNT.findall(_text(blocks))
        )
    words = set(words_of(slot.text))
    told = words and words.issubset(words_of(_text(blocks)))
    return bool(told) and not (slot.excluded or name == "person" or any(isinstance(one, Item) for one in blocks))


def facts_in(blocks: Iterable[Block]) -> set[str]:
    """Return the dollar amounts, percentages, dates and numbers of days in the sentences of an answer, as text."""
    text = _text(blocks)
    return {*_AMOUNT.findall(text), *_DAY.findall(text)}


def _text(blocks: Iterable[Block]) -> str:
    return " ".join(text for block in blocks if not isinstance(block, Item) for text in sentences(block))


def closed(blocks: Sequence[Block], footer: Sequence[Note | Actions]) -> tuple[Block, ...]:
    """Return the answer with its footer: notes at the end come before all buttons, which form one row at the end."""
    end = len(blocks)
    while end and isinstance(blocks[end - 1], Note):
        end -= 1
    own = blocks[end - 1] if end else None
    head = blocks[: end - 1] if isinstance(own, Actions) else blocks[:end]
    rows = [row for row in (own, *footer) if isinstance(row, Actions)]
    notes = [note for note in (*blocks[end:], *footer) if isinstance(note, Note)]
    buttons = tuple(button for row in rows for button in row.buttons)
    return (*head, *notes, *((Actions(buttons),) if buttons else ()))


ButtonMeaning = Callable[[Press], Asked]
CONNECT = "account.link"
_CHECKABLE = re.compile(
    r"\$\s?\d|\b(?:19|20)\d\d\b|\b\d{1,2} de [a-z]+|\b[A-Z][a-z]{2,8} \d{1,2}\b|[Nn]etwork|\b[Rr]ed(?:es)?\b"
)
"""Matches an amount of money, a date or a network, in English or Spanish: facts whose source a reader may ask for."""


def useful(reply: Reply, here: Asked | None, meaning: ButtonMeaning, *, connected: bool) -> tuple[Block, ...]:
    """Return the reply's blocks without duplicate buttons, and without a button that asks `here` again.

    `here` is the question that the reply answers completely, if any. A person who is `connected` gets no button to
    connect, except in error messages and in replies about the account.
    """
    seen, kept = [_what(here)] if here else [], list[Block]()
    connected = connected and reply.error is None and not reply.intent.startswith("account.")

    def needed(action: Action) -> bool:
        if action.press is None:
            return True
        what = _what(meaning(action.press))
        if what in seen or (connected and action.press.intent == CONNECT):
            return False
        seen.append(what)
        return True

    for block in reply.blocks:
        if not isinstance(block, Actions):
            kept.append(block)
        elif row := tuple(filter(needed, block.buttons)):
            kept.append(Actions(row))
    return tuple(kept)


def within(blocks: tuple[Block, ...], barred: Callable[[str], bool]) -> tuple[Block, ...]:
    """Return the blocks without buttons of barred intents, and without list entries that have no other button."""
    kept, gone = list[Block](), 0
    for block in blocks:
        buttons = buttons_of(block)
        left = tuple(button for button in buttons if button.press is None or not barred(button.press.intent))
        if buttons and not left:
            gone += isinstance(block, Item)
        elif isinstance(block, Item):
            kept.append(replace(block, number=block.number - gone, actions=left))
        else:
            kept.append(Actions(left) if isinstance(block, Actions) else block)
    return tuple(kept)


def explained(intent: str, blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    """Return the blocks; the button "How do you know?" is removed if the text has no amount, date or network."""
    if intent == SOURCES or any(_CHECKABLE.search(text) for block in blocks for text in sentences(block)):
        return blocks
    return within(blocks, SOURCES.__eq__)


def _what(asked: Asked) -> tuple[object, ...]:
    values = {name: (slot.value, slot.excluded, slot.values) for name, slot in asked.slots.items()}
    return asked.intent, values, dict(asked.arguments), asked.whose
