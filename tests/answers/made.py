"""Small member records by hand, each with only what its test is about."""

from tests.answers.asking import Resource, concept

PART_2 = {"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "42CFRPart2"}]}
CARIN = "http://hl7.org/fhir/us/carin-bb/CodeSystem/C4BBAdjudication"


def coverage(key: str = "c1", **elements: object) -> Resource:
    """A PPO that holds since 2025."""
    return {
        "resourceType": "Coverage",
        "id": key,
        "status": "active",
        "type": concept("PPO"),
        "beneficiary": {"reference": "Patient/p1"},
        "period": {"start": "2025-01-01"},
        "class": [named("plan", "P-1", "Plain PPO"), named("group", "77001", "Oak Tools")],
        **elements,
    }


def named(kind: str, value: str, name: str | None = None) -> Resource:
    """One class of a coverage."""
    return {"type": concept(kind), "value": value, **({"name": name} if name else {})}


def claim(key: str, day: str, parts: dict[str, float], **elements: object) -> Resource:
    """A professional claim, in network, with totals by category."""
    return {
        "resourceType": "ExplanationOfBenefit",
        "id": key,
        "status": "active",
        "use": "claim",
        "type": concept("professional", "http://terminology.hl7.org/CodeSystem/claim-type"),
        "patient": {"reference": "Patient/p1"},
        "item": [{"sequence": 1, "servicedDate": day}],
        "adjudication": [paid_as("innetwork")],
        "total": [{"category": concept(name, CARIN), "amount": usd(value)} for name, value in parts.items()],
        **elements,
    }


def paid_as(status: str) -> Resource:
    """How a claim was paid, as CARIN 2.0 writes it."""
    return {"category": concept("benefitpaymentstatus"), "reason": concept(status)}


def usd(value: float) -> Resource:
    """Dollars."""
    return {"value": value, "currency": "USD"}
