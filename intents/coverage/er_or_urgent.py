"""What the emergency room and urgent care each cost the member, as far as the plan's records have a copay."""

from __future__ import annotations

from bot.kit import Ask, CostShare, Coverage, Summary, member_coverages

_EMERGENCY, _URGENT = "emergency", "urgentcare"


class EmergencyOrUrgent(Summary, frozen=True):
    """The `plan` and its share for each of the two, None if its records have none.

    `coinsurance` is its percentage for care in general. Without a medical plan there is no answer.
    """

    plan: Coverage | None
    emergency: CostShare | None = None
    urgent: CostShare | None = None
    coinsurance: CostShare | None = None

    @property
    def cheaper(self) -> str | None:
        """The service with the lower copay, "same" if they are equal, None if they are not both in dollars."""
        one, other = (share.amount if share else None for share in (self.emergency, self.urgent))
        if one is None or other is None or one.currency != other.currency:
            return None
        return "same" if one.value == other.value else _URGENT if other.value < one.value else _EMERGENCY


async def answer(ask: Ask) -> EmergencyOrUrgent:
    """Return the in-network shares of the active medical plan; the total cost of a visit is not known in advance."""
    if "network" in ask.slots:
        ask.cannot("network")
    medical = [one for one in (await member_coverages(ask)).current if one.scope == "medical"]
    if not medical:
        return EmergencyOrUrgent(None)
    shares = [share for share in medical[0].costs if share.side != "out"]
    found = {name: next((s for s in shares if s.service == name), None) for name in (_EMERGENCY, _URGENT)}
    general = next((s for s in shares if s.kind == "coinsurance" and s.service is None and not s.drugs), None)
    return EmergencyOrUrgent(medical[0], found[_EMERGENCY], found[_URGENT], general)
