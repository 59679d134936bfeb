"""What care came to for all of a household over a time: each person's part by name, and the sum."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from bot.kit import (
    NO_DOUBTS,
    Amount,
    Ask,
    ClaimWish,
    Household,
    HouseholdMember,
    Live,
    SumDoubts,
    Summary,
    Within,
    added,
    amount_asked,
    amount_in,
    by_currency,
    by_side,
    household,
    of_some,
    period_claims,
    sum_of,
    time_of,
    wanted_of,
)


@dataclass(frozen=True, slots=True)
class Part:
    """One person's part: `amount` is None where none of their `claims` claims tells it. `least`: it is a floor."""

    person: HouseholdMember
    claims: int
    amount: Amount | None
    least: bool = False


@dataclass(frozen=True, slots=True)
class FamilySpending(Summary):
    """The parts, the biggest first, and the sum; None where nothing is told or in several currencies.

    `missing` are those whose record could not be read: the sum leaves them out. `aspect` is the amount that was asked
    for, None for what the member owes. `so_far`: the time is this calendar year until today. `some`: only those of the
    parts were asked for. `doubts` is what has to be said beside the sum.
    """

    start: date
    end: date
    parts: tuple[Part, ...]
    missing: tuple[HouseholdMember, ...]
    total: Amount | None
    least: bool
    aspect: str | None
    wanted: ClaimWish
    so_far: bool = False
    some: bool = False
    doubts: SumDoubts = NO_DOUBTS


async def answer(ask: Ask) -> FamilySpending:
    """The sums over the span that was asked for, this calendar year when none was."""
    ask = by_side(ask)
    start, end = time_of(ask)
    found = await household(ask, lambda one: period_claims(one, start, end, people=False), "ExplanationOfBenefit")
    counted = [claim for _, alive in found.found for claim in _within(alive, ask).counted]
    ask.cite("ExplanationOfBenefit", [claim.id for claim in counted])
    ask.report.steps += sum_of("spending", counted, lambda claim: amount_in(claim, _wanted(ask)))
    return summarize(found, ask)


def summarize(found: Household[Live], ask: Ask) -> FamilySpending:
    """Each person's claims are summed as if they were asked for alone."""
    start, end = time_of(ask)
    parts = [_part(person, alive, ask, hides=person.number in found.hides) for person, alive in found.found]
    totals = by_currency(part.amount for part in parts)
    return FamilySpending(
        start=start,
        end=end,
        parts=tuple(sorted(parts, key=lambda part: (part.amount is None, -(part.amount.value if part.amount else 0)))),
        missing=found.missing,
        total=totals[0] if len(totals) == 1 else None,
        least=found.is_floor or any(part.least for part in parts),
        aspect=_wanted(ask).aspect,
        wanted=_wanted(ask),
        doubts=sum((_within(alive, ask).doubts for _, alive in found.found), NO_DOUBTS),
        so_far=(start, end) == (date(ask.today.year, 1, 1), ask.today),
        some=of_some(ask),
    )


def _part(person: HouseholdMember, alive: Live, ask: Ask, *, hides: bool) -> Part:
    rows, wanted = _within(alive, ask).counted, _wanted(ask)
    told = [amount for claim in rows if (amount := amount_in(claim, wanted)) is not None]
    one = len({amount.currency for amount in told}) == 1
    floors = any(claim.owed.is_floor for claim in rows) and wanted.aspect is None
    return Part(person, len(rows), added(told) if one else None, hides or floors or len(told) < len(rows))


def _within(alive: Live, ask: Ask) -> Within:
    return alive.within(time_of(ask), _wanted(ask))


def _wanted(ask: Ask) -> ClaimWish:
    return replace(wanted_of(ask), aspect=amount_asked(ask))
