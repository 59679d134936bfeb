"""Which of several readings of a message is answered."""

from collections.abc import Sequence

from bot.language.hearing import Heard
from bot.language.rules import Rule
from bot.language.score import Scored

_TWO = 2
# What a rule reaches when it takes a question as a whole, and not one word of it.
_QUESTION_POINTS = 2.4


def first_asked(best: Sequence[Scored], heard: Heard) -> Scored:
    """The reading to answer: the best, or of two questions in clauses of their own the one that was put first."""
    return best[1] if apart(best, heard) and best[1].points >= _QUESTION_POINTS else best[0]


def apart(best: Sequence[Scored], heard: Heard) -> bool:
    """Whether the second reading needs words of earlier clauses only, and the best words of later ones only."""
    if len(best) < _TWO or len(heard.clauses) < _TWO:
        return False
    later, first = (_places(entry.rule, heard) for entry in best[:2])
    cut = next((clause.first for clause in heard.clauses if later and clause.first <= min(later) < clause.after), 0)
    return bool(first) and bool(later) and max(first) < cut


def _places(rule: Rule, heard: Heard) -> frozenset[int]:
    names = frozenset().union(*rule.all) & heard.marks.keys()
    return frozenset().union(*(heard.marks[name] for name in names)) & heard.asking & frozenset(heard.content)
