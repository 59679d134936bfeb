"""Care plans as recorded: their own text without markup, or one of them in full."""

from bot.kit import UNSHIELDED, Ask, CarePlan, Paged, Shielded, care_plans, shield

PAGE = 3
LINES = 4
MOST = 40


class CarePlans(Paged, frozen=True):
    """One page of care plans, each with its first lines; `whole` is the care plan that a button selected, or None."""

    plans: tuple[CarePlan, ...] = ()
    whole: CarePlan | None = None
    found: int = 0
    lines: int = LINES
    most: int = MOST
    shielded: Shielded = UNSHIELDED


async def answer(ask: Ask) -> CarePlans:
    """Return the member's care plans, active ones first; sensitive ones only if a button asks for them."""
    read = await care_plans(ask)
    described, shielded = shield(ask, read)
    ordered = sorted(described, key=lambda one: one.status != "active")
    named = next((one for one in ordered if one.id == ask.arguments.get("id")), None)
    (plans, place), whole = ask.paged(ordered, PAGE), named or (ordered[0] if len(ordered) == 1 else None)
    ask.report.cite("CarePlan", [one.id for one in ((whole,) if whole else plans)])
    return CarePlans(plans, whole, len(read), shielded=shielded, **place)
