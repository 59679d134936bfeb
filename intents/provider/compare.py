"""Compares two providers or two networks, by public directory data only."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from typing import Literal

import msgspec
from msgspec.structs import replace

from bot import kit

_LISTED = frozenset({"network", "other_network", "location", "specialty"})

Outcome = Literal["which", "unclear", "same", "providers", "networks"]


class Side(msgspec.Struct, frozen=True):
    """One network of a comparison.

    Attributes:
        plans: The names of the plans that use the network.
        found: The number of providers of the requested kind in the area; None if the question names no place.
        open: How many of these accept new patients; None if the question names no place.
        nearest: The nearest of these providers.
    """

    name: str
    plans: tuple[str, ...]
    found: int | None = None
    open: int | None = None
    nearest: kit.Card | None = None


class Compared(kit.OfProvider, frozen=True, kw_only=True):
    """The comparison of two providers or two networks, or the reason why there is none.

    Attributes:
        outcome: "providers" or "networks" for a comparison; "same" if both names mean the same; "unclear" for an
            unclear network; "which" if both providers are on the member's claims, so that the reply asks what is meant.
            None if a provider is missing or ambiguous.
        found: The missing or ambiguous provider, whose name is in the `slot`.
        also: The other name, if no provider has that name either; `beside`: the other provider, if listed.
        same: The common name of both; `named`: both names for "which".
        cards: Both providers; `ranked`: both by distance, if requested.
        shared: The networks that list both providers; `mine`: those that are also the member's.
        sides: Both networks; `both`: the number of providers whom both networks list.
        most: The network with more providers, if the question asks which has more.
        what, codes: The requested kind of provider.
    """

    found: kit.Who = kit.Who(None, ())
    outcome: Outcome | None = None
    same: str | None = None
    slot: str = "provider_name"
    cards: tuple[kit.Card, ...] = ()
    shared: tuple[str, ...] = ()
    mine: tuple[str, ...] = ()
    sides: tuple[Side, ...] = ()
    both: int | None = None
    most: str | None = None
    what: str | None = None
    codes: tuple[str, ...] = ()
    where: kit.SearchArea | None = None
    unclear: kit.Wanted | None = None
    named: tuple[str, ...] = ()
    also: str | None = None
    beside: kit.Card | None = None
    ranked: kit.Ranked | None = None


async def answer(ask: kit.Ask) -> Compared:
    """Compare the two named providers, or else the two named networks.

    Raises:
        NeedsPlace: The named place is unknown.
        Reroute: The question counts providers in several networks or places; `provider.find` tells them.
    """
    where = await kit.around(ask) if "location" in ask.slots else None
    return await _compared(ask, where)


async def _compared(ask: kit.Ask, where: kit.SearchArea | None) -> Compared:
    ask = await _of_one_first_name(ask)
    if ask.slots.get("provider_name") and ask.slots.get("other_name"):
        if own := await _own(ask):
            return Compared(outcome="which", named=own)
        return await _providers(ask, where)
    names = [str(ask.slots.get(slot) or "") for slot in ("network", "other_network")]
    if all(kit.telling(name) for name in names):
        return await _networks(ask, names, where)
    if where and ("specialty" in ask.slots or not {"network", "location"}.isdisjoint(ask.several)):
        raise kit.Reroute("provider.find")
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
    left, right = await asyncio.gather(_who(ask, "provider_name"), _who(ask, "other_name"))
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


async def _who(ask: kit.Ask, slot: str) -> kit.Who:
    """Return the result of the search for the provider whose name is in the slot."""
    words = {**ask.words, "provider_name": ask.words.get(slot, "")}
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


async def _networks(ask: kit.Ask, names: Sequence[str], where: kit.SearchArea | None) -> Compared:
    listed = await kit.networks(ask)
    resolved = [
        kit.wanted("", (ask.words.get(slot, ""), name), listed)
        for slot, name in zip(("network", "other_network"), names, strict=True)
    ]
    for slot, found_as in zip(("network", "other_network"), resolved, strict=True):
        if not found_as.is_clear:
            return Compared(outcome="unclear", slot=slot, unclear=found_as)
    if resolved[0].names == resolved[1].names:
        return Compared(outcome="same", same=resolved[0].names[0])
    sold = await kit.plans(ask)
    found = await kit.listings(ask, codes=kit.kind_codes(ask), where=where) if where else None
    return counted(found, resolved, sold, ask, where)


def counted(
    found: Sequence[kit.Listing] | None,
    sides: Sequence[kit.Wanted],
    sold: Sequence[kit.Plan],
    ask: kit.Ask,
    where: kit.SearchArea | None,
) -> Compared:
    """Return the comparison of two networks, with the numbers of their providers in the area if a place was named."""
    fitting = kit.sift(found or (), kit.Conditions(codes=kit.kind_codes(ask)).filters(ask, where))
    members = [[row for row in fitting if one.holds(row)] for one in sides]
    both = [rows for rows in kit.by_provider(fitting) if all(any(one.holds(row) for row in rows) for one in sides)]
    ask.cite("PractitionerRole", [row.role_id for rows in members for row in rows])
    told = tuple((one.names[0], len(kit.by_provider(rows))) for one, rows in zip(sides, members, strict=True))
    first = kit.Sides(told, ranks="ranks_apart" in ask.asked.says).first
    return Compared(
        most=first[0] if first else None,
        outcome="networks",
        sides=tuple(_side(one, rows, sold, ask, where) for one, rows in zip(sides, members, strict=True)),
        both=len(both) if where else None,
        what=ask.words.get("specialty"),
        codes=kit.kind_codes(ask),
        where=where,
    )


def _side(
    one: kit.Wanted, rows: Sequence[kit.Listing], sold: Sequence[kit.Plan], ask: kit.Ask, where: kit.SearchArea | None
) -> Side:
    name = one.names[0]
    users = (plan.name for plan in sold if any(network.name == name for network in plan.networks))
    used = tuple(dict.fromkeys(user for user in users if user))
    if where is None:
        return Side(name, used)
    takers = [row for row in rows if one.opens(row)]
    nearest = kit.cards(ask, rows, where)
    return Side(name, used, len(kit.by_provider(rows)), len(kit.by_provider(takers)), nearest[0] if nearest else None)
