"""The cost of care for everybody in a household in a period: each person's part by name, and the sum."""

from __future__ import annotations

from datetime import date

import msgspec
from msgspec.structs import replace

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
    amount_asked,
    amount_in,
    by_currency,
    by_side,
    household,
    of_some,
    period_claims,
    sum_of,
    sum_told,
    time_of,
    wanted_of,
)


class Part(msgspec.Struct, frozen=True):
    """One person's part: `amount` is None if no claim has it, `least` is True if it is a minimum."""

    person: HouseholdMember
    claims: int
    amount: Amount | None
    least: bool = False


class FamilySpending(Summary, frozen=True):
    """The parts, largest first, and the sum; None if there are no amounts or several currencies.

    Attributes:
        missing: The people whose record could not be read; they are not in the sum.
        aspect: The amount that was asked for, None for the amount owed.
        so_far: Whether the period is this calendar year until today.
        some: Whether only a part of the household was asked for.
        doubts: What must be said about the sum.
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
    """Return the sums over the period that was asked for, by default this calendar year."""
    ask = by_side(ask)
    start, end = time_of(ask)
    found = await household(ask, lambda one: period_claims(one, start, end, people=False), "ExplanationOfBenefit")
    counted = [claim for _, alive in found.found for claim in _within(alive, ask).counted]
    ask.cite("ExplanationOfBenefit", [claim.id for claim in counted])
    ask.report.steps += sum_of("spending", counted, lambda claim: amount_in(claim, _wanted(ask)))
    return summarize(found, ask)


def summarize(found: Household[Live], ask: Ask) -> FamilySpending:
    """Return each person's sum, computed as if they were the only one."""
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
    shares = [amount_in(claim, wanted) for claim in rows]
    floors = any(claim.owed.is_floor for claim in rows) and wanted.aspect is None
    return Part(person, len(rows), sum_told(shares), hides or floors or None in shares)


def _within(alive: Live, ask: Ask) -> Within:
    return alive.within(time_of(ask), _wanted(ask))


def _wanted(ask: Ask) -> ClaimWish:
    return replace(wanted_of(ask), aspect=amount_asked(ask))
