"""Whether the payer's system responds, how fast, since when, and which searches it supports."""

from decimal import Decimal

from bot.kit import Ask, PayerHealth, Summary, words_of

_SLOW = 2000  # milliseconds
_FAILS = frozenset(
    {"fail", "fails", "failing", "failed", "error", "errors", "keeps", "keep", "timing", "broken", "isnt"}
)
_FAILS |= {"doesnt", "wont", "cant", "falla", "fallando", "fallo", "no", "sigue"}
_WAITS = frozenset({"slow", "forever", "long", "slowly", "lento", "lenta", "lentos", "tarda", "tardando", "demora"})
_TELLING = ("PractitionerRole", "OrganizationAffiliation", "InsurancePlan", "Location")


class Status(Summary, frozen=True):
    """The current state of the payer's server.

    Attributes:
        declared: The supported searches for the resource types that most answers need.
        reported: What the message says: the server "fails" or is "slow", or the person only "asks".
        technical: True to show also the response time and the supported searches.
    """

    health: PayerHealth
    declared: tuple[tuple[str, tuple[str, ...]], ...]
    technical: bool = False
    reported: str = "asks"

    @property
    def slow(self) -> bool:
        """Whether the response was noticeably slow."""
        return (self.health.milliseconds or 0) >= _SLOW

    @property
    def seconds(self) -> Decimal:
        """The response time in seconds, rounded to one decimal."""
        return max(Decimal("0.1"), (Decimal(self.health.milliseconds or 0) / 1000).quantize(Decimal("0.1")))

    @property
    def lacks_network(self) -> bool:
        """Whether the server declares searches but not the one by network, which the bot then does itself."""
        roles = self.health.searches.get("PractitionerRole")
        return roles is not None and "network" not in roles


async def answer(ask: Ask) -> Status:
    """Return the current state of the payer's directory server, with the declared searches of the relevant types."""
    words = set(words_of(ask.said))
    reported = "slow" if words & _WAITS else "fails" if words & _FAILS else "asks"
    health = await ask.payer_health()
    found = ((name, health.searches.get(name, ())) for name in _TELLING)
    own = ((name, tuple(one for one in searches if not one.startswith("_"))) for name, searches in found)
    return Status(
        health, tuple((name, searches) for name, searches in own if searches), "technical" in ask.arguments, reported
    )
