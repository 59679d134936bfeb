"""The plan that decided a claim, what that plan paid, and what another plan paid, as far as the claim shows."""

from collections.abc import Mapping
from functools import partial

import msgspec
from msgspec.structs import replace

from bot import kit

SHOWN = 3


class Payer(msgspec.Struct, frozen=True):
    """A claim and the coverages that the claim names.

    Attributes:
        plan: The coverage under which the claim was decided; None if the claim names none or an unavailable one.
        others: Further coverages that the claim names.
    """

    claim: kit.Claim
    plan: kit.Coverage | None
    others: tuple[kit.Coverage, ...] = ()


class PlanThatPaid(kit.OfClaims, frozen=True):
    """The newest matching claims, each with its plan.

    Attributes:
        more: The number of matching claims that are not shown.
        of_share: True if the question is whether the member's share is a deductible, a copay or a coinsurance.
    """

    rows: tuple[Payer, ...] = ()
    more: int = 0
    doubts: Mapping[str, tuple[kit.Doubt, ...]] = msgspec.field(default_factory=dict)
    of_share: bool = False


async def answer(ask: kit.Ask) -> PlanThatPaid:
    """Return the plan of the claim of a button, of the claims that the question describes, or of the last visit."""
    known = await kit.member_coverages(ask)
    claim_set = await kit.newest_claims(
        ask, *kit.service_dates(ask), enough=lambda so_far: len(_chosen(so_far, ask)) > SHOWN, page_size=50
    )
    if (named := kit.by_name(ask, claim_set.every)) is not ask:
        return await answer(named)
    summary = await kit.strict(ask, claim_set, partial(summarize, known), lambda made: [row.claim for row in made.rows])
    lacks = not summary.rows and summary.wanted.narrows
    return await kit.or_nearest(ask, claim_set, summary, (row.claim for row in summary.rows), lacks=lacks)


def summarize(known: kit.Coverages, claim_set: kit.ClaimSet, ask: kit.Ask) -> PlanThatPaid:
    """Return the first few matching claims, each with its coverage."""
    found, wanted = _chosen(claim_set, ask), replace(kit.filter_of(ask), aspect=None)
    by_id = {coverage.id: coverage for coverage in known.every}
    rows = tuple(_payer(claim, by_id) for claim in found[:SHOWN])
    doubts = {row.claim.id: kit.doubts_of(row.claim, claim_set) for row in rows}
    of_share = not {"deductible", "copay", "coinsurance"}.isdisjoint(kit.values_of(ask, "amount_kind"))
    return PlanThatPaid(rows, max(0, len(found) - SHOWN), doubts, wanted=wanted, of_share=of_share)


def _payer(claim: kit.Claim, by_id: Mapping[str, kit.Coverage]) -> Payer:
    others = (by_id[one] for one in claim.coverages if one in by_id and one != claim.coverage)
    return Payer(claim, by_id.get(claim.coverage or ""), tuple(dict.fromkeys(others)))


def _chosen(claim_set: kit.ClaimSet, ask: kit.Ask) -> tuple[kit.Claim, ...]:
    """Return the claim of a button, or the claims that match the conditions, or without conditions the last visit's."""
    if claim_id := ask.arguments.get("id"):
        return tuple(claim for claim in claim_set.every if claim.id == claim_id)
    if kit.filter_of(ask).narrows:
        return kit.fitting(claim_set.claims, ask)
    days = kit.visits(claim_set, ask.today)
    return kit.the_one(ask, [day.claims for day in days])
