"""Understands a message: emergencies first, then values and concepts, the intent, and the intent's slots."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from time import perf_counter

from msgspec.structs import replace

from bot.language.anchors import with_anchor
from bot.language.choosing import Chooser, best_rule, continues
from bot.language.clauses import ClauseRole, asks, told_parts
from bot.language.context import CHANGES, TIMES, Context, is_answer, merge, of_shown, on_top
from bot.language.dates import date_tags, says_plan_year
from bot.language.explaining import ReadingTrace, traced
from bot.language.glossary import ALONE, TERM
from bot.language.hearing import Heard, Hearer
from bot.language.kernel import DATE_SHIFT, FALLBACK, FOLLOW, REFINE
from bot.language.left import cells, narrowings, owner_left, taken_by, unmet
from bot.language.lexicon import Lexicon, load_lexicon
from bot.language.licences import Licences, about_as_likely, may_set, stands_out
from bot.language.matcher import Lexed
from bot.language.people import CALL_WITH
from bot.language.polarity import implied
from bot.language.reading import COUNTED, DOUBT, Candidate, Reading, Slot
from bot.language.redaction import redacted
from bot.language.rules import PERSON, IntentRules, Rule, load_rules, shows_one
from bot.language.safety import Alarms, alarmed, calling, in_danger
from bot.language.shapes import EVEN, Tellers
from bot.language.slots import (
    SIDES,
    dropped,
    excluded_beside,
    in_question,
    kinds_of,
    several_said,
    shifted_period,
    sides,
    slot_of,
)
from bot.language.text import Utterance, places_of, read, read_whole
from bot.language.weights import DANGERS, LANGUAGE, WEIGHTS, WORKINGS, Weights, load_weights
from bot.language.wishes import as_taken

MOST_CANDIDATES = 3
SIDES_KINDS = frozenset(SIDES.values())
_NAMED = frozenset({"provider_name", "organization", "npi"})
# A refusal is no button, but a refusal that is nearly as likely as the likeliest intent makes the bot ask.
_AS_LIKELY = _SURELY = 0.9
_WHOLE = 5
# An intent that is less likely than this is no choice to offer.
LEAST = 0.04
# From this a question about a record needs no word that licenses its answer.
SURELY = 0.9
# Below this nothing is known of what is meant.
LOST = 0.16


class Engine:
    """The language engine. It is loaded once and has no state between calls."""

    def __init__(
        self, intents: Iterable[IntentRules], lexicon: Lexicon, licences: Licences, weights: Mapping[str, Weights]
    ) -> None:
        self.intents: Mapping[str, IntentRules] = {entry.intent: entry for entry in intents}
        self.lexicon = lexicon
        self.licences = licences
        self._chooser = Chooser(self.intents, weights, licences, lexicon.known)
        self._tellers = Tellers(self.intents, Chooser.is_twice)
        self._hearer = Hearer(lexicon, weights.get(LANGUAGE))
        self._alarms = Alarms(lexicon, self.intents, weights[DANGERS])

    @property
    def weights(self) -> Weights:
        """The weights that choose between the intents."""
        return self._chooser.weights

    @classmethod
    def load(cls, folder: Path) -> "Engine":
        """Return the engine for a pack's `intents/` folder.

        Raises:
            PackError: "file: key: what" for the first fault.
        """
        return cls(load_rules(folder), load_lexicon(folder), Licences.load(folder), load_weights(folder / WEIGHTS))

    def understand(
        self, text: str, *, today: date, context: Context | None = None, people: Sequence[tuple[str, str]] = ()
    ) -> Reading:
        """Return the best reading of a message, at most 4,000 characters; `people` are (given, family) names.

        Never raises.
        """
        begun = perf_counter()
        whole, part = read_whole(text)
        reading = self._understood(whole, self._hearer.knowing(part, people), today, context)
        return replace(reading, text=text, ms=round((perf_counter() - begun) * 1000, 4))

    def _understood(self, whole: Utterance, part: Utterance, today: date, context: Context | None) -> Reading:
        """Return the best reading of a message: danger is read in the whole message, all else in the scored part."""
        signs = self._alarms.hear(whole)
        reading, danger = self._in_topics(part, context, today), signs.danger
        if danger is None or self._alarms.is_calm(danger, reading, context):
            return reading
        again = context is not None and reading.intent == context.intent and not reading.slots
        if self._alarms.is_beside(danger, reading, signs, again=again):
            return alarmed(reading, danger)
        question = self._without_danger(self.hear(part, today, context), context) if danger.sure else None
        if danger.is_mild and "WHERE_TO" not in signs.ideas:
            one = shows_one(self.intents)
            question = calling(reading, one, self._slots_as(one, part, today))
        return alarmed(question, danger) if question else in_danger(danger, reading.language)

    def _in_topics(self, said: Utterance, context: Context | None, today: date) -> Reading:
        """Return the reading after the last answer; if unclear there, after an earlier one, or of the message alone."""
        reading = self._decide(self.hear(said, today, context), context)
        if context is None or not (reading.is_miss or reading.unclear):
            return reading
        for back, topic in enumerate(context.earlier, 1):
            earlier = self._decide(self.hear(said, today, topic), topic)
            if earlier.intent in CHANGES and not earlier.unclear:
                return replace(earlier, back=back)
        alone = self._decide(self.hear(said, today, None), None) if len(said.words) >= _WHOLE else reading
        own = alone.score >= _SURELY and not alone.unclear and not str(alone.intent).startswith(FOLLOW)
        return alone if own else reading

    def _without_danger(self, heard: Heard, context: Context | None) -> Reading | None:
        """Return the reading of a message's clauses without danger; None if they ask nothing."""
        said, words = heard.said, self.lexicon.grammar.area("clauses")
        asking = [one for one in heard.clauses if one.role is not ClauseRole.COURTESY and asks(said, one, words)]
        rest = [text for one in asking if self._alarms.hear(read(text := said.text_of(one))).danger is None]
        reading = self._decide(self.hear(read(" ".join(rest)), heard.today, context), context) if rest else None
        rules = self.intents.get(reading.intent or "") if reading else None
        return reading if reading and rules and rules.needs != "nothing" and not reading.unclear else None

    def merged(self, context: Context | None, reading: Reading) -> tuple[str | None, dict[str, Slot]]:
        """Return the intent and slots of a message after the previous answer is taken into account."""
        return merge(context, reading, self.intents)

    def after(self, context: Context | None, reading: Reading) -> tuple[str | None, dict[str, Slot], Context | None]:
        """Return the intent and slots of a message in its context, and the context for the next message."""
        intent, slots = merge(context, reading, self.intents)
        if "start_over" in slots:
            return intent, slots, None
        rules = self.intents.get(intent or "")
        if intent is None or rules is None or rules.needs == "nothing":
            return intent, slots, context
        asked = next((slot for slot in rules.asks if slot not in slots), None)
        earlier = context.before(intent) if context else ()
        return intent, slots, Context(intent, slots, asked, reading.language, earlier=earlier)

    def slots_as(self, intent: str, text: str, *, today: date) -> dict[str, Slot]:
        """Return the slots of a message for a given intent, which need not be its likeliest one."""
        return self._slots_as(intent, read_whole(text)[1], today)

    def _slots_as(self, intent: str, said: Utterance, today: date) -> dict[str, Slot]:
        return dict(self._candidate(intent, 1.0, self.hear(said, today, None), None)[0].slots)

    def nearest(self, text: str, *, today: date) -> tuple[Candidate, ...]:
        """Return the likeliest intents of a message that was not understood, each with its slots."""
        heard = self.hear(read_whole(text)[1], today, None)
        chances = self._chooser.weighed(heard, None)[0] if heard.keys else {}
        return tuple(one for one, _ in self._candidates(self._choices(chances), chances, heard, None))

    def slots_in(self, text: str, *, today: date, context: Context | None = None) -> dict[str, Slot]:
        """Return every slot value in a message by slot type, for replies to the bot's questions (a bare ZIP code)."""
        heard = self.hear(read_whole(text)[1], today, context)
        return {
            kind: slot
            for kind in sorted({tag.kind for tag in heard.tags})
            if (slot := slot_of(heard.said, heard.tags, kind, heard.joining))
        }

    def sides_in(self, text: str, *, today: date) -> dict[str, Slot]:
        """Return the providers or the networks on the two sides of a comparison; {} if there is no comparison."""
        return sides(lambda part: self.slots_in(part, today=today), text, self.lexicon.grammar.area("options"))

    def says_plan_year(self, text: str) -> bool:
        """Return whether a date phrase refers to the plan year, which only the member's coverage contains."""
        return says_plan_year(self.lexicon.grammar, read(text).words)

    def dates_in(self, text: str, today: date, plan_year: tuple[date, date]) -> Slot | None:
        """Return the period that a text names, given the plan year; None if it names none."""
        said = read(text)
        found = date_tags(Lexed(self.lexicon.grammar, said.words), said, today, plan_year)
        tags = [tag for tag in found if tag.kind == "date_range"]
        return Slot(text, tags[0].value) if tags else None

    def narrowings(self, text: str, words: Mapping[str, str], today: date) -> list[tuple[str, str]]:
        """Return the phrases that narrow a question and are in no slot, each with the message without this phrase."""
        return list(narrowings(self.hear(read_whole(text)[1], today, None), words))

    def explain(self, text: str, *, today: date, context: Context | None = None) -> ReadingTrace:
        """Return the reading of a message with everything that led to it."""
        heard, chances, _ = self._chooser.shaped(self.hear(read_whole(text)[1], today, context), context)
        reading = self.understand(text, today=today, context=context)
        return traced(reading, heard, chances, self._chooser, self.intents)

    def hear(self, said: Utterance, today: date, context: Context | None) -> Heard:
        """Return what is found in a message, given the previous answer."""
        heard = self._hearer.hear(
            said,
            today,
            context.plan_year if context else None,
            asked=self._asked(context),
            language=context.language if context else None,
            spoken_of=taken_by(self.intents.get(context.intent) if context else None),
        )
        heard = with_anchor(heard, self.lexicon.grammar.area("anchors"))
        asked = self._asked(context) in heard.names
        return replace(heard, names=heard.names | {"ASKED"}) if asked else heard

    def redacted(self, text: str, *, today: date, people: Sequence[tuple[str, str]] = ()) -> tuple[str, ...]:
        """Return the words of a message with placeholders for names, numbers, dates, places and unknown words."""
        said = self._hearer.knowing(read_whole(text)[1], people)
        return redacted(said, tuple(self.hear(said, today, None).tags), self.lexicon)

    def _asked(self, context: Context | None) -> str | None:
        """Return the slot that the bot asked for, "amount" if its form requires one that is missing; None if none."""
        before = self.intents.get(context.intent) if context else None
        if context is None or before is None:
            return None
        awaited = before.form is not None and "amount" in before.form.required and "amount" not in context.slots
        return "amount" if awaited else context.asked

    def _choices(self, chances: Mapping[str, float]) -> list[str]:
        """Return the intents that can be offered as buttons and are likely enough, likeliest first."""
        return [name for name, one in chances.items() if one >= LEAST and self.intents[name].is_choice]

    def _candidates(
        self, names: Sequence[str], chances: Mapping[str, float], heard: Heard, context: Context | None
    ) -> list[tuple[Candidate, Heard]]:
        """Return the intents to offer as choices, each with its slots and with the message as `as_taken` returns it."""
        names = about_as_likely(names, chances, lambda name: self._chooser.licence(self.intents[name], heard))
        return [self._candidate(name, chances[name], heard, context) for name in names[:MOST_CANDIDATES]]

    def _candidate(self, name: str, chance: float, heard: Heard, context: Context | None) -> tuple[Candidate, Heard]:
        entry, before = self.intents[name], self.intents.get(context.intent) if context else None
        heard = as_taken(before if before and name.startswith(FOLLOW) else entry, heard, self.lexicon)
        rule = best_rule(entry.rules, heard, context.intent if context else None)
        concepts = tuple(sorted(one for one in heard.names if one.isupper()))
        slots = self._slots(entry, rule, _asked_of(entry, heard), context)
        return Candidate(name, rule.name if rule else COUNTED, round(chance, 3), concepts, slots), heard

    def _decide(self, heard: Heard, context: Context | None) -> Reading:
        heard, chances, dangers = self._chooser.shaped(heard, context)
        answered = is_answer(heard, self.intents[REFINE].rules) and not self._is_follow_up(heard, context)
        top = REFINE if answered else next(iter(chances), FALLBACK)
        if not (answered or heard.marks.keys() - {"FILLER"} or self._chooser.weights.knows(heard.said.words)):
            return self._unknown(heard, chances, {})  # pieces of strange words tell of no danger
        if not answered and chances.get(top, 0.0) < LOST:
            return self._unknown(heard, chances, dangers)
        act = None if answered else self.intents[top]
        if act and (instead := self._intent_instead(act, heard, context)):
            ahead = {instead: chances[top], top: DOUBT}
            top, chances = instead, ahead | chances | ahead
        elif act:
            top, chances = self._tellers.chosen(act, chances, heard)
        intent, before = self.intents[top], self.intents.get(context.intent) if context else None
        choices = self._choices(chances)
        offered = self._candidates(choices, chances, heard, context)
        found = next((one for one in offered if one[0].intent == top and not answered), None)
        own, taken = found or self._candidate(top, 1.0 if answered else chances[top], heard, context)
        own, others = self._without_action(own, act), tuple(self._without_action(one, act) for one, _ in offered)
        goes_on = context is not None and continues(intent, heard, context.intent)
        goes_on = answered or (goes_on and (top.startswith(FOLLOW) or chances[top] >= EVEN))
        # What most likely repeats the question before was licensed there.
        again = {*CHANGES, before.intent} if before else CHANGES
        goes_on |= before is not None and top in again and sum(chances.get(name, 0.0) for name in again) >= EVEN
        akin = goes_on or self._chooser.is_akin(intent, heard, context)
        licence = self._chooser.licence(intent, heard) or (own.rule if akin else None)
        slots, follows, heard = own.slots, before if top.startswith(FOLLOW) else None, taken
        whose = PERSON not in slots and (follows or intent).needs == "member"
        if whose and (owner := owner_left(heard, taken_by(intent, follows))) is not None:
            slots = {**slots, PERSON: owner}
        sure = self._chooser.views(intent, chances, heard, of_somebody=PERSON in slots)
        refused = [FALLBACK] if chances.get(FALLBACK, 0.0) >= _AS_LIKELY * chances.get(top, 1.0) else []
        asks = self._asks(
            own,
            [*choices, *refused],
            licence,
            sure=sure,
            goes_on=goes_on or stands_out(intent, chances, self._chooser.weights.header.sure),
        )
        return Reading(
            intent=top,
            slots=slots,
            rule=own.rule if licence in {None, "-"} else licence,
            score=own.score,
            language=heard.language,
            concepts=own.concepts,
            candidates=others if asks else (own, *(one for one in others if one.intent != top))[:MOST_CANDIDATES],
            unclear=asks,
            shows_language=heard.shows_language,
            **of_shown(heard, after=context is not None),
            unmet={} if WORKINGS in slots else unmet(_asked_of(intent, heard), slots, follows or intent),
            cells=tuple(cells(heard, self.lexicon.concepts)),
            chances=chances,
            dangers=dangers,
            asked=heard.asked,
        )

    def _without_action(self, one: Candidate, act: IntentRules | None) -> Candidate:
        """Return a candidate without the values that belong to an action in the message: its date, its caller."""
        if act is None or act.acts is None or self.intents[one.intent].acts:
            return one
        own = TIMES | ({"provider_name"} if CALL_WITH in act.slots.values() else set())
        return replace(one, slots={name: slot for name, slot in one.slots.items() if name not in own})

    def _intent_instead(self, entry: IntentRules, heard: Heard, context: Context | None) -> str | None:
        """Return the intent that answers in place of one whose condition is not met; None if the condition is met.

        An intent that stores an action needs words that it was done; one with `instead` must not have the other's slot.
        """
        if entry.acts is None:
            other = entry.instead if entry.instead and entry.instead.has not in entry.slots else None
            asked = other and heard.asking & heard.at(other.has)
            return other.intent if other and asked and not heard.at(*kinds_of(other.lacks), *_NAMED) else None
        rule = best_rule(entry.rules, heard, context.intent if context else None)
        free = heard.at(*rule.concepts) if rule else frozenset[int]()
        free |= places_of(tag for tag in heard.tags if not tag.excluded)
        told, whole = told_parts(heard.said, heard.clauses, free, self.lexicon.grammar.area("told"))
        if whole or any(self._means(heard.said.said(*part), heard.today, context) == entry.intent for part in told):
            return None
        return entry.acts

    def _means(self, words: str, today: date, context: Context | None) -> str | None:
        """Return the likeliest intent of a part of a message; None if there is none."""
        return next(iter(self._chooser.weighed(self.hear(read(words), today, context), context)[0]), None)

    def _asks(self, own: Candidate, others: Sequence[str], licence: str | None, *, sure: float, goes_on: bool) -> bool:
        """Return whether to ask the person, because the likeliest intent is not probable enough, or not licensed.

        A continuation of the previous answer, or an intent without competitors, is not asked about, unless its own rule
        file requires a probability.
        """
        likely, rules = max(own.score, sure), self.intents[own.intent]
        if licence is None:  # a search without its object would find anything
            return bool(others) and (likely < SURELY or rules.needs != "member" or rules.acts is not None)
        competes = bool(rules.sure) or any(one != own.intent for one in others)
        return competes and not goes_on and likely < self._chooser.needed(rules, own.slots)

    def _is_follow_up(self, heard: Heard, context: Context | None) -> bool:
        """Return whether a rule of an ordinary intent fits after the previous answer: "stop" after reminders."""
        others = (entry for entry in self.intents.values() if not entry.intent.startswith(FOLLOW))
        return context is not None and any(continues(entry, heard, context.intent) for entry in others)

    def _unknown(self, heard: Heard, chances: Mapping[str, float], dangers: Mapping[str, float]) -> Reading:
        return Reading(
            FALLBACK,
            {"reason": Slot("", "unknown" if heard.keys else "empty")},
            language=heard.language,
            shows_language=heard.shows_language,
            cells=tuple(cells(heard, self.lexicon.concepts)),
            chances=chances,
            dangers=dangers,
        )

    def _slots(self, entry: IntentRules, rule: Rule | None, heard: Heard, context: Context | None) -> dict[str, Slot]:
        wanted, excludes, tags = dict(entry.heard), entry.excludes, list(heard.tags)
        if entry.intent.startswith(FOLLOW) and context and (before := self.intents.get(context.intent)):
            wanted, excludes = {**before.heard, **wanted}, excludes | before.excludes
        if TERM in wanted.values() and not any(tag.kind in {TERM, ALONE} for tag in tags):
            tags += self.lexicon.glossary.named(heard.keys)
        if "claim_type" in wanted.values():
            tags += implied(heard.said, tags, heard.at("PHARMACY"), heard.lexed.grammar.area("polarity"))
        present = {tag.kind for tag in tags}
        slots = {
            name: slot
            for name, kind in wanted.items()
            if not present.isdisjoint(kinds_of(kind)) and (slot := slot_of(heard.said, tags, kind, heard.joining))
        }
        several = (entry.several & slots.keys()) - (set() if entry.needs == "directory" else {"provider_name"})
        if heard.joining.either.isdisjoint(heard.said.words):  # "denied, or still pending"
            several -= {"state_of_claim"}
        slots |= several_said(heard.said, tags, heard.asking, slots, several)
        for name in [name for name in excludes & slots.keys() if not slots[name].excluded]:
            slots[name] = replace(slots[name], but=excluded_beside(heard.said, heard.tags, name, heard.joining))
        slots = on_top(slots, heard) if context else slots
        if not SIDES_KINDS.isdisjoint(wanted.values()):
            found = self.sides_in(heard.said.text, today=heard.today)
            slots.update({name: found[kind] for name, kind in wanted.items() if kind in found})
        dated = any(tag.kind == "date_range" and not tag.excluded for tag in tags)  # "the May one, not the year before"
        shifts = [tag for tag in tags if tag.kind == "date_shift" and not (tag.excluded and dated)]
        if entry.intent == DATE_SHIFT and shifts:
            slots["date_range"] = shifted_period(heard.said, heard.tags, context.slots if context else {}, heard.today)
        if entry.intent == REFINE and rule and {"DROP", "filter"} & rule.concepts:
            kept = {name for name, slot in context.slots.items() if not slot.excluded} if context else set()
            slots.update(dropped(heard.said, heard.tags, slots, wanted, leaves_out=excludes - kept))
        slots.update({name: Slot("", value) for name, value in self._chooser.counted_slots(entry, heard).items()})
        if rule:
            slots.update({name: Slot("", value) for name, value in rule.set.items() if may_set(name, value, slots)})
        return slots


def _asked_of(entry: IntentRules, heard: Heard) -> Heard:
    """Return a message with only its question's values; with all if a side of a comparison may be elsewhere."""
    return heard if entry.tells == "two" else heard.with_tags(in_question(heard.said, heard.tags, heard.clauses))
