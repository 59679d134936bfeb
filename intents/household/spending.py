"""The cost of care for everybody in a household in a period: the amount of each person, and the sum."""

from datetime import date

import msgspec
from msgspec.structs import replace

from bot import kit


class Part(msgspec.Struct, frozen=True):
    """The amount of one person: None if no claim states the amount. `least` is True if the amount is a minimum."""

    person: kit.HouseholdMember
    claims: int
    amount: kit.Amount | None
    least: bool = False


class FamilySpending(kit.OfClaims, frozen=True):
    """The amount of each person in a household, largest first, and the total.

    Attributes:
        total: The sum of the amounts; None if there are no amounts, or if there are several currencies.
        missing: The people whose record could not be read, so that they are not in the total.
        so_far: True if the period is this calendar year until today.
        some: True if the question is about only a part of the household, such as the children.
        doubts: The caveats of the total.
    """

    start: date
    end: date
    parts: tuple[Part, ...]
    missing: tuple[kit.HouseholdMember, ...]
    total: kit.Amount | None
    least: bool
    so_far: bool = False
    some: bool = False
    doubts: kit.SumDoubts = kit.NO_DOUBTS


async def answer(ask: kit.Ask) -> FamilySpending:
    """Return the sums over the requested period, by default this calendar year."""
    ask = kit.by_side(ask)
    start, end = kit.time_of(ask)
    found = await kit.household(
        ask, lambda one: kit.period_claims(one, start, end, people=False), "ExplanationOfBenefit"
    )
    counted = [claim for _, claim_set in found.found for claim in _within(claim_set, ask).counted]
    ask.cite("ExplanationOfBenefit", [claim.id for claim in counted])
    ask.report.steps += kit.sum_of("spending", counted, lambda claim: kit.amount_in(claim, _wanted(ask)))
    return summarize(found, ask)


def summarize(found: kit.Household[kit.ClaimSet], ask: kit.Ask) -> FamilySpending:
    """Return the sum of each person's own claims, and the total."""
    start, end = kit.time_of(ask)
    parts = [
        _part(person, claim_set, ask, is_partial=person.number in found.partial) for person, claim_set in found.found
    ]
    return FamilySpending(
        start=start,
        end=end,
        parts=tuple(sorted(parts, key=lambda part: (part.amount is None, -(part.amount.value if part.amount else 0)))),
        missing=found.missing,
        total=kit.added(part.amount for part in parts),
        least=found.is_floor or any(part.least for part in parts),
        wanted=_wanted(ask),
        doubts=sum((_within(claim_set, ask).doubts for _, claim_set in found.found), kit.NO_DOUBTS),
        so_far=(start, end) == (date(ask.today.year, 1, 1), ask.today),
        some=kit.of_some(ask),
    )


def _part(person: kit.HouseholdMember, claim_set: kit.ClaimSet, ask: kit.Ask, *, is_partial: bool) -> Part:
    rows, wanted = _within(claim_set, ask).counted, _wanted(ask)
    shares = [kit.amount_in(claim, wanted) for claim in rows]
    floors = any(claim.owed.is_floor for claim in rows) and wanted.aspect is None
    return Part(person, len(rows), kit.added(shares), is_partial or floors or None in shares)


def _within(claim_set: kit.ClaimSet, ask: kit.Ask) -> kit.Within:
    return claim_set.within(kit.time_of(ask), _wanted(ask))


def _wanted(ask: kit.Ask) -> kit.ClaimFilter:
    return replace(kit.filter_of(ask), aspect=kit.amount_asked(ask))
