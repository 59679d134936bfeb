"""Where a person looks for care, as a point and a distance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from bot.kit.ask import Ask, NeedsPlace
from bot.payer.optional import given
from bot.payer.search import Search
from bot.records.joined import Directory

FARTHER = (25, 60)  # miles: how far is looked when nothing is near; the second only where the first is empty
_REACH_MILES = 25.0


@dataclass(frozen=True, slots=True)
class Around:
    """Where to look: a point, how the person would call it, and how far, in miles. `home` when it is the member's."""

    center: tuple[float, float]
    name: str
    state: str
    miles: float
    home: bool = False


def farther(where: Around) -> tuple[Around, ...]:
    """The same place, looked at from wider off, in the order to try."""
    return tuple(replace(where, miles=float(miles)) for miles in FARTHER if where.miles < miles)


async def around(ask: Ask, *, default_miles: float = 10) -> Around:
    """The place that was asked for.

    Raises:
        NeedsPlace: none was named, or the named one is unknown or too far from what the directory covers.
    """
    miles, place = ask.slots.get("radius"), ask.slots.get("location")
    wide = min(float(str(miles)), 100.0) if miles else default_miles
    if place == "me":
        home = await ask.home()
        if home is None or home.zip5 is None:
            raise NeedsPlace
        center = ask.places.coordinates(home.zip5)
        return _known(ask, center, home.zip5, home.state or "TN", wide, home=True)
    if not isinstance(place, Mapping):
        raise NeedsPlace
    if zip_code := place.get("zip"):
        city = ask.places.city_of(str(zip_code))
        known = _Known(ask.places.coordinates(str(zip_code)), str(zip_code), city[1] if city else "TN")
        return await _known_or_listed(ask, known, (("address-postalcode", str(zip_code)),), wide)
    state = str(place.get("state") or "TN")
    if county := place.get("county"):
        return _known(ask, ask.places.county_center(str(county), state), f"{county} County", state, max(wide, 20))
    city_name = str(place.get("city") or "")
    if not city_name:
        raise NeedsPlace
    known = _Known(ask.places.city_center(city_name, state), city_name, state)
    return await _known_or_listed(ask, known, (("address-city", city_name), ("address-state", state)), wide)


class _Known(NamedTuple):
    center: tuple[float, float] | None
    name: str
    state: str


async def _known_or_listed(ask: Ask, known: _Known, listed: tuple[tuple[str, str], ...], miles: float) -> Around:
    """The place as the gazetteer knows it; one that it does not, or that is far off, as the directory lists it."""
    try:
        return _known(ask, *known, miles)
    except NeedsPlace:
        found = await _listed(ask, known, listed)
        if found is None:
            raise
        return replace(found, miles=max(miles, 1.0))


async def _listed(ask: Ask, known: _Known, listed: tuple[tuple[str, str], ...]) -> Around | None:
    """Where the directory itself has places of that city or ZIP."""
    directory = Directory()
    async for page in given(ask.search(Search("Location", listed))):
        directory.add(page.entries)
        break
    for place in directory.locations.values():
        there = known.name in {place.zip5, place.city} or (place.city or "").casefold() == known.name.casefold()
        point = place.position or known.center
        if there and point and place.active:
            return Around(point, known.name, place.state or known.state, 1.0)
    return None


def _known(
    ask: Ask, center: tuple[float, float] | None, name: str, state: str, miles: float, *, home: bool = False
) -> Around:
    if center is None:
        raise NeedsPlace(name)
    if not ask.places.zips_near(center, _REACH_MILES):
        raise NeedsPlace(f"{name}, {state}", outside=True)
    return Around(center, name, state, max(miles, 1.0), home)
