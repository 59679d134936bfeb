"""Whether a provider is in a network, proven for each location; missing data never proves the opposite."""

from msgspec.structs import replace

from bot import kit

_BEFORE = frozenset({"used to", "antes"})  # "still" and "anymore" ask about today


class InNetwork(kit.OfProvider, frozen=True, kw_only=True):
    """What the directory proves about a provider and the networks in question.

    Attributes:
        proof: What is proven for the networks in question; None without one provider.
        guessed: True if these networks are a guess of the member's own by the coverage.
        unclear: A network name that matches no network or several.
        before: True if the question is about the past, which the directory does not contain.
        gone: True if the question is whether the provider has left the network.
        side: The side that a yes-no question asks about: "in" or "out"; `all_of`: about all of the networks.
        plans: The plans in the question that use the networks in question.
    """

    proof: kit.Proof | None = None
    guessed: bool = False
    where: kit.SearchArea | None = None
    unclear: kit.Wanted | None = None
    before: bool = False
    gone: bool = False
    side: kit.NetworkSide = "in"
    all_of: bool = False
    plans: tuple[str, ...] = ()


async def answer(ask: kit.Ask) -> InNetwork:
    """Return what the directory proves for the provider in the named network, by default in the member's own.

    Raises:
        Reroute: The question is who of a kind works at an organization, which `provider.find` lists, or which networks
            a plan uses.
    """
    if "specialty" in ask.slots and kit.text_of(ask, "organization") == (kit.text_of(ask, "provider_name") or ""):
        raise kit.Reroute("provider.find")
    found = await kit.who(ask, guesses=True)
    kit.others_there(ask, found, "provider.find", asks={"who_else", "same_office"} <= ask.asked.says.keys())
    asked = await kit.asked_networks(ask)
    if found.state == "unnamed" and (asked.plans or "specialty" in ask.slots):
        raise kit.Reroute("plan.networks" if asked.plans else "provider.find")
    named = _meant(asked)
    if named.unclear and not named.listed:
        named = _meant(kit.networks_among(ask, found.only or ()))
    guess = await kit.own_networks(ask) if found.only and not named.wanted else ()
    place = ask.slots.get("location")
    placed = (isinstance(place, dict) and kit.names_area(place)) or ask.several.get("location")
    where = await kit.around(ask) if placed else None
    found.cite(ask)
    return InNetwork(
        **kit.other_facts(ask, found.only, found.shown, "networks"),
        found=found,
        proof=kit.proof_of(ask, found.only, guess or named.known.names, where) if found.only else None,
        guessed=bool(guess),
        where=where,
        unclear=named.unclear if found.found else None,
        before="left_network" in ask.asked.says or ask.asked.says.get("listed_before") in _BEFORE,
        gone="left_network" in ask.asked.says,
        side=kit.side_asked(ask),
        plans=asked.plans,
        all_of=named.how == "and" and len(named.known.names) > 1,
    )


def _meant(named: kit.AskedNetworks) -> kit.AskedNetworks:
    """Return the networks in question; an excluded network, as in "not in Network P", counts as asked about."""
    return replace(named, wanted=(*named.wanted, *named.barred), barred=())
