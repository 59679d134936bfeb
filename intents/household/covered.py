"""Who of a household is on the same plan as its first person, as far as the sign-in shows their coverages."""

from __future__ import annotations

from dataclasses import dataclass

from bot.kit import Ask, Coverage, Household, HouseholdMember, Summary, household, member_coverages, same_plan, words_of

_ALONE = frozenset({"only", "alone", "unica", "unico", "sola", "solo"})


@dataclass(frozen=True, slots=True)
class OnThePlan(Summary):
    """`plan` is the first person's medical plan of today, and `people` are those who are on it.

    `others` have another plan or none today, `missing` are those whose record could not be read. `alone`: whether the
    asker is the only one was asked.
    """

    plan: Coverage | None
    people: tuple[HouseholdMember, ...]
    others: tuple[HouseholdMember, ...] = ()
    missing: tuple[HouseholdMember, ...] = ()
    alone: bool = False


async def answer(ask: Ask) -> OnThePlan:
    """From each person's own coverages."""
    found = await household(ask, _plan, "Coverage")
    return summarize(found, ask)


async def _plan(one: Ask) -> Coverage | None:
    coverages = (await member_coverages(one)).current
    return next((each for each in coverages if each.scope == "medical"), coverages[0] if coverages else None)


def summarize(found: Household[Coverage | None], ask: Ask) -> OnThePlan:
    """Those whose plan is the first one's that is told."""
    plan = next((plan for _, plan in found.found if plan is not None), None)
    people = tuple(one for one, own in found.found if plan is not None and own is not None and same_plan(own, plan))
    others = tuple(one for one, _ in found.found if one not in people)
    return OnThePlan(plan, people, others, found.missing, alone=bool(_ALONE.intersection(words_of(ask.said))))
