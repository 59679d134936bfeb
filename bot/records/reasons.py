"""The payer's reasons, the lines that the plan denied, and the network and contract status (fhir-notes 4.3).

Texts are the payer's own, never ours. Whether a claim was paid as in-network does not show whether the provider had a
contract then.
"""

from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Literal

import msgspec

from bot.records.amounts import Money
from bot.records.explanation import Adjudication, ClaimItem, Explanation, paid_in
from bot.records.money import Amount, difference
from bot.records.shapes import Concept
from bot.records.written import clean

REASON_CATEGORIES = frozenset({"denialreason", "adjustmentreason", "rejectreason"})
_NETWORK, _STATUS = frozenset({"innetwork", "outofnetwork", "other"}), frozenset({"benefitpaymentstatus"})

Contract = Literal["contracted", "noncontracted", "other", "mixed"]
_CONTRACTS: dict[str, Contract] = {
    "contracted": "contracted",
    "noncontracted": "noncontracted",
    "innetwork": "contracted",
    "outofnetwork": "noncontracted",
    "other": "other",
}
_BY_WHOM = (
    frozenset({"performingnetworkcontractingstatus", "renderingnetworkstatus"}),
    frozenset({"billingnetworkcontractingstatus", "billingnetworkstatus"}),
)

PaymentStatus = Literal["paid", "denied", "partiallypaid"]
_STATUSES: Mapping[str, PaymentStatus] = {
    "paid": "paid",
    "denied": "denied",
    "partiallypaid": "partiallypaid",
    "partially-paid": "partiallypaid",
}
_OWN_SHARE = frozenset({"1", "2", "3", "45", "66", "100", "187", "241", "247", "248"})
"""Adjustment reasons for a deductible, coinsurance, copay or the contract's price, which are no refusal."""
_DENIED = frozenset({"denied", "notcovered", "not-covered", "rejected"})


class Reason(msgspec.Struct, frozen=True):
    """A reason code with the payer's text, if the payer sent one. The code lists themselves are licensed."""

    code: str
    system: str | None
    text: str | None


def reasons_of(eob: Explanation) -> tuple[Reason, ...]:
    """Return the reasons of header and lines in the payer's order, without duplicates. Paid claims have reasons too."""
    return tuple(dict.fromkeys(reasons_in(_all_adjudications(eob))))


def reasons_in(adjudications: Iterable[Adjudication]) -> Iterable[Reason]:
    """Yield the reasons in these adjudications."""
    for adjudication in adjudications:
        if adjudication.reason and is_category(adjudication.category, REASON_CATEGORIES):
            yield from coded(adjudication.reason)


def coded(concept: Concept) -> Iterable[Reason]:
    """Yield a reason for each code of a concept, and a reason without a code if its text belongs to no single code.

    The text of the concept is used for the code if there is only one code, without a display.
    """
    text, codings = clean(concept.text), [coding for coding in concept.coding if coding.code]
    for coding in codings:
        own = clean(coding.display)
        yield Reason(coding.code or "", coding.system, own or (text if len(codings) == 1 else None))
    if text and len(codings) != 1 and text not in {clean(coding.display) for coding in codings}:
        yield Reason("", None, text)
    elif not codings and (words := concept.words()):
        yield Reason("", None, words)


def network_status(eob: Explanation) -> str | None:
    """Return "innetwork", "outofnetwork", "other", or "mixed" if lines differ; None if the payer does not report it."""
    lines = [one for item in eob.item for one in item.adjudication]
    for adjudications in ([*eob.adjudication, *eob.total], lines):
        # C4BB 1.1 encodes the status as the category itself.
        own = (code for one in adjudications if one.category for code in one.category.codes())
        if found := _NETWORK.intersection(own) | _NETWORK.intersection(_reasoned(adjudications, _STATUS)):
            return next(iter(found)) if len(found) == 1 else "mixed"
    return None


def _reasoned(adjudications: Iterable[Adjudication], categories: frozenset[str]) -> Iterable[str]:
    """Yield the codes of the reasons of the adjudications in these categories, as C4BB 2.0 encodes a status."""
    for one in adjudications:
        if one.reason and is_category(one.category, categories):
            yield from one.reason.codes()


def _all_adjudications(eob: Explanation) -> Iterable[Adjudication]:
    yield from eob.adjudication
    for item in eob.item:
        yield from item.adjudication


def is_category(category: Concept | None, codes: frozenset[str]) -> bool:
    """Return whether one of the category's codes is in `codes`."""
    return category is not None and not codes.isdisjoint(category.codes())


def contract_of(eob: Explanation) -> Contract | None:
    """Return the contract status of the treating provider, else of the billing one; "mixed" if lines differ.

    None if there is no status. C4BB 1.1 has the status in supportingInfo, C4BB 2.0 in the reason of an adjudication.
    """
    for categories in _BY_WHOM:
        infos = (one.code.codes() for one in eob.supporting_info if one.code and is_category(one.category, categories))
        codes = (*chain.from_iterable(infos), *_reasoned(_all_adjudications(eob), categories))
        if found := {_CONTRACTS[code] for code in codes if code in _CONTRACTS}:
            return found.pop() if len(found) == 1 else "mixed"
    return None


def payment_status(eob: Explanation) -> PaymentStatus | None:
    """Return the payer's payment status of the whole claim; None if there is none."""
    codes = eob.payment.type.codes() if eob.payment and eob.payment.type else ()
    return next((_STATUSES[code.lower()] for code in codes if code.lower() in _STATUSES), None)


def is_denied(eob: Explanation, money: Money) -> bool | None:
    """Return whether the claim was denied, by its payment status; None if that is missing and nothing shows a denial.

    Without a status, the claim was denied if all lines were, or if everything billed is not covered and there is a
    reason.
    """
    if status := payment_status(eob):
        return status == "denied"
    if money.lines and len(refused_lines(eob, money)) == money.lines:
        return True
    return (
        True
        if _is_whole_bill(money.get("noncovered"), money.get("billed")) and any(reasons_in(_all_adjudications(eob)))
        else None
    )


def refused_lines(eob: Explanation, money: Money) -> tuple[int, ...]:
    """Return the indexes of the lines that the plan denied."""
    lines = ((at, amounts) for at, amounts in money.of_lines.items() if at not in money.sum_lines)
    return tuple(at for at, amounts in lines if _is_refused(eob.item[at], amounts))


def _is_refused(item: ClaimItem, amounts: Mapping[str, Amount]) -> bool:
    """Return whether the plan denied a line: a code says so, or the plan paid nothing and gave a reason for that.

    If there is a reason but no such code, all that was billed must be non-covered, or nothing allowed and no cost share
    due. No reason is needed if all that was billed is non-covered and owed by the member.
    """
    said = [part for one in item.adjudication for part in (one.category, one.reason) if part]
    if any(code.lower() in _DENIED for part in said for code in part.codes()):
        return True
    paid = paid_in(amounts)
    if paid is not None and paid.value > 0:
        return False
    codes = ((one.code.upper().removeprefix("PR").removeprefix("CO"), one) for one in reasons_in(item.adjudication))
    reasons = [reason for code, reason in codes if code.lstrip("-") not in _OWN_SHARE]
    billed, noncovered, allowed = amounts.get("billed"), amounts.get("noncovered"), amounts.get("allowed")
    bare = _is_whole_bill(noncovered, billed)
    if bare and (reasons or (paid and _is_whole_bill(amounts.get("liability"), billed))):
        return True
    if not reasons:
        return False
    shares = [amounts.get(name) for name in ("deductible", "copay", "coinsurance")]
    return _is_zero(allowed) and not any(share and share.value > 0 for share in shares) and not _is_zero(billed)


def _is_whole_bill(part: Amount | None, billed: Amount | None) -> bool:
    more = difference(part, billed)
    return more is not None and billed is not None and billed.value > 0 and more.value >= 0


def _is_zero(amount: Amount | None) -> bool:
    return amount is not None and not amount.value
