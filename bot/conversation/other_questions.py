"""Messages with more than one question. The second is answered with the first; what is left is offered as buttons."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from itertools import takewhile

import msgspec
from msgspec.structs import replace

from bot.conversation.going_on import LEAD, OF_CARE, going_on, refers
from bot.conversation.provenance import facts_in, quotable
from bot.language.clauses import Clause, ClauseRole, clauses, is_whole
from bot.language.context import Context, of_one_provider
from bot.language.engine import Engine
from bot.language.kernel import FALLBACK, FOLLOW, REFINE, is_kernel
from bot.language.left import conditions
from bot.language.lexicon import WISH
from bot.language.licences import stands_out
from bot.language.reading import Candidate, Reading, Slot, adds
from bot.language.rules import PERSON, IntentRules
from bot.language.slots import is_told_by
from bot.language.text import Utterance, read
from bot.language.weights import WORKINGS
from bot.message import Block, Item, Line, Span, Title

SAID, DOUBT = "said", "doubt"
"""Slots of another question: its words, and the probability that it was meant instead."""
_SURE = 0.5
# How clear a part of a message has to be before it is offered beside the answer.
_CLEAR = 0.85
# Below this a question that is outside of the data may be a part of the message that is not.
_LIKELY = 0.8
_TWO = 2
_LINES = 3  # of the second answer, and entries of its list
_JOINED = re.compile(r"\b(?:and|also|plus|y|e|tambien|también|además)\b", re.IGNORECASE)
# With such a word a clause asks about the writer, whomever another clause names.
_OWN = frozenset({"i", "my", "mine", "me", "mi", "mis", "yo"})
_SELF = Slot("", {"kin": "self"})


class _Part(msgspec.Struct, frozen=True):
    """A clause that asks: its words, its reading alone, and whether it refers to the question that is answered.

    `whole`: it is a sentence that asks.
    """

    words: str
    alone: Reading
    refers: bool
    whole: bool


class Parted(msgspec.Struct, frozen=True):
    """The question to answer, the one to answer with it if that is clear, and all others: intent to slots, in order.

    `goes_on` are the words that go on from the answer to the `first`: "when was that, and what did it cost".
    """

    reading: Reading
    then: Reading | None = None
    others: Mapping[str, Mapping[str, Slot]] = {}
    first: str = ""
    goes_on: str = ""


def parted(
    engine: Engine,
    reading: Reading,
    *,
    today: date,
    context: Context | None,
    people: Sequence[tuple[str, str]] = (),
) -> Parted:
    """Return the question to answer, and the other questions of the message.

    If the clauses are separate questions, the one to answer is read alone, because its answer cannot use what another
    clause says. Without others, the second meaning of the whole message is one if it is probable enough. `people` are
    those whose records the writer may ask about.
    """
    found = _parted(engine, reading, today, context, people)
    other = found.reading.second
    if found.then or found.others or other is None or not engine.intents[other.intent].title:
        return found
    return Parted(found.reading, None, {other.intent: {**other.slots, DOUBT: Slot("", other.score)}})


def _parted(
    engine: Engine, reading: Reading, today: date, context: Context | None, people: Sequence[tuple[str, str]]
) -> Parted:
    said = read(reading.text)
    cut = clauses(said, frozenset(), engine.lexicon.grammar.area("clauses"))
    if found := going_on(engine, reading, cut, said, today=today, context=context, people=people):
        return Parted(found[0], first=found[1], goes_on=found[2])
    heard = engine.hear(said, today, None) if len(cut) >= _TWO else None
    parts = _parts(engine, said, heard.clauses, today, people) if heard else []
    one = of_one_provider(reading, [part.alone for part in parts], engine.intents)
    parts = parts if len(parts) >= _TWO and not one else []
    own = next((part for part in parts if part.alone.intent == reading.intent and not part.alone.is_miss), None)
    if own and heard:
        at = parts.index(own)
        own = parts[at] = _with_told(engine, own, said, heard.clauses, today=today, people=people)
    others = _others(engine, parts, own, reading, today) if own else {}
    first = parts[0] if parts and own is None and _is_whole(engine, parts[0]) else None
    later = _others(engine, parts, first, first.alone, today) if first else {}
    if first and (_is_weak(reading) or reading.intent in [one.intent for one in later.values()]):
        # The whole message was read as what another clause asks of the one that the first clause names, or as nothing.
        own, others, reading = first, later, _of_part(first, reading)
    rest = [part for part in parts if part is not own]
    if own is None or not others:
        whole = None if any(refers(said, clause) for clause in cut) else _runner_up(engine, reading, today)
        if whole is None:
            return Parted(_with_all(engine, reading, [part.alone for part in parts], context))
        left = conditions(heard or engine.hear(said, today, None), engine.intents[whole.intent])
        unmet = {name: slot for name, slot in reading.unmet.items() if name in {WISH, *left}}
        return Parted(replace(reading, unmet=unmet), None, {whole.intent: whole.slots})
    again = engine.understand(own.alone.text, today=today, context=context, people=people)
    if again.intent == reading.intent and WORKINGS not in reading.slots:
        takes, heard_slots = _shared(engine, own, reading.intent), reading.slots
        reading = _narrowed(reading, again, [part.words for part in rest if part.words not in others])
        before = " ".join(part.words for part in (rest if own.refers else parts[: parts.index(own)]))
        named = {name: slot for name, slot in heard_slots.items() if name in takes and slot.text in before}
        reading = replace(
            reading, slots={**named, **reading.slots}
        )  # "Dr. Kim's from the 3rd, and the one from the 10th"
    buttons = {str(one.intent): one.slots for one in others.values() if one.intent != reading.intent}
    subject = heard is not None and not OF_CARE.isdisjoint(heard.marks)
    asks = [part.words for part in rest if own.whole and part.whole]
    asks = [words for words in asks if words in others and not (subject and _is_of_any(engine, others[words]))]
    return Parted(reading, next((one for words, one in others.items() if words in asks), None), buttons)


def _with_told(
    engine: Engine,
    own: _Part,
    said: Utterance,
    cut: Sequence[Clause],
    *,
    today: date,
    people: Sequence[tuple[str, str]],
) -> _Part:
    """Return the part read with what is told beside it, if that asks the same: "physical therapy, is it a copay"."""
    texts = [(one.role, said.said(one.first, one.after)) for one in cut]
    told = [text for role, text in texts if role is ClauseRole.BACKGROUND or text == own.words]
    alone = engine.understand(", ".join(told), today=today, people=people)
    return replace(own, alone=alone) if alone.intent == own.alone.intent and not alone.unclear else own


def _shared(engine: Engine, own: _Part, intent: str | None) -> frozenset[str]:
    """Return the slots of an intent that a part of a message has from another one.

    What it refers to, with its amount and time; and about claims, where it names no care of its own, the care and the
    time that were named before: "how often did I see Dr. Kim last year, and what did I pay". One that names nothing at
    all takes all.
    """
    entry = engine.intents[intent or ""]
    refers = own.refers or not any(slot.text for slot in own.alone.slots.values())
    taken = OF_CARE | {"amount", "date_range"} if refers else frozenset[str]()
    if entry.reads_claims and OF_CARE.isdisjoint(own.alone.slots):
        taken |= OF_CARE | {"date_range"}
    return taken & entry.heard.keys()


def cleared(engine: Engine, reading: Reading, today: date, people: Sequence[tuple[str, str]] = ()) -> Reading:
    """Return the question of a message that is not clear as a whole, if its parts are clear alone.

    That is the only one that asks, so that what is told beside it changes nothing, or the first of two. Where somebody
    is asked about, who is told of beside it may be meant.
    """
    rules, sure = engine.intents.get(reading.intent or ""), engine.weights.header.sure
    doubtful = rules and reading.score < sure[rules.needs] and stands_out(rules, reading.chances, sure)
    if not (reading.unclear or _is_weak(reading) or doubtful):
        return reading
    said = read(reading.text)
    heard = engine.hear(said, today, None)
    if len(heard.clauses) < _TWO or PERSON in heard.marks:
        return reading
    parts = _parts(engine, said, heard.clauses, today, people)
    asks = [part for part in parts if part.whole]
    whole = [part for part in asks if _is_whole(engine, part)]
    if len(asks) == 1 and asks == whole and asks[0].alone.intent:
        found = _of_part(asks[0], reading)
        told = engine.slots_as(asks[0].alone.intent, reading.text, today=today)
        takes = _shared(engine, asks[0], asks[0].alone.intent)
        return replace(found, slots={**{name: told[name] for name in takes & told.keys()}, **found.slots})
    return _of_part(whole[0], reading) if len({part.alone.intent for part in whole}) >= _TWO else reading


def _is_weak(reading: Reading) -> bool:
    """Return whether a message is read as outside of the data, and that is not clear."""
    return reading.intent == FALLBACK and reading.score < _LIKELY


def _of_part(part: _Part, reading: Reading) -> Reading:
    """Return what one part asks, with the emergency and the language of the whole message."""
    return replace(
        part.alone,
        text=reading.text,
        language=reading.language,
        shows_language=reading.shows_language,
        alarm=reading.alarm,
        present=reading.present,
        lines=reading.lines,
    )


def _parts(
    engine: Engine, said: Utterance, heard: Sequence[Clause], today: date, people: Sequence[tuple[str, str]]
) -> list[_Part]:
    """Return the clauses that ask."""
    cut = [one for one in heard if one.role is ClauseRole.ASKS]
    words = engine.lexicon.grammar.area("clauses")
    texts = [said.said(one.first, one.after) for one in cut]
    return [
        _Part(
            text,
            engine.understand(text, today=today, people=people),
            refers(said, clause),
            is_whole(said, clause, words),
        )
        for clause, text in zip(cut, texts, strict=False)
    ]


def _is_whole(engine: Engine, part: _Part) -> bool:
    """Return whether the clause alone is a complete question that needs data."""
    rules, alone = engine.intents.get(part.alone.intent or ""), part.alone
    leans = part.refers and OF_CARE.isdisjoint(alone.slots)
    clear = alone.score >= _SURE and not (leans or alone.unclear)
    return clear and rules is not None and rules.needs != "nothing"


def _others(engine: Engine, parts: Sequence[_Part], own: _Part, reading: Reading, today: date) -> dict[str, Reading]:
    """Return the questions of the other clauses, by their words."""
    rest = (part for part in parts if part is not own)
    return {part.words: asked for part in rest if (asked := _asked(engine, part, own, reading, today))}


def _is_of_any(engine: Engine, asked: Reading) -> bool:
    """Return whether a question about claims says of which: beside one about some care it is not about any."""
    return engine.intents[asked.intent or ""].reads_claims and not {*OF_CARE, "date_range"} & asked.slots.keys()


def _asked(engine: Engine, part: _Part, own: _Part, reading: Reading, today: date) -> Reading | None:
    """Return what a clause asks besides the answered question; None if it belongs to that one or is not clear.

    A clause that refers to it ("when did I last see her") is read as its follow-up. If the whole reading contains all
    that such a clause says ("and tell me if they take new patients"), the clause is one of its conditions. One of the
    same intent asks anew only with a value that the whole reading lacks and its answer takes one of: another year.
    """
    _, _, topic = engine.after(None, own.alone)
    after = engine.understand(part.words, today=today, context=topic)
    intent, slots = engine.merged(topic, after)
    if own.alone.intent == part.alone.intent:
        several = engine.intents[own.alone.intent].several if own.alone.intent else frozenset()
        texts = [slot.text for slot in part.alone.slots.values()]  # a form of answer borrows another's words
        own_slots = {n: one for n, one in part.alone.slots.items() if n not in several and texts.count(one.text) == 1}
        anew = not part.alone.unclear and PERSON not in own_slots and adds(own_slots, reading.slots)
        return part.alone if anew else None
    if own.alone.intent == intent or (part.refers and after.slots and not adds(after.slots, reading.slots)):
        return None
    found = after if part.refers or part.alone.is_miss else part.alone
    if found is part.alone:
        intent, slots = found.intent, dict(found.slots)
    if intent and intent in engine.intents:
        named = _shared(engine, part, intent).intersection(own.alone.slots)
        slots = {**{name: own.alone.slots[name] for name in named}, **slots}
    if PERSON in reading.slots and PERSON not in slots and not _OWN.isdisjoint(read(part.words).words):
        slots = {**slots, PERSON: _SELF}
    rules = engine.intents.get(intent or "")
    if rules is None or rules.intent.startswith(FOLLOW) or found.unclear or found.score < _SURE:
        return None
    if rules.needs == "nothing" and rules.title and not rules.small_talk and not is_kernel(rules.intent):
        return replace(found, intent=rules.intent, slots=found.slots)
    if rules.needs == "nothing" and rules.answer != "aside":
        # What is outside of the data has a text of its own, if the bot knows why.
        told = rules.intent == FALLBACK and slots["reason"].value not in {"unknown", "empty", "chatter"}
        return replace(found, intent=FALLBACK, slots=with_words(part.words, slots)) if told and part.whole else None
    return replace(found, intent=rules.intent, slots=with_words(part.words, slots))


def with_words(text: str, slots: Mapping[str, Slot]) -> Mapping[str, Slot]:
    """Return the slots of another question with its words."""
    words = quotable(LEAD.sub("", text))
    return {**slots, SAID: Slot(words, words)}


def lead(blocks: Sequence[Block], above: Collection[Block], *, repeats: bool = False) -> tuple[Block, ...]:
    """Return the first lines of an answer that goes under another one, without those that stand `above`.

    The heading of a list has its first entries. None if the amounts and days of its first line all stand above, unless
    it `repeats` them to say something of them: yes or no.
    """
    told = list(takewhile(lambda one: isinstance(one, Title | Line), blocks))
    end, lines = len(told), [_plain(one) for one in told[:_LINES] if isinstance(one, Title | Line)]
    if not repeats and lines and (said := facts_in(lines[:1])) and said <= facts_in(above):
        return ()
    if end > _LINES or not lines or not lines[-1].spans[-1].text.endswith(":"):
        return tuple(one for one in lines if one not in above)
    entries = [_entry(one) for one in blocks[end:] if isinstance(one, Item)][:_LINES]
    return (*lines, *entries) if entries else ()


def _plain(block: Title | Line) -> Line:
    return Line((Span(block.text, bold=True),)) if isinstance(block, Title) else block


def _entry(item: Item) -> Line:
    """Return an entry of a list as one line, without its number, which would be taken for that of the first answer."""
    first, *more = (line.spans for line in item.lines)
    return Line((Span("\u2022 "), *first, *(span for spans in more for span in (Span(" \u00b7 "), *spans))))


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


def _narrowed(reading: Reading, again: Reading, unasked: Sequence[str]) -> Reading:
    """Return the reading of its own clause alone, with the conditions of clauses that nothing answers."""
    unmet = {name: slot for name, slot in reading.unmet.items() if any(slot.text in text for text in unasked)}
    return replace(
        again,
        text=reading.text,
        language=reading.language,
        shows_language=reading.shows_language,
        unmet={**unmet, **again.unmet},
    )


def _with_all(engine: Engine, reading: Reading, alone: Sequence[Reading], context: Context | None) -> Reading:
    """Return the reading with further clauses on the same topic: "what is my copay and what is my deductible".

    Refinements of the previous answer count as that topic. Slots that take several values are extended; any other value
    is a condition that is not met.
    """
    slots, unmet = dict(reading.slots), dict(reading.unmet)
    topic = context.intent if context and reading.intent == REFINE else reading.intent
    rules = engine.intents.get(topic or "")
    more = [(name, slot) for one in alone if one.intent == topic for name, slot in one.slots.items()]
    for name, slot in more if rules else ():
        held = slots.get(name)
        anchored = held is not None and isinstance(held.value, Mapping) and "relation" in held.value
        if held is None or anchored or not slot.text or slot.excluded or held.excluded or not adds({name: slot}, slots):
            continue
        if rules and name in rules.several:
            dated = name == "date_range"
            added = [one for one in slot.every if one not in held.every and not (dated and is_told_by(one, held.every))]
            if added:
                values = (*held.every, *added)
                slots[name] = replace(held, text=f"{held.text}, {slot.text}", values=values, how="and")
            unmet.pop(name, None)
        else:
            unmet.setdefault(name, slot)
    return replace(reading, slots=slots, unmet=unmet)


def _runner_up(engine: Engine, reading: Reading, today: date) -> Candidate | None:
    """Return what a joined part of the message asks besides: "show my claims and unlink me"; None if nothing.

    The part has to be clear alone, and to have a value of its own or none.
    """
    asked = (engine.understand(part, today=today) for part in _JOINED.split(reading.text)[1:])
    for alone in asked:
        rules = engine.intents.get(alone.intent or "")
        if rules is None or alone.unclear or alone.score < _CLEAR or alone.intent in {reading.intent, FALLBACK}:
            continue
        if rules.small_talk or rules.intent.startswith(FOLLOW) or not rules.title:
            continue
        if not alone.slots or adds(alone.slots, reading.slots):
            return Candidate(rules.intent, alone.rule or "", alone.score, alone.concepts, alone.slots)
    return None
