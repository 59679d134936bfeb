"""Searches the directory for places of care by kind, such as hospitals or urgent care centers.

Affiliations prove the networks of a place; services and locations give its kind. The kind follows from a place's NUCC
codes, including those of the people who work there. The coarser codes of Plan-Net are used only if none of the NUCC
codes is a known code for places, and the name only after that. So an emergency department that is affiliated as a
hospital does not count as a hospital.
"""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec.structs import replace

from bot.kit.around import SearchArea
from bot.kit.ask import Ask
from bot.kit.directory import area, bring, read_around, read_by, taxonomy, widen
from bot.kit.spelling import words_of
from bot.payer.search import Search, any_of, token
from bot.records.joined import Directory
from bot.records.listing import Listing
from bot.records.shapes import Key, keys_of

_PN = "http://hl7.org/fhir/us/davinci-pdex-plan-net/CodeSystem/"
_ROLES, _CATEGORIES = _PN + "OrganizationAffiliationRoleCS", _PN + "HealthcareServiceCategoryCS"
_AFFILIATION = ("participating-organization", "location", "network", "service")
_SERVICE = ("organization", "location")


class FacilityKind(msgspec.Struct, frozen=True):
    """The codes and words that identify one kind of place.

    Attributes:
        nucc: NUCC codes of places.
        roles: Plan-Net codes of affiliations.
        categories: Plan-Net codes of services.
        words: Words in the name.
        places: HL7 codes for service delivery locations (v3 RoleCode).
        people: NUCC codes of people who give such care, because services may have these codes.
    """

    nucc: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    people: tuple[str, ...] = ()


KINDS: Mapping[str, FacilityKind] = msgspec.json.decode(
    Path(__file__).with_suffix(".json").read_bytes(), type=dict[str, FacilityKind]
)
_KNOWN = frozenset(code for kind in KINDS.values() for code in kind.nucc)


def is_kind(listing: Listing, name: str) -> bool:
    """Return whether a listing is of the kind of place `name`, judged by the listing's most specific codes."""
    kind = KINDS.get(name)
    if kind is None:
        return False
    codes = listing.specialty_codes & _KNOWN
    if codes:
        return bool(codes & set(kind.nucc))
    if listing.specialty_codes & set(kind.people):
        return True
    coarse = {"HealthcareService": kind.categories, "Location": kind.places}.get(listing.role.type, kind.roles)
    return bool(set(coarse) & set(listing.role.codes)) or bool(set(kind.words) & set(words_of(listing.name)))


async def places_of_care(ask: Ask, kinds: Sequence[str], where: SearchArea | None) -> tuple[Listing, ...]:
    """Return the active listings of places of these kinds (or of all kinds) in the area, with locations and networks.

    The caller checks every filter again. A service that an affiliation names is no listing of its own, but adds missing
    data to affiliations of the same place. The networks of such a service are only those that an affiliation proves. A
    Location with the kind counts if its organization has neither an affiliation nor a service.
    """
    widen(ask)
    directory = Directory(lists_services=True)
    ways = area(ask, where) if where else ()
    kind = _kind(kinds)
    both = (
        (_searches("OrganizationAffiliation", kind, "role", _ROLES, kind.roles), _AFFILIATION),
        (_searches("HealthcareService", kind, "service-category", _CATEGORIES, kind.categories), _SERVICE),
    )
    searches = [(search, names) for found, names in both for search in found]

    async def read(search: Search, names: Sequence[str]) -> None:
        await read_around(ask, directory, search, names, ways, optional=True)

    await read(*searches[0])  # alone, so that a server which fails at chains does so once, not for every search at once
    others = asyncio.gather(*(read(*one) for one in searches[1:]))
    found, _ = await asyncio.gather(_places(ask, kind.places, ways), others)
    directory.locations.update(found.locations)
    directory.organizations.update(found.organizations)
    owners = {one.organization for one in found.locations.values() if one.organization} - directory.owners()
    ties = Search("OrganizationAffiliation")
    await read_by(ask, directory, ties, "participating-organization", sorted(owners), includes=_AFFILIATION)
    directory.list_places(found.locations)
    await bring(ask, directory, ("service", "participating-organization", "location"))
    every = directory.listings()
    ended = {_at(row) for row in every if row.role.networks}
    rows = tuple(row for row in every if row.active(ask.today))
    ended -= {_at(row) for row in rows if row.role.networks}
    given = {(key.id, _at(row)[1]) for row in rows for key in keys_of(row.role.services)}
    return tuple(
        row
        for row in rows
        if _at(row) not in ended
        and (row.role.type != "HealthcareService" or (row.role_id, _at(row)[1]) not in given)
        and (not kinds or any(is_kind(row, one) for one in kinds))
    )


def _at(row: Listing) -> tuple[Key | None, str]:
    """Return the key of the organization and the id of the place of a listing."""
    return row.organization_key, row.place_id


async def _places(ask: Ask, types: tuple[str, ...], ways: Sequence[tuple[str, str]]) -> Directory:
    """Return the locations of these types in the area, with their organizations."""
    found = Directory()
    if types:
        own = [(name.partition(".")[2], value) for name, value in ways]
        search = Search("Location", (("type", any_of(types)),))
        await read_around(ask, found, search, ("organization",), own, optional=True)
    typed = {key: place for key, place in found.locations.items() if set(place.types) & set(types)}
    return replace(found, locations=typed)


def _kind(names: Sequence[str]) -> FacilityKind:
    """Return one FacilityKind with the codes and words of all these kinds."""
    every = [KINDS[name] for name in names if name in KINDS]
    fields = FacilityKind.__struct_fields__
    return FacilityKind(**{name: tuple(code for one in every for code in getattr(one, name)) for name in fields})


def _searches(type_: str, kind: FacilityKind, parameter: str, system: str, codes: tuple[str, ...]) -> list[Search]:
    """Return one search by specialty and one by the coarser codes of the kind, because directories use either.

    If the kind has no codes, return one search for all rows.
    """
    nucc = kind.nucc + kind.people
    by_specialty = [("specialty", taxonomy(nucc))] if nucc else []
    by_code = [(parameter, any_of([token(system, code) for code in codes]))] if codes else []
    return [Search(type_, (pair,)) for pair in (*by_specialty, *by_code)] or [Search(type_)]
