"""The previous answers, as far as the next message may refer to them.

Two parts of the weights file are counted on the conversations in `intents/_talks/`. `SAME` gives the probability that a
message changes the previous question. `NEXT` gives how much likelier an intent is after another one than on average.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import pairwise
from operator import itemgetter
from typing import Any

import msgspec
from msgspec.structs import replace

from bot.language.calendar import DateRange
from bot.language.classed import words_key
from bot.language.hearing import Heard
from bot.language.kernel import DANGER, DATE_SHIFT, FOLLOW, OF_THEM, REFINE
from bot.language.left import asked_of
from bot.language.matcher import WordArea
from bot.language.reading import Reading, Slot, distinct
from bot.language.rules import PERSON, IntentRules, Rule
from bot.language.slots import in_year_before
from bot.language.weights import NEXT, SAME, WORKINGS, Weights, evidence

RECORD = "id"  # among the slots of a subject: the record that the answer before was about, which is no slot
THOSE = "those"  # the records that were shown, separated by spaces, where a question is about all of them
FOCUS = "focus"  # the record that was shown, from which an answer looks on under the question's conditions
DESCRIBED = "described"  # whether the question's slots describe the record that was shown: "was that dental"
NAMED = "named"  # the words by which the answer before found the records that it showed, where no slot holds them
CALLED = "called"  # the name of the one provider that was shown, where the question holds a reference
AMONG = "among"  # the providers of a list that was shown, separated by spaces
FACTS = "facts"  # the facts of a listing that were told, in their order: "and Minh Kim?" asks for the same
# The provider that was shown, where others like it are looked for, and the words that do, or say which is meant.
LIKE, LIKE_WORDS, BESIDE, SAID_OF = "like", "like_words", "beside", "said_of"
KINDS_OF_CARE = frozenset({"specialty", "facility_type", "service"})  # said anew, all of them are replaced
# What a question is about: one that names it itself takes no condition of the question before.
OBJECTS = frozenset({"service", "claim_type", "specialty", "facility_type", "drug", "claim_id", "organization"})
CONDITIONS_OF_CLAIMS = frozenset(
    {"date_range", "date_out", "provider_name", "state_of_claim", "amount_over", "amount_under"}
)
OF_CLAIMS = OBJECTS | CONDITIONS_OF_CLAIMS | {PERSON}  # what says which claims a question is about
MOST_TOPICS, ELLIPSIS, _WHOLE, EVERY, _OF_SHOWN = 2, 4, 8, 100, "WHICH_WERE"  # words: "and for doctors?"; records
# Slots that say what is asked of claims, and not of which; concepts and classes of words that say of which.
_FORMS = frozenset({"unit", "amount_kind"})
_ALL_CLAIMS = frozenset({"LATEST", "CLAIM", "BILL", "OWE", "claims", "condition", "ever", "wholly"})
_ONE = re.compile(r"\b(?:last|latest|newest) ones?\b|\b[uú]ltim[oa]s?(?=\W*$| que\b| vez\b)", re.IGNORECASE)
# Conditions that a search for another kind of provider does not take over.
_OF_ONE_SEARCH = KINDS_OF_CARE | {"accepting_new", "open_at", "gender", "age_group", "telehealth", "wheelchair", "wish"}
TIMES = frozenset({"date_range", "date_shift", "date_out", "date_ahead"})
CHANGED, OTHER, CHANGES = "changed", "other", frozenset({REFINE, DATE_SHIFT})
# What may stand beside a yes or a no.
_BESIDE_AN_ANSWER = frozenset(
    {"FILLER", "REQUEST", "THANK", "HELLO", "INSTEAD", "CORRECTION", "MORE", "ONLY", "GENERIC", "NEGATED"}
)
# Probabilities and lengths in words are evidence by the steps that they reach.
_CHANCES, _WORDS = (0.02, 0.08, 0.25, 0.6, 0.9, 0.97, 0.995), (1, 2, 4, 7, 12)
_ANSWERS = 0.95  # how likely it is that a value of the kind that the bot asked for answers it
_DOUBT, _LEAST = 0.1, 0.001  # how much it counts against a change that the words alone mean another question
_SURELY, _ANEW = 0.9, 0.6  # what is clear by itself, in four words or more, is likelier asked anew


class Context(msgspec.Struct, frozen=True):
    """The previous answer: its intent and slots, the slot that the bot asked for, and the plan year if known.

    `earlier` are the topics before it, newest first, because a message may return to one of them.
    """

    intent: str
    slots: Mapping[str, Slot]
    asked: str | None = None
    language: str = "en"
    plan_year: DateRange | None = None
    earlier: tuple["Context", ...] = ()

    def topic(self, back: int) -> "Context":
        """Return the topic `back` topics before this one; this one for 0 and if there are not as many."""
        return self.earlier[back - 1] if 0 < back <= len(self.earlier) else self

    def before(self, intent: str) -> tuple["Context", ...]:
        """Return the topics that stay available if `intent` is answered next, newest first, at most `MOST_TOPICS`."""
        stack = self.earlier if intent == self.intent else (replace(self, earlier=()), *self.earlier)
        return tuple(topic for topic in stack if topic.intent != intent)[:MOST_TOPICS]


def asks_by_itself(heard: Heard) -> bool:
    """Return whether a message is a complete question that refers to no answer: "is Grace Okafor in Network P"."""
    words, listed = heard.said.words, heard.area("context")
    return len(words) > ELLIPSIS and words[0] in listed.asking and listed.back.isdisjoint(words)


def points_back(heard: Heard) -> bool:
    """Return whether words refer to the previous answer's subject: "is it covered", "ya la pagó", not "la visita"."""
    words, listed = heard.said.words, heard.area("context")
    if listed.points.isdisjoint(words) and listed.clitic.isdisjoint(words):
        return False
    around = zip(("", *words), words, (*words[1:], ""), strict=False)
    return any(
        (word in listed.points and after not in listed.leads_on)
        or (word in listed.clitic and before in listed.before_clitic)
        for before, word, after in around
    )


def of_shown(heard: Heard, *, after: bool) -> dict[str, Any]:
    """Return the fields of a reading that select among the records shown; only `points` if none were shown."""
    if not after:
        return {"points": points_back(heard)}
    words, listed = heard.said.words, heard.area("context")
    those = EVERY * (not listed.those.isdisjoint(words) or says(words, listed, "of_those"))
    those = those if listed.both.isdisjoint(words) else 2
    near = (words[at + 1 : at + 4] for at, word in enumerate(words) if word in listed.picks)
    picks = any(not listed.picked.isdisjoint(following) for following in near) or says(words, listed, "picks_of")
    first = not listed.compares.isdisjoint(words) and says(words, listed, "step_first")
    back = says(words, listed, "step_back") and not says(words, listed, "before_last")
    steps = 2 * says(words, listed, "step_on") or int(back) or -int(first)
    return {
        "points": points_back(heard),
        "barred": (next(iter(heard.asked.values()), None) or asked_of(heard, {})).barred,  # whatever the slots
        "those": those,
        "picks": picks,
        "others": not listed.others.isdisjoint(words) or says(words, listed, "not_shown"),
        "which": not listed.which.isdisjoint(heard.lexed.words[:2]),
        "steps": steps,
    }


def says(words: Sequence[str], listed: WordArea, name: str) -> bool:
    """Return whether the words contain a phrase of two or three words from the list called `name`."""
    return not {*pairwise(words), *zip(words, words[1:], words[2:], strict=False)}.isdisjoint(listed.phrases(name))


def on_top(slots: Mapping[str, Slot], heard: Heard) -> dict[str, Slot]:
    """Return the slots. If the words say "too" or "as well", single values are marked as added to the previous ones."""
    words, listed = heard.said.words, heard.area("context")
    added = not listed.on_top.isdisjoint(words) or says(words, listed, "on_top_too")
    return {name: replace(slot, how="and") if added and slot.is_plain else slot for name, slot in slots.items()}


def changed(context: Context, reading: Reading, intents: Mapping[str, IntentRules]) -> tuple[str, dict[str, Slot]]:
    """Return the earlier question's intent and slots, changed by a refinement or date shift; None removes a slot."""
    topic = context.topic(reading.back)
    rules = intents.get(topic.intent)
    excludes, several = (rules.excludes, rules.several) if rules else (frozenset[str](), frozenset[str]())
    kinds = KINDS_OF_CARE - excludes
    out = {name for name, slot in reading.slots.items() if name in kinds and (slot.excluded or slot.value is None)}
    anew = KINDS_OF_CARE if "ONLY" in reading.concepts else KINDS_OF_CARE | {"claim_type", "drug"}
    replaced = anew if anew & (reading.slots.keys() - out) else frozenset()  # "and for prescriptions?", none excluded
    if reading.slots.keys() - TIMES - {PERSON}:
        replaced |= {WORKINGS}  # what is narrowed down is no rule of all plans and of everybody
    kept = {name: slot for name, slot in topic.slots.items() if name not in replaced}
    slots = kept | {
        name: _combined(
            kept.get(name), in_year_before(kept.get(name), slot), excludes=name in excludes, several=name in several
        )
        for name, slot in reading.slots.items()
        if name not in out
    }
    return topic.intent, {name: slot for name, slot in slots.items() if slot.value is not None}


def _combined(kept: Slot | None, slot: Slot, *, excludes: bool, several: bool) -> Slot:
    """Return the new slot combined with the earlier one of the same name.

    An excluded value is added to earlier exclusions, and to an earlier wanted value: "not fitzgerald" after "Grace". A
    value with "too" is added if the question takes `several` values. Any other value replaces the earlier one.
    """
    if kept is None or kept.value is None or slot.value is None or (not slot.excluded and slot.value in kept.every):
        return slot
    if slot.excluded and not kept.excluded and excludes and slot.value not in kept.every:
        return replace(kept, but=_joined(kept.but, slot) if kept.but else slot)
    if slot.excluded == kept.excluded and (slot.excluded or (several and slot.is_plain and slot.how == "and")):
        return _joined(kept, slot)
    return slot


def _joined(kept: Slot, slot: Slot) -> Slot:
    values = distinct((*kept.every, *slot.every))
    return replace(kept, text=f"{kept.text}, {slot.text}", values=values, how="and")


def merge(
    context: Context | None, reading: Reading, intents: Mapping[str, IntentRules]
) -> tuple[str | None, dict[str, Slot]]:
    """Return the intent and slots of a message after the previous answer is taken into account.

    A refinement or a date shift repeats the earlier intent with the changed slots. Any other message keeps its intent,
    and takes over the slots that its intent shares with the previous answer or that it refers to.
    """
    slots, rules = dict(reading.slots), intents.get(reading.intent or "")
    if context is None:
        return _instead(rules, reading, slots), slots
    if reading.intent in CHANGES or _narrows(context, reading, intents):
        return changed(context, reading, intents)
    if rules is None:
        return reading.intent, slots
    searches = [lists_providers(one) for one in (rules, intents.get(context.intent)) if one]
    other = searches == [True, True] and reading.intent != context.intent
    for name in (*taken_over(context, reading, intents), *_pointed(context, reading, intents)):
        if name in context.slots and not (other and name in _OF_ONE_SEARCH):
            slots[name] = context.slots[name]
    return _instead(rules, reading, slots), slots


def _instead(rules: IntentRules | None, reading: Reading, slots: Mapping[str, Slot]) -> str | None:
    """Return the intent that answers with these slots: that of `rules.instead` if it applies, else the read one."""
    entry = reading.points or OF_THEM in reading.concepts or "ordinal" in reading.slots
    other = None if rules is None or entry else rules.instead
    held = reading.slots if rules and rules.of_entry else slots  # "which takes new patients" is of what was found
    return other.intent if other and other.has in held and other.lacks not in slots else reading.intent


def _narrows(context: Context, reading: Reading, intents: Mapping[str, IntentRules]) -> bool:
    """Return whether a search keeps the conditions of the previous search because it names no provider or kind of care.

    For example "closest to 37405", or "do they have a dentist" after a search of those at an organization.
    """
    rules, before = intents.get(reading.intent or ""), intents.get(context.intent)
    if not (rules and before and lists_providers(rules) and lists_providers(before)):
        return False
    if not reading.slots and "DOCTOR" in reading.concepts and "MORE" not in reading.concepts:
        return False  # "find me a specialist"
    named = KINDS_OF_CARE.isdisjoint(rules.heard) and ("radius" not in rules.heard or "PHARMACY" in reading.concepts)
    anew = OBJECTS | {"provider_name", "npi"} | ({"location"} if named else frozenset())
    if "organization" in context.slots and (OF_THEM in reading.concepts or reading.those):
        return (OBJECTS - KINDS_OF_CARE | {"provider_name", "npi", "location"}).isdisjoint(reading.slots)
    house = named or "group" in reading.slots  # "which hospital is closest"
    return (reading.intent == context.intent or not house) and anew.isdisjoint(reading.slots)


def lists_providers(rules: IntentRules) -> bool:
    """Return whether an intent's answer is a list of providers or facilities."""
    return rules.needs == "directory" and "more" in rules.follows and "refine" in rules.follows


def taken_over(context: Context, reading: Reading, intents: Mapping[str, IntentRules]) -> tuple[str, ...]:
    """Return the names of slots, and `RECORD`, that a question takes over from the previous answer on the same subject.

    A question with its own object takes over no condition, nor does a long one with its own date. The date of an action
    is not the date of the care. A correction of the same question, or a bare reference to its answer, takes over all
    slots that it does not name.
    """
    rules, before = intents.get(reading.intent or ""), intents.get(context.intent)
    if rules is None or before is None:
        return ()
    said = {*reading.slots, *(cell.name for cell in reading.cells)} - (TIMES if rules.acts else set())
    held = {RECORD, *rules.heard, *(intents[rules.instead.intent].heard if rules.instead else ())}
    about, text = {one.name for one in before.subjects}, reading.text.casefold()
    corrects = any(cell.name == "CORRECTION" and text.startswith(cell.text.casefold()) for cell in reading.cells)
    same = reading.intent == context.intent and (corrects or (reading.points and not reading.slots))
    open_ = (one for one in rules.subjects if one.name in about)
    said |= {"*"} if reading.slots else set()
    left = [one for one in open_ if said.isdisjoint({*one.slots, *(() if same else one.whole)})]
    own_care = (name for one in left for name in one.slots)
    names = dict.fromkeys((*own_care, *sorted(_of_same_care(before, rules, reading))))
    words = len(reading.text.split())
    own = words > ELLIPSIS and not OBJECTS.isdisjoint(reading.slots) and _OF_SHOWN not in reading.concepts
    own = own or (words > _WHOLE and not TIMES.isdisjoint(reading.slots))
    meant = OF_THEM in reading.concepts or (reading.points and rules.is_of_provider)
    # "is he a surgeon" names nobody else
    anew = {name for name in CONDITIONS_OF_CLAIMS if own and not (meant and name == "provider_name")}
    uses = ["drug" for one in reading.asked.values() if one.uses]  # "my thyroid pills"
    out = {*rules.never, *reading.slots, *anew, *uses, *(before.never if before.acts else ())}
    return tuple(name for name in names if name in held and name not in out)


def _of_same_care(before: IntentRules, rules: IntentRules, reading: Reading) -> frozenset[str]:
    """Return the conditions that a short question about claims takes over if it has none: "what did I pay in all"."""
    asked = reading.asked.get(words_key(reading.text, {name: slot.text for name, slot in reading.slots.items()}))
    short = len(reading.text.split()) <= _WHOLE and {*reading.slots, *reading.unmet} <= _FORMS and not reading.steps
    of_care = rules.reads_claims and not before.reads_claims  # "why so much" of a drug
    tells = rules.tells or ("one" if of_care else None)
    if tells in {None, "several", "two"} or not (asked and short):
        return frozenset()
    whole = not (_ALL_CLAIMS.isdisjoint({*asked.says, *reading.concepts}) or _ONE.search(reading.text))
    return frozenset() if whole else OBJECTS | CONDITIONS_OF_CLAIMS if before.reads_claims else OBJECTS


def _pointed(context: Context, reading: Reading, intents: Mapping[str, IntentRules]) -> tuple[str, ...]:
    """Return the slots of the previous answer that another question refers to and does not name itself.

    For example the service in "how much did that one cost" or "is it free", and the doctor in "is she in my network" or
    "when did I see her".
    """
    rules, before = intents[str(reading.intent)], intents.get(context.intent)
    if before is None or context.intent == reading.intent:
        return ()
    conditions, of_them = frozenset[str](), OF_THEM in reading.concepts
    of_seen = before.reads_claims and rules.is_of_provider
    if of_them and (of_seen or (before.is_of_provider and rules.reads_claims)):
        conditions = frozenset({"provider_name"})
    elif reading.points or reading.those or (reading.picks and "ordinal" not in reading.slots):
        conditions = OBJECTS | (CONDITIONS_OF_CLAIMS if before.reads_claims and rules.reads_claims else frozenset())
    if reading.picks and not OBJECTS.isdisjoint(reading.slots):
        conditions -= OBJECTS
    alone = reading.picks or conditions.isdisjoint(reading.slots)
    return tuple((conditions & rules.heard.keys()) - reading.slots.keys()) if alone else ()


def turn_evidence(
    heard: Heard, before: IntentRules, chances: Mapping[str, float], may: AbstractSet[str]
) -> dict[str, list[str]]:
    """Return the evidence on whether a message changes the previous question.

    `chances` are the probabilities of the intents regardless of that question, `may` the follow-ups that fit its
    answer.
    """
    able = {name: one for name, one in chances.items() if name in may or not name.startswith((FOLLOW, DANGER))}
    whole = sum(able.values()) or 1.0
    topic = before.intent.partition(".")[0]
    begin, size = f"{topic}.", len(topic) + 1
    of = {
        "before": able.get(before.intent, 0.0),
        "change": sum([able.get(name, 0.0) for name in CHANGES]),
        "another": max([one for name, one in able.items() if name not in CHANGES | {before.intent}], default=0.0),
        "topic": sum([one for name, one in able.items() if name[:size] == begin or name == topic]),
    }
    said, kinds = heard.said.words, {tag.kind for tag in heard.tags}
    holds = {
        "own value": not kinds.isdisjoint(before.kinds),
        "another value": not kinds <= before.kinds,
        "no value": not kinds,
        "points back": points_back(heard),
        "asks by itself": asks_by_itself(heard),
        "list": "more" in before.follows,
    }
    found = (
        *(f"{name} {least}" for name, one in of.items() for least in _CHANCES if one >= least * whole),
        *(f"words {most}" for most in _WORDS if len(said) <= most),
        *(name for name, is_so in holds.items() if is_so),
        *(f"may {name}" for name in CHANGES & may),
        f"after {before.intent}",
        f"after {topic}",
    )
    return {**evidence(heard.said, heard.names), "found": [*heard.names, *found]}


def is_answer(heard: Heard, rules: Iterable[Rule]) -> bool:
    """Return whether a message is only a yes, no or never mind; `rules` are those of the refinement intent."""
    answers = [rule for rule in rules if "answer" in rule.set]
    names = frozenset().union(*(rule.concepts for rule in answers))
    taken, beside = heard.at(*names), heard.at("FILLER")
    every = frozenset(range(len(heard.keys)))
    if heard.marks.keys() - names - _BESIDE_AN_ANSWER or len(heard.marks.keys() & names) > 1:
        return False
    leads = bool(taken) and min(taken) <= 1  # "are you ok" is a question
    return leads and 3 * len(taken) >= len(every) and taken | beside >= every


def is_dated(heard: Heard) -> bool:
    """Return whether a message has slot values and all of them are dates or periods."""
    return bool(heard.tags) and all(tag.kind in TIMES for tag in heard.tags)


def change_of(heard: Heard, before: IntentRules, may: AbstractSet[str]) -> str:
    """Return the follow-up that changes the previous question as the message requests: a date shift or a refinement.

    If neither fits, return the previous intent itself.
    """
    first, second = (DATE_SHIFT, REFINE) if is_dated(heard) else (REFINE, DATE_SHIFT)
    return first if first in may else second if second in may else before.intent


def with_change(chances: Mapping[str, float], change: str, changes: float) -> dict[str, float]:
    """Return the probabilities, likeliest first, with `changes` of the whole moved to the intent `change`."""
    shares = {name: (1 - changes) * one for name, one in chances.items()}
    shares[change] = shares.get(change, 0.0) + changes
    return dict(sorted(shares.items(), key=itemgetter(1), reverse=True))


class Turns:
    """Estimates how a message relates to the previous question."""

    def __init__(self, weights: Mapping[str, Weights]) -> None:
        self._same, self._next = weights.get(SAME), weights.get(NEXT)

    def changes(self, heard: Heard, before: IntentRules, chances: Mapping[str, float], may: AbstractSet[str]) -> float:
        """Return the probability that a message repeats the previous question with a change."""
        kinds = {tag.kind for tag in heard.tags}
        foreign = bool(kinds) and may.isdisjoint(CHANGES) and kinds.isdisjoint(before.takes)
        if self._same is None or foreign:  # "only women" after an ID card
            return 0.0
        sums = self._same.sums(turn_evidence(heard, before, chances, may))
        chance = self._same.probabilities(sums)[CHANGED]
        answers = "ASKED" in heard.names and not asks_by_itself(heard)
        if answers:
            return max(chance, _ANSWERS)
        another = max([one for name, one in chances.items() if name not in CHANGES | {before.intent}], default=0.0)
        odds: float = chance / max(1 - chance, _LEAST) * min(1.0, max(1 - another, _LEAST) / _DOUBT) ** 0.75
        if chances.get(before.intent, 0.0) >= _SURELY and len(heard.keys) >= ELLIPSIS:
            odds *= _ANEW ** (2 if asks_by_itself(heard) else 1)
        return odds / (1 + odds)

    def follows(self, before: IntentRules) -> Mapping[str, float]:
        """Return the number to add to each intent's sum, by how often the intent follows the previous one."""
        if self._next is None:
            return {}
        return dict(zip(self._next.labels, self._next.sums({"found": [before.intent]}), strict=True))
