"""The groups of claims that questions divide by or count: doctors, places, drugs, kinds of care and periods."""

from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter

from bot.kit.claim_filter import period_of
from bot.language.asked import PERIODS
from bot.records.claim import Claim

_FACILITY = frozenset({"inpatient", "outpatient", "institutional"})


def key_of(group: str) -> Callable[[Claim], str]:
    """Return the function that names the member of a group that a claim belongs to, "" for none."""
    if group in PERIODS:
        return lambda claim: period_of(claim.service.day, group)
    return _KEYS.get(group, _whom)


def of_group(group: str | None) -> Callable[[Claim], bool] | None:
    """Return the condition on the claims that the members of a group can have; None if there is no condition."""
    return _IS.get(group or "")


def times_of(claims: Iterable[Claim], counted: str) -> int:
    """Return how often care was had, by what is `counted`.

    "doctor": the number of different doctors; "fill" or "claim": the number of claims; otherwise the number of
    different days of service.
    """
    rows = list(claims)
    if counted == "doctor":
        return len({_whom(claim) for claim in rows if _by_person(claim)})
    return len(rows) if counted in {"fill", "claim"} else len({str(claim.service.day or claim.id) for claim in rows})


def _whom(claim: Claim) -> str:
    return claim.seen or claim.billing or claim.place or ""


def _by_person(claim: Claim) -> bool:
    """Return whether a person gave the care: a professional claim, or a hospital's claim that names a doctor."""
    named = claim.seen not in {None, claim.billing, claim.place}
    return claim.kind == "professional" or (claim.kind in _FACILITY and named)


_IS: Mapping[str, Callable[[Claim], bool]] = {
    "doctor": _by_person,
    "hospital": lambda claim: claim.kind in _FACILITY,
    "place": lambda claim: not claim.is_pharmacy,
    "visit": lambda claim: not claim.is_pharmacy,
    **dict.fromkeys(("pharmacy", "drug", "fill"), attrgetter("is_pharmacy")),
}
_KEYS: Mapping[str, Callable[[Claim], str]] = {
    **dict.fromkeys(("hospital", "place"), lambda claim: claim.place or claim.billing or claim.seen or ""),
    "pharmacy": lambda claim: claim.billing or claim.place or claim.seen or "",
    "drug": lambda claim: next((one.drug for one in claim.dispensed if one.drug), ""),
    "kind": lambda claim: claim.kind or "",
    "prescriber": lambda claim: claim.prescriber or "",
    **dict.fromkeys(("fill", "visit", "claim"), attrgetter("id")),
}
