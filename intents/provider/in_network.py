"""Is a provider in a network: proven place by place by a reference, and never denied because nothing was found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from bot.kit import (
    Around,
    Ask,
    Choice,
    Listing,
    Summary,
    Who,
    around,
    is_called,
    names_of,
    own_networks,
    spots,
    telling,
    who,
)

Verdict = Literal["unnamed", "unknown", "ended", "several", "listed", "partly", "elsewhere", "other", "silent", "any"]


@dataclass(frozen=True, slots=True)
class Place:
    """One place of the provider: the networks of those that were asked for that it is listed in, and all of them."""

    address: str
    wanted: tuple[str, ...]
    networks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InNetwork(Summary):
    """What the directory proves.

    `wanted` are the networks that were asked for; `guessed` when they are the asker's own by their coverage. `places`
    are those that the question is about, `others` the provider's further ones.

    Verdicts: `listed` at every place that was asked about, `partly` at some, `elsewhere` only at places that were not
    asked about, `other` only in other networks, `silent`: the directory names no network at all, `any`: no network was
    asked for. `ended`: whoever has the name is no longer listed as active.
    """

    verdict: Verdict
    name: str | None = None
    wanted: tuple[str, ...] = ()
    guessed: bool = False
    places: tuple[Place, ...] = ()
    others: tuple[Place, ...] = ()
    networks: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    total: int = 0
    reference: str | None = None
    where: Around | None = None
    updated: datetime | None = None
    today: date | None = None

    @property
    def numbered(self) -> tuple[tuple[int, Choice], ...]:
        """The choices with their numbers."""
        return tuple(enumerate(self.choices, 1))

    @property
    def proven(self) -> tuple[Place, ...]:
        """The places at which one of the wanted networks is proven."""
        return tuple(place for place in self.places if place.wanted)

    @property
    def unproven(self) -> tuple[Place, ...]:
        """The places at which none is."""
        return tuple(place for place in self.places if not place.wanted)

    @property
    def lacking(self) -> tuple[str, ...]:
        """The wanted networks that no place of the question is listed in."""
        return tuple(name for name in self.wanted if not any(name in place.wanted for place in self.places))


async def answer(ask: Ask) -> InNetwork:
    """What the directory says of the provider in the network; without one named, in the asker's own."""
    network = str(ask.slots.get("network") or "")
    named = (network,) if network and network != "out-of-network" and telling(network) else ()
    found = await who(ask)
    guess = await own_networks(ask) if found.only and not named else ()
    where = await around(ask) if isinstance(ask.slots.get("location"), dict) else None
    result = summarize(found, ask, named or guess, where, guessed=bool(guess))
    found.cite(ask)
    return result


def summarize(found: Who, ask: Ask, wanted: tuple[str, ...], where: Around | None, *, guessed: bool) -> InNetwork:
    """The verdict on the one provider of the name, else whom it may be."""
    rows = found.only
    if rows is None:
        state = "unknown" if found.state == "one" else found.state
        return InNetwork(state, found.name, choices=found.choices, total=len(found.found))
    places, others = _places(ask, rows, wanted, where)
    dates = [row.last_updated for row in rows if row.last_updated]
    return InNetwork(
        verdict=_verdict(places, others, wanted, names_of(rows)),
        name=rows[0].name,
        wanted=wanted,
        guessed=guessed,
        places=places,
        others=others,
        networks=names_of(rows),
        reference=f"{rows[0].key.type}/{rows[0].key.id}",
        where=where,
        updated=min(dates) if len(dates) == len(rows) else None,
        today=ask.today,
    )


def _verdict(
    places: tuple[Place, ...], others: tuple[Place, ...], wanted: tuple[str, ...], networks: tuple[str, ...]
) -> Verdict:
    if not networks:
        return "silent"
    if not wanted:
        return "any"
    if places and all(place.wanted for place in places):
        return "listed"
    if any(place.wanted for place in places):
        return "partly"
    return "elsewhere" if any(place.wanted for place in others) else "other"


def _places(
    ask: Ask, rows: tuple[Listing, ...], wanted: tuple[str, ...], where: Around | None
) -> tuple[tuple[Place, ...], tuple[Place, ...]]:
    """The places that the question is about, and the others. A listing without a place stands for itself."""
    asked: list[Place] = []
    others: list[Place] = []
    for spot in spots(ask, rows, where):
        here = [row for row in rows if spot.location in row.locations]
        near = where is None or (spot.miles is not None and spot.miles <= where.miles)
        (asked if near else others).append(_place(spot.address or spot.location.name or "", here, wanted))
    unplaced = [row for row in rows if not row.locations]
    if unplaced and not (asked or others):
        asked.append(_place("", unplaced, wanted))
    return tuple(asked), tuple(others)


def _place(address: str, rows: list[Listing], wanted: tuple[str, ...]) -> Place:
    proven = tuple(name for name in wanted if any(is_called(one, name) for row in rows for one in row.networks))
    return Place(address, proven, names_of(rows))
