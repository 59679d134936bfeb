"""The states of claims in the payer's record: decided, paid, denied, replaced, cancelled or reversed."""

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from bot import kit

SHOWN = 3
State = Literal["denied", "paid", "partly", "processing", "replaced", "cancelled", "reversed", "decided"]


class ClaimStatus(kit.OfClaims, frozen=True):
    """The newest matching claims with their states.

    Attributes:
        claims: Each claim with its state, and the claim that counts instead, if one was read.
        more: True if there are further claims.
        paid: True if the question is whether the plan paid; `received`: whether the plan has the claims.
        lines: By the id of a claim with other care too, the plan's payment and the member's share for the care's lines.
        together: The sum of the member's shares, if the question asks what the member paid.
        beyond: The number of all days, if the question asks for a day before the first one.
        all_paid: Whether the plan paid each of several claims, if the question asks that of both or all of them.
    """

    claims: tuple[tuple[kit.Claim, State, kit.Claim | None], ...]
    more: bool
    doubts: Mapping[str, tuple[kit.Doubt, ...]] = msgspec.field(default_factory=dict)
    paid: bool = False
    lines: Mapping[str, tuple[kit.Amount, kit.Amount]] = msgspec.field(default_factory=dict)
    together: kit.Amount | None = None
    received: bool = False
    beyond: int = 0
    all_paid: bool | None = None


async def answer(ask: kit.Ask) -> ClaimStatus:
    """Return the state of the named claim or the claim chosen from a list, or else of the newest matching claims.

    Raises:
        Reroute: The question puts the claims in the order of their decisions; a list answers it.
    """
    if kit.filter_of(ask).order in kit.LAGS:
        raise kit.Reroute("claim.list")

    def enough(so_far: kit.ClaimSet) -> bool:
        found = _found(so_far, ask)
        return kit.reaches(ask, [(claim,) for claim in found]) and len(found) > (0 if "id" in ask.arguments else SHOWN)

    claim_set = await kit.newest_claims(ask, *kit.service_dates(ask), enough=enough, page_size=50)
    if (named := kit.by_name(ask, claim_set.every)) is not ask:
        return await answer(named)
    summary = await kit.strict(ask, claim_set, summarize, lambda made: [claim for claim, _, _ in made.claims])
    lacks = not (summary.claims or summary.beyond) and summary.wanted.narrows
    return await kit.or_nearest(ask, claim_set, summary, (claim for claim, _, _ in summary.claims), lacks=lacks)


def summarize(claim_set: kit.ClaimSet, ask: kit.Ask) -> ClaimStatus:
    """Return the first few matching claims; a claim that no longer counts is included only if its number was named."""
    every = _found(claim_set, ask)
    at = kit.place_of(ask, [(claim,) for claim in every])
    found = every if at is None else every[at : at + 1]
    shown = tuple((claim, state_of(claim, claim_set), claim_set.after(claim)) for claim in found[:SHOWN])
    wanted, doubts = kit.filter_of(ask), {claim.id: kit.doubts_of(claim, claim_set) for claim, _, _ in shown}
    paid, mine = kit.text_of(ask, "question") == "paid", "i_paid" in ask.asked.says
    summed = mine and (wanted.narrows or "id" in ask.arguments) and len(found) <= SHOWN
    lines = {claim.id: part for claim, _, _ in shown if (part := _lines(claim, wanted))}
    each = paid and not mine and len(found) > 1 and not {"in_both", "always", "each"}.isdisjoint(ask.asked.says)
    return ClaimStatus(
        shown,
        len(found) > SHOWN,
        doubts,
        wanted=wanted,
        paid=paid and not mine,
        lines=lines,
        together=kit.added(claim.owed.amount for claim in found) if summed else None,
        received="received" in ask.asked.says,
        all_paid=all(state_of(claim, claim_set) == "paid" for claim in found) if each else None,
        beyond=len({claim.service.day for claim in every}) if at is not None and not found else 0,
    )


def _lines(claim: kit.Claim, wanted: kit.ClaimFilter) -> tuple[kit.Amount, kit.Amount] | None:
    """Return the plan's payment and the member's share for the lines of the requested care.

    Return None if all lines are of that care, or if an amount is unknown.
    """
    shown, share = kit.part_of(claim, wanted)
    paid = kit.plan_paid_in(claim, wanted) if shown and shown.partly else None
    return (paid, share) if paid and share else None


def _found(claim_set: kit.ClaimSet, ask: kit.Ask) -> Sequence[kit.Claim]:
    if claim_id := ask.arguments.get("id"):
        return tuple(claim for claim in claim_set.every if claim.id == claim_id)
    if kit.text_of(ask, "claim_id"):
        return kit.fitting(claim_set.every, ask)
    found = kit.fitting(claim_set.claims, ask)
    of_doctor = not {"provider_name", "specialty"}.isdisjoint(ask.slots)
    return tuple(claim for claim in found if not (of_doctor and claim.is_pharmacy)) or found


def state_of(claim: kit.Claim, claim_set: kit.ClaimSet) -> State:
    """Return the state of a claim, judged by it and the other claims read; "decided" if they show no other state."""
    signs: tuple[tuple[State, bool], ...] = (
        ("cancelled", claim in claim_set.cancelled),
        ("replaced", claim in claim_set.replaced),
        ("reversed", claim in (*claim_set.reversals, *claim_set.taken_back)),
        ("denied", bool(claim.denied)),
        ("partly", claim.is_partly_denied),
        ("processing", claim.is_open and claim.payment_status is None),
        ("paid", claim.payment_status == "paid" or (claim.plan_paid is not None and claim.plan_paid.value > 0)),
        ("processing", claim.is_open),
    )
    return next((state for state, is_so in signs if is_so), "decided")
