"""What is left of a family's deductible or yearly maximum: the plan's amount, and what each person's claims used of it.

A Coverage has no accumulator, so every sum is a minimum, and what is left is a maximum.
"""

from __future__ import annotations

import msgspec

from bot.kit import (
    Amount,
    Ask,
    Coverage,
    HouseholdMember,
    MetSoFar,
    Summary,
    added,
    counted_since,
    household,
    member_coverages,
    period_claims,
    same_plan,
    share_asked,
    standings,
)

Standing = tuple[Coverage | None, MetSoFar | None, Amount | None]


class Part(msgspec.Struct, frozen=True):
    """One person's standing with their own amount: `used` of `limit`, each None if unknown."""

    person: HouseholdMember
    used: Amount | None
    limit: Amount | None = None


class FamilyYear(Summary, frozen=True):
    """The parts under `plan`, the first person's, with their sum `used`, and the family's `limit` if it is named.

    `aspect` is "deductible" or "out_of_pocket_max". `others` have another plan with its own amounts; `missing` are
    people whose record could not be read. `hides` are people with missing data.
    """

    aspect: str
    plan: Coverage | None
    parts: tuple[Part, ...]
    used: Amount | None
    limit: Amount | None
    others: tuple[HouseholdMember, ...] = ()
    missing: tuple[HouseholdMember, ...] = ()
    hides: tuple[HouseholdMember, ...] = ()

    @property
    def left(self) -> Amount | None:
        """The maximum that is left of the family's amount, None if nothing is left or no amount is named."""
        used = self.used
        if self.limit is None or used is None or used.currency != self.limit.currency:
            return self.limit if used is None else None
        return self.limit - used if used.value < self.limit.value else None


async def answer(ask: Ask) -> FamilyYear:
    """Return the standings under one plan, from this plan year's claims; other plans have amounts of their own."""
    found = await household(ask, _standing, "ExplanationOfBenefit")
    plan = next((own for _, (own, _, _) in found.found if own is not None), None)
    mine = [(person, *row[1:]) for person, row in found.found if plan and row[0] and same_plan(row[0], plan)]
    parts = tuple(Part(person, met.used if met else None, met.limit if met else None) for person, met, _ in mine)
    limits = [limit for _, _, limit in mine if limit is not None]
    return FamilyYear(
        aspect=_aspect(ask),
        plan=plan,
        parts=parts,
        used=added(part.used for part in parts),
        limit=limits[0] if limits else None,
        others=tuple(person for person, _ in found.found if person not in {part.person for part in parts}),
        missing=found.missing,
        hides=tuple(person for person, _ in found.found if person.number in found.hides),
    )


async def _standing(one: Ask) -> Standing:
    """Return the person's current medical plan, their standing with its amount, and the family's amount."""
    coverages = await member_coverages(one)
    medical = [each for each in coverages.current if each.scope == "medical"]
    if not medical:
        return None, None, None
    alive = await period_claims(one, counted_since(coverages), people=False)
    one.cite("ExplanationOfBenefit", [claim.id for claim in alive.added])
    plans = [(medical[0], medical[0].costs)]
    found = standings(_aspect(one), plans, alive, coverages)
    return medical[0], found[0] if found else None, _of_family(medical[0], _aspect(one))


def _of_family(plan: Coverage, aspect: str) -> Amount | None:
    """Return the family's in-network amount if the plan names exactly one."""
    named = [
        share.amount
        for share in plan.costs
        if (share.kind, share.who) == (aspect, "family") and share.side != "out" and not share.drugs and share.amount
    ]
    return named[0] if len(named) == 1 else None


def _aspect(ask: Ask) -> str:
    return share_asked(ask) or "deductible"
