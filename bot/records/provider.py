"""Providers of the open directory as plain values.

People, places, organizations, services, and the roles that link them.

An affiliation is read as a role of its organization, and so is a service that is listed by itself (fhir-notes 9.2).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

import msgspec

from bot.records.ages import Ages, ages_of
from bot.records.dates import Period, parse_instant
from bot.records.decode import decode
from bot.records.details import (
    Closure,
    Hours,
    Openings,
    Phone,
    Ring,
    Specialty,
    language_code,
    read_boundary,
    read_closures,
    read_hours,
    read_npi,
    read_openings,
    read_phones,
    read_tins,
)
from bot.records.directory import (
    ACCESSIBILITY,
    DELIVERY,
    NETWORK_REFERENCE,
    ORGANIZATION_TYPES,
    AffiliationShape,
    LocationShape,
    OrganizationShape,
    PractitionerShape,
    RoleShape,
    ServiceShape,
)
from bot.records.shapes import Address, Concept, Extension, Key, Reference, best_name, key_of, keys_of, period_of
from bot.records.text import clean

Gender = Literal["male", "female", "other", "unknown"]
_GENDERS: tuple[Gender, ...] = ("male", "female", "other", "unknown")


@dataclass(frozen=True, slots=True)
class Practitioner:
    """A practitioner. `languages` are BCP 47 codes or, if unknown, the payer's words."""

    id: str
    name: str | None
    gender: Gender | None
    languages: tuple[str, ...]
    credentials: tuple[str, ...]
    phones: tuple[Phone, ...]
    npi: str | None
    active: bool
    last_updated: datetime | None


@dataclass(frozen=True, slots=True)
class Location:
    """A place with its address; `position` is (latitude, longitude) in degrees.

    `access` are Plan-Net's accessibility codes, `types` the kinds of place that it is.
    """

    id: str
    name: str | None
    lines: tuple[str, ...]
    city: str | None
    state: str | None
    zip5: str | None
    phones: tuple[Phone, ...]
    position: tuple[float, float] | None
    active: bool
    openings: tuple[Openings, ...]
    last_updated: datetime | None
    types: tuple[str, ...] = ()
    access: tuple[str, ...] = ()
    hours: tuple[Hours, ...] = ()
    organization: Key | None = None
    boundary: tuple[Ring, ...] = ()
    county: str | None = None
    closures: tuple[Closure, ...] = ()


@dataclass(frozen=True, slots=True)
class Organization:
    """An organization; `is_network` for the ones that are a payer's network. `tins` are tax numbers, nine digits.

    `addresses` are those of its own record, which are no places that it is listed at.
    """

    id: str
    name: str | None
    types: tuple[str, ...]
    phones: tuple[Phone, ...]
    npi: str | None
    active: bool
    part_of: Key | None
    last_updated: datetime | None
    endpoints: tuple[Key, ...] = ()
    aliases: tuple[str, ...] = ()
    tins: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()

    @property
    def is_network(self) -> bool:
        """Whether it is a payer's network."""
        return "ntwk" in self.types

    @property
    def gives_care(self) -> bool:
        """Whether it provides care; False for networks and payers."""
        return not {"ntwk", "payer"} & set(self.types)


@dataclass(frozen=True, slots=True)
class Role:
    """Links a practitioner, or in an OrganizationAffiliation an organization, to places, specialties and networks.

    `type` is the type of the resource, `codes` its role codes, `primary` an affiliation's primary organization, `name`
    the own name of a service or a place.
    """

    id: str
    practitioner: Reference | None
    organization: Reference | None
    locations: tuple[Reference, ...]
    networks: tuple[Reference, ...]
    specialties: tuple[Specialty, ...]
    openings: tuple[Openings, ...]
    phones: tuple[Phone, ...]
    active: bool
    period: Period
    last_updated: datetime | None
    type: str = "PractitionerRole"
    codes: tuple[str, ...] = ()
    primary: Reference | None = None
    services: tuple[Reference, ...] = ()
    endpoints: tuple[Key, ...] = ()
    hours: tuple[Hours, ...] = ()
    name: str | None = None
    closures: tuple[Closure, ...] = ()
    ages: tuple[Ages, ...] = ()

    def ended(self, today: date) -> bool:
        """Return whether the role is inactive or its period does not include the day."""
        return not self.active or not self.period.includes(today)


def read_practitioner(raw: bytes | msgspec.Raw) -> Practitioner:
    """Return the practitioner. Raises Unreadable for damaged data."""
    shape, _ = decode(raw, PractitionerShape)
    credentials = (_credential(q.code) for q in shape.qualification if q.code)
    languages = (language_code(concept) for concept in shape.communication)
    return Practitioner(
        id=shape.id,
        name=best_name(shape.name),
        gender=next((g for g in _GENDERS if g == shape.gender), None),
        languages=tuple(dict.fromkeys(language for language in languages if language)),
        credentials=tuple(dict.fromkeys(credential for credential in credentials if credential)),
        phones=read_phones(shape.telecom),
        npi=read_npi(shape.identifier),
        active=shape.active is not False,
        last_updated=parse_instant(shape.meta.last_updated) if shape.meta else None,
    )


def read_location(raw: bytes | msgspec.Raw) -> Location:
    """Return the location. Raises Unreadable for damaged data."""
    shape, _ = decode(raw, LocationShape)
    address = shape.address
    lines = (clean(line) for line in (address.line if address else ()))
    return Location(
        id=shape.id,
        name=clean(shape.name),
        lines=tuple(line for line in lines if line),
        city=clean(address.city) if address else None,
        state=clean(address.state) if address else None,
        zip5=address.zip5 if address else None,
        phones=read_phones(shape.telecom),
        position=_position(shape),
        active=shape.status in {None, "active"},
        openings=read_openings(shape.extension),
        last_updated=parse_instant(shape.meta.last_updated) if shape.meta else None,
        types=_codes(shape.type),
        access=_codes(e.value_codeable_concept for e in shape.extension if e.url == ACCESSIBILITY),
        hours=read_hours(shape.hours_of_operation),
        organization=key_of(shape.managing_organization),
        boundary=read_boundary(shape.extension),
        county=clean(address.district) if address else None,
        closures=read_closures((), shape.availability_exceptions),
    )


def read_organization(raw: bytes | msgspec.Raw) -> Organization:
    """Return the organization or network. Raises Unreadable for damaged data."""
    shape, _ = decode(raw, OrganizationShape)
    types = dict.fromkeys(code for kind in shape.type for code in kind.codes(ORGANIZATION_TYPES) or kind.codes())
    return Organization(
        id=shape.id,
        name=clean(shape.name) or next((a for a in map(clean, shape.alias) if a), None),
        types=tuple(types),
        phones=read_phones(shape.telecom),
        npi=read_npi(shape.identifier),
        active=shape.active is not False,
        part_of=key_of(shape.part_of),
        last_updated=parse_instant(shape.meta.last_updated) if shape.meta else None,
        endpoints=keys_of(shape.endpoint),
        aliases=tuple(alias for alias in map(clean, shape.alias) if alias),
        tins=read_tins(shape.identifier),
        addresses=tuple(dict.fromkeys(filter(None, map(_written, shape.address)))),
    )


def _written(address: Address) -> str:
    """An address on one line; one of a past time or for bills alone is no place to go to."""
    if address.use in {"old", "billing"}:
        return ""
    region = " ".join(part for part in (address.state, address.zip5) if part)
    return ", ".join(part for part in (*map(clean, address.line), clean(address.city), region) if part)


def read_role(raw: bytes | msgspec.Raw) -> Role:
    """Return the role. Raises Unreadable for damaged data. The network extension may repeat: many are accepted."""
    shape, _ = decode(raw, RoleShape)
    networks = (e.value_reference for e in shape.extension if e.url == NETWORK_REFERENCE)
    return Role(
        id=shape.id,
        practitioner=shape.practitioner,
        organization=shape.organization,
        locations=shape.location,
        networks=tuple(reference for reference in networks if reference),
        specialties=_specialties(shape.specialty),
        openings=read_openings(shape.extension),
        phones=read_phones(shape.telecom),
        active=shape.active is not False,
        period=period_of(shape.period),
        last_updated=parse_instant(shape.meta.last_updated) if shape.meta else None,
        codes=_codes(shape.code),
        services=shape.healthcare_service,
        endpoints=keys_of(shape.endpoint),
        hours=read_hours(shape.available_time),
        closures=read_closures(shape.not_available, shape.availability_exceptions),
        ages=ages_of(shape.extension),
    )


def _codes(concepts: Iterable[Concept | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(code for concept in concepts if concept for code in concept.codes()))


def _position(shape: LocationShape) -> tuple[float, float] | None:
    place = shape.position
    if place is None or not isinstance(place.latitude, Decimal) or not isinstance(place.longitude, Decimal):
        return None
    latitude, longitude = float(place.latitude), float(place.longitude)
    inside = abs(latitude) <= 90 and abs(longitude) <= 180  # noqa: PLR2004 -- the globe's own limits
    return (latitude, longitude) if inside and (latitude, longitude) != (0.0, 0.0) else None


def _credential(code: Concept) -> str | None:
    """Return the short form of a degree if it is coded, else the words."""
    degree = next((c.code for c in code.coding if c.code and c.system and "v2-0360" in c.system), None)
    return clean(degree) or code.words() or next(iter(code.codes()), None)


@dataclass(frozen=True, slots=True)
class Service:
    """A service: `virtual` if it is offered by telehealth, with the `ways` (video, phone …) if given.

    `methods` is False if no delivery method is given. `languages` are those spoken there.
    """

    id: str
    name: str | None
    provided_by: Key | None
    categories: tuple[str, ...]
    virtual: bool
    ways: tuple[str, ...]
    hours: tuple[Hours, ...]
    appointment: bool | None
    locations: tuple[Key, ...] = ()
    active: bool = True
    phones: tuple[Phone, ...] = ()
    openings: tuple[Openings, ...] = ()
    languages: tuple[str, ...] = ()
    methods: bool = False
    closures: tuple[Closure, ...] = ()
    ages: tuple[Ages, ...] = ()


def read_affiliation(raw: bytes | msgspec.Raw) -> Role:
    """Return the affiliation as a role of its participating organization. Raises Unreadable for damaged data."""
    shape, _ = decode(raw, AffiliationShape)
    return Role(
        id=shape.id,
        practitioner=None,
        organization=shape.participating_organization,
        locations=shape.location,
        networks=shape.network,
        specialties=_specialties(shape.specialty),
        openings=read_openings(shape.extension),
        phones=read_phones(shape.telecom),
        active=shape.active is not False,
        period=period_of(shape.period),
        last_updated=parse_instant(shape.meta.last_updated) if shape.meta else None,
        type="OrganizationAffiliation",
        codes=_codes(shape.code),
        primary=shape.organization,
        services=shape.healthcare_service,
        endpoints=keys_of(shape.endpoint),
    )


def read_service(raw: bytes | msgspec.Raw) -> Service:
    """Return the service. Raises Unreadable for damaged data."""
    shape, _ = decode(raw, ServiceShape)
    methods = [part for e in shape.extension if e.url == DELIVERY for part in e.extension]
    return Service(
        id=shape.id,
        name=clean(shape.name),
        provided_by=key_of(shape.provided_by),
        categories=_codes(shape.category),
        virtual="virtual" in _values(methods, "type"),
        ways=_values(methods, "virtualModalities"),
        hours=read_hours(shape.available_time),
        appointment=shape.appointment_required,
        locations=keys_of(shape.location),
        active=shape.active is not False,
        phones=read_phones(shape.telecom),
        openings=read_openings(shape.extension),
        languages=tuple(dict.fromkeys(filter(None, map(language_code, shape.communication)))),
        methods=bool(_values(methods, "type")),
        closures=read_closures(shape.not_available, shape.availability_exceptions),
        ages=_ages(shape),
    )


def read_service_role(raw: bytes | msgspec.Raw) -> Role:
    """Return the service as a role of its provider, without networks. Raises Unreadable for damaged data."""
    shape, _ = decode(raw, ServiceShape)
    return Role(
        id=shape.id,
        practitioner=None,
        organization=shape.provided_by,
        locations=shape.location,
        networks=(),
        specialties=_specialties((*shape.specialty, *shape.type)),
        openings=read_openings(shape.extension),
        phones=read_phones(shape.telecom),
        active=shape.active is not False,
        period=Period(),
        last_updated=parse_instant(shape.meta.last_updated) if shape.meta else None,
        type="HealthcareService",
        codes=_codes(shape.category),
        endpoints=keys_of(shape.endpoint),
        hours=read_hours(shape.available_time),
        name=clean(shape.name),
        closures=read_closures(shape.not_available, shape.availability_exceptions),
        ages=_ages(shape),
    )


def _ages(shape: ServiceShape) -> tuple[Ages, ...]:
    """Return the ages of those who may use the service, as codes or in words."""
    texts = [text for one in shape.eligibility for text in (one.code.words() if one.code else None, one.comment)]
    return ages_of(shape.extension, *texts)


def _specialties(concepts: Iterable[Concept]) -> tuple[Specialty, ...]:
    return tuple(Specialty(concept.codes(), concept.words()) for concept in concepts)


def _values(parts: Iterable[Extension], url: str) -> tuple[str, ...]:
    return _codes(part.value_codeable_concept for part in parts if part.url == url and part.value_codeable_concept)
