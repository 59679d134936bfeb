"""Converts claims to ExplanationOfBenefit resources of CARIN Blue Button 1.1.0 or 2.0.0."""

from typing import Any

from bot.sandbox.synthetic.claim import (
    Party,
    SyntheticClaim,
    SyntheticLine,
    contracting,
    header_adjudication,
    line_adjudication,
    payment,
    totals,
)
from bot.sandbox.synthetic.networks import PAYER, PAYER_NAME
from bot.sandbox.synthetic.shapes import (
    CARIN,
    CARIN_CODES,
    HL7,
    NPI,
    NUCC,
    PAYER_IDS,
    coding,
    concept,
    identifier,
    period,
    reference,
)
from bot.sandbox.world import Resource

_PROFILES = {
    "professional": "Professional-NonClinician",
    "inpatient": "Inpatient-Institutional",
    "outpatient": "Outpatient-Institutional",
    "pharmacy": "Pharmacy",
    "oral": "Oral",
}
_INFO = f"{CARIN_CODES}C4BBSupportingInfoType"
_PLACE = "https://www.cms.gov/Medicare/Coding/place-of-service-codes/Place_of_Service_Code_Set"
_REVENUE = "https://www.nubc.org/CodeSystem/RevenueCodes"


def explanation(claim: SyntheticClaim) -> Resource:
    """Return a claim as a complete ExplanationOfBenefit resource."""
    member: dict[str, Any] = {
        "sequence": 1,
        "provider": _party(claim.seen),
        "role": concept(f"{CARIN_CODES}C4BBClaimCareTeamRole", _role(claim)),
    }
    if claim.specialty:
        member["qualification"] = concept(NUCC, claim.specialty)
    code, text = claim.diagnosis
    shape: Resource = {
        "resourceType": "ExplanationOfBenefit",
        "id": claim.key,
        "meta": {
            "lastUpdated": f"{claim.decided}T{int(claim.number[-4:]) % 24:02d}:12:00.000Z",
            "profile": [f"{CARIN}C4BB-ExplanationOfBenefit-{_PROFILES[claim.kind]}|{claim.shape}"],
        },
        "identifier": [identifier(f"{PAYER_IDS}claim", claim.number, f"{CARIN_CODES}C4BBIdentifierType", "uc")],
        "status": claim.status,
        "type": concept(f"{HL7}claim-type", _claim_type(claim)),
        "use": claim.use,
        "patient": reference(claim.patient),
        "billablePeriod": period(claim.day, claim.last_day),
        "created": str(claim.decided) if claim.shape == "1.1.0" else f"{claim.decided}T00:00:00-05:00",
        "insurer": reference(f"Organization/{PAYER}", PAYER_NAME),
        "provider": _party(claim.provider),
        "payee": {"type": concept(f"{HL7}payeetype", "provider"), "party": reference(claim.provider.address)},
        "outcome": claim.outcome,
        "careTeam": [member],
        "supportingInfo": _supporting_info(claim),
        "diagnosis": [
            {
                "sequence": 1,
                "diagnosisCodeableConcept": concept("http://hl7.org/fhir/sid/icd-10-cm", code, text=text),
                "type": [concept(f"{HL7}ex-diagnosistype", "principal")],
            }
        ],
        "insurance": [{"focal": True, "coverage": reference(claim.coverage)}],
        "item": [_item(claim, line, place) for place, line in enumerate(claim.lines, 1)],
        "total": totals(claim),
        "payment": payment(claim),
    }
    prior = (f"{HL7}ex-relatedclaimrelationship", "prior", claim.replaces)
    replaced = (f"{CARIN_CODES}C4BBRelatedClaimRelationshipCodes", "replacedby", claim.replaced_by)
    found = {
        "subType": claim.kind in {"inpatient", "outpatient"}
        and concept(f"{CARIN_CODES}C4BBInstitutionalClaimSubType", claim.kind),
        "adjudication": header_adjudication(claim),
        "related": [
            {"relationship": concept(system, code), "reference": identifier(f"{PAYER_IDS}claim", number)}
            for system, code, number in (prior, replaced)
            if number
        ],
        "processNote": [
            {"number": place, "type": "display", "text": line.denial.note}
            for place, line in enumerate(claim.lines, 1)
            if line.denial and line.denial.note
        ],
    }
    return {**shape, **{name: value for name, value in found.items() if value}}


def _claim_type(claim: SyntheticClaim) -> str:
    return "institutional" if claim.kind in {"inpatient", "outpatient"} else claim.kind


def _party(party: Party) -> dict[str, Any]:
    return {**reference(party.address, party.name), "identifier": identifier(NPI, party.npi)}


def _role(claim: SyntheticClaim) -> str:
    if claim.kind == "pharmacy":
        return "prescribing"
    if claim.kind in {"inpatient", "outpatient"}:
        return "attending"
    return "performing" if claim.shape == "1.1.0" else "rendering"


def _supporting_info(claim: SyntheticClaim) -> list[dict[str, Any]]:
    shapes: list[dict[str, Any]] = [{"category": concept(_INFO, "clmrecvddate"), "timingDate": str(claim.decided)}]
    if claim.shape == "1.1.0":
        shapes.append(contracting(claim))
    if claim.kind == "inpatient":
        shapes.append(
            {"category": concept(_INFO, "admissionperiod"), "timingPeriod": period(claim.day, claim.last_day)}
        )
    if claim.kind == "pharmacy":
        shapes.append({"category": concept(_INFO, "dayssupply"), "valueQuantity": {"value": claim.days_supply}})
        shapes.append({"category": concept(_INFO, "refillnum"), "valueQuantity": {"value": 1}})
    return [{"sequence": place, **shape} for place, shape in enumerate(shapes, 1)]


def _item(claim: SyntheticClaim, line: SyntheticLine, sequence: int) -> dict[str, Any]:
    older = claim.shape == "1.1.0" and "HCPCS" in line.system
    shape: dict[str, Any] = {
        "sequence": sequence,
        "productOrService": {
            "coding": [coding(line.system.replace("https:", "http:") if older else line.system, line.code)],
            "text": line.text,
        },
        "servicedDate": str(claim.day),
        "quantity": {"value": line.quantity},
    }
    if claim.kind != "pharmacy":
        shape["locationCodeableConcept"] = concept(_PLACE, claim.place)
    if line.revenue:
        shape["revenue"] = concept(_REVENUE, line.revenue)
    if claim.kind == "inpatient":
        # The money of a stay stands in the header; a line may not repeat it (C4BB invariant).
        return shape
    shape["adjudication"] = line_adjudication(claim, line)
    if line.denial and line.denial.note:
        shape["noteNumber"] = [sequence]
    return shape
