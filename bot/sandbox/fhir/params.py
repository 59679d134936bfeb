"""The supported search parameters as data, as required by CARIN BB, Plan-Net, US Core and the Drug Formulary."""

from dataclasses import dataclass
from typing import Literal

ParamKind = Literal["token", "reference", "string", "date"]


@dataclass(frozen=True, slots=True)
class Param:
    """One search parameter: its name, its type, the paths of its values, and the target types of a reference."""

    name: str
    kind: ParamKind
    paths: tuple[str, ...]
    targets: tuple[str, ...] = ()


def _token(name: str, *paths: str) -> Param:
    return Param(name, "token", paths)


def _tokens(*names: str) -> tuple[Param, ...]:
    """Return parameters that are called as the elements that they search."""
    return tuple(_token(name, name) for name in names)


def _string(name: str, *paths: str) -> Param:
    return Param(name, "string", paths)


def _date(name: str, *paths: str) -> Param:
    return Param(name, "date", paths)


def _reference(name: str, path: str, *targets: str) -> Param:
    return Param(name, "reference", (path,), targets)


_PROVIDERS = ("Practitioner", "Organization", "PractitionerRole")
_COMMON = (_token("_id", "id"), _date("_lastUpdated", "meta.lastUpdated"), _token("_security", "meta.security"))
_SUBJECT = (_reference("patient", "subject", "Patient"), _reference("subject", "subject", "Patient"))
_ADDRESS = (
    _string("address", "address"),
    _string("address-city", "address.city"),
    _string("address-state", "address.state"),
    _string("address-postalcode", "address.postalCode"),
)
_ENDPOINT = _reference("endpoint", "endpoint", "Endpoint")
_NAME = (_string("name", "name"), _string("family", "name.family"), _string("given", "name.given"))

_TABLE: dict[str, tuple[Param, ...]] = {
    "ExplanationOfBenefit": (
        _reference("patient", "patient", "Patient"),
        *_tokens("type", "identifier", "status"),
        _date("created", "created"),
        _date("service-date", "billablePeriod", "item.servicedDate", "item.servicedPeriod"),
        _date("service-start-date", "billablePeriod.start", "item.servicedDate", "item.servicedPeriod.start"),
        _date("billable-period-start", "billablePeriod.start"),
        _reference("provider", "provider", *_PROVIDERS),
        _reference("care-team", "careTeam.provider", *_PROVIDERS),
        _reference("coverage", "insurance.coverage", "Coverage"),
        _reference("insurer", "insurer", "Organization"),
        _reference("payee", "payee.party", "Patient", *_PROVIDERS),
    ),
    "Coverage": (
        _reference("patient", "beneficiary", "Patient"),
        _reference("beneficiary", "beneficiary", "Patient"),
        _reference("subscriber", "subscriber", "Patient"),
        _reference("payor", "payor", "Organization", "Patient"),
        *_tokens("status", "type", "identifier"),
    ),
    "Patient": (
        _token("identifier", "identifier"),
        *_NAME,
        _date("birthdate", "birthDate"),
        _token("gender", "gender"),
    ),
    "CarePlan": (*_SUBJECT, _token("category", "category"), _token("status", "status"), _date("date", "period")),
    "Condition": (
        *_SUBJECT,
        _token("category", "category"),
        _token("clinical-status", "clinicalStatus"),
        _token("code", "code"),
        _date("onset-date", "onsetDateTime", "onsetPeriod"),
    ),
    "Observation": (
        *_SUBJECT,
        *_tokens("category", "code", "status"),
        _date("date", "effectiveDateTime", "effectivePeriod", "effectiveInstant"),
    ),
    "Procedure": (*_SUBJECT, *_tokens("code", "status"), _date("date", "performedDateTime", "performedPeriod")),
    "List": (*_tokens("identifier", "status", "code"), _reference("item", "entry.item", "MedicationKnowledge")),
    "MedicationKnowledge": (
        _token("code", "code"),
        _string("DrugName", "code.coding.display", "code.text"),
        _string("DrugPlan", "extension[usdf-PlanID-extension].valueString"),
        _token("DrugTier", "extension[usdf-DrugTierID-extension].valueCodeableConcept"),
    ),
    "PractitionerRole": (
        _reference("practitioner", "practitioner", "Practitioner"),
        _reference("organization", "organization", "Organization"),
        _reference("location", "location", "Location"),
        _reference("service", "healthcareService", "HealthcareService"),
        _reference("network", "extension[network-reference].valueReference", "Organization"),
        _ENDPOINT,
        _token("role", "code"),
        _token("specialty", "specialty"),
    ),
    "Practitioner": (*_NAME, _token("identifier", "identifier")),
    "Organization": (
        _string("name", "name", "alias"),
        _token("identifier", "identifier"),
        *_ADDRESS,
        _reference("partof", "partOf", "Organization"),
        _ENDPOINT,
        _token("type", "type"),
        _reference("coverage-area", "extension[location-reference].valueReference", "Location"),
    ),
    "OrganizationAffiliation": (
        _reference("primary-organization", "organization", "Organization"),
        _reference("participating-organization", "participatingOrganization", "Organization"),
        _reference("location", "location", "Location"),
        _reference("service", "healthcareService", "HealthcareService"),
        _reference("network", "network", "Organization"),
        _ENDPOINT,
        _token("role", "code"),
        _token("specialty", "specialty"),
    ),
    "Location": (
        _string("name", "name", "alias"),
        *_ADDRESS,
        _reference("partof", "partOf", "Location"),
        _reference("organization", "managingOrganization", "Organization"),
        _ENDPOINT,
        _token("type", "type"),
    ),
    "HealthcareService": (
        _string("name", "name"),
        _token("service-category", "category"),
        _token("service-type", "type"),
        _token("specialty", "specialty"),
        _reference("location", "location", "Location"),
        _reference("coverage-area", "coverageArea", "Location"),
        _reference("organization", "providedBy", "Organization"),
        _ENDPOINT,
    ),
    "InsurancePlan": (
        _string("name", "name", "alias"),
        _token("type", "type"),
        _token("plan-type", "plan.type"),
        _token("identifier", "identifier"),
        _reference("administered-by", "administeredBy", "Organization"),
        _reference("owned-by", "ownedBy", "Organization"),
        _reference("coverage-area", "coverageArea", "Location"),
    ),
    "Endpoint": (_reference("organization", "managingOrganization", "Organization"),),
}

PARAMS: dict[str, dict[str, Param]] = {
    resource_type: {param.name: param for param in (*_COMMON, *own)} for resource_type, own in _TABLE.items()
}
"""Search parameters by resource type and name."""


def references(resource_type: str) -> tuple[Param, ...]:
    """Return the reference parameters of a type, which can be included, chained and reverse-included."""
    return tuple(param for param in PARAMS[resource_type].values() if param.kind == "reference")
