"""What a directory proves of a provider and networks: place by place, and never denied because nothing was found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bot.kit.sites import Site
from bot.records.listing import Listing

Proven = Literal["listed", "partly", "elsewhere", "other", "silent", "any"]


@dataclass(frozen=True, slots=True)
class ProvenPlace:
    """One place of the provider: the networks of those that were asked for that it is listed in, and all of them.

    `placed` is False for what the directory says without naming a place. `shares_phone`: the number is of several.
    """

    address: str
    wanted: tuple[str, ...]
    networks: tuple[str, ...]
    placed: bool = True
    phone: str | None = None
    shares_phone: bool = False


def proven_place(site: Site, wanted: Sequence[str]) -> ProvenPlace:
    """A place with what it proves of the wanted networks."""
    proven = tuple(name for name in wanted if name in site.networks)
    return ProvenPlace(site.address, proven, site.networks, site.spot is not None, site.phone, not site.phones)


def proven_of(
    places: Sequence[ProvenPlace], others: Sequence[ProvenPlace], wanted: Sequence[str], rows: Sequence[Listing]
) -> Proven:
    """The verdict over the places that a question is about, and the provider's others.

    `listed` at every place, `partly` at some, `elsewhere` only at others, `other` only in other networks, `silent`: no
    network is named at all, `any`: none was asked for.
    """
    if not any(row.networks for row in rows):
        return "silent"
    if not wanted:
        return "any"
    if places and all(place.wanted for place in places):
        return "listed"
    if any(place.wanted for place in places):
        return "partly"
    return "elsewhere" if any(place.wanted for place in others) else "other"
