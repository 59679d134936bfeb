"""Rules against what a message holds: which match, how well, and why the others did not."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from bot.language.rules import IntentRules, Rule

ANY_WORTH = 0.5
BOOST_WORTH = 0.3
MOST_COUNTED = 3
HALF_SURE = 1.0


class Scored(NamedTuple):
    """A rule that matched, with its points (more names needed and present: more points)."""

    points: float
    rule: Rule


class _Compiled(NamedTuple):
    first: int
    rule: Rule
    all: tuple[int, ...]
    any: int
    none: int
    boost: int
    base: float


class RuleBook:
    """All rules of a pack, ready to be matched: every name is a bit, so that a rule is a few comparisons."""

    def __init__(self, intents: Iterable[IntentRules]) -> None:
        self.bits: dict[str, int] = {}
        self._rules = [self._compiled(rule) for intent in intents for rule in intent.rules]

    def _mask(self, names: Iterable[str]) -> int:
        mask = 0
        for name in names:
            mask |= self.bits.setdefault(name, 1 << len(self.bits))
        return mask

    def _compiled(self, rule: Rule) -> _Compiled:
        needed = tuple(self._mask(group) for group in rule.all)
        return _Compiled(
            needed[0] if needed else self._mask(rule.any),
            rule,
            needed,
            self._mask(rule.any),
            self._mask(rule.none),
            self._mask(rule.boost),
            rule.weight + len(rule.all),
        )

    def mask_of(self, names: Iterable[str]) -> int:
        """The bits of the names that any rule speaks of."""
        mask, bits = 0, self.bits
        for name in names:
            mask |= bits.get(name, 0)
        return mask

    def matching(self, present: int, before: str | None) -> list[Scored]:
        """The rules that match, best first. `before` is the intent of the answer before this message."""
        found = []
        for first, rule, needs, one_of, minds, boosts, base in self._rules:
            if not first & present or minds & present or (one_of and not one_of & present):
                continue
            for needed in needs:
                if not needed & present:
                    break
            else:
                if rule.after and before not in rule.after:
                    continue
                points = base
                if one_of:
                    points += ANY_WORTH * min((one_of & present).bit_count(), MOST_COUNTED)
                if boosts:
                    points += BOOST_WORTH * min((boosts & present).bit_count(), MOST_COUNTED)
                found.append(Scored(points, rule))
        found.sort(key=_order)
        return found


def _order(scored: Scored) -> tuple[float, str, str]:
    return -scored.points, scored.rule.intent, scored.rule.name


def sureness(points: float) -> float:
    """Points as a score between 0 and 1."""
    return round(points / (points + HALF_SURE), 3) if points > 0 else 0.0


def why_not(rule: Rule, present: frozenset[str], before: str | None) -> str:
    """In a few words, what a rule misses or minds in a message; empty when it matches."""
    missing = [" or ".join(sorted(group)) for group in rule.all if not group & present]
    if missing:
        return "misses " + ", ".join(missing)
    if rule.any and not rule.any & present:
        return "misses any of " + ", ".join(sorted(rule.any))
    minded = rule.none & present
    if minded:
        return "minds " + ", ".join(sorted(minded))
    if rule.after and before not in rule.after:
        return "only after " + ", ".join(sorted(rule.after))
    return ""


def best_of_each(scored: Iterable[Scored]) -> Mapping[str, Scored]:
    """The best rule of each intent, best intent first."""
    best: dict[str, Scored] = {}
    for entry in scored:
        best.setdefault(entry.rule.intent, entry)
    return best
