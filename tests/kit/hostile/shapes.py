"""Small Plan-Net resources, each with only what its case is about."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from bot.sandbox.synthetic.shapes import NPI, NUCC, PLANNET, PLANNET_CODES, concept, extension, nested, reference
from bot.sandbox.world import Resource

HOME = ("Chattanooga", "37402", (35.0463, -85.3161))
"""City, ZIP and position of the places that nothing is wrong with."""


def code(case: str) -> str:
    """The specialty code of a case."""
    return f"HX{case}"


def person(key: str, name: str, **elements: Any) -> Resource:
    """A practitioner; `npi` becomes the identifier."""
    npi = elements.pop("npi", None)
    if npi:
        elements["identifier"] = [{"system": NPI, "value": npi}]
    names = [{"text": name, "family": name.partition(",")[0].split()[-1]}] if name else []
    return {"resourceType": "Practitioner", "id": key, "active": True, "name": names, **elements}


def place(key: str, street: str, *, phone: str = "", town: tuple[str, str] = HOME[:2], **elements: Any) -> Resource:
    """An active place; without another town at the home one."""
    city, zip_code = town
    address = {"line": [street], "city": city, "state": elements.pop("state", "TN"), "postalCode": zip_code}
    made: Resource = {
        "resourceType": "Location",
        "id": key,
        "status": "active",
        "address": {name: value for name, value in address.items() if value},
    }
    return {**made, **({"telecom": phones(phone)} if phone else {}), **elements}


def role(key: str, of: str | None, at: str | None, case: str, *letters: str, **elements: Any) -> Resource:
    """An active role of a person at a place, in networks."""
    said = elements.pop("extension", [])
    return {
        "resourceType": "PractitionerRole",
        "id": key,
        "active": True,
        "meta": {"lastUpdated": "2026-05-01T00:00:00Z"},
        "specialty": [{**concept(NUCC, code(case)), "text": f"Case {case}"}],
        "extension": [*(in_network(letter) for letter in letters), *said],
        **({"practitioner": reference(f"Practitioner/{of}")} if of else {}),
        **({"location": [reference(f"Location/{at}")]} if at else {}),
        **elements,
    }


def organization(key: str, name: str, kind: str = "prvgrp", **elements: Any) -> Resource:
    """An active organization."""
    npi = elements.pop("npi", None)
    if npi:
        elements["identifier"] = [{"system": NPI, "value": npi}]
    kinds = [concept(f"{PLANNET_CODES}OrgTypeCS", kind)]
    return {"resourceType": "Organization", "id": key, "active": True, "name": name, "type": kinds, **elements}


def affiliation(key: str, of: str, at: tuple[str, ...], kind: str, *letters: str, **elements: Any) -> Resource:
    """An organization's active tie to places and networks."""
    return {
        "resourceType": "OrganizationAffiliation",
        "id": key,
        "active": True,
        "participatingOrganization": reference(f"Organization/{of}"),
        "code": [concept(f"{PLANNET_CODES}OrganizationAffiliationRoleCS", kind)],
        "location": [reference(f"Location/{one}") for one in at],
        "network": [reference(f"Organization/net-{letter.lower()}") for letter in letters],
        **elements,
    }


def service(key: str, at: tuple[str, ...], **elements: Any) -> Resource:
    """An active service at places; `virtual` says how it is given."""
    virtual = elements.pop("virtual", None)
    kind = extension("type", "CodeableConcept", concept(f"{PLANNET_CODES}DeliveryMethodCS", virtual or ""))
    return {
        "resourceType": "HealthcareService",
        "id": key,
        "active": True,
        "location": [reference(f"Location/{one}") for one in at],
        **({"extension": [nested(f"{PLANNET}delivery-method", [kind])]} if virtual else {}),
        **elements,
    }


def in_network(letter: str) -> Resource:
    """The extension that puts a role into a network."""
    return extension(f"{PLANNET}network-reference", "Reference", reference(f"Organization/net-{letter.lower()}"))


def takes(answer: str, letter: str | None = None) -> Resource:
    """What is said of new patients, in one network or without one."""
    parts = [extension("acceptingPatients", "CodeableConcept", concept(f"{PLANNET_CODES}AcceptingPatientsCS", answer))]
    if letter:
        parts.append(extension("fromNetwork", "Reference", reference(f"Organization/net-{letter.lower()}")))
    return nested(f"{PLANNET}newpatients", parts)


def access(kind: str) -> Resource:
    """A place's accessibility."""
    return extension(f"{PLANNET}accessibility", "CodeableConcept", concept(f"{PLANNET_CODES}AccessibilityCS", kind))


def phones(number: str, **elements: Any) -> list[Resource]:
    """One telephone."""
    return [{"system": "phone", "value": number, **elements}]


def position(latitude: float, longitude: float) -> Resource:
    """A position."""
    return {"latitude": latitude, "longitude": longitude}


def open_on(days: str, start: str = "", end: str = "") -> Resource:
    """Hours of a role or service: the whole day without times."""
    times = {"availableStartTime": f"{start}:00", "availableEndTime": f"{end}:00"} if start else {"allDay": True}
    return {"daysOfWeek": days.split(), **times}


Elements = Mapping[str, Any]
_NONE: Elements = MappingProxyType({})


def simple(
    case: str, name: str, *letters: str, who: Elements = _NONE, at: Elements = _NONE, **elements: Any
) -> list[Resource]:
    """A person with one role at one place of the case's name, in networks: the elements are the role's.

    The place has a phone, unless `at` says what it has.
    """
    return [
        person(f"{case}-who", name, **who),
        place(f"{case}-at", f"1 {case} St", **(at or {"phone": "(423) 555-0100"})),
        role(f"{case}-r", f"{case}-who", f"{case}-at", case, *letters, **elements),
    ]


def one_of(case: str, kind: str, *, who: Elements = _NONE, at: Elements = _NONE, **elements: Any) -> list[Resource]:
    """One of several of a case: a person with one role at one place, in network S; the elements are the role's."""
    key = f"{case}-{kind}"
    return [
        person(key, f"{case.capitalize()} {kind}, MD", **who),
        place(f"{key}-at", f"1 {kind} St", **at),
        role(f"{key}-r", key, f"{key}-at", case, "s", **elements),
    ]
