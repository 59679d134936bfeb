"""Finds organizations, locations and healthcare services by name, their staff, and their electronic addresses.

Electronic addresses are read and shown as text, but never contacted (T40).
"""

import asyncio
from collections.abc import Callable, Collection, Iterable, Sequence

import msgspec
from msgspec.structs import replace

from bot.kit.ask import Ask
from bot.kit.conditions import Filter
from bot.kit.directory import OF_PERSON, WHO_AND_WHERE, bring, rows_of, taxonomy, widen
from bot.kit.reading import ReadDirectory, records_of
from bot.kit.spelling import is_address, is_named, lies_on, likeness, words_of
from bot.payer.search import Search, any_of, escape, given
from bot.records.listing import Listing
from bot.records.provider import Location, Organization, Service
from bot.records.shapes import Coding, Key, RawJson, Record, RecordShape, Reference, key_of, keys_of
from bot.records.written import NOTE_LIMIT, clean

NameTest = Callable[[str | None, str], bool]
AT_PLACE = ("participating-organization", "location", "network", "primary-organization", "service")
HOUSES, PLACES = ("Organization", "Location", "HealthcareService"), ("Location", "HealthcareService")
_ROLES = {
    "Practitioner": ("PractitionerRole", "practitioner", OF_PERSON),
    "Organization": ("OrganizationAffiliation", "participating-organization", AT_PLACE),
}
_PLAIN = frozenset(
    {"of", "de", "the", "la", "el", "and", "y", "pc", "pa", "llc", "pllc", "inc", "saint", "st", "medical"}
    | {"center", "clinic", "clinica", "centro", "health", "hospital", "group"}
)
_TRIES, _PAGES, _MOST_PLACES = 3, 2, 40
_OF_PLACES = 3  # tries

_DEPTH, _MOST = 4, 200  # levels of partOf that are followed; organizations


def telling_words(name: str, *, last_first: bool = False) -> list[str]:
    """Return up to three words of the name for searches, without common words and initials.

    A name that consists only of such words keeps them. `last_first`: the last word is searched first.
    """
    every = name.split()
    words = [word for word in every if not _PLAIN.issuperset(words_of(word)) and len(word.strip(".")) > 1] or every
    return (words[::-1] if last_first else words)[:_TRIES]


async def organizations_named(
    ask: Ask, name: str, fits: NameTest, types: Sequence[str] = HOUSES
) -> tuple[ReadDirectory, tuple[Key, ...]]:
    """Find the active organizations, locations and healthcare services with a name.

    Return the resources that were read and the keys of the matching ones. The searches are for the whole name, then its
    longest word, then each word, until a resource matches by `fits`. Locations and services are numerous, so only the
    first three searches look for these types, and only two pages of each are read.
    """
    directory, words = ReadDirectory(ask=ask, lists_services=True), telling_words(name)
    tries = [("name", name), ("name:contains", max(words, key=len)), *(("name", word) for word in words)]
    for number, (parameter, text) in enumerate(dict.fromkeys(tries)):
        asked = types if number < _OF_PLACES else [one for one in types if one not in PLACES]
        searches = [Search(one, ((parameter, escape(text)),)) for one in asked]
        searches += [Search("Location", (("address", escape(name)),))] if number == 0 and is_address(name) else []
        await asyncio.gather(*(directory.pages(one, _PAGES if one.type in PLACES else 0) for one in searches))
        every = active_by_key(directory)
        if keys := tuple(key for key, one in every.items() if fits(one.name, name) or _is_on(one, name)):
            return directory, keys
    return directory, ()


def _is_on(one: Organization | Location | Service, name: str) -> bool:
    """Return whether the name is a line of the location's address."""
    return isinstance(one, Location) and is_address(name) and lies_on(one.lines, name)


def active_by_key(directory: ReadDirectory) -> dict[Key, Organization | Location | Service]:
    """Return the active locations, services and care-giving organizations of a directory by key."""
    every: dict[Key, Organization | Location | Service] = {**directory.locations, **directory.services}
    every |= {key: one for key, one in directory.organizations.items() if one.gives_care}
    return {key: one for key, one in every.items() if key.type and one.active}


async def at_places(directory: ReadDirectory, keys: Sequence[Key]) -> tuple[Listing, ...]:
    """Return the listings of these locations and services under their own names.

    A service at one of the locations is left out. The networks are those that the owning organization's affiliations
    name for the location or service.
    """
    places = {key: directory.locations[key] for key in keys[:_MOST_PLACES] if key in directory.locations}
    services = {key: directory.services[key] for key in keys[:_MOST_PLACES] if key in directory.services}
    services = {key: one for key, one in services.items() if places.keys().isdisjoint(one.locations)}
    owners = [*(one.organization for one in places.values()), *(one.provided_by for one in services.values())]
    for parameter, of in (
        ("participating-organization", dict.fromkeys(key for key in owners if key and key.type)),
        ("location", places),
        ("service", services),
    ):
        await directory.by(Search("OrganizationAffiliation"), parameter, of, includes=AT_PLACE)
    directory.list_places(places, alone=True)
    await bring(directory, AT_PLACE)
    rows = directory.listings()
    wanted = [(key, one.name, one.organization, {key}) for key, one in places.items()]
    wanted += [(key, one.name, one.provided_by, {key, *one.locations}) for key, one in services.items()]
    found: list[Listing] = []
    for key, name, owner, there in wanted:  # without an owner, all listings there count
        own = [row for row in rows if owner in {None, row.organization_key} and not there.isdisjoint(_keys_of(row))]
        kept = [row for row in own if row.role.type != "Location"] or own  # those of a location alone only if alone
        found += [replace(row, name=name, found_as=key) for row in kept]
    return tuple(found)


def _keys_of(row: Listing) -> list[Key]:
    """Return the keys of the listing's role, locations and services."""
    return [Key(row.role.type, row.role_id), *places_of([row]), *keys_of(row.role.services)]


async def listings_of(ask: Ask, keys: Sequence[Key], known: ReadDirectory | None = None) -> tuple[Listing, ...]:
    """Return all listings of these providers in order, active or not; `known` has resources that were read before."""
    types = dict.fromkeys(key.type for key in keys if key.type)
    by_type = {type_: [key for key in keys if key.type == type_][:_MOST_PLACES] for type_ in types}
    found = await asyncio.gather(*(_of_type(ask, type_, own, known) for type_, own in by_type.items()))
    every = [row for rows in found for row in rows]  # servers may find more than was asked
    return tuple(row for key in keys for row in every if row.key == key)


async def _of_type(ask: Ask, type_: str, keys: Sequence[Key], known: ReadDirectory | None) -> tuple[Listing, ...]:
    directory = known or ReadDirectory(ask=ask, lists_services=type_ == "HealthcareService")
    by_id = Search(type_, (("_id", any_of(key.id for key in keys)),))
    if type_ in PLACES:
        if known is None:
            await directory.rows(by_id)
        return await at_places(directory, keys)
    role, parameter, elements = _ROLES[type_]
    for prefix in (f"{type_}/", ""):  # servers compare the reference as a whole or by its id (fhir-notes 9.1)
        if not directory.roles:
            ids = any_of(f"{prefix}{key.id}" for key in keys)
            await directory.rows(Search(role, ((parameter, ids),)), elements)
    if not directory.roles and known is None:
        await directory.rows(by_id)
    if type_ == "Organization":
        await directory.by(Search("Location"), "organization", sorted(set(keys) - directory.owners_with_place()))
    directory.add_without_roles(keys)
    await bring(directory, elements)
    return directory.listings()


async def houses(ask: Ask, name: str) -> frozenset[Key]:
    """Return the keys of the active organizations, locations and services with the name.

    The parts of these organizations (`partOf`) are included, up to four levels below.
    """
    _, named = await organizations_named(ask, name, is_named)
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
    """Return the active listings of practitioners at these organizations, locations and services.

    `codes` are the specialties to find, all if empty; `filters` are further conditions on the listings.
    """
    widen(ask)
    directory = ReadDirectory(ask=ask)
    roles = Search("PractitionerRole", (("specialty", taxonomy(codes)),) if codes else ())

    async def read(search: Search, parameter: str, of: Iterable[Key], *, optional: bool = True) -> None:
        includes = OF_PERSON if search is roles else ()
        await directory.by(search, parameter, sorted(set(of))[:_MOST], includes=includes, optional=optional)

    owners, places, services = ([key for key in keys if key.type == type_] for type_ in HOUSES)
    await read(roles, "organization", owners, optional=False)
    await read(Search("Location"), "organization", owners)
    places += [key for key, one in directory.locations.items() if key.type and one.organization in keys]
    await read(roles, "location", places)
    await read(Search("HealthcareService"), "location", places)
    here = set(places)
    services += [key for key, one in directory.services.items() if key.type and not here.isdisjoint(one.locations)]
    await read(roles, "service", services)
    return await rows_of(directory, WHO_AND_WHERE, filters)


def places_of(rows: Iterable[Listing]) -> frozenset[Key]:
    """Return the keys of the locations of these listings."""
    return frozenset(Key("Location", place.id) for row in rows for place in row.locations)


async def _parts(ask: Ask, owners: Iterable[Key]) -> set[Key]:
    directory = ReadDirectory(ask=ask)
    wanted = set(owners)
    await directory.by(Search("Organization"), "partof", sorted(key for key in wanted if key.type)[:_MOST])
    return {
        key for key, one in directory.organizations.items() if one.active and one.part_of in wanted and one.gives_care
    }


class _EndpointShape(RecordShape, frozen=True):
    status: str | None = None
    connection_type: Coding | None = None
    name: str | None = None
    managing_organization: Reference | None = None
    address: str | None = None


class Electronic(Record):
    """A FHIR Endpoint. `kind` is the code of its connection type, `owner` the key of its managing organization."""

    TYPE = "Endpoint"

    def __init__(self, raw: RawJson, labels: tuple[str, ...] = ()) -> None:
        shape = self._read(raw, _EndpointShape, labels)
        self.name = clean(shape.name)
        self.kind = clean(shape.connection_type.code) if shape.connection_type else None
        self.address = clean(shape.address, NOTE_LIMIT)
        self.active = shape.status in {None, "active"}
        self.owner = key_of(shape.managing_organization)


async def electronic_addresses(ask: Ask, rows: Sequence[Listing]) -> tuple[Electronic, ...]:
    """Return the endpoints of the listings' roles and organizations, each once."""
    named = {key.id for row in rows for key in row.role.endpoints}
    named |= {key.id for row in rows if row.organization for key in row.organization.endpoints}
    owners = {row.organization_key for row in rows if row.organization_key}
    searches = [Search("Endpoint", (("_id", any_of(sorted(named))),))] if named else []
    if owners:
        run_by = any_of(f"{key.type}/{key.id}" for key in sorted(owners))
        searches.append(Search("Endpoint", (("organization", run_by),)))
    found: dict[str, Electronic] = {}
    for search in searches:
        found |= {one.id: one for one in await records_of(ask, given(ask.search(search)), "Endpoint", Electronic)}
    return tuple(one for one in found.values() if one.id in named or one.owner in owners)


_MOST_ALIKE = 6
_STEM, _TAIL, _SHORTEST = 3, 4, 2  # letters
_FEWER = 2  # kinds, of which two letters do not find too many
_MARKED = frozenset("odl")  # O'Neil, D'Angelo, L'Esperance


class Choice(msgspec.Struct, frozen=True):
    """A provider that may be meant: the reference for a button, and the name."""

    reference: str
    name: str | None


async def nearest(ask: Ask, name: str, *, people: bool) -> tuple[Choice, ...]:
    """Return up to six active practitioners with a similarly spelled name, most similar first.

    Organizations, locations and services are included unless `people`. Servers search names by their beginning, some by
    any part. So the searches use the beginnings of the words, also with one typing error, then the ends of the words,
    then shorter beginnings. This function computes the similarity of the names found.
    """
    words = [word for part in telling_words(name, last_first=people) for word in words_of(part)]
    wide = ("Practitioner",) if people else ("Practitioner", *HOUSES)
    for parameter, parts, kinds in (
        ("name", [stem for word in words for stem in _stems(word)], wide),
        ("name:contains", [word[-_TAIL:] for word in words if len(word) > _STEM], wide),
        ("name", [word[:_SHORTEST] for word in words if len(word) > _SHORTEST], wide[:_FEWER]),
    ):
        searches = [Search(kind, ((parameter, any_of(dict.fromkeys(parts))),)) for kind in kinds if parts]
        found = await asyncio.gather(*(_spelled(ask, search, name) for search in searches))
        ranked = sorted((-score, written, key) for some in found for key, (written, score) in some.items())
        if ranked:
            alike = ranked[:_MOST_ALIKE]
            return tuple(Choice(f"{key.type}/{key.id}", written) for _, written, key in alike)
    return ()


async def _spelled(ask: Ask, search: Search, name: str) -> dict[Key, tuple[str, float]]:
    """Search, and return the name and its similarity to `name`, from 0 to 1, of each active result by key.

    Only the first two pages are read. Results without any similarity are left out.
    """
    directory = ReadDirectory(ask=ask)
    await directory.pages(search, _PAGES)
    written: dict[Key, str | None] = {key: one.name for key, one in directory.practitioners.items() if one.active}
    written |= {key: one.name for key, one in active_by_key(directory).items()}
    alike = {key: (own, likeness(own, name)) for key, own in written.items() if own and key.type}
    return {key: (own, score) for key, (own, score) in alike.items() if score}


def _stems(word: str) -> tuple[str, ...]:
    """Return the first three letters of a word: as written, with one letter removed, or with two swapped.

    For a word that may begin with an elided article, such as "oneil", the beginning with an apostrophe is added.
    """
    slips = [word[:at] + word[at + 1 :] for at in range(1, _STEM + 1)]
    slips += [word[:at] + word[at : at + 2][::-1] + word[at + 2 :] for at in range(_STEM)]
    marked = [f"{word[0]}'{word[1:]}"] if word[0] in _MARKED else []
    return tuple(dict.fromkeys(one[:_STEM] for one in (word, *slips, *marked) if len(one) >= _STEM))


async def affiliations_of(ask: Ask, rows: Sequence[Listing]) -> tuple[tuple[str, bool], ...]:
    """Return the names of the organizations with which the provider's own organization is affiliated.

    Each name is paired with whether it is a hospital. Payers and ended affiliations are left out.
    """
    own = {row.organization_key for row in rows if row.organization_key}
    directory = ReadDirectory(ask=ask)
    ties = Search("OrganizationAffiliation")
    await directory.by(ties, "participating-organization", sorted(own), includes=("primary-organization",))
    await bring(directory, ("primary-organization",))
    found: dict[str, bool] = {}
    for role in directory.roles.values():
        key = key_of(role.primary)
        other = directory.organizations.get(key) if key else None
        name = (other.name if other else None) or (clean(role.primary.display) if role.primary else None)
        if (
            name
            and key_of(role.organization) in own
            and not role.ended(ask.today)
            and (other is None or other.gives_care)
        ):
            found[name] = "hospital" in role.codes or "hospital" in name.casefold()
    return tuple(found.items())
