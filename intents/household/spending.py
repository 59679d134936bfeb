"""What care came to for all of a household over a time: each person's part by name, and the sum."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bot.kit import (
    Amount,
    Ask,
    Claim,
    ClaimWish,
    Household,
    HouseholdMember,
    Live,
    Summary,
    added,
    amount_asked,
    amount_in,
    by_currency,
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
    parts were asked for.
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


async def answer(ask: Ask) -> FamilySpending:
    """The sums over the span that was asked for, this calendar year when none was."""
    start, end = time_of(ask)
    found = await household(ask, lambda one: period_claims(one, start, end, people=False), "ExplanationOfBenefit")
    counted = [claim for _, alive in found.found for claim in _counted(alive, ask)]
    ask.cite("ExplanationOfBenefit", [claim.id for claim in counted])
    ask.report.steps += sum_of("spending", counted, lambda claim: _amount(claim, ask))
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
        aspect=amount_asked(ask),
        wanted=wanted_of(ask),
        so_far=(start, end) == (date(ask.today.year, 1, 1), ask.today),
        some=of_some(ask),
    )


def _part(person: HouseholdMember, alive: Live, ask: Ask, *, hides: bool) -> Part:
    rows = _counted(alive, ask)
    told = [amount for claim in rows if (amount := _amount(claim, ask)) is not None]
    one = len({amount.currency for amount in told}) == 1
    floors = any(claim.owed.is_floor for claim in rows) and amount_asked(ask) is None
    return Part(person, len(rows), added(told) if one else None, hides or floors or len(told) < len(rows))


def _counted(alive: Live, ask: Ask) -> tuple[Claim, ...]:
    return alive.within(time_of(ask), wanted_of(ask)).counted


def _amount(claim: Claim, ask: Ask) -> Amount | None:
    return amount_in(claim, wanted_of(ask)) if amount_asked(ask) is None else claim.amount(amount_asked(ask))
