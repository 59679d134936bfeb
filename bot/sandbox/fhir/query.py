"""Parses the parameters of a FHIR search: conditions, order, includes, and the number of results.

It also has the responses for rejected requests.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from bot.sandbox.behaviour import Behaviour

_ENCODER = msgspec.json.Encoder(decimal_format="number")
ParamKind = Literal["token", "reference", "string", "date"]


@dataclass(frozen=True, slots=True)
class Param:
    """One search parameter: its name, its type, the paths of its values, and the target types of a reference."""

    name: str
    kind: ParamKind
    paths: tuple[str, ...]
    targets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Criterion:
    """One search parameter with its modifier and its alternative values."""

    param: Param
    modifier: str
    values: tuple[str, ...]


def encode(value: Any) -> bytes:
    """Return a value as JSON in UTF-8. A Decimal keeps all its digits."""
    return _ENCODER.encode(value)


def _token(name: str, *paths: str) -> Param:
    return Param(name, "token", paths)


def _tokens(*names: str) -> tuple[Param, ...]:
    """Return token parameters that have the same names as the elements that they search."""
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
_PHONE = _token("phone", "telecom")
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
        _PHONE,
        _token("role", "code"),
        _token("specialty", "specialty"),
    ),
    "Practitioner": (*_NAME, _token("identifier", "identifier"), _PHONE),
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
        _PHONE,
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
    """Return the reference parameters of a resource type, for `_include`, `_revinclude` and chained searches."""
    return tuple(param for param in PARAMS[resource_type].values() if param.kind == "reference")


FHIR_JSON = "application/fhir+json; charset=utf-8"


class FhirRefusal(Exception):
    """Raised for a rejected request, with an HTTP status and a code of the IssueType value set."""

    def __init__(self, status: int, code: str, words: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(words)
        self.status = status
        self.code = code
        self.words = words
        self.headers = headers or {}


def outcome(severity: str, code: str, *words: str) -> dict[str, Any]:
    """Return an OperationOutcome with one issue for each text."""
    issues = [{"severity": severity, "code": code, "diagnostics": each} for each in words]
    return {"resourceType": "OperationOutcome", "issue": issues}


async def refusal(_request: Request, refused: Exception) -> Response:
    """Return the HTTP response for a `FhirRefusal`. This is an exception handler for Starlette."""
    if not isinstance(refused, FhirRefusal):
        raise refused
    body = encode(outcome("error", refused.code, refused.words))
    return Response(body, refused.status, refused.headers, FHIR_JSON)


def ignored(names: Iterable[str]) -> dict[str, Any]:
    """Return an OperationOutcome with a warning for each search parameter that was ignored."""
    words = (f"Parameter {name} is not supported and was ignored." for name in names)
    return outcome("warning", "not-supported", *words)


CONTROLS = frozenset({"_count", "_sort", "_include", "_revinclude", "_summary", "_total", "_format", "_pretty"})
_SEPARATOR = re.compile(r"(?<!\\),")
_ESCAPE = re.compile(r"\\([,|$\\])")

Pairs = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Chain:
    """A condition of a search on the resources that a reference points to."""

    param: Param
    target: str
    inner: Criterion | Chain


@dataclass(frozen=True, slots=True)
class Include:
    """One `_include` or `_revinclude`, written as `source:param`; `*` means every reference of the source."""

    source: str
    param: str
    target: str = ""
    iterate: bool = False


@dataclass(slots=True)
class Query:
    """A parsed search."""

    criteria: list[Criterion | Chain] = field(default_factory=list)
    sort: list[tuple[Param, bool]] = field(default_factory=list)
    includes: list[Include] = field(default_factory=list)
    revincludes: list[Include] = field(default_factory=list)
    count: int = 0
    only_count: bool = False
    total: bool = True
    unknown: list[str] = field(default_factory=list)


def read(resource_type: str, pairs: Pairs, behaviour: Behaviour) -> Query:
    """Parse the parameters of a search.

    Raises:
        FhirRefusal: a value is invalid; the status is 400.
    """
    query = Query(count=behaviour.default_count, total=behaviour.totals)
    for name, value in pairs:
        base = re.split(r"[:.]", name, maxsplit=1)[0]
        if base in behaviour.ignored_parameters or name in behaviour.ignored_parameters:
            query.unknown.append(name)
        elif base in CONTROLS:
            _control(query, resource_type, name, value, behaviour)
        elif value and (condition := condition_of(resource_type, name, value)) is not None:
            query.criteria.append(condition)
        elif value:
            query.unknown.append(name)
    return query


def condition_of(resource_type: str, name: str, value: str) -> Criterion | Chain | None:
    """Return one parameter and its value as a condition on this type; None if the type has no such parameter."""
    head, _, rest = name.partition(".")
    base, _, modifier = head.partition(":")
    param = PARAMS.get(resource_type, {}).get(base)
    if param is None:
        return None
    if not rest:
        return Criterion(param, modifier, tuple(_ESCAPE.sub(r"\1", part) for part in _SEPARATOR.split(value) if part))
    for target in (modifier,) if modifier else param.targets:
        inner = condition_of(target, rest, value)
        if inner is not None:
            return Chain(param, target, inner)
    return None


def _control(query: Query, resource_type: str, name: str, value: str, behaviour: Behaviour) -> None:
    base = name.partition(":")[0]
    if base == "_count":
        if not value.isdecimal():
            raise FhirRefusal(400, "invalid", "_count is a whole number.")
        query.count = min(int(value), behaviour.max_count)
        query.only_count = query.only_count or query.count == 0
    elif base == "_sort":
        for key in value.split(","):
            param = PARAMS[resource_type].get(key.removeprefix("-"))
            if param is None:
                query.unknown.append(f"_sort={key}")
            else:
                query.sort.append((param, key.startswith("-")))
    elif base == "_summary":
        query.only_count = query.only_count or value == "count"
    elif base == "_total":
        query.total = value != "none"
    elif base in ("_include", "_revinclude"):
        _include(query, name, value, behaviour)


def _include(query: Query, name: str, value: str, behaviour: Behaviour) -> None:
    source, _, rest = value.partition(":")
    param, _, target = rest.partition(":")
    known = source in PARAMS and (param == "*" or getattr(PARAMS[source].get(param), "kind", "") == "reference")
    if not behaviour.includes or not known:
        query.unknown.append(f"{name}={value}")
        return
    include = Include(source, param, target, iterate=name.endswith((":iterate", ":recurse")))
    (query.revincludes if name.startswith("_rev") else query.includes).append(include)
