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
from bot.language.calendar import ends_of
from bot.language.hearing import Heard
from bot.language.left import asked_of
from bot.language.rules import IntentRules, Tells
from bot.language.text import Tag, Utterance, of_kind, places_of
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
        rule = _label(self._workings, evidence(heard.said, heard.names)) if self._workings and heard.keys else None
        if rule in {None, OTHER}:
            return heard, dict(chances)
        tells = [name for name in chances if name in self._tell and licensed(self._tell[name])]
        whole = {tells[0]: sum(chances[name] for name in tells)} if tells else {}
        left = {name: chance for name, chance in chances.items() if name not in tells}
        return replace(heard, workings=rule), dict(sorted({**whole, **left}.items(), key=lambda one: -one[1]))


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
    label, chance = weights.likeliest(found)
    return label if chance >= weights.header.sure.get(label, 1.0) else None


# From this a reading is likelier than not.
EVEN = 0.5
_SIDES = ("date_range", "drug", "provider_name", "service", "claim_type", "specialty", "amount_kind")
"""The slot types of which a question names two values to have the two compared."""
_NAMED = ("drug", "provider_name", "service")
_LIMITS = frozenset({"amount_over", "amount_under"})
_AMOUNTS = _LIMITS | {"amount"}
_YEARLY = frozenset({"DEDUCTIBLE", "OOP_MAX"})
_FEW = frozenset({"order", "rank", "ordinal", "claim_id"})
"""The slot types that select one of several claims."""
_RANKED = frozenset({"doctor", "provider", "place", "hospital", "pharmacy", "drug", "kind", "month", "quarter", "year"})
_BY_TIME = frozenset({"oldest", "newest"})
_LEFT_OUT = frozenset({"claim_type", "service", "provider_name", "drug", "specialty"})
_COMING = frozenset({"beyond", "limited", "referral", "together", "waiting"})
"""Facts that are asked of future care only."""
_OF_CLAIMS_TOO = frozenset({"approval", "costless", "paid_for", "percent", "supposed"})
"""Facts that are asked of future care if no word refers to the past."""
_NO_CLAIM = frozenset({"CLAIM", "LATEST", "drug", "date_range", "state_of_claim"})
_BY_MONEY: Mapping[bool, Tells] = {True: "sums", False: "days"}


class Tellers:
    """Chooses among the intents of a pack that present claims, by the form that a question asks for."""

    def __init__(self, intents: Mapping[str, IntentRules], is_twice: Callable[[str, Heard], bool]) -> None:
        self._intents, self._is_twice = intents, is_twice
        self._names = {entry.tells: name for name, entry in intents.items() if entry.tells}
        self._coming = {name: entry.to_come for name, entry in intents.items() if entry.to_come}

    def chosen(self, entry: IntentRules, chances: Mapping[str, float], heard: Heard) -> tuple[str, dict[str, float]]:
        """Return the intent whose form of presentation the question asks for, and the probabilities, this intent first.

        If the words of the question decide, its probability is the sum of those of all intents that show claims, or of
        all that may be asked about future care.
        """
        said, kinds = heard.said, {tag.kind for tag in heard.tags}
        own = {kind: [tag for tag in heard.tags if tag.kind == kind] for kind in kinds}
        words = {kind: ", ".join(said.text_of(tag) for tag in tags) for kind, tags in own.items()}
        asked = asked_of(heard, words)
        if (sure := self._of_year(entry, heard, asked)) and sure != entry.intent:
            return sure, {sure: 1.0, **{name: one for name, one in chances.items() if name != sure}}
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
        """Return the intent for when or by what a yearly amount was met, or for the cost of a time without a plan.

        Whether care was before or after that day is told with its days.
        """
        if entry.to_come == "takes" and "uninsured" in asked.says and "date_range" in heard.names:
            return self._names.get("sums")
        says, order = asked.says, "in_order" in asked.says
        over = entry.needs == "member" and "was" in says and (order or ANCHOR not in heard.names)
        if not over or _YEARLY.isdisjoint(heard.names):
            return None
        met = "met" in says and "to_come" not in says
        named = any(tag.kind in _LEFT_OUT and not tag.excluded for tag in heard.tags)
        if met and "DEDUCTIBLE" in heard.names and (order or (named and (asked.form is None or asked.begins))):
            return self._names.get("days")
        when = met and asked.form in {"date", "which"}
        if not when and not (entry.shows_claims and {"PROGRESS", "WHEN"} <= heard.names):
            return None
        return next((name for name, to_come in self._coming.items() if to_come == "takes"), None)

    def _of_coming(self, entry: IntentRules, heard: Heard, asked: ClaimsAsked) -> str | None:
        """Return the intent that answers what is asked of future care; None for any other question."""
        if entry.to_come in {"tells", "takes"}:
            return entry.intent
        facts = set(_COMING)
        if entry.needs == "member":
            facts |= _OF_CLAIMS_TOO
        if "money" in asked.says and (entry.needs == "member" or "service" in heard.names):
            facts |= {"to_come"}
        place = "facility_type" in heard.names and asked.begins and "copay" not in asked.says  # "do I owe the lab"
        due = ("provider_name" in heard.names or place) and "to_come" not in asked.says  # "do I owe Dr. Kim anything"
        over = due or not {"was", "so_far"}.isdisjoint(asked.says) or not _NO_CLAIM.isdisjoint(heard.names)
        if over or asked.uses or facts.isdisjoint(asked.says):
            return None
        return next((name for name, to_come in self._coming.items() if to_come == "takes"), None)

    def _way(self, told: Tells | None, heard: Heard, asked: ClaimsAsked) -> Tells | None:
        """Return the form in which the claims are to be presented; None for the form of the likeliest intent."""
        if _sums(told, heard, asked):
            return "sums"
        used = any(one.excluded for one in asked.uses)
        if told == "fills" and not used and any(tag.excluded and tag.kind == "claim_type" for tag in heard.tags):
            return "several"  # "the latest claim that isn't a drug"
        if told is None:
            return "several" if chooses_several(heard, asked) else None
        if way := self._in_time(heard, asked) or (self._of_two(heard, asked) if told == "two" else None):
            return way
        if self._lists(told, heard, asked):
            return "several"
        sides = {kind for kind in _SIDES if self._is_twice(kind, heard)}
        opposed = "against" in asked.says and not sides.isdisjoint({"date_range", *_NAMED})
        limited = any(one.limits for one in asked.times) or any(tag.kind in _LIMITS for tag in heard.tags)
        more = "lesser_or_more" in asked.says and not limited
        compared = opposed or (more and not sides.isdisjoint(_NAMED))
        kinds = told == "sums" and more and "claim_type" in sides  # "more on doctors or on prescriptions"
        return "two" if kinds or (compared and told in {"days", "several", "fills"}) else None

    def _lists(self, told: Tells | None, heard: Heard, asked: ClaimsAsked) -> bool:
        """Return whether claims are to be listed: the first and the last, all in an order, or by a condition."""
        if asked.first_and_last and "gap" not in asked.says and told in {"one", "days", "several"}:
            return True
        part = "always" in asked.says or asked.then is not None
        compared = told == "fills" or (told == "two" and self._two_sides(heard, asked))
        if asked.sort and not compared and (asked.sort in _BY_TIME or not _groups(heard, asked)):
            return True
        any_one = {"any_one", "one", "leading"} <= asked.says.keys() and asked.form != "amount"
        listed = told in {"one", "several"} or (told == "sums" and (heard.form == "list" or any_one))
        fills = told == "fills" and any(tag.kind == "claim_type" for tag in heard.tags)  # a list knows them by it
        listed = listed or (part and (told == "sums" or fills))
        return listed and (chooses_several(heard, asked) or asked.then is not None)

    def _of_two(self, heard: Heard, asked: ClaimsAsked) -> Tells | None:
        """Return the form for a question that only seems to compare two sides; None for a comparison."""
        if "than_all" in asked.says:
            return _BY_MONEY["money" in asked.says]
        if any((one.limits or one.none) and one.group for one in asked.times):
            return "days"
        return None if asked.sort else self._of_one_side(heard, asked)

    def _two_sides(self, heard: Heard, asked: ClaimsAsked) -> bool:
        named = any(self._is_twice(kind, heard) for kind in _SIDES)
        return named or "other_one" in asked.says

    def _in_time(self, heard: Heard, asked: ClaimsAsked) -> Tells | None:
        """Return the form for a question on which of two came first, or on the time between two; None for others."""
        if "gap" in asked.says and ANCHOR in heard.names:
            return "days"
        named = {tag.kind for tag in heard.tags} & {*_NAMED, "specialty"}
        if "in_order" in asked.says and (len(named) > 1 or any(self._is_twice(kind, heard) for kind in _NAMED)):
            return "fills" if self._is_twice("drug", heard) else "days"
        return None

    def _of_one_side(self, heard: Heard, asked: ClaimsAsked) -> Tells | None:
        """Return the form for a question with words of comparison but without two sides; None for others."""
        if self._two_sides(heard, asked):
            return None
        names = {tag.kind for tag in heard.tags}
        if any(one.limits for one in asked.times):
            return "days"
        newest = asked.form == "which" and "newest" in asked.says
        if heard.form == "list" or newest or chooses_several(heard, asked):
            return "several"
        higher = asked.form == "which" and {"dearer", "cheaper", "worst"} & asked.says.keys() and "date_range" in names
        return "sums" if higher or (asked.helps and not _LIMITS.isdisjoint(names)) else None


def _sums(told: Tells | None, heard: Heard, asked: ClaimsAsked) -> bool:
    """Return whether a sum is requested: divided by a group, of several kinds apart, with its number, or of a year."""
    says, names = asked.says, {tag.kind for tag in heard.tags}
    times = [ends_of(tag.value) for tag in of_kind(heard.tags, "date_range")]
    of_year = any(start[4:] == "-01-01" != end[4:] for start, end in times)
    said = asked.form == "amount" or "percent" in names
    year = told == "one" and said and of_year and names <= {"date_range", "amount_kind", "percent"}
    some = {heard.form, asked.form} <= {None, "amount"} and {"any_one", "each", "one"}.isdisjoint(says)
    measured = told in {"one", "several"} and some and "several" in says and {"amount_kind", "date_range"} <= names
    undivided = {None, "one", "several"} | ({"fills"} if "money" in says else set())
    divided = asked.by is not None and told in undivided and asked.form != "reason"
    counted = told in {"one", "several"} and {"how_many", "several"} <= says.keys() and "amount_kind" in names
    apart = told == "fills" and not {"split", "adds", "included"}.isdisjoint(says)
    apart |= told == "fills" and asked.form == "amount" and "sums" in says and names == {"drug"}
    return divided or counted or measured or apart or (year and "one" not in says)


def _groups(heard: Heard, asked: ClaimsAsked) -> bool:
    """Return whether a question ranks the members of a group, such as doctors or months, and not single claims."""
    named = {str(tag.value) for tag in heard.tags if tag.kind == "group"} | {asked.by}
    return not _RANKED.isdisjoint(named) or asked.form == "amount"


def chooses_several(heard: Heard, asked: ClaimsAsked) -> bool:
    """Return whether a question selects claims by a condition, and no single claim: "any visit I paid zero for"."""
    says, names = asked.says, {tag.kind for tag in heard.tags}
    some = not {"several", "always"}.isdisjoint(says) or ({"any_one", "one"} <= says.keys() and "leading" in says)
    chosen = _AMOUNTS & names or asked.exactly or asked.limits or "state_of_claim" in names
    left_out = any(tag.excluded and tag.kind in _LEFT_OUT for tag in heard.tags)
    newest = "newest" in says and "each" not in says
    return bool(some and (chosen or left_out)) and not (_FEW & names or asked.nth or newest)
