"""Rules of an intent against what a message holds: which of them fits, for the slots that it sets."""

from collections.abc import Iterable

from bot.language.hearing import Heard
from bot.language.kernel import FOLLOW
from bot.language.rules import IntentRules, Rule

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
    every = len(heard.keys)
    rules = [rule for rule in entry.rules if "answer" not in rule.set and rule.set.get("reply_language", "") != spoken]
    goes_on = [rule for rule in rules if rule.after or (rule.set and entry.needs == "nothing")]
    changes = rules if before and entry.intent.startswith(FOLLOW) else []
    whole = [rule for rule in (*goes_on, *changes) if fits(rule, heard, before) and _is_whole(rule, heard)]
    return max((_OF_MANY if rule.any else max(len(_places(rule, heard)) / every, 0.5) for rule in whole), default=0.0)


def _is_whole(rule: Rule, heard: Heard) -> bool:
    """Whether a rule takes every word of a message that means something."""
    return _places(rule, heard) | heard.marks.get("FILLER", frozenset()) >= frozenset(range(len(heard.keys)))


def is_most(rule: Rule, heard: Heard) -> bool:
    """Whether a rule takes half of the words of a message, or more."""
    return 2 * len(_places(rule, heard)) >= len(heard.keys)
