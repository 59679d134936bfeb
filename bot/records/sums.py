"""Sums over claims: which claims a time holds, the sum step by step, and what has to be said beside it.

One rule serves every sum of a time: care is counted where it began. A stay is found under every day that it covers.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date

from bot.records.adjudication import added
from bot.records.claim import Claim
from bot.records.dates import PartialDate
from bot.records.live import Live
from bot.records.money import Amount

_SHOWN = 12

_UNFINISHED = frozenset({"queued", "partial", "error"})

ClaimFilter = Callable[[Iterable[Claim]], tuple[Claim, ...]]


@dataclass(frozen=True, slots=True)
class Term:
    """One amount of a step under a name that templates know; `minus` when it is subtracted. `day` is the service's."""

    name: str
    amount: Amount
    day: PartialDate | None = None
    minus: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """The terms and their sum, `result`. Of many terms the first are shown; `rest` is the sum of the `left` others.

    `count` is how many amounts there were; of lines only that is known, and there are no terms.
    """

    name: str
    result: Amount
    terms: tuple[Term, ...] = ()
    rest: Amount | None = None
    left: int = 0
    count: int = 0


def sum_of(name: str, claims: Iterable[Claim], amount: Callable[[Claim], Amount | None]) -> tuple[Step, ...]:
    """The sum over the claims that have the amount; empty when there is nothing to add or there are two currencies.

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


@dataclass(frozen=True, slots=True)
class SumDoubts:
    """Counts of claims. `open` are drafts, unfinished ones and those that the plan marked as an error.

    `conflicting` give different shares in different places, `impossible` list shares that cannot be true and are in
    no sum; the plan refused `refused` of them, whole or in part. `twins` share their number with another claim that is
    in the sum too; `two_plans` are left out because another plan's claim for the same visit is in it. `unmatched` are
    reversals of a claim that is not found, `undated` have no day of service: neither is in the sum of a time.
    `reaching` began before the time and last into it. Something in `faulty` could not be read and is left out.
    """

    open: int = 0
    conflicting: int = 0
    impossible: int = 0
    refused: int = 0
    twins: int = 0
    two_plans: int = 0
    unmatched: int = 0
    undated: int = 0
    reaching: int = 0
    faulty: int = 0


NO_DOUBTS = SumDoubts()


def sum_doubts(
    added: Iterable[Claim],
    alive: Live,
    *,
    apart: Iterable[Claim] = (),
    undated: Iterable[Claim] = (),
    reaching: Iterable[Claim] = (),
) -> SumDoubts:
    """The doubts of a sum over `added`. `apart` fit and are in no sum; `undated` fit and have no day of service."""
    rows, others = tuple(added), tuple({id(claim): claim for claim in apart}.values())
    return SumDoubts(
        open=sum(1 for claim in rows if claim.is_draft or claim.outcome in _UNFINISHED),
        conflicting=sum(1 for claim in rows if claim.owed.rivals or claim.owed.gap),
        impossible=sum(1 for claim in rows if claim.owed.impossible),
        refused=sum(1 for claim in rows if claim.denied or claim.is_partly_denied),
        twins=sum(1 for claim in rows if claim.id in alive.twins),
        two_plans=_two_plans(rows, others, alive.coordinated),
        unmatched=sum(1 for claim in alive.unmatched if claim in others and not claim.replaces),
        undated=sum(1 for _ in undated),
        reaching=sum(1 for _ in reaching),
        faulty=sum(1 for claim in rows if claim.dropped),
    )


def _two_plans(added: Iterable[Claim], apart: Iterable[Claim], coordinated: Collection[str]) -> int:
    ids = {claim.id for claim in added}
    return sum(1 for claim in apart if claim.id in coordinated and claim.id not in ids)


@dataclass(frozen=True, slots=True)
class Within:
    """The claims of a time that fit what was asked for, in their order.

    `counted` are those that a sum holds: care that began in the time, so that no claim is in the sums of two times.
    `reaching` began before and last into it. `two_plans` are left out because another plan's claim for the same visit
    is counted; `apart` no longer count or are reversals. `undated` fit and have no day of service. `doubts` is what
    has to be said beside a sum of `counted`.
    """

    counted: tuple[Claim, ...]
    reaching: tuple[Claim, ...]
    two_plans: tuple[Claim, ...]
    apart: tuple[Claim, ...]
    undated: tuple[Claim, ...]
    doubts: SumDoubts


def within(alive: Live, first: date | None, last: date | None, fits: ClaimFilter = tuple) -> Within:
    """The claims between two days, both inclusive, that `fits` keeps; None leaves a side open."""
    added = fits(alive.added)
    counted = tuple(claim for claim in added if began_in(claim, first, last))
    reaching = tuple(claim for claim in added if _reaches_into(claim, first, last))
    two_plans, apart = (
        tuple(claim for claim in fits(rows) if began_in(claim, first, last))
        for rows in ([claim for claim in alive.claims if claim.id in alive.coordinated], alive.apart)
    )
    dated = (first, last) != (None, None)
    undated = tuple(claim for claim in added if dated and not claim.service.known)
    doubts = sum_doubts(counted, alive, apart=(*two_plans, *apart), undated=undated, reaching=reaching)
    return Within(counted, reaching, two_plans, apart, undated, doubts)


def began_in(claim: Claim, first: date | None, last: date | None) -> bool:
    """Whether the care began between the two days; True for every claim when both are None."""
    day = claim.service.day
    if day is None:
        return first is None and last is None
    return (first or date.min) <= day.first <= (last or date.max)


def _reaches_into(claim: Claim, first: date | None, last: date | None) -> bool:
    day = claim.service.day
    return day is not None and first is not None and day.last < first and claim.service.overlaps(first, last)
