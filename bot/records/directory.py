"""The elements of Plan-Net resources that `decode` reads (fhir-notes 9.2)."""

from datetime import datetime
from decimal import Decimal

from bot.records.shapes import (
    Address,
    Concept,
    Extension,
    HumanName,
    Identifier,
    Meta,
    PeriodShape,
    RecordShape,
    Reference,
    Shape,
    Telecom,
)
from bot.records.written import parse_instant

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


class ListedShape(RecordShape, frozen=True):
    """The elements that all resources of a directory share."""

    meta: Meta | None = None
    extension: tuple[Extension, ...] = ()
    active: bool | None = None
    telecom: tuple[Telecom, ...] = ()

    @property
    def updated(self) -> datetime | None:
        """When the directory last changed the resource; None if unknown."""
        return parse_instant(self.meta.last_updated) if self.meta else None


class PractitionerShape(ListedShape, frozen=True):
    """The elements of a Practitioner."""

    identifier: tuple[Identifier, ...] = ()
    name: tuple[HumanName, ...] = ()
    gender: str | None = None
    qualification: tuple[Qualification, ...] = ()
    communication: tuple[Concept, ...] = ()


class TimeShape(Shape, frozen=True):
    """Available times.

    Location names the start and end elements differently than PractitionerRole and HealthcareService.
    """

    days_of_week: tuple[str, ...] = ()
    all_day: bool | None = None
    available_start_time: str | None = None
    available_end_time: str | None = None
    opening_time: str | None = None
    closing_time: str | None = None


class TimeOff(Shape, frozen=True):
    """A period of absence, and the reason for it."""

    description: str | None = None
    during: PeriodShape | None = None


class Eligibility(Shape, frozen=True):
    """Who may use a service, as a code or in words."""

    code: Concept | None = None
    comment: str | None = None


class RoleShape(ListedShape, frozen=True):
    """The elements of PractitionerRole, OrganizationAffiliation and HealthcareService: who gives care, and where.

    An affiliation has its networks in an element; a role has its networks in extensions.
    """

    period: PeriodShape | None = None
    practitioner: Reference | None = None
    organization: Reference | None = None
    participating_organization: Reference | None = None
    provided_by: Reference | None = None
    network: tuple[Reference, ...] = ()
    code: tuple[Concept, ...] = ()
    category: tuple[Concept, ...] = ()
    type: tuple[Concept, ...] = ()
    specialty: tuple[Concept, ...] = ()
    location: tuple[Reference, ...] = ()
    healthcare_service: tuple[Reference, ...] = ()
    name: str | None = None
    endpoint: tuple[Reference, ...] = ()
    available_time: tuple[TimeShape, ...] = ()
    not_available: tuple[TimeOff, ...] = ()
    availability_exceptions: str | None = None
    eligibility: tuple[Eligibility, ...] = ()
    communication: tuple[Concept, ...] = ()


class LocationShape(ListedShape, frozen=True):
    """The elements of a Location."""

    status: str | None = None
    name: str | None = None
    type: tuple[Concept, ...] = ()
    address: Address | None = None
    position: Position | None = None
    managing_organization: Reference | None = None
    hours_of_operation: tuple[TimeShape, ...] = ()
    availability_exceptions: str | None = None


class Contact(Shape, frozen=True):
    """A contact of an organization, with its purpose."""

    purpose: Concept | None = None
    name: HumanName | None = None
    telecom: tuple[Telecom, ...] = ()


class OrganizationShape(ListedShape, frozen=True):
    """The elements of an Organization, which is also the type of networks and payers."""

    identifier: tuple[Identifier, ...] = ()
    type: tuple[Concept, ...] = ()
    name: str | None = None
    alias: tuple[str, ...] = ()
    address: tuple[Address, ...] = ()
    part_of: Reference | None = None
    endpoint: tuple[Reference, ...] = ()
    contact: tuple[Contact, ...] = ()
