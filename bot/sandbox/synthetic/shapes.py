"""Functions that return the FHIR data types of all resources, and the URLs of the guides."""

from collections.abc import Iterable
from typing import Any

from bot.sandbox.world import Resource

NPI = "http://hl7.org/fhir/sid/us-npi"
NUCC = "http://nucc.org/provider-taxonomy"
HL7 = "http://terminology.hl7.org/CodeSystem/"
PLANNET = "http://hl7.org/fhir/us/davinci-pdex-plan-net/StructureDefinition/"
PLANNET_CODES = "http://hl7.org/fhir/us/davinci-pdex-plan-net/CodeSystem/"
CARIN = "http://hl7.org/fhir/us/carin-bb/StructureDefinition/"
CARIN_CODES = "http://hl7.org/fhir/us/carin-bb/CodeSystem/"
FORMULARY = "http://hl7.org/fhir/us/davinci-drug-formulary/StructureDefinition/"
FORMULARY_CODES = "http://hl7.org/fhir/us/davinci-drug-formulary/CodeSystem/"
US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition/"
LANGUAGE_TAG = "urn:ietf:bcp:47"
# The payer's own identifier systems; the name is reserved for examples (RFC 2606).
PAYER_IDS = "https://payer.example/fhir/"


def coding(system: str, code: str, display: str = "") -> dict[str, Any]:
    """Return a Coding, without a display if the text is empty."""
    shape = {"system": system, "code": code}
    return {**shape, "display": display} if display else shape


def concept(system: str, code: str, display: str = "", text: str = "") -> dict[str, Any]:
    """Return a CodeableConcept with one coding."""
    shape: dict[str, Any] = {"coding": [coding(system, code, display)]}
    return {**shape, "text": text} if text else shape


def reference(target: Resource | str, display: str = "") -> dict[str, Any]:
    """Return a literal reference to a resource, or to "Type/id"."""
    address = target if isinstance(target, str) else f"{target['resourceType']}/{target['id']}"
    return {"reference": address, "display": display} if display else {"reference": address}


def identifier(system: str, value: str, type_system: str = "", type_code: str = "") -> dict[str, Any]:
    """Return an Identifier, with a type if one is given."""
    shape: dict[str, Any] = {"system": system, "value": value}
    return {"type": concept(type_system, type_code), **shape} if type_code else shape


def extension(url: str, kind: str, value: object) -> dict[str, Any]:
    """Return an Extension. `kind` is the type of its value as in the element's name, for example "Boolean"."""
    return {"url": url, f"value{kind}": value}


def coded(url: str, system: str, code: str, display: str = "") -> dict[str, Any]:
    """Return an Extension whose value is a CodeableConcept with one coding."""
    return extension(url, "CodeableConcept", concept(system, code, display))


def telecom(number: str) -> list[dict[str, str]]:
    """Return a work phone number as the telecom of a resource."""
    return [{"system": "phone", "value": number, "use": "work"}]


def nested(url: str, parts: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Return an Extension that contains other extensions."""
    return {"url": url, "extension": list(parts)}


def period(start: object, end: object = None) -> dict[str, str]:
    """Return a Period; without an end it is open-ended."""
    shape = {"start": str(start)}
    return shape if end is None else {**shape, "end": str(end)}


def resource(kind: str, key: str, profile: str, updated: str, **elements: object) -> Resource:
    """Return a resource with id and meta; elements that are None or empty are left out, as FHIR JSON requires."""
    meta: dict[str, Any] = {"profile": [profile]} if profile else {}
    if updated:
        meta["lastUpdated"] = updated
    shape: Resource = {"resourceType": kind, "id": key}
    if meta:
        shape["meta"] = meta
    for name, value in elements.items():
        if value not in (None, "", [], {}):
            shape[name.rstrip("_")] = value
    return shape
