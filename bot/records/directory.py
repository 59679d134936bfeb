"""The elements of Plan-Net resources that `decode` reads (fhir-notes 9.2)."""

from datetime import datetime
from decimal import Decimal

from bot.records import shapes
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


class Qualification(shapes.Shape, frozen=True):
    """A degree, licence or board certification."""

    code: shapes.Concept | None = None


class Position(shapes.Shape, frozen=True):
    """A geographic position, in degrees."""

    latitude: Decimal | None = None
    longitude: Decimal | None = None


class ListedShape(shapes.RecordShape, frozen=True):
    """The elements that all resources of a directory share."""

    meta: shapes.Meta | None = None
    extension: tuple[shapes.Extension, ...] = ()
    active: bool | None = None
    telecom: tuple[shapes.Telecom, ...] = ()

    @property
    def updated(self) -> datetime | None:
        """When the directory last changed the resource; None if unknown."""
        return parse_instant(self.meta.last_updated) if self.meta else None


class PractitionerShape(ListedShape, frozen=True):
    """The elements of a Practitioner."""

    identifier: tuple[shapes.Identifier, ...] = ()
    name: tuple[shapes.HumanName, ...] = ()
    gender: str | None = None
    qualification: tuple[Qualification, ...] = ()
    communication: tuple[shapes.Concept, ...] = ()


class TimeShape(shapes.Shape, frozen=True):
    """Available times.

    Location names the start and end elements differently than PractitionerRole and HealthcareService.
    """

    days_of_week: tuple[str, ...] = ()
    all_day: bool | None = None
    available_start_time: str | None = None
    available_end_time: str | None = None
    opening_time: str | None = None
    closing_time: str | None = None


class TimeOff(shapes.Shape, frozen=True):
    """A period of absence, and the reason for it."""

    description: str | None = None
    during: shapes.PeriodShape | None = None


class Eligibility(shapes.Shape, frozen=True):
    """Who may use a service, as a code or in words."""

    code: shapes.Concept | None = None
    comment: str | None = None


class RoleShape(ListedShape, frozen=True):
    """The elements of PractitionerRole, OrganizationAffiliation and HealthcareService: who gives care, and where.

    An affiliation has its networks in an element; a role has its networks in extensions.
    """

    period: shapes.PeriodShape | None = None
    practitioner: shapes.Reference | None = None
    organization: shapes.Reference | None = None
    participating_organization: shapes.Reference | None = None
    provided_by: shapes.Reference | None = None
    network: tuple[shapes.Reference, ...] = ()
    code: tuple[shapes.Concept, ...] = ()
    category: tuple[shapes.Concept, ...] = ()
    type: tuple[shapes.Concept, ...] = ()
    specialty: tuple[shapes.Concept, ...] = ()
    location: tuple[shapes.Reference, ...] = ()
    healthcare_service: tuple[shapes.Reference, ...] = ()
    name: str | None = None
    endpoint: tuple[shapes.Reference, ...] = ()
    available_time: tuple[TimeShape, ...] = ()
    not_available: tuple[TimeOff, ...] = ()
    availability_exceptions: str | None = None
    eligibility: tuple[Eligibility, ...] = ()
    communication: tuple[shapes.Concept, ...] = ()


class LocationShape(ListedShape, frozen=True):
    """The elements of a Location."""

    status: str | None = None
    name: str | None = None
    type: tuple[shapes.Concept, ...] = ()
    address: shapes.Address | None = None
    position: Position | None = None
    managing_organization: shapes.Reference | None = None
    hours_of_operation: tuple[TimeShape, ...] = ()
    availability_exceptions: str | None = None


class Contact(shapes.Shape, frozen=True):
    """A contact of an organization, with its purpose."""

    purpose: shapes.Concept | None = None
    name: shapes.HumanName | None = None
    telecom: tuple[shapes.Telecom, ...] = ()


class OrganizationShape(ListedShape, frozen=True):
    """The elements of an Organization, which is also the type of networks and payers."""

    identifier: tuple[shapes.Identifier, ...] = ()
    type: tuple[shapes.Concept, ...] = ()
    name: str | None = None
    alias: tuple[str, ...] = ()
    address: tuple[shapes.Address, ...] = ()
    part_of: shapes.Reference | None = None
    endpoint: tuple[shapes.Reference, ...] = ()
    contact: tuple[Contact, ...] = ()
