"""FHIR written by hand for these tests: claims in the shapes that guides describe and payers send."""

import json
from decimal import Decimal
from typing import Any

from bot.records.claim import Claim, read_claim
from bot.records.money import Amount

CLAIM_TYPE = "http://terminology.hl7.org/CodeSystem/claim-type"
ADJUDICATION = "http://terminology.hl7.org/CodeSystem/adjudication"
C4BB = "http://hl7.org/fhir/us/carin-bb/CodeSystem/C4BBAdjudication"
CMS = "https://bluebutton.cms.gov/resources/variables"
_STANDARD = frozenset({"submitted", "eligible", "deductible", "copay", "benefit"})

Json = dict[str, Any]


def coded(code: str, system: str = C4BB, **more: str) -> Json:
    """A CodeableConcept of one code."""
    return {"coding": [{"system": system, "code": code, **more}]}


def money(code: str, value: float | str | None, currency: str | None = "USD", system: str = "", own: str = "") -> Json:
    """One adjudication or total. A value given as text keeps its digits in the JSON.

    The system is that of HL7 or of C4BB, where no other is given; `own` is CMS's variable, which it writes first.
    """
    amount: Json = {} if value is None else {"value": value}
    if currency:
        amount["currency"] = currency
    category = coded(code, system or (ADJUDICATION if code in _STANDARD else C4BB))
    category["coding"][:0] = [{"system": CMS, "code": f"{CMS}/{own}"}] if own else []
    return {"category": category, "amount": amount}


def dollars(value: str) -> Amount:
    """US dollars."""
    return Amount(Decimal(value))


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
