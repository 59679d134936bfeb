"""What is left of a family's deductible or yearly maximum: the plan's amount and what each person's claims have used.

A Coverage has no accumulator, so every used amount is a minimum, and what is left is a maximum.
"""

import msgspec

from bot import kit

Standing = tuple[kit.Coverage | None, kit.MetSoFar | None, kit.Amount | None]


class Part(msgspec.Struct, frozen=True):
    """What one person's claims have `used` of the person's own `limit`; each is None if unknown."""

    person: kit.HouseholdMember
    used: kit.Amount | None
    limit: kit.Amount | None = None


class FamilyYear(kit.Summary, frozen=True):
    """What a family has used of a yearly amount.

    Attributes:
        plan: The first person's plan, which the family shares.
        aspect: The yearly amount: "deductible" or "out_of_pocket_max".
        used: The sum of the people's used amounts; `limit`: the family's amount, None if the plan states none.
        others: People with another plan, which has amounts of its own.
        missing: People whose record could not be read; `in_part`: people with missing data.
    """

    aspect: str
    plan: kit.Coverage | None
    parts: tuple[Part, ...]
    used: kit.Amount | None
    limit: kit.Amount | None
    others: tuple[kit.HouseholdMember, ...] = ()
    missing: tuple[kit.HouseholdMember, ...] = ()
    in_part: tuple[kit.HouseholdMember, ...] = ()

    @property
    def left(self) -> kit.Amount | None:
        """The most that can be left of the family's amount; None if nothing is left, or if an amount is unknown."""
        used = self.used
        if self.limit is None or used is None or used.currency != self.limit.currency:
            return self.limit if used is None else None
        return self.limit - used if used.value < self.limit.value else None


async def answer(ask: kit.Ask) -> FamilyYear:
    """Return what each person's claims of this plan year have used under the first person's plan."""
    found = await kit.household(ask, _standing, "ExplanationOfBenefit")
    plan = next((own for _, (own, _, _) in found.found if own is not None), None)
    mine = [(person, *row[1:]) for person, row in found.found if plan and row[0] and kit.same_plan(row[0], plan)]
    parts = tuple(Part(person, met.used if met else None, met.limit if met else None) for person, met, _ in mine)
    limits = [limit for _, _, limit in mine if limit is not None]
    return FamilyYear(
        aspect=_aspect(ask),
        plan=plan,
        parts=parts,
        used=kit.added(part.used for part in parts),
        limit=limits[0] if limits else None,
        others=tuple(person for person, _ in found.found if person not in {part.person for part in parts}),
        missing=found.missing,
        in_part=tuple(person for person, _ in found.found if person.number in found.partial),
    )


async def _standing(one: kit.Ask) -> Standing:
    """Return the person's current medical plan, what the person has used of its amount, and the family's amount.

    The family's amount is that in network; None if the plan does not state exactly one.
    """
    coverages = await kit.member_coverages(one)
    plan = next(iter(coverages.medical), None)
    if plan is None:
        return None, None, None
    claim_set = await kit.period_claims(one, kit.counted_since(coverages), people=False)
    one.cite("ExplanationOfBenefit", [claim.id for claim in claim_set.added])
    found = kit.standings(_aspect(one), [(plan, plan.costs)], claim_set, coverages)
    of_family = (share for share in plan.costs if (share.kind, share.who) == (_aspect(one), "family"))
    stated = [share.amount for share in of_family if share.side != "out" and not share.drugs and share.amount]
    return plan, found[0] if found else None, stated[0] if len(stated) == 1 else None


def _aspect(ask: kit.Ask) -> str:
    return kit.share_asked(ask) or "deductible"
