"""What the plan refused: the whole claim, or lines of it that it judged apart from the paid ones (fhir-notes 4.3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from bot.records.amounts import Money, added, line_amounts
from bot.records.explanation import Adjudication, ClaimItem, Explanation
from bot.records.money import USUAL_CURRENCY, Amount
from bot.records.reasons import Reason, reasons_in

PaymentStatus = Literal["paid", "denied", "partiallypaid"]
_STATUSES: Mapping[str, PaymentStatus] = {
    "paid": "paid",
    "denied": "denied",
    "partiallypaid": "partiallypaid",
    "partially-paid": "partiallypaid",
}
_OWN_SHARE = frozenset({"1", "2", "3", "45", "66", "100", "187", "241", "247", "248"})
"""Adjustment reasons for a deductible, coinsurance, copay or the contract's price: no refusal."""
_DENIED = frozenset({"denied", "notcovered", "not-covered", "rejected"})


def payment_status(eob: Explanation) -> PaymentStatus | None:
    """The payer's word for the whole claim."""
    codes = eob.payment.type.codes() if eob.payment and eob.payment.type else ()
    return next((_STATUSES[code.lower()] for code in codes if code.lower() in _STATUSES), None)


def is_denied(eob: Explanation, money: Money) -> bool | None:
    """The payer's word, else a refusal that the numbers prove: a reason, and all that was billed is not covered."""
    if status := payment_status(eob):
        return status == "denied"
    billed, noncovered = money.get("billed"), money.get("noncovered")
    counting = sum(1 for item in eob.item if not item.modifier_extension) - len(money.sum_lines)
    if counting and len(refused_lines(eob, money)) == counting:
        return True
    reasons = [*reasons_in(eob.adjudication), *(one for item in eob.item for one in reasons_in(item.adjudication))]
    if billed and noncovered and billed.currency == noncovered.currency and reasons:
        return True if 0 < billed.value <= noncovered.value else None
    return None


def refused_lines(eob: Explanation, money: Money) -> tuple[int, ...]:
    """The places of the lines that the plan did not pay for a reason of its own, counted from 0."""
    currency = money.currency or USUAL_CURRENCY
    lines = (row for row in enumerate(eob.item) if row[0] not in money.sum_lines and not row[1].modifier_extension)
    return tuple(at for at, item in lines if _is_refused(item, currency))


def _is_refused(item: ClaimItem, currency: str) -> bool:
    """A line that says so, or that carries a reason with nothing allowed or all of it not covered, and was not paid."""
    if any(_says_denied(one) for one in item.adjudication):
        return True
    amounts, _ = line_amounts(item, currency)
    paid = added([amounts.get("paid_to_provider"), amounts.get("paid_to_patient")]) or amounts.get("benefit")
    reasons = [reason for reason in reasons_in(item.adjudication) if not _is_own_share(reason)]
    if not reasons or (paid is not None and paid.value > 0):
        return False
    billed, noncovered, allowed = amounts.get("billed"), amounts.get("noncovered"), amounts.get("allowed")
    if billed and noncovered and billed.currency == noncovered.currency and 0 < billed.value <= noncovered.value:
        return True
    shares = [amounts.get(name) for name in ("deductible", "copay", "coinsurance")]
    return _is_zero(allowed) and not any(share and share.value > 0 for share in shares) and not _is_zero(billed)


def _is_zero(amount: Amount | None) -> bool:
    return amount is not None and not amount.value


def _is_own_share(reason: Reason) -> bool:
    return reason.code.upper().removeprefix("PR").removeprefix("CO").lstrip("-") in _OWN_SHARE


def _says_denied(one: Adjudication) -> bool:
    codes = [*(one.category.codes() if one.category else ()), *(one.reason.codes() if one.reason else ())]
    return any(code.lower() in _DENIED for code in codes)
