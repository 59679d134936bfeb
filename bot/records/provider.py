"""Providers of the open directory as plain values: people, locations, organizations, services, and roles linking them.

An affiliation is read as a role of its organization, and so is a service that is listed by itself (fhir-notes 9.2).
Reading damaged data raises Unreadable.
"""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, get_args

import msgspec

from bot.records import details, directory, shapes
from bot.records.decode import decode
from bot.records.written import Period, clean

Gender = Literal["male", "female", "other", "unknown"]
_GENDERS: tuple[Gender, ...] = get_args(Gender)
_ALWAYS = Period()


class Practitioner(shapes.Value):
    """A practitioner. `languages` are BCP 47 codes or, if unknown, the payer's words."""

    def __init__(self, raw: shapes.RawJson) -> None:
        shape, _ = decode(raw, directory.PractitionerShape)
        credentials = (_credential(q.code) for q in shape.qualification if q.code)
        self.id = shape.id
        self.name = shapes.best_name(shape.name)
        self.gender = next((g for g in _GENDERS if g == shape.gender), None)
        self.languages = _languages(shape.communication)
        self.credentials = tuple(dict.fromkeys(credential for credential in credentials if credential))
        self.phones = details.read_phones(shape.telecom)
        self.npi = details.read_npi(shape.identifier)
        self.active = shape.active is not False
        self.last_updated = shape.updated


class Location(shapes.Value):
    """A location with its address. `position` is (latitude, longitude) in degrees.

    `access` are Plan-Net's accessibility codes, `types` the codes for the kind of location.
    """

    def __init__(self, raw: shapes.RawJson) -> None:
        shape, _ = decode(raw, directory.LocationShape)
        address = shape.address or shapes.Address()
        self.id = shape.id
        self.name = clean(shape.name)
        self.lines = tuple(line for line in map(clean, address.line) if line)
        self.city = clean(address.city)
        self.state = clean(address.state)
        self.zip5 = address.zip5
        self.county = clean(address.district)
        self.phones = details.read_phones(shape.telecom)
        self.position = _position(shape)
        self.boundary = details.read_boundary(shape.extension)
        self.active = shape.status in {None, "active"}
        self.openings = details.read_openings(shape.extension)
        self.last_updated = shape.updated
        self.types = _codes(shape.type)
        self.access = _codes(e.value_codeable_concept for e in shape.extension if e.url == directory.ACCESSIBILITY)
        self.hours = details.read_hours(shape.hours_of_operation)
        self.closures = details.read_closures((), shape.availability_exceptions)
        self.organization = shapes.key_of(shape.managing_organization)


class Organization(shapes.Value):
    """An organization. `is_network` is True for a payer's network; `tins` are tax numbers of nine digits.

    `gives_care` is True if the organization is neither a network nor a payer. `addresses` are those in the
    organization's own resource; no listing is at these addresses.
    """

    def __init__(self, raw: shapes.RawJson) -> None:
        shape, _ = decode(raw, directory.OrganizationShape)
        types = {code for kind in shape.type for code in kind.codes(directory.ORGANIZATION_TYPES) or kind.codes()}
        self.id = shape.id
        self.aliases = tuple(alias for alias in map(clean, shape.alias) if alias)
        self.name = clean(shape.name) or next(iter(self.aliases), None)
        self.is_network = "ntwk" in types
        self.gives_care = not {"ntwk", "payer"} & types
        self.phones = details.read_phones(shape.telecom)
        self.npi = details.read_npi(shape.identifier)
        self.tins = details.read_tins(shape.identifier)
        self.active = shape.active is not False
        self.part_of = shapes.key_of(shape.part_of)
        self.last_updated = shape.updated
        self.endpoints = shapes.keys_of(shape.endpoint)
        # One of a past time or for bills alone is no place to go to.
        current = (one for one in shape.address if one.use not in {"old", "billing"})
        self.addresses = tuple(dict.fromkeys(line for one in current if (line := one.on_one_line(one.zip5))))


class Role(msgspec.Struct, frozen=True, dict=True):
    """Links a practitioner, or in an OrganizationAffiliation an organization, to locations, specialties and networks.

    `type` is the type of the resource, `codes` its role codes, `primary` the primary organization of an affiliation,
    `name` the name of a role that is itself a service or a location.
    """

    id: str
    type: str
    practitioner: shapes.Reference | None = None
    organization: shapes.Reference | None = None
    locations: tuple[shapes.Reference, ...] = ()
    networks: tuple[shapes.Reference, ...] = ()
    specialties: tuple[details.Specialty, ...] = ()
    openings: tuple[details.Openings, ...] = ()
    phones: tuple[details.Phone, ...] = ()
    active: bool = True
    period: Period = _ALWAYS
    last_updated: datetime | None = None
    codes: tuple[str, ...] = ()
    primary: shapes.Reference | None = None
    services: tuple[shapes.Reference, ...] = ()
    endpoints: tuple[shapes.Key, ...] = ()
    hours: tuple[details.Hours, ...] = ()
    name: str | None = None
    closures: tuple[details.Closure, ...] = ()
    ages: tuple[details.Ages, ...] = ()

    practitioner_key = shapes.Lazy(shapes.key_of, "practitioner")
    organization_key = shapes.Lazy(shapes.key_of, "organization")
    service_keys = shapes.Lazy(shapes.keys_of, "services")
    location_pairs = shapes.Lazy(shapes.pairs_of, "locations")
    network_pairs = shapes.Lazy(shapes.pairs_of, "networks")
    """The keys of the references: a role of the directory is read once, and asked for them in every answer."""

    def ended(self, today: date) -> bool:
        """Return whether the role is inactive or its period does not include the day."""
        return not self.active or not self.period.includes(today)


def read_role(raw: shapes.RawJson) -> Role:
    """Return the role in a PractitionerRole, OrganizationAffiliation or HealthcareService.

    The role of an affiliation is that of its participating organization, the role of a service that of the organization
    providing it. The network extension may repeat. A service is in no network by itself.
    """
    shape, _ = decode(raw, directory.RoleShape)
    of_affiliation, of_service = (
        shape.resource_type == one for one in ("OrganizationAffiliation", "HealthcareService")
    )
    owner = (
        shape.participating_organization if of_affiliation else shape.provided_by if of_service else shape.organization
    )
    by_extension = (
        e.value_reference for e in shape.extension if e.url == directory.NETWORK_REFERENCE and e.value_reference
    )
    networks = () if of_service else shape.network if of_affiliation else tuple(by_extension)
    return Role(
        id=shape.id,
        type=shape.resource_type,
        practitioner=shape.practitioner,
        organization=owner,
        locations=shape.location,
        networks=networks,
        specialties=tuple(details.Specialty(one.codes(), one.words()) for one in (*shape.specialty, *shape.type)),
        openings=details.read_openings(shape.extension),
        phones=details.read_phones(shape.telecom),
        active=shape.active is not False,
        period=shapes.period_of(shape.period),
        last_updated=shape.updated,
        codes=_codes((*shape.code, *shape.category)),
        primary=shape.organization if of_affiliation else None,
        services=shape.healthcare_service,
        endpoints=shapes.keys_of(shape.endpoint),
        hours=details.read_hours(shape.available_time),
        name=clean(shape.name),
        closures=details.read_closures(shape.not_available, shape.availability_exceptions),
        ages=_ages(shape),
    )


class Service(shapes.Value):
    """A service. `virtual` is True if it is offered by telehealth, with the `ways` (video, phone …) if given.

    `methods` is False if no delivery method is given. `languages` are the languages spoken there.
    """

    def __init__(self, raw: shapes.RawJson) -> None:
        shape, _ = decode(raw, directory.RoleShape)
        methods = [part for e in shape.extension if e.url == directory.DELIVERY for part in e.extension]
        self.id = shape.id
        self.name = clean(shape.name)
        self.provided_by = shapes.key_of(shape.provided_by)
        self.virtual = "virtual" in _values(methods, "type")
        self.ways = _values(methods, "virtualModalities")
        self.methods = bool(_values(methods, "type"))
        self.hours = details.read_hours(shape.available_time)
        self.locations = shapes.keys_of(shape.location)
        self.active = shape.active is not False
        self.phones = details.read_phones(shape.telecom)
        self.openings = details.read_openings(shape.extension)
        self.languages = _languages(shape.communication)
        self.closures = details.read_closures(shape.not_available, shape.availability_exceptions)
        self.ages = _ages(shape)


def _codes(concepts: Iterable[shapes.Concept | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(code for concept in concepts if concept for code in concept.codes()))


def _languages(concepts: Iterable[shapes.Concept]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, map(details.language_code, concepts))))


def _position(shape: directory.LocationShape) -> tuple[float, float] | None:
    place = shape.position
    if place is None or not isinstance(place.latitude, Decimal) or not isinstance(place.longitude, Decimal):
        return None
    latitude, longitude = float(place.latitude), float(place.longitude)
    inside = abs(latitude) <= 90 and abs(longitude) <= 180  # noqa: PLR2004 -- the globe's own limits
    return (latitude, longitude) if inside and (latitude, longitude) != (0.0, 0.0) else None


def _credential(code: shapes.Concept) -> str | None:
    """Return the code of a degree (HL7 table 0360), else the words or the first code of the qualification."""
    degree = next((c.code for c in code.coding if c.code and c.system and "v2-0360" in c.system), None)
    return clean(degree) or code.words() or next(iter(code.codes()), None)


def _ages(shape: directory.RoleShape) -> tuple[details.Ages, ...]:
    """Return the ranges of ages of the people who may use the service, from codes and texts."""
    texts = [text for one in shape.eligibility for text in (one.code.words() if one.code else None, one.comment)]
    return details.ages_of(shape.extension, *texts)


def _values(parts: Iterable[shapes.Extension], url: str) -> tuple[str, ...]:
    return _codes(part.value_codeable_concept for part in parts if part.url == url)


class _Product(shapes.Shape, frozen=True):
    type: shapes.Concept | None = None
    network: tuple[shapes.Reference, ...] = ()
    coverage_area: tuple[shapes.Reference, ...] = ()


class _PlanShape(shapes.RecordShape, frozen=True):
    identifier: tuple[shapes.Identifier, ...] = ()
    status: str | None = None
    type: tuple[shapes.Concept, ...] = ()
    name: str | None = None
    alias: tuple[str, ...] = ()
    period: shapes.PeriodShape | None = None
    coverage_area: tuple[shapes.Reference, ...] = ()
    network: tuple[shapes.Reference, ...] = ()
    plan: tuple[_Product, ...] = ()


class InsurancePlan(shapes.Record):
    """A plan. `kinds` are product type codes (commppo, mediadv …), `levels` codes such as gold or bronze.

    `networks` and `areas` are the keys of the networks and service areas of the plan and of its products, without
    duplicates. `spoken` are the display names of the networks by key.
    """

    TYPE = "InsurancePlan"

    def __init__(self, raw: shapes.RawJson, labels: tuple[str, ...] = ()) -> None:
        shape = self._read(raw, _PlanShape, labels)
        networks = (*shape.network, *(reference for product in shape.plan for reference in product.network))
        areas = (*shape.coverage_area, *(reference for product in shape.plan for reference in product.coverage_area))
        self.name = clean(shape.name) or next((name for alias in shape.alias if (name := clean(alias))), None)
        self.numbers = tuple(number for one in shape.identifier if (number := clean(one.value)))
        self.active = shape.status in {None, "active"}
        self.period = shapes.period_of(shape.period)
        self.kinds = tuple(code for kind in shape.type for code in kind.codes())
        self.levels = tuple(code for product in shape.plan if product.type for code in product.type.codes())
        self.networks = tuple(dict.fromkeys(shapes.keys_of(networks)))
        self.spoken = {key: name for one in networks for key in shapes.keys_of([one]) if (name := clean(one.display))}
        self.areas = tuple(dict.fromkeys(shapes.keys_of(areas)))
