"""What an answer tells of itself: the words and the payer that it quotes, its sources, and the order of its parts.

The sources (rule, searches, records) are stored in its "How do you know?" button, encrypted for the person to whom it
was shown, like any other; only its id is sent to the platform.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo

import msgspec

from bot.conversation.state import Asked
from bot.language.reading import Slot
from bot.message import SOURCES, Action, Actions, Block, Note, Press
from bot.payer.budget import ReadRecord, Report
from bot.records.share import Step

TECHNICAL = "technical"
"""The argument of the button for the rule, the searches and the ids."""
_TOLD = "told"
_ZIP_DIGITS = 5
_SHOWN = 10


class Trace(msgspec.Struct, frozen=True):
    """The sources of one answer.

    `rule` is None if a button or a follow-up asked. `searches` contain no ids. `records` are the first few of `count`.
    `here` are the filters and orders that the client applied because the server did not. `steps` are the calculations.
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
        """Return when it was read, in the bot's time zone."""
        return record.fetched_at.astimezone(zone)


def trace_of(asked: Asked, report: Report) -> Trace:
    """Return the trace of an answer that was just made."""
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


def with_trace(buttons: Actions, trace: Trace) -> Actions:
    """Return the same buttons, with the trace in the one that shows sources."""
    kept = {_TOLD: msgspec.json.encode(trace).decode()}
    return Actions(
        tuple(
            Action(one.id, one.label, press=Press(SOURCES, {**one.press.arguments, **kept}))
            if one.press and one.press.intent == SOURCES
            else one
            for one in buttons.buttons
        )
    )


def trace_in(asked: Asked) -> Trace | None:
    """Return the trace in a button; None if it has none."""
    told = asked.arguments.get(_TOLD)
    return msgspec.json.decode(told, type=Trace) if told else None


class PayerQuoted(dict[str, str]):
    """The payer's details for templates; `lacked` is set if a template used the missing number for members."""

    lacked = False

    def __getitem__(self, name: str) -> str:
        found = super().__getitem__(name)
        self.lacked = self.lacked or (name == "number" and not found)
        return found


def quotable(text: str) -> str:
    """Return the words without anything like a number or a password, which is not shown again (T17, T27)."""
    return " ".join("\u2026" if _is_code(chunk) else chunk for chunk in text.split())


def _is_code(chunk: str) -> bool:
    digits = sum(sign.isdigit() for sign in chunk)
    return digits > _ZIP_DIGITS or (digits > 0 and any(sign.isalpha() for sign in chunk))


def once(told: Mapping[str, Slot]) -> dict[str, Slot]:
    """Return the conditions without those that the same words also state under another name."""
    first = {slot.text: name for name, slot in reversed(tuple(told.items()))}
    return {name: slot for name, slot in told.items() if first[slot.text] == name}


def closed(blocks: Sequence[Block], footer: Sequence[Note | Actions]) -> tuple[Block, ...]:
    """Return the answer with its footer: notes at the end come before the buttons, which form one row at the end."""
    end = len(blocks)
    while end and isinstance(blocks[end - 1], Note):
        end -= 1
    own = blocks[end - 1] if end else None
    head = blocks[: end - 1] if isinstance(own, Actions) else blocks[:end]
    rows = [row for row in (own, *footer) if isinstance(row, Actions)]
    notes = [note for note in (*blocks[end:], *footer) if isinstance(note, Note)]
    buttons = tuple(button for row in rows for button in row.buttons)
    return (*head, *notes, *((Actions(buttons),) if buttons else ()))
