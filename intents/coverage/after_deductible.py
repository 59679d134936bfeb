"""The cost of care after the deductible is met: the plan's copay or percentage, with one of the member's claims."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

from bot.kit import (
    Amount,
    Ask,
    AskedAhead,
    Claim,
    ClaimWish,
    CostShare,
    Coverage,
    Coverages,
    Summary,
    care_said,
    exact_asked,
    member_coverages,
    newest_claims,
    passed,
    priced_alone,
    visit_kind,
    wanted_of,
)

_CENT = Decimal("0.01")
_OF_CARE = "coverage.cost_share"
_RULES, _MAXIMUM = "coverage.workings", "out_of_pocket_max"


class AfterDeductible(Summary, frozen=True):
    """The cost sharing of the medical `plan`: the `copay` for the kind of visit, or else its `coinsurance` in per cent.

    Attributes:
        copays: All copays of the plan, if no care was named.
        example: The member's newest claim for that care alone, with the plan's `price` and the member's `part` of it.
        what: The words for the care.
    """

    plan: Coverage | None
    wanted: ClaimWish
    copay: CostShare | None = None
    coinsurance: CostShare | None = None
    copays: tuple[CostShare, ...] = ()
    what: str | None = None
    visit: str | None = None
    example: Claim | None = None
    price: Amount | None = None
    part: Amount | None = None


async def answer(ask: Ask) -> AfterDeductible:
    """Return the plan's cost sharing; a claim is searched for only if a percentage applies.

    Raises:
        AskedAhead: The yearly maximum was meant; a rule of how plans work says what comes after it. Or what is left
            until the plan pays is asked.
    """
    if "plan_pays" in ask.asked.says:
        raise AskedAhead(_OF_CARE)
    coverages = await member_coverages(ask)
    if passed(ask, coverages) == _MAXIMUM:
        raise AskedAhead(_RULES, workings="after_max")
    found = summarize(coverages, (), ask)
    if found.coinsurance is None or not found.wanted.services:
        return found
    alive = await newest_claims(ask, enough=lambda so_far: bool(priced_alone(so_far.added, found.wanted)))
    found = summarize(coverages, alive.added, ask)
    ask.cite("ExplanationOfBenefit", [found.example.id] if found.example else [])
    return found


def summarize(coverages: Coverages, claims: Iterable[Claim], ask: Ask) -> AfterDeductible:
    """Return the in-network cost sharing of the active medical plan."""
    medical = [one for one in coverages.current if one.scope == "medical"]
    shares = [share for one in medical[:1] for share in one.costs if share.side != "out" and not share.drugs]
    kind, wanted = visit_kind(ask), wanted_of(ask)
    copays = tuple(share for share in shares if share.kind == "copay" and share.amount)
    told = exact_asked(ask)
    figures = told.amounts if told and not kind else ()
    copay = next((s for s in copays if s.service == kind or (s.amount and s.amount.value in figures)), None)
    percent = next((s for s in shares if s.kind == "coinsurance" and s.service is None and s.percent is not None), None)
    what = care_said(ask)
    fit = priced_alone(claims, wanted)
    example = fit[0] if fit and copay is None else None
    price = example.allowed if example else None
    return AfterDeductible(
        plan=medical[0] if medical else None,
        wanted=wanted,
        copay=copay,
        coinsurance=None if copay else percent,
        copays=copays if kind is None and what is None else (),
        what=what,
        visit=copay.service if copay else kind,
        example=example,
        price=price,
        part=_part(price, percent),
    )


def _part(price: Amount | None, share: CostShare | None) -> Amount | None:
    """Return the percentage of a price, rounded to cents."""
    if price is None or share is None or share.percent is None:
        return None
    return Amount((price.value * share.percent / 100).quantize(_CENT, ROUND_HALF_UP), price.currency)
