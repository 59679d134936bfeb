"""Joins the resources of a directory search into listings: role, practitioner, locations, organization, networks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from bot.records.bundle import Entry, resolved
from bot.records.decode import Unreadable
from bot.records.listing import Listing, Network, by_place
from bot.records.provider import Location, Organization, Practitioner, Role, Service, read_role
from bot.records.shapes import Key, Reference, ReferencePair, display_of, keys_of


class Directory(msgspec.Struct):
    """The resources of a directory search by key, added page by page.

    An OrganizationAffiliation is a role of its participating organization.

    Attributes:
        included: the resource types that the server includes in its results.
        lists_services: if True, a HealthcareService that matches a search is also a role, of the organization that
            provides it.
        homes: the organizations for which all locations were read.
        bases: the base URLs of the server.
    """

    practitioners: dict[Key, Practitioner] = msgspec.field(default_factory=dict)
    locations: dict[Key, Location] = msgspec.field(default_factory=dict)
    organizations: dict[Key, Organization] = msgspec.field(default_factory=dict)
    services: dict[Key, Service] = msgspec.field(default_factory=dict)
    roles: dict[str, Role] = msgspec.field(default_factory=dict)
    included: set[str] = msgspec.field(default_factory=set)
    unreadable: int = 0
    lists_services: bool = False
    homes: set[Key] = msgspec.field(default_factory=set)
    bases: set[str] = msgspec.field(default_factory=set)

    def absorb(self, other: Directory) -> None:
        """Add the resources of another search."""
        for type_ in _KEPT:
            self._of_type(type_).update(other._of_type(type_))
        self.included.update(other.included)
        self.bases.update(other.bases)
        self.unreadable += other.unreadable
        for role in other.roles.values():
            self._list(role)

    def add(self, entries: Iterable[Entry]) -> None:
        """Add the entries of a page; unreadable entries are counted."""
        page = _page(tuple(entries), frozenset(self.bases), self.lists_services)
        self.bases.update(page.bases)
        self.included.update(page.included)
        self.unreadable += page.unreadable
        for type_, found in page.resources.items():
            self._of_type(type_).update(found)
        for role in page.roles:
            self._list(role)

    def _of_type(self, type_: str) -> dict[Key, Any]:
        """Return the resources of a type by key."""
        kept: dict[Key, Any] = getattr(self, _KEPT[type_])
        return kept

    def _list(self, role: Role) -> None:
        self.roles.setdefault(f"{role.type}/{role.id or len(self.roles)}", role)

    def add_without_roles(self, organizations: Collection[Key] = ()) -> None:
        """Add a role without networks for each practitioner, and each of these organizations, without a role."""
        owners = (one.practitioner_key if one.practitioner else one.organization_key for one in self.roles.values())
        named = set(filter(None, owners))
        for key, person in self.practitioners.items():
            if key not in named and key.type:
                self._list(Role(key.id, key.type, practitioner=_points_at(key), last_updated=person.last_updated))
        for key in organizations:
            if key not in named and key in self.organizations:
                run = tuple(_points_at(at) for at, place in self.locations.items() if place.organization == key)
                updated = self.organizations[key].last_updated
                self._list(Role(key.id, key.type, None, _points_at(key), run, last_updated=updated))

    def owners(self) -> frozenset[Key]:
        """Return the organizations that have a role."""
        return frozenset(filter(None, (role.organization_key for role in self.roles.values())))

    def list_places(self, places: Mapping[Key, Location], *, alone: bool = False) -> None:
        """Add each location as a role of its organization, if the organization has no role or `alone` is True."""
        known = self.owners()
        for key, place in places.items():
            if key.type and (alone or place.organization not in known):
                owner = _points_at(place.organization) if place.organization else None
                role = Role(key.id, key.type, None, owner, (_points_at(key),), last_updated=place.last_updated)
                self._list(replace(role, codes=place.types, hours=place.hours, name=place.name))

    def has_places(self, type_: str) -> bool:
        """Return whether any role has a location; for the type HealthcareService, whether any service has one."""
        every = self.services.values() if type_ == "HealthcareService" else self.roles.values()
        return any(one.locations for one in every)

    def has_services(self) -> bool:
        """Return whether any role has a service."""
        return any(role.services for role in self.roles.values())

    def drop_unplaced(self) -> None:
        """Remove the roles without location, service and organization."""
        kept = {key: role for key, role in self.roles.items() if role.locations or role.services or role.organization}
        self.roles = kept

    def owners_with_place(self) -> frozenset[Key]:
        """Return the organizations that have a role with a location."""
        placed = (role.organization_key for role in self.roles.values() if role.locations)
        return frozenset(filter(None, placed))

    def missing(self, element: str, roles: Iterable[Role]) -> tuple[str, tuple[str, ...]]:
        """Return the resource type of an element of these roles, and the ids of such resources still to be read.

        If the server includes resources of this type, one that was not included does not exist and is not requested
        (F34). The locations of a role's services are never included.
        """
        type_ = _TYPES.get(element, "Organization")
        if type_ in self.included and element != "owner":  # only the locations of services may still be unknown
            roles = [role for role in roles if element == "location" and not role.locations]
        known = self._of_type(type_)
        missing = [key for role in roles for key in self._named(element, role, type_) if key not in known]
        return type_, tuple(dict.fromkeys(key.id for key in missing if key.type == type_))

    def _named(self, element: str, role: Role, type_: str) -> Iterator[Key]:
        """Yield the keys of the resources that an element of the role refers to, except those that the server includes.

        The element "owner" is the organization of a role without a practitioner.
        """
        if element == "location" and not role.locations:
            yield from self._service_places(role)
        elif type_ not in self.included or element == "owner":
            yield from keys_of(_REFERENCES[element](role))

    def _service_places(self, role: Role) -> Iterator[Key]:
        for key in role.service_keys:
            if key in self.services and self.services[key].active:
                yield from self.services[key].locations

    def owners_to_read(self, roles: Iterable[Role]) -> tuple[Key, ...]:
        """Return the organizations of practitioners without a location, as far as their own locations were not read.

        A practitioner is without a location if neither the role nor its services have one.
        """
        placeless = (role for role in roles if role.practitioner and not role.locations)
        owners = [key for role in placeless if not any(self._service_places(role)) for key in self._owners(role)]
        return tuple(key for key in dict.fromkeys(owners) if key.type and key not in self.homes)

    def _owners(self, role: Role) -> Iterator[Key]:
        """Yield the organizations that provide the role's services, else the role's organization."""
        of_services = [self.services[key].provided_by for key in role.service_keys if key in self.services]
        yield from filter(None, of_services or [role.organization_key])

    def home(self, owner: Key | None) -> Key | None:
        """Return the only active location of an organization; None if it has several, or not all were read."""
        run = self._run_by(owner) if owner in self.homes else []
        return run[0] if len(run) == 1 else None

    def _run_by(self, owner: Key | None) -> list[Key]:
        places = self.locations.items()
        return [key for key, place in places if owner and key.type and place.organization == owner and place.active]

    def unknown_networks(self, roles: Iterable[Role]) -> tuple[str, ...]:
        """Return the ids of these roles' networks that were not read, so that it is unknown whether they are active."""
        keys = dict.fromkeys(key for role in roles for _, key in role.network_pairs if key)
        return tuple(key.id for key in keys if key.type and key not in self.organizations)

    def listings(self) -> tuple[Listing, ...]:
        """Return a listing for each role and each of its locations, joined with their resources, in order."""
        return tuple(one for role in self.roles.values() for one in by_place(self._listing(role)))

    def _listing(self, role: Role) -> Listing:
        practitioner_key = role.practitioner_key
        practitioner = self.practitioners.get(practitioner_key) if practitioner_key else None
        organization_key = role.organization_key
        organization = self.organizations.get(organization_key) if organization_key else None
        places, place_names = self._places(role)
        known = [self.locations.get(key) for _, key in role.location_pairs if key]
        spoken = organization.name if organization else display_of(role.organization)
        person = practitioner.name if practitioner else display_of(role.practitioner)
        # A role that is itself a service has only that one.
        keys = [Key(role.type, role.id)] if role.type == "HealthcareService" else role.service_keys
        networks: dict[Network, None] = {}
        for reference, at in role.network_pairs:
            network = self.organizations.get(at) if at else None
            if network is None or network.active:
                name = (network.name if network else None) or display_of(reference)
                networks.setdefault(Network(at, name, network.aliases if network else ()))
        return Listing(
            role_id=role.id,
            name=person or ((spoken or role.name) if role.practitioner is None else None),
            practitioner=practitioner,
            practitioner_key=practitioner_key,
            organization_name=spoken,
            organization=organization,
            locations=places,
            place_names=place_names,
            networks=tuple(networks),
            specialties=role.specialties,
            role=role,
            last_updated=role.last_updated or (practitioner.last_updated if practitioner else None),
            organization_key=organization_key,
            services=tuple(self.services[key] for key in keys if key in self.services and self.services[key].active),
            closed=bool(known) and all(place is not None and not place.active for place in known),
        )

    def _places(self, role: Role) -> tuple[tuple[Location, ...], tuple[str, ...]]:
        """Return the active locations of the role that were read, and the names of all that may be active.

        A role without locations has the locations of its services. If these have none either, an affiliation has all
        locations of its organization, and a practitioner has the only location of the organization.
        """
        places: list[Location] = []
        names: list[str] = []
        for reference, key in role.location_pairs or self._others(role):
            place = self.locations.get(key) if key else None
            if place is not None and place.active:
                places.append(place)
            name = place.name if place else display_of(reference)
            if name and (place is None or place.active):
                names.append(name)
        return tuple(places), tuple(names)

    def _others(self, role: Role) -> tuple[ReferencePair, ...]:
        keys = list(self._service_places(role))
        if not keys and role.practitioner is None:
            keys = self._run_by(role.organization_key)
        elif not keys:
            keys = [home for owner in self._owners(role) if (home := self.home(owner))]
        return tuple((_points_at(key), key) for key in dict.fromkeys(keys))


_KEPT = {
    "Practitioner": "practitioners",
    "Location": "locations",
    "Organization": "organizations",
    "HealthcareService": "services",
}
"""The attribute with the resources of each type."""
_TYPES = {"practitioner": "Practitioner", "location": "Location", "service": "HealthcareService"}
_ROLES = frozenset({"PractitionerRole", "OrganizationAffiliation"})
_Read = Practitioner | Location | Organization | Service
_READERS: Mapping[str, Callable[[bytes], _Read]] = {
    "Practitioner": Practitioner,
    "Location": Location,
    "Organization": Organization,
    "HealthcareService": Service,
}


@lru_cache(maxsize=4096)
def _read(type_: str, raw: bytes) -> _Read:
    """Return a resource of the public directory. Cached, because the same resources are on many pages."""
    return _READERS[type_](raw)


_role = lru_cache(maxsize=4096)(read_role)
"""The role in a resource of the public directory, kept as by `_read`."""


class _Page(NamedTuple):
    """What a page adds to a directory."""

    bases: frozenset[str]
    included: frozenset[str]
    resources: Mapping[str, Mapping[Key, _Read]]
    roles: tuple[Role, ...]
    unreadable: int


@lru_cache(maxsize=64)
def _page(entries: tuple[Entry, ...], bases: frozenset[str], lists_services: bool) -> _Page:
    """Return what a page of the public directory adds. Cached, because the same pages are read again and again."""
    bases |= {entry.base for entry in entries if entry.mode == "match" and entry.base}
    resources, roles, unreadable = dict[str, dict[Key, _Read]](), list[Role](), 0
    for entry in entries:
        listed = lists_services and entry.mode == "match"
        try:
            for type_, keys, raw in resolved(entry, bases):
                if type_ in _READERS:
                    resources.setdefault(type_, {}).update(dict.fromkeys(keys, _read(type_, raw)))
                if type_ in _ROLES or (listed and type_ == "HealthcareService"):
                    roles.append(_role(raw))
        except Unreadable:
            unreadable += 1
    included = frozenset(entry.type for entry in entries if entry.mode == "include")
    return _Page(bases, included, resources, tuple(roles), unreadable)


def join(entries: Iterable[Entry]) -> tuple[Listing, ...]:
    """Return the listings among the entries of a search's pages, each role once."""
    directory = Directory()
    directory.add(entries)
    return directory.listings()


_REFERENCES: Mapping[str, Callable[[Role], Iterable[Reference]]] = {
    "practitioner": lambda role: filter(None, [role.practitioner]),
    "organization": lambda role: filter(None, [role.organization]),
    "participating-organization": lambda role: filter(None, [role.organization]),
    "primary-organization": lambda role: filter(None, [role.primary]),
    "owner": lambda r: () if r.practitioner or display_of(r.organization) else filter(None, [r.organization]),
    "location": lambda role: role.locations,
    "service": lambda role: role.services,
}


def _points_at(key: Key) -> Reference:
    return Reference(reference=f"{key.type}/{key.id}" if key.type else key.id)
