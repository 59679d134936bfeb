"""The people in a household who have the same plan as its first person, as far as the coverages can be read."""

from bot.kit import Ask, Coverage, HouseholdMember, Summary, household, member_coverages, same_plan


class OnThePlan(Summary, frozen=True):
    """The people with the first person's plan.

    Attributes:
        plan: The first person's current medical plan.
        people: The people with that plan; `others`: the people with another plan or none today.
        missing: The people whose record could not be read.
        alone: True if the question is whether the person is the only one on the plan.
    """

    plan: Coverage | None
    people: tuple[HouseholdMember, ...]
    others: tuple[HouseholdMember, ...] = ()
    missing: tuple[HouseholdMember, ...] = ()
    alone: bool = False


async def answer(ask: Ask) -> OnThePlan:
    """Return which people of the sign-in have the first one's plan, by each person's own Coverage resources."""
    found = await household(ask, _plan, "Coverage")
    plan = next((plan for _, plan in found.found if plan is not None), None)
    people = tuple(one for one, own in found.found if plan is not None and own is not None and same_plan(own, plan))
    others = tuple(one for one, _ in found.found if one not in people)
    return OnThePlan(plan, people, others, found.missing, alone="alone" in ask.asked.says)


async def _plan(one: Ask) -> Coverage | None:
    coverages = await member_coverages(one)
    return next(iter((*coverages.medical, *coverages.current)), None)
