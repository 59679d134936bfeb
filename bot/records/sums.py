"""Sums over claims, with their steps."""

from collections.abc import Callable, Iterable

import msgspec

from bot.records.adjudication import added
from bot.records.claim import Claim
from bot.records.dates import PartialDate
from bot.records.money import Amount

_SHOWN = 12


class Term(msgspec.Struct, frozen=True):
    """An amount of a step with a name for templates; `minus` if it is subtracted. `day` is the date of service."""

    name: str
    amount: Amount
    day: PartialDate | None = None
    minus: bool = False


class Step(msgspec.Struct, frozen=True):
    """The terms and their sum, `result`. Of many terms the first are shown.

    `rest` is the sum of the other `left` terms.

    `count` is how many amounts there were; for lines only that is known, and there are no terms.
    """

    name: str
    result: Amount
    terms: tuple[Term, ...] = ()
    rest: Amount | None = None
    left: int = 0
    count: int = 0


def sum_of(name: str, claims: Iterable[Claim], amount: Callable[[Claim], Amount | None]) -> tuple[Step, ...]:
    """Return the sum over the claims that have the amount; () if there is nothing to add or there are two currencies.

    A labelled claim adds its amount without its day.
    """
    terms = [_term(claim, value) for claim in claims if (value := amount(claim)) is not None]
    result = added(term.amount for term in terms)
    if result is None:
        return ()
    shown, others = terms[:_SHOWN], terms[_SHOWN:]
    return (Step(name, result, tuple(shown), added(term.amount for term in others), len(others), len(terms)),)


def _term(claim: Claim, amount: Amount) -> Term:
    return Term("shielded" if claim.sensitive else "claim", amount, None if claim.sensitive else claim.service.day)
