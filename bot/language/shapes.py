"""The form of answer that a question about claims asks for, where no phrase states it: by the counted weights.

Three parts of the weights file are fitted on the sentences with such labels, as in `claim.spending/most.plan.kind`: the
form ("most", "average"), the amount ("plan", "billed") and the group that is ranked or counted ("doctor").

A further part recognizes questions about a rule of how plans work: "does a copay count toward it". It is fitted on the
sentences of all intents whose rule file names an answer for such rules, as in `coverage.cost_share/copay_counts`. A
label is used only from a probability at which it is nearly always right.

The intents that present the same claims do so in different forms (`Tells`): one visit, several, their days, their
fills, their sums, or two sides compared. Where the words of a question show such a form clearly, they decide.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

from msgspec.structs import replace

from bot.language.anchors import ANCHOR
from bot.language.asked import ClaimsAsked
from bot.language.glossary import TERM
from bot.language.hearing import Heard
from bot.language.left import asked_of
from bot.language.rules import IntentRules, Tells
from bot.language.text import Tag, Utterance, places_of
from bot.language.weights import OTHER, SHAPES, WORKINGS, Evidence, EvidenceTexts, Weights, evidence

FORM, AMOUNT, GROUP = SHAPES
# The slot that a label fills, by the part that tells it; a label without one is what every answer gives.
_SLOTS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    FORM: {
        "most": ("order", "biggest"),
        "least": ("order", "smallest"),
        "average": ("average", "yes"),
        "percent": ("percent", "yes"),
    },
    AMOUNT: {
        "plan": ("amount_kind", "plan_paid"),
        "billed": ("amount_kind", "billed"),
        "allowed": ("amount_kind", "allowed"),
        "saved": ("amount_kind", "discount"),
        "copay": ("amount_kind", "copay"),
        "coinsurance": ("amount_kind", "coinsurance"),
        "deductible": ("amount_kind", "deductible"),
    },
}
# What is told month by month is told in the order of time.
_IN_TIME = frozenset({"month", "year"})
_GROUPS = frozenset({"doctor", "place", "pharmacy", "drug", "kind", "month", "year", "visit", "claim", "fill"})
# A phrase of one of these kinds tells what the weights would guess; "the most" alone may be of money or of times.
_TOLD: Mapping[str, AbstractSet[str]] = {
    "order": frozenset({"order", "rank", "number_of", "BY_KIND", "BY_DOCTOR"}),
    "average": frozenset({"average", "percent"}),
    "percent": frozenset({"percent"}),
    "amount_kind": frozenset({"amount_kind"}),
    "rank": frozenset({"order", "rank", "number_of"}),
    "number_of": frozenset({"number_of", "group"}),
    "group": frozenset({"group", "unit", "number_of"}),
    "unit": frozenset({"group", "unit"}),
}
# A word that speaks for a label so much of what the strongest one does is part of what tells it.
_PART = 0.3


# Kinds of values whose words say nothing of the form: a limit ("more than $50") compares nothing, nor does what is left
# out ("menos la de mayo"), and a name is any name.
_VALUES = frozenset({"amount_over", "amount_under", "provider_name", "claim_id", "date_out"})


def shape_evidence(heard: Heard) -> dict[str, list[str]]:
    """Return the evidence for the form of answer: that of all words except values that are irrelevant to the form."""
    told = (tag for tag in heard.tags if tag.excluded or tag.kind in _VALUES)
    places = places_of(told)
    return evidence(heard.said, heard.names, frozenset(places))


class Shapes:
    """Finds the form of answer, and the rule of how plans work, that a message asks for."""

    def __init__(self, intents: Mapping[str, IntentRules], weights: Mapping[str, Weights]) -> None:
        self._parts = {name: weights[name] for name in SHAPES if name in weights}
        self._workings = weights.get(WORKINGS)
        self._tell = {name: entry for name, entry in intents.items() if entry.workings}

    def added(self, heard: Heard) -> Heard:
        """Return the message with the form and the values that the weights are sure of and no phrase states."""
        found = shape_evidence(heard)
        told = {name: _label(weights, found) for name, weights in self._parts.items()}
        tags, marks, spoken = list(heard.tags), dict(heard.marks), set[int]()
        for kind, value, part in _values(told):
            phrases = _TOLD[kind] - {"rank"} if told.get(AMOUNT) not in {None, "none"} else _TOLD[kind]
            if not phrases.isdisjoint(marks):
                continue
            places = _places(self._parts[part].speaks(found, told[part] or ""), heard.said)
            if places:
                tags.append(Tag(kind, value, min(places), min(places) + 1))
                marks[kind] = places
                spoken |= places
        return replace(
            heard,
            tags=tuple(tags),
            marks=marks,
            names=heard.names | marks.keys(),
            strange=heard.strange - spoken,
            form=told.get(FORM),
        )

    def with_rule(
        self, heard: Heard, chances: Mapping[str, float], licensed: Callable[[IntentRules], bool]
    ) -> tuple[Heard, dict[str, float]]:
        """Return the message with the plan rule that it asks about, if the weights are sure of one, and the chances.

        The licensed intents that explain the rule give the same answer, so the likeliest of them gets the sum of their
        probabilities.
        """
        least = 1.0 if TERM in heard.names else _BELIEVED  # what a term means is told by its own words
        rule = (
            _label(self._workings, evidence(heard.said, heard.names), least) if self._workings and heard.keys else None
        )
        if rule in {None, OTHER}:
            return heard, dict(chances)
        tells = [name for name in chances if name in self._tell and licensed(self._tell[name])]
        whole = {tells[0]: sum(chances[name] for name in tells)} if tells else {}
        left = {name: chance for name, chance in chances.items() if name not in tells}
        return replace(heard, workings=rule), dict(sorted({**whole, **left}.items(), key=lambda one: -one[1]))


def _values(told: Mapping[str, str | None]) -> Iterator[tuple[str, str, str]]:
    """Yield (kind of tag, its value, the part that implies it) for the label predicted for each part in `told`."""
    form, group = told.get(FORM), told.get(GROUP)
    for part, label in told.items():
        if label and (slot := _SLOTS.get(part, {}).get(label)):
            yield *slot, part
    if group in _GROUPS and form in {"most", "least", "split"} and not (form == "split" and group in _IN_TIME):
        yield "group", group, GROUP
    if group in _GROUPS - _IN_TIME and form == "split":
        yield "order", "biggest", FORM
    if group in _GROUPS and form == "average":
        yield "unit", group, GROUP


def _places(spoken: Sequence[Evidence], said: Utterance) -> frozenset[int]:
    """Return the indexes of words whose evidence for a label is at least `_PART` of that of the strongest word."""
    words = [f" {word} " for word in said.shapes]
    weights = dict.fromkeys(range(len(words)), 0.0)
    for one in spoken:
        for place, word in enumerate(words):
            if one.kind != "found" and (one.text in word if one.kind == "pieces" else word in f" {one.text} "):
                weights[place] += one.weight
    most = max(weights.values(), default=0.0)
    return frozenset(place for place, weight in weights.items() if weight > _PART * most > 0)


# A rule that is as sure as the fit can make one is told from a lower probability: what would be told instead is asked
# for in one of eight such messages.
_LEAST_SURE, _BELIEVED = 0.8, 0.6


def _label(weights: Weights, found: EvidenceTexts, least: float = 1.0) -> str | None:
    """Return the likeliest label; None if it is not likely enough. The usual limit may be lowered to `least`."""
    label, chance = weights.likeliest(found)
    sure = weights.header.sure.get(label, 1.0)
    return label if chance >= (min(sure, least) if sure <= _LEAST_SURE else sure) else None


# From this a reading is likelier than not.
EVEN = 0.5
_SIDES = ("date_range", "drug", "provider_name", "service", "claim_type", "specialty", "amount_kind")
"""The slot types of which a question names two values to have the two compared."""
_NAMED = ("drug", "provider_name", "service")
_FEW = frozenset({"order", "rank", "ordinal", "claim_id"})
"""The slot types that select one of several claims."""
_AMOUNTS = frozenset({"amount_over", "amount_under", "amount", "state_of_claim"})
_COMING = frozenset({"beyond", "limited", "referral", "together", "waiting"})
"""Facts that are asked of future care only."""
_OF_CLAIMS_TOO = frozenset({"approval", "costless", "paid_for", "percent", "supposed"})
"""Facts that are asked of future care if no word refers to the past."""
_NO_CLAIM = frozenset({"CLAIM", "LATEST", "drug", "date_range", "state_of_claim", "provider_name"})


class Tellers:
    """Chooses among the intents of a pack that present claims, by the form that a question asks for."""

    def __init__(self, intents: Mapping[str, IntentRules], is_twice: Callable[[str, Heard], bool]) -> None:
        self._intents, self._is_twice = intents, is_twice
        self._names = {entry.tells: name for name, entry in intents.items() if entry.tells}
        self._coming = {name: entry.to_come for name, entry in intents.items() if entry.to_come}
        self._takes, self._dates = (
            next((name for name, to_come in self._coming.items() if to_come == way), None) for way in ("takes", "dates")
        )

    def chosen(self, entry: IntentRules, chances: Mapping[str, float], heard: Heard) -> tuple[str, dict[str, float]]:
        """Return the intent whose form of presentation the question asks for, and the probabilities, this intent first.

        If the words of the question decide, its probability is the sum of those of all intents that show claims, or of
        all that may be asked about future care.
        """
        said, kinds = heard.said, {tag.kind for tag in heard.tags}
        own = {kind: [tag for tag in heard.tags if tag.kind == kind] for kind in kinds}
        words = {kind: ", ".join(said.text_of(tag) for tag in tags) for kind, tags in own.items()}
        asked = asked_of(heard, words)
        sure = self._of_year(entry, heard, asked) or self._of_next(entry, heard, asked)
        if sure:
            return sure, {sure: 1.0, **{name: one for name, one in chances.items() if name not in {sure, entry.intent}}}
        if entry.to_come and asked.care and (asks := self._of_coming(entry, heard, asked)):
            whole = sum(one for name, one in chances.items() if name in self._coming)
            rest = {name: one for name, one in chances.items() if name not in {asks, entry.intent}}
            return asks, {asks: whole, **rest}
        if not (entry.tells or (entry.shows_claims and chances[entry.intent] < EVEN)):
            return entry.intent, dict(chances)
        way = self._way(entry.tells, heard, asked)
        top = self._names[way] if way and way != entry.tells else entry.intent
        same = {entry.intent, top}
        if way:
            same |= {name for name in chances if (other := self._intents.get(name)) and other.shows_claims}
        rest = {name: one for name, one in chances.items() if name not in {entry.intent, top}}
        return top, {top: sum(chances.get(name, 0.0) for name in same), **rest}

    def _of_year(self, entry: IntentRules, heard: Heard, asked: ClaimsAsked) -> str | None:
        """Return the intent that answers when, or by which claim, a yearly amount was met; None for other questions.

        A question about care before or after that day goes to the intent that lists days.
        """
        met = entry.needs == "member" and {"was", "met"} <= asked.says.keys() and "to_come" not in asked.says
        order = "in_order" in asked.says
        if not met or {"DEDUCTIBLE", "OOP_MAX"}.isdisjoint(heard.names) or not (order or ANCHOR not in heard.names):
            return None
        when = self._takes if asked.form in {"date", "which"} else None
        return self._names.get("days") if order else when

    def _of_next(self, entry: IntentRules, heard: Heard, asked: ClaimsAsked) -> str | None:
        """Return the intent that answers when care is due next: "how often should I have a mammogram"."""
        cared = any(tag.kind == "service" and not tag.excluded for tag in heard.tags) and "drug" not in heard.names
        able = entry.to_come or entry.chooses_records
        return self._dates if cared and able and "next_due" in asked.says else None

    def _of_coming(self, entry: IntentRules, heard: Heard, asked: ClaimsAsked) -> str | None:
        """Return the intent that answers what is asked of future care; None for any other question."""
        if entry.to_come in {"tells", "takes"}:
            return entry.intent
        facts = set(_COMING)
        if entry.needs == "member":
            facts |= _OF_CLAIMS_TOO
        if "money" in asked.says:
            facts |= {"to_come"}
        place = "facility_type" in heard.names and asked.begins and "copay" not in asked.says  # "do I owe the lab"
        due = ("provider_name" in heard.names or place) and "to_come" not in asked.says  # "do I owe Dr. Kim anything"
        over = due or not {"was", "so_far"}.isdisjoint(asked.says) or not _NO_CLAIM.isdisjoint(heard.names)
        return None if over or asked.uses or facts.isdisjoint(asked.says) else self._takes

    def _way(self, told: Tells | None, heard: Heard, asked: ClaimsAsked) -> Tells | None:
        """Return the form in which the claims are to be presented; None for the form of the likeliest intent."""
        undivided = {None, "one", "several"} | ({"fills"} if "money" in asked.says else set())
        if asked.by is not None and told in undivided and asked.form != "reason":
            return "sums"
        if told == "fills" and any(tag.excluded and tag.kind == "claim_type" for tag in heard.tags):
            return "several"  # "the latest claim that isn't a drug"
        if told is None:
            return None
        named = {tag.kind for tag in heard.tags} & {*_NAMED, "specialty"}
        if "in_order" in asked.says and len(named) > 1:
            return "days"  # which of two came first
        sides = {kind for kind in _SIDES if self._is_twice(kind, heard)}
        way = _of_one_side(heard, asked) if told == "two" and not sides else None
        if way or _lists(told, heard, asked):
            return way or "several"
        opposed = "against" in asked.says and not sides.isdisjoint({"date_range", *_NAMED})
        return "two" if opposed and told in {"days", "several", "fills"} else None


def _lists(told: Tells, heard: Heard, asked: ClaimsAsked) -> bool:
    """Return whether claims are to be listed: the first and the last, or those by a condition."""
    if asked.first_and_last and told in {"one", "days", "several"}:
        return True
    part = "always" in asked.says or asked.then is not None
    any_one = {"any_one", "one", "leading"} <= asked.says.keys()
    fills = told == "fills" and any(tag.kind == "claim_type" for tag in heard.tags)  # a list knows them by it
    listed = told in {"one", "several"} or (told == "sums" and (any_one or part)) or (fills and part)
    return listed and (chooses_several(heard, asked) or asked.then is not None)


def _of_one_side(heard: Heard, asked: ClaimsAsked) -> Tells | None:
    """Return the form for a question with words of comparison but without two sides; None for others."""
    if chooses_several(heard, asked):
        return "several"
    higher = asked.form == "which" and {"dearer", "cheaper", "worst"} & asked.says.keys()
    return "sums" if higher and "date_range" in heard.names else None


def chooses_several(heard: Heard, asked: ClaimsAsked) -> bool:
    """Return whether a question selects claims by a condition, and no single claim: "any visit I paid zero for"."""
    says = asked.says
    some = not {"several", "always"}.isdisjoint(says) or {"any_one", "one", "leading"} <= says.keys()
    one = bool(_FEW & heard.names or asked.nth) or ("newest" in says and "each" not in says)
    return some and not one and bool(_AMOUNTS & heard.names or asked.exactly or asked.limits)
