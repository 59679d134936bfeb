"""Places of care by kind: affiliations prove their networks, services and locations give their kind.

The kind follows from a place's NUCC codes, including those of the people who work there. The coarser codes of Plan-Net
are used only if none of the NUCC codes is a known code for places, and the name only after that. So an emergency
department that is affiliated as a hospital does not count as a hospital.
"""

import asyncio
from collections.abc import Mapping, Sequence

import msgspec
from msgspec.structs import replace

from bot.kit.around import Around
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
    """What identifies a kind of place.

    Attributes:
        nucc: NUCC codes of places.
        roles: Plan-Net codes of affiliations.
        categories: Plan-Net codes of services.
        words: Words in the name.
        places: HL7 codes for service delivery locations (v3 RoleCode).
        people: NUCC codes of people who give such care, as services may be coded by them.
    """

    nucc: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    people: tuple[str, ...] = ()

    @property
    def specialties(self) -> tuple[str, ...]:
        """All NUCC codes of the kind."""
        return self.nucc + self.people


def _coded(**codes: str) -> FacilityKind:
    return FacilityKind(**{name: tuple(listed.split()) for name, listed in codes.items()})


KINDS: Mapping[str, FacilityKind] = {
    "hospital": _coded(
        nucc="282N00000X 282NC0060X 282NR1301X 282NC2000X 282NW0100X 282E00000X 284300000X",
        roles="hospital",
        categories="hosp",
        words="hospital",
        places="HOSP GACH",
    ),
    "emergency_room": _coded(
        nucc="261QE0002X 282N00000X 282NC0060X", categories="emerg", words="emergency", places="ER"
    ),
    "urgent_care": _coded(nucc="261QU0200X", roles="urgent", categories="urg", words="urgent"),
    "pharmacy": _coded(
        nucc="333600000X 3336C0002X 3336C0003X 3336C0004X 3336M0002X 3336S0011X 3336L0003X",
        roles="pharmacy",
        categories="pharm",
        words="pharmacy drugstore",
        places="OUTPHARM PHARM",
    ),
    "lab": _coded(
        nucc="291U00000X 291900000X",
        roles="laboratory",
        categories="lab",
        words="laboratory labs",
        places="OUTLAB INLAB",
    ),
    "imaging": _coded(
        nucc="261QR0200X 261QR0206X 261QR0207X 261QM1200X",
        roles="imaging",
        words="imaging radiology",
        places="RADDX",
        people="2085R0202X",
    ),
    "dialysis": _coded(nucc="261QE0700X", words="dialysis"),
    "physical_therapy": _coded(
        nucc="261QP2000X 261QR0400X 261QR0401X",
        words="therapy rehabilitation",
        places="RH",
        people="225100000X 2251G0304X 2251N0400X 2251P0200X 2251S0007X 2251X0800X",
    ),
    "rehab_hospital": _coded(nucc="283X00000X 283XC2000X 273Y00000X"),
    "mail_order": _coded(nucc="3336M0002X", words="mail"),
    "nursing_home": _coded(
        nucc="314000000X 313M00000X 3140N1450X 310400000X", roles="nurseCustodial", words="nursing", places="NCCF SNF"
    ),
    "behavioral_health": _coded(
        nucc="261QM0801X 261QM0850X 261QR0405X 283Q00000X 324500000X 323P00000X 251S00000X 261QM2800X",
        roles="behavioral",
        categories="behav",
        words="behavioral recovery",
        places="PSYCHF PSYCHCL SURF",
        people="103T00000X 103TC0700X 101YM0800X 101YA0400X 1041C0700X 106H00000X 2084P0800X",
    ),
    "surgery_center": _coded(nucc="261QA1903X 261QS0132X 261QS0112X", words="surgery"),
    "home_health": _coded(nucc="251E00000X 251J00000X 253Z00000X", roles="home", categories="home"),
    "hospice": _coded(nucc="251G00000X 315D00000X", roles="hospice", words="hospice", people="207QH0002X 207RH0002X"),
    "equipment": _coded(nucc="332B00000X 332BX2000X 335E00000X", roles="dme", categories="dme"),
    "community_clinic": _coded(
        nucc="261QF0400X 261QC1500X 261QR1300X 261QP0904X 261QP0905X 251K00000X 261QH0100X",
        roles="outpatient clinic",
        categories="outpat",
        words="clinic",
    ),
    "infusion": _coded(nucc="261QI0500X 251F00000X 261QX0200X", words="infusion"),
    "sleep_center": _coded(nucc="261QS1200X", words="sleep", places="SLEEP", people="207RS0012X 207QS1201X 2084S0012X"),
    "cancer_center": _coded(
        nucc="261QX0203X 261QX0200X", words="cancer oncology", places="ONCL", people="207RX0202X 207RH0003X 2085R0001X"
    ),
    "birthing_center": _coded(nucc="261QB0400X", words="birth birthing", people="176B00000X 367A00000X"),
    "wound_care": _coded(words="wound", people="163WW0000X"),
    "telehealth": _coded(nucc="261QP2300X", words="telehealth virtual"),
}
_KNOWN = frozenset(code for kind in KINDS.values() for code in kind.nucc)


def is_kind(listing: Listing, name: str) -> bool:
    """Return whether the place is of that kind, by the most specific codes that it has."""
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


async def places_of_care(ask: Ask, kinds: Sequence[str], where: Around | None) -> tuple[Listing, ...]:
    """Return the active affiliations and services of the kinds (or of all kinds) in the area, with places and networks.

    The caller checks every filter again. A service that an affiliation names is no listing of its own; it adds missing
    data to affiliations of the same place; its networks are only those that an affiliation proves. A Location with the
    kind counts if its organization has neither.
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
    await _add(ask, directory, found)
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
    """Return the organization and the place of a listing."""
    return row.organization_key, row.place_id


async def _places(ask: Ask, types: tuple[str, ...], ways: Sequence[tuple[str, str]]) -> Directory:
    """Return the places of these types in the area, with their organizations."""
    found = Directory()
    if types:
        own = [(name.partition(".")[2], value) for name, value in ways]
        await read_around(
            ask, found, Search("Location", (("type", any_of(types)),)), ("organization",), own, optional=True
        )
    typed = {key: place for key, place in found.locations.items() if set(place.types) & set(types)}
    return replace(found, locations=typed)


async def _add(ask: Ask, directory: Directory, found: Directory) -> None:
    """Add the places that have no other listing, with the affiliations of their organizations."""
    directory.locations.update(found.locations)
    directory.organizations.update(found.organizations)
    known = directory.owners()
    owners = {owner for place in found.locations.values() if (owner := place.organization) and owner not in known}
    ties = Search("OrganizationAffiliation")
    await read_by(ask, directory, ties, "participating-organization", sorted(owners), includes=_AFFILIATION)
    directory.list_places(found.locations)


def _kind(names: Sequence[str]) -> FacilityKind:
    """Return everything that identifies any of these kinds."""
    every = [KINDS[name] for name in names if name in KINDS]
    fields = FacilityKind.__struct_fields__
    return FacilityKind(**{name: tuple(code for one in every for code in getattr(one, name)) for name in fields})


def _searches(type_: str, kind: FacilityKind, parameter: str, system: str, codes: tuple[str, ...]) -> list[Search]:
    """Return searches by specialty and by the coarser code, as directories use either.

    For all if there are no codes.
    """
    nucc = kind.specialties
    by_specialty = [("specialty", taxonomy(nucc))] if nucc else []
    by_code = [(parameter, any_of([token(system, code) for code in codes]))] if codes else []
    return [Search(type_, (pair,)) for pair in (*by_specialty, *by_code)] or [Search(type_)]
