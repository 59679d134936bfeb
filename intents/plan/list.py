"""The plans that the payer lists, in a place when one is named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.kit import Around, Ask, Plan, Summary, around, plans, sold_at

PAGE = 8


@dataclass(frozen=True, slots=True)
class PlanList(Summary):
    """One page of plans. `unsaid` counts those whose area does not tell whether they are sold at the place.

    `listed` is how many the directory lists in all: none, where a payer keeps no plans in it.
    """

    plans: tuple[Plan, ...]
    total: int
    listed: int
    unsaid: int
    first: int
    page: int
    where: Around | None

    @property
    def numbered(self) -> tuple[tuple[int, Plan], ...]:
        """The plans with their numbers in the whole list."""
        return tuple(enumerate(self.plans, self.first))

    @property
    def more(self) -> bool:
        """True when another page follows."""
        return self.first + len(self.plans) - 1 < self.total


async def answer(ask: Ask) -> PlanList:
    """The plans that are sold at the place, or all."""
    where = await around(ask) if ask.slots.get("location") else None
    result = summarize(await plans(ask), ask, where)
    ask.cite("InsurancePlan", [plan.id for plan in result.plans])
    ask.cite("Organization", ())
    return result


def summarize(every: Sequence[Plan], ask: Ask, where: Around | None) -> PlanList:
    """The page cut from the plans by name; those that are surely not sold at the place are left out."""
    answers = {plan.id: sold_at(plan, where) for plan in every} if where else {}
    fitting = sorted((p for p in every if answers.get(p.id) != "no"), key=lambda plan: plan.name or "~")
    first = ask.page * PAGE
    return PlanList(
        plans=tuple(fitting[first : first + PAGE]),
        total=len(fitting),
        listed=len(every),
        unsaid=sum(answers.get(plan.id) == "unsaid" for plan in fitting),
        first=first + 1,
        page=ask.page,
        where=where,
    )
