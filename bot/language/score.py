"""Rules against what a message holds: which match, and which of them leaves the fewest words untaken."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from bot.language.hearing import Heard
from bot.language.kernel import FOLLOW
from bot.language.left import CONDITIONS, taken_by
from bot.language.rules import IntentRules, Rule

ANY_WORTH = 0.5
BOOST_WORTH = 0.3
MOST_COUNTED = 3
HALF_SURE = 1.0
# Points that a rule loses for each word of the asking clause that another rule could take and this one cannot.
UNTAKEN_COSTS = 0.4
# A follow-up changes the question before it and nothing else: a word that it does not take, known or not, belongs to a
# question of its own, and so does an act ("find …") that the answer before knows nothing of.
FOLLOW_COSTS = 1.2
# A condition that the answer before does not honour is a sign of another question: a place, after a deductible.
STRANGE_COSTS = 1.5
# Points that a needed name is worth less when only a clause that does not ask holds it: what it is about may well
# stand there ("the Nexium is expensive. Is there another?"), who it is about and what is to be done hardly ever.
BACKGROUND_COSTS = 0.6
DEED_COSTS = 2.5
_DEEDS = frozenset({"owner", "alien", "act", "talk"})


class Scored(NamedTuple):
    """A rule that matched, with its points: for what it needs and finds, less what it leaves untaken."""

    points: float
    rule: Rule


class _Compiled(NamedTuple):
    rule: Rule
    all: tuple[int, ...]
    any: int
    boost: int
    takes: int
    base: float


class Bits(NamedTuple):
    """What a message holds as bits: `present` anywhere, `asked` in the clauses that ask, `words` a mask a word.

    The mask of a word that no rule knows is 0. `acts` are what is to be done, less words that are part of a value.
    """

    present: int
    asked: int
    words: tuple[int, ...]
    acts: int


class RuleBook:
    """All rules of a pack, ready to be matched: every name is a bit, so that a rule is a few comparisons."""

    def __init__(self, intents: Iterable[IntentRules], cells: Mapping[str, str]) -> None:
        self.bits: dict[str, int] = {}
        self._acts = self.mask(name for name, cell in cells.items() if cell == "act")
        self._deeds = self.mask(name for name, cell in cells.items() if cell in _DEEDS)
        self._conditions = self.mask((*CONDITIONS, "any_doctor"))
        # Most rules need a word that the message lacks: those of one such word are passed over together.
        self._by_first: dict[int, list[_Compiled]] = {}
        for first, rule in (self._compiled(rule, intent) for intent in intents for rule in intent.rules):
            self._by_first.setdefault(first, []).append(rule)

    def mask(self, names: Iterable[str]) -> int:
        """The bits of names, new ones for those that no rule has spoken of yet."""
        mask = 0
        for name in names:
            mask |= self.bits.setdefault(name, 1 << len(self.bits))
        return mask

    def _compiled(self, rule: Rule, intent: IntentRules) -> tuple[int, _Compiled]:
        """The names of which a message needs one to be looked at, and the rule."""
        needed = tuple(self.mask(group) for group in rule.all)
        return needed[0] if needed else self.mask(rule.any), _Compiled(
            rule,
            needed,
            self.mask(rule.any),
            self.mask(rule.boost),
            self._takes(rule, intent),
            rule.weight + len(rule.all),
        )

    def _takes(self, rule: Rule, intent: IntentRules) -> int:
        """What a rule takes. A follow-up takes no condition by itself: only the answer that it changes honours one."""
        taken = self.mask(taken_by(rule, intent))
        return taken & ~self._conditions if rule.intent.startswith(FOLLOW) else taken

    def bits_of(self, heard: Heard) -> Bits:
        """A message as bits. A name that stands for the message as a whole counts as asked."""
        known = self.bits
        present = asked = acts = 0
        held = frozenset().union(*(heard.marks[kind] for kind in CONDITIONS if kind in heard.marks))
        words = dict.fromkeys(heard.content, 0)
        for name in heard.names:
            bit = known.get(name, 0)
            places = heard.marks.get(name)
            present |= bit
            if places is None or not places.isdisjoint(heard.asking):
                asked |= bit
                acts |= bit & self._acts if places and not places <= held else 0
            for place in places or ():
                if place in words:
                    words[place] |= bit
        return Bits(present, asked, tuple(words.values()), acts)

    def matching(self, bits: Bits, before: str | None, takes: int = 0) -> list[Scored]:
        """The rules that match, best first.

        `before` is the intent of the answer before this message; `takes` what a follow-up takes beside its own names.
        """
        found = []
        present, asked, words, acts = bits
        met = [rule for first, rules in self._by_first.items() if first & present for rule in rules]
        for rule, needs, one_of, boosts, own, base in met:
            if one_of and not one_of & present:
                continue
            points = base
            for needed in needs:
                if needed & asked:
                    continue
                if not needed & present:
                    break
                points -= BACKGROUND_COSTS if needed & present & ~self._deeds else DEED_COSTS
            else:
                if rule.after and before not in rule.after:
                    continue
                follows = rule.intent.startswith(FOLLOW)
                if one_of:
                    changed = one_of & present & (takes | ~self._conditions) if follows else one_of & present
                    points += ANY_WORTH * min(changed.bit_count(), MOST_COUNTED)
                if boosts:
                    points += BOOST_WORTH * min((boosts & present).bit_count(), MOST_COUNTED)
                if follows:
                    left = [mask for mask in words if not mask & (own | takes)]
                    points -= FOLLOW_COSTS * len(left) + STRANGE_COSTS * any(mask & self._conditions for mask in left)
                    points -= DEED_COSTS * bool(acts & ~(own | takes))
                else:
                    points -= UNTAKEN_COSTS * sum(bool(mask) and not mask & own for mask in words)
                found.append(Scored(points, rule))
        found.sort(key=_order)
        return found


def _order(scored: Scored) -> tuple[float, str, str]:
    return -scored.points, scored.rule.intent, scored.rule.name


def sureness(points: float) -> float:
    """Points as a score between 0 and 1."""
    return round(points / (points + HALF_SURE), 3) if points > 0 else 0.0


def why_not(rule: Rule, present: frozenset[str], before: str | None) -> str:
    """In a few words, what a rule misses in a message; empty when it matches."""
    missing = [" or ".join(sorted(group)) for group in rule.all if not group & present]
    if missing:
        return "misses " + ", ".join(missing)
    if rule.any and not rule.any & present:
        return "misses any of " + ", ".join(sorted(rule.any))
    if rule.after and before not in rule.after:
        return "only after " + ", ".join(sorted(rule.after))
    return ""


def best_of_each(scored: Iterable[Scored]) -> Mapping[str, Scored]:
    """The best rule of each intent, best intent first."""
    best: dict[str, Scored] = {}
    for entry in scored:
        best.setdefault(entry.rule.intent, entry)
    return best
