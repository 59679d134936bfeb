"""Three separate facts about networks: how a claim was paid, the contract at that time, and the directory today."""

from msgspec.structs import replace

from bot import kit


class ClaimNetwork(kit.OfClaims, frozen=True):
    """The three facts about the networks of a claim.

    Attributes:
        claim: The claim; None if no claim matches.
        now: The provider who gave the care, as the directory lists the provider today; None if it can't be searched.
        own: The member's own networks, guessed from the coverage.
        shielded: True if the claim has a sensitivity label and was not requested by a button.
        side: The side of the network that a yes-no question asks about: "in" or "out".
    """

    claim: kit.Claim | None = None
    now: kit.Who | None = None
    own: tuple[str, ...] = ()
    shielded: bool = False
    side: kit.NetworkSide = "in"

    @property
    def listed(self) -> tuple[str, ...]:
        """The networks that list the provider."""
        return kit.names_of(self.now.only) if self.now and self.now.only else ()


async def answer(ask: kit.Ask) -> ClaimNetwork:
    """Return the facts for the claim of the button, or the newest visit with the named number, day or provider."""
    pressed = ask.arguments.get("id")
    visits, claim_set = ((), None) if pressed else await kit.newest_visits(ask, people=True)
    visit = next(iter(visits), None)
    if not pressed and visit is None:
        none = ClaimNetwork(wanted=kit.filter_of(ask))
        return await kit.or_nearest(ask, claim_set, none, lacks=none.wanted.narrows)
    claim = await (kit.shown_alone(ask, visit) if visit else kit.claim_by_id(ask, pressed or ""))
    ask.cite("ExplanationOfBenefit", [claim.id])
    if claim.sensitive and not pressed:
        return ClaimNetwork(claim, shielded=True)
    name = claim.seen or claim.billing
    try:
        found = await kit.who(replace(ask, slots={"provider_name": name}, words={})) if name else kit.Who(None, ())
        own = await kit.own_networks(ask) if found.only else ()
    except kit.PayerError:  # the claim's two facts are known by now, and don't need the directory
        return ClaimNetwork(claim, side=kit.side_asked(ask))
    found.cite(ask)
    return ClaimNetwork(claim, found, own, side=kit.side_asked(ask))
