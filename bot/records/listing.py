"""A directory search's rows joined: role, practitioner, places, organization, networks. What did not come degrades."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from bot.records.bundle import Entry
from bot.records.dates import Period
from bot.records.decode import Unreadable
from bot.records.facility import Service, read_affiliation, read_service, read_service_role
from bot.records.provider import (
    Accepting,
    Location,
    Openings,
    Organization,
    Phone,
    Practitioner,
    Role,
    Specialty,
    read_location,
    read_organization,
    read_practitioner,
    read_role,
)
from bot.records.references import Key, key_of
from bot.records.shapes import Reference
from bot.records.text import clean


@dataclass(frozen=True, slots=True)
class Network:
    """A network that a role names: what the reference points at, and its name where it came along."""

    key: Key | None
    name: str | None


@dataclass(frozen=True, slots=True)
class Listing:
    """One role in the directory, with all that a filter may have to be checked against again (T44).

    `name` is the practitioner's, else the display's, else the organization's for a role without a person.
    """

    role_id: str
    name: str | None
    practitioner: Practitioner | None
    practitioner_key: Key | None
    organization_name: str | None
    organization: Organization | None
    locations: tuple[Location, ...]
    place_names: tuple[str, ...]
    networks: tuple[Network, ...]
    specialties: tuple[Specialty, ...]
    openings: tuple[Openings, ...]
    phones: tuple[Phone, ...]
    role: Role
    last_updated: datetime | None
    organization_key: Key | None = None
    services: tuple[Service, ...] = ()

    @property
    def key(self) -> Key:
        """Whose listing it is: the practitioner's, else the organization's, else the role's own key."""
        return self.practitioner_key or self.organization_key or Key(self.role.type, self.role_id)

    @property
    def npi(self) -> str | None:
        """The National Provider Identifier of whose listing it is."""
        if self.practitioner_key:
            return self.practitioner.npi if self.practitioner else None
        return self.organization.npi if self.organization else None

    @property
    def phone(self) -> str | None:
        """The number to call: the role's, else a place's, else the practitioner's."""
        own = [*self.phones, *(p for place in self.locations for p in place.phones)]
        own += self.practitioner.phones if self.practitioner else ()
        own += self.organization.phones if self.organization and not self.practitioner_key else ()
        return next((phone.value for phone in own if phone.system in {"phone", None}), None)

    @property
    def specialty_codes(self) -> frozenset[str]:
        """All specialty codes of the role."""
        return frozenset(code for specialty in self.specialties for code in specialty.codes)

    def active(self, today: date) -> bool:
        """True when neither the role nor whose it is is switched off, and the role is of this day."""
        switched_on = self.practitioner is None or self.practitioner.active
        if self.practitioner_key is None and self.organization is not None:
            switched_on = self.organization.active
        return switched_on and not self.role.ended(today)

    def in_network(self, network: Key | str) -> bool:
        """True only when a network reference of the role proves it; an id or a whole key may be given."""
        return any(n.key is not None and network in {n.key, n.key.id} for n in self.networks)

    def accepting(self, network: Key | str | None = None) -> Accepting | None:
        """What the role, else its places, say about new patients for the network; None when they do not say.

        An answer for that network wins over one without a network. Without `network`, differing answers are None.
        """
        for openings in (self.openings, tuple(o for place in self.locations for o in place.openings)):
            own = {o.answer for o in openings if o.network and network in {o.network, o.network.id}}
            general = {o.answer for o in openings if o.network is None or network is None}
            for answers in (own, general):
                if len(answers) == 1:
                    return next(iter(answers))
        return None


@dataclass(slots=True)
class Directory:
    """What came along with the roles, by key. Feed it page by page when a search has several.

    An OrganizationAffiliation is a role of its participating organization. With `lists_services` the HealthcareServices
    that answer a search are roles of who provides them.
    """

    practitioners: dict[Key, Practitioner] = field(default_factory=dict)
    locations: dict[Key, Location] = field(default_factory=dict)
    organizations: dict[Key, Organization] = field(default_factory=dict)
    services: dict[Key, Service] = field(default_factory=dict)
    roles: dict[str, Role] = field(default_factory=dict)
    unreadable: int = 0
    lists_services: bool = False

    def add(self, entries: Iterable[Entry]) -> None:
        """Read the entries of a page; one that cannot be read is counted."""
        for entry in entries:
            try:
                self._add(entry)
            except Unreadable:
                self.unreadable += 1

    def _add(self, entry: Entry) -> None:
        keys = [Key(entry.type, entry.id)]
        if entry.full_url.startswith("urn:"):
            keys.append(Key("", entry.full_url))
        if entry.type == "PractitionerRole":
            self._list(read_role(entry.raw))
        elif entry.type == "OrganizationAffiliation":
            self._list(read_affiliation(entry.raw))
        elif entry.type == "Practitioner":
            self.practitioners.update(dict.fromkeys(keys, read_practitioner(entry.raw)))
        elif entry.type == "Location":
            self.locations.update(dict.fromkeys(keys, read_location(entry.raw)))
        elif entry.type == "Organization":
            self.organizations.update(dict.fromkeys(keys, read_organization(entry.raw)))
        elif entry.type == "HealthcareService":
            self.services.update(dict.fromkeys(keys, read_service(entry.raw)))
            if self.lists_services and entry.mode == "match":
                self._list(read_service_role(entry.raw))

    def _list(self, role: Role) -> None:
        self.roles.setdefault(f"{role.type}/{role.id or len(self.roles)}", role)

    def list_bare(self, organizations: Collection[Key] = ()) -> None:
        """List the practitioners, and these organizations, that no role names: nothing is known of their networks."""
        named = {key for role in self.roles.values() if (key := key_of(role.practitioner or role.organization))}
        for key, person in self.practitioners.items():
            if key not in named and key.type:
                self._list(_bare(key, person.last_updated, practitioner=_points_at(key)))
        for key in organizations:
            if key not in named and key in self.organizations:
                run = tuple(_points_at(at) for at, place in self.locations.items() if place.organization == key)
                updated = self.organizations[key].last_updated
                self._list(_bare(key, updated, organization=_points_at(key), locations=run))

    def placed(self) -> frozenset[Key]:
        """The organizations that some role gives a place."""
        placed = (role.organization for role in self.roles.values() if role.locations)
        return frozenset(key for reference in placed if (key := key_of(reference)))

    def missing(self) -> Mapping[str, tuple[str, ...]]:
        """The ids that the roles name, by type, for types of which nothing came along: the server knows no `_include`.

        A single one that is missing among others is no more than a hole in the directory, and stays one (F34).
        """
        came: dict[str, Mapping[Key, object]] = {
            "Practitioner": self.practitioners,
            "Location": self.locations,
            "Organization": self.organizations,
        }
        named: dict[str, dict[str, None]] = {type_: {} for type_ in came}
        for role in self.roles.values():
            for reference in (role.practitioner, role.organization, role.primary, *role.locations, *role.networks):
                key = key_of(reference)
                if key and key.type in named:
                    named[key.type][key.id] = None
        return {type_: tuple(ids) for type_, ids in named.items() if ids and not came[type_]}

    def listings(self) -> tuple[Listing, ...]:
        """The roles joined with what came along, in their order, each once."""
        return tuple(self._listing(role) for role in self.roles.values())

    def _listing(self, role: Role) -> Listing:
        practitioner_key = key_of(role.practitioner)
        practitioner = self.practitioners.get(practitioner_key) if practitioner_key else None
        organization_key = key_of(role.organization)
        organization = self.organizations.get(organization_key) if organization_key else None
        places, place_names = self._places(role)
        spoken = organization.name if organization else _display(role.organization)
        person = practitioner.name if practitioner else _display(role.practitioner)
        return Listing(
            role_id=role.id,
            name=person or (spoken if role.practitioner is None else None),
            practitioner=practitioner,
            practitioner_key=practitioner_key,
            organization_name=spoken,
            organization=organization,
            locations=places,
            place_names=place_names,
            networks=tuple(_network(reference, self.organizations) for reference in role.networks),
            specialties=role.specialties,
            openings=role.openings,
            phones=role.phones,
            role=role,
            last_updated=role.last_updated or (practitioner.last_updated if practitioner else None),
            organization_key=organization_key,
            services=tuple(self.services[key] for r in role.services if (key := key_of(r)) and key in self.services),
        )

    def _places(self, role: Role) -> tuple[tuple[Location, ...], tuple[str, ...]]:
        """The active places that came along, and the names of all."""
        places: list[Location] = []
        names: list[str] = []
        for reference in role.locations:
            key = key_of(reference)
            place = self.locations.get(key) if key else None
            if place is not None and place.active:
                places.append(place)
            name = place.name if place else _display(reference)
            if name and (place is None or place.active):
                names.append(name)
        return tuple(places), tuple(names)


def join(entries: Iterable[Entry]) -> tuple[Listing, ...]:
    """The listings among the entries of a search's pages, each role once."""
    directory = Directory()
    directory.add(entries)
    return directory.listings()


def _bare(
    key: Key,
    updated: datetime | None,
    *,
    practitioner: Reference | None = None,
    organization: Reference | None = None,
    locations: tuple[Reference, ...] = (),
) -> Role:
    """A role that nothing was said of: only whose it is, and where."""
    return Role(
        id=key.id,
        practitioner=practitioner,
        organization=organization,
        locations=locations,
        networks=(),
        specialties=(),
        openings=(),
        phones=(),
        active=True,
        period=Period(),
        last_updated=updated,
        type=key.type,
    )


def _points_at(key: Key) -> Reference:
    return Reference(reference=f"{key.type}/{key.id}")


def _network(reference: Reference, organizations: Mapping[Key, Organization]) -> Network:
    key = key_of(reference)
    known = organizations.get(key) if key else None
    return Network(key, (known.name if known else None) or _display(reference))


def _display(reference: Reference | None) -> str | None:
    return clean(reference.display) if reference else None
