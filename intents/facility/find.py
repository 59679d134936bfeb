"""Finds hospitals, urgent care, laboratories and other facilities, nearest first; only references prove networks."""

from bot.kit import Ask, DirectorySearch, Found, hand_over_away, values_of

KINDS = frozenset({"hospital", "pharmacy"})
"""The kinds that "which hospital" names as what one of is asked for."""

WALK_IN = ("urgent_care", "emergency_room")


async def answer(ask: Ask) -> Found:
    """Return the facilities of the requested kinds, by default of any kind; `Reroute` for coverage out of state."""
    hand_over_away(ask, "coverage.workings")
    said = ask.words.get("group", "").casefold()  # "what labs", which asks for a place
    labs = ["lab"] if "lab" in said else []
    house = ["hospital"] if "at_hospital" in ask.asked.says else labs
    ask.cannot("specialty")  # which of them does "a hip replacement", no listing says
    kinds = values_of(ask, "facility_type") or [one for one in values_of(ask, "group") if one in KINDS] or house
    named = ask.slots.keys() & {"provider_name", "organization"}
    more = kinds == ("hospital",) and "wish" in ask.beside
    beside = ask.reads(ask.said.replace(ask.words["facility_type"], " ")) if more else {}
    if "facility_type" in beside and beside["facility_type"].value in WALK_IN:
        kinds = WALK_IN[1:]  # "a hospital with an ER"
        ask.said_unmet("wish")
    if not (kinds or named) and ("MY" in ask.concepts or ask.slots.get("open_at") == {"now": True}):
        kinds = WALK_IN  # "I hurt my thumb, where can I go"
    return await DirectorySearch(ask, "provider.detail", places=kinds).answer()
