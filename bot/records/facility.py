"""Organizations that give care: affiliations, read as roles, and the services that they provide (fhir-notes 9.2)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from bot.records.ages import Ages
from bot.records.closures import Closure, read_closures
from bot.records.dates import Period
from bot.records.decode import decode
from bot.records.directory import DELIVERY, AffiliationShape, ServiceShape
from bot.records.hours import Hours, read_hours
from bot.records.provider import (
    Openings,
    Phone,
    Role,
    Specialty,
    ages_of,
    keys_of,
    period_of,
    read_openings,
    read_phones,
)
from bot.records.references import Key, key_of
from bot.records.shapes import Concept, Extension
from bot.records.text import clean
from bot.records.times import parse_instant
from bot.records.tongues import tongue


@dataclass(frozen=True, slots=True)
class Service:
    """A service: `virtual` when it is given at a distance, with the ways (video, phone …) where they are named.

    `methods` is False where nothing is said of how it is given. `languages` are those that are spoken there.
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
    """The affiliation as the role of its participating organization. Raises Unreadable for damaged data."""
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
    """The service. Raises Unreadable for damaged data."""
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
        languages=tuple(dict.fromkeys(filter(None, map(tongue, shape.communication)))),
        methods=bool(_values(methods, "type")),
        closures=read_closures(shape.not_available, shape.availability_exceptions),
        ages=_ages(shape),
    )


def read_service_role(raw: bytes | msgspec.Raw) -> Role:
    """The service as a role of who provides it; no network is in it. Raises Unreadable for damaged data."""
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
    """The ages of those who may use the service, coded or in words."""
    texts = [text for one in shape.eligibility for text in (one.code.words() if one.code else None, one.comment)]
    return ages_of(shape.extension, *texts)


def _specialties(concepts: Iterable[Concept]) -> tuple[Specialty, ...]:
    return tuple(Specialty(concept.codes(), concept.words()) for concept in concepts)


def _codes(concepts: Iterable[Concept]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(code for concept in concepts for code in concept.codes()))


def _values(parts: Iterable[Extension], url: str) -> tuple[str, ...]:
    return _codes(part.value_codeable_concept for part in parts if part.url == url and part.value_codeable_concept)
