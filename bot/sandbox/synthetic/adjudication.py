"""Amounts and payment status as each version of CARIN Blue Button writes them."""

from collections.abc import Iterator
from typing import Any

from bot.sandbox.synthetic import money
from bot.sandbox.synthetic.claim import Denial, SyntheticClaim, SyntheticLine
from bot.sandbox.synthetic.money import Charge
from bot.sandbox.synthetic.shapes import CARIN_CODES, HL7, concept

_BASE = f"{HL7}adjudication"
_CARIN = f"{CARIN_CODES}C4BBAdjudication"
_STATUS = f"{CARIN_CODES}C4BBPayerAdjudicationStatus"
_DISCRIMINATOR = f"{CARIN_CODES}C4BBAdjudicationDiscriminator"
_RX_REJECT = f"{HL7}NCPDPRejectCode"
_CATEGORIES = (
    ("submitted", _BASE, "submitted"),
    ("eligible", _BASE, "eligible"),
    ("discount", _CARIN, "discount"),
    ("noncovered", _CARIN, "noncovered"),
    ("deductible", _BASE, "deductible"),
    ("copay", _BASE, "copay"),
    ("coinsurance", _CARIN, "coinsurance"),
    ("benefit", _BASE, "benefit"),
    ("memberliability", _CARIN, "liability"),
    ("paidtoprovider", _CARIN, "benefit"),
    ("priorpayerpaid", _CARIN, "prior_payer"),
    ("paidbypatient", _CARIN, "paid_by_patient"),
)
# These are left out when they are nothing; the others are said even when they are 0.
_ONLY_WHEN_ANY = {"priorpayerpaid"}


def usd(cents: int) -> dict[str, Any]:
    """Return a FHIR Money in US dollars."""
    return {"value": cents / 100, "currency": "USD"}


def amounts(charge: Charge) -> list[dict[str, Any]]:
    """Return every amount of a charge with its category; unknown amounts are left out."""
    shapes = []
    for code, system, part in _CATEGORIES:
        cents = getattr(charge, part)
        if cents is not None and (cents or code not in _ONLY_WHEN_ANY):
            shapes.append({"category": concept(system, code), "amount": usd(cents)})
    return shapes


def totals(claim: SyntheticClaim) -> list[dict[str, Any]]:
    """Return the claim's totals; in version 1.1 they include the payment status of facilities and pharmacies."""
    shapes = amounts(money.total(line.charge for line in claim.lines))
    if claim.shape == "1.1.0" and claim.kind not in {"professional", "oral"}:
        shapes.append({"category": concept(_STATUS, _status(claim)), "amount": usd(0)})
    return shapes


def line_adjudication(claim: SyntheticClaim, line: SyntheticLine) -> list[dict[str, Any]]:
    """Return a line's amounts, its payment status if the version has it there, and the reason for a denial."""
    shapes = [*_line_status(claim), *amounts(line.charge)]
    return [*shapes, _denial(claim, line.denial)] if line.denial else shapes


def header_adjudication(claim: SyntheticClaim) -> list[dict[str, Any]]:
    """Return the adjudication of the whole claim: amounts of a hospital stay; network and status in version 2.0."""
    shapes: list[dict[str, Any]] = []
    if claim.shape == "2.0.0":
        shapes.append(_discriminated("billingnetworkstatus", _status(claim)))
        if claim.kind in {"professional", "oral"}:
            shapes.append(_discriminated("renderingnetworkstatus", _status(claim)))
        if claim.kind != "professional":
            shapes.append(_discriminated("benefitpaymentstatus", _status(claim)))
    if claim.kind == "inpatient":
        shapes.extend(amounts(money.total(line.charge for line in claim.lines)))
        shapes.extend(_denial(claim, line.denial) for line in claim.lines if line.denial)
    return shapes


def payment(claim: SyntheticClaim) -> dict[str, Any]:
    """Return what the plan paid, when, and whether this was the full amount."""
    whole = money.total(line.charge for line in claim.lines)
    denied = [line for line in claim.lines if line.denial]
    kind = "paid" if not denied else "denied" if len(denied) == len(claim.lines) else "partiallypaid"
    return {"type": concept(_STATUS, kind), "date": str(claim.decided), "amount": usd(whole.benefit)}


def contracting(claim: SyntheticClaim) -> dict[str, Any]:
    """Return version 1.1's code for whether the billing provider has a contract."""
    code = "contracted" if claim.in_network else "noncontracted"
    return {
        "category": concept(f"{CARIN_CODES}C4BBSupportingInfoType", "billingnetworkcontractingstatus"),
        "code": concept(_STATUS, code),
    }


def _status(claim: SyntheticClaim) -> str:
    return "innetwork" if claim.in_network else "outofnetwork"


def _line_status(claim: SyntheticClaim) -> Iterator[dict[str, Any]]:
    if claim.kind == "professional" and claim.shape == "1.1.0":
        yield {"category": concept(_STATUS, _status(claim))}
    elif claim.kind in {"professional", "oral"} and claim.shape == "2.0.0":
        yield _discriminated("benefitpaymentstatus", _status(claim))


def _discriminated(code: str, status: str) -> dict[str, Any]:
    return {"category": concept(_DISCRIMINATOR, code), "reason": concept(_STATUS, status)}


def _denial(claim: SyntheticClaim, denial: Denial) -> dict[str, Any]:
    newer = "rejectreason" if denial.system == _RX_REJECT else "adjustmentreason"
    category = "denialreason" if claim.shape == "1.1.0" else newer
    return {
        "category": concept(_DISCRIMINATOR, category),
        "reason": concept(denial.system, denial.code, text=denial.text),
    }
