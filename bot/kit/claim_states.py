"""The states of a claim that a question can name: in work, denied, paid, unpaid, in or out of network, adjusted."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.records.claim import Claim
from bot.records.money import Amount

_STATES: Mapping[str, Callable[[Claim], bool]] = {
    "pending": lambda claim: claim.is_open,
    "denied": lambda claim: bool(claim.denied) or claim.is_partly_denied,
    "paid": lambda claim: not claim.denied and bool(claim.plan_paid and claim.plan_paid.value > 0),
    "no_payment": lambda claim: claim.plan_paid is not None and claim.plan_paid.value <= 0,
    "out_of_network": lambda claim: claim.network in {"outofnetwork", "mixed"},
    "in_network": lambda claim: claim.network in {"innetwork", "mixed"},
    "unpaid": lambda claim: (left := left_of(claim)) is not None and left.value > 0,
    "free": lambda claim: claim.owed.amount is not None and claim.owed.amount.value <= 0,
    "not_free": lambda claim: claim.owed.amount is not None and claim.owed.amount.value > 0,
    "adjusted": lambda claim: bool(claim.replaces),
}


def is_in_state(claim: Claim, state: str) -> bool:
    """Return whether the claim is in that state, as far as the record tells; False for an unknown state."""
    is_so = _STATES.get(state)
    return is_so is not None and is_so(claim)


def left_of(claim: Claim) -> Amount | None:
    """Return the amount owed minus what the member paid, as reported; None if one of them is missing."""
    owed, paid = claim.owed.amount, claim.paid_by_patient
    if owed is None or paid is None or owed.currency != paid.currency:
        return None
    return owed - paid


def tells_state(claim: Claim, state: str | None) -> bool:
    """Return whether the record tells if the claim is in that state."""
    if state in {"out_of_network", "in_network"}:
        return claim.network in {"innetwork", "outofnetwork", "mixed"}
    if state == "no_payment":
        return claim.plan_paid is not None
    return state != "unpaid" or left_of(claim) is not None
