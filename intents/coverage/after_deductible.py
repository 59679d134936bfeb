"""The cost of care after the deductible is met: the plan's copay or percentage, with one of the member's claims."""

from bot import kit


class AfterDeductible(kit.Summary, frozen=True):
    """What the plan's records state about the cost of care; `copays` are all copays if the question names no care."""

    to_come: kit.ToCome
    copays: tuple[kit.CostShare, ...] = ()


async def answer(ask: kit.Ask) -> AfterDeductible:
    """Return the plan's cost sharing for the care; the deductible is taken as met.

    Raises:
        Reroute: `coverage.workings` answers for the time after the yearly maximum, `coverage.cost_share` for what is
            left until the plan pays and for what was used in a past period.
    """
    end, says = kit.span_of(ask)[1], ask.asked.says
    over = end is not None and end < ask.today and "was" in says and "service" not in ask.slots
    if over or {"plan_pays", "beyond"} & says.keys() or kit.wants_to_come(ask) in {"counts", "unsaid"}:
        raise kit.Reroute("coverage.cost_share")
    ask.said_unmet("date_range")  # "I met it in March": the shares are the same
    coverages = await kit.member_coverages(ask)
    if kit.passed(ask, coverages) == "out_of_pocket_max":
        raise kit.Reroute("coverage.workings", workings="after_max")
    found = await kit.to_come(ask, coverages, "after")
    named = [share for rule in found.rules for share in rule.plan.costs if not (found.what or found.visit)]
    return AfterDeductible(found, tuple(s for s in named if s.kind == "copay" and s.side != "out" and not s.drugs))
