"""Splits a message into its questions: "when did I see Dr. Kim, what was it for, and is he in network".

`bot.conversation.further` shows the further ones under the first answer.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import pairwise
from types import MappingProxyType

import msgspec
from msgspec.structs import replace

from bot.conversation.shown import OF_CARE
from bot.conversation.state import TERM
from bot.conversation.told import NO_OBJECT, refers, with_object
from bot.language.asked import asked_in
from bot.language.clauses import Clause, ClauseRole, as_listed, clauses, ends_with, is_question, is_whole
from bot.language.context import OBJECTS, OF_CLAIMS, Context, lists_providers
from bot.language.engine import Engine
from bot.language.kernel import DANGER, FALLBACK, FOLLOW
from bot.language.reading import Reading, Slot, adds, distinct
from bot.language.rules import PERSON, IntentRules
from bot.language.text import Utterance

LEAD = re.compile(r"^(?:and|also|plus|then|so|but|pero|y|e|también|tambien|además|ademas)\s+", re.IGNORECASE)
_SURE = 0.5
CLEAR = 0.85
"""How clear a part has to be to ask something besides without the form of a question, and without an object."""
_WHOLE = 0.7  # how clear the whole message has to be for a vague clause to be part of it
_LIKELY, _TWO = 0.8, 2  # below this a question outside of the data may be a part of the message that is not
_AS_CLEAR = 0.05  # a part this much less probable than the whole is as clear
_NEVER = 2.0  # above any probability
_EMPTY = NO_OBJECT | {"BARE", "REQUEST", "INSTEAD"}
"""Concepts of a clause that names nothing of its own: "can you help me with that", "and what is mine"."""
_APART = frozenset({"WHERE_WORD", "WHEN_WORD", "WHO_WORD", "TAKES"})
"""Concepts of a clause that asks for something of its own, however unclear: "and where do I order it from"."""
_DOUBT = 0.3  # by so much the whole message has to be clearer than its first question to be read as one


class Question(msgspec.Struct, frozen=True):
    """A question of a message: its text with the statements that belong to it, its reading, and its context."""

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

        A part that may begin a question does so if it is clear in its place, and asks something else than the question
        before it, or the same with another value. All other parts are conditions or background of that question.
        `reading` is that of the whole message. A question that none of these answers follows them.
        """
        cut = clauses(reading.said, frozenset(), self._words)
        found = self._found(reading, cut, context)
        return (*found, *self._unanswered(reading, cut, found))

    def _found(self, reading: Reading, cut: Sequence[Clause], context: Context | None) -> tuple[Question, ...]:
        said = reading.said
        # A part may begin at a clause, and at each "and" outside of values.
        at = ((reading.text.find(slot.text), len(slot.text)) for slot in reading.slots.values() if slot.text)
        values = [range(first + 1, first + size) for first, size in at if first >= 0]
        joins = {place for place, word in enumerate(said.words) if word in self._words.adding}
        joins = {place for place in joins if not any(said.spans[place][0] in run for run in values)}
        starts = sorted({*(one.first for one in cut), *joins})
        if len(starts) < _TWO:
            return (Question(reading.text, reading, context),)
        asking = [one for one in cut if is_question(said, one, self._words)]
        asking = asking or [one for one in cut if ends_with(said, one) == "?"]
        rules = self._engine.intents.get(reading.intent or "")
        counts_part = asked_in(self._engine.lexicon.grammar, reading.text, {}).then  # "how many of those were free"
        one = counts_part or (reading.intent or "").startswith(DANGER)
        found = [] if one else self._divided(said, starts, reading, context)
        own = [one.reading for one in found]
        if len(found) >= _TWO and not _of_one_provider(reading, own, self._engine.intents):
            later = max((one.score for one in own if one.intent == reading.intent != own[0].intent), default=0.0)
            as_clear = reading.unclear or later > reading.score - _AS_CLEAR
            doubted = not as_clear and reading.score > own[0].score + _DOUBT
            if not doubted and self._is_clear(own[0], _SURE):
                return tuple(found)
        small = rules is not None and rules.small_talk  # "thank God. does my kidney stuff look alright"
        if (reading.unclear or small) and len(asking) == 1 and PERSON not in reading.slots:
            words = said.said(asking[0].first, asking[0].after)
            part = self._read(words, context if small else None).reading
            if context and (follows := self._following(words, part, context)):
                return (follows,)
            told = self._engine.slots_as(part.intent or FALLBACK, reading.text, today=self._today)
            names = {"location"} if OF_CARE & part.slots.keys() else {"location", *OF_CARE}  # "the doctors down there"
            care = {name: told[name] for name in names & told.keys()}
            anew = small and (context is None or part.intent != context.intent)  # "what would I do without you"
            if self._is_clear(part, _SURE if anew else _LIKELY):
                text = words if small else reading.text
                part = replace(part, text=text, slots={**care, **part.slots})
                return (Question(text, within(part, reading), context),)
        asks = [one for one in cut if one.role is ClauseRole.ASKS]
        each = [self._read(said.said(one.first, one.after), None).reading for one in asks if len(asks) >= _TWO]
        return (Question(reading.text, self._with_all(reading, each), context),)

    def _following(self, words: str, part: Reading, context: Context) -> Question | None:
        """Return the question of a message if it names its object and is clear only after the last answer.

        For example "And a colonoscopy? My doctor mentioned one", after the price of a mammogram.
        """
        if not part.unclear or OBJECTS.isdisjoint(part.slots):
            return None
        follows = self._read(words, context)
        return follows if self._is_clear(follows.reading, _LIKELY) else None

    def _unanswered(self, whole: Reading, cut: Sequence[Clause], found: Sequence[Question]) -> Iterator[Question]:
        """Yield the clauses with the form of a question that a question in `found` includes, but does not answer.

        Such a clause by itself asks for another intent than its question, and none of its values narrows that question.
        Where no clause asks for the intent of the question, the question needs all of them.
        """
        said = whole.said
        least = {said.said(one.first, one.after): self._least(said, one) for one in cut}
        for question in found:
            held, rules = question.reading, self._engine.intents.get(question.reading.intent or "")
            inside = [text for text in least if text in question.words]
            asking = [text for text in inside if least[text] < _NEVER]
            if rules is None or held.unclear or held.is_miss or len(inside) < _TWO or not asking:
                continue
            parts = {text: self._read(text, None).reading for text in inside}
            its = held.intent in {one.intent for one in parts.values()}
            if its and not _of_one_provider(held, [*parts.values()], self._engine.intents):
                for text in asking:
                    if self._is_apart(parts[text], held, rules, least[text]):
                        yield Question(text, parts[text], None)

    def _least(self, said: Utterance, clause: Clause) -> float:
        """Return how probable the reading of a clause must be for a question; a statement before "?" needs more."""
        if is_question(said, clause, self._words):
            return 0.0
        return CLEAR if is_whole(said, clause, self._words) else _NEVER

    def _is_apart(self, part: Reading, held: Reading, first: IntentRules, least: float) -> bool:
        """Return whether a clause asks for something that the answer to the question around it does not have."""
        rules = self._engine.intents.get(part.intent or "")
        if rules is None or rules is first or part.is_miss or rules.small_talk or part.score < least:
            return False
        if rules.needs == "nothing" and (least or part.score < CLEAR):
            return False
        nothing = part.unclear and _APART.isdisjoint(part.concepts)
        nothing = nothing or _EMPTY.issuperset(part.concepts)
        if not part.slots and (nothing or first.intent == FALLBACK):
            return False
        if rules.intent.startswith((DANGER, FOLLOW)) or not (rules.title or "reason" in part.slots):
            return False
        narrows = (held.slots[name].value == one.value for name, one in part.slots.items() if name in held.slots)
        if any(narrows) and part.slots.keys() != {PERSON}:
            return False
        return not (first.shows_claims and rules.shows_claims)

    def _divided(
        self, said: Utterance, starts: Sequence[int], whole: Reading, context: Context | None
    ) -> list[Question]:
        """Return the questions of a message, each read with the values of the questions before it.

        A part may begin where a clause does, or at an "and" outside of values. A part that is no complete question
        belongs to the one before it, or to the one after it.
        """
        found: list[Question] = []
        spoken: dict[str, Slot] = {}
        begin = first = 0
        formed = True  # False while the only question is a part without the form of one, which another has to follow
        for start, after in pairwise((*starts, len(said.words))):
            part = Clause(start, after, ClauseRole.ASKS)
            joined, asks = said.words[start] in self._words.adding, is_question(said, part, self._words)
            before = found[-1].reading if found else whole
            alone = self._read(said.said(start, after), None)
            own, besides = alone, self._is_besides(alone.reading, whole, before)
            if asks:
                place = self._engine.after(found[-1].context, before)[2] if found else context
                own = self._read(said.said(begin, after), place, spoken)
            if not found:
                if not (asks or (besides and self._opens(said, part))):
                    continue
                last = after == len(said.words)
                if asks and joined and last and begin < start and besides:  # "hosp priv and is Okafor accepting"
                    found, own = [Question(whole.text, whole, context)], alone
                is_own, formed = True, asks
            elif asks:
                clear = formed or self._is_clear(own.reading, _SURE)
                relative = not self._words.relative.isdisjoint(said.words[start : start + 2])
                may_be = relative or "," in said.between(start)
                column = may_be and self._is_column(own.reading, before, said.words[first:begin])
                is_own = clear and not column and self._is_own(own, found[-1], whole, refers=refers(said, start, after))
            else:
                is_own = joined and besides and (whole.unclear or own.reading.score * before.score > whole.score)
                if not (is_own or joined or after == len(said.words) or said.words[start] in self._words.reason):
                    continue
            if is_own:
                first = begin
            else:
                own = self._read(said.said(first, after), found.pop().context)
                if not (formed or asks):
                    begin = first
                    continue
            found.append(own)
            spoken |= own.reading.slots
            begin, formed = after, formed or len(found) > 1
        return found

    def _opens(self, said: Utterance, part: Clause) -> bool:
        """Return whether a part without the form of a question may be one: "my premium and what I spent".

        The part must be joined to the next one, and must not be a statement about what the writer did.
        """
        joined = said.words[part.after : part.after + 1]
        own = map(as_listed, said.words[part.first : part.after])
        return self._words.writer.isdisjoint(own) and not self._words.adding.isdisjoint(joined)

    def _is_column(self, reading: Reading, before: Reading, head: Collection[str]) -> bool:
        """Return whether a part names a column of a list: "list my claims of May, who billed it and the sum"."""
        rules, first = (self._engine.intents.get(one.intent or "") for one in (reading, before))
        each = not {"each", "cada"}.isdisjoint(reading.said.words)
        of_them = rules is not None and rules.shows_claims and OF_CLAIMS.isdisjoint(reading.slots)
        lists = first is not None and first.tells == "several"
        return lists and (each or (of_them and not self._words.imperative.isdisjoint(head)))

    def _is_besides(self, reading: Reading, whole: Reading, before: Reading) -> bool:
        """Return whether a part asks something else than the part before it.

        It must be clear by itself, and have no values or new ones. For the first part, `before` is the whole message.
        """
        rules, first = (self._engine.intents.get(one.intent or FALLBACK) for one in (reading, before))
        if rules is None or first is None or not self._is_clear(reading, CLEAR) or rules.intent.startswith(FOLLOW):
            return False
        if len(reading.text.split()) < _TWO or not (rules.title or "reason" in reading.slots) or rules is first:
            return False
        if rules.shows_claims and OF_CLAIMS.isdisjoint(reading.slots) and (first.shows_claims or refers(reading.said)):
            return False  # of the same claims: "the visits of May with the sum that I paid to each"
        alone = whole.intent == reading.intent != before.intent  # the message was read as this part only
        return not reading.slots or adds(reading.slots, before.slots if alone else whole.slots)

    def _with_all(self, whole: Reading, parts: Iterable[Reading]) -> Reading:
        """Return the reading with the values of all parts on its topic: "what is my copay and what is my deductible".

        Slots that take several values are extended; any other value becomes an unmet condition.
        """
        slots, unmet = dict(whole.slots), dict(whole.unmet)
        rules = self._engine.intents.get(whole.intent or "")
        for name, slot in (item for one in parts if one.intent == whole.intent for item in one.slots.items()):
            held = slots.get(name)
            if held is None or held.excluded or slot.excluded or not slot.text or not adds({name: slot}, slots):
                continue
            if slot.value == "me":  # "closest" is no other place
                continue
            if rules and name in rules.several:
                values = distinct((*held.every, *slot.every))
                slots[name] = replace(held, text=f"{held.text}, {slot.text}", values=values, how="and")
                unmet.pop(name, None)
            else:
                unmet.setdefault(name, slot)
        return replace(whole, slots=slots, unmet=unmet)

    def _read(self, words: str, context: Context | None, beside: Mapping[str, Slot] = MappingProxyType({})) -> Question:
        """Return the reading of a part, without the word that joins it to the last part unless that is unclear."""
        found: list[Question] = []
        for said in (LEAD.sub("", words), words):
            reading = self._engine.understand(said, today=self._today, context=context, people=self._people)
            spoken = {**(context.slots if context else {}), **beside}
            open_ = not (reading.unclear and self._words.personal.isdisjoint(said.casefold().split()))
            spoken = {name: slot for name, slot in spoken.items() if name == TERM or open_}
            rules = self._engine.intents.get(reading.intent or "")
            least = _TWO if rules and not reading.slots and OF_CARE & rules.heard.keys() else CLEAR
            reading = with_object(self._engine, reading, spoken, self._today, least=least)
            found.append(Question(said, reading, context))
            shown = self._engine.intents.get(context.intent if context else "")
            if reading.intent != FALLBACK and not (
                reading.unclear and (len(found) > 1 or (shown and not shown.shows_claims))
            ):
                return found[-1]
        return found[0]

    def _is_clear(self, reading: Reading, least: float = 0.0) -> bool:
        """Return whether a part of a message is a clear question of its own, and no emergency and no small talk."""
        rules = self._engine.intents.get(reading.intent or "")
        if rules is None or reading.unclear or reading.is_miss or rules.small_talk or rules.intent.startswith(DANGER):
            return False
        return reading.score >= (_LIKELY if rules.needs == "nothing" else least)

    def _is_own(self, own: Question, before: Question, whole: Reading, *, refers: bool) -> bool:
        """Return whether a part of a message asks a question of its own.

        A part is a condition of that question if the reading of the whole message has all its values: "and tell me if
        they take new patients".
        """
        reading, first = own.reading, self._engine.intents.get(before.reading.intent or "")
        likeliest = self._engine.intents.get(reading.intent or "")
        of_shown = first is not None and first.shows_claims and reading.unclear and OF_CLAIMS.isdisjoint(reading.slots)
        if of_shown and (likeliest is None or (likeliest.needs == "member" and not likeliest.shows_claims)):
            return False  # "and what is mine" of a claim asks for no share of the plan in general
        if first is None or not self._is_clear(before.reading) or not (of_shown or self._is_clear(reading, _SURE)):
            return False
        if of_shown:  # unless one answer has both: "how often did I see Dr. Tran and what did each one run me"
            return whole.score < _WHOLE or whole.intent == before.reading.intent
        intent, slots = self._engine.merged(own.context, reading)
        rules = self._engine.intents.get(intent or "")
        told = rules is not None and (rules.shows_claims or (rules.is_of_provider and first.reads_claims))
        of_claim = first.shows_claims and whole.intent == intent
        unknown = refers and rules and not told and (of_claim or (not slots and OF_CARE & rules.heard.keys()))
        if rules is None or rules.intent.startswith(FOLLOW) or unknown:
            return False  # nothing before it says what "it" is, or only the whole message holds which claim
        if rules is not first:
            listed = lists_providers(first) and OF_CARE.isdisjoint(reading.slots)
            same = whole.intent == first.intent and reading.slots and not adds(reading.slots, whole.slots)
            narrows = (refers or listed) and same  # "a dentist in Network S, who speaks Spanish"
            return not narrows or (first.shows_claims and rules.shows_claims)
        held = before.reading.slots
        figure = first.needs == "member" and not (first.chooses_records or first.shows_claims)  # but a time narrows it
        joins = {*(rules.several & held.keys()), *(["date_range"] if figure else ())}
        values = {name: one for name, one in reading.slots.items() if name not in joins}
        anew = adds(values, held) and (figure or not {PERSON, *held}.isdisjoint(values))
        named = self._engine.slots_in(own.words, today=self._today)
        return anew or bool(figure and named and not reading.slots) or (refers and rules.shows_claims)


def within(part: Reading, whole: Reading) -> Reading:
    """Return the reading of a part of a message, with the emergency and the language of the whole message."""
    language = {"language": whole.language, "shows_language": whole.shows_language}
    return replace(part, **language, alarm=whole.alarm, present=whole.present, lines=whole.lines)


def _of_one_provider(reading: Reading, parts: Sequence[Reading], intents: Mapping[str, IntentRules]) -> bool:
    """Return whether all parts of a message ask about the one provider it names, so that one answer has all facts."""
    name = reading.slots.get("provider_name")
    named = [part.slots["provider_name"] for part in parts if "provider_name" in part.slots]
    rules = [intents.get(one.intent or "") for one in (reading, *(part for part in parts if not part.unclear))]
    one = name is not None and all(slot.value == name.value for slot in named)
    return one and all(entry is not None and entry.of_entry for entry in rules)
