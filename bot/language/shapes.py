"""The form of answer that a question about claims asks for, by the counted weights, where no phrase states it.

Three parts of the weights file are fitted on the sentences with such labels, as in `claim.spending/most.plan.kind`: the
form ("most", "average"), the amount ("plan", "billed") and the group that is ranked or counted ("doctor").

A further part recognizes questions about a rule of how plans work: "does a copay count toward it". It is fitted on the
sentences of all intents whose rule file names an answer for such rules, as in `coverage.cost_share/copay_counts`. A
label is used only from a probability at which it is nearly always right.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

from msgspec.structs import replace

from bot.language.hearing import Heard
from bot.language.rules import IntentRules
from bot.language.text import Tag, Utterance, places_of
from bot.language.weights import OTHER, SHAPES, WORKINGS, Evidence, EvidenceTexts, Weights, evidence, shape

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
_RANKS = frozenset({"most", "least", "split"})
# How often, where no money is meant.
_OFTEN = {"most": "often", "least": "seldom"}
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
    """Return the evidence for the form of answer: that of all words except values that do not tell the form."""
    told = (tag for tag in heard.tags if tag.excluded or tag.kind in _VALUES)
    places = places_of(told)
    return evidence(heard.said, heard.names, frozenset(places))


class Shapes:
    """Finds the form of answer that a message asks for."""

    def __init__(self, weights: Mapping[str, Weights]) -> None:
        self._parts = {name: weights[name] for name in SHAPES if name in weights}

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


def _values(told: Mapping[str, str | None]) -> Iterator[tuple[str, str, str]]:
    """Yield (kind of tag, its value, the part that implies it) for the label predicted for each part in `told`."""
    form, group = told.get(FORM), told.get(GROUP)
    if form in _OFTEN and told.get(AMOUNT) == "none":
        yield "rank", _OFTEN[form], FORM
    for part, label in told.items():
        if label and (slot := _SLOTS.get(part, {}).get(label)):
            yield *slot, part
    if group in _GROUPS and form in _RANKS and not (form == "split" and group in _IN_TIME):
        yield "group", group, GROUP
    if group in _GROUPS - _IN_TIME and form == "split":
        yield "order", "biggest", FORM
    if group in _GROUPS and form == "average":
        yield "unit", group, GROUP


def _places(spoken: Sequence[Evidence], said: Utterance) -> frozenset[int]:
    """Return the indexes of the words that contribute to a label at least `_PART` of what the strongest word does."""
    words = [f" {shape(word)} " for word in said.words]
    weights = dict.fromkeys(range(len(words)), 0.0)
    for one in spoken:
        for place, word in enumerate(words):
            if one.kind != "found" and (one.text in word if one.kind == "pieces" else word in f" {one.text} "):
                weights[place] += one.weight
    most = max(weights.values(), default=0.0)
    return frozenset(place for place, weight in weights.items() if weight > _PART * most > 0)


def _label(weights: Weights, found: EvidenceTexts) -> str | None:
    """Return the likeliest label; None if it is not likely enough."""
    label, chance = next(iter(weights.probabilities(weights.sums(found)).items()))
    return label if chance >= weights.header.sure.get(label, 1.0) else None


class Workings:
    """Finds the rule of how plans work that a message asks about."""

    def __init__(self, intents: Mapping[str, IntentRules], weights: Mapping[str, Weights]) -> None:
        self._weights = weights.get(WORKINGS)
        self._tell = {name: entry for name, entry in intents.items() if entry.workings}

    def with_rule(
        self, heard: Heard, chances: Mapping[str, float], licensed: Callable[[IntentRules], bool]
    ) -> tuple[Heard, dict[str, float]]:
        """Return the message with the plan rule that it asks about, if the weights are sure of one, and the chances.

        The licensed intents that explain the rule give the same answer, so the likeliest of them gets the sum of their
        probabilities.
        """
        rule = self._asked(heard)
        if rule is None:
            return heard, dict(chances)
        tells = [name for name in chances if name in self._tell and licensed(self._tell[name])]
        whole = {tells[0]: sum(chances[name] for name in tells)} if tells else {}
        left = {name: chance for name, chance in chances.items() if name not in tells}
        return replace(heard, workings=rule), dict(sorted({**whole, **left}.items(), key=lambda one: -one[1]))

    def _asked(self, heard: Heard) -> str | None:
        if self._weights is None or not heard.keys:
            return None
        chances = self._weights.probabilities(self._weights.sums(evidence(heard.said, heard.names)))
        rule, chance = next(iter(chances.items()))
        return rule if rule != OTHER and chance >= self._weights.header.sure.get(rule, 1.0) else None
