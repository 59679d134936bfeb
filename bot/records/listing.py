"""A directory role at one location, joined with its related resources. Resources that were not included are None."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from functools import cached_property
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from bot.records.details import Accepting, Ages, Closure, Hours, Phone, Specialty, read_npi
from bot.records.provider import Location, Organization, Practitioner, Role, Service
from bot.records.shapes import Key

ListingPart = Role | Location | Service
T = TypeVar("T")


class Network(msgspec.Struct, frozen=True):
    """A network that a role refers to: its key, and its names if the resource was included."""

    key: Key | None
    name: str | None
    aliases: tuple[str, ...] = ()


class Listing(msgspec.Struct, frozen=True, dict=True):
    """A role at one location, with all data that a filter may have to check again (T44).

    `by_place` makes such listings.

    Attributes:
        name: the practitioner's name; without a practitioner the name of the organization, else of the role.
        services: the services of the role at this location.
        shared: True if the data of the role itself, such as its phone, are for several locations.
        closed: True if every location of the role is inactive.
        found_as: the key of the location or service, if that was searched for by name.
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
        """The key that identifies the provider: `found_as`, else the key of practitioner, organization or role."""
        return self.found_as or self.practitioner_key or self.organization_key or Key(self.role.type, self.role_id)

    @property
    def store(self) -> tuple[Key, str]:
        """The key and the id of the location, because an organization such as a pharmacy chain has many stores."""
        return self.key, self.place_id

    @property
    def place_id(self) -> str:
        """The id of the location, "" without one."""
        return self.locations[0].id if self.locations else ""

    @property
    def reference(self) -> str:
        """The key as `Type/id` for a button; that of the role if the key is of a contained resource."""
        key = self.key if self.key.type else Key(self.role.type, self.role_id)
        return f"{key.type}/{key.id}"

    @property
    def is_person(self) -> bool:
        """Whether the role is of a practitioner, not of an organization."""
        return self.role.practitioner is not None

    @property
    def npi(self) -> str | None:
        """The National Provider Identifier of the practitioner, or of the organization if the role is no person's."""
        whose = self.practitioner if self.is_person else self.organization
        reference = self.role.practitioner or self.role.organization
        of_role = read_npi([reference.identifier]) if reference and reference.identifier else None
        return (whose.npi if whose else None) or of_role

    @cached_property
    def sources(self) -> tuple[tuple[ListingPart, ...], ...]:
        """The sources of data about this location in ranks, most specific first.

        The ranks are: the role if it is for this location alone; the location; its services; data for several
        locations.
        """
        role = () if self.role.type == "HealthcareService" else (self.role,)
        own = tuple(one for one in self.services if len(one.locations) == 1 or not (one.locations or self.shared))
        wide = tuple(one for one in self.services if one not in own)
        return ((), self.locations, own, (*wide, *role)) if self.shared else (role, self.locations, own, wide)

    def own_telecoms(self, today: date) -> tuple[Phone, ...]:
        """Return the current telecoms of the practitioner or the organization itself, not of a location."""
        whose = self.practitioner if self.practitioner_key else self.organization
        every = whose.phones if whose and not self.found_as else ()
        return tuple(phone for phone in every if phone.holds(today) and phone.use != "home")

    @cached_property
    def specialty_codes(self) -> frozenset[str]:
        """All specialty codes of the role."""
        return frozenset(code for specialty in self.specialties for code in specialty.codes)

    @property
    def ages(self) -> tuple[Ages, ...]:
        """The ranges of ages that the role and its services state."""
        return tuple(dict.fromkeys([*self.role.ages, *(ages for service in self.services for ages in service.ages)]))

    @property
    def closures(self) -> tuple[Closure, ...]:
        """The absences and exceptions to the hours: those of the role, then of the location, then of the services."""
        of_places = [one for place in self.locations for one in place.closures]
        of_services = [one for service in self.services for one in service.closures]
        return tuple(dict.fromkeys([*self.role.closures, *of_places, *of_services]))

    def is_shut(self, day: date) -> bool:
        """Return whether the role, its location or all of its services are closed on that day."""
        own = (*self.role.closures, *(one for place in self.locations for one in place.closures))
        served = [any(one.holds(day) for one in service.closures) for service in self.services]
        return any(one.holds(day) for one in own) or (bool(served) and all(served))

    def active(self, today: date) -> bool:
        """Return whether role, practitioner and organization are active on that day, and not every place is closed."""
        person, organization = self.practitioner, self.organization
        standing = (person is None or person.active) and (organization is None or organization.active)
        return standing and not self.closed and not self.role.ended(today)

    def accepting(self, network: Key | str | None = None) -> Accepting | None:
        """Return the most specific statement about new patients in the network; None if there is none.

        A statement for that network takes precedence over a general one. Next, the role's own statement takes
        precedence over the other `sources`. A source with contradictory statements is skipped. Without `network`, all
        statements count.
        """
        ranks = ([one for source in rank for one in source.openings] for rank in ((self.role,), *self.sources))
        every = [some for some in ranks if some]
        own = ({o.answer for o in some if o.network and network in {o.network, o.network.id}} for some in every)
        general = ({o.answer for o in some if o.network is None or network is None} for some in every)
        return next((next(iter(answers)) for answers in (*own, *general) if len(answers) == 1), None)


def by_place(listing: Listing) -> tuple[Listing, ...]:
    """Return the listing once for each of its locations, with the services that are given there or have no location."""
    if not listing.locations:
        return (listing,)
    shared = len(listing.role.locations) > 1 or len(listing.locations) > 1
    return tuple(
        replace(
            listing,
            locations=(place,),
            place_names=(place.name,) if place.name else (),
            services=tuple(
                one for one in listing.services if not one.locations or place.id in {key.id for key in one.locations}
            ),
            shared=shared,
        )
        for place in listing.locations
    )


def hours_of(rows: Sequence[Listing]) -> tuple[Hours, ...]:
    """Return the hours from the first rank of sources that gives any; () if none does."""
    return next(filter(None, by_rank(rows, lambda source: source.hours)), ())


def by_rank(rows: Sequence[Listing], of: Callable[[ListingPart], Iterable[T]]) -> tuple[tuple[T, ...], ...]:
    """Return the distinct values for one location, grouped by the ranks of `Listing.sources`."""
    ranks = zip(*(row.sources for row in rows), strict=True)
    return tuple(tuple(dict.fromkeys(one for sources in rank for by in sources for one in of(by))) for rank in ranks)
