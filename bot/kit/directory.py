"""Searching the open directory around a place, and checking every filter again on what comes back (T44)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from bot.kit.around import Around
from bot.kit.ask import Ask
from bot.kit.cards import spots
from bot.kit.wishes import Filter
from bot.payer.budget import Gap
from bot.payer.optional import given
from bot.payer.search import Search, Value, any_of, escape, token
from bot.payer.steps import batches
from bot.records.listing import Directory, Listing
from bot.records.provider import Role

NUCC = "http://nucc.org/provider-taxonomy"
_MOST_ZIPS = 200
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
_INCLUDES = ("practitioner", "location", "network")
_FEW = 5  # providers: a page of them


async def listings(
    ask: Ask,
    *,
    codes: Sequence[str] = (),
    where: Around | None = None,
    name: str | None = None,
    filters: Sequence[Filter] = (),
) -> tuple[Listing, ...]:
    """The directory's roles by specialty, place and name, with who and where they are, active ones only.

    Around a point the search names the ZIPs; when there are too many of them, the state. `filters` are those that the
    rows will be sifted by, so that a server without includes is asked only for what belongs to fitting rows. A role
    that names no place is where its services are given: they are looked for where the others fill no page.
    """
    roles = Search("PractitionerRole", (("specialty", taxonomy(codes)),) if codes else ())
    if name:
        # Servers compare a name part by part: the family name finds the rows, the whole name is checked on them.
        roles = roles.where(("practitioner.name", escape(name.split()[-1])))
    directory = Directory()
    here = area(ask, where) if where is not None else None
    await read_rows(ask, directory, roles.where(here) if here else roles, _INCLUDES)
    rows = await rows_of(ask, directory, ("practitioner", "location", "owner"), filters)
    if here is None or len({row.key for row in rows if all(passes(row) for _, passes in filters)}) >= _FEW:
        return rows
    await _read_served(ask, directory, roles, here)
    return await rows_of(ask, directory, ("service", "practitioner", "location", "owner"), filters)


async def _read_served(ask: Ask, directory: Directory, roles: Search, here: tuple[str, str]) -> None:
    """The roles that are at the place by the services that they name (fhir.md 9.1)."""
    await read_rows(ask, directory, Search("HealthcareService", (here,)), ("location",), optional=True)
    ids = [key.id for key, service in directory.services.items() if key.type and service.locations]
    for batch in batches(ids, prefix="HealthcareService/"):
        await read_rows(ask, directory, roles.where(("service", any_of(batch))), _INCLUDES, optional=True)


async def rows_of(
    ask: Ask, directory: Directory, elements: Sequence[str], filters: Sequence[Filter] = ()
) -> tuple[Listing, ...]:
    """The active listings, with what a server without includes was asked for by id.

    When no listing passes the filters, everything is asked for: what they would find without one has to be told.
    """
    await bring(ask, directory, elements, filters)
    rows = _active(ask, directory)
    if filters and not any(all(passes(row) for _, passes in filters) for row in rows):
        await bring(ask, directory, elements)
        rows = _active(ask, directory)
    return rows


def _active(ask: Ask, directory: Directory) -> tuple[Listing, ...]:
    return tuple(listing for listing in directory.listings() if listing.active(ask.today))


def taxonomy(codes: Sequence[str]) -> Value:
    """NUCC codes as one value: with their system, as servers want it, and bare, for rows that give another system."""
    return any_of([*(token(NUCC, code) for code in codes), *codes])


async def read_rows(
    ask: Ask, directory: Directory, search: Search, includes: Sequence[str] = (), *, optional: bool = False
) -> None:
    """Put the rows of a search, and what it includes, into the directory; what cannot be read is reported.

    An `optional` one may be refused, or be of a type that the server lacks.
    """
    before = directory.unreadable
    wanted = search.where(*(("_include", f"{search.type}:{name}") for name in includes))
    pages = ask.search(wanted)
    async for page in given(pages) if optional else pages:
        directory.add(page.entries)
    if directory.unreadable > before:
        ask.report.gaps.append(Gap("unreadable", search.type, directory.unreadable - before))


async def bring(ask: Ask, directory: Directory, elements: Sequence[str], filters: Sequence[Filter] = ()) -> None:
    """Who and where the roles are, asked for by id at a server that does not include these elements.

    One is asked for only of those whom the filters leave that can be checked before it is known.
    """
    await _fetch(ask, directory, "Organization", directory.nameless(directory.roles.values()))
    for element, before in _STAGES:
        roles = tuple(directory.roles.values()) if element in elements else ()
        if directory.missing(element, roles)[1]:
            checks = [passes for name, passes in filters if name in before]
            roles = _fitting(directory.listings(), checks) if checks else roles
            await _fetch(ask, directory, *directory.missing(element, roles))


def _fitting(rows: Sequence[Listing], checks: Sequence[Callable[[Listing], bool]]) -> tuple[Role, ...]:
    """The roles of everybody who has one that passes."""
    keys = {row.key for row in rows if all(passes(row) for passes in checks)}
    return tuple(row.role for row in rows if row.key in keys)


async def _fetch(ask: Ask, directory: Directory, type_: str, ids: Sequence[str]) -> None:
    async def one(batch: Sequence[str]) -> None:
        async for page in given(ask.search(Search(type_, (("_id", any_of(batch)),)))):
            directory.add(page.entries)

    await asyncio.gather(*(one(batch) for batch in batches(ids[:_MOST_BROUGHT])))


def area(ask: Ask, where: Around) -> tuple[str, str]:
    """The search parameter for the place: the ZIPs that reach into it, or the state when there are too many."""
    zips = ask.places.zips_near(where.center, where.miles + _REACH)
    if 0 < len(zips) <= _MOST_ZIPS:
        return ("location.address-postalcode", any_of(zips))
    return ("location.address-state", escape(where.state))


def within(ask: Ask, listing: Listing, where: Around) -> bool:
    """True when one of its places lies within the distance."""
    return any(spot.miles is not None and spot.miles <= where.miles + _SLACK for spot in spots(ask, [listing], where))


_SLACK = 0.5  # a ZIP's centre is only about where its people are
