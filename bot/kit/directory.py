"""Searches the open directory around a place; every filter is checked again on the results (T44)."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Literal

from bot.kit.around import SearchArea
from bot.kit.ask import Ask
from bot.kit.conditions import Filter, sift
from bot.kit.reading import read_pages
from bot.kit.sites import lies_in
from bot.kit.spelling import name_of_state
from bot.payer.budget import MIB, Gap
from bot.payer.chains import batches
from bot.payer.search import Search, SearchValue, any_of, escape, given, token
from bot.records.joined import Directory
from bot.records.listing import Listing
from bot.records.provider import Role
from bot.records.service import NUCC
from bot.records.shapes import Key

_MOST_ZIPS = 200
_REGION = 3  # digits of a ZIP that lie in one state
_REACH = 3  # miles: a place can be that much nearer than the middle of its ZIP
_MOST_BROUGHT = 1_000
# In which order what the roles name is asked for, with the filters that can be checked before it is known.
_OF_ROLE = frozenset({"specialty", "network"})
_OF_PLACE = _OF_ROLE | {"radius", "accepting_new"}
_STAGES = (
    ("service", _OF_ROLE),
    ("location", _OF_ROLE),
    ("practitioner", _OF_PLACE),
    ("owner", _OF_PLACE),
    ("organization", _OF_PLACE),
    ("participating-organization", _OF_PLACE),
    ("primary-organization", _OF_PLACE),
)
PERSON_INCLUDES = ("practitioner", "location", "network", "organization", "service")
_WHO_AND_WHERE = ("practitioner", "location", "owner", "organization", "service")
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
        if sift(rows, filters):
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
    directory = Directory()
    if where is None:
        await read_rows(ask, directory, roles, PERSON_INCLUDES)
        return await rows_of(ask, directory, _WHO_AND_WHERE, filters)
    ways = area(ask, where)
    (placeless, answered), _ = await asyncio.gather(
        _placeless(ask, roles, PERSON_INCLUDES), read_around(ask, directory, roles, PERSON_INCLUDES, ways)
    )
    if answered != "all":
        rows = await rows_of(ask, directory, _WHO_AND_WHERE, filters)
        if len({row.key for row in sift(rows, filters)}) >= _FEW and not (
            directory.has_services() or placeless.has_services()
        ):
            return rows
        await read_around(ask, directory, Search("HealthcareService"), ("location",), ways, optional=True)
        found, _ = await _placeless(ask, Search("HealthcareService"))
        directory.absorb(found)
        await _read_homes(ask, directory, [one.provided_by for one in found.services.values() if one.provided_by])
        services = ((key, one) for key, one in directory.services.items() if key.type)
        here = [key for key, one in services if one.locations or directory.home(one.provided_by)]
        await read_by(ask, directory, roles, "service", here, includes=PERSON_INCLUDES)
    await _read_unaddressed(ask, directory, roles, where)
    placeless.drop_unplaced()
    directory.absorb(placeless)
    return await rows_of(ask, directory, _WHO_AND_WHERE, filters)


async def read_around(
    ask: Ask,
    directory: Directory,
    search: Search,
    includes: Sequence[str],
    ways: Sequence[tuple[str, str]],
    *,
    optional: bool = False,
) -> None:
    """Add the rows of a search in an area to the directory, once for each of the `ways` to search by place.

    Without ways, the rows of all places are added. The ways run one after another: a chained search that the server
    rejects the first time is not tried again.
    """
    for number, way in enumerate([(way,) for way in ways] or [()]):
        await read_rows(ask, directory, search.where(*way), includes, optional=optional or number > 0)


async def _placeless(
    ask: Ask, search: Search, includes: Sequence[str] = ()
) -> tuple[Directory, Literal["all", "some", "unknown"]]:
    """Return the rows without a place, and how many of these rows were read: "all", "some" or "unknown".

    "unknown" means that the server cannot search for such rows; the directory is then empty.
    """
    found = Directory()
    wanted = search.where(("location:missing", "true"), *(("_include", f"{search.type}:{name}") for name in includes))
    async for page in given(ask.search(wanted)):
        found.add(page.entries)
        if found.has_places(search.type):
            return Directory(), "unknown"
        if page.next_url and len(found.roles) + len(found.services) >= _MOST_PLACELESS:
            return found, "some"
    return found, "all"


async def _read_unaddressed(ask: Ask, directory: Directory, roles: Search, where: SearchArea) -> None:
    """Add the roles at places with a position but no address, which no search by ZIP code or city finds."""
    found = Directory()
    async for page in given(ask.search(Search("Location", (("address-city:missing", "true"),)))):
        found.add(page.entries)
        if page.next_url or any(place.city for place in found.locations.values()):
            break  # the server cannot tell, or there are too many to ask for
    has_cities = any(place.city for place in found.locations.values())
    areas = [one for one in where.every if one.has_radius]
    placed = [(key, one) for key, one in found.locations.items() if key.type and one.position and one.active]
    near = [key for key, place in placed if any(lies_in(ask, place, one) for one in areas)]
    if not has_cities:
        await read_by(ask, directory, roles, "location", near[:_MOST_PLACELESS], includes=PERSON_INCLUDES)


async def _read_homes(ask: Ask, directory: Directory, owners: Iterable[Key]) -> None:
    """Add every location that these organizations manage to the directory."""
    keys = [key for key in dict.fromkeys(owners) if key.type == "Organization"][:_MOST_BROUGHT]
    await read_by(ask, directory, Search("Location"), "organization", keys)
    directory.homes.update(keys)


async def rows_of(
    ask: Ask, directory: Directory, elements: Sequence[str], filters: Sequence[Filter] = ()
) -> tuple[Listing, ...]:
    """Return the active listings, after reading by id the resources that the server did not include.

    If no listing passes the filters, the resources of all listings are read, so that matches without one of the filters
    can be counted.
    """
    await bring(ask, directory, elements, filters)
    rows = tuple(one for one in directory.listings() if one.active(ask.today))
    return rows if not filters or sift(rows, filters) else await rows_of(ask, directory, elements)


def taxonomy(codes: Sequence[str]) -> SearchValue:
    """Return NUCC codes as one search value, each with the system and without, as rows may have another system."""
    return any_of([*(token(NUCC, code) for code in codes), *codes])


async def read_rows(
    ask: Ask, directory: Directory, search: Search, includes: Sequence[str] = (), *, optional: bool = False
) -> None:
    """Add the rows of a search and its includes to the directory; unreadable rows are reported as a gap.

    An `optional` search adds nothing if the server rejects the search or lacks its type.
    """
    before = directory.unreadable
    wanted = search.where(*(("_include", f"{search.type}:{name}") for name in includes))
    pages = ask.search(wanted)
    async for page in given(pages) if optional else pages:
        directory.add(page.entries)
    if directory.unreadable > before:
        ask.report.gaps.append(Gap("unreadable", search.type, directory.unreadable - before))


async def read_by(
    ask: Ask,
    directory: Directory,
    search: Search,
    parameter: str,
    keys: Iterable[Key],
    *,
    includes: Sequence[str] = (),
    optional: bool = True,
) -> None:
    """Add the rows of a search whose `parameter` refers to one of the resources `keys` to the directory."""
    for batch in batches([f"{key.type}/{key.id}" for key in keys]):
        await read_rows(ask, directory, search.where((parameter, any_of(batch))), includes, optional=optional)


async def bring(ask: Ask, directory: Directory, elements: Sequence[str], filters: Sequence[Filter] = ()) -> None:
    """Read these elements of the roles by id if the server did not include them, and add them to the directory.

    Each element is read only for roles that pass the filters which do not need this element.
    """
    await _fetch(ask, directory, "Organization", directory.unknown_networks(directory.roles.values()))
    for element, before in _STAGES:
        roles = tuple(directory.roles.values()) if element in elements else ()
        if directory.missing(element, roles)[1]:
            checks = [passes for name, passes in filters if name in before]
            roles = _fitting(directory.listings(), checks) if checks else roles
            await _fetch(ask, directory, *directory.missing(element, roles))
        if element == "location" and "service" in elements:
            await _read_homes(ask, directory, directory.owners_to_read(directory.roles.values()))


def _fitting(rows: Sequence[Listing], checks: Sequence[Callable[[Listing], bool]]) -> tuple[Role, ...]:
    """Return all roles of the providers that have a listing which passes every check."""
    keys = {row.key for row in rows if all(passes(row) for passes in checks)}
    return tuple(row.role for row in rows if row.key in keys)


async def _fetch(ask: Ask, directory: Directory, type_: str, ids: Sequence[str]) -> None:
    searches = [Search(type_, (("_id", any_of(batch)),)) for batch in batches(ids[:_MOST_BROUGHT])]
    await asyncio.gather(*(read_pages(ask, directory, one) for one in searches))


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
