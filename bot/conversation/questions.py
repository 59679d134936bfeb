"""Splits a message into its questions: "when did I see Dr. Kim, what was it for, and is he in network".

The further questions stand under the first answer: their words, first lines of their answers, a button.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from itertools import takewhile
from types import MappingProxyType

import msgspec
from msgspec.structs import replace

from bot.conversation.provenance import facts_in, quotable
from bot.conversation.state import TERM, Asked
from bot.language.asked import asked_in
from bot.language.calendar import adds_nothing
from bot.language.clauses import Clause, ClauseRole, clauses, is_question
from bot.language.context import Context, lists_providers, of_one_provider
from bot.language.engine import Engine
from bot.language.kernel import DANGER, FALLBACK, FOLLOW, REFINE
from bot.language.left import conditions
from bot.language.lexicon import WISH
from bot.language.reading import Reading, Slot, adds
from bot.language.rules import PERSON, IntentRules
from bot.language.text import Utterance, read
from bot.language.weights import WORKINGS
from bot.message import Block, Facts, Item, Line, Note, Span, Title

_JOINED = re.compile(r"\s*\b(?:and|also|plus|y|e|tambien|también|además)\b\s*", re.IGNORECASE)
_LEAD = re.compile(r"^(?:and|also|plus|then|so|but|pero|y|e|también|tambien|además|ademas)\s+", re.IGNORECASE)
_SURE = 0.5
# How clear a part without the form of a question has to be to ask something besides.
_CLEAR = 0.85
_WHOLE = 0.7  # how clear the whole message has to be for a vague clause to be part of it
# Below this a question that is outside of the data may be a part of the message that is not.
_LIKELY = 0.8
_TWO = 2
_SHORT, _AS_CLEAR = 8, 0.05  # words of a question about the term that was explained; a lower probability
# By so much the whole message has to be clearer than its first question to be read as one.
_DOUBT = 0.3
# With such a word a clause speaks of what another clause names.
_REFERS = frozenset({
    "it", "its", "he", "him", "his", "she", "her", "hers", "they", "them", "their", "theirs", "that", "those", "one",
    "ones", "ella", "ellas", "ellos", "ese", "esa", "eso", "esos", "esas", "alli", "ahi",
})  # fmt: skip
OF_CARE = frozenset({"provider_name", "drug", "service", "claim_type", "specialty", "claim_id"})
"""Slots that say what care a question is about."""
_NAMES = ("drug", "service", "provider_name", "specialty", "facility_type", "amount_kind")
OF_CLAIMS = OF_CARE | {"date_range", "amount_over", "amount_under", "state_of_claim", "person"}
"""Slots that say which claims a question is about. A question without them may be about the claims just shown."""


class Question(msgspec.Struct, frozen=True):
    """A question of a message: its text with the statements beside it, its reading, and the context before it."""

    words: str
    reading: Reading
    context: Context | None


class Questions:
    """Finds the questions of a message. `people` are the (given, family) names of those the writer may ask about."""

    def __init__(self, engine: Engine, *, today: date, people: Sequence[tuple[str, str]] = ()) -> None:
        self._engine, self._today, self._people = engine, today, people
        self._words = engine.lexicon.grammar.area("clauses")

    def of(self, reading: Reading, context: Context | None) -> tuple[Question, ...]:
        """Return the questions of a message in order; one with the whole message if it asks only one thing.

        A clause that asks begins a question of its own if it is clear in its place, and asks something else than the
        question before it, or the same with another value. All other clauses are conditions or background of that
        question. `reading` is that of the whole message.
        """
        said = read(reading.text)
        cut = clauses(said, frozenset(), self._words)
        alone = (Question(reading.text, reading, context),)
        if len(cut) < _TWO and not _JOINED.search(reading.text):
            return alone
        asking = [one for one in cut if is_question(said, one, self._words)]
        rules = self._engine.intents.get(reading.intent or "")
        if rules and rules.small_talk and asking and asking[0].first:  # "thank God. does my kidney stuff look alright"
            rest = self._read(said.said(cut[1].first, len(said.words)), context).reading
            goes_on = context is not None and rest.intent == context.intent and rest.score >= _SURE
            anew = not rest.unclear and rest.intent not in {FALLBACK, rules.intent}
            return self.of(within(rest, reading), context) if anew or goes_on else alone
        counts_part = asked_in(self._engine.lexicon.grammar, reading.text, {}).then  # "how many of those were free"
        apart = len(asking) >= _TWO and not counts_part and not (reading.intent or "").startswith(DANGER)
        found = self._one_by_one(said, cut, asking, reading, context) if apart else []
        own = [one.reading for one in found]
        doubted = not own or (not reading.unclear and reading.score > own[0].score + _DOUBT)
        one = doubted or not self._is_clear(own[0], _SURE) or of_one_provider(reading, own, self._engine.intents)
        if len(found) >= _TWO and not one:
            return tuple(found)
        if len(asking) < _TWO and (joined := self._joined(reading, context)):
            return joined
        texts = [said.said(clause.first, clause.after) for clause in cut if clause.role is ClauseRole.ASKS]
        if reading.unclear and len(asking) == 1 and PERSON not in reading.slots:
            part = self._read(said.said(asking[0].first, asking[0].after), None).reading
            told = self._engine.slots_as(part.intent or FALLBACK, reading.text, today=self._today)
            care = {name: told[name] for name in OF_CARE & told.keys() if OF_CARE.isdisjoint(part.slots)}
            part = replace(part, text=reading.text, slots={**care, **part.slots})
            reading = within(part, reading) if self._is_clear(part, _LIKELY) else reading
        whole = self._with_all(reading, texts, context)
        return (Question(reading.text, whole, context),)

    def _one_by_one(
        self, said: Utterance, cut: Sequence[Clause], asking: Sequence[Clause], whole: Reading, context: Context | None
    ) -> list[Question]:
        found: list[Question] = []
        begin = first = 0
        for at, clause in enumerate(asking):
            reasons = takewhile(lambda one: said.words[one.first] in self._words.reason, cut[cut.index(clause) + 1 :])
            end = len(said.words) if clause is asking[-1] else max(one.after for one in (clause, *reasons))
            after = self._engine.after(found[-1].context, found[-1].reading)[2] if found else context
            own = self._read(said.said(begin, end), after, found[-1].reading.slots if found else {})
            column = found and self._is_column(own, found[-1], said, asking[at - 1], clause)
            pointing = refers(said, clause.first, clause.after)
            if found and (column or not self._is_own(own, found[-1], whole, refers=pointing)):
                own = self._read(said.said(first, end), found.pop().context)
            else:
                first = begin
            found.append(own)
            begin = end
        return found

    def _is_column(self, own: Question, before: Question, said: Utterance, head: Clause, clause: Clause) -> bool:
        """Return whether a part says what to list of each claim: "list my claims of May, who billed it and the sum"."""
        rules, first = (self._engine.intents.get(one.reading.intent or "") for one in (own, before))
        lists = first is not None and first.tells == "several" and said.words[head.first] in self._words.imperative
        same = rules is not None and rules.shows_claims and OF_CLAIMS.isdisjoint(own.reading.slots)
        return lists and same and "," in said.between(clause.first)

    def _joined(self, reading: Reading, context: Context | None) -> tuple[Question, ...]:
        """Return the message, and the part after an "and" that asks something else without the form of a question.

        Return () if there is no such part. The part has to be clear alone, and if it has slot values, one of them must
        be new to the reading of the message: "show my claims and unlink me".
        """
        at = ((reading.text.find(slot.text), len(slot.text)) for slot in reading.slots.values() if slot.text)
        values = [range(first, first + size) for first, size in at if first >= 0]
        for join in _JOINED.finditer(reading.text):
            if any(join.start() + 1 in run and join.end() in run for run in values):
                continue  # "between 50 and 100 dollars"
            part = self._read(reading.text[join.end() :], None)
            rules, clear = self._engine.intents.get(part.reading.intent or ""), self._is_clear(part.reading, _CLEAR)
            if not (clear and rules and rules.title) or rules.intent in {reading.intent, FALLBACK}:
                continue
            same = self._engine.intents[reading.intent or FALLBACK].shows_claims or refers(read(part.words))
            if rules.shows_claims and same and OF_CLAIMS.isdisjoint(part.reading.slots):
                continue  # of the same claims: "the visits of May with the sum that I paid to each"
            adding = not part.reading.slots or adds(part.reading.slots, reading.slots)
            if adding and len(part.words.split()) >= _TWO and not rules.intent.startswith(FOLLOW):
                left = conditions(self._engine.hear(read(reading.text), self._today, None), rules)
                unmet = {name: slot for name, slot in reading.unmet.items() if name in {WISH, *left}}
                return Question(reading.text, replace(reading, unmet=unmet), context), part
        return ()

    def _with_all(self, reading: Reading, asking: Sequence[str], context: Context | None) -> Reading:
        """Return the reading with the values of all clauses on its topic: "what is my copay and what is my deductible".

        A refinement has the topic of the previous answer. Slots that take several values are extended; any other value
        becomes an unmet condition.
        """
        alone = [self._read(words, None).reading for words in asking] if len(asking) >= _TWO else []
        if of_one_provider(reading, alone, self._engine.intents):
            return reading
        slots, unmet = dict(reading.slots), dict(reading.unmet)
        topic = context.intent if context and reading.intent == REFINE else reading.intent
        rules = self._engine.intents.get(topic or "")
        more = [(name, slot) for one in alone if one.intent == topic for name, slot in one.slots.items()]
        for name, slot in more if rules else ():
            held = slots.get(name)
            anchored = held is not None and isinstance(held.value, Mapping) and "relation" in held.value
            plain = slot.text and held is not None and not (slot.excluded or held.excluded or anchored)
            if held is None or not plain or not adds({name: slot}, slots):
                continue
            if rules and name in rules.several:
                dated = held.every if name == "date_range" else ()
                added = [
                    one
                    for one in slot.every
                    if one not in held.every and not any(adds_nothing(one, day) for day in dated)
                ]
                if added:
                    values = (*held.every, *added)
                    slots[name] = replace(held, text=f"{held.text}, {slot.text}", values=values, how="and")
                unmet.pop(name, None)
            else:
                unmet.setdefault(name, slot)
        return replace(reading, slots=slots, unmet=unmet)

    def _read(self, words: str, context: Context | None, beside: Mapping[str, Slot] = MappingProxyType({})) -> Question:
        words = _LEAD.sub("", words)
        reading = self._engine.understand(words, today=self._today, context=context, people=self._people)
        spoken = {**(context.slots if context else {}), **beside}
        spoken = {name: slot for name, slot in spoken.items() if name == TERM or not reading.unclear}
        return Question(words, with_object(self._engine, reading, spoken, self._today), context)

    def _is_clear(self, reading: Reading, least: float = 0.0) -> bool:
        """Return whether a part of a message is a clear question of its own, and no emergency and no small talk."""
        rules = self._engine.intents.get(reading.intent or "")
        if rules is None or reading.unclear or reading.is_miss or rules.small_talk or rules.intent.startswith(DANGER):
            return False
        return reading.score >= (_LIKELY if rules.needs == "nothing" else least)

    def _is_own(self, own: Question, before: Question, whole: Reading, *, refers: bool) -> bool:
        """Return whether a part of a message asks something besides the question before it.

        A part is a condition of that question if the reading of the whole message has all its values: "and tell me if
        they take new patients".
        """
        reading, first = own.reading, self._engine.intents.get(before.reading.intent or "")
        of_shown = first is not None and first.shows_claims and reading.unclear and OF_CLAIMS.isdisjoint(reading.slots)
        # One answer has both: "how often did I see Dr. Tran and what did each one run me".
        both = of_shown and whole.score >= _WHOLE and whole.intent != before.reading.intent
        if both or not self._is_clear(before.reading) or not (of_shown or self._is_clear(reading, _SURE)):
            return False
        intent, slots = self._engine.merged(own.context, reading)
        rules = self._engine.intents.get(intent or "")
        if of_shown or rules is None or rules.intent.startswith(FOLLOW):
            return of_shown
        told = rules.shows_claims or (rules.is_of_provider and first is not None and first.reads_claims)
        of_claim = first is not None and first.shows_claims and whole.intent == intent
        if refers and not told and (of_claim or (not slots and OF_CARE & rules.heard.keys())):
            return False  # nothing before it says what "it" is, or only the whole message holds which claim
        if intent != before.reading.intent:
            same = whole.intent == before.reading.intent and not adds(reading.slots, whole.slots)
            listed = first is not None and lists_providers(first) and OF_CARE.isdisjoint(reading.slots)
            narrows = (refers or listed) and reading.slots and same  # "a dentist in Network S, who speaks Spanish"
            return not narrows or (first is not None and first.shows_claims and rules.shows_claims)
        if WORKINGS in reading.slots:
            return reading.slots[WORKINGS] != before.reading.slots.get(WORKINGS)
        values = {name: slot for name, slot in reading.slots.items() if name not in rules.several}
        anew = not before.reading.slots.keys().isdisjoint(values) and adds(values, before.reading.slots)
        return (refers and rules.shows_claims) or anew


def with_object(engine: Engine, reading: Reading, spoken: Mapping[str, Slot], today: date) -> Reading:
    """Return the reading of a short message together with what was `spoken` of before: "what did I pay her last time".

    That is the term that was just explained ("and have I met mine"), or for an unclear message the objects of the
    question before, in place of a pronoun, also where a place is sought: "where can I get it". That reading counts
    if it is clear, and adds to what the message says.
    """
    rules = engine.intents.get(reading.intent or "")
    open_ = reading.unclear or (spoken and rules is not None and lists_providers(rules) and refers(read(reading.text)))
    names = (TERM,) if TERM in spoken else _NAMES if open_ else ()
    named = {name: spoken[name] for name in names if name in spoken and spoken[name].is_plain and spoken[name].text}
    said = read(reading.text).words if named else ()
    if not named or len(said) > _SHORT or reading.slots.keys() & {TERM, "facility_type", *OF_CARE}:
        return reading
    at = next((at for at, word in enumerate(said) if word in _REFERS and TERM not in named), len(said))
    words = (*said[:at], *(slot.text for slot in named.values()), *said[at + 1 :])
    both = engine.understand(" ".join(words), today=today)
    adds_to = both.intent != reading.intent or not both.slots.keys() <= reading.slots.keys()
    if not adds_to or both.unclear or TERM in both.slots or both.score <= reading.score - _AS_CLEAR:
        return reading
    kept = {name: slot for name, slot in named.items() if name in both.slots}
    return replace(both, text=reading.text, slots={**both.slots, **kept}, those=reading.those, picks=reading.picks)


def within(part: Reading, whole: Reading) -> Reading:
    """Return the reading of a part of a message, with the emergency and the language of the whole message."""
    language = {"language": whole.language, "shows_language": whole.shows_language}
    return replace(part, **language, alarm=whole.alarm, present=whole.present, lines=whole.lines)


def refers(said: Utterance, first: int = 0, after: int | None = None) -> bool:
    """Return whether these words of a message contain a pronoun such as "it", "her" or "those"."""
    return not _REFERS.isdisjoint(said.words[first:after])


SAID, DOUBT = "said", "doubt"
"""Slots added to another question: its words, and the probability that it was meant instead."""
_LINES = 3  # of the second answer, and entries of its list


class Further(msgspec.Struct, frozen=True):
    """A further question of a message: its intent, its slots, and the first lines of its answer.

    `lines` are () if the question only gets a button, None if the reply above states all of them. `asked` is the
    question as it was answered; None if it was not.
    """

    intent: str
    slots: Mapping[str, Slot]
    lines: tuple[Block, ...] | None = ()
    asked: Asked | None = None


def with_words(text: str, slots: Mapping[str, Slot]) -> Mapping[str, Slot]:
    """Return the slots of another question, with its quotable words in the slot `SAID`."""
    words = quotable(text)
    return {**slots, SAID: Slot(words, words)}


def lead(blocks: Sequence[Block], above: Sequence[Block], *, repeats: bool = False) -> tuple[Block, ...]:
    """Return the first lines of an answer that goes under another one, without the lines that stand `above`.

    The heading of a list is followed by its first entries. Return () if the sentences above have all amounts and dates
    of the answer's first line and entries. An answer that `repeats` them, to say yes or no about them, is kept.
    """
    told = list(takewhile(lambda one: isinstance(one, Title | Line), blocks))
    lines = [_plain(one) for one in told[:_LINES] if isinstance(one, Title | Line)]
    behind = next((one for one in blocks[len(told) :] if not isinstance(one, Note)), None)
    lists = bool(lines) and len(told) <= _LINES and (isinstance(behind, Item) or lines[-1].spans[-1].text.endswith(":"))
    entries = [line for one in blocks[len(told) :] for line in _entries(one)][:_LINES] if lists else []
    said = facts_in((*lines[:1], *entries))
    if not repeats and said and said <= facts_in(one for one in above if isinstance(one, Line)):
        return ()
    return (*lines, *entries) if entries else () if lists else tuple(one for one in lines if one not in above)


def _plain(block: Title | Line) -> Line:
    return Line((Span(block.text, bold=True),)) if isinstance(block, Title) else block


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
    plain = by_button(also)
    return tuple(
        (intent, slots if alone or intents[intent].needs == "directory" else plain[intent])
        for intent, slots in also.items()
    )


def unsaid(also: Mapping[str, Mapping[str, Slot]], said: Collection[str]) -> dict[str, Mapping[str, Slot]]:
    """Return the other questions without doubtful ones that a button of the reply asks already.

    `said` are the intents of the reply's buttons.
    """
    return {intent: slots for intent, slots in also.items() if DOUBT not in slots or intent not in said}
