"""Care plans as recorded: their own text without markup, or one of them in full."""

from msgspec.structs import asdict

from bot.kit import Ask, CarePlan, OnRecord, Search, dated, on_record, shield

PAGE = 3
_SEARCH = Search("CarePlan", (("category", "assess-plan"),))  # US Core requires a category in every search


class CarePlans(OnRecord[CarePlan], frozen=True):
    """One page of care plans, each with its first lines; `whole` is the care plan that a button selected, or None."""

    whole: CarePlan | None = None


async def answer(ask: Ask) -> CarePlans:
    """Return the member's care plans, active ones first; sensitive ones only if a button asks for them."""
    read = await dated(ask, _SEARCH, CarePlan)
    described, shielded = shield(ask, read)
    ordered = sorted(described, key=lambda one: one.status != "active")
    named = next((one for one in ordered if one.id == ask.arguments.get("id")), None)
    page, whole = (
        on_record(ask, ordered, len(read), shielded, size=PAGE),
        named or (ordered[0] if len(ordered) == 1 else None),
    )
    ask.report.cite("CarePlan", [one.id for one in ((whole,) if whole else page.rows)])
    return CarePlans(**asdict(page), whole=whole)
