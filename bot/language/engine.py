"""A person's message to an intent with slots: safety first, then tags, concepts, scored rules and the context."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from time import perf_counter

from bot.language.choosing import apart, first_asked
from bot.language.clauses import ClauseRole, asks
from bot.language.context import Context, asks_by_itself, merge
from bot.language.date_phrases import after_plan_year
from bot.language.entities import date_tags
from bot.language.hearing import Heard, Hearer
from bot.language.kernel import FALLBACK, FOLLOW, HELP
from bot.language.left import cells, conditions, left_out, not_held, not_honoured, owner_left, taken_by, words_left
from bot.language.lexicon import Lexicon, load_lexicon
from bot.language.nearest import NearestIntents
from bot.language.places import load_place_names
from bot.language.reading import Candidate, Reading, Slot
from bot.language.rules import PERSON, IntentRules, Rule, load_rules
from bot.language.safety import Danger, SafetyGate, Signs
from bot.language.score import RuleBook, Scored, best_of_each, sureness, why_not
from bot.language.slots import dropped, kinds_of, moved, slot_of
from bot.language.text import READ_CHARS, SCORED_TOKENS, Utterance, keys_in, read
from bot.language.typos import Speller
from bot.language.versus import SIDES, sides

CLOSE = 0.15
MOST_CANDIDATES = 3
DATE_SHIFT = "followup.date_shift"
REFINE = "followup.refine"
AGAIN = "followup.again"
_CHANGES = frozenset({REFINE, DATE_SHIFT})
_KERNEL_TALK = frozenset({FALLBACK, HELP})
_SURE = 0.7
# How sure a sentence that asks by itself has to be.
_CLEAR = 0.5
# "Show my …" asks for something whole; what joins it to the question before makes it a change of that one.
_WHOLE = frozenset({"MY", "HISTORY"})
_WHOLE_OR_JOINED = _WHOLE | {"INSTEAD", "ONLY", "CORRECTION", "DROP"}
_UNEXPLAINED = frozenset({"unknown", "chatter", "other_person"})
SIDES_KINDS = frozenset(SIDES.values())


@dataclass(frozen=True, slots=True)
class ReadingTrace:
    """For rule authors: the reading, what was heard, and why other rules lost ("intent/rule: what it misses")."""

    reading: Reading
    heard: Heard
    lost: tuple[str, ...]


def _read_whole(text: str) -> tuple[Utterance, Utterance]:
    whole = read(text, limit=READ_CHARS)
    if len(whole.words) <= SCORED_TOKENS:
        return whole, whole
    cut = SCORED_TOKENS
    part = Utterance(whole.text, whole.folded[:READ_CHARS], whole.words[:cut], whole.keys[:cut], whole.spans[:cut])
    return whole, part


class Engine:
    """The language part, loaded once and free of state: every call stands alone."""

    def __init__(self, intents: Iterable[IntentRules], lexicon: Lexicon) -> None:
        self.intents: Mapping[str, IntentRules] = {entry.intent: entry for entry in intents}
        self.lexicon = lexicon
        self._book = RuleBook(self.intents.values(), lexicon.cells)
        self._hearer = Hearer(lexicon)
        self._acts = {name: _acts_of(entry, lexicon.cells) for name, entry in self.intents.items()}
        self._nearest = NearestIntents(self.intents.values())
        dangers = lexicon.dangers
        self._gate = SafetyGate(dangers, Speller(dangers.repaired, lexicon.known | dangers.words.vocabulary))

    @classmethod
    def load(cls, folder: Path) -> "Engine":
        """The engine for a pack's `intents/` folder.

        Raises:
            PackError: "file: key: what" at the first thing that is wrong.
        """
        return cls(load_rules(folder), load_lexicon(folder, load_place_names(folder)))

    def understand(
        self, text: str, *, today: date, context: Context | None = None, people: Sequence[tuple[str, str]] = ()
    ) -> Reading:
        """The best reading of a message. Never raises, whatever the text; reads at most 4,000 characters of it.

        `people` are the given and family names of those whose records the writer may ask about.
        """
        begun = perf_counter()
        whole, part = _read_whole(text)
        part = self._hearer.knowing(part, people)
        signs = self._gate.hear(whole)
        if danger := signs.firm():
            question = self._beside(text, part, danger, today, context)
            now = self._tells_now(part, danger, signs, today, context)
            return _alarmed(question, danger, signs, begun, now=now) if question else _danger(text, danger, begun)
        reading = self._in_topics(text, part, context, today, begun)
        if self._unexplained(reading) and (danger := signs.unasked()):
            return _danger(text, danger, begun)
        danger = signs.beside()
        if danger and "answer" in reading.slots:
            return _danger(text, danger, begun)
        if danger is None:
            return reading
        return _alarmed(reading, danger, signs, begun, now=self._tells_now(part, danger, signs, today, context))

    def _tells_now(self, said: Utterance, danger: Danger, signs: Signs, today: date, context: Context | None) -> bool:
        """Whether the clause that tells of danger speaks of now: "my lips are swelling, is benadryl covered" does."""
        cut = self.hear(said, today, context).clauses
        return any(signs.present(danger, one.first, one.after) for one in cut if one.first <= danger.at < one.after)

    def _in_topics(self, text: str, said: Utterance, context: Context | None, today: date, begun: float) -> Reading:
        """The reading after the last answer; what means nothing there may change an earlier topic."""
        reading = self._decide(text, self.hear(said, today, context), context, today, begun)
        if context is None or not reading.is_miss:
            return reading
        for back, topic in enumerate(context.earlier, 1):
            earlier = self._decide(text, self.hear(said, today, topic), topic, today, begun)
            if earlier.intent in _CHANGES:
                return replace(earlier, back=back)
        return reading

    def _beside(
        self, text: str, said: Utterance, danger: Danger, today: date, context: Context | None
    ) -> Reading | None:
        """What is asked in clauses of a message other than the one that tells of danger, None when nothing is."""
        if danger.at >= len(said.words):
            return None
        cut = self.hear(said, today, context).clauses
        rest = [one for one in cut if not one.first <= danger.at < one.after and one.role is not ClauseRole.COURTESY]
        asked = " ".join(said.said(one.first, one.after) for one in rest if asks(said, one))
        reading = self._decide(text, self.hear(read(asked), today, context), context, today, 0.0) if asked else None
        rules = self.intents.get(reading.intent or "") if reading else None
        return reading if rules and rules.needs != "nothing" else None

    def merged(self, context: Context | None, reading: Reading) -> tuple[str | None, dict[str, Slot]]:
        """The intent and slots of a message after what was said before."""
        return merge(context, reading, self.intents)

    def after(self, context: Context | None, reading: Reading) -> tuple[str | None, dict[str, Slot], Context | None]:
        """The intent and slots of a message after what was said before, and what the next message may refer to.

        Thanks, help and what was not understood leave the topic as it was; "start over" ends it.
        """
        intent, slots = self.merged(context, reading)
        if "start_over" in slots:
            return intent, slots, None
        rules = self.intents.get(intent or "")
        if intent is None or rules is None or rules.needs == "nothing":
            return intent, slots, context
        asked = next((slot for slot in rules.asks if slot not in slots), None)
        earlier = context.before(intent) if context else ()
        return intent, slots, Context(intent, slots, asked, reading.language, earlier=earlier)

    def nearest(self, text: str, *, today: date) -> tuple[Candidate, ...]:
        """The intents that a message which was not understood comes nearest to, each with the slots that it states."""
        heard = self.hear(_read_whole(text)[1], today, None)
        return tuple(
            Candidate(intent, "nearest", 0.0, (), self._values(intent, heard))
            for intent in self._nearest.to(heard.keys)
        )

    def _values(self, intent: str, heard: Heard) -> dict[str, Slot]:
        kinds = self.intents[intent].heard
        return {name: slot for name, kind in kinds.items() if (slot := slot_of(heard.said, heard.tags, kind))}

    def slots_in(self, text: str, *, today: date, context: Context | None = None) -> dict[str, Slot]:
        """Every slot value in a message by type, for answers to the bot's own questions (a bare ZIP)."""
        heard = self.hear(_read_whole(text)[1], today, context)
        return {
            kind: slot
            for kind in sorted({tag.kind for tag in heard.tags})
            if (slot := slot_of(heard.said, heard.tags, kind))
        }

    @staticmethod
    def says_plan_year(text: str) -> bool:
        """Whether a phrase of time is counted in plan years, which only the member's coverage knows."""
        words = read(text).words
        return any(after_plan_year(words, place) for place in range(len(words)))

    @staticmethod
    def dates_in(text: str, today: date, plan_year: tuple[date, date]) -> Slot | None:
        """The time that a phrase means when that is the plan year; None when it names none."""
        tags = [tag for tag in date_tags(read(text), today, plan_year) if tag.kind == "date_range"]
        return Slot(text, tags[0].value) if tags else None

    def explain(self, text: str, *, today: date, context: Context | None = None) -> ReadingTrace:
        """The reading of a message with all that led to it, and for each other intent why its best rule lost."""
        heard = self.hear(_read_whole(text)[1], today, context)
        reading = self.understand(text, today=today, context=context)
        before = context.intent if context else None
        lost = [
            f"{rule.intent}/{rule.name}: {why}"
            for entry in self.intents.values()
            for rule in entry.rules
            if (why := why_not(rule, heard.names, before)) and len(frozenset().union(*rule.all, rule.any) & heard.names)
        ]
        return ReadingTrace(reading, heard, tuple(lost))

    def hear(self, said: Utterance, today: date, context: Context | None) -> Heard:
        """What a message holds after the answer before it."""
        heard = self._hearer.hear(
            said,
            today,
            context.plan_year if context else None,
            asked=self._asked(context),
            language=context.language if context else None,
            spoken_of=self._spoken_of(context),
        )
        if context and context.asked and context.asked in heard.names:
            return replace(heard, names=heard.names | {"ASKED"})
        return heard

    def _spoken_of(self, context: Context | None) -> frozenset[str]:
        """The kinds of slots that the last answer honours: what a word alone may then stand for."""
        before = self.intents.get(context.intent) if context else None
        return taken_by(None, before)

    def _asked(self, context: Context | None) -> str | None:
        """The slot that the bot asked for; after a bill without an amount it is the amount."""
        before = self.intents.get(context.intent) if context else None
        if context is None or before is None:
            return None
        return "amount" if "amount" in before.slots and "amount" not in context.slots else context.asked

    def _legal(self, scored: Scored, heard: Heard, context: Context | None) -> bool:
        intent = scored.rule.intent
        if not intent.startswith(FOLLOW) or intent == AGAIN:
            return not self._of_whom_it_leaves_out(scored.rule, heard)
        before = self.intents.get(context.intent) if context else None
        if before is None or intent.removeprefix(FOLLOW) not in before.follows:
            return False
        return intent != REFINE or self._changes(scored.rule, before, heard.names)

    def _of_whom_it_leaves_out(self, rule: Rule, heard: Heard) -> bool:
        """Whether a question about a provider would be about the one that is not wanted: "pcp in M, not Dr. Kim"."""
        intent = self.intents[rule.intent]
        if intent.needs != "directory" or not heard.left_out:
            return False
        return any(group <= heard.left_out and group.isdisjoint(intent.excludes) for group in rule.all)

    def _changes(self, rule: Rule, before: IntentRules, names: frozenset[str]) -> bool:
        """Whether a refinement changes a slot of the answer before: medicines say nothing about a deductible."""
        kinds = {kind for slot in before.heard.values() for kind in kinds_of(slot)}
        return not rule.any or bool(rule.any & kinds & names)

    def _decide(self, text: str, heard: Heard, context: Context | None, today: date, begun: float) -> Reading:
        before = self.intents.get(context.intent) if context else None
        goes_on = self._book.mask(taken_by(None, before) | self._acts[before.intent]) if before else 0
        matching = self._book.matching(self._book.bits_of(heard), before.intent if before else None, goes_on)
        best = list(best_of_each(entry for entry in matching if self._legal(entry, heard, context)).values())
        if not best:
            return self._unknown(text, heard, begun)
        first = self._whole(best, heard) or first_asked(best, heard)
        best = [first, *(entry for entry in best if entry is not first)]
        top = best[0]
        close = len(best) > 1 and abs(top.points - best[1].points) < CLOSE and not apart(best, heard)
        unclear = close and not any(self._no_choice(entry.rule.intent) for entry in best[:2])
        candidates = tuple(
            _candidate(entry, heard, self._slots(entry.rule, heard, context, today)) for entry in best[:MOST_CANDIDATES]
        )
        intent, slots = self.intents[top.rule.intent], candidates[0].slots
        follows = before if intent.intent.startswith(FOLLOW) else None
        taken = taken_by(top.rule, intent, follows)
        unused = words_left(heard, taken, self.lexicon.beside)
        owner = owner_left(unused) if (follows or intent).needs == "member" and PERSON not in slots else None
        if owner is not None:
            slots, unused = {**slots, PERSON: owner}, tuple(word for word in unused if word != owner.text)
        return Reading(
            text=text,
            intent=intent.intent,
            slots=slots,
            rule=top.rule.name,
            score=candidates[0].score,
            language=heard.language,
            ms=_since(begun),
            concepts=candidates[0].concepts,
            candidates=candidates,
            unclear=unclear,
            shows_language=heard.shows_language,
            unmet={
                **conditions(heard, taken, follows or intent),
                **not_honoured(slots, follows or intent),
                **not_held(heard, slots),
                **left_out(heard, slots),
            },
            unused=unused,
            cells=tuple(cells(heard, self.lexicon.cells)),
        )

    def _whole(self, best: Sequence[Scored], heard: Heard) -> Scored | None:
        """A whole question of its own, such as "show my prescriptions", where its words would also change the last one.

        It asks for what is the person's own, and nothing in it joins it to the question before; or it is a sentence
        that asks by itself ("is Grace Okafor in Network P").
        """
        if best[0].rule.intent == REFINE and asks_by_itself(heard.said.words):
            asked = (one for one in best[1:] if self.intents[one.rule.intent].needs != "nothing")
            return next((one for one in asked if sureness(one.points) >= _CLEAR), None)
        if best[0].rule.intent != REFINE or "BARE" not in heard.names or heard.names & _WHOLE_OR_JOINED != _WHOLE:
            return None
        own = (one for one in best[1:] if self.intents[one.rule.intent].needs == "member")
        return next((one for one in own if sureness(one.points) >= _SURE), None)

    def _no_choice(self, intent: str) -> bool:
        """Small talk and follow-ups are nothing to choose between."""
        return intent in _KERNEL_TALK or intent.startswith(FOLLOW) or self.intents[intent].small_talk

    def _unexplained(self, reading: Reading) -> bool:
        """Whether a message is neither a question for this bot nor one that it knows to refuse.

        What only answers or changes an earlier question explains no sign of danger: "I can't go on" is no "no".
        """
        if reading.intent != FALLBACK:
            return self._no_choice(str(reading.intent))
        return reading.slots["reason"].value in _UNEXPLAINED

    def _unknown(self, text: str, heard: Heard, begun: float) -> Reading:
        reason = "unknown" if heard.keys else "empty"
        slots = {"reason": Slot("", reason)}
        return Reading(
            text,
            FALLBACK,
            slots,
            None,
            0.0,
            heard.language,
            _since(begun),
            (),
            (),
            unclear=False,
            shows_language=heard.shows_language,
            unused=words_left(heard, frozenset(), self.lexicon.beside),
            cells=tuple(cells(heard, self.lexicon.cells)),
        )

    def _slots(self, rule: Rule, heard: Heard, context: Context | None, today: date) -> dict[str, Slot]:
        wanted = dict(self.intents[rule.intent].heard)
        if rule.intent.startswith(FOLLOW) and context and context.intent in self.intents:
            wanted = {**self.intents[context.intent].heard, **wanted}
        slots = {name: slot for name, kind in wanted.items() if (slot := slot_of(heard.said, heard.tags, kind))}
        if not SIDES_KINDS.isdisjoint(wanted.values()):
            found = sides(lambda text: self.slots_in(text, today=today), heard.said.text)
            slots.update({name: found[kind] for name, kind in wanted.items() if kind in found})
        if rule.intent == DATE_SHIFT and "date_shift" in heard.names:
            slots["date_range"] = moved(heard.said, heard.tags, context.slots if context else {}, today)
        if rule.intent == REFINE and {"DROP", "filter"} & rule.concepts:
            slots.update(dropped(heard.said, heard.tags, slots, wanted))
        slots.update({name: Slot("", value) for name, value in rule.set.items()})
        return slots


def _acts_of(intent: IntentRules, cells: Mapping[str, str]) -> frozenset[str]:
    """What its rules know to be done: "find another one" goes on with a search."""
    return frozenset(name for rule in intent.rules for name in rule.concepts if cells.get(name) == "act")


def _since(begun: float) -> float:
    return round((perf_counter() - begun) * 1000, 4)


def _candidate(entry: Scored, heard: Heard, slots: Mapping[str, Slot]) -> Candidate:
    rule = entry.rule
    used = frozenset().union(*rule.all, rule.any, rule.boost) & heard.names
    return Candidate(rule.intent, rule.name, sureness(entry.points), tuple(sorted(used)), slots)


def _alarmed(reading: Reading, danger: Danger, signs: Signs, begun: float, *, now: bool) -> Reading:
    """The reading of what is asked beside danger. The words of danger were used: nobody is told that they were not."""
    spoken = signs.words()
    left = tuple(word for word in reading.unused if spoken.isdisjoint(keys_in(word)))
    return replace(reading, alarm=danger.intent, present=now, lines=danger.lines, unused=left, ms=_since(begun))


def _danger(text: str, danger: Danger, begun: float) -> Reading:
    only = Candidate(danger.intent, danger.rule, 1.0, ())
    return Reading(
        text,
        danger.intent,
        {},
        danger.rule,
        1.0,
        danger.language,
        _since(begun),
        (),
        (only,),
        unclear=False,
        lines=danger.lines,
    )
