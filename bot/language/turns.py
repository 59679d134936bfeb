"""Whether a message repeats the question before it with something changed, and which question follows which.

Two parts of the file of weights are counted on the conversations of `intents/_talks/`: `SAME` tells how likely a
message is to change the previous question, `NEXT` how much likelier an intent is after another one than at any time.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet

from bot.language.context import TIMES, asks_by_itself, points_back
from bot.language.hearing import Heard
from bot.language.kernel import DANGER, DATE_SHIFT, FOLLOW, REFINE
from bot.language.rules import IntentRules, Rule
from bot.language.slots import kinds_of
from bot.language.weights import NEXT, SAME, Weights, evidence

CHANGED, OTHER = "changed", "other"
CHANGES = frozenset({REFINE, DATE_SHIFT})
# What may stand beside a yes or a no.
_BESIDE_AN_ANSWER = frozenset(
    {"FILLER", "REQUEST", "THANK", "HELLO", "INSTEAD", "CORRECTION", "MORE", "ONLY", "GENERIC", "NEGATED"}
)
# Probabilities and lengths in words are evidence by the steps that they reach.
_CHANCES, _WORDS = (0.02, 0.08, 0.25, 0.6, 0.9, 0.97, 0.995), (1, 2, 4, 7, 12)
# How likely it is that a value of the kind that the bot asked for answers it.
_ANSWERS = 0.95
# How much it counts against a change that the words alone mean another question.
_DOUBT, _LEAST = 0.1, 0.001


def turn_evidence(
    heard: Heard, before: IntentRules, chances: Mapping[str, float], may: AbstractSet[str]
) -> dict[str, Counter[str]]:
    """Return the evidence that tells whether a message changes the previous question.

    `chances` are the probabilities of the intents without that question, `may` the follow-ups that fit its answer.
    """
    able = {name: one for name, one in chances.items() if name in may or not name.startswith((FOLLOW, DANGER))}
    whole = sum(able.values()) or 1.0
    topic = before.intent.partition(".")[0]
    of = {
        "before": able.get(before.intent, 0.0),
        "change": sum(able.get(name, 0.0) for name in CHANGES),
        "another": max((one for name, one in able.items() if name not in {before.intent, *CHANGES}), default=0.0),
        "topic": sum(one for name, one in able.items() if name.partition(".")[0] == topic),
    }
    said, kinds = heard.said.words, {tag.kind for tag in heard.tags}
    own, listed = {kind for slot in before.heard.values() for kind in kinds_of(slot)}, heard.joining.beside("context")
    holds = {
        "own value": not kinds.isdisjoint(own),
        "another value": not kinds <= own,
        "no value": not kinds,
        "points back": points_back(said, listed),
        "asks by itself": asks_by_itself(said, listed),
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
    return {**evidence(heard.said, heard.names), "found": Counter([*heard.names, *found])}


def is_answer(heard: Heard, rules: Iterable[Rule]) -> bool:
    """Return whether a message is a bare yes, no or never mind, which answers the bot; `rules` are of a change."""
    answers = [rule for rule in rules if "answer" in rule.set]
    names = frozenset().union(*(rule.concepts for rule in answers))
    taken = frozenset().union(*(heard.marks.get(name, frozenset()) for name in names))
    beside = heard.marks.get("FILLER", frozenset())
    every = frozenset(range(len(heard.keys)))
    if heard.marks.keys() - names - _BESIDE_AN_ANSWER or len(heard.marks.keys() & names) > 1:
        return False
    leads = bool(taken) and min(taken) <= 1  # "are you ok" is a question
    return leads and 3 * len(taken) >= len(every) and taken | beside >= every


def is_dated(heard: Heard) -> bool:
    """Return whether times are the only values in a message."""
    return bool(heard.tags) and all(tag.kind in TIMES for tag in heard.tags)


def is_foreign(heard: Heard, before: IntentRules, may: AbstractSet[str]) -> bool:
    """Return whether no value of a message is of a kind that the previous answer takes: "only women", of an ID card."""
    kinds = {tag.kind for tag in heard.tags}
    return bool(kinds) and may.isdisjoint(CHANGES) and kinds.isdisjoint(before.takes)


def change_of(heard: Heard, before: IntentRules, may: AbstractSet[str]) -> str:
    """Return the intent that repeats the previous question with what the message changes."""
    first, second = (DATE_SHIFT, REFINE) if is_dated(heard) else (REFINE, DATE_SHIFT)
    return first if first in may else second if second in may else before.intent


def with_change(chances: Mapping[str, float], change: str, changes: float) -> dict[str, float]:
    """Return the chances, likeliest first, where the previous question changes with a probability of `changes`."""
    shares = {name: (1 - changes) * one for name, one in chances.items()}
    shares[change] = shares.get(change, 0.0) + changes
    return dict(sorted(shares.items(), key=lambda one: -one[1]))


class Turns:
    """Weighs a message against the question before it."""

    def __init__(self, weights: Mapping[str, Weights]) -> None:
        self._same, self._next = weights.get(SAME), weights.get(NEXT)

    def changes(self, heard: Heard, before: IntentRules, chances: Mapping[str, float], may: AbstractSet[str]) -> float:
        """Return how likely it is that a message repeats the previous question with something changed."""
        if self._same is None or is_foreign(heard, before, may):
            return 0.0
        sums = self._same.sums(turn_evidence(heard, before, chances, may))
        chance = self._same.probabilities(sums)[CHANGED]
        answers = "ASKED" in heard.names and not asks_by_itself(heard.said.words, heard.joining.beside("context"))
        if answers:
            return max(chance, _ANSWERS)
        another = max((one for name, one in chances.items() if name not in {before.intent, *CHANGES}), default=0.0)
        odds: float = chance / max(1 - chance, _LEAST) * min(1.0, max(1 - another, _LEAST) / _DOUBT) ** 0.5
        return odds / (1 + odds)

    def follows(self, before: IntentRules) -> Mapping[str, float]:
        """Return by how much the sum of each intent grows after the previous one."""
        if self._next is None:
            return {}
        return dict(zip(self._next.labels, self._next.sums({"found": Counter([before.intent])}), strict=True))
