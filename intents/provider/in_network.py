"""Whether a provider is in a network, proven place by place by references; missing data never proves the opposite."""

from __future__ import annotations

from msgspec.structs import replace

from bot.kit import (
    Around,
    Ask,
    AskedNetworks,
    NetworkSide,
    OfProvider,
    Proof,
    Wanted,
    around,
    asked_networks,
    cards,
    facts_apart,
    facts_asked,
    facts_each,
    networks_among,
    own_networks,
    proof_of,
    side_asked,
    who,
)


class InNetwork(OfProvider, frozen=True, kw_only=True):
    """What the directory proves.

    Attributes:
        proof: What is proven for the networks in question; None without one provider.
        guessed: Whether these networks are the person's own by their coverage.
        unclear: The name of a network that matches none or several.
        before: Whether the question is about the past, which a directory does not contain.
        gone: Whether the question is if the provider has left.
        side: What "yes" refers to; with `all_of` it is every one of several networks.
    """

    proof: Proof | None = None
    guessed: bool = False
    where: Around | None = None
    unclear: Wanted | None = None
    before: bool = False
    gone: bool = False
    side: NetworkSide = "in"
    all_of: bool = False


async def answer(ask: Ask) -> InNetwork:
    """Return the directory's answer for the provider in the network, by default in the person's own."""
    found = await who(ask)
    named = _meant(await asked_networks(ask))
    if named.unclear and not named.listed:
        named = _meant(networks_among(ask, found.only or ()))
    guess = await own_networks(ask) if found.only and not named.wanted else ()
    where = await around(ask) if isinstance(ask.slots.get("location"), dict) or ask.several.get("location") else None
    found.cite(ask)
    card = cards(ask, found.only, None)[0] if found.only else None
    first, last = facts_apart(ask, card, found.only, "networks") if card and found.only else ((), ())
    return InNetwork(
        listing=card,
        each=facts_each(ask, found.shown, tuple(dict.fromkeys((*facts_asked(ask), "networks")))),
        first=first,
        last=last,
        found=found,
        proof=proof_of(ask, found.only, guess or named.known.names, where) if found.only else None,
        guessed=bool(guess),
        where=where,
        unclear=named.unclear if found.found else None,
        partial=not ask.report.complete,
        before=not ask.asked.says.keys().isdisjoint(("listed_before", "left_network")),
        gone="left_network" in ask.asked.says,
        side=side_asked(ask),
        all_of=named.how == "and" and len(named.known.names) > 1,
    )


def _meant(named: AskedNetworks) -> AskedNetworks:
    """Return the networks in question; "not in P" is also a question about P."""
    return replace(named, wanted=(*named.wanted, *named.barred), barred=())
