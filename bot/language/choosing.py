"""What a message may mean after the answer before it: what its words license, weighed, with what the talk adds."""

from collections.abc import Iterable, Mapping

from bot.language.context import OBJECTS, TIMES, Context, asks_by_itself, points_back
from bot.language.hearing import Heard
from bot.language.kernel import AGAIN, DANGER, DATE_SHIFT, FALLBACK, FOLLOW, ORDINAL, REFINE, SHARE
from bot.language.licences import Licences, licence_of
from bot.language.rules import IntentRules, Rule
from bot.language.slots import kinds_of
from bot.language.weights import INTENTS, Weights, evidence

# How much of a whole rule is one that a value of many kinds makes fit.
_OF_MANY = 0.75


def fits(rule: Rule, heard: Heard, before: str | None) -> bool:
    """Whether a message after the answer `before` holds all that a rule asks for, some of it in a clause that asks."""
    if rule.after and before not in rule.after:
        return False
    names = heard.names
    if (rule.any and rule.any.isdisjoint(names)) or any(group.isdisjoint(names) for group in rule.all):
        return False
    groups = rule.all or (rule.any,)
    return len(heard.clauses) == 1 or any(_is_asked(name, heard) for group in groups for name in group & names)


def _is_asked(name: str, heard: Heard) -> bool:
    """Whether a name stands in a clause that asks, or for the message as a whole."""
    places = heard.marks.get(name)
    return places is None or not places.isdisjoint(heard.asking)


def best_rule(rules: Iterable[Rule], heard: Heard, before: str | None) -> Rule | None:
    """The rule that fits and asks for most, of such one for this answer before; None where none fits."""
    fitting = [rule for rule in rules if fits(rule, heard, before)]
    return max(fitting, key=lambda rule: (len(rule.all), bool(rule.after), _taken(rule, heard)), default=None)


def _taken(rule: Rule, heard: Heard) -> int:
    return len(_places(rule, heard))


def _places(rule: Rule, heard: Heard) -> frozenset[int]:
    return frozenset().union(*(heard.marks.get(name, frozenset()) for name in rule.concepts))


def continues(entry: IntentRules, heard: Heard, before: str) -> bool:
    """Whether a rule that holds only after the answer before fits: "was it denied" after one claim."""
    return any(rule.after and fits(rule, heard, before) for rule in entry.rules)


def explained(entry: IntentRules, heard: Heard, before: str | None, spoken: str | None) -> float:
    """How well a rule that sets a slot, or goes on from the answer before, takes every word that means something.

    Zero where it leaves one; else the share of the words that it takes, at least half: the others are fillers. A rule
    that one of many values makes fit ("what about Dr. Moody") says less. A bare yes or no is heard apart: "are you
    sure" is no "sure". Nobody asks for the language that is `spoken` already: "¿habla español?" is of the doctor shown.
    """
    every, best = len(heard.keys), 0.0
    changes = before is not None and entry.intent.startswith(FOLLOW)
    for rule in entry.rules:
        if not (changes or rule.after or (rule.set and entry.needs == "nothing")) or "answer" in rule.set:
            continue
        if rule.set.get("reply_language", "") == spoken or not fits(rule, heard, before):
            continue
        places = _places(rule, heard)
        if len(places | heard.marks.get("FILLER", frozenset())) == every:
            best = max(best, _OF_MANY if rule.any else max(len(places) / every, 0.5))
    return best


def is_most(rule: Rule, heard: Heard) -> bool:
    """Whether a rule takes half of the words of a message, or more."""
    return 2 * len(_places(rule, heard)) >= len(heard.keys)


# What the answer before adds to the sum of an intent whose rule says that it goes on from there, to a change of that
# answer where the message holds values and nothing else, to an intent whose rule takes every word of the message, and
# to the glossary where a general question asks about one of its words; and to an intent that shares the subject of that
# answer, where the message only points at it.
# They are chosen on the conversations of tests/language.
CONTINUES, BARE, EXPLAINED, GENERAL, AKIN = 1.3, 2.5, 3.0, 2.0, 0.6
# A message of more words has an object and an act of its own.
_SHORT = 7
# One that points at the answer before it may say more: "have they paid the doctor for that one yet".
_POINTS = 10
# Beside a clause of so many words that asks, a greeting is a courtesy.
_ASKS = 3
_CHANGES = frozenset({REFINE, DATE_SHIFT})
# Whom a question of its own is about.
NAMED = OBJECTS | {"provider_name", "npi"}
# "Only my son's" changes the answer before; "show my prescriptions" asks for something whole.
_JOINED = frozenset({"person", "INSTEAD", "ONLY", "CORRECTION"})
# A word that a general question asks about: `Glossary.tags` finds it in no question about one's own plan.
TERM = "term"


class Chooser:
    """Weighs the intents of a pack against each other, by the evidence of a message."""

    def __init__(self, intents: Mapping[str, IntentRules], weights: Mapping[str, Weights], licences: Licences) -> None:
        self.weights, self.licences = weights[INTENTS], licences
        self._intents = intents
        self._subjects = {name: frozenset([one.name for one in entry.subjects]) for name, entry in intents.items()}
        self._aspects = {name: one for name, one in weights.items() if name in intents}
        asked = [(place, name) for place, name in enumerate(self.weights.labels) if not name.startswith(DANGER)]
        self._entries = [(place, intents[name]) for place, name in asked if name in intents]
        self._needs = {place: entry.needs != "nothing" for place, entry in self._entries}

    def needed(self, entry: IntentRules) -> float:
        """How likely an intent has to be before it is answered at once."""
        return max(self.sure[entry.needs], entry.sure)

    @property
    def sure(self) -> Mapping[str, float]:
        """How likely an intent has to be before it is answered at once, by what its answer reads."""
        return self.weights.header.sure

    def _may_follow(self, intent: str, heard: Heard, context: Context | None) -> bool:
        """Whether a follow-up fits the answer before it: more of a list, a slot that this answer has, a number.

        Without an answer before it, it is read as what it is, and the person is told that there is none.
        """
        before = self._intents.get(context.intent) if context else None
        if before is None or intent == AGAIN:
            return True
        if intent == SHARE:
            said = (rule.concepts & heard.names for rule in self._intents[SHARE].rules if not rule.after)
            return before.needs == "directory" or any(said)
        if intent.removeprefix(FOLLOW) not in before.follows:
            return False
        if intent == REFINE:
            own = {kind for slot in (*before.heard.values(), "filter", "answer") for kind in kinds_of(slot)}
            fitting = [rule for rule in self._intents[REFINE].rules if fits(rule, heard, before.intent)]
            changes = (rule for rule in fitting if "answer" not in rule.set or is_most(rule, heard))
            return bool(own & heard.names) or any(not rule.any or rule.any & own & heard.names for rule in changes)
        if intent == DATE_SHIFT:
            return bool({"date_range", "date_shift"} & heard.names)
        return intent != ORDINAL or bool({"ordinal", "BEFORE_THAT"} & heard.names)

    def weighed(self, heard: Heard, context: Context | None) -> tuple[dict[str, float], dict[str, float]]:
        """The probability of each intent that can be meant after the answer before, the likeliest first, and of danger.

        Danger is heard by the gate, and by `Alarms.counted` where it is likely enough; it competes with no question.
        """
        sums = self.weights.sums(evidence(heard.said, heard.names))
        dangers = {one: chance for one, chance in self.weights.probabilities(sums).items() if one.startswith(DANGER)}
        legal, held = [], self.licences.held(heard)
        alone, pointed = context is None and _is_values(heard), self._pointed(heard, context)
        for place, entry in self._entries:
            # What values alone ask is what they license: "Blue Network S" names no doctor to look for in it.
            if (entry.needs == "nothing" or alone) and licence_of(entry, held) is None:
                continue
            if entry.small_talk and len(heard.clauses) > 1 and len(heard.content) >= _ASKS:
                continue
            if entry.intent.startswith(FOLLOW) and not self._may_follow(entry.intent, heard, context):
                continue
            legal.append(place)
            sums[place] += self._of_context(entry, heard, context, pointed)
        if alone and any(self._needs[place] for place in legal):
            legal = [place for place in legal if self.weights.labels[place] != FALLBACK]
        return self.weights.probabilities(sums, legal), dangers

    def _of_context(self, entry: IntentRules, heard: Heard, context: Context | None, pointed: frozenset[str]) -> float:
        """What the answer before adds to an intent: a rule that goes on from it, or values alone, which change it."""
        before, spoken = (context.intent, context.language) if context else (None, None)
        if entry.intent in _CHANGES and self._is_own(heard, before):
            return 0.0
        if len(heard.keys) <= _SHORT and (share := explained(entry, heard, before, spoken)):
            return EXPLAINED * share
        if TERM in heard.names and TERM in entry.slots.values() and len(heard.clauses) == 1:
            return GENERAL
        if context is None:
            return 0.0
        if entry.intent not in _CHANGES:
            short = len(heard.keys) <= _SHORT and continues(entry, heard, context.intent)
            return CONTINUES if short else 0.0 if pointed.isdisjoint(self._subjects[entry.intent]) else AKIN
        dated = heard.tags and all(tag.kind in TIMES for tag in heard.tags)
        changes = "ASKED" in heard.names or bool(dated) == (entry.intent == DATE_SHIFT)
        return BARE if changes and {"BARE", "ASKED"} & heard.names and "MY" not in heard.names else 0.0

    def is_akin(self, entry: IntentRules, heard: Heard, context: Context | None) -> bool:
        """Whether a short message points at what the answer before was about, and an intent can be about that too."""
        return not self._pointed(heard, context).isdisjoint(self._subjects[entry.intent])

    def _pointed(self, heard: Heard, context: Context | None) -> frozenset[str]:
        """What the answer before was about, where a short message points at it."""
        before = self._intents.get(context.intent) if context else None
        if before is None or len(heard.keys) > _POINTS or not NAMED.isdisjoint(heard.names):
            return frozenset()
        points = points_back(heard.said.words, heard.joining.beside("context"))
        return self._subjects[before.intent] if points else frozenset()

    def _is_own(self, heard: Heard, before: str | None) -> bool:
        """Whether a message has an object of its own: "my …", or whom or what no slot of the answer before can hold."""
        if {"MY", "BARE"} <= heard.names and _JOINED.isdisjoint(heard.names):
            return True
        named = NAMED & heard.names
        if named and asks_by_itself(heard.said.words, heard.joining.beside("context")):
            return True
        last = self._intents.get(before or "")
        own = {kind for slot in last.heard.values() for kind in kinds_of(slot)} if last else named
        held = frozenset(place for tag in heard.tags if tag.kind in own for place in range(tag.first, tag.after))
        return any(not held.intersection(range(tag.first, tag.after)) for tag in heard.tags if tag.kind in named)

    def licence(self, entry: IntentRules, heard: Heard) -> str | None:
        """What of an intent's licence the message meets, "-" where it needs none, None where it meets nothing."""
        return licence_of(entry, self.licences.held(heard))

    def aspect(self, intent: str, heard: Heard) -> str | None:
        """What of an intent is meant, the likeliest of those that its sentences name; None where they name none."""
        weights = self._aspects.get(intent)
        if weights is None:
            return None
        return next(iter(weights.probabilities(weights.sums(evidence(heard.said, heard.names)))))


def _is_values(heard: Heard) -> bool:
    """Whether a message holds values and not a word beside them: "Blue Network S"."""
    held = frozenset(place for tag in heard.tags for place in range(tag.first, tag.after))
    return bool(heard.keys) and len(held) == len(heard.keys)
