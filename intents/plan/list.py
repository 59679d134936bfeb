"""The plans that the payer lists, for a place if one is named."""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

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
    """Return the plans that are sold at the named place or in the named state, or all plans if none is named."""
    place = ask.slots.get("location")
    state = str(place["state"]) if isinstance(place, Mapping) and set(place) == {"state"} else None
    where = await kit.around(ask) if place and not state else None
    asked = await kit.asked_networks(ask)
    every = await kit.plans(ask)
    using = [plan for plan in every if uses(plan, asked)] if asked.wanted and not asked.plans else every
    result = summarize(using, ask, where, state)
    result = replace(result, listed=len(every), networks=asked.names, how=asked.how, unclear=asked.unclear)
    ask.cite("InsurancePlan", [plan.id for plan in result.plans])
    ask.cite("Organization", ())
    return result


def uses(plan: kit.Plan, asked: kit.AskedNetworks) -> bool:
    """Return whether the plan uses the named networks: all or any of them, as the question says."""
    found = [any(one.has(network) for network in plan.networks) for one in asked.wanted]
    return all(found) if asked.how == "and" else any(found)


def summarize(
    every: Sequence[kit.Plan], ask: kit.Ask, where: kit.SearchArea | None, state: str | None = None
) -> PlanList:
    """Return the requested page of the plans by name, without plans that are certainly not sold at the place."""
    answers = {plan.id: kit.sold_in(plan, where or state or "") for plan in every}
    sold = [plan for plan in every if not (where or state) or answers[plan.id] != "no"]
    fitting = sorted(sold, key=lambda plan: plan.name or "~")
    rows, place = ask.paged(fitting, PAGE)
    return PlanList(
        plans=rows,
        total=len(fitting),
        listed=len(every),
        unsaid=sum(answers[plan.id] == "unsaid" for plan in fitting) if where or state else 0,
        where=where,
        state=state,
        **place,
    )
