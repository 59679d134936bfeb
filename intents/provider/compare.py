"""Compares two providers, by public directory data only."""

import asyncio
import math
from collections.abc import Sequence
from typing import Literal

from msgspec.structs import replace

from bot import kit

_LISTED = frozenset({"network", "other_network", "location", "specialty"})

Outcome = Literal["which", "same", "providers"]


class Compared(kit.OfProvider, frozen=True, kw_only=True):
    """The comparison of two providers, or the reason why there is none.

    Attributes:
        outcome: "providers" for a comparison; "same" if both names mean the same; "which" if both providers are on the
            member's claims, so that the reply asks what is meant. None if a provider is missing or ambiguous.
        found: The missing or ambiguous provider, whose name is in the `slot`.
        also: The other name, if no provider has that name either; `beside`: the other provider, if listed.
        same: The common name of both; `named`: both names for "which".
        cards: Both providers; `ranked`: both by distance, if requested.
        shared: The networks that list both providers; `mine`: those that are also the member's.
    """

    found: kit.Who = kit.Who(None, ())
    outcome: Outcome | None = None
    same: str | None = None
    slot: str = "provider_name"
    cards: tuple[kit.Card, ...] = ()
    shared: tuple[str, ...] = ()
    mine: tuple[str, ...] = ()
    where: kit.SearchArea | None = None
    named: tuple[str, ...] = ()
    also: str | None = None
    beside: kit.Card | None = None
    ranked: kit.Ranked | None = None


async def answer(ask: kit.Ask) -> Compared:
    """Compare the two named providers.

    Raises:
        NeedsPlace: The named place is unknown.
        Reroute: The question compares networks or places; `provider.find` counts the providers in each, and
            `plan.networks` answers a question about networks only.
    """
    where = await kit.around(ask) if "location" in ask.slots else None
    ask = await _of_one_first_name(ask)
    if ask.slots.get("provider_name") and ask.slots.get("other_name"):
        if own := await _own(ask):
            return Compared(outcome="which", named=own)
        return await _providers(ask, where)
    if not {"network", "other_network", "location"}.isdisjoint({*ask.several, *ask.slots}):
        placed = where or "specialty" in ask.slots
        raise kit.Reroute("provider.find" if placed else "plan.networks", apart="yes")
    if ask.slots.get("provider_name") and ask.concepts:
        raise kit.Reroute("provider.detail")  # there is no other to compare it with
    return Compared()


async def _of_one_first_name(ask: kit.Ask) -> kit.Ask:
    """Return the question with the full names of two of one first name ("two Graces, Okafor and Fitzgerald")."""
    both, first = ask.several.get("other_name"), str(ask.slots.get("provider_name")).removesuffix("s")
    if both is None or len(both.values) != len(("left", "right")):
        return ask
    names = [f"{first} {one}" for one in both.values]
    slots = {**ask.slots, "provider_name": names[0], "other_name": names[1]}
    whole = replace(ask, slots=slots, several={name: one for name, one in ask.several.items() if name != "other_name"})
    left, right = await asyncio.gather(_who(whole, "provider_name"), _who(whole, "other_name"))
    return whole if left.found and right.found else ask


async def _own(ask: kit.Ask) -> tuple[str, ...]:
    """Return both names if both are on the member's claims and the question needs no directory data; else ()."""
    if not ask.said or _LISTED & ask.slots.keys():
        return ()
    names = tuple(str(ask.slots[slot]) for slot in ("provider_name", "other_name"))
    claims = await ask.own_claims()
    seen = [one for claim in claims for one in (claim.seen, claim.billing)]
    return names if all(any(kit.is_named(one, name) for one in seen) for name in names) else ()


async def _providers(ask: kit.Ask, where: kit.SearchArea | None) -> Compared:
    sides = await asyncio.gather(_who(ask, "provider_name"), _who(ask, "other_name"))
    left, right = (_nearest(ask, one, where) if where and "rank_near" in ask.asked.says else one for one in sides)
    for slot, found in (("provider_name", left), ("other_name", right)):
        if found.only is None:
            other = right if found is left else left
            return Compared(
                found=found,
                slot=slot,
                also=other.name if found.state == other.state == "unknown" else None,
                beside=kit.cards(ask, other.only, where)[0] if other.only else None,
            )
    both = (left.only or (), right.only or ())
    ask.cite("PractitionerRole", [row.role_id for rows in both for row in rows if row.role.type == "PractitionerRole"])
    told = side_by_side(both, ask, where)
    # Only what is private already tells the asker's network: any other comparison can be shared.
    own = await kit.own_networks(ask) if told.shared and ask.private else ()
    return replace(told, mine=tuple(name for name in told.shared if name in own))


def _nearest(ask: kit.Ask, found: kit.Who, where: kit.SearchArea) -> kit.Who:
    """Return the nearest of several with the name, where the question is who is closer."""
    miles = {rows: kit.cards(ask, rows, where)[0].miles for rows in found.shown}
    return replace(found, found=(min(miles, key=lambda rows: miles[rows] or math.inf),)) if miles else found


async def _who(ask: kit.Ask, slot: str) -> kit.Who:
    """Return the result of the search for the provider whose name is in the slot."""
    words = {**ask.words, "provider_name": ask.words.get(slot, "")}
    ask = ask.without("location") if "rank_near" in ask.asked.says else ask  # it is where the distances begin
    return await kit.who(replace(ask, slots={**ask.slots, "provider_name": ask.slots[slot]}, words=words, named={}))


def side_by_side(found: Sequence[tuple[kit.Listing, ...]], ask: kit.Ask, where: kit.SearchArea | None) -> Compared:
    """Return the comparison of two providers; the outcome is "same" if both names belong to one provider."""
    if len(kit.by_provider([row for rows in found for row in rows])) == 1:
        return Compared(outcome="same", same=found[0][0].name)
    both = tuple(card for rows in found for card in kit.cards(ask, rows, where))
    shared = tuple(name for name in both[0].every_network if name in both[1].every_network)
    near = kit.ranked(ask, sorted(both, key=lambda card: math.inf if card.miles is None else card.miles))
    asked = [one for one in kit.facts_asked(ask) if one != "distance"]  # that, and their networks, are told in any case
    return Compared(
        outcome="providers",
        cards=both,
        shared=shared,
        where=where,
        ranked=near,
        each=kit.facts_each(ask, found, asked, where),
    )
