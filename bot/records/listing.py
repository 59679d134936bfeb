"""One role of the directory with all that belongs to it; what did not come along is missing from it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from bot.records.ages import Ages
from bot.records.details import Accepting, Closure, Phone, Specialty, read_npi
from bot.records.provider import Location, Organization, Practitioner, Role, Service
from bot.records.shapes import Key

ListingPart = Role | Location | Service


@dataclass(frozen=True, slots=True)
class Network:
    """A network that a role names: its key, and its names where its resource is included."""

    key: Key | None
    name: str | None
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Listing:
    """One role at one place, with all that a filter may have to be checked against again (T44).

    A role with several places has one listing for each (`by_place`); `shared` means that the role's own data, such as
    its phone, are for all of them. `closed`: every place that the role names is inactive. `services` are those of the
    role that are given here. `found_as` is the place or the service that was searched by its name, where the listing is
    of that. `name` is the practitioner's, else the display; without a person the organization's, else that of the
    service or the place.
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
    role: Role
    last_updated: datetime | None
    organization_key: Key | None = None
    services: tuple[Service, ...] = ()
    shared: bool = False
    closed: bool = False
    found_as: Key | None = None

    @property
    def key(self) -> Key:
        """Whose listing it is: the practitioner's, else the organization's, else the role's own key."""
        return self.found_as or self.practitioner_key or self.organization_key or Key(self.role.type, self.role_id)

    @property
    def reference(self) -> str:
        """The key as `Type/id` for a button; that of the role itself where the key is of a contained resource."""
        key = self.key if self.key.type else Key(self.role.type, self.role_id)
        return f"{key.type}/{key.id}"

    @property
    def is_person(self) -> bool:
        """True when the role is a person's."""
        return self.role.practitioner is not None

    @property
    def npi(self) -> str | None:
        """The National Provider Identifier of whose listing it is."""
        whose = self.practitioner if self.is_person else self.organization
        reference = self.role.practitioner or self.role.organization
        of_role = read_npi([reference.identifier]) if reference and reference.identifier else None
        return (whose.npi if whose else None) or of_role

    @property
    def sources(self) -> tuple[tuple[ListingPart, ...], ...]:
        """What says something of this place, the nearest first: a role of this place alone, the place, its services.

        What is said of several places together comes last, in a rank of its own.
        """
        role = () if self.role.type == "HealthcareService" else (self.role,)
        own = tuple(one for one in self.services if len(one.locations) == 1 or not (one.locations or self.shared))
        wide = tuple(one for one in self.services if one not in own)
        return ((), self.locations, own, (*wide, *role)) if self.shared else (role, self.locations, own, wide)

    def own_telecoms(self, today: date) -> tuple[Phone, ...]:
        """The current telecoms of the person or the organization itself, of no place."""
        whose = self.practitioner if self.practitioner_key else self.organization
        every = whose.phones if whose and not self.found_as else ()
        return tuple(phone for phone in every if phone.holds(today) and phone.use != "home")

    @property
    def says_openings(self) -> bool:
        """Whether the directory says anything of new patients."""
        return any(source.openings for sources in self.sources for source in sources)

    @property
    def specialty_codes(self) -> frozenset[str]:
        """All specialty codes of the role."""
        return frozenset(code for specialty in self.specialties for code in specialty.codes)

    @property
    def ages(self) -> tuple[Ages, ...]:
        """The ages that the role and its services state."""
        return tuple(dict.fromkeys([*self.role.ages, *(ages for service in self.services for ages in service.ages)]))

    @property
    def closures(self) -> tuple[Closure, ...]:
        """The absences and exceptions to the hours, the role's first."""
        of_places = [one for place in self.locations for one in place.closures]
        of_services = [one for service in self.services for one in service.closures]
        return tuple(dict.fromkeys([*self.role.closures, *of_places, *of_services]))

    def is_shut(self, day: date) -> bool:
        """True when the role or its place is closed on that day, or every one of its services is."""
        own = (*self.role.closures, *(one for place in self.locations for one in place.closures))
        served = [any(one.holds(day) for one in service.closures) for service in self.services]
        return any(one.holds(day) for one in own) or (bool(served) and all(served))

    def active(self, today: date) -> bool:
        """True when role, practitioner and organization are active on that day, and not every place is closed."""
        whose = (self.practitioner, self.organization)
        return all(one is None or one.active for one in whose) and not self.closed and not self.role.ended(today)

    def in_network(self, network: Key | str) -> bool:
        """True only when a network reference of the role proves it; `network` is an id or a whole key."""
        return any(n.key is not None and network in {n.key, n.key.id} for n in self.networks)

    def accepting(self, network: Key | str | None = None) -> Accepting | None:
        """What the nearest source says of new patients in the network; None where no source says anything.

        An answer for that network goes before one without a network. Without `network`, differing answers give None.
        """
        for openings in ([one for source in sources for one in source.openings] for sources in self.sources):
            own = {o.answer for o in openings if o.network and network in {o.network, o.network.id}}
            general = {o.answer for o in openings if o.network is None or network is None}
            for answers in (own, general):
                if len(answers) == 1:
                    return next(iter(answers))
        return None


def by_place(listing: Listing) -> tuple[Listing, ...]:
    """The listing once for each of its places, with the services that are given there or name no place."""
    if not listing.locations:
        return (listing,)
    shared = len(listing.role.locations) > 1 or len(listing.locations) > 1
    return tuple(
        replace(
            listing,
            locations=(place,),
            place_names=(place.name,) if place.name else (),
            services=_here(listing.services, place),
            shared=shared,
        )
        for place in listing.locations
    )


def _here(services: tuple[Service, ...], place: Location) -> tuple[Service, ...]:
    return tuple(one for one in services if not one.locations or any(key.id == place.id for key in one.locations))
