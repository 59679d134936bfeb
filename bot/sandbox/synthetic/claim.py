"""A synthetic claim with its amounts, independent of the guide's version, and its adjudication elements by version."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Literal

from bot.sandbox.synthetic.shapes import CARIN_CODES, HL7, concept


@dataclass(frozen=True, slots=True)
class Charge:
    """The amounts of one claim line in cents.

    The allowed amount (`eligible`) is the billed amount minus the discount and what is not covered. The plan pays
    (`benefit`) the allowed amount minus the member's shares and what another plan paid (CARIN Blue Button, general
    guidance on adjudication amounts). `paid_by_patient` is None if the payer does not report it.
    """

    submitted: int
    discount: int = 0
    noncovered: int = 0
    deductible: int = 0
    copay: int = 0
    coinsurance: int = 0
    prior_payer: int = 0
    paid_by_patient: int | None = None

    @property
    def eligible(self) -> int:
        """The amount that the plan allows for the line, in cents."""
        return self.submitted - self.discount - self.noncovered

    @property
    def benefit(self) -> int:
        """The amount that the plan pays, in cents."""
        return self.eligible - self.deductible - self.copay - self.coinsurance - self.prior_payer

    @property
    def liability(self) -> int:
        """The amount that the member has to pay, in cents."""
        return self.deductible + self.copay + self.coinsurance + self.noncovered


def total(charges: Iterable[Charge]) -> Charge:
    """Return the sum of charges. `paid_by_patient` is the sum of the known ones, None if none is known."""
    every = list(charges)
    paid = [charge.paid_by_patient for charge in every if charge.paid_by_patient is not None]
    sums = {
        part.name: sum(getattr(charge, part.name) for charge in every)
        for part in fields(Charge)
        if part.name != "paid_by_patient"
    }
    return Charge(**sums, paid_by_patient=sum(paid) if paid else None)


def reverse(charge: Charge) -> Charge:
    """Return the charge with all amounts negated."""
    signed = {part.name: -getattr(charge, part.name) for part in fields(Charge) if part.name != "paid_by_patient"}
    paid = charge.paid_by_patient
    return Charge(**signed, paid_by_patient=None if paid is None else -paid)


@dataclass(slots=True)
class CostSharing:
    """A plan's cost sharing for one member, in cents and percent.

    `remaining` is the rest of the deductible in `year`; `adjudicate` reduces it.
    """

    deductible: int
    coinsurance: int
    copays: dict[str, int]
    discount: int = 38
    remaining: int = 0
    year: int = 0

    def adjudicate(self, submitted: int, service: str, year: int, *, pays_at_visit: bool) -> Charge:
        """Return the amounts of a covered line that is billed at `submitted` cents.

        A service with a copay has no deductible; a copay of 0 makes the service free. With `pays_at_visit`, a copay was
        paid at the visit.
        """
        if year != self.year:
            self.year, self.remaining = year, self.deductible
        discount = submitted * self.discount // 100
        allowed = submitted - discount
        if service in self.copays:
            copay = min(self.copays[service], allowed)
            paid = copay if pays_at_visit else None
            return Charge(submitted, discount, copay=copay, paid_by_patient=paid)
        deductible = min(self.remaining, allowed)
        self.remaining -= deductible
        share = (allowed - deductible) * self.coinsurance // 100
        return Charge(submitted, discount, deductible=deductible, coinsurance=share)


SyntheticKind = Literal["professional", "inpatient", "outpatient", "pharmacy", "oral"]
# The published versions of CARIN Blue Button whose shapes differ.
SyntheticShape = Literal["1.1.0", "2.0.0"]


@dataclass(frozen=True, slots=True)
class Party:
    """A provider on a claim: a reference, the displayed name, and the NPI."""

    address: str
    name: str
    npi: str


@dataclass(frozen=True, slots=True)
class Denial:
    """Why a line was denied: a reason code, the payer's short text, and a longer note to the member."""

    system: str
    code: str
    text: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class SyntheticLine:
    """One service or drug with its amounts."""

    system: str
    code: str
    text: str
    charge: Charge
    revenue: str = ""
    quantity: int = 1
    denial: Denial | None = None


@dataclass(frozen=True, slots=True)
class SyntheticClaim:
    """All data for an ExplanationOfBenefit. `number` is the payer's claim number."""

    number: str
    patient: str
    coverage: str
    kind: SyntheticKind
    shape: SyntheticShape
    day: date
    last_day: date
    decided: date
    lines: tuple[SyntheticLine, ...]
    provider: Party
    seen: Party
    diagnosis: tuple[str, str]
    specialty: str = ""
    place: str = "11"
    in_network: bool = True
    status: str = "active"
    outcome: str = "complete"
    use: str = "claim"
    replaces: str = ""
    replaced_by: str = ""
    days_supply: int = 0

    @property
    def key(self) -> str:
        """The id of the claim's ExplanationOfBenefit."""
        return f"eob-{self.number.lower()}"


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
    """Return every amount of a charge with its category; an unknown amount is left out."""
    shapes = []
    for code, system, part in _CATEGORIES:
        cents = getattr(charge, part)
        if cents is not None and (cents or code not in _ONLY_WHEN_ANY):
            shapes.append({"category": concept(system, code), "amount": usd(cents)})
    return shapes


def totals(claim: SyntheticClaim) -> list[dict[str, Any]]:
    """Return the totals of a claim. In version 1.1.0, those of facilities and pharmacies have the payment status."""
    shapes = amounts(total(line.charge for line in claim.lines))
    if claim.shape == "1.1.0" and claim.kind not in {"professional", "oral"}:
        shapes.append({"category": concept(_STATUS, _status(claim)), "amount": usd(0)})
    return shapes


def line_adjudication(claim: SyntheticClaim, line: SyntheticLine) -> list[dict[str, Any]]:
    """Return the adjudication of a line: amounts, the reason for a denial, and in some versions payment status."""
    shapes = [*_line_status(claim), *amounts(line.charge)]
    return [*shapes, _denial(claim, line.denial)] if line.denial else shapes


def header_adjudication(claim: SyntheticClaim) -> list[dict[str, Any]]:
    """Return the adjudication of a whole claim: amounts of a hospital stay; network and status in version 2.0.0."""
    shapes: list[dict[str, Any]] = []
    if claim.shape == "2.0.0":
        shapes.append(_discriminated("billingnetworkstatus", _status(claim)))
        if claim.kind in {"professional", "oral"}:
            shapes.append(_discriminated("renderingnetworkstatus", _status(claim)))
        if claim.kind != "professional":
            shapes.append(_discriminated("benefitpaymentstatus", _status(claim)))
    if claim.kind == "inpatient":
        shapes.extend(amounts(total(line.charge for line in claim.lines)))
        shapes.extend(_denial(claim, line.denial) for line in claim.lines if line.denial)
    return shapes


def payment(claim: SyntheticClaim) -> dict[str, Any]:
    """Return the element `payment`: what the plan paid, when, and whether this was the full amount."""
    whole = total(line.charge for line in claim.lines)
    denied = [line for line in claim.lines if line.denial]
    kind = "paid" if not denied else "denied" if len(denied) == len(claim.lines) else "partiallypaid"
    return {"type": concept(_STATUS, kind), "date": str(claim.decided), "amount": usd(whole.benefit)}


def contracting(claim: SyntheticClaim) -> dict[str, Any]:
    """Return the code of version 1.1 for whether the billing provider has a contract with the payer."""
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
