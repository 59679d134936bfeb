"""How the further questions of a message are shown under the first answer.

Each has its words, the first lines of its answer and a button.
"""

from collections.abc import Collection, Mapping, Sequence
from itertools import takewhile

import msgspec

from bot.conversation.provenance import facts_in, quotable
from bot.conversation.questions import LEAD
from bot.conversation.state import Asked
from bot.language.reading import Slot
from bot.language.rules import IntentRules
from bot.message import Block, Facts, Item, Line, Note, Span, Title

SAID, DOUBT = "said", "doubt"
"""Slots added to another question: its words, and the probability that it was meant instead."""
_LINES = 3  # of the second answer, and entries of its list
Lines = tuple[Block, ...] | None


class Further(msgspec.Struct, frozen=True):
    """A further question of a message: its intent, its slots, and the first lines of its answer.

    The intent is "" if the question was not understood. `lines` are () if it only gets a button, None if the reply
    above states all of them. `asked` is the question as it was answered; None if it was not.
    """

    intent: str
    slots: Mapping[str, Slot]
    lines: Lines = ()
    asked: Asked | None = None


def with_words(text: str, slots: Mapping[str, Slot]) -> Mapping[str, Slot]:
    """Return the slots of another question, with its quotable words in the slot `SAID`."""
    words = quotable(LEAD.sub("", text))
    return {**slots, SAID: Slot(words, words)}


def lead(blocks: Sequence[Block], above: Sequence[Block], *, repeats: bool = False, same: bool = False) -> Lines:
    """Return the first lines of an answer that goes under another one, without lines that are already in `above`.

    The heading of a list is followed by its first entries. Return () if the sentences above have all amounts and dates
    of the answer's first line and entries (of the `same` intent: amounts), unless it `repeats` them for a yes or no.
    """
    told = list(takewhile(lambda one: isinstance(one, Title | Line), blocks))
    shown = [one for one in told[:_LINES] if isinstance(one, Title | Line)]
    lines = [Line((Span(one.text, bold=True),)) if isinstance(one, Title) else one for one in shown]
    behind = next((one for one in blocks[len(told) :] if not isinstance(one, Note)), None)
    lists = bool(lines) and len(told) <= _LINES and (isinstance(behind, Item) or lines[-1].spans[-1].text.endswith(":"))
    entries = [line for one in blocks[len(told) :] for line in _entries(one)][:_LINES] if lists else []
    said = facts_in((*lines[:1], *entries))
    said = {one for one in said if same and one[0].isdecimal()} or said
    noted = {one for one in facts_in(above) if one[-1].isalpha()}  # "180 days" in a note, whose dates are of its own
    if not repeats and said and said <= noted | facts_in(one for one in above if isinstance(one, Title | Line)):
        return ()
    return (*lines, *entries) if entries else () if lists else tuple(one for one in lines if one not in above)


def _entries(block: Block) -> tuple[Line, ...]:
    """Return a list entry as one line, or the facts of a block as one line each; () for any other block.

    The lines have no number, because it would be taken for the number of an entry in the first answer.
    """
    if isinstance(block, Facts):
        return tuple(Line((Span(f"\u2022 {row.label}: {row.value}"),)) for row in block.rows)
    if not isinstance(block, Item):
        return ()
    first, *more = (line.spans for line in block.lines)
    return (Line((Span("\u2022 "), *first, *(span for spans in more for span in (Span(" \u00b7 "), *spans)))),)


def by_button(also: Mapping[str, Mapping[str, Slot]]) -> dict[str, dict[str, Slot]]:
    """Return the slots of other questions by intent, as their buttons carry them: without `SAID` and `DOUBT`."""
    return {
        intent: {name: slot for name, slot in slots.items() if name not in {SAID, DOUBT}}
        for intent, slots in also.items()
    }


def questions(
    also: Mapping[str, Mapping[str, Slot]], intents: Mapping[str, IntentRules], *, alone: bool
) -> tuple[tuple[str, Mapping[str, Slot]], ...]:
    """Return the other questions for the template, as (intent, slots) pairs.

    In shared places, or if the answer may be shared later, only words about the open directory are quoted.
    """
    quoted = {intent for intent in also if alone or (intent and intents[intent].needs == "directory")}
    return tuple(
        (intent, {name: slot for name, slot in slots.items() if name != SAID or intent in quoted})
        for intent, slots in also.items()
    )


def unsaid(also: Mapping[str, Mapping[str, Slot]], said: Collection[str]) -> dict[str, Mapping[str, Slot]]:
    """Return the other questions without doubtful ones that a button of the reply asks already.

    `said` are the intents of the reply's buttons.
    """
    return {intent: slots for intent, slots in also.items() if DOUBT not in slots or intent not in said}
