"""Three separate facts about networks: how a claim was paid, the contract at that time, and the directory today."""

from typing import Literal

import msgspec
from msgspec.structs import replace

from bot import kit


class Today(msgspec.Struct, frozen=True):
    """What the directory states today about the provider who gave the care.

    Attributes:
        state: As in `Who`; "away" if the directory could not be searched.
        networks: The networks that list the provider.
        wanted: The member's own networks, guessed from the coverage.
        proven: The member's own networks that list the provider.
        total: The number of providers with the name, if there are several.
        reference: The provider as `Type/id`, for a button.
    """

    state: Literal["one", "several", "ended", "unknown", "unnamed", "away"]
    networks: tuple[str, ...] = ()
    wanted: tuple[str, ...] = ()
    proven: tuple[str, ...] = ()
    total: int = 0
    reference: str | None = None


class ClaimNetwork(kit.OfClaims, frozen=True):
    """The three facts about the networks of a claim.

    Attributes:
        claim: The claim; None if no claim matches.
        now: What the directory states today.
        shielded: True if the claim has a sensitivity label and was not requested by a button.
        side: The side of the network that a yes-no question asks about: "in" or "out".
    """

    claim: kit.Claim | None = None
    now: Today | None = None
    shielded: bool = False
    side: kit.NetworkSide = "in"


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
        return replace(summarize(claim, None, ()), side=kit.side_asked(ask))
    found.cite(ask)
    return replace(summarize(claim, found, own), side=kit.side_asked(ask))


def summarize(claim: kit.Claim, found: kit.Who | None, own: tuple[str, ...]) -> ClaimNetwork:
    """Return the three facts; `found` is None if the directory could not be searched, `own` are the member's own."""
    rows = found.only if found else None
    if rows is None:
        now = Today(found.state, total=len(found.found)) if found else Today("away")
        return ClaimNetwork(claim, now)
    listed = kit.names_of(rows)
    proven, reference = tuple(name for name in own if name in listed), f"{rows[0].key.type}/{rows[0].key.id}"
    return ClaimNetwork(claim, Today("one", listed, own, proven, reference=reference))
