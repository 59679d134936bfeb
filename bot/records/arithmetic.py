"""How a figure came about, step by step, so that the person can do the sum again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bot.records.amounts import added
from bot.records.claim import Claim
from bot.records.dates import PartialDate
from bot.records.money import Amount

_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Term:
    """One amount of a step under a name of the pack's; `minus` when it is taken off. `day` is a claim's service."""

    name: str
    amount: Amount
    day: PartialDate | None = None
    minus: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """The terms and what they come to. Of many terms the first are shown, and `rest` is the sum of `left` others.

    `count` is how many amounts there were; of lines only that is known, and there are no terms.
    """

    name: str
    result: Amount
    terms: tuple[Term, ...] = ()
    rest: Amount | None = None
    left: int = 0
    count: int = 0


def sum_of(name: str, claims: Iterable[Claim], amount: Callable[[Claim], Amount | None]) -> tuple[Step, ...]:
    """The sum over claims, those without the amount left out; none when there is nothing to add or two currencies.

    A labelled claim adds its amount without its day.
    """
    terms = [_term(claim, value) for claim in claims if (value := amount(claim)) is not None]
    result = added(term.amount for term in terms)
    if result is None:
        return ()
    shown, others = terms[:_SHOWN], terms[_SHOWN:]
    return (Step(name, result, tuple(shown), added(term.amount for term in others), len(others), len(terms)),)


def owed_steps(claim: Claim) -> tuple[Step, ...]:
    """What is owed from its lines or its parts, and what the parts leave unexplained."""
    owed, steps = claim.owed, []
    if owed.amount and owed.source == "lines":
        steps.append(Step("lines", owed.amount, count=owed.lines_told))
    if owed.parts_sum:
        parts = {"deductible": owed.deductible, "copay": owed.copay, "coinsurance": owed.coinsurance}
        terms = [Term(name, part) for name, part in parts.items() if part]
        if owed.noncovered and added(term.amount for term in terms) != owed.parts_sum:
            terms.append(Term("not_covered", owed.noncovered))
        steps.append(Step("parts", owed.parts_sum, tuple(terms), count=len(terms)))
    if owed.amount and owed.parts_sum and owed.gap:
        pair = (Term("owed", owed.amount), Term("parts", owed.parts_sum, minus=True))
        steps.append(Step("gap", owed.gap, pair, count=len(pair)))
    return tuple(steps)


def _term(claim: Claim, amount: Amount) -> Term:
    return Term("shielded" if claim.sensitive else "claim", amount, None if claim.sensitive else claim.service.day)
