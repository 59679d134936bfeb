"""Finds who works for an organization, for a part of it, at a place or in a service."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from bot.kit.ask import Ask
from bot.kit.directory import PERSON_INCLUDES, read_rows, rows_of, taxonomy, widen
from bot.kit.named import HOUSES, houses_named
from bot.kit.spelling import is_named
from bot.kit.wishes import Filter
from bot.payer.search import Search, any_of
from bot.payer.steps import batches
from bot.records.joined import Directory
from bot.records.listing import Listing
from bot.records.references import Key

_DEPTH, _MOST = 4, 200  # levels of partOf that are followed; organizations


async def houses(ask: Ask, name: str) -> frozenset[Key]:
    """The active organizations, places and services of the name, with all that is part of these organizations.

    A ring of partOf is walked once.
    """
    _, named = await houses_named(ask, name, is_named)
    found = set(named)
    fresh = {key for key in found if key.type == "Organization"}
    for _ in range(_DEPTH):
        below = await _parts(ask, fresh) if fresh and len(found) < _MOST else set()
        fresh = below - found
        found |= fresh
    return frozenset(found)


async def staff(
    ask: Ask, keys: Collection[Key], codes: Sequence[str], filters: Sequence[Filter] = ()
) -> tuple[Listing, ...]:
    """The active listings of people at these houses: for an organization, at a place that it runs, in a service."""
    widen(ask)
    directory = Directory()
    roles = Search("PractitionerRole", (("specialty", taxonomy(codes)),) if codes else ())

    async def read(parameter: str, type_: str, ids: Iterable[str], *, optional: bool = True) -> None:
        for batch in batches(sorted(set(ids))[:_MOST], prefix=f"{type_}/"):
            search = roles.where((parameter, any_of(batch)))
            await read_rows(ask, directory, search, PERSON_INCLUDES, optional=optional)

    of = {type_: [key.id for key in keys if key.type == type_] for type_ in HOUSES}
    await read("organization", "Organization", of["Organization"], optional=False)
    await _beside(
        ask, directory, Search("Location"), "organization", [f"Organization/{id_}" for id_ in of["Organization"]]
    )
    places = [key.id for key, one in directory.locations.items() if key.type and one.organization in keys]
    places += of["Location"]
    await read("location", "Location", places)
    await _beside(ask, directory, Search("HealthcareService"), "location", [f"Location/{id_}" for id_ in places])
    here = {Key("Location", id_) for id_ in places}
    given = [key.id for key, one in directory.services.items() if key.type and not here.isdisjoint(one.locations)]
    await read("service", "HealthcareService", [*of["HealthcareService"], *given])
    return await rows_of(ask, directory, ("practitioner", "location", "owner", "organization", "service"), filters)


async def _beside(ask: Ask, directory: Directory, search: Search, parameter: str, of: Iterable[str]) -> None:
    """The places of organizations, or the services of places."""
    for batch in batches(sorted(set(of))[:_MOST]):
        await read_rows(ask, directory, search.where((parameter, any_of(batch))), optional=True)


async def _parts(ask: Ask, owners: Iterable[Key]) -> set[Key]:
    directory = Directory()
    ids = sorted(key.id for key in owners if key.type)
    for batch in batches(ids[:_MOST], prefix="Organization/"):
        await read_rows(ask, directory, Search("Organization", (("partof", any_of(batch)),)), optional=True)
    wanted = set(owners)
    return {
        key for key, one in directory.organizations.items() if one.active and one.part_of in wanted and one.gives_care
    }
