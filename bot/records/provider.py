"""Providers of the open directory as plain values. A listing is one role of one provider at its places."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

import msgspec

from bot.records.ages import Ages, read_ages
from bot.records.area import Ring, read_boundary
from bot.records.closures import Closure, read_closures
from bot.records.dates import Period, period
from bot.records.decode import decode
from bot.records.directory import (
    ACCESSIBILITY,
    NETWORK_REFERENCE,
    NEW_PATIENTS,
    NPI,
    ORGANIZATION_TYPES,
    TAX_NUMBERS,
    LocationShape,
    OrganizationShape,
    PractitionerShape,
    RoleShape,
    Telecom,
)
from bot.records.hours import Hours, read_hours
from bot.records.npi import is_npi
from bot.records.references import Key, key_of
from bot.records.shapes import Concept, Extension, Identifier, PeriodShape, Reference, best_name
from bot.records.text import clean
from bot.records.times import parse_instant
from bot.records.tongues import tongue

Gender = Literal["male", "female", "other", "unknown"]
Accepting = Literal["newpt", "nopt", "existptonly", "existptfam"]
_ACCEPTING: tuple[Accepting, ...] = ("newpt", "nopt", "existptonly", "existptfam")
_TIN_DIGITS = 9
_ALWAYS = Period()
_GENDERS: tuple[Gender, ...] = ("male", "female", "other", "unknown")


@dataclass(frozen=True, slots=True)
class Phone:
    """A way to reach somebody while `period` lasts; `system` is phone, fax, email, url and such."""

    system: str | None
    value: str
    use: str | None = None
    period: Period = _ALWAYS

    def holds(self, today: date) -> bool:
        """True when it is neither an old one nor out of its time."""
        return self.use != "old" and self.period.includes(today)


@dataclass(frozen=True, slots=True)
class Specialty:
    """A specialty: its codes (NUCC first) and the payer's words."""

    codes: tuple[str, ...]
    words: str | None


@dataclass(frozen=True, slots=True)
class Openings:
    """Whether new patients are taken, in one network or, with `network` None, in general."""

    network: Key | None
    answer: Accepting


@dataclass(frozen=True, slots=True)
class Practitioner:
    """A person who treats. `languages` are BCP 47 codes or, without one, the payer's words."""

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
    """An organization; `is_network` for the ones that are a payer's network. `tins` are tax numbers, nine digits."""

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

    @property
    def is_network(self) -> bool:
        """True for a network of a payer."""
        return "ntwk" in self.types

    @property
    def gives_care(self) -> bool:
        """False for a network and for a payer."""
        return not {"ntwk", "payer"} & set(self.types)


@dataclass(frozen=True, slots=True)
class Role:
    """What ties a practitioner, or in an OrganizationAffiliation an organization, to places, specialties and networks.

    `type` is the resource it was read from, `codes` what it says of the part that is played, `primary` an
    affiliation's other side, `name` what a service or a place is called itself.
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
        """True when the role is switched off or not of this day."""
        return not self.active or not self.period.includes(today)


def read_practitioner(raw: bytes | msgspec.Raw) -> Practitioner:
    """The practitioner. Raises Unreadable for damaged data."""
    shape, _ = decode(raw, PractitionerShape)
    credentials = (_credential(q.code) for q in shape.qualification if q.code)
    languages = (tongue(concept) for concept in shape.communication)
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
    """The location. Raises Unreadable for damaged data."""
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
    """The organization or network. Raises Unreadable for damaged data."""
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
    )


def read_role(raw: bytes | msgspec.Raw) -> Role:
    """The role. Raises Unreadable for damaged data. The network extension may repeat: many are accepted."""
    shape, _ = decode(raw, RoleShape)
    networks = (e.value_reference for e in shape.extension if e.url == NETWORK_REFERENCE)
    return Role(
        id=shape.id,
        practitioner=shape.practitioner,
        organization=shape.organization,
        locations=shape.location,
        networks=tuple(reference for reference in networks if reference),
        specialties=tuple(Specialty(concept.codes(), concept.words()) for concept in shape.specialty),
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


def ages_of(extensions: Iterable[Extension], *more: str | None) -> tuple[Ages, ...]:
    """The ages in ranges of extensions about age, in what is said of new patients, and in further texts."""
    every = [part for one in extensions for part in (one, *one.extension)]
    ranges = [one.value_range for one in every if one.value_range and "age" in (one.url or "").casefold()]
    return read_ages([*(one.value_string for one in every if one.url == "characteristics"), *more], ranges)


def read_openings(extensions: tuple[Extension, ...]) -> tuple[Openings, ...]:
    """The newpatients extensions: the answer and the network that it is for."""
    found: list[Openings] = []
    for extension in extensions:
        if extension.url != NEW_PATIENTS:
            continue
        parts = {part.url: part for part in extension.extension}
        said = parts["acceptingPatients"].value_codeable_concept if "acceptingPatients" in parts else None
        answer = next((a for a in _ACCEPTING if said and a in said.codes()), None)
        network = parts["fromNetwork"].value_reference if "fromNetwork" in parts else None
        if answer:
            found.append(Openings(key_of(network), answer))
    return tuple(found)


def read_phones(telecoms: tuple[Telecom, ...]) -> tuple[Phone, ...]:
    """Every way to reach them, the payer's preferred first; one without a system is kept (fhir-notes 9.2)."""
    ranked = sorted(telecoms, key=lambda telecom: telecom.rank or 99)
    return tuple(Phone(t.system, value, t.use, period_of(t.period)) for t in ranked if (value := clean(t.value)))


def period_of(shape: PeriodShape | None) -> Period:
    """The period; one without ends where none is written."""
    return period(shape.start, shape.end) if shape else Period()


def read_npi(identifiers: Iterable[Identifier]) -> str | None:
    """The first National Provider Identifier that can be one, else the first that is called so."""
    written = [one.value for one in identifiers if one.system == NPI and one.value]
    return next(filter(is_npi, written), next(iter(written), None))


def read_tins(identifiers: Iterable[Identifier]) -> tuple[str, ...]:
    """The tax numbers (EIN) as nine digits: by their system, or by a type of number that says so."""
    written = [one.value for one in identifiers if one.value and (one.system in TAX_NUMBERS or _is_tax(one))]
    digits = ("".join(sign for sign in value if sign.isdigit()) for value in written)
    return tuple(dict.fromkeys(value for value in digits if len(value) == _TIN_DIGITS))


def _is_tax(one: Identifier) -> bool:
    return one.type is not None and not {"TAX", "EN"}.isdisjoint(one.type.codes())


def keys_of(references: Iterable[Reference]) -> tuple[Key, ...]:
    """What the references point at, as far as they point anywhere."""
    return tuple(key for reference in references if (key := key_of(reference)))


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
    """The short form of a degree where it is coded, else the words."""
    degree = next((c.code for c in code.coding if c.code and c.system and "v2-0360" in c.system), None)
    return clean(degree) or code.words() or next(iter(code.codes()), None)
