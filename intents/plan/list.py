"""The plans that the payer lists, for a place if one is named."""

from collections.abc import Mapping

from bot import kit

PAGE = 5


class PlanList(kit.Paged, frozen=True):
    """One page of plans.

    Attributes:
        unsaid: The number of plans whose areas do not show whether the plan is sold at the place.
        listed: The number of all plans in the directory.
        networks: The networks that the plans have to use: all or any of them, as `how` says.
        unclear: A network name that matches no network or several.
    """

    plans: tuple[kit.Plan, ...]
    total: int
    listed: int
    unsaid: int
    where: kit.SearchArea | None
    state: str | None = None
    networks: tuple[str, ...] = ()
    how: str = "or"
    unclear: kit.Wanted | None = None

    @property
    def place(self) -> str | None:
        """The requested place in the person's words, or the state; None if there is none."""
        return self.where.name if self.where else self.state


async def answer(ask: kit.Ask) -> PlanList:
    """Return the requested page of the plans by name, of those that may be sold at the named place or in the state."""
    place = ask.slots.get("location")
    state = str(place["state"]) if isinstance(place, Mapping) and set(place) == {"state"} else None
    where = await kit.around(ask) if place and not state else None
    asked = await kit.asked_networks(ask)
    every = await kit.plans(ask)
    using = [plan for plan in every if uses(plan, asked)] if asked.wanted and not asked.plans else every
    answers = {plan.id: kit.sold_in(plan, where or state or "") if where or state else "yes" for plan in using}
    sold = sorted((plan for plan in using if answers[plan.id] != "no"), key=lambda plan: plan.name or "~")
    rows, page = ask.paged(sold, PAGE)
    ask.cite("InsurancePlan", [plan.id for plan in rows])
    ask.cite("Organization", ())
    return PlanList(
        plans=rows,
        total=len(sold),
        listed=len(every),
        unsaid=sum(answers[plan.id] == "unsaid" for plan in sold),
        where=where,
        state=state,
        networks=asked.names,
        how=asked.how,
        unclear=asked.unclear,
        **page,
    )


def uses(plan: kit.Plan, asked: kit.AskedNetworks) -> bool:
    """Return whether the plan uses the named networks: all or any of them, as the question says."""
    found = [any(one.has(network) for network in plan.networks) for one in asked.wanted]
    return all(found) if asked.how == "and" else any(found)
