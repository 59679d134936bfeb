"""Whether the payer's system answers, how fast, since when, and which searches it declares."""

from __future__ import annotations

from dataclasses import dataclass

from bot.kit import Ask, PayerHealth, Summary

_TELLING = ("PractitionerRole", "OrganizationAffiliation", "InsurancePlan", "Location")


@dataclass(frozen=True, slots=True)
class Status(Summary):
    """What was just seen. `declared` are the searches of the types that most answers need, by type.

    `technical`: the measured time and the searches are shown too.
    """

    health: PayerHealth
    declared: tuple[tuple[str, tuple[str, ...]], ...]
    technical: bool = False

    @property
    def since_time(self) -> str:
        """The time of day of the last change, in UTC."""
        return f"{self.health.since:%H:%M} UTC"

    @property
    def lacks_network(self) -> bool:
        """True when the server declares searches, but not the one by network: it is then done here."""
        roles = self.health.searches.get("PractitionerRole")
        return roles is not None and "network" not in roles


async def answer(ask: Ask) -> Status:
    """The state of the payer's directory server, asked just now."""
    return summarize(await ask.payer_health(), technical="technical" in ask.arguments)


def summarize(health: PayerHealth, *, technical: bool = False) -> Status:
    """The state with the declared searches of the telling types."""
    found = ((name, health.searches.get(name, ())) for name in _TELLING)
    own = ((name, tuple(one for one in searches if not one.startswith("_"))) for name, searches in found)
    return Status(health, tuple((name, searches) for name, searches in own if searches), technical)
