"""What the emergency room and urgent care each cost the member, as far as the plan's records have a copay."""

from __future__ import annotations

from bot.kit import Ask, AskedAhead, Summary, VisitCopays, member_coverages, named_visits, visit_copays

_BOTH = ("urgentcare", "emergency")


class EmergencyOrUrgent(Summary, frozen=True):
    """What the medical plan names for `two` kinds of visit: these, or those of the words; None without a plan."""

    two: VisitCopays | None


async def answer(ask: Ask) -> EmergencyOrUrgent:
    """Return the in-network shares of the active medical plan; the total cost of a visit is not known in advance.

    Raises:
        AskedAhead: The emergency room alone is named.
    """
    if "network" in ask.slots:
        ask.cannot("network")
    if named_visits(ask) == (_BOTH[1],):
        raise AskedAhead
    coverages = await member_coverages(ask)
    return EmergencyOrUrgent(visit_copays(ask, coverages, _BOTH))
