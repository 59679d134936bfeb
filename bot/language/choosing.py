"""Ranks the intents of a message, given the previous answer: licences limit the intents, counted weights rank them."""

from collections.abc import Container, Iterable, Mapping, Sequence
from functools import lru_cache

from bot.language.anchors import anchor_tokens
from bot.language.context import CHANGES, OBJECTS, Context, Turns, change_of, is_dated, points_back, with_change
from bot.language.hearing import Heard
from bot.language.kernel import AGAIN, DANGER, DATE_SHIFT, FALLBACK, FOLLOW, OF_THEM, ORDINAL, REFINE, SHARE
from bot.language.left import others_aside
from bot.language.licences import Licences, licence_of
from bot.language.rules import PERSON, IntentRules, Rule
from bot.language.shapes import Shapes
from bot.language.slots import kinds_of, several_times, slot_of
from bot.language.text import places_of
from bot.language.weights import INTENTS, WORKINGS, Weights, evidence

# How much of a whole rule is one that a value of many kinds makes fit.
_OF_MANY = 0.75


def fits(rule: Rule, heard: Heard, before: str | None) -> bool:
    """Return whether a message meets all conditions of a rule, at least one of them in a clause that asks.

    `before` is the intent of the previous answer; None if there is none.
    """
    if rule.after and before not in rule.after:
        return False
    names = heard.names
    if (rule.any and not rule.any & names) or not all(map(names.intersection, rule.groups)):
        return False
    groups = rule.groups or (rule.any,)
    return len(heard.clauses) == 1 or any(_is_asked(name, heard) for group in groups for name in group & names)


def _is_asked(name: str, heard: Heard) -> bool:
    """Return whether a name was found in a clause that asks, or describes the message as a whole."""
    places = heard.marks.get(name)
    return places is None or not places.isdisjoint(heard.asking)


def best_rule(rules: Iterable[Rule], heard: Heard, before: str | None) -> Rule | None:
    """Return the fitting rule with the most conditions, preferably one for this previous answer; None if none fits."""
    fitting = [rule for rule in rules if fits(rule, heard, before)]
    return max(fitting, key=lambda rule: (len(rule.all), bool(rule.after), len(heard.at(*rule.concepts))), default=None)


def continues(entry: IntentRules, heard: Heard, before: str) -> bool:
    """Return whether a rule that requires a certain previous answer fits: "was it denied" after one claim."""
    return any(fits(rule, heard, before) for rule in entry.rules if before in rule.after)


def explaining(entry: IntentRules, *, answered: bool) -> tuple[Rule, ...]:
    """Return the rules of an intent with which `explained` compares the words of a message.

    These are rules that require a previous answer, and rules that set a slot of an intent that looks nothing up. For a
    follow-up after an answer (`answered`) these are all rules. Rules for a bare yes or no are left out.
    """
    changes = answered and entry.intent.startswith(FOLLOW)
    sets = entry.needs == "nothing"
    able = (rule for rule in entry.rules if changes or rule.after or (rule.set and sets))
    return tuple(rule for rule in able if "answer" not in rule.set)


def explained(rules: Iterable[Rule], heard: Heard, before: str | None, spoken: str | None) -> float:
    """Return the share of a message's words that the best of these rules matches, from 0.5 to 1; 0 if no rule fits.

    A rule fits if all words but fillers match. A rule with alternatives (`any`) counts as 0.75. A rule that sets the
    reply language to `spoken`, the language of the message, is skipped: "¿habla español?" is then about a doctor.
    """
    every, best = len(heard.keys), 0.0
    for rule in rules:
        if not fits(rule, heard, before) or rule.set.get("reply_language", "") == spoken:
            continue
        places = heard.at(*rule.concepts)
        if len(places | heard.at("FILLER")) == every:
            best = max(best, _OF_MANY if rule.any else max(len(places) / every, 0.5))
    return best


# What is added to the sum of an intent whose rule takes every word of the message, to the glossary where a general
# question asks about one of its words, and to an intent whose rule says that it goes on from the answer before.
EXPLAINED, GENERAL, CONTINUES = 3.0, 2.0, 0.8
# A message of more words has an object and an act of its own.
_SHORT = 7
# One of more words than these depends on nothing before it, unless it points there.
_FEW = 5
# One that points at the answer before it may say more: "have they paid the doctor for that one yet".
_POINTS = 10
# Beside a clause of so many words that asks, a greeting is a courtesy.
_ASKS = 3
# What a message may name twice to have both compared, and how likely it is then that another intent is meant.
_TWICE, _LIKELY = frozenset({"date_range", "drug", "provider_name", "amount_kind"}), 0.04
# What a ranking may be of where no group is named, and the orders that rank.
_RANKING = frozenset({"group", "unit", "order", "rank", "number_of"})
_OWED = "OWE_WHOM"
_ONE_OF, _SIZES = frozenset({"visit", "doctor", "fill"}), frozenset({"biggest", "smallest"})
# Forms of answer that only some intents give; an amount is in all of them.
_FORMS = frozenset({
    "most", "least", "average", "percent", "split", "count", "compare", "who", "due", "list", "why", "free",
})  # fmt: skip
# Conditions that choose among claims: which an answer needs a slot for, and of which one may be left out ("except").
_OF_CLAIMS = frozenset({"amount_over", "amount_under", "state_of_claim"})
_NARROWING = _OF_CLAIMS | {"date_whole", "weekday", "order", "average", "percent", "drug", "provider_name"}
_LEFT_OUT = frozenset({"claim_type", "service", "provider_name", "state_of_claim"})
_OTHERS = {PERSON, "named_person", "OTHER_PERSON", "NAMED_PERSON", "OTHER_PARENT", "OTHER_RECORD", "EMPLOYER", "HER"}
_CONDITIONS = _NARROWING | _LEFT_OUT | {"anchor", "date_range", "drug", "network", "specialty"}
# Whom a question of its own is about.
_OF_PROVIDER = frozenset({"provider_name", "organization", "npi"})
NAMED = OBJECTS | {"provider_name", "npi"}
# A word that a general question asks about: `Glossary.tags` finds it in no question about one's own plan.
TERM = "term"


def may_follow(intents: Mapping[str, IntentRules], intent: str, heard: Heard, before: IntentRules | None) -> bool:
    """Return whether a follow-up fits the previous answer, for example "more" after a list.

    Without a previous answer it fits (the reply says that there is none), unless the message names the claims or the
    provider itself.
    """
    if before is None or intent == AGAIN:
        named = _OF_CLAIMS if intent == SHARE else _OF_CLAIMS | _OF_PROVIDER  # "share Dr. Kim with my sister"
        return intent == AGAIN or named.isdisjoint(heard.names)
    if intent == SHARE:
        said = (rule.concepts & heard.names for rule in intents[SHARE].rules if not rule.after)
        return before.needs == "directory" or any(said)
    if intent.removeprefix(FOLLOW) not in before.follows:
        return False
    if intent == REFINE:
        own = before.kinds | {"filter", "answer"}
        fitting = [rule for rule in intents[REFINE].rules if fits(rule, heard, before.intent)]
        # A rule for a bare answer covers at least half of the words.
        most = (rule for rule in fitting if 2 * len(heard.at(*rule.concepts)) >= len(heard.keys))
        changes = (*most, *(rule for rule in fitting if "answer" not in rule.set))
        return bool(own & heard.names) or any(not rule.any or rule.any & own & heard.names for rule in changes)
    if intent == DATE_SHIFT:
        return bool({"date_range", "date_shift"} & heard.names)
    return intent != ORDINAL or bool({"ordinal", "BEFORE_THAT"} & heard.names)


class Chooser:
    """Ranks the intents of a pack by the evidence in a message."""

    def __init__(
        self,
        intents: Mapping[str, IntentRules],
        weights: Mapping[str, Weights],
        licences: Licences,
        known: Container[str],
    ) -> None:
        self.weights, self.licences, self._known = weights[INTENTS], licences, known
        for one in weights.values():
            one.everyday = known
        self._intents, self._follow = intents, frozenset(name for name in intents if name.startswith(FOLLOW))
        self._subjects = {name: frozenset([one.name for one in entry.subjects]) for name, entry in intents.items()}
        self._shapes, self._turns = Shapes(intents, weights), Turns(weights)
        self._aspects = {name: one for name, one in weights.items() if name in intents}
        labels = list(enumerate(self.weights.labels))
        self._dangers = [place for place, name in labels if name.startswith(DANGER)]
        self._entries = [
            (place, intents[name]) for place, name in labels if name in intents and place not in self._dangers
        ]
        self._whole = {
            name: tuple(rule for rule in entry.rules if not rule.after)
            for name, entry in intents.items()
            if entry.needs == "nothing" and name not in {FALLBACK, *CHANGES}
        }
        self._of_term = frozenset(name for name, entry in intents.items() if TERM in entry.slots.values())

    @lru_cache(maxsize=256)  # noqa: B019 -- one lives as long as its pack
    def _explaining(self, last: str | None) -> Mapping[str, tuple[Rule, ...]]:
        """Return the rules by intent that may explain a message whole, after an answer of the intent `last`."""
        able = {name: explaining(entry, answered=last is not None) for name, entry in self._intents.items()}
        able = {name: tuple(one for one in of if not one.after or last in one.after) for name, of in able.items()}
        return {name: rules for name, rules in able.items() if rules}

    @lru_cache(maxsize=256)  # noqa: B019 -- as above
    def _continuing(self, last: str) -> Sequence[tuple[str, Rule]]:
        """Return the rules that require a previous answer of the intent `last`, each with its intent."""
        others = [entry for name, entry in self._intents.items() if name not in self._follow]
        return [(entry.intent, rule) for entry in others for rule in entry.rules if last in rule.after]

    def needed(self, entry: IntentRules, slots: Container[str] = ()) -> float:
        """Return the probability that an intent needs to be answered at once; a rule of plans needs the least."""
        return max(self.weights.header.sure["nothing" if WORKINGS in slots else entry.needs], entry.sure)

    def shaped(self, heard: Heard, context: Context | None) -> tuple[Heard, dict[str, float], dict[str, float]]:
        """Return the message with the form of answer or plan rule that it requests, and what `weighed` returns."""
        chances, dangers = self.weighed(heard, context) if heard.keys else ({}, {})
        top = self._intents.get(next(iter(chances), ""))
        if top and top.intent in CHANGES and context:
            top = self._intents.get(context.intent)
        shifts = context is not None and is_dated(heard)  # "the year before" names no amount
        more = self._shapes.added(heard) if top and top.shapes and not shifts else heard
        changed = more.form in _FORMS or len(more.tags) > len(heard.tags)
        if changed:
            chances, dangers = self.weighed(more, context)
        more, chances = self._shapes.with_rule(more, chances, lambda entry: self.licence(entry, more) is not None)
        return more, chances, dangers

    def weighed(self, heard: Heard, context: Context | None) -> tuple[dict[str, float], dict[str, float]]:
        """Return the probabilities of the possible intents after the previous answer, and those of the emergencies.

        Both are ordered, likeliest first. Emergencies do not lower the probabilities of the intents. Whether an
        emergency is answered is decided by `bot.language.safety`.
        """
        names = heard.names | {"date_range"} if "weekday" in heard.names else heard.names  # a day of the week is a time
        sums = self.weights.sums(evidence(heard.said, names))
        dangers = self.weights.probabilities(sums, wanted=self._dangers)
        dated = anchor_tokens(heard)  # "since my surgery" is a time, whatever the surgery would ask
        if aside := dated | others_aside(heard):
            names = heard.without(aside).names | ({"date_range"} if dated else set())
            sums = self.weights.sums(evidence(heard.said, names, aside))
        last, spoken = (context.intent, context.language) if context else (None, None)
        before, classes = self._intents.get(last or ""), self.licences.classes_in(heard)
        may = frozenset(name for name in self._follow if may_follow(self._intents, name, heard, before))
        alone, unfit = context is None and _is_values(heard), self._follow - may
        asks = len(heard.clauses) > 1 and len(heard.content) >= _ASKS
        legal = [
            place
            for place, entry in self._entries
            if entry.intent not in unfit
            and not (asks and entry.small_talk)
            # What values alone ask is what they license: "Blue Network S" names no doctor to look for in it.
            and ((entry.needs != "nothing" and not alone) or licence_of(entry, classes) is not None)
        ]
        whole, changed, short = 0.0, 0.0, len(heard.keys) <= _SHORT
        general = TERM in heard.names and len(heard.clauses) == 1
        explaining, entire = (self._explaining(last), self._whole) if short else ({}, {})
        after = {name for name, rule in self._continuing(last) if fits(rule, heard, last)} if short and last else ()
        for place in legal if short or general else ():
            name = self.weights.labels[place]
            share = explained(explaining[name], heard, last, spoken) if name in explaining else 0.0
            if name in CHANGES:
                changed = max(changed, share)
            elif name in entire:
                whole = max(whole, explained(entire[name], heard, None, None))
            told = general and name in self._of_term
            sums[place] += EXPLAINED * share or GENERAL * told or CONTINUES * (name in after)
        if alone and any(self._intents[self.weights.labels[place]].needs != "nothing" for place in legal):
            legal = [place for place in legal if self.weights.labels[place] != FALLBACK]
        chances = self.weights.probabilities(sums, legal)
        if next(iter(chances)) == FALLBACK and self._is_own(heard):
            chances = self.weights.probabilities(sums, [one for one in legal if self.weights.labels[one] != FALLBACK])
        top = self._intents[next(iter(chances))] if before else None
        if before and top and not 0 < top.sure <= chances[top.intent]:  # its own rule file may require a probability
            changes = min(1.0, 1 - whole + changed) * self._turns.changes(heard, before, chances, may)
            change = REFINE if context and WORKINGS in context.slots else change_of(heard, before, may)
            asked = [place for place in legal if self.weights.labels[place] not in CHANGES]
            others = self.weights.probabilities(self._grown(sums, heard, before), asked)
            chances = with_change(others, change, changes)
        return self._holding(chances, heard, alone=context is None), dangers

    def _is_own(self, heard: Heard) -> bool:
        """Return whether a question read as about another's record names no other person: "what does my record say".

        An unknown word or a possessive may name somebody: "my codriver's deductible". A provider to look up is not such
        a person.
        """
        titled = not {"FIND", "DOCTOR"}.isdisjoint(heard.names)
        listed, said = heard.at("provider_name") if titled else frozenset[int](), heard.said.words
        words = enumerate(zip(said, heard.keys, strict=True))
        named = any(at not in listed and ("'" in word or key not in self._known) for at, (word, key) in words)
        others = _OTHERS - {"HER"} if "DOCTOR" in heard.names else _OTHERS  # who else is spoken of is the doctor
        own = "MY" in heard.names and others.isdisjoint(heard.names) and not named and FALLBACK in self._aspects
        return own and self._aspects[FALLBACK].aspect(evidence(heard.said, heard.names)) == "other_person"

    def _grown(self, sums: list[float], heard: Heard, before: IntentRules) -> list[float]:
        """Return the sums of the intents, raised by how often each intent follows the previous answer.

        They stay unchanged for a longer message that does not refer back, because it asks its own question.
        """
        if len(heard.keys) > _FEW and not points_back(heard):
            return sums
        more = self._turns.follows(before)
        labels = self.weights.labels
        return [one + more[label] if label in more else one for one, label in zip(sums, labels, strict=True)]

    def _holding(self, chances: dict[str, float], heard: Heard, *, alone: bool) -> dict[str, float]:
        """Return the probabilities, with the likeliest intent swapped for a likely one that uses more of the message.

        An answer may be unable to use a condition ("denied", "except pharmacy"), a second value such as another year,
        or the requested form. An intent of another topic is swapped in only if the likeliest one would ask back. For a
        ranking, the likeliest intent of the topic that can rank gets the probability of the whole topic.
        """
        top = self._intents.get(next(iter(chances), ""))
        if top is None:
            return chances
        topic, unsure = top.intent.partition(".")[0], chances[top.intent] < self.needed(top)
        if ranks(heard):
            akin = [name for name in chances if name.partition(".")[0] == topic]
            able = (name for name in akin if "rank" in self._intents[name].slots.values())
            if ranking := [name for name in able if self.licence(self._intents[name], heard) is not None]:
                whole = sum(chances[name] for name in akin)
                return {ranking[0]: whole, **{name: one for name, one in chances.items() if name not in akin}}
        lost = self._lost(top, heard, alone=alone)
        if unsure and top.reads_claims and top.form and not heard.names.issuperset(top.form.required):
            lost |= {"required"}  # it could only ask for more, where another one answers
        likely = [self._intents[name] for name, one in chances.items() if one >= _LIKELY and name != top.intent]
        others = [one for one in likely if one.intent.partition(".")[0] == topic or (unsure and one.reads_claims)]
        other = next((one.intent for one in others if self._lost(one, heard, alone=alone) < lost), None)
        if not lost or other is None:
            return chances
        swapped = {other: chances[top.intent], top.intent: chances[other]}
        return swapped | chances | swapped

    def _lost(self, entry: IntentRules, heard: Heard, *, alone: bool = False) -> frozenset[str]:
        """Return the names of the values in the message that the intent's answer would ignore.

        `alone`: without a previous answer, a message that selects among claims needs a licence.
        """
        twice = frozenset(name for name in _TWICE & entry.heard.keys() if self.is_twice(name, heard, entry.several))
        if entry.needs == "nothing" and not entry.intent.startswith(FOLLOW):
            return twice
        asked = [tag for tag in heard.tags if not heard.asking.isdisjoint(tag.places)]
        narrowing = (tag for tag in asked if tag.kind in _NARROWING - entry.takes)
        no_slot = {tag.kind for tag in narrowing if f"{tag.kind}:{tag.value}" not in entry.about}
        kept = {f"not {tag.kind}" for tag in asked if tag.excluded and tag.kind in _LEFT_OUT - entry.excludes}
        no_slot |= {"anchor"} & heard.names if "date_range" not in entry.takes else set()
        narrowed = alone and entry.reads_claims and not _CONDITIONS.isdisjoint(heard.names)
        bare = {"licence"} if narrowed and self.licence(entry, heard) is None else set()
        own = any(rule.set and not rule.after and fits(rule, heard, None) for rule in entry.rules)
        own |= self.is_twice("amount_kind", heard)  # "billed against allowed" compares the amounts of one claim
        form = {"form"} if entry.shapes and heard.form in _FORMS - entry.shapes and not own else set()
        return frozenset(twice | no_slot | kept | bare | form)

    def views(
        self, entry: IntentRules, chances: Mapping[str, float], heard: Heard, *, of_somebody: bool = False
    ) -> float:
        """Return the probability that the kind of record the intent shows (claims, a provider) is requested.

        If the intent can use all conditions of the message, this includes the probabilities of the other intents that
        show claims or the named provider. `of_somebody`: the message names a person, so intents
        that look nothing up are not counted.
        """
        own = chances.get(entry.intent, 0.0)
        if of_somebody:
            own /= max(own, 1 - sum(one for name, one in chances.items() if self._is_impersonal(name))) or 1.0
        of_claims = entry.reads_claims and not _CONDITIONS.isdisjoint(heard.names)
        if not (of_claims or (entry.is_of_provider and "provider_name" in heard.names)) or self._lost(entry, heard):
            return own
        rest = ((self._intents[name], one) for name, one in chances.items() if name in self._intents)
        return max(own, sum(one for other, one in rest if (other.shows_claims if of_claims else other.is_of_provider)))

    def _is_impersonal(self, name: str) -> bool:
        entry = self._intents.get(name)
        return entry is not None and entry.needs == "nothing" and PERSON not in entry.takes and name != FALLBACK

    @staticmethod
    def is_twice(name: str, heard: Heard, several: frozenset[str] = frozenset()) -> bool:
        """Return whether a message names two values of a slot, unless the slot is among `several`."""
        slot = None if heard.names.isdisjoint(kinds_of(name)) else slot_of(heard.said, heard.tags, name, heard.joining)
        if slot is None or name in several:
            return False
        return bool(slot.values or several_times(heard.said, heard.tags, heard.asking, {name: slot}))

    def is_akin(self, entry: IntentRules, heard: Heard, context: Context | None) -> bool:
        """Return whether a short message refers back to an answer with the subject or the claims of this intent.

        For example "how much was it" after an answer about claims.
        """
        before = self._intents.get(context.intent) if context else None
        if before is None or len(heard.keys) > _POINTS or not NAMED.isdisjoint(heard.names):
            return False
        if before.reads_claims and entry.is_of_provider:
            return OF_THEM in heard.names
        claims = before.reads_claims and entry.reads_claims
        shares = claims or not self._subjects[before.intent].isdisjoint(self._subjects[entry.intent])
        return shares and points_back(heard)

    def licence(self, entry: IntentRules, heard: Heard) -> str | None:
        """Return the part of an intent's licence that the message meets; "-" if it needs none, None if none is met."""
        return licence_of(entry, self.licences.classes_in(heard)) if entry.licence else "-"

    def counted_slots(self, entry: IntentRules, heard: Heard) -> dict[str, str]:
        """Return the slots that the weights fill: the aspect of the intent, if likely, and a rule of how plans work."""
        own = "drug" in heard.marks and "drug" in entry.takes  # a medicine that is named is no rule of all plans
        slots = {WORKINGS: heard.workings} if entry.workings and heard.workings and not own else {}
        if weights := self._aspects.get(entry.intent):
            slots["reason"] = weights.aspect(evidence(heard.said, heard.names))
        return slots


def ranks(heard: Heard) -> bool:
    """Return whether a message asks which of a group, or which visit or fill, has the most or the least of something.

    The single claim with the highest amount is no ranking, but the first of a sorted list. "Más veces" alone may mean
    only "more often".
    """
    said = {kind: {tag.value for tag in heard.tags if tag.kind == kind} for kind in ("group", "unit", "order", "rank")}
    if _OWED in heard.names:
        return False  # whom most is owed is told with what is owed
    return bool((said["rank"] or said["order"] & _SIZES) and (said["group"] | said["unit"] & _ONE_OF) - {"claim"})


def _is_values(heard: Heard) -> bool:
    """Return whether a message has only slot values: "Blue Network S". Numbers, orders and groups do not count."""
    named = places_of(tag for tag in heard.tags if tag.kind not in _RANKING)
    return bool(heard.keys) and len(named) == len(heard.keys)
