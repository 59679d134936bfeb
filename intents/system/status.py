"""Whether the payer's system answers, how fast, since when, and which searches it declares."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from bot.kit import Ask, PayerHealth, Summary, words_of

_SLOW = 2000  # milliseconds
_FAILS = frozenset(
    {"fail", "fails", "failing", "failed", "error", "errors", "keeps", "keep", "timing", "broken", "isnt"}
)
_FAILS |= {"doesnt", "wont", "cant", "falla", "fallando", "fallo", "no", "sigue"}
_WAITS = frozenset({"slow", "forever", "long", "slowly", "lento", "lenta", "lentos", "tarda", "tardando", "demora"})
_TELLING = ("PractitionerRole", "OrganizationAffiliation", "InsurancePlan", "Location")


@dataclass(frozen=True, slots=True)
class Status(Summary):
    """What was just seen. `declared` are the searches of the types that most answers need, by type.

    `told` is what the words say: that something "fails" or is "slow"; else they ask. `technical`: the measured time and
    the searches are shown too.
    """

    health: PayerHealth
    declared: tuple[tuple[str, tuple[str, ...]], ...]
    technical: bool = False
    told: str = "asks"

    @property
    def slow(self) -> bool:
        """True when it took its time just now, in a person's eyes."""
        return (self.health.milliseconds or 0) >= _SLOW

    @property
    def seconds(self) -> Decimal:
        """How long it took to answer, to a tenth of a second."""
        return max(Decimal("0.1"), (Decimal(self.health.milliseconds or 0) / 1000).quantize(Decimal("0.1")))

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
    words = set(words_of(ask.said))
    told = "slow" if words & _WAITS else "fails" if words & _FAILS else "asks"
    return replace(summarize(await ask.payer_health(), technical="technical" in ask.arguments), told=told)


def summarize(health: PayerHealth, *, technical: bool = False) -> Status:
    """The state with the declared searches of the telling types."""
    found = ((name, health.searches.get(name, ())) for name in _TELLING)
    own = ((name, tuple(one for one in searches if not one.startswith("_"))) for name, searches in found)
    return Status(health, tuple((name, searches) for name, searches in own if searches), technical)
