"""Care plans as recorded: their own text without markup, or one of them in full."""

from __future__ import annotations

from bot.kit import UNSHIELDED, Ask, CarePlan, Shielded, Summary, care_plans, shield

PAGE = 3
LINES = 4
MOST = 40


class CarePlans(Summary, frozen=True):
    """One page of care plans, each with its first lines; `whole` is the care plan that a button selected, or None."""

    plans: tuple[CarePlan, ...] = ()
    whole: CarePlan | None = None
    first: int = 1
    more: bool = False
    page: int = 0
    found: int = 0
    lines: int = LINES
    most: int = MOST
    shielded: Shielded = UNSHIELDED


async def answer(ask: Ask) -> CarePlans:
    """Return the member's care plans, active ones first; sensitive ones only if a button asks for them."""
    read = await care_plans(ask)
    described, shielded = shield(ask, read)
    ordered, first = sorted(described, key=lambda one: one.status != "active"), ask.page * PAGE
    named = next((one for one in ordered if one.id == ask.arguments.get("id")), None)
    plans, whole = tuple(ordered[first : first + PAGE]), named or (ordered[0] if len(ordered) == 1 else None)
    ask.report.cite("CarePlan", [one.id for one in ((whole,) if whole else plans)])
    return CarePlans(
        plans=plans,
        whole=whole,
        first=first + 1,
        more=len(ordered) > first + PAGE,
        page=ask.page,
        found=len(read),
        shielded=shielded,
    )
