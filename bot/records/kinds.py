"""What sort of claim it is, in one closed list, from the codings that payers use (fhir-notes 4.2, 12)."""

from __future__ import annotations

from typing import Literal

from bot.records.explanation import Explanation
from bot.records.shapes import Concept

ClaimKind = Literal["inpatient", "outpatient", "institutional", "professional", "pharmacy", "oral", "vision"]

_CLAIM_TYPE = "http://terminology.hl7.org/CodeSystem/claim-type"
_NDC = "http://hl7.org/fhir/sid/ndc"
_STANDARD: dict[str, ClaimKind] = {
    "institutional": "institutional",
    "professional": "professional",
    "pharmacy": "pharmacy",
    "oral": "oral",
    "vision": "vision",
}
_ELSEWHERE: dict[str, ClaimKind] = _STANDARD | {
    "inpatient": "inpatient",
    "outpatient": "outpatient",
    "carrier": "professional",
    "dme": "professional",
    "pde": "pharmacy",
    "snf": "inpatient",
    "hha": "outpatient",
    "hospice": "institutional",
}
_BILL_DIGITS = 3
_BY_BILL: dict[str, ClaimKind] = {"1": "inpatient", "2": "inpatient", "3": "outpatient", "4": "outpatient"}
_PROFILES: dict[str, ClaimKind] = {
    "inpatient": "inpatient",
    "outpatient": "outpatient",
    "professional": "professional",
    "pharmacy": "pharmacy",
    "oral": "oral",
}


def kind_of(eob: Explanation) -> ClaimKind | None:
    """The kind; None when neither type, profile nor lines tell."""
    kind = _typed(eob.type) or _profiled(eob) or _lined(eob)
    if kind != "institutional":
        return kind
    sub = {code.lower() for code in eob.sub_type.codes()} if eob.sub_type else set()
    for stay in ("inpatient", "outpatient"):
        if any(code.startswith(stay) for code in sub):
            return _PROFILES[stay]
    profiled = _profiled(eob)
    return (profiled if profiled in {"inpatient", "outpatient"} else None) or _stay(eob.type) or _billed_as(eob) or kind


def _billed_as(eob: Explanation) -> ClaimKind | None:
    """By the type of bill: its digit behind the facility is 1 or 2 for inpatients and 3 or 4 for outpatients."""
    for info in eob.info("typeofbill"):
        for code in info.code.codes() if info.code else ():
            digits = code.lstrip("0")
            if len(digits) >= _BILL_DIGITS and digits.isalnum():
                return _BY_BILL.get(digits[1])
    return None


def _typed(concept: Concept | None) -> ClaimKind | None:
    if concept is None:
        return None
    for known, codes in ((_STANDARD, concept.codes(_CLAIM_TYPE)), (_ELSEWHERE, concept.codes())):
        for code in codes:
            if kind := known.get(code.lower()):
                return kind
    return None


def _stay(concept: Concept | None) -> ClaimKind | None:
    """CMS says inpatient or outpatient in a coding of its own beside the standard one."""
    found = (_ELSEWHERE.get(code.lower()) for code in concept.codes()) if concept else ()
    return next((kind for kind in found if kind in {"inpatient", "outpatient"}), None)


def _profiled(eob: Explanation) -> ClaimKind | None:
    """By profile, whatever its place in the list and its version."""
    for profile in eob.meta.profile if eob.meta else ():
        name = profile.split("|")[0].rsplit("/", 1)[-1].lower()
        for word, kind in _PROFILES.items():
            if word in name:
                return kind
    return None


def _lined(eob: Explanation) -> ClaimKind | None:
    coded = (coding for item in eob.item if item.product_or_service for coding in item.product_or_service.coding)
    return "pharmacy" if any(coding.system == _NDC for coding in coded) else None
