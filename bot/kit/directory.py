"""Searches the open directory around a place; every filter is checked again on the results (T44)."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Literal

from bot.kit.around import SearchArea
from bot.kit.ask import Ask
from bot.kit.conditions import Filter, sift
from bot.kit.reading import MOST_BROUGHT, ReadDirectory
from bot.kit.sites import lies_in
from bot.kit.spelling import name_of_state
from bot.payer.budget import MIB
from bot.payer.search import Search, SearchValue, any_of, escape, given, token
from bot.records.listing import Listing
from bot.records.service import NUCC
from bot.records.shapes import Key

_MOST_ZIPS = 200
_REGION = 3  # digits of a ZIP that lie in one state
_REACH = 3  # miles: a place can be that much nearer than the middle of its ZIP
# In which order what the roles name is asked for, with the filters that can be checked before it is known.
_OF_ROLE = frozenset({"specialty", "network"})
_OF_PLACE = _OF_ROLE | {"radius", "accepting_new"}
_STAGES = (
    *("service", "location", "practitioner", "owner", "organization"),
    *("participating-organization", "primary-organization"),
)
OF_PERSON = ("practitioner", "location", "network", "organization", "service")
WHO_AND_WHERE = ("practitioner", "location", "owner", "organization", "service")
_FEW = 5  # providers: a page of them
_MOST_PLACELESS = 100
_MOST_PAGES, _MOST_RESOURCES, _MOST_BYTES = 80, 15_000, 80 * MIB


async def listings(
    ask: Ask,
    *,
    codes: Sequence[str] = (),
    where: SearchArea | None = None,
    name: str | None = None,
    filters: Sequence[Filter] = (),
    networks: Sequence[str] = (),
) -> tuple[Listing, ...]:
    """Return the active listings of roles by specialty, area and name, with their providers and places.

    `filters` are the caller's own: a server without includes is asked only for the resources of matching rows.
    `networks` are ids of alternative networks: only their roles are searched, and all roles if none of these matches.
    """
    widen(ask)
    roles = Search("PractitionerRole", (("specialty", taxonomy(codes)),) if codes else ())
    if name:
        # Servers compare a name part by part: the family name finds the rows, the whole name is checked on them.
        roles = roles.where(("practitioner.name", escape(name.split()[-1])))
    if networks:
        ids = any_of(f"Organization/{id_}" for id_ in networks)
        rows = await _roles(ask, roles.where(("network", ids)), where, filters)
        if any(sift((row,), filters) for row in rows):
            return rows
    return await _roles(ask, roles, where, filters)


def widen(ask: Ask) -> None:
    """Raise the question's budget so that all roles of one specialty in a city can be read."""
    ask.budget.widen(pages=_MOST_PAGES, resources=_MOST_RESOURCES, total=_MOST_BYTES)


async def _roles(ask: Ask, roles: Search, where: SearchArea | None, filters: Sequence[Filter]) -> tuple[Listing, ...]:
    """Return the active listings of a search for roles, near the place if one is given.

    A role without a place is taken to be at the places of its services, or else at the only place of its organization.
    If the server cannot list all such roles, roles are found by the services in the area instead. This search is left
    out if enough roles match already and no role names a service.
    """
    directory = ReadDirectory(ask=ask)
    if where is None:
        await directory.rows(roles, OF_PERSON)
        return await rows_of(directory, WHO_AND_WHERE, filters)
    ways = area(ask, where)
    (placeless, answered), _ = await asyncio.gather(
        _placeless(ask, roles, OF_PERSON), directory.around(roles, OF_PERSON, ways)
    )
    if answered != "all":
        rows = await rows_of(directory, WHO_AND_WHERE, filters)
        served = directory.has_services() or placeless.has_services()
        if len({row.key for row in sift(rows, filters)}) >= _FEW and not served:
            return rows
        await directory.around(Search("HealthcareService"), ("location",), ways, optional=True)
        found, _ = await _placeless(ask, Search("HealthcareService"))
        directory.absorb(found)
        await _read_homes(directory, [one.provided_by for one in found.services.values() if one.provided_by])
        services = ((key, one) for key, one in directory.services.items() if key.type)
        here = [key for key, one in services if one.locations or directory.home(one.provided_by)]
        await directory.by(roles, "service", here, includes=OF_PERSON)
    await _read_unaddressed(ask, directory, roles, where)
    placeless.drop_unplaced()
    directory.absorb(placeless)
    return await rows_of(directory, WHO_AND_WHERE, filters)


async def _placeless(
    ask: Ask, search: Search, includes: Sequence[str] = ()
) -> tuple[ReadDirectory, Literal["all", "some", "unknown"]]:
    """Return the rows without a place, and how many of these rows were read: "all", "some" or "unknown".

    "unknown" means that the server cannot search for such rows; the directory is then empty.
    """
    found = ReadDirectory(ask=ask)
    wanted = search.where(("location:missing", "true"), *(("_include", f"{search.type}:{name}") for name in includes))
    async for page in given(ask.search(wanted)):
        found.add(page.entries)
        if found.has_places(search.type):
            return ReadDirectory(ask=ask), "unknown"
        if page.next_url and len(found.roles) + len(found.services) >= _MOST_PLACELESS:
            return found, "some"
    return found, "all"


async def _read_unaddressed(ask: Ask, directory: ReadDirectory, roles: Search, where: SearchArea) -> None:
    """Add the roles at places with a position but no address, which no search by ZIP code or city finds."""
    found = ReadDirectory(ask=ask)
    async for page in given(ask.search(Search("Location", (("address-city:missing", "true"),)))):
        found.add(page.entries)
        if page.next_url or any(place.city for place in found.locations.values()):
            break  # the server cannot tell, or there are too many to ask for
    has_cities = any(place.city for place in found.locations.values())
    areas = [one for one in where.every if one.has_radius]
    placed = [(key, one) for key, one in found.locations.items() if key.type and one.position and one.active]
    near = [key for key, place in placed if any(lies_in(ask, place, one) for one in areas)]
    if not has_cities:
        await directory.by(roles, "location", near[:_MOST_PLACELESS], includes=OF_PERSON)


async def _read_homes(directory: ReadDirectory, owners: Iterable[Key]) -> None:
    """Add every location that these organizations manage to the directory."""
    keys = [key for key in dict.fromkeys(owners) if key.type == "Organization"][:MOST_BROUGHT]
    await directory.by(Search("Location"), "organization", keys)
    directory.homes.update(keys)


async def rows_of(
    directory: ReadDirectory, elements: Sequence[str], filters: Sequence[Filter] = ()
) -> tuple[Listing, ...]:
    """Return the active listings, after reading by id the resources that the server did not include.

    If no listing passes the filters, the resources of all listings are read, so that matches without one of the filters
    can be counted.
    """
    await bring(directory, elements, filters)
    rows = tuple(one for one in directory.listings() if one.active(directory.ask.today))
    fit = not filters or any(sift((row,), filters) for row in rows)
    return rows if fit else await rows_of(directory, elements)


def taxonomy(codes: Sequence[str]) -> SearchValue:
    """Return NUCC codes as one search value, each with the system and without, as rows may have another system."""
    return any_of([*(token(NUCC, code) for code in codes), *codes])


async def bring(directory: ReadDirectory, elements: Sequence[str], filters: Sequence[Filter] = ()) -> None:
    """Read these elements of the roles by id if the server did not include them, and add them to the directory.

    Each element is read only for roles that pass the filters which do not need this element.
    """
    await directory.by_id("Organization", directory.unknown_networks(directory.roles.values()))
    for element in _STAGES:
        roles = tuple(directory.roles.values()) if element in elements else ()
        if directory.missing(element, roles)[1]:
            before = _OF_ROLE if element in {"service", "location"} else _OF_PLACE
            checks = [passes for name, passes in filters if name in before]
            rows = directory.listings() if checks else ()
            fit = {row.key for row in rows if all(passes(row) for passes in checks)}  # providers, by any listing
            roles = tuple(row.role for row in rows if row.key in fit) if checks else roles
            await directory.by_id(*directory.missing(element, roles))
        if element == "location" and "service" in elements:
            await _read_homes(directory, directory.owners_to_read(directory.roles.values()))


def area(ask: Ask, where: SearchArea) -> tuple[tuple[str, str], ...]:
    """Return the search parameters for the area, one for each way to search; each way finds rows that the others miss.

    A place with a missing or wrong ZIP code is found by its city, or by its county if the area is a county. If there
    are too many ZIP codes, or a state was asked for, the states are searched.
    """
    found = [
        ask.places.zips_of_county(one.county, one.state)
        if one.county
        else ask.places.zips_near(one.center, one.miles + _REACH)
        for one in where.every
        if not one.statewide
    ]
    zips = tuple(dict.fromkeys(zip_code for some in found for zip_code in some))
    states = {one.state for one in where.every if one.statewide}
    if states or not 0 < len(zips) <= _MOST_ZIPS:
        regions = {zip_code[:_REGION]: zip_code for zip_code in zips}.values()
        cities = (ask.places.city_of(zip_code) for zip_code in regions)
        states |= {where.state, *(city[1] for city in cities if city)}
        return (("location.address-state", any_of(sorted(states | {name_of_state(one) or one for one in states}))),)
    towns = sorted({city[0] for zip_code in zips if (city := ask.places.city_of(zip_code))})
    counties = sorted({one.county for one in where.every if one.county})
    ways = [("location.address-postalcode", zips), ("location.address-city", towns), ("location.address", counties)]
    return tuple((name, any_of(values)) for name, values in ways if values)
