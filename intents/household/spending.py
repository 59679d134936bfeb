"""The cost of care for everybody in a household in a period: the amount of each person, and the sum."""

from datetime import date

import msgspec
from msgspec.structs import replace

from bot import kit


class Part(msgspec.Struct, frozen=True):
    """The sum over the claims of one person, of whom there may be no claim."""

    person: kit.HouseholdMember
    claims: int
    sum: kit.QueryCell


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
    """Return the sum of each person's own claims of the requested period, by default this year, and the total."""
    ask = kit.by_side(ask)
    start, end = kit.time_of(ask)
    wanted = replace(kit.filter_of(ask), aspect=kit.amount_asked(ask))
    found = await kit.household(
        ask, lambda one: kit.period_claims(one, start, end, people=False), "ExplanationOfBenefit"
    )
    within = [(person, claim_set.within((start, end), wanted)) for person, claim_set in found.found]
    counted = [claim for _, own in within for claim in own.counted]
    ask.cite("ExplanationOfBenefit", [claim.id for claim in counted])
    ask.report.steps += kit.sum_of("spending", counted, lambda claim: kit.amount_in(claim, wanted))
    parts = list[Part]()
    for person, own in within:
        (cell,) = kit.sums_of(own.counted, wanted, least=person.number in found.partial)
        parts.append(Part(person, len(own.counted), replace(cell, is_minimum=cell.is_minimum or cell.unstated > 0)))
    return FamilySpending(
        start=start,
        end=end,
        parts=tuple(sorted(parts, key=lambda part: (not part.sum.stated, -(part.sum.size or 0)))),
        missing=found.missing,
        total=kit.added(part.sum.amount for part in parts if part.sum.stated),
        least=found.is_minimum or any(part.sum.is_minimum for part in parts),
        wanted=wanted,
        doubts=sum((own.doubts for _, own in within), kit.NO_DOUBTS),
        so_far=(start, end) == (date(ask.today.year, 1, 1), ask.today),
        some=kit.of_some(ask),
    )
