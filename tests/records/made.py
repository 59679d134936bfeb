"""FHIR written by hand for these tests: claims in the shapes that guides describe and payers send."""

from __future__ import annotations

import json
from typing import Any

from bot.records.claim import Claim, read_claim

CLAIM_TYPE = "http://terminology.hl7.org/CodeSystem/claim-type"
ADJUDICATION = "http://terminology.hl7.org/CodeSystem/adjudication"
C4BB = "http://hl7.org/fhir/us/carin-bb/CodeSystem/C4BBAdjudication"

Json = dict[str, Any]


def coded(code: str, system: str = C4BB, **more: str) -> Json:
    """A CodeableConcept of one code."""
    return {"coding": [{"system": system, "code": code, **more}]}


def money(code: str, value: float | str | None, currency: str | None = "USD", system: str = C4BB) -> Json:
    """One adjudication or total. A value given as text keeps its digits in the JSON."""
    amount: Json = {} if value is None else {"value": value}
    if currency:
        amount["currency"] = currency
    return {"category": coded(code, system), "amount": amount}


def eob(**elements: Any) -> Json:
    """A professional claim of June 17, 2024 with nothing in it but what is given; None takes an element away."""
    base: Json = {
        "resourceType": "ExplanationOfBenefit",
        "id": "one",
        "status": "active",
        "use": "claim",
        "outcome": "complete",
        "type": coded("professional", CLAIM_TYPE),
        "patient": {"reference": "Patient/p1"},
        "created": "2024-07-01",
        "billablePeriod": {"start": "2024-06-17"},
        "provider": {"display": "Cedar Clinic"},
    }
    return {name: value for name, value in {**base, **elements}.items() if value is not None}


def raw(resource: Any) -> bytes:
    """Its bytes."""
    return json.dumps(resource).encode()


def claim(**elements: Any) -> Claim:
    """The claim that is read from it."""
    return read_claim(raw(eob(**elements)))


def bundle(*resources: Json, mode: str | None = "match", **elements: Any) -> bytes:
    """A searchset of these resources, all of one mode."""
    entries = [{"resource": r, **({"search": {"mode": mode}} if mode else {})} for r in resources]
    return raw({"resourceType": "Bundle", "type": "searchset", "entry": entries, **elements})
