"""The parts of Plan-Net resources that the tolerant reading uses (fhir-notes 9.2)."""

from __future__ import annotations

from decimal import Decimal

from bot.records.shapes import (
    Address,
    Concept,
    Extension,
    HumanName,
    Identifier,
    Meta,
    PeriodShape,
    Reference,
    Shape,
    Telecom,
)

_PN = "http://hl7.org/fhir/us/davinci-pdex-plan-net/StructureDefinition/"
NETWORK_REFERENCE = _PN + "network-reference"
NEW_PATIENTS = _PN + "newpatients"
ACCESSIBILITY = _PN + "accessibility"
DELIVERY = _PN + "delivery-method"
ORGANIZATION_TYPES = "http://hl7.org/fhir/us/davinci-pdex-plan-net/CodeSystem/OrgTypeCS"
NPI = "http://hl7.org/fhir/sid/us-npi"
NPI_SYSTEMS = (NPI, "urn:oid:2.16.840.1.113883.4.6")
TAX_NUMBERS = frozenset({"urn:oid:2.16.840.1.113883.4.4", "http://hl7.org/fhir/sid/us-ein", "urn:us:tin"})


class Qualification(Shape, frozen=True):
    """A degree, licence or board certification."""

    code: Concept | None = None


class Position(Shape, frozen=True):
    """A geographic position, in degrees."""

    latitude: Decimal | None = None
    longitude: Decimal | None = None


class PractitionerShape(Shape, frozen=True):
    """Practitioner."""

    id: str = ""
    meta: Meta | None = None
    active: bool | None = None
    identifier: tuple[Identifier, ...] = ()
    name: tuple[HumanName, ...] = ()
    telecom: tuple[Telecom, ...] = ()
    gender: str | None = None
    qualification: tuple[Qualification, ...] = ()
    communication: tuple[Concept, ...] = ()


class TimeShape(Shape, frozen=True):
    """Available times: PractitionerRole and HealthcareService have other names for the ends than Location."""

    days_of_week: tuple[str, ...] = ()
    all_day: bool | None = None
    available_start_time: str | None = None
    available_end_time: str | None = None
    opening_time: str | None = None
    closing_time: str | None = None


class TimeOff(Shape, frozen=True):
    """A time of absence, and its reason."""

    description: str | None = None
    during: PeriodShape | None = None


class Eligibility(Shape, frozen=True):
    """Who may use a service, as a code or in words."""

    code: Concept | None = None
    comment: str | None = None


class RoleShape(Shape, frozen=True):
    """PractitionerRole."""

    id: str = ""
    meta: Meta | None = None
    extension: tuple[Extension, ...] = ()
    active: bool | None = None
    period: PeriodShape | None = None
    practitioner: Reference | None = None
    organization: Reference | None = None
    code: tuple[Concept, ...] = ()
    specialty: tuple[Concept, ...] = ()
    location: tuple[Reference, ...] = ()
    healthcare_service: tuple[Reference, ...] = ()
    telecom: tuple[Telecom, ...] = ()
    endpoint: tuple[Reference, ...] = ()
    available_time: tuple[TimeShape, ...] = ()
    not_available: tuple[TimeOff, ...] = ()
    availability_exceptions: str | None = None


class AffiliationShape(Shape, frozen=True):
    """OrganizationAffiliation: `network` is a real element here."""

    id: str = ""
    meta: Meta | None = None
    extension: tuple[Extension, ...] = ()
    active: bool | None = None
    period: PeriodShape | None = None
    organization: Reference | None = None
    participating_organization: Reference | None = None
    network: tuple[Reference, ...] = ()
    code: tuple[Concept, ...] = ()
    specialty: tuple[Concept, ...] = ()
    location: tuple[Reference, ...] = ()
    healthcare_service: tuple[Reference, ...] = ()
    telecom: tuple[Telecom, ...] = ()
    endpoint: tuple[Reference, ...] = ()


class ServiceShape(Shape, frozen=True):
    """HealthcareService."""

    id: str = ""
    meta: Meta | None = None
    extension: tuple[Extension, ...] = ()
    active: bool | None = None
    provided_by: Reference | None = None
    category: tuple[Concept, ...] = ()
    type: tuple[Concept, ...] = ()
    specialty: tuple[Concept, ...] = ()
    location: tuple[Reference, ...] = ()
    name: str | None = None
    telecom: tuple[Telecom, ...] = ()
    endpoint: tuple[Reference, ...] = ()
    available_time: tuple[TimeShape, ...] = ()
    not_available: tuple[TimeOff, ...] = ()
    availability_exceptions: str | None = None
    eligibility: tuple[Eligibility, ...] = ()
    appointment_required: bool | None = None
    communication: tuple[Concept, ...] = ()


class LocationShape(Shape, frozen=True):
    """Location."""

    id: str = ""
    meta: Meta | None = None
    extension: tuple[Extension, ...] = ()
    status: str | None = None
    name: str | None = None
    type: tuple[Concept, ...] = ()
    telecom: tuple[Telecom, ...] = ()
    address: Address | None = None
    position: Position | None = None
    managing_organization: Reference | None = None
    hours_of_operation: tuple[TimeShape, ...] = ()
    availability_exceptions: str | None = None


class OrganizationShape(Shape, frozen=True):
    """Organization, networks included."""

    id: str = ""
    meta: Meta | None = None
    active: bool | None = None
    identifier: tuple[Identifier, ...] = ()
    type: tuple[Concept, ...] = ()
    name: str | None = None
    alias: tuple[str, ...] = ()
    telecom: tuple[Telecom, ...] = ()
    address: tuple[Address, ...] = ()
    part_of: Reference | None = None
    endpoint: tuple[Reference, ...] = ()
