"""How the further questions of a message stand under its answer: their words, first lines of the answer, a button."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import takewhile

import msgspec

from bot.conversation.provenance import facts_in, quotable
from bot.conversation.state import Asked
from bot.language.reading import Slot
from bot.language.rules import IntentRules
from bot.message import Block, Facts, Item, Line, Span, Title

SAID, DOUBT = "said", "doubt"
"""Slots of another question: its words, and the probability that it was meant instead."""
_LINES = 3  # of the second answer, and entries of its list


class Further(msgspec.Struct, frozen=True):
    """A further question of a message: its intent and slots, and the first lines of its answer.

    No `lines` if it has a button alone, None if the reply above tells all of them. `asked` is what was answered.
    """

    intent: str
    slots: Mapping[str, Slot]
    lines: tuple[Block, ...] | None = ()
    asked: Asked | None = None


def with_words(text: str, slots: Mapping[str, Slot]) -> Mapping[str, Slot]:
    """Return the slots of another question with its words."""
    words = quotable(text)
    return {**slots, SAID: Slot(words, words)}


def lead(blocks: Sequence[Block], above: Sequence[Block], *, repeats: bool = False) -> tuple[Block, ...]:
    """Return the first lines of an answer that goes under another one, without those that stand `above`.

    The heading of a list has its first entries. None if the amounts and days of its first line and entries all stand in
    the first line above, unless it `repeats` them to say something of them: yes or no.
    """
    told = list(takewhile(lambda one: isinstance(one, Title | Line), blocks))
    lines = [_plain(one) for one in told[:_LINES] if isinstance(one, Title | Line)]
    behind = blocks[len(told)] if len(told) < len(blocks) else None
    lists = bool(lines) and len(told) <= _LINES and (isinstance(behind, Item) or lines[-1].spans[-1].text.endswith(":"))
    entries = [line for one in blocks[len(told) :] for line in _entries(one)][:_LINES] if lists else []
    said = facts_in((*lines[:1], *entries))
    if not repeats and said and said <= facts_in(above[:1]):
        return ()
    return (*lines, *entries) if entries else () if lists else tuple(one for one in lines if one not in above)


def _plain(block: Title | Line) -> Line:
    return Line((Span(block.text, bold=True),)) if isinstance(block, Title) else block


def _entries(block: Block) -> tuple[Line, ...]:
    """Return an entry of a list as one line, or each fact as one.

    An entry has no number, which would be taken for that of the first answer.
    """
    if isinstance(block, Facts):
        return tuple(Line((Span(f"\u2022 {row.label}: {row.value}"),)) for row in block.rows)
    if not isinstance(block, Item):
        return ()
    first, *more = (line.spans for line in block.lines)
    return (Line((Span("\u2022 "), *first, *(span for spans in more for span in (Span(" \u00b7 "), *spans)))),)


def by_button(also: Mapping[str, Mapping[str, Slot]]) -> dict[str, dict[str, Slot]]:
    """Return the slots of other questions by intent, as in their buttons."""
    return {
        intent: {name: slot for name, slot in slots.items() if name not in {SAID, DOUBT}}
        for intent, slots in also.items()
    }


def questions(
    also: Mapping[str, Mapping[str, Slot]], intents: Mapping[str, IntentRules], *, alone: bool
) -> tuple[tuple[str, Mapping[str, Slot]], ...]:
    """Return the other questions for the template.

    In shared places, or if the answer may be shared later, only words about the open directory are quoted.
    """
    plain = by_button(also)
    return tuple(
        (intent, slots if alone or intents[intent].needs == "directory" else plain[intent])
        for intent, slots in also.items()
    )


def unsaid(also: Mapping[str, Mapping[str, Slot]], said: Collection[str]) -> dict[str, Mapping[str, Slot]]:
    """Return the other questions without doubtful ones that a button of the reply covers.

    `said` are the buttons' intents.
    """
    return {intent: slots for intent, slots in also.items() if DOUBT not in slots or intent not in said}
